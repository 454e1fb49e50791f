"""`hotlog add` without arguments on a terminal: one question after the other, each answer checked before the next."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import click

from hotlog import limits
from hotlog.cli.arguments.parameters import format_duration
from hotlog.cli.shell.terminal import escape, say
from hotlog.client.account.functions import parse_function
from hotlog.client.adding.check import lifetime, rule_of
from hotlog.client.adding.deploy import check_rules
from hotlog.client.adding.impact import render_code
from hotlog.config import duration_s
from hotlog.errors import HotlogError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from hotlog.client.account.functions import FunctionName
    from hotlog.client.options import Options

T = TypeVar("T")


class Answers(NamedTuple):
    """The answers to the questions of `hotlog add`.

    Attributes:
        function: FUNCTION.
        target: TARGET.
        message: MESSAGE.
        condition: as with `--if`.
        for_s: as with `--for`.
    """

    function: FunctionName
    target: str = ""
    message: str = ""
    condition: str = ""
    for_s: int = limits.EXPIRY_DEFAULT_S


def can_ask() -> bool:
    """Return whether a person is at the terminal to answer questions."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def ask(
    session: Options, function: FunctionName | None, source: Path | None, wishes: Mapping[str, Any]
) -> Answers:
    """Ask for what a rule needs.

    Args:
        session: where it will be stored.
        function: FUNCTION, where it was given.
        source: as for `add`.
        wishes: the options of `add`.

    Raises:
        click.Abort: the person does not want it after all.
    """

    def check(answers: Answers) -> Answers:
        more = {"condition": answers.condition, "for_s": answers.for_s}
        rule = rule_of(answers.target, answers.message, {**wishes, **more})
        for each in check_rules(session, answers.function, [rule], source)[:1]:
            for line in ("", *render_code(each.plan), ""):
                say(line)
        return answers

    name = function or _asked("Function", lambda text: _known(session, text, source))
    found = _asked(
        "Where? FILE:LINE, MODULE:FUNCTION or FILE:/TEXT/", lambda text: check(Answers(name, text))
    )
    found = _asked(
        "What to log? Text with {expressions}; nothing captures the variables",
        lambda text: check(found._replace(message=text)) if text else found,
        default="",
    )
    found = _asked(
        "Only if? An expression; nothing logs always",
        lambda text: check(found._replace(condition=text)) if text else found,
        default="",
    )
    found = _asked("For how long?", lambda text: found._replace(for_s=_seconds(text)), default="1h")
    say(f"The same as: {click.style(_command(session, found), bold=True)}")
    click.confirm("Add it?", default=True, abort=True, err=True)
    return found


def _asked(question: str, accept: Callable[[str], T], default: str | None = None) -> T:
    """Ask until an answer is accepted; say what is wrong with the others."""
    while True:
        answer: str = click.prompt(question, default=default, show_default=bool(default), err=True)
        try:
            return accept(answer.strip())
        except (HotlogError, click.UsageError) as fault:
            say(click.style(escape(fault.message), fg="red"))
            for line in "\n".join(getattr(fault, "__notes__", ())).splitlines():
                say(escape(line))


def _known(session: Options, text: str, source: Path | None) -> FunctionName:
    """Return FUNCTION, once AWS knows it; a pattern, or a function with local source, is not checked."""
    wanted = parse_function(text)
    aws = session.aws()
    if aws is not None and source is None and not wanted.is_pattern:
        aws.function(wanted.name, wanted.qualifier)
    return wanted


def _seconds(text: str) -> int:
    seconds = duration_s(text)
    if seconds is None:
        raise click.BadParameter(f"{text!r} is no duration: write 90s, 30m, 2h or 1d.")
    lifetime(seconds)
    return seconds


def _command(session: Options, answers: Answers) -> str:
    name, qualifier, *_ = answers.function
    words = ["add", f"{name}:{qualifier}" if qualifier else name, answers.target]
    words += [answers.message] if answers.message else []
    words += ["--if", answers.condition] if answers.condition else []
    lives = format_duration(answers.for_s).replace(" min", "m").replace(" ", "")
    words += ["--for", lives] if answers.for_s != limits.EXPIRY_DEFAULT_S else []
    return session.command(*words)
