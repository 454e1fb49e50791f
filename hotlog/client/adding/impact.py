"""What a rule will do before it goes live: when that is, how much it may emit, what is in its way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from hotlog import limits
from hotlog.addresses import find_store
from hotlog.client.account.concurrency import UNKNOWN, Concurrency, estimate_concurrency
from hotlog.client.account.known_rules import KnownRules, read_known_rules
from hotlog.client.adding.checked_rule import Fault
from hotlog.client.adding.environment_bound import find_share, make_fault
from hotlog.client.diagnosis.obstacles import iter_mismatches, iter_wrapping_gaps
from hotlog.client.documents.load import load_document
from hotlog.errors import RuleError, StoreError
from hotlog.rules.owner_policy import iter_violations

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hotlog.client.account.desk import Desk
    from hotlog.client.adding.checked_rule import CheckedRule
    from hotlog.client.deployed import Deployed
    from hotlog.config import Config
    from hotlog.rules.model import Rule

# What an event takes: the fields that each one has, and beside its text what a value has on average.
_EVENT_BYTES: Final = 400
_HOLE_BYTES: Final = 40
_MEGA: Final = 1_000_000


class WorstCase(NamedTuple):
    """How much a rule may emit at worst.

    Attributes:
        events: from each environment; None: nothing limits them.
        per_second: from each environment; None: no rate limits them.
        total: events from all environments; None: nothing limits them.
        megabytes: that these take; an estimate for a message, and for a capture the most that it may take.
        is_estimate: whether it is one.
    """

    events: int | None
    per_second: float | None
    total: int | None
    megabytes: float
    is_estimate: bool


def assess_rules(desk: Desk, checked: Sequence[CheckedRule]) -> list[CheckedRule]:
    """Return rules with when they go live, what they may cost, and what their functions have against them.

    What a function says is asked once, however many rules go to it.
    """
    asked: dict[str, _Asked] = {}
    aws = desk.account()
    found: list[CheckedRule] = []
    for each in checked:
        recipient = each.recipient
        if aws is None or not recipient.deployed or each.faults:
            found.append(describe_impact(_with_share(each)))
            continue
        deployed = recipient.deployed[0]
        if recipient.name not in asked:
            among = estimate_concurrency(aws, recipient.name)
            asked[recipient.name] = _Asked(
                among, tuple(_gaps(desk, deployed)), read_known_rules(aws, deployed), _every_s(desk, deployed)
            )
        among, gaps, known, every_s = asked[recipient.name]
        if known is not None and (unknown := known.unknown(each.rule)):
            each = each._replace(faults=(_too_old(desk, deployed, known, unknown),))  # noqa: PLW2901  # the same, refused
        refused = (
            f"{deployed.name} will refuse the rule: {fault.message.rstrip('.')}."
            for fault in iter_violations(each.rule, deployed.config)
        )
        found.append(
            describe_impact(_with_share(each._replace(among=among, obstacles=(*gaps, *refused))), every_s)
        )
    return found


def _every_s(desk: Desk, deployed: Deployed) -> float:
    """Return what the function's document says to environments whose policy is `auto`."""
    if deployed.config.refresh != "auto":
        return limits.AUTO_REFRESH_S
    try:
        return load_document(desk.open_store(), deployed.name).every_s
    except StoreError:  # who cannot read it is told by the write
        return limits.AUTO_REFRESH_S


def describe_impact(checked: CheckedRule, every_s: float = limits.AUTO_REFRESH_S) -> CheckedRule:
    """Return the rule with when it goes live and what it may cost, in words; `every_s` as for `describe_start`."""
    recipient = checked.recipient
    settings = recipient.deployed[0].config if recipient.deployed else None
    return checked._replace(
        live=describe_start(settings, every_s),
        cost=describe_worst_case(checked.rule, recipient.name, checked.among),
    )


def _with_share(checked: CheckedRule) -> CheckedRule:
    """Return the rule with the share of the environments that the number asked for is; with a fault where nobody knows it."""
    number = checked.environments
    if not number:
        return checked
    share = find_share(number, checked.among)
    if share is None:
        fault = make_fault(number, checked.recipient.name, checked.among)
        return checked._replace(faults=(*checked.faults, fault))
    return checked._replace(rule=checked.rule._replace(environments=share), environments=0)


class _Asked(NamedTuple):
    """What a function said of itself."""

    among: Concurrency
    gaps: tuple[str, ...]
    known: KnownRules | None
    every_s: float


