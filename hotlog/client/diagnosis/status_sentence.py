"""What became of each rule in each environment, folded from the status and counts events. Pure: no store, no clock.

events ── by rule and environment, in order of time ──> Seen ──> Standing: one sentence per rule
"""

from __future__ import annotations

import importlib
import math
from collections import Counter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from hotlog import limits
from hotlog.client import desk_limits
from hotlog.client.events.proofs import is_proven
from hotlog.errors import RuleError
from hotlog.events import ERROR, EXHAUSTED, EXPIRED, INSTALLED, PENDING, RECOVERED, REMOVED, STOPPED, TOLD
from hotlog.rules.document import BadEntry
from hotlog.rules.model import entry_of, rule_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from hotlog.events import Event
    from hotlog.rules.model import Rule

KINDS: Final = ("status", "counts")  # the events this is folded from
PAUSED: Final = "paused"
_LIVE: Final = "live"  # what a person calls an installed rule
_FALSE: Final = "condition_false"
_EMITTED: Final = "emitted"
_HELD: Final = "held"
# Of several states of one rule, the one that says most about it comes first.
_RANK: Final = (INSTALLED, ERROR, EXHAUSTED, EXPIRED, "disabled", PENDING)


class Seen(NamedTuple):
    """One rule in one environment, as it told last; for the empty rule, the environment itself.

    Attributes:
        env: random id of the environment.
        version: of the function.
        state: of the rule there; empty where only its counts are known.
        code: stable word for the reason.
        reason: a sentence.
        location: where the probe is.
        backend: which one put it in.
        counts: how many hits had each outcome.
        operands: of a condition that was never true: in how many looks, and the different values of each operand.
        told: when the state was told, ISO 8601.
        seen: when the environment last told anything about the rule.
        is_old: it has the rule as it was before it was edited.
        ended: the environment has taken it out since, though it is stored: a local invocation does when it ends.
        hotlog: version of hotlog that runs there, where it was told with this rule; empty: not known.
    """

    env: str
    version: str = ""
    state: str = ""
    code: str = ""
    reason: str = ""
    location: str = ""
    backend: str = ""
    counts: Mapping[str, int] = {}
    operands: Mapping[str, Any] = {}
    told: str = ""
    seen: str = ""
    is_old: bool = False
    ended: bool = False
    hotlog: str = ""


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
    stored = {rule.id: rule for rule in rules if not isinstance(rule, BadEntry)}
    found = _fold(_iter_told_of(rules, events), stored)
    known = [
        _standing(rule, [seen for (key, _), seen in found.items() if key == rule.id], now, paused=paused)
        for rule in rules
    ]
    troubled = [seen for (key, _), seen in found.items() if not key and seen.state != RECOVERED]
    return known, sorted(troubled, key=lambda seen: seen.seen, reverse=True)


Folded = dict[
    tuple[str, str], Seen
]  # by rule and environment; of an environment as a whole, with each trouble's code


def _fold(events: Iterable[Event], stored: Mapping[str, Rule]) -> Folded:
    """Return what is known; the events come in the order of time."""
    found: Folded = {}
    for event in events:
        where = _text(event, "rule"), _text(event, "env")
        before = found.get(where)
        fold_event(found, event)
        if where in found and "definition" in event:
            # What was counted before the rule was edited is of another rule. A state that is told anew, such as that its
            # condition fails, is of the same one.
            is_old = not _is_as_stored(event["definition"], stored.get(where[0]))
            goes_on = before is not None and not before.is_old and not is_old
            counts, operands = (before.counts, before.operands) if before and goes_on else ({}, {})
            found[where] = found[where]._replace(counts=counts, operands=operands, is_old=is_old)
        elif where in found and found[where].is_old:
            found[where] = found[where]._replace(counts={}, operands={})
    return found


def _iter_told_of(rules: Iterable[Rule | BadEntry], events: Iterable[Event]) -> Iterator[Event]:
    """Yield what decides about these rules, in the order of time: proven, and of no earlier rule with the same id."""
    stored = {rule.id: rule for rule in rules if not isinstance(rule, BadEntry)}
    for event in sorted(events, key=lambda event: _text(event, "timestamp")):
        key = _text(event, "rule")
        # An environment may have troubles before it has a key.
        counts = is_proven(event) or (not key and event.get("state") == ERROR)
        if counts and (key not in stored or is_told_of(event, stored[key])):
            yield event


def is_told_of(event: Event, rule: Rule) -> bool:
    """Return whether a status or counts event is of this very rule, not of an earlier one with the same id."""
    definition = event.get("definition")
    told = definition if isinstance(definition, dict) else event
    return told.get("created") == entry_of(rule).get("created")


def _is_as_stored(definition: object, rule: Rule | None) -> bool:
    """Return whether an environment has the rule as it is stored, whatever its expiry; True where nobody can tell.

    An environment takes another expiry without a word.
    """
    try:
        return (
            not isinstance(definition, dict)
            or rule is None
            or entry_of(rule_of(definition)._replace(expires=rule.expires)) == entry_of(rule)
        )
    except RuleError:  # of another version of hotlog
        return True


def fold_event(found: Folded, event: Event) -> None:
    """Take a status or counts event into what is known; they must come in the order of their times."""
    key, env, at = _text(event, "rule"), _text(event, "env"), _text(event, "timestamp")
    where = env
    if not key:
        code = _text(event, "code")
        if event.get("state") == RECOVERED and not code:  # of a hotlog that did not say from what
            for each in [each for each, seen in found.items() if not each[0] and seen.env == env]:
                found[each] = found[each]._replace(state=RECOVERED, told=at, seen=at)
            return
        where = f"{env} {code}"  # each has its own recovery
    seen = found.get((key, where)) or Seen(env)
    seen = seen._replace(version=_text(event, "version"), seen=at)
    seen = seen._replace(hotlog=_text(event, "hotlog_version") or seen.hotlog)
    if event["hotlog"] == "counts":
        seen = seen._replace(counts=_counts(event), operands=_operands(event))
    elif event.get("state") == REMOVED:
        seen = seen._replace(ended=True)
    else:
        state, code, reason, location, backend = (_text(event, name) for name in TOLD)
        seen = seen._replace(
            state=state,
            code=code,
            reason=reason,
            location=location,
            backend=backend,
            told=at,
            ended=False,
        )
    found[key, where] = seen
    if not key and seen.code == STOPPED and seen.state != RECOVERED:  # told once, and true of each rule there
        for each in [each for each in found if each[1] == env and each[0]]:
            found[each] = found[each]._replace(state=seen.state, code=STOPPED, reason=seen.reason, told=at)


def _standing(rule: Rule | BadEntry, seen: list[Seen], now: datetime, *, paused: bool) -> RuleStatus:
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


def _operands(event: Event) -> dict[str, Any]:
    """Return the operands in a counts event, as far as they make sense."""
    told: Any = event.get("operands")
    values = told.get("values") if isinstance(told, dict) else None
    if not isinstance(values, dict):
        return {}
    good = {
        operand: [text for text in texts if isinstance(text, str)]
        for operand, texts in values.items()
        if isinstance(texts, list)
    }
    last = told.get("last")
    found = {operand: texts for operand, texts in good.items() if texts}
    return {"last": last if type(last) is int and last > 0 else 0, "values": found} if found else {}


def _counts(event: Event) -> dict[str, int]:
    """Return the outcomes in a counts event: its positive numbers, without the schema's version."""
    return {name: value for name, value in event.items() if type(value) is int and name != "v" and value > 0}


def _text(event: Event, key: str) -> str:
    value: Any = event.get(key, "")
    return value if isinstance(value, str) else ""
