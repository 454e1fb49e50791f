"""Run what a page shows: the commands of its blocks, one after the other, against a function that runs in this process.

A block is fenced; a line of it that begins with `$ ` is typed, what follows is what it prints. What differs from one run to the
next (ids, times, durations) is written alike, so that the page can be compared with the run, and written from it.
"""

from __future__ import annotations

import contextlib
import io
import json
import platform
import re
import shlex
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from hotlog.addresses import LOCAL_STORE, file_sink
from hotlog.cli import main
from hotlog.local import Environment
from tests.support import git
from tests.support.places import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import pytest

ORDERS = ROOT / "examples" / "orders"
FENCE = "```"
TRIES = 20
ANSWER_CHARS = 130
NEEDS_GIT = re.compile(r"\$ hotlog (try|promote) ")
PLACING = {"add", "edit", "import"}
CHANGING = {*PLACING, "resume", "rm", "clear", "pause"}
RULES = ("k3f9", "m2pp", "q7tz", "w4hn")
HEX = (
    "9c48d0f1",
    "0aae6dc6",
    "708d8559",
    "edf31f4a",
    "e911e4a1",
    "2fb4455c",
    "5b1f0e77",
    "1c0be712",
    "41aa09d2",
)
BEGIN = r"(?:\b|(?<=m))"  # of a word, also behind the mark of a colour
ALIKE = (
    (re.compile(r"(?m)^((\x1b\[2m)?)\d\d:\d\d:\d\d\b"), r"\g<1>12:02:31"),
    (re.compile(r"\b(until|since) (\d{4}-\d\d-\d\d )?\d\d:\d\d(:\d\d)?\b"), r"\1 13:02"),
    (re.compile(r"\b\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)?"), "2026-11-30 12:02:31"),
    (re.compile(r"\b\d+s( ago)?\b"), r"5s\1"),
    # Not the same on each Python: what an error rule can see, and whether a `with` is marked.
    (re.compile(r"(?m)(it sees what the handler raises)[,;] .*?(  5s ago)?$"), r"\1, …\2"),
    (re.compile(r"(?m)^( +with .*\n) +[~^]+\n"), r"\1"),
    (re.compile(r"\b([0-9a-f]{8})(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"), r"\1"),
    (re.compile(r"\be1\.orders\.[\w.]+"), "e1.orders.1a22.k3f9.1.19d7"),
    (re.compile(r" --local\b|@" + re.escape(platform.node())), ""),
    (re.compile(r" +[\d,]+ µs "), "      9 µs "),
    (re.compile(r"stuck, [\d,.]+ ms before"), "stuck, 300 ms before"),
    (re.compile(r"(?m)^ +thread \d+\n +\S+/execnet/.*\n"), ""),  # of what runs the tests
)  # fmt: skip


class Story(NamedTuple):
    """What happens while a section's commands are typed.

    Attributes:
        requests: what customers send after each command that changes the rules.
        prepare: edits the code before it is deployed.
        type: edits the working copy after it was deployed.
        timeout_s: of the function.
        ends: the environment has ended when its status is asked for, and so has told all that it counted.
        runs: the function runs beside the commands; else only `hotlog invoke` runs it.
        took_ms: what a call took, as the page writes it.
        is_brief: of what a command that places rules prints, only the lines that it adds are shown.
    """

    requests: Sequence[dict[str, Any]] = ()
    prepare: Callable[[], object] = lambda: None
    type: Callable[[], object] = lambda: None
    timeout_s: float = 3
    ends: bool = False
    runs: bool = True
    took_ms: str = "0.02"
    is_brief: bool = True


class Section(NamedTuple):
    """A section of a page: its title, and its text."""

    title: str
    text: str


def sections(page: str) -> list[Section]:
    """Split a page at its headings."""
    parts = re.split(r"(?m)^## ", page)[1:]
    return [Section(part.partition("\n")[0].strip(), part) for part in parts]


def request(name: str = "order-ok", headers: dict[str, str] | None = None, **body: object) -> dict[str, Any]:
    """Return an event of the example, with another body where one is given."""
    event: dict[str, Any] = json.loads((ORDERS / "events" / f"{name}.json").read_text())
    event["headers"].update(headers or {})
    if body:
        event["body"] = json.dumps(body)
    return event


def lines_of(*skus: tuple[str, int]) -> list[dict[str, Any]]:
    """Return the lines of an order."""
    return [{"sku": sku, "quantity": quantity} for sku, quantity in skus]


