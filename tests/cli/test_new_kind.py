"""A kind of rule that there is not: what one writes to add it, really added to a copy of the package, and used."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.places import ROOT

if TYPE_CHECKING:
    from pathlib import Path

HANDLER = '''
from hotlog import __builtins__
from hotlog.hits.outcomes import HELD
from hotlog.hits.rule_handler import RuleHandler


class CountHandler(RuleHandler):
    """How often a line is hit in an invocation."""

    listens = True

    def __init__(self, rule, context):
        super().__init__(rule, context)
        self._counted = 0

    def _passed(self, frame, scope, reader):
        self._counted += 1
        return HELD

    def on_end(self):
        counted, self._counted = self._counted, 0
        if counted < self.rule.least:
            return
        number, outcome = self._admitted()
        outcome = outcome or self._send(lambda: {**self._head(), "count": counted, "hit": number})
        self.tally.counts[HELD] -= counted
        self.tally.counts[outcome] += counted
'''
DESK = """
import click

from hotlog.cli.showing.desk_kind import DeskKind, kind_option
from hotlog.cli.showing.parts import format_head, format_place

OPTIONS = (
    kind_option("--count", is_flag=True, help="How often an invocation comes here."),
    kind_option("--least", type=click.IntRange(1), help="Only from so many on."),
)


def make_fields(given):
    return {"least": given["least"]} if "least" in given else {}


def render(event, width):
    yield format_head(event, format_place(event), f"{event.get('count')} times")


DESK = DeskKind(render, OPTIONS, make_fields)
"""
WORDS = """
FIELDS = {"count": "how often it was hit"}


def describe(rule):
    return f"count from {rule.least} on"
"""
NEW_FILES = {
    "hotlog/kinds/count.py": HANDLER,
    "hotlog/cli/kinds/count.py": DESK,
    "hotlog/client/kinds/count.py": WORDS,
}
# All that changes elsewhere: a line that is there already, and the one that goes before it.
NEW_LINES = [
    (
        "hotlog/rules/kinds.py",
        '    "log": Kind(\n',
        '    "count": Kind("statement", (*PLACE, "count", "hit"), fields=("least",), checks=(_is_within("least", 1, 1000),)),\n',
    ),
    ("hotlog/rules/model.py", '    metric: str = ""\n', "    least: int = 1\n"),
]
APP = """\
def work(n):
    for each in range(n):
        done = each
    return done


def handler(event, context):
    return work(event["n"])
"""


class Copy:
    """A copy of the package with the new kind, and an application beside it."""

    def __init__(self, home: Path) -> None:
        self._home = home
        shutil.copytree(ROOT / "hotlog", home / "hotlog", ignore=shutil.ignore_patterns("__pycache__"))
        for name, text in NEW_FILES.items():
            assert not (home / name).exists()
            (home / name).write_text(text, encoding="utf-8")
        for name, before, new in NEW_LINES:
            text = (home / name).read_text(encoding="utf-8")
            assert text.count(before) == 1, (name, before)
            (home / name).write_text(text.replace(before, new + before), encoding="utf-8")
        (home / "app.py").write_text(APP, encoding="utf-8")
        for n in (2, 7):
            (home / f"{n}.json").write_text(f'{{"n": {n}}}', encoding="utf-8")

    def hotlog(self, *words: str, code: int = 0) -> str:
        return self._run("hotlog.cli", *words, code=code)

    def write_pages(self) -> None:
        self._run("hotlog.cli.reference")

    def page(self, name: str) -> str:
        return (self._home / "hotlog" / "docs" / f"{name}.md").read_text(encoding="utf-8")

    def _run(self, module: str, *words: str, code: int = 0) -> str:
        done = subprocess.run(
            [sys.executable, "-m", module, *words],
            cwd=self._home,
            env={**os.environ, "PYTHONPATH": str(self._home)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stderr
        return done.stdout + done.stderr


@pytest.mark.process
def test_a_kind_takes_three_files_and_two_lines(tmp_path: Path) -> None:
    copy = Copy(tmp_path)
    assert "count from 3 on" in copy.hotlog("add", "app", "app.py:3", "--count", "--least", "3", "--local")
    assert "count from 3 on" in copy.hotlog("ls", "app", "--local")
    assert "7 times" in copy.hotlog("invoke", "app.handler", "--event", "7.json", "--local")
    assert "times" not in copy.hotlog("invoke", "app.handler", "--event", "2.json", "--local")
    told = copy.hotlog("tail", "app", "--no-follow", "--local")
    assert told.count(" times") == 1
    assert "app.py:3 work  7 times" in told
    assert "reached 9 times, emitted 7, held 2" in copy.hotlog("status", "app", "--local")

    copy.write_pages()
    assert "| `count` | `count` | how often it was hit |" in copy.page("events")
    [allowed] = [line for line in copy.page("settings").splitlines() if line.startswith("| `HOTLOG_ALLOW` |")]
    assert "`count`" in allowed

    strange = copy.hotlog("add", "app", "app:work", "--call", "--least", "3", "--local", code=2)
    assert "--least belongs to --count" in strange
    two = copy.hotlog("add", "app", "app:work", "--call", "--count", "--local", code=2)
    assert "--count" in two
    assert "of one kind" in two
