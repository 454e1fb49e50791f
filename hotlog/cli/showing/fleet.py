"""A verb that changes many functions, as a person sees it: counted, asked for, the first alone, the rest, failures first."""

from __future__ import annotations

import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final, NamedTuple

import click

from hotlog.cli.shell.errors import FAILED as EXIT_FAILED
from hotlog.cli.shell.terminal import Spinner, put, put_json, say, wants_json
from hotlog.client.fleet.plan import describe_outcomes
from hotlog.client.fleet.run import ALREADY, DONE, FAILED, group_failures
from hotlog.client.words import escape
from hotlog.errors import HotlogError

if TYPE_CHECKING:
    from hotlog.client.fleet.plan import FleetPlan
    from hotlog.client.fleet.run import FunctionOutcome

NAMED_MAX: Final = 3


class Verb(NamedTuple):
    """How a verb is said.

    Attributes:
        to_do: `Pause the rules of`.
        doing: `pausing`.
        done: `Paused`.
        already: `Paused already, or without rules`.
    """

    to_do: str
    doing: str
    done: str
    already: str


def change_many(plan: FleetPlan, verb: Verb, *, yes: bool) -> None:
    """Do a plan, with one question before it and the failures first behind it.

    Raises:
        click.UsageError: nobody can be asked, and `--yes` was not given.
        click.exceptions.Exit: some failed.
    """
    outcomes, left = list(plan.known), len(plan.todo)
    if left and not yes:
        _ask(plan, verb)
    began_s = time.monotonic()
    done: list[FunctionOutcome] = []
    runs = plan.run()
    try:
        with Spinner(f"{verb.doing} {plan.todo[0] if left else ''}") as spinner:
            for outcome in runs:
                done.append(outcome)
                spinner.show(_progress(verb, done, left, time.monotonic() - began_s))
    except HotlogError:
        put_failures(done)
        raise
    except KeyboardInterrupt:
        with suppress(KeyboardInterrupt):  # wherever it came: what was under way is counted
            done.append(runs.throw(KeyboardInterrupt))
            done.extend(runs)
        put_failures(done)
        say(f"Stopped after {len(done)} of {left}. The same command goes on from there.")
        raise click.Abort from None
    outcomes += done
    if wants_json():
        put_json(describe_outcomes(outcomes))
    put_failures(outcomes)
    say(_summary(verb, outcomes, time.monotonic() - began_s))
    if any(each.state == FAILED for each in outcomes):
        raise click.exceptions.Exit(EXIT_FAILED)


def put_failures(outcomes: list[FunctionOutcome]) -> None:
    """Print the failed functions, one line for each reason; nothing with --json, which has them."""
    for names, one in group_failures(outcomes):
        shown = ", ".join(names[:NAMED_MAX])
        more = f" and {len(names) - NAMED_MAX:,} more" if len(names) > NAMED_MAX else ""
        if not wants_json():
            code = click.style(f" [{one.code}]", dim=True)
            put(
                f"{click.style('failed', fg='red', bold=True)}  {escape(shown)}{more}  {escape(one.reason)}{code}"
            )
            if one.hint:
                put(escape(one.hint))


def _ask(plan: FleetPlan, verb: Verb) -> None:
    count = "1 function" if len(plan.todo) == 1 else f"{len(plan.todo):,} functions"
    seconds = len(plan.todo) / plan.per_s
    takes = f", about {seconds / 60:.0f} min" if seconds > 90 else ""  # noqa: PLR2004  # seconds are shorter than minutes until then
    question = f"{verb.to_do} {count}? First {plan.todo[0]} alone{takes}."
    if not sys.stdin.isatty():
        raise click.UsageError(f"{question} Nobody can be asked here: add --yes.")
    click.confirm(question, abort=True, err=True)


def _progress(verb: Verb, done: list[FunctionOutcome], left: int, seconds: float) -> str:
    failed = sum(each.state == FAILED for each in done)
    rest_s = seconds / len(done) * (left - len(done))
    return f"{verb.doing}: {len(done)} of {left}, {failed} failed, about {rest_s:.0f} s"


def _summary(verb: Verb, outcomes: list[FunctionOutcome], seconds: float) -> str:
    counts = {state: sum(each.state == state for each in outcomes) for state in (DONE, ALREADY, FAILED)}
    words = {DONE: verb.done, ALREADY: verb.already, FAILED: "Failed"}
    parts = [f"{words[state]}: {count:,}." for state, count in counts.items() if count or state == DONE]
    return f"{' '.join(parts)} It took {seconds:.0f} s."
