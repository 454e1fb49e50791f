"""Messages with holes: `total={total:.2f} user={user.id!r}`.

template   = (text | "{{" | "}}" | hole)*
hole       = "{" expression ["="] ["!r" | "!s" | "!j"] [":" format] "}"
format     = a format of numbers, texts or dates, written out: no hole inside a hole

`{x=}` writes `x=` before the value, as in an f-string; `!j` writes the value as JSON.
"""

from __future__ import annotations

from typing import Final, NoReturn

from hotlog import __builtins__, limits
from hotlog.errors import RuleError
from hotlog.expressions import grammar as expressions
from hotlog.expressions.format_syntax import is_format
from hotlog.namedtuple import NamedTuple
from hotlog.redaction import secret_names as naming

_OPENING: Final = {"(": ")", "[": "]", "{": "}"}


class Hole(NamedTuple):
    """A place in a message where a value goes.

    Attributes:
        expression: what to evaluate.
        conversion: `r`, `s`, `j` or empty.
        format: format of numbers, texts or dates; or empty.
        column: where the expression starts in the message.
    """

    expression: expressions.Expression
    conversion: str = ""
    format: str = ""
    column: int = 0


class Template(NamedTuple):
    """A message that has been read and accepted.

    Attributes:
        text: as written.
        parts: literal text and holes, in order.
        names: the free names that its holes read.
        specials: what its holes read of hotlog's own namespace, without the `@`.
        calls: the builtins that its holes call.
        holes: the holes, in order.
    """

    text: str
    parts: tuple[str | Hole, ...]
    names: frozenset[str]
    specials: frozenset[str]
    calls: frozenset[str]
    holes: tuple[Hole, ...]


class HoleText(NamedTuple):
    """A hole as it is written.

    Attributes:
        source: the expression.
        label: what stands before the value: `x=` of `{x=}`; or empty.
        conversion: as `Hole`.
        format: as `Hole`.
        column: as `Hole`.
    """

    source: str
    label: str
    conversion: str
    format: str
    column: int


def parse(text: str, hides: expressions.Hides = naming.is_redacted) -> Template:
    """Read a message.

    Args:
        text: the source.
        hides: tells which names may not be read.

    Raises:
        RuleError: `bad-template`, or a fault of an expression in it, with the column in the message.
    """
    template, faults = read(text, hides)
    if faults:
        raise faults[0]
    return template


def read(text: str, hides: expressions.Hides = naming.is_redacted) -> tuple[Template, list[RuleError]]:
    """Return what can be read of a message, and all that is wrong with its expressions, in the order of the text.

    Raises:
        RuleError: `bad-template`: its holes are not to be told from its text.
    """
    faults: list[RuleError] = []
    parts: list[str | Hole] = []
    for part in split(text):
        if isinstance(part, str):
            _append(parts, part)
            continue
        _append(parts, part.label)
        try:
            expression, wrong = expressions.read(part.source, hides)
        except RuleError as fault:
            faults.append(_moved(fault, part.column))
            continue
        faults += [_moved(fault, part.column) for fault in wrong]
        parts.append(Hole(expression, part.conversion, part.format, part.column))
    holes = tuple(part for part in parts if isinstance(part, Hole))
    used = [hole.expression for hole in holes]
    template = Template(
        text,
        tuple(parts),
        frozenset().union(*(each.names for each in used)),
        frozenset().union(*(each.specials for each in used)),
        frozenset().union(*(each.calls for each in used)),
        holes,
    )
    return template, faults


def _append(parts: list[str | Hole], text: str) -> None:
    """Add text to the parts, to the text before it where there is some."""
    if text and parts and isinstance(parts[-1], str):
        parts[-1] += text
    elif text:
        parts.append(text)


def _moved(fault: RuleError, start: int) -> RuleError:
    column = None if fault.column is None else fault.column + start
    return RuleError(fault.code, fault.message, column=column)


def split(text: str) -> list[str | HoleText]:
    """Return the literal text and the holes of a message, in order, without a look at the expressions.

    Raises:
        RuleError: `bad-template`.
    """
    if len(text) > limits.MESSAGE_MAX_CHARS:
        raise RuleError(
            "bad-template",
            f"a message may have {limits.MESSAGE_MAX_CHARS} characters, not {len(text)}: shorten it.",
            column=limits.MESSAGE_MAX_CHARS,
        )
    parts: list[str | HoleText] = []
    literal: list[str] = []
    at = 0
    while at < len(text):
        sign = text[at]
        if sign in "{}" and text[at : at + 2] == sign * 2:
            literal.append(sign)
            at += 2
        elif sign == "{":
            if literal:
                parts.append("".join(literal))
                literal.clear()
            hole, at = _hole(text, at + 1)
            parts.append(hole)
        elif sign == "}":
            _refuse("a single `}`: write `}}` for the character itself.", at)
        else:
            literal.append(sign)
            at += 1
    if literal:
        parts.append("".join(literal))
    return parts


def _refuse(message: str, column: int) -> NoReturn:
    raise RuleError("bad-template", message, column=column)


def _hole(text: str, start: int) -> tuple[HoleText, int]:
    """Return the hole whose expression starts there, and where the text goes on after it."""
    end = _end_of_expression(text, start)
    source, label = _labelled(text[start:end])
    if not source.strip():
        _refuse(
            "an empty hole: write the expression between the braces, or `{{` for the character itself.", start
        )
    conversion = ""
    if text[end] == "!":
        conversion = text[end + 1 : end + 2]
        if conversion not in {"r", "s", "j"} or text[end + 2 : end + 3] not in {":", "}"}:
            _refuse("after `!` comes `r`, `s` or `j` (as JSON).", end)
        end += 2
    form = ""
    if text[end] == ":":
        close = text.find("}", end)
        if close < 0:
            _refuse("this hole is not closed: add `}`.", start - 1)
        form = text[end + 1 : close]
        if not is_format(form):
            _refuse(
                "a format holds no hole: write its numbers, such as `.2f`."
                if "{" in form
                else "after `:` comes a format of numbers, texts or dates, such as `.2f`, `>20` or `%Y-%m-%d`.",
                end,
            )
        end = close
    if label and not conversion and not form:
        conversion = "r"
    return HoleText(source, label, conversion, form, start), end + 1


def _labelled(written: str) -> tuple[str, str]:
    """Return expression and label of `x=`; no label where it ends in no `=`."""
    source = written.rstrip()
    if source.endswith("=") and not source.endswith(("==", "!=", "<=", ">=")):
        return source[:-1], written
    return written, ""


def _end_of_expression(text: str, start: int) -> int:
    """Return where the expression ends: at a `}`, `!` or `:` outside brackets and quotes."""
    closing: list[str] = []
    at = start
    while at < len(text):
        sign = text[at]
        if sign in "\"'":
            at = _end_of_quotes(text, at)
            continue
        if not closing and (sign in "}:" or (sign == "!" and text[at + 1 : at + 2] != "=")):
            return at
        if sign in _OPENING:
            closing.append(_OPENING[sign])
        elif closing and sign == closing[-1]:
            closing.pop()
        at += 1
    _refuse("this hole is not closed: add `}`, or write `{{` for the character itself.", start - 1)


def _end_of_quotes(text: str, start: int) -> int:
    quote = text[start] * 3 if text[start : start + 3] == text[start] * 3 else text[start]
    at = start + len(quote)
    while at < len(text):
        if text[at] == "\\":
            at += 2
        elif text.startswith(quote, at):
            return at + len(quote)
        else:
            at += 1
    _refuse("this text is not closed: add the quote.", start)
