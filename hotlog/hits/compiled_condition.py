"""A condition as code of Python's own: a backend tests it where the values are, and the hook asks it once more.

It runs nothing of the application's, so to ask it twice is no harm. Where it cannot decide, the evaluator does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hotlog import __builtins__
from hotlog.expressions.compiled.condition_test import CompiledTest, find_value, make_test
from hotlog.expressions.compiled.plain_fields import PlainFields
from hotlog.expressions.vocabulary import TYPES

if TYPE_CHECKING:
    from types import FrameType

    from hotlog.expressions.compiled.code_writer import Test
    from hotlog.expressions.grammar import Expression
    from hotlog.reading.reader import Reader


class CompiledCondition:
    """The compiled form of one rule's condition.

    Args:
        condition: of the hit.
        reader: tells what is redacted.
    """

    def __init__(self, condition: Expression, reader: Reader) -> None:
        self._condition, self._reader = condition, reader
        self._fields = PlainFields(reader)
        # The test that the patched code has: names whose values it takes, builtins that it calls.
        self._told: tuple[tuple[str, ...], tuple[str, ...], Test] | None = None

    @property
    def test(self) -> CompiledTest:
        """Return the condition as a backend may have it tested where the values are."""
        condition, redaction = self._condition, self._reader.redaction
        calls = condition.calls | (condition.names & TYPES.keys())
        return CompiledTest(
            condition.names - calls,
            calls,
            redaction.shown_below,
            lambda text: redaction.scrub(text) == text,
            self._make_test,
            redaction.says,
            redaction.shown_texts,
            redaction.keys.plain,
            self._fields.known,
            self._fields.quiet,
        )

    def holds(
        self, frame: FrameType | None, names: tuple[str, ...], values: tuple[object, ...]
    ) -> bool | None:
        """Return whether the condition holds, as far as its test knows; None: the evaluator decides.

        Args:
            frame: of the function; None where nobody has looked for it.
            names: of the values that the patched code passed.
            values: in that order.
        """
        if self._told is None:
            return None
        wanted, calls, test = self._told
        given = dict(zip(names, values, strict=True))
        if not given.keys() >= {*wanted} or (calls and frame is None):
            return None
        called = [find_value(frame, name) for name in calls] if frame is not None else ()
        verdict = test(*[given[name] for name in wanted], *called, frame=frame)
        return verdict if type(verdict) is bool else None

    def _make_test(
        self, names: tuple[str, ...], calls: tuple[str, ...], around: frozenset[str]
    ) -> Test | None:
        test = make_test(self._condition.tree, names, calls, self._reader, around, self._fields)
        self._told = (names, calls, test) if test is not None else None
        return test
