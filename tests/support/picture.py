"""Draw what a command shows on a terminal, colours included, as an SVG that no font or other file has to be fetched for."""

from __future__ import annotations

import contextlib
import io
import re

from rich.console import Console
from rich.text import Text

from hotlog.cli import main

COLUMNS = 100
_FONTS = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)


class _Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


def run_on_screen(*words: str) -> str:
    """Run `hotlog WORDS` as on a terminal; what it shows there, with its colours."""
    screen = _Screen()
    with contextlib.redirect_stdout(screen), contextlib.redirect_stderr(screen):
        main(list(words))
    return screen.getvalue()


def draw(shown: str, title: str) -> str:
    """Return the picture."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    console.print(Text.from_ansi(shown.rstrip()))
    return _FONTS.sub("", console.export_svg(title=title, unique_id="hotlog")).rstrip() + "\n"
