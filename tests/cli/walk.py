"""How far a rule walks from the command line to the store: files of hotlog that are entered, and returned to.

python -m tests.cli.walk [--list]

Runs `hotlog add` once, on files, with every import done before, and counts by `sys.setprofile` the calls that lead from
one file of `hotlog/` into another. A file that is entered again after it was left is one that a reader has to return to.
"""

from __future__ import annotations

import os
import sys
import tempfile
from contextlib import chdir, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from hotlog.cli import main
from tests.support.places import ROOT

if TYPE_CHECKING:
    from types import FrameType

PACKAGE = f"{ROOT / 'hotlog'}{os.sep}"
IMPORTS = f"{PACKAGE}coldstart{os.sep}own_import.py"  # each `import` within a function passes it; all modules are loaded
APP = "def charge(items):\n    total = sum(items)\n    return total\n"
WORDS = ["add", "app", "app.py:3", "total={total}", "--if", "total > 1", "--local"]


class Walk(NamedTuple):
    """The files of a walk, in the order in which they were entered first.

    Attributes:
        entered: each file once.
        returned: files that were entered again, after the walk had gone on to files that were new.
    """

    entered: tuple[str, ...]
    returned: frozenset[str]


def walk() -> Walk:
    """Add a rule, and return where it went."""
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        Path("app.py").write_text(APP)
        run([*WORDS, "--dry-run"])  # all imports are done
        steps: list[str] = []

        def look(frame: FrameType, event: str, _: object) -> None:
            file = frame.f_code.co_filename
            caller = frame.f_back.f_code.co_filename if frame.f_back else ""
            if event == "call" and file.startswith(PACKAGE) and file not in {caller, IMPORTS}:
                steps.append(file.removeprefix(PACKAGE))

        sys.setprofile(look)
        try:
            run(WORDS)
        finally:
            sys.setprofile(None)
    return read_steps(steps)


def run(words: list[str]) -> None:
    """Run a command that must succeed."""
    with redirect_stdout(StringIO()), redirect_stderr(StringIO()) as talk:
        code = main(words)
    if code:
        raise SystemExit(talk.getvalue())


def read_steps(steps: list[str]) -> Walk:
    """Return the files of the steps, and those that the walk comes back to after it has gone on."""
    entered: dict[str, int] = {}
    returned: set[str] = set()
    for file in steps:
        if file in entered and entered[file] < len(entered):
            returned.add(file)
        entered.setdefault(file, len(entered) + 1)
    return Walk(tuple(entered), frozenset(returned))


if __name__ == "__main__":
    found = walk()
    sys.stdout.write(f"{len(found.entered)} files entered, {len(found.returned)} returned to\n")
    if "--list" in sys.argv:
        for name in found.entered:
            sys.stdout.write(f"  {name}{'  (returned to)' if name in found.returned else ''}\n")
