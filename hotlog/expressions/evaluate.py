"""Evaluating expressions and messages over the live values of a hit.

The tree of an expression becomes a tree of small functions, once; a hit calls the topmost. Each takes the scope and the
reader, so that every read goes through the reader and every operator through `operators`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hotlog import __builtins__, limits
from hotlog.capture.error_text import message_of
from hotlog.capture.snapshot import capture
from hotlog.errors import RuleError
from hotlog.expressions import comparisons
from hotlog.expressions.compiler import Compiler
from hotlog.expressions.formats import format_value, write_plain
from hotlog.expressions.grammar import hides_nothing, parse
from hotlog.expressions.hit_scope import HitScope, Program
from hotlog.internal_errors import is_async_exception
from hotlog.reading.budget import Redacted, Unavailable
from hotlog.reading.classes import ById, inherits, type_name
from hotlog.reading.reader import Reader
from hotlog.reading.secret_check import SMALL
from hotlog.redaction.redact import REDACTED, Redaction
from hotlog.values.text import json_of, text_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from hotlog.config import Config
    from hotlog.expressions.grammar import Expression
    from hotlog.expressions.template import Template

__all__ = ["HitScope", "evaluate", "evaluate_plain", "is_true", "render"]

_PROGRAMS_MAX: Final = 5_000
_REASON_MAX_CHARS: Final = 200
_MESSAGE_MAX_CHARS: Final = 2_000  # looked through in half a millisecond
_PLAIN: Final = ById(dict, list, tuple, str, int, float, bool)
_HOLE_MAX_BYTES: Final = 2 * limits.MESSAGE_MAX_CHARS  # of a captured value, which its text takes less than
_OWN: Final = __name__.partition(".")[0]


def evaluate(expression: Expression, scope: HitScope, reader: Reader) -> object:
    """Return the value of an expression. It may be live and hold secrets: pass it through `capture`.

    Raises:
        Unavailable: it cannot be had without running user code, may not be shown, takes too much, or Python itself
            would raise.
    """
    return _run(_program(expression), scope, reader)


def evaluate_plain(text: str, values: Mapping[str, object], settings: Config) -> object:
    """Return what an expression says of values that were redacted before, in the form that an event holds.

    Raises:
        RuleError: `not-captured`, it has no value.
    """
    reader = Reader(Redaction(settings), readable=lambda _: True).for_hit()
    try:
        return capture(evaluate(parse(text, hides_nothing), HitScope(values), reader), reader)
    except Redacted:
        return REDACTED
    except Unavailable as why:
        raise RuleError("not-captured", f"{why.reason}.") from None


def is_true(expression: Expression, scope: HitScope, reader: Reader) -> bool:
    """Return whether a condition is true.

    Raises:
        Unavailable: as `evaluate`; then it is neither.
    """
    return bool(_run(_condition(expression), scope, reader))


def _run(program: Program, scope: HitScope, reader: Reader) -> Any:
    try:
        return program(scope, reader)
    except _PYTHONS_OWN as fault:
        if is_async_exception(fault) or not _is_ours(fault.__traceback__):
            raise
        raise Unavailable(_reason_of(fault, reader)) from None


def _reason_of(fault: Exception, reader: Reader) -> str:
    """Return what Python says, without secrets. A long message, which prints a value, takes too long to be looked through."""
    kind, message = type_name(type(fault)), str(fault)
    if len(message) > _MESSAGE_MAX_CHARS:
        return f"{kind}: its message has {len(message):,} characters"
    return reader.redaction.scrub(f"{kind}: {message}")[:_REASON_MAX_CHARS]


# RuntimeError: another thread has changed a container that is being iterated, or the stack is full.
_PYTHONS_OWN: Final = (ArithmeticError, LookupError, TypeError, ValueError, AttributeError, RuntimeError)


def _is_ours(trace: TracebackType | None) -> bool:
    """Return whether hotlog's own frames raised the exception, not a signal handler in between."""
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace is not None and str(trace.tb_frame.f_globals.get("__package__")).partition(".")[0] == _OWN


_programs: dict[str, Program] = {}
_conditions: dict[str, Program] = {}


def _program(expression: Expression) -> Program:
    found = _programs.get(expression.text)
    if found is None:
        if len(_programs) >= _PROGRAMS_MAX:
            _programs.clear()
        found = _programs[expression.text] = Compiler().node(expression.tree, raw=True)
    return found


def _condition(expression: Expression) -> Program:
    found = _conditions.get(expression.text)
    if found is None:
        if len(_conditions) >= _PROGRAMS_MAX:
            _conditions.clear()
        inner, truth = Compiler().node(expression.tree), comparisons.truth
        found = _conditions[expression.text] = lambda scope, reader: truth(inner(scope, reader))
    return found


# --- messages ----------------------------------------------------------------------------------------------------

_Part = str | tuple[Program, str, str]
_messages: dict[str, list[_Part]] = {}


def render(template: Template, scope: HitScope, reader: Reader) -> str:
    """Return the message of a hit: redacted, bounded, `{unavailable: reason}` where a hole has no value."""
    parts = _messages.get(template.text)
    if parts is None:
        parts = _compile(template)
    written = [part if type(part) is str else _fill(part, scope, reader) for part in parts]  # type: ignore[arg-type]
    text = "".join(written)
    if len(text) > limits.MESSAGE_MAX_CHARS:
        return f"{text[: limits.MESSAGE_MAX_CHARS]}… ({len(text):,} characters)"
    return text


def _compile(template: Template) -> list[_Part]:
    if len(_messages) >= _PROGRAMS_MAX:
        _messages.clear()
    parts = [
        part if isinstance(part, str) else (_program(part.expression), part.conversion, part.format)
        for part in template.parts
    ]
    _messages[template.text] = parts
    return parts


def _fill(part: tuple[Program, str, str], scope: HitScope, reader: Reader) -> str:  # noqa: C901, PLR0911 -- the common kinds first
    program, conversion, form = part
    try:
        value = _run(program, scope, reader)
        kind = type(value)
        if not conversion and not form:
            if kind is int and -SMALL < value < SMALL:
                return str(value)
            if kind is str and len(value) < limits.STRING_MAX_CHARS:
                return reader.redaction.scrub(value)
        if conversion == "j":
            return json_of(capture(value, reader, room=_HOLE_MAX_BYTES))
        if kind is float and not form and value - value != 0:  # `nan`, `inf`: in JSON they are texts
            return str(value)
        if form and not conversion:
            if (kind is int or kind is float) and -SMALL < value < SMALL:
                return write_plain(value, form)
            return format_value(value, form, reader)
        if conversion != "r" and kind not in _PLAIN and inherits(kind, BaseException):
            text = message_of(value, reader)
        else:
            text = text_of(capture(value, reader, room=_HOLE_MAX_BYTES), quoted=conversion == "r")
        return format_value(text, form, reader) if form and text != REDACTED else text
    except Redacted:
        return REDACTED
    except Unavailable as why:
        return f"{{unavailable: {reader.redaction.scrub(why.reason)}}}"
