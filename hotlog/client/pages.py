"""The pages that ship with hotlog, and what each code means: one table in `docs/codes.md`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final, NamedTuple

from hotlog.client.words import suggest_near
from hotlog.errors import ConfigError

_FOLDER: Final = Path(__file__).parents[1] / "docs"
# As `hotlog help` lists them; a page that stands in none of them comes last.
GROUPS: Final = {
    "Begin": ("tour", "cookbook", "attach", "try"),
    "Every day": ("troubleshooting", "why", "rules", "kinds", "reading"),
    "Look up": ("reference", "settings", "codes", "events", "exit-codes"),
    "In production": ("security", "secrets", "starts", "fleets", "reads", "performance", "condition-times"),
    "Other faces": ("page", "editors", "agents", "python", "coming-from", "how-it-works", "architecture"),
}
_SECTION: Final = re.compile(r"(?m)^#+ (.+)$")
_SMALL_WORDS: Final = re.compile(  # a question has them, and every section
    r"a|about|an|and|any|are|at|be|can|do|does|for|from|get|go|how|i|in|is|it|its|me|my|not|of|on|or|out|the|their|this|to|"
    r"what|when|where|which|who|why|will|with|you|your"
)
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


class Section(NamedTuple):
    """A part of a page, from one heading to the next.

    Attributes:
        topic: the page.
        title: its heading.
        text: all of it.
    """

    topic: str
    title: str
    text: str


def list_topics() -> dict[str, str]:
    """Return the pages, each with its title, in the order of `GROUPS`."""
    known = [topic for group in GROUPS.values() for topic in group]
    titles = {path.stem: _title(path) for path in sorted(_FOLDER.glob("*.md"))}
    return {topic: titles[topic] for topic in dict.fromkeys([*known, *titles]) if topic in titles}


def find_sections(words: str) -> list[Section]:
    """Return the sections that speak of all these words, or of most of them; those whose heading does come first."""
    wanted = [word for word in re.findall(r"[\w@-]+", words.lower()) if not _SMALL_WORDS.fullmatch(word)]
    if not wanted:
        return []
    rated = [(_rate(section, wanted), section) for topic in list_topics() for section in _sections(topic)]
    best = max(found for (found, _), _ in rated)
    good = [
        (score, section) for (found, score), section in rated if found == best and 2 * found > len(wanted)
    ]
    return [section for _, section in sorted(good, key=lambda each: -each[0])]


def _sections(topic: str) -> list[Section]:
    text = read_page(topic)
    headings = list(_SECTION.finditer(re.sub(r"(?ms)^```.*?^```$", lambda code: " " * len(code[0]), text)))
    ends = [heading.start() for heading in headings[1:]] + [len(text)]
    return [
        Section(topic, heading[1], text[heading.start() : end].strip())
        for heading, end in zip(headings, ends, strict=True)
    ]


def _rate(section: Section, wanted: list[str]) -> tuple[int, float]:
    """Return how many of the words a section has, and how much it is about them."""
    title, text = section.title.lower(), section.text.lower()
    in_title = sum(word.rstrip("s") in title for word in wanted)
    in_text = [text.count(word.rstrip("s")) for word in wanted]
    asked_here = section.topic == "troubleshooting"  # its headings are questions
    return sum(map(bool, in_text)), in_title * 10 + asked_here * 5 + sum(in_text) / (20 + len(text) / 100)


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
