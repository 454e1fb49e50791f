"""The command lines that pages show: in blocks, and between backquotes."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, NamedTuple

from tests.support.places import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DOCS = ROOT / "hotlog" / "docs"
PAGES = (
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "examples" / "orders" / "README.md",
    ROOT / "hotlog" / "client" / "agents" / "shipped" / "SKILL.md",
    *sorted(
        page for page in DOCS.glob("*.md") if page.stem != "reference"
    ),  # that one is made from the commands
)
_BLOCK = re.compile(r"(?ms)^```\w*\n(.*?)^```$|((?:^    \S.*\n)+)")
_SPAN = re.compile(r"`` ?(.+?) ?``|`([^`\n]+)`")
_PART = re.compile(
    r"""(?:[^'"&|<>;]|'[^']*'|"[^"]*"|(?<=\w)[|](?=\w))+"""
)  # of a line that joins several commands


class Shown(NamedTuple):
    """A command line, and the page that shows it.

    Attributes:
        page: where it stands.
        text: as it is written there.
        words: after `hotlog`, as a shell splits it.
        is_whole: nothing of it is left out; else it holds `…`.
    """

    page: str
    text: str
    words: tuple[str, ...]
    is_whole: bool


def shown_commands(first: str) -> list[Shown]:
    """Return the command lines that begin with a word, such as `hotlog`, each once."""
    found: dict[tuple[str, ...], Shown] = {}
    for page in PAGES:
        for line in _lines(page):
            typed = re.split(r" # |(?<=\S) {3,}", line)[0]  # what follows says what it does
            for part in _PART.findall(typed):
                text = part.strip().removeprefix("$ ")
                if text.split(" ")[0] in {first, f".venv/bin/{first}"}:
                    words = tuple(shlex.split(text)[1:])
                    shown = Shown(page.relative_to(ROOT).as_posix(), text, words, "…" not in text)
                    found.setdefault(words, shown)
    return list(found.values())


def _lines(page: Path) -> Iterator[str]:
    text = page.read_text(encoding="utf-8")
    for block in _BLOCK.finditer(text):
        yield from (line for line in (block[1] or block[2]).splitlines() if "──" not in line)  # a drawing
    for span in _SPAN.finditer(_BLOCK.sub("", text)):
        yield (span[1] or span[2]).replace("\\|", "|")


IN_AN_ACCOUNT = {
    "attach",
    "detach",
    "doctor",
    "history",
    "layer publish",
    "policy",
    "rotate",
    "stop",
    "start",
    "gc",
}
_OF_AWS = {"--tag", "--everywhere", "--profile"}
# What a page writes for what the reader has.
STANDS_FOR = {
    "FUNCTION": "orders",
    "TARGET": "pricing.py:30",
    "MESSAGE": "goods={goods}",
    "CONDITION": "percent > 1",
    "CODE": "source-changed",
    "TOPIC": "codes",
    "WORDS": "nothing comes",
    "FILE": "event.json",
    "ID": "strange",
    "RULE": "k3f9",
}


def name_of(words: tuple[str, ...]) -> str:
    """Return the words that name the command: `add`, `layer publish`."""
    groups = {"layer", "redact", "skill"}
    return " ".join(words[:2]) if words and words[0] in groups else "".join(words[:1])


def needs_account(shown: Shown) -> bool:
    """Return whether it asks AWS: by its command, or because it is about functions that AWS alone can list."""
    many = any("*" in word and not word.startswith("mcp-") for word in shown.words[1:2])
    return name_of(shown.words) in IN_AN_ACCOUNT or many or bool(_OF_AWS & {*shown.words})


def as_typed(shown: Shown) -> list[str]:
    """Return what one types for a command that a page shows; a command that is only named is asked for its help."""
    words = [STANDS_FOR.get(word, word) for word in shown.words]
    only_named = name_of(shown.words) == " ".join(shown.words) and words != ["help"]
    return [*words, "--help"] if only_named or not shown.is_whole else words


def unknown_options(shown: Shown) -> list[str]:
    """Return the options that a command line has and its command has not."""
    from hotlog.cli.listing import list_commands  # the engine's environments have no click

    command = list_commands()[f"hotlog {name_of(shown.words)}"]
    known = {name for param in command.params for name in (*param.opts, *param.secondary_opts)} | {"--help"}
    return [word for word in shown.words if word.startswith("-") and word not in {*known, "-"}]
