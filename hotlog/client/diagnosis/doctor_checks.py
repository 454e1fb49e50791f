"""What stands between a function and its rules, asked one thing after the other: each answer is one `Finding`.

    region ── credentials ── function ── wrapping ── variables ── permission ── network ── rules ── reads ── log ── last status

What cannot be asked is a finding too. Of variables only names are told.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from hotlog import limits
from hotlog.addresses import DEFAULT_STORE, find_store
from hotlog.client.account.desk import Desk
from hotlog.client.account.own_hotlog import find_own_hotlog
from hotlog.client.attaching.bad_addresses import iter_bad_addresses
from hotlog.client.attaching.layer_versions import (
    LAYER_NAME,
    RUNTIMES,
    describe_missing_bytecode,
    has_bytecode,
)
from hotlog.client.attaching.permissions import of_function
from hotlog.client.attaching.preflight import PYTHONPATH
from hotlog.client.deployed import OURS
from hotlog.client.diagnosis import environment_reports
from hotlog.client.diagnosis.obstacles import iter_mismatches, iter_wrapping_gaps
from hotlog.client.documents.load import load_document
from hotlog.client.events.event_stream import EventFilter, drain, open_feed
from hotlog.client.events.proofs import is_proven
from hotlog.client.words import format_age, parse_timestamp, shorten_id
from hotlog.config import seconds_of
from hotlog.errors import ConfigError, LocationError, StoreError
from hotlog.events import ERROR, PROOF
from hotlog.rules import document as documents
from hotlog.rules.document import EACH, BadEntry

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hotlog.client.account.aws import Aws
    from hotlog.client.deployed import Deployed
    from hotlog.events import Event
    from hotlog.rules.model import Rule

OK: Final = "ok"
WARN: Final = "warn"
FAIL: Final = "fail"

_LOOK_BACK: Final = timedelta(hours=1)


class Finding(NamedTuple):
    """The answer to one question.

    Attributes:
        check: what was looked at, in one or two words.
        state: `ok`, `warn` or `fail`.
        text: what was found.
        fix: what to do about it; empty where there is nothing to do.
    """

    check: str
    state: str
    text: str
    fix: str = ""


def run_checks(desk: Desk, function: str) -> Iterator[Finding]:
    """Yield the finding of each check of a function as it comes in.

    Args:
        desk: names the store, the Region and who asks.
        function: its name.
    """
    try:
        is_local = desk.options.is_local
    except ConfigError as fault:  # of `--store`, or of a variable that nobody typed here
        yield Finding("store", FAIL, fault.message)
        desk = Desk(desk.options._replace(url=DEFAULT_STORE), desk.talk)
        is_local = False
    if is_local:
        yield _rules(desk, function)
        yield from _log(desk, function, str(desk.options.events_file))
        return
    aws, deployed = desk.aws(), None
    for check, question in (("region", aws.region), ("credentials", lambda: aws.caller()[0])):
        try:
            yield Finding(check, OK, question())
        except StoreError as fault:
            yield _fault(check, fault)
            return
    try:
        deployed = aws.function(function)
        yield _function(deployed)
    except StoreError as fault:
        yield _fault("function", fault)
        if fault.code == "unknown-function":
            return
    if deployed is None:
        yield _rules(desk, function)
        yield from _log(desk, function, f"/aws/lambda/{function}")
        return
    yield _wrapping(desk, aws, deployed)
    yield _variables(desk, deployed)
    yield from _permission(aws, deployed, desk.options.url)
    yield from _network(aws, deployed)
    yield _rules(desk, function)
    yield from _reads(desk, aws, deployed)
    yield from _log(desk, function, deployed.log_group)


def _fault(check: str, fault: StoreError) -> Finding:
    return Finding(check, FAIL, fault.message, " ".join("\n".join(getattr(fault, "__notes__", ())).split()))


def _function(deployed: Deployed) -> Finding:
    if deployed.package is None:
        return Finding("function", OK, f"{deployed.name}, a container image")
    found = f"{deployed.name}, {deployed.runtime}, {deployed.handler}"
    if deployed.runtime not in RUNTIMES:
        return Finding("function", FAIL, found, f"hotlog runs in {', '.join(RUNTIMES)}")
    return Finding("function", OK, found)


def _wrapping(desk: Desk, aws: Aws, deployed: Deployed) -> Finding:
    """Return whether hotlog gets around the handler, and which."""
    layers = [
        arn.partition(":layer:")[2] for arn in deployed.layers if "hotlog" in arn.partition(":layer:")[2]
    ]
    try:
        own = find_own_hotlog(aws, deployed)
    except (StoreError, LocationError) as fault:
        if deployed.wrapper != OURS and deployed.config.enabled:
            text = f"whether hotlog is in the code cannot be seen: {fault.message}"
            return Finding("wrapping", WARN, text, "look for `status` events after a rule was added")
        own = None  # hotlog's script starts it, whatever the code holds
    if own is not None and not own.is_ours:
        return Finding(
            "wrapping",
            FAIL,
            f"{own.place} is another project's: hotlog steps aside at each start (foreign-hotlog)",
            "give that module another name, or leave it out of the package",
        )
    if deployed.config.enabled and deployed.wrapper != OURS and own is not None:
        return Finding("wrapping", OK, "no layer; hotlog is in the package, for code with @hotlog.wrap")
    for trouble in iter_wrapping_gaps(desk.options, deployed):
        return Finding("wrapping", WARN, trouble)
    if not layers and deployed.package is not None:
        return Finding(
            "wrapping",
            WARN,
            f"{OURS} is set, and no layer is called hotlog",
            "fine where it comes with a layer of another name",
        )
    parts = [f"layer {', '.join(layers) or 'in the image'}, {OURS}"]
    if own is not None:
        parts.append(f"{own.place} wraps the handler, not the layer's hotlog")
    if PYTHONPATH in deployed.variables:
        parts.append("its own PYTHONPATH gets the layer's folder for the start")
    if _lacks_bytecode(aws, deployed):
        parts.append(describe_missing_bytecode(deployed.runtime))
    return Finding("wrapping", OK, "; ".join(parts))


def _lacks_bytecode(aws: Aws, deployed: Deployed) -> bool:
    """Return whether a layer that hotlog has published is without the bytecode of the function's runtime."""
    for arn in deployed.layers:
        if f":layer:{LAYER_NAME}:" in arn:
            try:
                description = aws.describe_layer(arn)
            except StoreError:  # who may not ask is told nothing of it
                return False
            return " sources " in description and not has_bytecode(description, deployed.runtime)
    return False


