"""`hotlog add` without arguments on a terminal: one question after the other, each answer checked before the next."""

from __future__ import annotations

import re
import select
import sys
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

import click

from hotlog.cli.adding.summary import render_code
from hotlog.cli.shell.terminal import say
from hotlog.client import desk_limits
from hotlog.client.adding.check import check_rules
from hotlog.client.adding.request import lifetime, make_request
from hotlog.client.rule_writer import require_faultless
from hotlog.client.words import escape, format_duration, parse_duration_words
from hotlog.errors import HotlogError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from hotlog.client.account.function_name import FunctionName
    from hotlog.client.client import Client
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
    for_s: int = desk_limits.EXPIRY_DEFAULT_S


def can_ask() -> bool:
    """Return whether a person is at the terminal to answer questions."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def ask(
    client: Client, function: FunctionName | None, source: Path | None, fields: Mapping[str, Any]
) -> Answers:
    """Ask for what a rule needs.

    Args:
        client: checks each answer.
        function: FUNCTION, where it was given.
        source: as for `add`.
        fields: those of the rule, from the options of `add`.

    Raises:
        click.Abort: the person does not want it after all.
    """

    def check(answers: Answers) -> Answers:
        asked = {**fields, "at": answers.target, "message": answers.message}
        asked |= {"condition": answers.condition, "for_s": answers.for_s}
        asked["snapshot"] = asked.get("snapshot") or not answers.message
        checked = check_rules(client.desk, answers.function, [make_request(asked)], source)
        require_faultless(checked)
        for each in checked[:1]:
            for line in ("", *render_code(each), ""):
                say(line)
        return answers

    name = function or _ask("Function", lambda text: _ask_function(client, text, source))
    found = _ask(
        "Where? A symbol, a traceback's line, FILE:LINE, MODULE:FUNCTION or FILE:/TEXT/",
        lambda text: check(Answers(name, text)),
    )
    found = _ask(
        "What to log? Text with {expressions}; nothing captures the variables",
        lambda text: check(found._replace(message=text)) if text else found,
        default="",
    )
    found = _ask(
        "Only if? An expression; nothing logs always",
        lambda text: check(found._replace(condition=text)) if text else found,
        default="",
    )
    found = _ask("For how long?", lambda text: found._replace(for_s=_seconds(text)), default="1h")
    say(f"The same as: {click.style(_command(client.desk.options, found), bold=True)}")
    click.confirm("Add it?", default=True, abort=True, err=True)
    return found


def _ask(question: str, accept: Callable[[str], T], default: str | None = None) -> T:
    """Ask until an answer is accepted; say what is wrong with the others."""
    while True:
        answer: str = click.prompt(question, default=default, show_default=bool(default), err=True)
        try:
            return accept(_with_pasted_lines(answer).strip())
        except (HotlogError, click.UsageError) as fault:
            say(click.style(escape(fault.message), fg="red"))
            for line in "\n".join(getattr(fault, "__notes__", ())).splitlines():
                say(escape(line))


def _with_pasted_lines(answer: str) -> str:
    """Return the answer with the lines that were pasted below it: a traceback is several."""
    if not _TRACEBACK.match(answer) or sys.platform == "win32":
        return answer
    lines = [answer]
    while select.select([sys.stdin], [], [], _PASTE_S)[0] and (line := sys.stdin.readline()).strip():
        lines.append(line.rstrip("\n"))
    return "\n".join(lines)


_TRACEBACK: Final = re.compile(r"\s*(?:Traceback \(|File \"|\[ERROR\])")
_PASTE_S: Final = 0.1  # a terminal hands over pasted lines one at a time, at once


def _ask_function(client: Client, text: str, source: Path | None) -> FunctionName:
    """Return FUNCTION, once AWS knows it; a pattern, or a function with local source, is not checked."""
    wanted = client.parse(text)
    aws = client.desk.account()
    if aws is not None and source is None and not wanted.is_pattern:
        aws.function(wanted.name, wanted.qualifier)
    return wanted


def _seconds(text: str) -> int:
    seconds = parse_duration_words(text)
    if seconds is None:
        raise click.BadParameter(f"{text!r} is no duration: write 90s, 30m, 2h or 1d.")
    lifetime(seconds)
    return seconds


def _command(options: Options, answers: Answers) -> str:
    name, qualifier, *_ = answers.function
    words = ["add", f"{name}:{qualifier}" if qualifier else name, answers.target]
    words += [answers.message] if answers.message else []
    words += ["--if", answers.condition] if answers.condition else []
    lives = format_duration(answers.for_s).replace(" min", "m").replace(" ", "")
    words += ["--for", lives] if answers.for_s != desk_limits.EXPIRY_DEFAULT_S else []
    return options.command(*words)
