"""A rule as the log statement that somebody would have typed: the inverse of `read_statement`."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Final

from hotlog.client.rule_line import TYPED_LEVEL
from hotlog.errors import RuleError
from hotlog.expressions import template
from hotlog.expressions.grammar import parse as parse_expression
from hotlog.interpreter import compiling

if TYPE_CHECKING:
    from hotlog.expressions.grammar import Hides
    from hotlog.expressions.template import Hole, Template
    from hotlog.rules.model import Rule

_PERCENT_FORM: Final = re.compile(r"\.\d{1,2}[fFeEgG]")
_METHODS: Final = frozenset({"debug", "info", "warning", "error", "critical"})


def write_statement(rule: Rule, style: str, logger: str, hides: Hides) -> list[str]:
    """Return the lines of a statement that logs what a rule logs, without indentation.

    Args:
        rule: of the kind `log`.
        style: one of `source_style.STYLES`.
        logger: name of the logger; not used by `print`.
        hides: tells which names are redacted.

    Raises:
        RuleError: `redacted-name`, or the rule has no spelling as a statement.
    """
    if rule.kind != "log":
        raise RuleError(
            "not-a-line", f"a {rule.kind} rule is no log line: nothing stands for it in the source."
        )
    if rule.snapshot:
        raise RuleError(
            "not-a-line",
            "a snapshot hides secrets, and a typed line would not: give the rule a message first.",
        )
    _require_typed(rule, hides)
    parsed = template.parse(rule.message, hides)
    more = [(name, text) for name, text in rule.watch.items() if name != TYPED_LEVEL]
    fields = [template.parse(f" {name}={{{text}!r}}", hides) for name, text in more]
    parts = [*parsed.parts, *(part for field in fields for part in field.parts)]
    if style == "print":
        line = f"print({_f_string(parts)})"
    else:
        arguments = [_percent(parts)] if style != "structlog" and _fits_percent(parts) else [_f_string(parts)]
        arguments += ["stack_info=True"] if rule.stack else []
        line = f"{logger}.{_method(rule)}({', '.join(arguments)})"
    return [f"if {rule.condition.strip()}:", f"    {line}"] if rule.condition else [line]


def list_differences(rule: Rule) -> list[str]:
    """Return what a typed line does otherwise than the rule, a sentence each."""
    watches = [name for name in rule.watch if name != TYPED_LEVEL]
    return [f"the watch {name} is written as `{name}=…` behind the message" for name in watches]


def _require_typed(rule: Rule, hides: Hides) -> None:
    """Refuse a rule that reads what only rules can read, or what hotlog hides."""
    try:
        texts = [rule.condition] if rule.condition else []
        read: list[Template | object] = [template.parse(rule.message, hides)]
        expressions = [parse_expression(text, hides) for text in (*texts, *rule.watch.values())]
    except RuleError as fault:
        if fault.code == "redacted-name":
            name = fault.message.split("`")[1] if "`" in fault.message else "a name"
            raise RuleError(
                fault.code, f"it logs `{name}`, which hotlog hides; a typed line would not."
            ) from None
        raise
    specials = {name for each in (*read, *expressions) for name in getattr(each, "specials", ())}
    if specials:
        raise RuleError("not-a-line", f"it reads @{min(specials)}, which no variable of the function holds.")


def _method(rule: Rule) -> str:
    level = rule.watch.get(TYPED_LEVEL, "'INFO'").strip("'\"").lower()
    return level if level in _METHODS else "info"


def _fits_percent(parts: list[str | Hole]) -> bool:
    """Return whether a `%` format writes the same: it has no `{:>10}`."""
    return all(
        isinstance(part, str) or not part.format or _PERCENT_FORM.fullmatch(part.format) for part in parts
    )


def _percent(parts: list[str | Hole]) -> str:
    holes = [part for part in parts if not isinstance(part, str)]
    if not holes:
        return quote("".join(map(str, parts)))
    text = "".join(
        part.replace("%", "%%")
        if isinstance(part, str)
        else f"%{part.format or ('r' if part.conversion == 'r' else 's')}"
        for part in parts
    )
    return ", ".join([quote(text), *(part.expression.text.strip() for part in holes)])


def _f_string(parts: list[str | Hole]) -> str:
    if all(isinstance(part, str) for part in parts):
        return quote("".join(map(str, parts)))
    values: list[ast.expr] = []
    for part in parts:
        if isinstance(part, str):
            values.append(ast.Constant(part))
            continue
        form = ast.JoinedStr([ast.Constant(part.format)]) if part.format else None
        value = compiling.parse_expression(part.expression.text.strip())
        values.append(ast.FormattedValue(value, ord(part.conversion) if part.conversion else -1, form))
    try:
        written = ast.unparse(ast.fix_missing_locations(ast.JoinedStr(values)))
        compiling.parse_module(written)
    except (ValueError, SyntaxError) as fault:
        raise RuleError(
            "not-a-line", f"an f-string cannot hold it ({fault}): choose --style logging."
        ) from None
    plain = written[2:-1]
    doubled = f'f"{plain}"'
    return doubled if written.startswith("f'") and '"' not in plain and "\\" not in plain else written


def quote(text: str) -> str:
    """Return a text as a literal, in double quotes where that needs no more escapes."""
    plain = repr(text)
    return f'"{plain[1:-1]}"' if plain[0] == "'" and '"' not in text and "\\" not in plain else plain