def _variables(desk: Desk, deployed: Deployed) -> Finding:
    names = sorted(name for name in deployed.variables if name.startswith("HOTLOG"))
    found = ", ".join(names) or "none of hotlog's own: all defaults"
    troubles = [*deployed.config.problems, *iter_mismatches(deployed, find_store(desk.options.url).url)]
    bad = list(iter_bad_addresses(deployed.config.store, deployed.config.sink))
    return Finding("variables", FAIL if bad else WARN if troubles else OK, found, " ".join(troubles))


def _permission(aws: Aws, deployed: Deployed, store: str) -> Iterator[Finding]:
    """Return whether the function's role may do what hotlog does in it."""
    from hotlog.client.attaching.preflight import find_missing, grant_command

    needed = of_function(deployed.arn, store=deployed.config.store or store, sink=deployed.config.sink)
    if not needed:
        return
    role = deployed.role.rpartition("/")[2]
    what = " and ".join(f"{' '.join(each.actions)} on {each.resource}" for each in needed)
    denied = find_missing(aws, deployed.role, needed)
    if denied is None:
        yield Finding("permission", WARN, f"IAM does not say whether {role} may {what}", "ask its owner")
    elif denied:
        yield Finding("permission", FAIL, f"{role} may not {what}", grant_command(deployed.role, denied))
    else:
        yield Finding("permission", OK, f"{role} may {what}")


def _network(aws: Aws, deployed: Deployed) -> Iterator[Finding]:
    """Return whether the function's VPC has a way to the store; nothing where it runs in none."""
    from hotlog.client.attaching.preflight import find_missing_endpoint

    if not deployed.vpc:
        return
    try:
        service = find_missing_endpoint(aws, deployed.arn, deployed.vpc)
    except StoreError as fault:
        yield Finding("network", WARN, fault.message)
        return
    if not service:
        yield Finding("network", OK, f"{deployed.vpc} has an endpoint for Systems Manager")
        return
    yield Finding(
        "network",
        WARN,
        f"{deployed.vpc} has no endpoint for {service}: the rules are out of reach, unless its subnets lead to a NAT gateway",
        f"aws ec2 create-vpc-endpoint --vpc-id {deployed.vpc} --vpc-endpoint-type Interface --service-name {service}",
    )


