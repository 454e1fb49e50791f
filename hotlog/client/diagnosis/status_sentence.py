"""The sentence that `hotlog status` says of a rule: `live in 2 of 3 environments: reached 7 times, emitted 7`.

What environments have told is folded in `environment_reports.py`; here it becomes words. Pure: no store, no clock.
"""

from __future__ import annotations

import importlib
import math
from collections import Counter
from typing import TYPE_CHECKING, Final, NamedTuple

from hotlog import limits
from hotlog.client import desk_limits
from hotlog.client.diagnosis.environment_reports import fold_events
from hotlog.events import ERROR, EXHAUSTED, EXPIRED, INSTALLED, PENDING, RECOVERED, REMOVED
from hotlog.rules.document import BadEntry

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from hotlog.client.diagnosis.environment_reports import Seen
    from hotlog.events import Event
    from hotlog.rules.model import Rule

PAUSED: Final = "paused"
_LIVE: Final = "live"  # what a person calls an installed rule
_FALSE: Final = "condition_false"
_EMITTED: Final = "emitted"
_HELD: Final = "held"
# Of several states of one rule, the one that says most about it comes first.
_RANK: Final = (INSTALLED, ERROR, EXHAUSTED, EXPIRED, "disabled", PENDING)


class RuleStatus(NamedTuple):
    """A stored rule, and what became of it.

    Attributes:
        rule: as it is stored, or why it cannot be read.
        state: the word for all environments together.
        verdict: one sentence.
        environments: where it was seen, the latest first.
    """

    rule: Rule | BadEntry
    state: str
    verdict: str
    environments: tuple[Seen, ...]


def fold_statuses(
    rules: Sequence[Rule | BadEntry], events: Iterable[Event], now: datetime, *, paused: bool = False
) -> tuple[list[RuleStatus], list[Seen]]:
    """Return the status of each rule; and the environments that could not read their rules at the last.

    Args:
        rules: as they are stored.
        events: of the function, in any order.
        now: decides what has expired.
        paused: all rules are switched off.
    """
    found = fold_events(rules, events)
    known = [
        _make_status(rule, [seen for (key, _), seen in found.items() if key == rule.id], now, paused=paused)
        for rule in rules
    ]
    troubled = [seen for (key, _), seen in found.items() if not key and seen.state != RECOVERED]
    return known, sorted(troubled, key=lambda seen: seen.seen, reverse=True)


def _make_status(rule: Rule | BadEntry, seen: list[Seen], now: datetime, *, paused: bool) -> RuleStatus:
    places = tuple(sorted(seen, key=lambda each: each.seen, reverse=True))
    if isinstance(rule, BadEntry):
        return RuleStatus(rule, ERROR, f"{ERROR}: {rule.fault.message} [{rule.fault.code}]", places)
    if not places:
        return RuleStatus(rule, *_unseen(rule, now, paused=paused), places)
    # Where only counts were told it is in: an environment may tell its state at a later invocation.
    states = Counter(each.state or (REMOVED if each.ended else INSTALLED) for each in places)
    ranked = sorted(states, key=lambda state: (_RANK.index(state) if state in _RANK else len(_RANK), state))
    total = len(places)
    parts = [
        f"{_LIVE if state == INSTALLED else state} in "
        f"{'one environment' if total == 1 else f'{states[state]} of {total} environments'}"
        for state in ranked
    ]
    where = ", ".join(parts)
    reached = describe_reached(places) or ("never reached" if INSTALLED in states else "")
    old = sum(each.is_old for each in places)
    if old:
        where += f", {'' if total == 1 else f'{old} of them '}as it was before its last change"
    # It logs nothing more, whether or not an environment has told.
    is_over = ranked[0] == INSTALLED and rule.expired(now)
    if paused or is_over:
        still = "each environment takes it out at its next read; last told: " if INSTALLED in states else ""
        where = f"{PAUSED if paused else EXPIRED}: {still}{where}"
    sentences = (f"{where}: {reached}" if reached else where, _explain_held(rule, places))
    return RuleStatus(rule, EXPIRED if is_over else ranked[0], ". ".join(filter(None, sentences)), places)


def _explain_held(rule: Rule, places: Sequence[Seen]) -> str:
    """Return what a kind has to say of hits that are held; empty where it has nothing."""
    explain = getattr(importlib.import_module(f"hotlog.client.kinds.{rule.kind}"), "explain_held", None)
    return explain(rule, sum(seen.counts.get(_HELD, 0) for seen in places)) if explain is not None else ""


def was_never_reached(status: RuleStatus) -> bool:
    """Return whether the rule is live somewhere, and no environment has reached it."""
    return status.state == INSTALLED and not any(seen.counts for seen in status.environments)


def _unseen(rule: Rule, now: datetime, *, paused: bool) -> tuple[str, str]:
    """Return state and sentence of a rule that no environment has reported."""
    if rule.expired(now):
        return EXPIRED, "expired, and no environment ever reported it"
    if paused:
        return PAUSED, "paused: no environment installs it"
    return PENDING, "pending: no environment has reported yet"


def describe_reached(places: Sequence[Seen]) -> str:
    """Return how often all environments reached the rule, and the outcomes; empty for never."""
    total: Counter[str] = Counter()
    for seen in places:
        total.update(seen.counts)
    hits = sum(total.values())
    if not hits:
        return ""
    more = "+" if any(seen.counts.get(_FALSE, 0) >= limits.COUNTED_FALSE_MAX for seen in places) else ""
    reached = f"reached {hits:,}{more} time{'' if hits == 1 else 's'}"
    if total[_FALSE] == hits:
        return f"{reached}, condition never true{_describe_operands(places)}"
    rest = [
        f"{name.replace('_', ' ')} {number:,}{more if name == _FALSE else ''}"
        for name, number in total.most_common()
        if number and name != _EMITTED
    ]
    emitted = f"emitted {total[_EMITTED]:,}" if total[_EMITTED] else "nothing emitted"
    return ", ".join((reached, emitted, *rest))


def _describe_operands(places: Sequence[Seen]) -> str:
    """Return what the condition compared: `. percent was 0, 5 or 10 in the last 20`; empty where nobody has told."""
    values: dict[str, dict[str, None]] = {}
    last = 0
    for seen in places:
        last += seen.operands.get("last", 0)
        for operand, texts in seen.operands.get("values", {}).items():
            values.setdefault(operand, {}).update(dict.fromkeys(texts))
    if not values:
        return ""
    each = [f"`{operand}` was {_either(sorted(texts, key=_as_number))}" for operand, texts in values.items()]
    return f". {'; '.join(each)} in the last {last}" if last > 1 else f". {'; '.join(each)}"


def _either(texts: Sequence[str]) -> str:
    if len(texts) > desk_limits.OPERAND_VALUES_NAMED:
        return f"{', '.join(texts[: desk_limits.OPERAND_VALUES_NAMED])} or another"
    return " or ".join(filter(None, (", ".join(texts[:-1]), texts[-1])))


def _as_number(text: str) -> tuple[float, str]:
    """Return what to sort the text of a value by: numbers by size, before all others."""
    try:
        number = float(text)
    except ValueError:
        return math.inf, text
    return number, text
