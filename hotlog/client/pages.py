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
# A section says in comments, which no reader sees, how else one asks for it, and which codes it is about.
_NOTE: Final = re.compile(r"<!-- (\w+):? ?(.*?) ?-->\n*")
_SMALL_WORDS: Final = re.compile(  # a question has them, and every section
    r"a|about|an|and|any|are|at|be|can|did|do|does|for|from|get|go|how|i|in|is|it|its|me|my|not|of|on|or|out|the|their|this|to|"
    r"what|when|where|which|who|why|will|with|you|your"
)
_STEM_MIN: Final = 4  # letters: `leak` asks for what `leaked` does
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
        asked: other words for it, one question after the other.
        codes: those that it is about.
    """

    topic: str
    title: str
    text: str
    asked: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()

    @property
    def command(self) -> str:
        """Return what prints it."""
        title = self.title == list_topics()[self.topic]
        return " ".join(["hotlog", "help", self.topic, *(() if title else _words(self.title))])


def list_topics() -> dict[str, str]:
    """Return the pages, each with its title, in the order of `GROUPS`."""
    known = [topic for group in GROUPS.values() for topic in group]
    titles = {path.stem: _title(path) for path in sorted(_FOLDER.glob("*.md"))}
    return {topic: titles[topic] for topic in dict.fromkeys([*known, *titles]) if topic in titles}


def find_sections(question: str) -> list[Section]:
    """Return the sections that answer a question, best first.

    These are the one whose heading it is, those that are asked for so, and those that have most of its words; beside the former
    only those that have one in the heading.
    """
    words = _words(question)
    wanted = [word for word in words if not _SMALL_WORDS.fullmatch(word)]
    rated = [(_rate(section, words, wanted), section) for section in _all_sections()]
    most = max(rate.found for rate, _ in rated)
    is_answered = any(rate.is_heading or rate.asked for rate, _ in rated)
    good = [
        (rate, section)
        for rate, section in rated
        if rate.is_heading
        or rate.asked
        or (rate.found == most > 0 and 2 * most >= len(wanted) and (rate.in_title or not is_answered))
    ]
    return [section for _, section in sorted(good, key=lambda each: each[0], reverse=True)]


def find_section_about(code: str) -> Section | None:
    """Return the section that goes further than what a code means: the one that lists it, else one that speaks of it."""
    sections = [each for each in _all_sections() if each.topic not in {"codes", "reference"}]
    about = [each for each in sections if code in each.codes]
    return next(iter(about + [each for each in sections if f"`{code}`" in each.text]), None)


class _Rate(NamedTuple):
    """How well a section answers a question: the first difference decides."""

    is_heading: bool
    asked: int  # words of the question as which one asks for it
    found: int  # words that it has
    in_title: int  # words that its heading has
    score: float  # how much it is about them


def _all_sections() -> list[Section]:
    return [section for topic in list_topics() for section in _sections(topic)]


def _sections(topic: str) -> list[Section]:
    text = _read(topic)
    headings = list(_SECTION.finditer(re.sub(r"(?ms)^```.*?^```$", lambda code: " " * len(code[0]), text)))
    ends = [heading.start() for heading in headings[1:]] + [len(text)]
    found = []
    for heading, end in zip(headings, ends, strict=True):
        whole = text[heading.start() : end]
        notes = dict(_NOTE.findall(whole))
        asked = tuple(filter(None, notes.get("asked", "").split(", ")))
        codes = tuple(notes.get("codes", "").split())
        found.append(Section(topic, heading[1], _NOTE.sub("", whole).strip(), asked, codes))
    return found


def _words(text: str) -> list[str]:
    """Return the words of a text in lower case; `AccessDenied` is two."""
    return re.findall(r"[\w@-]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text).lower())


def _rate(section: Section, words: list[str], wanted: list[str]) -> _Rate:
    heading = _words(section.title)
    title, text = section.title.lower(), section.text.lower()
    in_title = sum(word.rstrip("s") in title for word in wanted)
    in_text = [text.count(word.rstrip("s")) for word in wanted]
    asked_here = section.topic == "troubleshooting"  # its headings are questions
    return _Rate(
        words in (heading, [section.topic, *heading]),
        max((len(each.split()) for each in section.asked if _is_asked(each, words)), default=0),
        sum(map(bool, in_text)),
        in_title,
        asked_here * 5 + sum(in_text) / (20 + len(text) / 100),
    )


def _is_asked(asked: str, words: list[str]) -> bool:
    """Return whether a question has all these words, or longer forms of them."""
    return all(
        any(word == each or (len(each) >= _STEM_MIN and word.startswith(each)) for word in words)
        for each in asked.split()
    )


def read_page(topic: str) -> str:
    """Return a page, as Markdown, without its comments.

    Raises:
        ConfigError: `unknown-topic`.
    """
    topics = list_topics()
    if topic not in topics:
        headings = [word for section in _all_sections() for word in _words(section.title)]
        near = suggest_near(topic, tuple(topics)) or suggest_near(topic, tuple(dict.fromkeys(headings)))
        hint = near or " `hotlog help troubleshooting` has what one asks at night."
        raise ConfigError("unknown-topic", f"no page speaks of {topic!r}.{hint} `hotlog help` lists all.")
    return _NOTE.sub("", _read(topic))


def _read(topic: str) -> str:
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