def _rules(desk: Desk, function: str) -> Finding:
    store = desk.open_store()
    try:
        answer = store.read(function)
        document = documents.loads(answer.text)
    except StoreError as fault:
        if fault.code == "missing":
            return Finding("rules", OK, f"none yet in {store.url}")
        fix = desk.options.command("clear", function, "--force") if fault.code == "document-damaged" else ""
        found = _fault("rules", fault)
        return found._replace(fix=fix or found.fix)
    rules = documents.rules(document)
    bad = [rule for rule in rules if isinstance(rule, BadEntry)]
    text = f"{len(rules)} in {store.url}, version {answer.version}{', paused' if document.paused else ''}"
    if bad:
        reasons = "; ".join(f"{rule.id}: {rule.fault.message}" for rule in bad)
        return Finding(
            "rules",
            FAIL,
            f"{text}; {len(bad)} cannot be read: {reasons}",
            desk.options.command("rm", function, bad[0].id),
        )
    return Finding("rules", OK, text)


def _reads(desk: Desk, aws: Aws, deployed: Deployed) -> Iterator[Finding]:
    """Compare the reads that hotlog asks for with the quota that all functions and the application share."""
    from hotlog.client.account.load import describe_load, measure_account

    try:
        count, load = measure_account(aws, deployed.name)
    except StoreError as fault:
        yield Finding("reads", WARN, fault.message, _fault("reads", fault).fix)
        return
    refresh, best = deployed.config.refresh, load.choose_refresh()
    asked = best if refresh == "auto" else seconds_of(refresh) or EACH
    text = f"HOTLOG_REFRESH={refresh}; {describe_load(count, load)}"
    if load.reads_per_s(asked) > load.share_per_s:
        way = desk.options.command("attach", deployed.name, "--refresh", "auto")
        fix = "higher throughput of Parameter Store" if refresh == "auto" else way
        yield Finding("reads", WARN, text, fix)
        return
    said_s = _every_s(desk, deployed.name)
    if refresh == "auto" and best != EACH and said_s < float(best):
        fix = f"its document says every {said_s:g} s: the next change of its rules writes {best}"
        yield Finding("reads", WARN, text, fix)
        return
    yield Finding("reads", OK, text)


def _every_s(desk: Desk, function: str) -> float:
    try:
        return load_document(desk.open_store(), function).every_s
    except StoreError:  # which `rules` tells
        return limits.AUTO_REFRESH_S


def _log(desk: Desk, function: str, place: str) -> Iterator[Finding]:
    """Return whether the log can be read, and what environments last reported."""
    now = datetime.now(UTC)
    wanted = EventFilter(function, now - _LOOK_BACK, kinds=environment_reports.KINDS)
    try:
        events = drain(open_feed(desk, wanted, follow=False))
    except StoreError as fault:
        if fault.code == "missing":
            yield Finding("log", WARN, fault.message, f"invoke {function} once")
        else:
            yield _fault("log", fault)
        return
    yield Finding("log", OK, place)
    told = [event for event in events if event["hotlog"] == "status"]
    proven = [event for event in told if is_proven(event)]
    stored = _stored(desk, function)
    yield _last_status(proven or told, stored, now)
    if proven and (last := _newest(told)) is not _newest(proven):
        # Shown, as it may be of an environment that has no key; it stands for nothing.
        yield _last_status([last], stored, now)


def _stored(desk: Desk, function: str) -> dict[str, Rule]:
    """Return the rules by id; none where they cannot be read, which `rules` tells."""
    try:
        found = documents.rules(load_document(desk.open_store(), function))
    except StoreError:
        return {}
    return {rule.id: rule for rule in found if not isinstance(rule, BadEntry)}


def _newest(told: list[Event]) -> Event:
    return max(told, key=lambda event: str(event.get("timestamp")))


def _last_status(told: list[Event], stored: Mapping[str, Rule], now: datetime) -> Finding:
    if not told:
        return Finding(
            "last status",
            OK,
            "none in the last hour: environments tell one when a rule's state changes there",
        )
    last = _newest(told)
    rule, state = str(last.get("rule") or "environment"), str(last.get("state"))
    at = parse_timestamp(last.get("timestamp"))
    age = f", {format_age(now, at)} ago" if at else ""
    verdict = "" if is_proven(last) else f", {last.get(PROOF)}"
    is_of_earlier = rule in stored and not environment_reports.is_told_of(last, stored[rule])
    of = ", of an earlier rule with this id" if is_of_earlier else ""
    text = f"{rule} {state} in {shorten_id(str(last.get('env') or 'an environment'))}{age}{verdict}{of}"
    reason = ": ".join(str(part) for part in (last.get("code"), last.get("reason")) if part)
    return Finding("last status", OK if state != ERROR and is_proven(last) else WARN, text, reason)
