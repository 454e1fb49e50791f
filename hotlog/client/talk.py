"""What the desk tells while it works: a face decides how it looks. Without one nothing is said."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager


class Talk(Protocol):
    """Gets what happens meanwhile. None of it is data: who needs an answer has it as the result of a call."""

    def say(self, sentence: str) -> None:
        """Tell what happens."""

    def warn(self, sentence: str) -> None:
        """Tell what may be otherwise than the person thinks."""

    def working(self, text: str) -> AbstractContextManager[object]:
        """Show that something goes on, for as long as the block runs."""

    def fetching(self, name: str, size: int) -> AbstractContextManager[Callable[[int], None]]:
        """Show how a download goes on.

        Args:
            name: of what is fetched.
            size: in bytes; 0: not known.

        Returns:
            A block; its value is called with the number of bytes that came in.
        """


class Silence:
    """Tells nothing."""

    def say(self, sentence: str) -> None:
        """See `Talk.say`."""

    def warn(self, sentence: str) -> None:
        """See `Talk.warn`."""

    def working(self, _text: str) -> AbstractContextManager[object]:
        """See `Talk.working`."""
        return nullcontext()

    @contextmanager
    def fetching(self, _name: str, _size: int) -> Iterator[Callable[[int], None]]:
        """See `Talk.fetching`."""
        yield lambda _bytes: None


SILENCE: Final = Silence()
