"""A message over plain values that the patched code passed: neither scope nor budget is made for it.

    "x={x} n={len(items)}" ──> values ──> "x=1 n=3"
                                  └── something else than plain values: None, and the evaluator says it

It takes a fifth of the evaluator's time, and shows the same text: a test holds the two to each other. A hole is a name, or what
has a compiled form. What is plain is bounded and runs no code: exact builtin scalars, dates, decimals, ids, and small lists and
dicts of scalars in which nothing says of anything that it is secret.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any, Final

from hotlog import __builtins__, limits
from hotlog.expressions.fast_objects import PlainObjects
from hotlog.expressions.vocabulary import TYPES
from hotlog.reading import value_types
from hotlog.reading.secret_check import SMALL, UNCHECKED_CHARS
from hotlog.redaction.neighbours import BESIDE, find_telling
from hotlog.redaction.redact import REDACTED
from hotlog.values.text import text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import FrameType

    from hotlog.expressions.compiled.code_writer import Test
    from hotlog.expressions.template import Hole, Template
    from hotlog.reading.reader import Reader

    Message = Callable[[Sequence[object], FrameType | None], str | None]
    Describe = Callable[[Any], dict[str, object]]
    Fill = Callable[[Sequence[Any], FrameType | None], str | None]


_PLAIN_INT: Final = 2**63
_WORD_MAX_CHARS: Final = 60  # of a text in a list or dict
_PLAIN_ELEMENTS: Final = 20
_STANDARD: Final = frozenset(
    {
        "datetime.date",
        "datetime.datetime",
        "datetime.time",
        "datetime.timedelta",
        "decimal.Decimal",
        "uuid.UUID",
    }
)


def make_message(
    template: Template, passed: Sequence[str], reader: Reader, around: frozenset[str] | None = None
) -> Message:
    """Return the message as a function of the passed values and the frame.

    Args:
        template: the message.
        passed: names of the values, in order.
        reader: what may not be shown.
        around: the names that may stand beside those that it reads; None: nobody knows.

    Returns:
        A function that returns the text, or None where a value is not plain.
    """
    texts: list[str] = []
    fills: list[Fill] = []
    shows = PlainShows(reader)
    for part in template.parts:
        if isinstance(part, str):
            texts.append(part.replace("%", "%%"))
            continue
        fills.append(_fill_of(part, passed, shows, around))
        texts.append("%s")
    form = "".join(texts)

    def message(values: Sequence[Any], frame: FrameType | None) -> str | None:
        filled = []
        for fill in fills:
            text = fill(values, frame)
            if text is None:
                return None
            filled.append(text)
        whole = form % tuple(filled)
        return whole if len(whole) <= limits.MESSAGE_MAX_CHARS else None

    return message


def _fill_of(hole: Hole, passed: Sequence[str], shows: PlainShows, around: frozenset[str] | None) -> Fill:
    """Return what writes a hole; it gives None where there is no compiled form of it, or the value is not plain."""
    tree = hole.expression.tree
    show = shows.shower(hole)
    if (
        isinstance(tree, ast.Name)
        and tree.id in passed
        and not shows.reader.redaction.says(tree.id)
        and _stands_alone(tree.id.lower(), around)
    ):
        place = passed.index(tree.id)
        return lambda values, _frame: show(values[place])
    # What is no name is compiled, as conditions are; most messages show names.
    from hotlog.expressions.compiled.condition_test import ASK, find_value, make_value

    calls = sorted(hole.expression.calls | (hole.expression.names & TYPES.keys()) - {*passed})
    compute: Test | None = None
    is_made = False

    def fill(values: Sequence[Any], frame: FrameType | None) -> str | None:
        nonlocal compute, is_made
        if not is_made:  # with the first hit: most rules are installed and wait
            compute, is_made = make_value(tree, passed, calls, shows.reader, around), True
        if compute is None or (calls and frame is None):
            return None
        if calls:
            values = [*values, *(find_value(frame, name) for name in calls)]  # type: ignore[arg-type]  # see above
        value = compute(*values, frame=frame)
        return None if value is ASK else show(value)

    return fill


def _stands_alone(name: str, around: frozenset[str] | None) -> bool:
    return name not in BESIDE or (
        around is not None and find_telling(name).isdisjoint(map(str.lower, around))
    )


class PlainShows:
    """Turns plain values into the text that a message shows.

    Args:
        reader: what may not be shown.
    """

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self._redaction = reader.redaction
        # By the id of classes that are kept alive: how a date, a decimal or an id is described; None for all others.
        self._standard: dict[int, tuple[type, Describe | None]] = {}
        self._objects = PlainObjects(reader, self._is_word)

    def shower(self, hole: Hole) -> Callable[[Any], str | None]:
        """Return the function that writes the value of a hole; it gives None for values that are not plain."""
        form = hole.format
        if hole.conversion == "j" or (form and hole.conversion):
            return lambda _: None
        if form:
            return lambda value: _formatted(value, form)
        return self._quoted if hole.conversion == "r" else self.shown

    def shown(self, value: Any) -> str | None:  # noqa: PLR0911 -- one kind after the other
        """Return a value as text; None where it is not plain."""
        kind = type(value)
        if kind is int:
            if -SMALL < value < SMALL:
                return str(value)
            if -_PLAIN_INT < value < _PLAIN_INT:
                return REDACTED if self._redaction.hides_number(value) else str(value)
        elif kind is str:
            return self._text(value)
        elif kind is bool or value is None or (kind is float and -SMALL < value < SMALL):
            return str(value)
        elif kind is list or kind is dict:
            return text_of(value) if self._holds_plain(value, kind) else None
        else:
            known = self._standard.get(id(kind))
            if known is None:
                known = self._learn(kind)
            return self._objects.text(value) if known[1] is None else self._describe(value, known[1])
        return None

    def _text(self, value: str) -> str | None:
        size = len(value)
        if size <= UNCHECKED_CHARS or value in self._redaction.shown_texts:
            return value
        if size < limits.STRING_MAX_CHARS:
            shown = self._redaction.scrub(value)
            if shown == value and len(self._redaction.shown_texts) < limits.COMPILED_TEXTS_MAX:
                self._redaction.shown_texts.add(value)
            return shown
        return None  # how much of it there is room for depends on the event

    def _quoted(self, value: Any) -> str | None:
        if type(value) is not str:
            return self.shown(value)
        if len(value) >= limits.STRING_MAX_CHARS:
            return None
        shown = self._text(value)
        return None if shown is None else text_of(shown, quoted=True)

    def _learn(self, cls: type) -> tuple[type, Describe | None]:
        if len(self._standard) >= limits.COMPILED_TEXTS_MAX:
            self._standard.clear()
        show = value_types.reader_of_class(cls) if value_types.named(cls) in _STANDARD else None
        known = self._standard[id(cls)] = (cls, show)
        return known

    def _describe(self, value: Any, show: Describe) -> str | None:
        """Return a date, a decimal or an id as text, where all that is known of it is that text."""
        shown = show(value)
        if len(shown) != 1:
            return None
        text = shown.get("@value")
        return text if type(text) is str and self._text(text) == text else None

    def _holds_plain(self, value: Any, kind: type) -> bool:
        """Return whether a list or dict holds a few scalars, none of which is secret or says so of another."""
        if len(value) > _PLAIN_ELEMENTS:
            return False
        if kind is dict:
            for key in value:
                if type(key) is not str or not self._is_word(key):
                    return False
            value = value.values()
        return self._objects.holds_plain(value)

    def _is_word(self, text: str) -> bool:
        """Return whether a short text is shown as it is, and says nothing of what stands beside it."""
        keys = self._redaction.keys
        if text in keys.plain:
            return True
        if len(text) > _WORD_MAX_CHARS or not text.isascii() or text[:1] in ("-", "@", ""):
            return False
        keys(text)
        return text in keys.plain


def _formatted(value: Any, form: str) -> str | None:
    if (type(value) is int or type(value) is float) and -SMALL < value < SMALL:
        try:
            return format(value, form)
        except (ValueError, OverflowError):
            return None
    return None
