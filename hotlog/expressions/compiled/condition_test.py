"""A condition as a function of Python's own: what a developer would have typed, behind proofs that nothing else runs.

    event['type'] == 'x'  ──>  def test(event, frame=None):
                                   if type(event) is not dict or …: return ASK
                                   v1 = event['type']
                                   …

It says True or False where all operands are exact builtin values, or such as the evaluator knows, and `ASK` where it does not know
at once: then the evaluator decides. It runs no code of the application's, and no verdict of it differs from the evaluator's.

Redaction happens at the read here as well. Where an operand is compared with a literal, that is put off until the test is true:
the literals are such that the answer is the same for every secret, and a false result says nothing of it. So a literal that is
itself hidden equals nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hotlog import __builtins__
from hotlog.expressions.compiled.code_writer import ASK, Unknown, find_value
from hotlog.expressions.compiled.condition_writer import ConditionWriter
from hotlog.namedtuple import NamedTuple
from hotlog.reading.secret_check import UNCHECKED_CHARS

if TYPE_CHECKING:
    import ast
    from collections.abc import Callable, Container, Sequence
    from collections.abc import Set as AbstractSet

    from hotlog.expressions.compiled.code_writer import Test
    from hotlog.expressions.compiled.plain_fields import KnownClass, PlainFields
    from hotlog.reading.reader import Reader

__all__ = ["ASK", "CompiledTest", "find_value", "make_test", "make_value"]


class CompiledTest(NamedTuple):
    """A condition that a backend may have tested where the values are, before it calls the hook.

    Attributes:
        names: that the condition reads.
        calls: the builtin functions and types that it names.
        below: no whole number nearer to zero is secret.
        shows: whether a text may be shown.
        make: makes the test. It is told which of the names the code passes, in order, which of the calls come after them, and
            which names stand beside those it reads. The test returns False where the condition is certainly false. It raises
            nothing, and runs nobody's code. None: there is none.
        says: what a name says of its value: 0, that it may be shown.
        shown: texts that are known to hold no secret. Hashable.
        plain: names that are known to say nothing of their value. Hashable.
        known: the class whose instances' dicts alone decide a field of this name.
        quiet: the names that are known to say nothing of a value of this name beside them. Hashable.
        unchecked: no text of so many characters holds a secret.
    """

    names: frozenset[str]
    calls: frozenset[str]
    below: int
    shows: Callable[[str], bool]
    make: Callable[[tuple[str, ...], tuple[str, ...], frozenset[str]], Callable[..., object] | None]
    says: Callable[[str], int]
    shown: AbstractSet[str]
    plain: Container[str]
    known: Callable[[str], KnownClass]
    quiet: Callable[[str], AbstractSet[str]]
    unchecked: int = UNCHECKED_CHARS


def make_test(
    condition: ast.expr,
    passed: Sequence[str],
    calls: Sequence[str],
    reader: Reader,
    around: frozenset[str] | None = None,
    fields: PlainFields | None = None,
) -> Test | None:
    """Return the test of a condition; None where it has no compiled form.

    Args:
        condition: a checked expression of the rule language.
        passed: the names whose values it is called with, in order; others it looks up in `frame`, or its caller's.
        calls: the builtin functions and types whose values come after those, as the function sees them.
        reader: tells what is redacted, and whose a class is.
        around: the names that may stand beside those that it reads; None: nobody knows.
        fields: how it reads fields; None: nobody else reads them so.

    Returns:
        A function that returns True, False, or `ASK`. It raises nothing.
    """
    writer = ConditionWriter(passed, calls, reader, around, fields)
    try:
        verdict = writer.truth(condition)
    except Unknown:
        return None
    return writer.finish(verdict)


def make_value(
    expression: ast.expr,
    passed: Sequence[str],
    calls: Sequence[str],
    reader: Reader,
    around: frozenset[str] | None = None,
) -> Test | None:
    """Return a function that computes an expression, for one who shows the value; None where it has no compiled form.

    Args:
        expression: a checked expression of the rule language.
        passed: as `make_test`.
        calls: as `make_test`.
        reader: as `make_test`.
        around: as `make_test`.

    Returns:
        A function that returns the value, or `ASK`. What it read and computed nothing from may be a secret.
    """
    writer = ConditionWriter(passed, calls, reader, around)
    try:
        value = writer.value(expression)
    except Unknown:
        return None
    return writer.finish_value(value)
