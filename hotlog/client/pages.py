"""The pages that ship with hotlog, and what each code means: one table in `docs/codes.md`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final, NamedTuple

from hotlog.client.words import suggest_near
from hotlog.errors import ConfigError

_FOLDER: Final = Path(__file__).parents[1] / "docs"
_ROW: Final = re.compile(r"^\| `([a-z-]+)` \| (.*?) \|(?: (.*?))? \|$", re.MULTILINE)


class Explanation(NamedTuple):
    """What a code means.

    Attributes:
        code: the code.
        meaning: in a sentence.
        way_out: what to do; empty where there is nothing to do.
    """

    code: str
    meaning: str
    way_out: str


def list_topics() -> dict[str, str]:
    """Return the pages, each with its title."""
    return {path.stem: _title(path) for path in sorted(_FOLDER.glob("*.md"))}


def read_page(topic: str) -> str:
    """Return a page, as Markdown.

    Raises:
        ConfigError: `unknown-topic`.
    """
    topics = list_topics()
    if topic not in topics:
        hint = suggest_near(topic, tuple(topics)) or f" There are {', '.join(topics)}."
        raise ConfigError("unknown-topic", f"there is no page {topic!r}.{hint}")
    return (_FOLDER / f"{topic}.md").read_text(encoding="utf-8")


def list_codes() -> dict[str, Explanation]:
    """Return every code with what it means."""
    text = (_FOLDER / "codes.md").read_text(encoding="utf-8")
    return {code: Explanation(code, meaning, way_out or "") for code, meaning, way_out in _ROW.findall(text)}


def list_settings() -> dict[str, str]:
    """Return the variables of a function, each with its meaning."""
    text = (_FOLDER / "settings.md").read_text(encoding="utf-8").partition("## Of the command")[0]
    return dict(re.findall(r"^\| `(HOTLOG[A-Z_]*)` \| (.*?) \|", text, re.MULTILINE))


def explain_code(code: str) -> Explanation:
    """Return what a code means; brackets around it may stay.

    Raises:
        ConfigError: `unknown-code`.
    """
    codes = list_codes()
    wanted = code.strip("[]` ").lower()
    if wanted not in codes:
        hint = suggest_near(wanted, tuple(codes)) or " `hotlog help codes` lists all."
        raise ConfigError("unknown-code", f"there is no code {code!r}.{hint}")
    return codes[wanted]


def _title(path: Path) -> str:
    with path.open(encoding="utf-8") as file:
        return file.readline().removeprefix("#").strip()