def _too_old(desk: Desk, deployed: Deployed, known: KnownRules, unknown: list[str]) -> Fault:
    """Return the fault of a rule that asks for what the function's hotlog does not know."""
    if known.place.startswith("the layer"):
        way_out = f"`{desk.options.command('attach', deployed.name, '--upgrade')}` puts this one on"
    else:
        way_out = "deploy it with a newer hotlog-lambda"
    sentence = (
        f"{known.place} has hotlog {known.version}, which does not know {', '.join(unknown)}: {way_out}."
    )
    return Fault("", "", 0, RuleError("layer-too-old", sentence))


def _gaps(desk: Desk, deployed: Deployed) -> Iterator[str]:
    """Yield a sentence for each setting of the function that stops any rule from working."""
    if not (deployed.config.enabled and desk.code.includes_hotlog(deployed)):
        yield from iter_wrapping_gaps(desk.options, deployed)
    yield from iter_mismatches(deployed, find_store(desk.options.url).url)


def describe_start(settings: Config | None, every_s: float = limits.AUTO_REFRESH_S) -> str:
    """Return when a rule goes live, by the refresh policy of the function.

    Args:
        settings: of the function; None: not known.
        every_s: what its document says to environments whose policy is `auto`.
    """
    refresh = settings.refresh if settings else "each"
    if refresh == "auto":
        refresh = f"{every_s:g}" if every_s else "each"
    if refresh == "each":
        return "at the next invocation"
    if refresh == "background":
        return "within the next invocation"
    return f"at the next invocation of each environment that starts {refresh} s or more after it last looked"


def estimate_worst_case(rule: Rule, among: Concurrency = UNKNOWN) -> WorstCase:
    """Return how much the rule may emit at worst.

    Args:
        rule: with its limits and times.
        among: the environments that may emit.
    """
    lives_s = int((rule.expires - rule.created).total_seconds()) if rule.expires and rule.created else 0
    bounds = [rule.limit] if rule.limit is not None else []
    bounds += [max(1, int(rule.per_second * lives_s))] if rule.per_second is not None else []
    captures = rule.snapshot or rule.stack > 0 or not rule.message
    size = limits.EVENT_MAX_BYTES if captures else _message_bytes(rule)
    if not bounds:
        return WorstCase(None, rule.per_second, None, 0.0, not captures)
    most = min(bounds)
    total = most * count_taking(rule, among)
    return WorstCase(most, rule.per_second, total, total * size / _MEGA, not captures)


def count_taking(rule: Rule, among: Concurrency) -> int:
    """Return how many of the environments take the rule, about."""
    return max(1, round(among.environments * rule.environments))


def _message_bytes(rule: Rule) -> int:
    """Return what an event of a log line takes, as an estimate."""
    values = rule.message.count("{") + len(rule.watch)
    return _EVENT_BYTES + len(rule.message.encode()) + _HOLE_BYTES * values


def describe_worst_case(rule: Rule, function: str, among: Concurrency = UNKNOWN) -> str:
    """Return how much the rule may emit at worst, in words.

    Args:
        rule: with its limits and times.
        function: that it goes to.
        among: the environments that may emit.
    """
    case = estimate_worst_case(rule, among)
    if case.events is None:
        return "no limit but the one on bytes per second: every hit logs."
    what = "lines" if case.is_estimate else "events"
    rate = f", {case.per_second:g} a second" if case.per_second is not None else ""
    size = f"{'about' if case.is_estimate else 'at most'} {_format_megabytes(case.megabytes)}"
    each = f"at most {case.events:,} {what if case.events != 1 else what[:-1]} from each environment{rate}."
    taking = count_taking(rule, among)
    share = (
        f" About {rule.environments * 100:.3g} % of all environments take the rule."
        if rule.environments < 1
        else ""
    )
    if not among.source:
        return f"{each}{share}"
    if not among.is_seen:
        return f"{each}{share} {function} {among.source}: {case.total:,} {what}, {size} in {taking:,} environments."
    if share:
        return f"{each} {function} {among.source}; about {taking:,} of them take the rule: {case.total:,} {what}, {size}."
    return f"{each} {function} {among.source}: {case.total:,} {what}, {size}."


def _format_megabytes(megabytes: float) -> str:
    if megabytes >= 1_000:  # noqa: PLR2004
        return f"{megabytes / 1_000:,.1f} GB"
    return f"{megabytes:,.0f} MB" if megabytes >= 10 else f"{max(megabytes, 0.1):.1f} MB"  # noqa: PLR2004
