"""What a person must know before a rule goes live: when that is, how long it lasts, how much it may emit, what is in its way."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

import click

from hotlog import limits
from hotlog.addresses import find_store
from hotlog.cli.adding.preview import render_preview
from hotlog.cli.arguments.parameters import format_duration_roughly
from hotlog.cli.shell.terminal import escape
from hotlog.client.account.concurrency import UNKNOWN, Concurrency, estimate_concurrency
from hotlog.client.code.packages import includes_hotlog
from hotlog.client.diagnosis.obstacles import iter_mismatches, iter_wrapping_gaps
from hotlog.client.rule_line import describe_rule
from hotlog.rules.owner_policy import iter_violations

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hotlog.client.account.aws import Aws, Deployed
    from hotlog.client.account.functions import Recipient
    from hotlog.client.adding.check import CheckedRule
    from hotlog.client.options import Options
    from hotlog.config import Config
    from hotlog.rules.model import Rule


class Impact(NamedTuple):
    """What becomes of a rule that has passed all checks.

    Attributes:
        plan: the rule and its function.
        among: the environments that it may be installed in.
        in_the_way: what the function has against it, a sentence each.
    """

    plan: CheckedRule
    among: Concurrency
    in_the_way: list[str]


def assess(session: Options, aws: Aws | None, plan: CheckedRule) -> Impact:
    """Find out what becomes of a rule; asks AWS, where that is where its function is."""
    if aws is None or not plan.recipient.deployed:
        return Impact(plan, UNKNOWN, [])
    against = list(iter_obstacles(session, plan.rule, plan.recipient.deployed[0]))
    return Impact(plan, estimate_concurrency(aws, plan.recipient.name), against)


def render_code(plan: CheckedRule) -> list[str]:
    """Return the lines that show where the probe goes, and what a snapshot captures there."""
    if plan.sighting is None:
        return [
            f"{plan.recipient.name}, {escape(plan.rule.at) or 'its handler'}",
            click.style(f"  + {escape(describe_rule(plan.rule))}", fg="green"),
        ]
    lines = render_preview(plan.sighting, plan.rule)
    if not plan.rule.snapshot:
        return lines
    names, redacted = plan.captured
    lines.append(f"  captures {escape(', '.join(names)) or 'nothing: no variable has a value there yet'}")
    return [*lines, f"  redacted {escape(', '.join(redacted))}"] if redacted else lines


def render_summary(
    session: Options, recipient: Recipient, rule: Rule, among: Concurrency, head: str
) -> list[str]:
    """Return the lines that say when the rule is live, when it ends, what it may cost, and how to remove it.

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
        ("live", describe_start(settings)),
        ("expires", f"{rule.expires:%Y-%m-%d %H:%M} UTC, in {format_duration_roughly(left_s)}"),
        ("at most", describe_worst_case(rule, among)),
        ("", among.source),
        ("remove", click.style(session.command("rm", recipient.name, rule.id), bold=True)),
    ]
    where = f"{head} {recipient.name} in {escape(session.open_store().url)}"
    title = f"{click.style(f'rule {rule.id}', fg='green', bold=True)} {where}"
    return [title, *(f"  {key:<8} {fact}" for key, fact in facts if fact)]


def describe_start(settings: Config | None) -> str:
    """Return when a rule goes live, by the refresh policy of the function.

    Args:
        settings: of the function; None: not known.
    """
    refresh = settings.refresh if settings else "each"
    if refresh == "each":
        return "from the next invocation of each environment"
    if refresh == "background":
        return "within the next invocation of each environment"
    return f"at the next invocation of each environment that starts {refresh} s or more after it last looked"


def describe_worst_case(rule: Rule, among: Concurrency = UNKNOWN) -> str:
    """Return how many events the rule may emit at worst, in words.

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


def iter_obstacles(session: Options, rule: Rule, deployed: Deployed) -> Iterator[str]:
    """Yield a sentence for each setting or property of the function that stops the rule from working.

    Args:
        session: where the rule goes.
        rule: the rule.
        deployed: the function.
    """
    settings = deployed.config
    if not (settings.enabled and includes_hotlog(deployed)):
        yield from iter_wrapping_gaps(session, deployed)
    yield from iter_mismatches(deployed, find_store(session.url).url)
    for fault in iter_violations(rule, settings):
        yield f"{deployed.name} will refuse the rule: {fault.message.rstrip('.')}."
