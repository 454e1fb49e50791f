"""Captures as threads that look stopped: one is shown, the others wait; Continue drops it, and arms its breakpoint again."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from hotlog.client import desk_limits
from hotlog.client.events.proofs import PROVEN
from hotlog.client.words import escape, shorten_id
from hotlog.events import PROOF

if TYPE_CHECKING:
    from hotlog.dap.breakpoints import Breakpoint
    from hotlog.dap.stories import CaptureStory, Frame
    from hotlog.events import Event


def tell_doubt(event: Event) -> str:
    """Return why nobody can be sure that an event is hotlog's; empty where it is proven."""
    proof = event.get(PROOF)
    return escape(str(proof)) if proof not in {PROVEN, None} else ""


class Capture:
    """What one hit has captured.

    Args:
        number: of the thread.
        owner: whose rule it is of.
        story: what it shows.

    Attributes:
        number: as given.
        owner: as given.
        story: as given.
        step: which step of the story is shown.
    """

    def __init__(self, number: int, owner: Breakpoint, story: CaptureStory) -> None:
        self.number, self.owner, self.story = number, owner, story
        self.step = 0

    @property
    def name(self) -> str:
        """Return what the thread is called: that it did not stop stands in its name."""
        event = self.story.event
        doubt = tell_doubt(event)
        return (
            f"captured {shorten_id(str(event.get('request_id', '')))}{doubt and f' · {doubt}'} · not stopped"
        )

    @property
    def frames(self) -> list[Frame]:
        """Return the frames at the step that is shown."""
        return self.story.frames(self.step)

    def move(
        self, *, back: bool = False, into: bool = False, out: bool = False, all_the_way: bool = False
    ) -> bool:
        """Go to another step; return whether there is one.

        Args:
            back: to an earlier one.
            into: of whatever depth; else over what is called.
            out: to where the frame was called, or its end.
            all_the_way: to the first or the last.
        """
        by = -1 if back else 1
        depth = self.story.depth(self.step) - out
        at = self.step + by
        while 0 <= at < self.story.count and not into and (all_the_way or self.story.depth(at) > depth):
            at += by
        if all_the_way:
            at = 0 if back else self.story.count - 1
        if not 0 <= at < self.story.count or at == self.step:
            return False
        self.step = at
        return True


class Captures:
    """The captures of one session.

    Attributes:
        shown: the one that is shown; None: there is none.
    """

    def __init__(self) -> None:
        self.shown: Capture | None = None
        self._waiting: deque[Capture] = deque()
        self._too_many: list[Breakpoint] = []  # of which captures found no place to wait
        self._last = 0
        self.dropped = 0

    def take(self, owner: Breakpoint, story: CaptureStory) -> None:
        """Take a capture: it waits for its turn. Where too many wait, it is dropped, and counted."""
        owner.waits = True
        if len(self._waiting) < desk_limits.DAP_CAPTURES_MAX:
            self._last += 1
            self._waiting.append(Capture(self._last, owner, story))
        else:
            self.dropped += 1
            self._too_many.append(owner)

    @property
    def waiting(self) -> int:
        """Return how many wait."""
        return len(self._waiting)

    def show_next(self) -> Capture | None:
        """Show the next one where none is shown; return it where it is new."""
        if self.shown is not None or not self._waiting:
            return None
        self.shown = self._waiting.popleft()
        return self.shown

    def drop(self) -> Capture | None:
        """Drop the one that is shown, and return it; its breakpoint may capture again, unless more of it wait."""
        gone, self.shown = self.shown, None
        if gone is not None:
            for owner in (gone.owner, *self._too_many):
                if all(each.owner is not owner for each in self._waiting):
                    owner.waits, owner.is_spent = False, True
            self._too_many.clear()
        return gone

    def forget(self, kept: list[Breakpoint]) -> None:
        """Forget what waits of breakpoints that the editor has no more."""
        self._waiting = deque(each for each in self._waiting if any(each.owner is one for one in kept))

    def list_threads(self) -> list[dict[str, Any]]:
        """Return the threads that the editor shall show."""
        return [{"id": self.shown.number, "name": self.shown.name}] if self.shown is not None else []
