"""What each environment has told of each rule, folded from the status and counts events. Pure: no store, no clock.

events ── by rule and environment, in order of time ──> Seen ──> status_sentence.py: one sentence per rule
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from hotlog.client.events.proofs import is_proven
from hotlog.errors import RuleError
from hotlog.events import ERROR, RECOVERED, REMOVED, STOPPED, TOLD
from hotlog.rules.document import BadEntry
from hotlog.rules.model import entry_of, rule_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from hotlog.events import Event
    from hotlog.rules.model import Rule

KINDS: Final = ("status", "counts")  # the events this is folded from


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


Folded = dict[
    tuple[str, str], Seen
]  # by rule and environment; of an environment as a whole, with each trouble's code


def fold_events(rules: Sequence[Rule | BadEntry], events: Iterable[Event]) -> Folded:
    """Return what is known of the rules that are stored; the events come in any order."""
    stored = {rule.id: rule for rule in rules if not isinstance(rule, BadEntry)}
    found: Folded = {}
    for event in _iter_told_of(stored, events):
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


def _iter_told_of(stored: Mapping[str, Rule], events: Iterable[Event]) -> Iterator[Event]:
    """Yield what decides about these rules, in the order of time: proven, and of no earlier rule with the same id."""
    for event in sorted(events, key=lambda event: _text(event, "timestamp")):
        key = _text(event, "rule")
        # An environment may have troubles before it has a key.
        counts = is_proven(event) or (not key and event.get("state") == ERROR)
        if counts and (key not in stored or is_told_of(event, stored[key])):
            yield event


def is_told_of(event: Event, rule: Rule) -> bool:
    """Return whether a status or counts event is of this very rule, not of an earlier one with the same id."""
    return created_of(event) == _text(entry_of(rule), "created")


def created_of(event: Event) -> str:
    """Return when the rule was stored that a status or counts event is of, ISO 8601; empty where it says nothing."""
    definition = event.get("definition")
    return _text(definition if isinstance(definition, dict) else event, "created")


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