def play(
    section: Section,
    story: Story,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    afterwards: Callable[[Teller], object] = lambda _: None,
) -> str:
    """Return the section's text with what its commands print now; `afterwards` is called while the function still runs."""
    code = folder / "orders"
    shutil.copytree(ORDERS, code, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    monkeypatch.chdir(code)
    for name in ("LOGNAME", "USER"):
        monkeypatch.setenv(name, "ana")
    monkeypatch.setenv("COLUMNS", "100")
    story.prepare()
    if NEEDS_GIT.search(section.text):
        git.make_repository(code)
    teller = Teller(story)
    variables = {"ORDERS_DB": str(folder / "orders.db")}
    monkeypatch.setenv("ORDERS_DB", variables["ORDERS_DB"])
    teller.environment = Environment(
        "app.handler",
        function="orders",
        store=LOCAL_STORE,
        sink=file_sink(".hotlog/events.jsonl"),
        variables=variables,
        timeout_s=story.timeout_s,
    )
    with teller.environment if story.runs else contextlib.nullcontext():
        story.type()
        pieces = section.text.split(f"{FENCE}\n")
        for number in range(1, len(pieces), 2):
            pieces[number] = teller.play(pieces[number])
        afterwards(teller)
    return f"{FENCE}\n".join(pieces)


class Teller:
    """Plays the blocks of a section in one environment."""

    environment: Environment

    def __init__(self, story: Story) -> None:
        self._story = story
        self._names: dict[str, str] = {}  # of rules and of requests, as the page writes them

    def play(self, block: str) -> str:
        typed = [line for line in block.splitlines() if line.startswith("$ ")]
        if not typed:
            return block
        return "".join(f"{line}\n{self.alike(self._run(line[2:]))}" for line in typed)

    def _run(self, command: str) -> str:
        words = shlex.split(command, comments=True)
        if words[0] != "hotlog":
            return ""
        known = _ids()
        words = [self._real(word) for word in words[1:]]
        if words[0] == "status" and self._story.ends:
            self.environment.__exit__()
        words, target = (words[: words.index(">")], words[-1]) if ">" in words else (words, "")
        out = io.StringIO()
        err = io.StringIO() if target else out
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main([*words, *_here(words)])
        if target:
            Path(target).write_text(out.getvalue())
        for new in [each for each in _ids() if each not in known]:
            self._names[new] = RULES[len([each for each in self._names.values() if each in RULES])]
        if words[0] in CHANGING and self._story.requests:
            self._settle()
            for each in self._story.requests:
                self.environment.invoke(each)
        said = err.getvalue()
        if self._story.is_brief and words[0] in PLACING and not code:
            return "".join(line for line in said.splitlines(keepends=True) if line.lstrip().startswith("+ "))
        if words[0] == "invoke":  # an answer of the handler is one long line
            return "".join(
                line if len(line) < ANSWER_CHARS else f"{line[:ANSWER_CHARS]}…\n"
                for line in said.splitlines(keepends=True)
            )
        return said

    def _settle(self) -> None:
        """Send requests for something else until each rule has said what became of it: a busy machine puts it in later."""
        for _ in range(TRIES):
            self.environment.invoke(request("stock"))
            states = {each["rule"]: each["state"] for each in _events() if each["hotlog"] == "status"}
            if all(states.get(each, "pending") != "pending" for each in _ids()):
                return

    def _real(self, word: str) -> str:
        """Return what a word of the page stands for in this run."""
        for real, shown in self._names.items():
            word = word.replace(shown, real[:8] if shown in HEX else real)
        return word

    def alike(self, text: str) -> str:
        """Return what was shown, with what differs from one run to the next written alike."""
        for real in re.findall(rf"{BEGIN}([0-9a-f]{{8}})\b", text):
            if real not in self._names:
                self._names[real] = HEX[len([each for each in self._names.values() if each in HEX])]
        for real, shown in self._names.items():
            text = re.sub(rf"{BEGIN}{real}\b", shown, text)
        text = re.sub(r"\bin [\d,]+\.\d+ ms\b", f"in {self._story.took_ms} ms", text)
        for pattern, alike in ALIKE:
            text = pattern.sub(alike, text)
        lines = [line.rstrip() for line in text.splitlines()]
        # A terminal shows no id on stdout behind the sentence that has it.
        return "".join(f"{line}\n" for line in lines if line not in RULES)


def _here(words: Sequence[str]) -> Iterable[str]:
    """Return the options that make a command work on this machine, and end."""
    own = {"--local"} if words[0] not in {"explain", "help", "redact"} else set()
    if words[0] == "tail":
        own.add("--no-follow")
    return sorted(own - {*words})


def _events() -> list[dict[str, Any]]:
    """Return what the function has told so far."""
    told = Path(".hotlog", "events.jsonl")
    return [json.loads(line) for line in told.read_text().splitlines()] if told.exists() else []


def _ids() -> list[str]:
    """Return the ids of the rules that are stored."""
    found = Path(".hotlog", "orders.json")
    return [rule["id"] for rule in json.loads(found.read_text())["rules"]] if found.exists() else []
