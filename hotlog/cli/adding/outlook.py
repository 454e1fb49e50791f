"""What a person must know before a rule goes live: when that is, how long it lasts, how much it may emit, what is in its way."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

import click

from hotlog import limits
from hotlog.cli.account.concurrency import UNKNOWN, Concurrency, concurrency
from hotlog.cli.account.packages import brings_hotlog
from hotlog.cli.adding.preview import preview
from hotlog.cli.arguments.parameters import lasting, roughly
from hotlog.cli.diagnosis.silence import elsewhere, unwrapped
from hotlog.cli.shell.terminal import escaped
from hotlog.cli.showing.rule_line import what

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hotlog.cli.account.aws import Aws, Deployed
    from hotlog.cli.account.functions import Recipient
    from hotlog.cli.account.session import Session
    from hotlog.cli.adding.plan import Plan
    from hotlog.config import Config
    from hotlog.rules.model import Rule


class Prospect(NamedTuple):
    """What becomes of a rule that has passed all checks.

    Attributes:
        plan: the rule and its function.
        among: the environments that it may be installed in.
        in_the_way: what the function has against it, a sentence each.
    """

    plan: Plan
    among: Concurrency
    in_the_way: list[str]


def prospect(session: Session, aws: Aws | None, plan: Plan) -> Prospect:
    """Find out what becomes of a rule; asks AWS, where that is where its function is."""
    if aws is None or not plan.recipient.deployed:
        return Prospect(plan, UNKNOWN, [])
    against = list(in_the_way(session, plan.rule, plan.recipient.deployed[0]))
    return Prospect(plan, concurrency(aws, plan.recipient.name), against)


def code_shown(plan: Plan) -> list[str]:
    """The lines that show where the probe goes, and what a snapshot captures there."""
    if plan.sighting is None:
        return [
            f"{plan.recipient.name}, {escaped(plan.rule.at) or 'its handler'}",
            click.style(f"  + {escaped(what(plan.rule))}", fg="green"),
        ]
    lines = preview(plan.sighting, plan.rule)
    if not plan.rule.snapshot:
        return lines
    names, redacted = plan.captured
    lines.append(f"  captures {escaped(', '.join(names)) or 'nothing: no variable has a value there yet'}")
    return [*lines, f"  redacted {escaped(', '.join(redacted))}"] if redacted else lines


def summary(session: Session, recipient: Recipient, rule: Rule, among: Concurrency, head: str) -> list[str]:
    """The lines that say when the rule is live, when it ends, what it may cost, how to remove it.

    Args:
        session: where the rule is stored.
        recipient: the function it goes to.
        rule: as it is stored.
        among: the environments that it may be installed in.
        head: what was done, such as `added to`.
    """
    if rule.expires is None:
        raise TypeError("a stored rule expires")
    settings = recipient.deployed[0].config if recipient.deployed else None
    left_s = round((rule.expires - datetime.now(UTC)).total_seconds())
    facts = [
        ("of", recipient.note),
        ("live", live(settings)),
        ("expires", f"{rule.expires:%Y-%m-%d %H:%M} UTC, in {roughly(left_s)}"),
        ("at most", worst_case(rule, among)),
        ("", among.source),
        ("remove", click.style(session.command("rm", recipient.name, rule.id), bold=True)),
    ]
    where = f"{head} {recipient.name} in {escaped(session.open_store().url)}"
    title = f"{click.style(f'rule {rule.id}', fg='green', bold=True)} {where}"
    return [title, *(f"  {key:<8} {fact}" for key, fact in facts if fact)]


def live(settings: Config | None) -> str:
    """When a rule goes live, by the refresh policy of the function.

    Args:
        settings: of the function; None: not known.
    """
    refresh = settings.refresh if settings else "each"
    if refresh == "each":
        return "from the next invocation of each environment"
    if refresh == "background":
        return "within the next invocation of each environment"
    return f"at the next invocation of each environment that starts {refresh} s or more after it last looked"


def worst_case(rule: Rule, among: Concurrency = UNKNOWN) -> str:
    """How many events the rule may emit at worst, in words.

    Args:
        rule: with its limits and times.
        among: the environments that may emit them.
    """
    lives_s = int((rule.expires - rule.created).total_seconds()) if rule.expires and rule.created else 0
    bounds = [rule.limit] if rule.limit is not None else []
    bounds += [max(1, int(rule.per_second * lives_s))] if rule.per_second is not None else []
    if not bounds:
        return "no limit but the one on bytes per second: every hit logs"
    most = min(bounds)
    rate = f", {rule.per_second:g}/s" if rule.per_second is not None else ""
    megabytes = most * among.environments * limits.EVENT_MAX_BYTES / 1e6
    size = f"{megabytes / 1e3:,.1f} GB" if megabytes >= 1e3 else f"{megabytes:,.0f} MB"  # noqa: PLR2004
    return (
        f"{most:,} events per environment{rate}: "
        f"{most * among.environments:,} ({size}) in {among.environments:,} of them"
    )


def in_the_way(session: Session, rule: Rule, deployed: Deployed) -> Iterator[str]:
    """What the function's package and settings have against the rule, a sentence each.

    Args:
        session: where the rule goes.
        rule: the rule.
        deployed: the function.
    """
    settings, name = deployed.config, deployed.name
    if not (settings.enabled and brings_hotlog(deployed)):
        yield from unwrapped(session, deployed)
    yield from elsewhere(deployed, session.open_store().url)
    if settings.allow and rule.kind not in settings.allow:
        yield f"{name} allows {', '.join(settings.allow)} only (HOTLOG_ALLOW), not {rule.kind}."
    lives = rule.expires - rule.created if rule.expires and rule.created else timedelta()
    if lives > timedelta(seconds=settings.max_for_s):
        yield f"{name} lets rules live for {lasting(settings.max_for_s)} at most (HOTLOG_MAX_FOR)."
    if rule.properties and not settings.properties:
        yield f"{name} lets no rule call properties: HOTLOG_PROPERTIES=1 is not set on it."
