"""Times, names and lists in a few characters, and text that no terminal obeys."""

from __future__ import annotations

import difflib
import re
from datetime import MAXYEAR, MINYEAR, UTC, datetime
from typing import TYPE_CHECKING, Final

from hotlog import limits

if TYPE_CHECKING:
    from collections.abc import Sequence

_MINUTES_COUNT_FROM_S: Final = 300
_ID_SHOWN_CHARS: Final = 8


def format_age(later: datetime | None, earlier: datetime | None) -> str:
    """Return the time between two moments, in its largest unit."""
    if later is None or earlier is None:
        return ""
    seconds = max(0, int((later - earlier).total_seconds()))
    for unit, name in ((86_400, "d"), (3_600, "h"), (60, "m")):
        if seconds >= unit:
            return f"{seconds // unit}{name}"
    return f"{seconds}s"


def format_duration(seconds: int) -> str:
    """Return a duration in its largest whole unit; the options of commands read it back."""
    for unit, name in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= unit and seconds % unit == 0:
            return f"{seconds // unit} {name}"
    return f"{seconds} s"


def format_duration_roughly(seconds: int) -> str:
    """Return a duration, rounded to the minute where it is several minutes long."""
    return format_duration(seconds if seconds < _MINUTES_COUNT_FROM_S else round(seconds / 60) * 60)


def parse_duration_words(text: str) -> int | None:
    """Return the seconds in `90`, `90s`, `30m`, `2h`, `1d`, `2days`, `1 hour` or `1h30m`; None where it is no duration."""
    found = _DURATION.fullmatch(text.strip().lower())
    if found is None:
        return None
    seconds = sum(
        int(number) * _UNITS[unit[:1] or "s"] for number, unit in _PART.findall(text.strip().lower())
    )
    return seconds if 0 < seconds <= limits.DURATION_MAX_S else None


_UNITS: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_UNIT: Final = "(?:s(?:ec(?:ond)?s?)?|m(?:in(?:ute)?s?)?|h(?:(?:ou)?rs?)?|d(?:ays?)?|w(?:eeks?)?)"
_DURATION: Final = re.compile(rf"[0-9]{{1,9}}(?:\s*{_UNIT}(?:[\s,]*[0-9]{{1,9}}\s*{_UNIT})*)?", re.ASCII)
_PART: Final = re.compile(rf"([0-9]+)\s*({_UNIT})?", re.ASCII)


def parse_timestamp(text: object) -> datetime | None:
    """Return the moment that an event's timestamp names; None where it names none, or one that other zones cannot name."""
    try:
        at = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    if not MINYEAR < at.year < MAXYEAR:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def format_clock(at: datetime, *, utc: bool, seconds: bool = False) -> str:
    """Return a moment as a clock shows it here, or in UTC; with its day, where that is not today."""
    at = at.astimezone(UTC if utc else None)
    day = "" if at.date() == datetime.now(at.tzinfo).date() else f"{at:%Y-%m-%d} "
    return f"{day}{at:%H:%M:%S}" if seconds else f"{day}{at:%H:%M}"


def name_zone(at: datetime, *, utc: bool) -> str:
    """Return how far this machine's clock is from UTC at that moment: `UTC+1`, `UTC-3:30`, `UTC`."""
    offset = None if utc else at.astimezone().utcoffset()
    minutes = round(offset.total_seconds() / 60) if offset else 0
    hours, rest = divmod(abs(minutes), 60)
    sign = "-" if minutes < 0 else "+"
    return f"UTC{sign}{hours}{f':{rest:02}' if rest else ''}" if minutes else "UTC"


def shorten_arn(by: str) -> str:
    """Return the last part of an ARN, which is the session's or the user's name."""
    return by.rpartition("/")[2].rpartition(":")[2] if by.startswith("arn:") else by


def shorten_id(name: str) -> str:
    """Return the beginning of a long id, enough to tell it from others, and to ask for it."""
    return name[:_ID_SHOWN_CHARS]


def count_of(number: int, noun: str) -> str:
    """Return a number with its noun, in the plural where it is not one: `1 rule`, `2,000 rules`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def suggest_near(word: str, words: Sequence[str], most: int = 3) -> str:
    """Return a question with the words that come near, to append to a sentence; empty where none does."""
    near = difflib.get_close_matches(word, words, n=most)
    return f" Did you mean {' or '.join(near)}?" if near else ""


def escape(text: str) -> str:
    r"""Return the text with every character that nobody sees spelt out, as `\x1b`: no terminal obeys it, and nothing hides in it.

    Control characters, direction overrides, unassigned characters and lone surrogates are not printable; letters of any script
    are. Fillers, selectors of variants and blanks that are no space are printable, and yet nobody sees them.
    """
    if text.isprintable() and not _UNSEEN.search(text):
        return text
    printable = "".join(char if char.isprintable() else _spelt(char) for char in text)
    return _UNSEEN.sub(lambda found: _spelt(found[0]), printable)


def says_nothing(text: str) -> bool:
    """Return whether a text has no character that anybody sees."""
    return not any(char.isprintable() and not char.isspace() for char in _UNSEEN.sub("", text))


# What Unicode calls printable and shows as nothing: joiners, fillers, inherent vowels, selectors of variants, blanks, an empty note.
_UNSEEN: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u2d7f\u3164\ufe00-\ufe0f\uffa0\U0001107f\U00011a47\U00011a99\U00011f42"
    "\U00013441\U00013442\U00016fe4\U0001bc9d\U0001d159\U000e0100-\U000e01ef]"
)


def _spelt(char: str) -> str:
    return char.encode("unicode_escape", "surrogatepass").decode("ascii")
