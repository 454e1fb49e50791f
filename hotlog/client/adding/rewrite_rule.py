"""What people write in a rule that no rule may run, though it has an exact reading: rewritten before the rule is checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hotlog.errors import RuleError
from hotlog.expressions import template
from hotlog.expressions.rewritings import inside_dumps, rewrite_text, write
from hotlog.expressions.syntax import tree_of

if TYPE_CHECKING:
    from hotlog.expressions.template import HoleText
    from hotlog.rules.model import Rule


def rewrite_rule(rule: Rule) -> tuple[Rule, tuple[str, ...]]:
    """Return the rule as it will be stored, and a sentence for each expression that is read otherwise than typed.

    What is at fault stays as it is: the check says what is wrong with it.
    """
    notes: list[str] = []
    message = rewrite_message(rule.message, notes)
    condition = _rewrite(rule.condition, notes, is_whole=False)
    watch = {name: _rewrite(text, notes, is_whole=True) for name, text in rule.watch.items()}
    changed: dict[str, Any] = {"message": message, "condition": condition, "watch": watch}
    own = {each.text: _rewrite(each.text, notes, is_whole=False) for each in rule.own_expressions}
    changed |= {name: _replace(value, own) for name, value in rule.own_fields.items()}
    return (rule._replace(**changed), tuple(dict.fromkeys(notes))) if notes else (rule, ())


def rewrite_message(message: str, notes: list[str]) -> str:
    """Return a message with its holes rewritten; a sentence for each that was is added to the notes."""
    try:
        parts = template.split(message)
    except RuleError:
        return message
    before = len(notes)
    texts = [
        part.replace("{", "{{").replace("}", "}}") if isinstance(part, str) else _rewrite_hole(part, notes)
        for part in parts
    ]
    return "".join(texts) if len(notes) > before else message


def _rewrite_hole(hole: HoleText, notes: list[str]) -> str:
    source, conversion = hole.source, hole.conversion
    try:
        dumped = inside_dumps(tree_of(source))
    except RuleError:
        dumped = None
    if dumped is not None and not hole.format and conversion in {"", "r"}:
        inner = write(dumped)
        notes.append(f"{source.strip()} is read as {{{inner}!j}}: {inner} as JSON")
        source, conversion = inner, "j"
    source = _rewrite(source, notes, is_whole=True)
    label = hole.label.replace("{", "{{").replace("}", "}}")
    if source[:1] == "{" or source[-1:] == "}":
        source = f"({source})"  # `{{` would be a brace
    ending = (f"!{conversion}" if conversion else "") + (f":{hole.format}" if hole.format else "")
    return f"{label}{{{source}{ending}}}"


def _rewrite(text: str, notes: list[str], *, is_whole: bool) -> str:
    if not text:
        return text
    try:
        new, more = rewrite_text(text, is_whole=is_whole)
    except RuleError:
        return text
    notes += more
    return new


def _replace(value: Any, texts: dict[str, str]) -> Any:
    """Return a field of a rule with the texts of its expressions replaced."""
    if isinstance(value, str):
        return texts.get(value, value)
    if isinstance(value, dict):
        return {name: _replace(each, texts) for name, each in value.items()}
    return value
