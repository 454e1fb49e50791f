"""A shell on a terminal of 80 columns, typed into as a person does; what the screen shows is its transcript."""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING

from tests.support.places import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from types import TracebackType
    from typing import Self

COLUMNS, ROWS = 80, 400  # so many rows that nothing scrolls away
PATIENCE_S = 60
PROMPT = "$ "

# What differs from one session to the next, and how a transcript writes it.
_VARIES = [
    (re.compile(r"(until|since) (\d{4}-\d\d-\d\d )?\d\d:\d\d\b"), r"\1 hh:mm"),
    (re.compile(r"(?m)^\d\d:\d\d:\d\d\b"), "hh:mm:ss"),
    (re.compile(r"\d{4}-\d\d-\d\d([ T])\d\d:\d\d(:\d\d)?"), r"YYYY-MM-DD\1hh:mm\2"),
    (re.compile(r"(hh:mm):\d\d"), r"\1:ss"),
    (re.compile(r"\b[0-9a-f]{8}\b"), "xxxxxxxx"),
    (re.compile(r"\b\d+s {2,}"), "Ns  "),  # a column, which may be one wider
    (re.compile(r"\b\d+s( ago)?\b"), r"Ns\1"),
    (re.compile(r"\b(5\dm|1h)\b"), "59m"),
    (re.compile(r"\b(5\d min|1 h)\b"), "1 h"),
]


class Terminal:
    """A shell in which `hotlog` is a command.

    Args:
        directory: where it starts; also its home.
        env: further variables.
    """

    def __init__(self, directory: Path, env: Mapping[str, str]) -> None:
        # Loaded here: the engine's tests run without them.
        import pexpect
        import pyte

        command = directory / "bin" / "hotlog"
        command.parent.mkdir()
        command.write_text(f'#!/bin/sh\nexec {sys.executable} -m hotlog.cli "$@"\n')
        command.chmod(0o755)
        self._screen = pyte.Screen(COLUMNS, ROWS)
        self._stream = pyte.ByteStream(self._screen)
        self._shell = pexpect.spawn(
            "/bin/sh",
            cwd=str(directory),
            env={
                "PATH": f"{command.parent}:{os.environ.get('PATH', os.defpath)}",
                "PYTHONPATH": str(ROOT),
                "HOME": str(directory),
                "TERM": "xterm",
                "LANG": "C.UTF-8",
                "PS1": PROMPT,
                **env,
            },
            dimensions=(ROWS, COLUMNS),
            timeout=PATIENCE_S,
        )
        self.see(PROMPT)

    def enter(self, text: str) -> None:
        """Type a line."""
        self._shell.sendline(text)

    def interrupt_until(self, text: str) -> None:
        """Press Ctrl-C until the terminal shows a text: one that comes just before CPython reads a line is lost on it."""
        import pexpect

        for _ in range(PATIENCE_S):
            self._shell.sendintr()
            if self._shell.expect_exact([text, pexpect.TIMEOUT], timeout=1) == 0:
                self._stream.feed(self._shell.before + self._shell.after)
                return
        raise TimeoutError(f"no {text!r} in {PATIENCE_S} s")

    def see(self, text: str) -> None:
        """Wait until the terminal shows a text that it has not shown before."""
        self._shell.expect_exact(text)
        self._stream.feed(self._shell.before + self._shell.after)

    def saw(self, text: str, within_s: float) -> bool:
        """Whether the terminal shows a text within that time; it may be waited for again."""
        import pexpect  # as above

        found: bool = self._shell.expect_exact([text, pexpect.TIMEOUT], timeout=within_s) == 0
        if found:
            self._stream.feed(self._shell.before + self._shell.after)
        return found

    def run(self, command: str) -> None:
        """Type a command and wait until it has ended."""
        self.enter(command)
        self.see(PROMPT)

    def shown(self) -> str:
        """What the screen shows, up to the prompt."""
        text = "\n".join(line.rstrip() for line in self._screen.display).rstrip()
        return text.removesuffix(PROMPT.rstrip())

    def transcript(self) -> str:
        """The same, with what differs from one session to the next written alike."""
        text = self.shown()
        for pattern, alike in _VARIES:
            text = pattern.sub(alike, text)
        return text

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None
    ) -> None:
        self._shell.close(force=True)
