"""Messages with holes: `total={total:.2f} user={user.id!r}`.

template   = (text | "{{" | "}}" | hole)*
hole       = "{" expression ["!r" | "!s"] [":" format] "}"
format     = a format specification for plain numbers, written out: no hole inside a hole
"""

from __future__ import annotations

from typing import Final, NoReturn

from hotlog import __builtins__, limits
from hotlog.coldstart.lazy_regex import Pattern
from hotlog.errors import RuleError
from hotlog.expressions import grammar as expressions
from hotlog.namedtuple import NamedTuple
from hotlog.redaction import secret_names as naming

_FORMAT = Pattern(r"[<>=^]?[-+ ]?#?0?[0-9]{0,2}[,_]?(?:\.[0-9]{1,2})?[bdeEfFgGnosxX%]?")
_OPENING: Final = {"(": ")", "[": "]", "{": "}"}


class Hole(NamedTuple):
    """A place in a message where a value goes.

    Attributes:
        expression: what to evaluate.
        conversion: `r`, `s` or empty.
        format: format specification for plain numbers, or empty.
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


def parse(text: str, hides: expressions.Hides = naming.is_redacted) -> Template:
    """Read a message.

    Args:
        text: the source.
        hides: tells which names may not be read.

    Raises:
        RuleError: `bad-template`, or a fault of an expression in it, with the column in the message.
    """
    if len(text) > limits.MESSAGE_MAX_CHARS:
        raise RuleError(
            "bad-template",
            f"a message may have {limits.MESSAGE_MAX_CHARS} characters, not {len(text)}: shorten it.",
            column=limits.MESSAGE_MAX_CHARS,
        )
    parts: list[str | Hole] = []
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
            hole, at = _hole(text, at + 1, hides)
            parts.append(hole)
        elif sign == "}":
            _refuse("a single `}`: write `}}` for the character itself.", at)
        else:
            literal.append(sign)
            at += 1
    if literal:
        parts.append("".join(literal))
    holes = tuple(part for part in parts if isinstance(part, Hole))
    read = [hole.expression for hole in holes]
    return Template(
        text,
        tuple(parts),
        frozenset().union(*(each.names for each in read)),
        frozenset().union(*(each.specials for each in read)),
        frozenset().union(*(each.calls for each in read)),
        holes,
    )


def _refuse(message: str, column: int) -> NoReturn:
    raise RuleError("bad-template", message, column=column)


def _hole(text: str, start: int, hides: expressions.Hides) -> tuple[Hole, int]:
    """Return the hole whose expression starts there, and where the text goes on after it."""
    end = _end_of_expression(text, start)
    source = text[start:end]
    if not source.strip():
        _refuse(
            "an empty hole: write the expression between the braces, or `{{` for the character itself.", start
        )
    try:
        expression = expressions.parse(source, hides)
    except RuleError as fault:
        column = None if fault.column is None else fault.column + start
        raise RuleError(fault.code, fault.message, column=column) from None
    conversion = ""
    if text[end] == "!":
        conversion = text[end + 1 : end + 2]
        if conversion not in {"r", "s"} or text[end + 2 : end + 3] not in {":", "}"}:
            _refuse("after `!` comes `r` or `s`.", end)
        end += 2
    form = ""
    if text[end] == ":":
        close = text.find("}", end)
        if close < 0:
            _refuse("this hole is not closed: add `}`.", start - 1)
        form = text[end + 1 : close]
        if not _FORMAT.fullmatch(form):
            _refuse("after `:` comes a format for plain numbers, such as `.2f` or `08d`.", end)
        end = close
    return Hole(expression, conversion, form, start), end + 1


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
