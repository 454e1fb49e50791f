"""What a person asks for: the fields of a rule, and a place in their own words. Nothing is looked up yet."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from hotlog import limits
from hotlog.client import desk_limits
from hotlog.client.adding.environment_bound import EnvironmentBound, read_bound
from hotlog.client.words import format_duration, parse_timestamp
from hotlog.errors import RuleError
from hotlog.rules.kinds import DEFAULT, KINDS
from hotlog.rules.model import Rule, new_id
from hotlog.rules.target import brief

# Stands in for a place that is not looked up yet, so that all else of the rule can be checked.
_SOMEWHERE: Final = {"function": "module:function", "optional": "module:function", "statement": "module.py:1"}


class RuleRequest(NamedTuple):
    """A rule that is asked for.

    Attributes:
        at: the place, in any words; empty: the handler.
        draft: the rule at a place that stands for any: all but its target is what it will be.
        environments: how many environments shall take it; 0: the share that the draft says.
    """

    at: str
    draft: Rule
    environments: int = 0


def make_request(asked: Rule | RuleRequest | Mapping[str, Any] | str) -> RuleRequest:
    """Return the request that a rule, or the keys of one, stand for: it lives from now on, and has an id.

    Args:
        asked: `at` is the place, `if` or `condition` the condition, `for_s` how many seconds it lives, or `expires` until
            when, `environments` a number such as 5 or a share such as `1%`; all else as in `hotlog.Rule`.

    Raises:
        RuleError: `unknown-field`, or a field makes no sense.
    """
    if isinstance(asked, RuleRequest):
        return asked
    fields: dict[str, Any]
    if isinstance(asked, Rule):
        plain = Rule._field_defaults
        fields = {name: value for name, value in asked._asdict().items() if value != plain[name]}
    elif isinstance(asked, Mapping):
        fields = read_fields(asked)
    else:  # of a list that is none: the keys of one rule, or a target alone
        raise RuleError("bad-field", f"{asked!r} is no rule: write a list such as [{{'at': 'app.py:42'}}].")
    at = str(fields.pop("at", ""))
    begins = datetime.now(UTC).replace(microsecond=0)
    if "for_s" in fields or fields.get("created") is None or fields.get("expires") is None:
        lives = _read_lifetime(fields, begins)
        fields |= {"created": begins, "expires": begins + lives}
    fields.setdefault("id", new_id())
    bound = read_bound(fields.pop("environments")) if "environments" in fields else EnvironmentBound()
    if bound.share < 1:
        fields["environments"] = bound.share
    kind = fields.get("kind", DEFAULT)
    somewhere = _SOMEWHERE.get(KINDS[kind].target, at) if kind in KINDS else at
    return RuleRequest(at, Rule(at=somewhere if at else "", **fields), bound.number)


def read_fields(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a rule by the names of `hotlog.Rule`, and `for_s`.

    Raises:
        RuleError: `unknown-field`; `bad-field`, they are none, or one is there twice.
    """
    if not isinstance(asked, Mapping):
        raise RuleError("bad-field", f"{asked!r} names no fields: write them as {{'message': 'x={{x}}'}}.")
    if {"if", "condition"} <= set(asked):
        raise RuleError("bad-field", "`if` and `condition` are the same field: write one.")
    fields = {"condition" if name == "if" else str(name): value for name, value in asked.items()}
    unknown = sorted(set(fields) - {*Rule._fields, "for_s"})
    if unknown:
        there = ", ".join((*Rule._fields, "for_s"))
        raise RuleError("unknown-field", f"{', '.join(unknown)}: a rule has no such field. It has {there}.")
    return fields


def _read_lifetime(fields: dict[str, Any], begins: datetime) -> timedelta:
    """Return how long a rule lives whose author said a time to live, or an end, or neither; take the first out of the fields."""
    ends = fields.get("expires") if fields.get("created") is None else None  # of a stored rule neither counts
    if "for_s" in fields or ends is None:
        seconds = fields.pop("for_s", desk_limits.EXPIRY_DEFAULT_S)
        if ends is not None:
            raise RuleError("bad-field", "`for_s` and `expires` both say when the rule ends: write one.")
        return lifetime(seconds)
    at = parse_timestamp(ends) if isinstance(ends, str | datetime) else None
    if at is None:
        raise RuleError("bad-field", f"'expires' must be a UTC time, not {brief(ends)}.")
    if at <= begins:
        raise RuleError("bad-field", f"'expires' must be in the future, not {at:%Y-%m-%dT%H:%M:%SZ}.")
    return lifetime(max(1, int((at - begins).total_seconds())))


def lifetime(seconds: Any) -> timedelta:
    """Return how long a rule lives.

    Raises:
        RuleError: `bad-field`, too long, or no number of seconds.
    """
    if type(seconds) not in {int, float} or not seconds > 0:  # NaN is none
        raise RuleError("bad-field", f"--for: {seconds!r} is no number of seconds above 0.")
    if seconds > limits.EXPIRY_MAX_S:
        raise RuleError("bad-field", f"--for: a rule lives at most {format_duration(limits.EXPIRY_MAX_S)}.")
    return timedelta(seconds=seconds)
