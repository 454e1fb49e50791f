"""How far a rule walks from the command line to the store: files of hotlog that are entered, and returned to.

Two counts: all files that run, and the way of the value alone, which are the files that are handed the rule or hand it back.

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
from hotlog.client.adding.checked_rule import CheckedRule
from hotlog.client.adding.request import RuleRequest
from hotlog.rules.document import Document
from hotlog.rules.model import Rule
from tests.support.places import ROOT

if TYPE_CHECKING:
    from types import FrameType

PACKAGE = f"{ROOT / 'hotlog'}{os.sep}"
IMPORTS = f"{PACKAGE}coldstart{os.sep}own_import.py"  # each `import` within a function passes it; all modules are loaded
APP = "def charge(items):\n    total = sum(items)\n    return total\n"
SHAPES = (RuleRequest, Rule, CheckedRule, Document)  # what a rule is on its way, one after the other
WORDS = ["add", "app", "app.py:3", "total={total}", "--if", "total > 1", "--local"]


class Walk(NamedTuple):
    """The files of a walk, in the order in which they were entered first.

    Attributes:
        entered: each file once.
        returned: files that were entered again, after the walk had gone on to files that were new.
    """

    entered: tuple[str, ...]
    returned: frozenset[str]


class Walks(NamedTuple):
    """What one command did.

    Attributes:
        whole: all files that ran.
        value: those with a function that was handed the rule, or handed it back, in one of its shapes; returned to: handed it again.
    """

    whole: Walk
    value: Walk


def walk() -> Walks:
    """Add a rule, and return where it went."""
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        Path("app.py").write_text(APP)
        run([*WORDS, "--dry-run"])  # all imports are done
        steps: list[str] = []
        handed: list[str] = []
        handed_back: list[str] = []

        def look(frame: FrameType, event: str, result: object) -> None:
            file = frame.f_code.co_filename
            if not file.startswith(PACKAGE) or file == IMPORTS:
                return
            caller = frame.f_back.f_code.co_filename if frame.f_back else ""
            name = file.removeprefix(PACKAGE)
            if event == "call" and file != caller:
                steps.append(name)
                if is_handed_the_rule(frame):
                    handed.append(name)
            elif event == "return" and is_rule(result):
                handed_back.append(name)

        sys.setprofile(look)
        try:
            run(WORDS)
        finally:
            sys.setprofile(None)
    value = read_steps(handed)
    return Walks(
        read_steps(steps), value._replace(entered=tuple(dict.fromkeys([*value.entered, *handed_back])))
    )


def is_handed_the_rule(frame: FrameType) -> bool:
    """Whether a call that begins has the rule among its arguments."""
    code = frame.f_code
    named = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    return any(is_rule(frame.f_locals.get(name)) for name in named)


def is_rule(value: object) -> bool:
    """Whether a value is the rule in one of its shapes, or a list of them."""
    return isinstance(value, SHAPES) or (
        isinstance(value, list | tuple) and any(isinstance(each, SHAPES) for each in value)
    )


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
    for title, one in (("all files", found.whole), ("files that are handed the rule", found.value)):
        sys.stdout.write(f"{title}: {len(one.entered)} entered, {len(one.returned)} returned to\n")
        if "--list" in sys.argv:
            for name in one.entered:
                sys.stdout.write(f"  {name}{'  (returned to)' if name in one.returned else ''}\n")
