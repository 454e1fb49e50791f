"""What a coding agent asks for, as rules: bounded, in a group of their own, with the reason as their note.

Nothing here asks anybody: whether the rules may be stored is decided by who serves the agent.
"""

from __future__ import annotations

import fnmatch
import hashlib
import json
import os
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from hotlog.client import desk_limits
from hotlog.client.adding.request import make_request
from hotlog.client.code.code_trees import has_blanks
from hotlog.client.rule_line import describe_rule
from hotlog.client.words import escape, format_clock
from hotlog.errors import RuleError
from hotlog.rules.kinds import DEFAULT
from hotlog.rules.model import ID_ALPHABET, entry_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hotlog.client.adding.checked_rule import CheckedRule
    from hotlog.client.adding.request import RuleRequest
    from hotlog.rules.model import Rule

GROUP: Final = "mcp-"  # groups of agents begin so
SNAPSHOT: Final = "snapshot"
_GROUP_BYTES: Final = 5
_VIA_MAX_CHARS: Final = 40
# What handles secrets in so many words: an agent's rule there is never taken without a person.
_SENSITIVE: Final = re.compile("auth|login|token|crypt", re.IGNORECASE)
SENSITIVE_SYMBOLS: Final = rf"re:(?i:\b(?:def|class)\s+\w*(?:{_SENSITIVE.pattern}))"  # for `Client.find`
_DOUBLE_QUOTES: Final = re.compile(
    '["\u02ba\u02dd\u02ee\u05f4\u1cd3\u201c-\u201f\u2033\u2036\u2057\u275d\u275e\u2760\u2e42\u301d-\u301f\u3003\uff02\U0001f676-\U0001f678]'
)
_NOT_CONTENT: Final = ("id", "created", "expires", "by", "group", "note", "via")


def new_group() -> str:
    """Return a name for rules that belong together, which nobody guesses by chance."""
    return GROUP + "".join(ID_ALPHABET[byte % len(ID_ALPHABET)] for byte in os.urandom(_GROUP_BYTES))


def make_agent_request(
    asked: Mapping[str, Any], *, group: str, reason: str, via: str, minutes: int
) -> RuleRequest:
    """Return the request that one entry of `add_rules` stands for.

    Args:
        asked: its keys target, message, kind, when, after, limit, keep, bad; of a line that was typed also watch and stack.
        group: of the rule.
        reason: for people, as the rule's note.
        via: name of the agent's program.
        minutes: how long it lives.

    Raises:
        RuleError: a field makes no sense, or is more than an agent may have.
    """
    message = asked.get("message", "")
    written = {"the message": message, "when": asked.get("when", ""), **asked.get("watch", {})}
    for name, text in written.items():
        if len(text) > desk_limits.AGENT_MESSAGE_MAX_CHARS:
            raise RuleError(
                "bad-field",
                f"{name} is longer than {desk_limits.AGENT_MESSAGE_MAX_CHARS} characters: a person must be able to read it.",
            )
    if not 0 < minutes <= desk_limits.AGENT_MINUTES_MAX:
        raise RuleError("bad-field", f"minutes must be 1 to {desk_limits.AGENT_MINUTES_MAX}.")
    kind = asked.get("kind", DEFAULT)
    stack = asked.get("stack", 0)
    is_snapshot = kind == SNAPSHOT or (kind == DEFAULT and not message and not stack)
    fields = {
        "at": asked.get("target", ""),
        "message": message,
        "condition": asked.get("when", ""),
        "kind": DEFAULT if kind == SNAPSHOT else kind,
        "after": asked.get("after", False),
        "watch": asked.get("watch", {}),
        "stack": stack,
        **{name: asked.get(name, "") for name in ("keep", "bad")},
        "limit": asked.get("limit", desk_limits.AGENT_LINES_DEFAULT),
        "snapshot": is_snapshot,
        "group": group,
        "note": reason[: desk_limits.AGENT_REASON_MAX_CHARS],
        "via": escape(via)[:_VIA_MAX_CHARS] or "an agent",
        "for_s": minutes * 60,
    }
    return make_request({name: value for name, value in fields.items() if value or name == "limit"})


def content_of(rule: Rule) -> str:
    """Return what a rule does, without who asked for it, when and why: two rules with the same content log the same."""
    entry = {key: value for key, value in entry_of(rule).items() if key not in _NOT_CONTENT}
    return json.dumps(entry, sort_keys=True)


def digest_of(function: str, where: str, rules: Sequence[Rule], minutes: int, reason: str) -> str:
    """Return what a person's yes is bound to: these very rules, at this function, for so long, for that reason."""
    asked = [function, where, minutes, reason, sorted(map(content_of, rules))]
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()


def end_as_told(checked: Sequence[CheckedRule], told: Sequence[CheckedRule]) -> tuple[CheckedRule, ...]:
    """Return rules that end when the person was told that they end, however long the person has thought.

    Args:
        checked: the rules, checked anew.
        told: the same, as they were when the person was asked.

    Raises:
        RuleError: `bad-field`: that moment is over.
    """
    until = told[0].rule.expires
    if until is not None and until <= datetime.now(UTC):
        raise RuleError("bad-field", "the time that these rules were to live is over: nothing is stored.")
    return tuple(each._replace(rule=each.rule._replace(expires=until)) for each in checked)


def is_sensitive(function: str, checked: Sequence[CheckedRule], files: Sequence[str] = ()) -> bool:
    """Return whether a function, a file or a symbol has a name that speaks of secrets: there a person is always asked.

    Args:
        function: its name.
        checked: the rules.
        files: of the function's own code, where a rule without a target may show variables of any.
    """
    names = [function, *files, *(name for each in checked for name in (each.rule.at, each.rule.function))]
    names += [each.sighting.place.function for each in checked if each.sighting is not None]
    return any(map(_SENSITIVE.search, names))


def matches_any(function: str, patterns: Sequence[str]) -> bool:
    """Return whether a function's name matches one of the patterns, such as `dev-*`."""
    return any(fnmatch.fnmatchcase(function, pattern) for pattern in patterns)


def describe_asked(checked: Sequence[CheckedRule], where: str, via: str, reason: str) -> str:
    """Return the question that a person is asked: who asks, why, which rules, how much they log, until when."""
    first = checked[0]
    lines = "; ".join(
        f"{_quote_place(each.rule.at)} {describe_rule(each.rule, quote=_quote)}" for each in checked
    )
    count = len(checked)
    most = max(each.rule.limit or 0 for each in checked)
    until = (
        format_clock(first.rule.expires, utc=False) if first.rule.expires is not None else "an unknown time"
    )
    what = "1 log line" if count == 1 else f"{count} log lines"
    via, reason = _quote(via, _VIA_MAX_CHARS), _quote(reason, desk_limits.AGENT_REASON_MAX_CHARS)
    return escape(
        f"An agent (client {via}, reason: {reason}) asks to add {what} to {first.recipient.name} ({where}): {lines}. "
        f"At most {most} {'line' if most == 1 else 'lines'} each per environment, gone at {until}."
    )


def _quote_place(at: str) -> str:
    return _quote(at) if at and has_blanks(at) else at or "the handler"


def _quote(text: str, most: int = desk_limits.AGENT_MESSAGE_MAX_CHARS) -> str:
    """Return an agent's words between quotes: no word of theirs ends them, and however many they are, the rules stay in sight.

    A double quote in them reads as a single one, and so does whatever looks like one.
    """
    plain = _DOUBLE_QUOTES.sub("'", " ".join(text.split()))
    return f'"{plain}"' if len(plain) <= most else f'"{plain[: most - 1]}…"'
