"""What the desk tells, on a terminal: sentences on stderr, a spinner while it works, a bar for a large download."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import click

from hotlog.cli.shell.terminal import Spinner, say, warn
from hotlog.client.words import escape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

_WORTH_A_BAR_BYTES: Final = 2 * 1024 * 1024


class TerminalTalk:
    """See `hotlog.client.talk.Talk`."""

    def say(self, sentence: str) -> None:
        """See `Talk.say`."""
        say(click.style(escape(sentence), dim=True))

    def warn(self, sentence: str) -> None:
        """See `Talk.warn`."""
        warn(sentence)

    def working(self, text: str) -> AbstractContextManager[object]:
        """See `Talk.working`."""
        return Spinner(text)

    @contextmanager
    def fetching(self, name: str, size: int) -> Iterator[Callable[[int], None]]:
        """See `Talk.fetching`."""
        if size > _WORTH_A_BAR_BYTES:
            say(f"fetching the code of {name}: {size / 1e6:,.0f} MB")
        with click.progressbar(length=size, file=sys.stderr, hidden=size <= _WORTH_A_BAR_BYTES) as bar:
            yield bar.update
