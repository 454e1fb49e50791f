"""What `hotlog suspects` found, as lines that every face shows."""

from __future__ import annotations

import ast
import shlex
from typing import TYPE_CHECKING, Any, Final

from hotlog.client import desk_limits
from hotlog.client.showing.lines import make_line
from hotlog.interpreter.compiling import parse_expression

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hotlog.client.comparing.suspects import Suspect, Suspects
    from hotlog.client.showing.lines import Line

_PLACE_CHARS: Final = 32
_LOGGED_MAX: Final = 3  # values in the rule that is proposed


def tell_suspects(found: Suspects, function: str, bad: str, *, every: bool = False) -> Iterator[Line]:
    """Yield the lines that say which ways separate bad invocations from good ones.

    Args:
        found: what was found.
        function: its name.
        bad: what counted as bad, as an expression; empty: it failed.
        every: show what follows from the first suspect, too.
    """
    counted = f"{found.good + found.bad:,} invocations, {found.bad:,} bad"
    yield make_line(
        0, ("plain", f"{counted} ({bad or 'raised, answered 500 and above, or ran out of time'}).")
    )
    if found.is_too_few:
        yield from _tell_too_few(found)
    elif not found.separating:
        best = f" (best score {found.ranked[0].score:.2f})" if found.ranked else ""
        yield make_line(
            0,
            ("plain", f"No branch separates the {found.bad:,} bad from the {found.good:,} good{best}. "),
            ("plain", f"The cause is a value, not a way: hotlog why {function}"),
        )
    if not found.ranked or (found.is_too_few and not found.separating):
        return
    yield make_line(0)
    yield make_line(4, ("dim", f"score  {'bad':<9}{'good':<10}where"))
    for number, each in enumerate(found.ranked, 1):
        yield from _tell_one(number, each, found)
        if number == 1 and every:
            for later in sorted(found.followers, key=lambda follower: follower.way.order):
                yield make_line(30, ("dim", f"{later.way.at}  {later.way.qualname}  {later.says}"))
    best_one = found.ranked[0]
    if best_one.separates:
        yield make_line(0)
        yield make_line(0, ("plain", f"Look at it:  {propose(best_one, function)}"))
        bad_option = f" --bad {shlex.quote(bad)}" if bad else ""
        yield make_line(
            13, ("plain", f"hotlog why {function}{bad_option}"), ("dim", "    compares whole requests")
        )


def _tell_too_few(found: Suspects) -> Iterator[Line]:
    which = "bad" if found.bad < desk_limits.SUSPECTS_BAD_MIN else "good"
    count = found.bad if which == "bad" else found.good
    said = (
        f"{count or 'No'} {which} among {found.good + found.bad:,}: too few to tell (about {desk_limits.SUSPECTS_BAD_MIN} {which} "
        "ones are needed). Keep it on: --for 1d is safe, no values leave the function."
    )
    yield make_line(0, ("plain", said))


def _tell_one(number: int, each: Suspect, found: Suspects) -> Iterator[Line]:
    way = each.way
    counts = f"{f'{way.bad}/{found.bad}':<9}{f'{way.good}/{found.good}':<10}"
    yield make_line(
        0,
        ("plain", f"{number:<4}{each.score:.2f}   {counts}"),
        ("place", f"{way.at}  {way.qualname}".ljust(_PLACE_CHARS)),
        ("value", f"  {each.says}"),
    )
    if each.follows:
        ways = "way follows" if each.follows == 1 else "ways follow"
        more = " (--all)" if number == 1 else ""
        yield make_line(30, ("dim", f"{each.follows} later {ways} from it{more}"))


def propose(suspect: Suspect, function: str) -> str:
    """Return the command that shows the values there."""
    way = suspect.way
    if way.sort == "result":
        file = way.at.rpartition(":")[0].removesuffix(".py").replace("/", ".")
        return f"hotlog add {function} {file}:{way.qualname} --call --limit 20 --tail"
    names = (
        [way.name.partition(".")[0].partition("[")[0]] if way.sort == "argument" else _names_in(suspect.reads)
    )
    message = " ".join(f"{name.rpartition('.')[2]}={{{name}!r}}" for name in names[:_LOGGED_MAX])
    what = shlex.quote(message) if message else "--snapshot"
    return f"hotlog add {function} {way.at} {what} --limit 20 --tail"


def _names_in(text: str) -> list[str]:
    """Return the variables and attributes that an expression reads, as they are written."""
    try:
        tree = parse_expression(text.removesuffix(" …"))
    except SyntaxError:
        return []
    inner = {id(each.value) for each in ast.walk(tree) if isinstance(each, ast.Attribute)}
    called = {id(each.func) for each in ast.walk(tree) if isinstance(each, ast.Call)}
    bound = {
        each.id
        for each in ast.walk(tree)
        if isinstance(each, ast.Name) and not isinstance(each.ctx, ast.Load)
    }
    found = [
        ast.unparse(each)
        for each in ast.walk(tree)
        if isinstance(each, ast.Name | ast.Attribute) and id(each) not in inner | called
    ]
    return [name for name in dict.fromkeys(found) if name.partition(".")[0] not in bound]


def as_json(found: Suspects, function: str) -> dict[str, Any]:
    """Return what was found as data."""
    verdict = "too-few" if found.is_too_few else "separated" if found.separating else "not-separated"
    return {
        "good": found.good,
        "bad": found.bad,
        "verdict": verdict,
        "suspects": [
            {
                "at": each.way.at,
                "qualname": each.way.qualname,
                "score": round(each.score, 3),
                "bad": each.way.bad,
                "good": each.way.good,
                "says": each.says,
                "follows": each.follows,
                "next": propose(each, function),
            }
            for each in found.ranked
        ],
    }
