"""Why a request is bad, as lines that every face shows."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Any, Final

from hotlog.client.comparing.value_profiles import KIND, show
from hotlog.client.showing.lines import make_line, object_in
from hotlog.client.showing.recording import say_cut, summarize
from hotlog.client.words import shorten_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hotlog.client.comparing.steps import Step
    from hotlog.client.comparing.why import ComparedRequest, LedThere
    from hotlog.client.showing.lines import Line

    TextOf = Callable[[str, int], str]

_AROUND: Final = 2  # lines of source on each side of the step
_CALLERS: Final = 3
_COMPREHENSION: Final = re.compile(r"(\.<(listcomp|setcomp|dictcomp|genexpr)>)+$")
_ROOT: Final = re.compile(r"[.\[]")
_SAYS_COLUMN: Final = 46
_UNSEEN: Final = "values inside libraries, time between steps, what other invocations left in modules"


def tell_why(
    found: ComparedRequest, function: str, text_of: TextOf, *, proposes: bool = True, where: str = ""
) -> Iterator[Line]:
    """Yield the lines that say what sets a bad request apart.

    Args:
        found: what was found.
        function: its name.
        text_of: returns the text of a line of a file, with its indentation; empty where nobody knows it.
        proposes: end with the command that shows more.
        where: the options that lead a command to the same rules, with a blank before them.
    """
    bad = found.bad
    good = "1 good one" if found.good == 1 else f"{found.good} good ones"
    counted = object_in(bad.event, "counted").get("good")
    more = f" (and {counted:,} counted)" if isinstance(counted, int) and counted > found.good else ""
    compared = f" Compared with {good} through the same code{more}." if found.good else ""
    yield make_line(0, ("plain", f"Bad: {shorten_id(bad.request_id)}, {summarize(bad)}.{compared}"))
    if cut := say_cut(object_in(bad.event, "cut")):
        yield make_line(0, ("mark", cut))
    if not found.good:
        yield from _tell_how_to_record(function, where)
        return
    yield make_line(0)
    if found.is_only_slow:
        yield from _tell_slow(found)
        yield make_line(0)
    if found.step is not None:
        yield from _tell_step(found, found.step, text_of)
    elif found.led:
        yield from _tell_values(found, text_of)
    else:
        yield from _tell_same(found)
    if found.slow and not found.is_only_slow:
        yield make_line(0)
        yield from _tell_slow(found)
    next_rule = propose_rule(found, function) if proposes else ""
    if next_rule:
        yield make_line(0)
        yield make_line(0, ("plain", f"Next: {next_rule}{where}"))


def _tell_how_to_record(function: str, where: str) -> Iterator[Line]:
    alone = "No good request is recorded that could be compared with it."
    if "--local" in where:
        yield make_line(0, ("plain", f"{alone} Each `hotlog invoke` is an environment of its own, which"))
        yield make_line(0, ("plain", "holds no good ones for the next: record all of them, good ones too:"))
        yield make_line(0, ("plain", f"  hotlog add {function} --record --limit 50{where}"))
    else:
        yield make_line(0, ("plain", f"{alone} Keep the recorder on:"))
        yield make_line(0, ("plain", f"  hotlog add {function} --record --keep failed --for 1h{where}"))


def _tell_step(found: ComparedRequest, step: Step, text_of: TextOf) -> Iterator[Line]:
    call = step.call
    yield make_line(0, ("plain", "First step that no good one took:"))
    yield make_line(2, ("place", f"{call.file}, {call.qualname.replace('<locals>.', '')}"))
    yield from _tell_source(found, step, text_of)
    callers = found.callers[:_CALLERS]
    if callers:
        yield make_line(2, ("dim", "called by " + ", called by ".join(callers)))
    if found.led:
        yield make_line(0)
        yield make_line(0, ("plain", "What led there:"))
        yield from _tell_led(found.led, text_of)
    if found.others:
        yield make_line(0)
        steps = "1 step" if found.others == 1 else f"{found.others} steps"
        yield make_line(
            0,
            (
                "dim",
                f"Everything else that differs follows from it ({steps}) or differs among the good ones too.",
            ),
        )


def _tell_source(found: ComparedRequest, step: Step, text_of: TextOf) -> Iterator[Line]:
    """Yield the source around a step, the step marked, with what happened there."""
    file, decides = step.call.file, found.decides
    number = step.line.line if step.line is not None else step.call.first
    is_near = 0 <= number - decides <= 2 * _AROUND
    for each in range(max(1, (decides if is_near else number) - _AROUND), number + _AROUND + 1):
        text = text_of(file, each).rstrip()
        is_it = each == number
        note = _note_of(step) if is_it else ""
        if text or is_it:
            shown = f"{text:<{_SAYS_COLUMN}}  " if note else text
            yield make_line(
                0,
                ("mark", " >" if is_it else "  "),
                ("dim", f"{each:>5}  "),
                ("code", shown),
                ("error", note),
            )
    if decides and not is_near:
        yield make_line(2, ("dim", f"behind line {decides}: {text_of(file, decides).strip()}"))


def _note_of(step: Step) -> str:
    """Return what happened at a step, where it is more than that the line ran."""
    if step.what.startswith("raised "):
        return step.what
    if step.what.startswith("raise "):
        return f"the call ended in {step.what.removeprefix('raise ')}"
    return "the call ended here" if step.what == "return" else ""


def _tell_led(led: tuple[LedThere, ...], text_of: TextOf) -> Iterator[Line]:
    for each in led:
        place = f"{each.seen.call.file}:{each.seen.line}"
        text = text_of(each.seen.call.file, each.seen.line).strip()
        where = f"   ({place}, `{text}`)" if text and each.seen.role != "argument" else f"   ({place})"
        name = each.name or "the result"
        yield make_line(
            2,
            ("value", f"{f'{name} = {show(each.difference.value)}':<{_SAYS_COLUMN - 3}} "),
            ("plain", each.difference.says),
            ("dim", where),
        )
        if each.origin is not None:
            parts = [f"{each.origin.name}, {each.origin.at}"] if each.origin.name else []
            parts += [f"@event {each.origin.event}"] if each.origin.event else []
            yield make_line(8, ("dim", "from " + ", from ".join(parts)))


def _tell_values(found: ComparedRequest, text_of: TextOf) -> Iterator[Line]:
    """Yield the values that differ where all steps are the same."""
    sure = tuple(each for each in found.led if each.difference.weight == KIND)
    rest = tuple(each for each in found.led if each not in sure)
    if sure:
        yield make_line(0, ("plain", "Bad and good took the same steps. First value that differs:"))
        yield from _tell_led(sure, text_of)
    if rest:
        few = f"Out of the range of {found.good} good ones, which may be chance:"
        same = "" if sure else "Bad and good took the same steps, with values of the same kinds. "
        yield make_line(0, ("plain", f"{same}{few}"))
        yield from _tell_led(rest, text_of)


def _tell_same(found: ComparedRequest) -> Iterator[Line]:
    yield make_line(
        0,
        (
            "plain",
            f"Bad and good took the same {found.steps:,} steps, and every value of the bad one lies among those of the good ones.",
        ),
    )
    yield make_line(0, ("plain", f"What the recording cannot see: {_UNSEEN}."))


def _tell_slow(found: ComparedRequest) -> Iterator[Line]:
    for number, each in enumerate(found.slow):
        low, high = (f"{us / 1_000:,.0f}" for us in each.good_us)
        good = "less than 1 ms" if high == "0" else f"{high} ms" if low == high else f"{low} to {high} ms"
        begin = "Times differ: " if not number else ""
        yield make_line(0, ("plain", f"{begin:<14}{each.at} took {each.us / 1_000:,.0f} ms; good: {good}."))


def propose_rule(found: ComparedRequest, function: str) -> str:
    """Return the command that logs what matters at the step; empty where nothing sets the request apart."""
    if not found.places and not found.led:
        return ""
    step = found.step
    if found.is_only_slow:
        return f"hotlog add {function} {found.slow[0].at} --snapshot --limit 20 --tail"
    call = step.call if step is not None else found.led[0].seen.call
    statement_of = _COMPREHENSION.sub("", call.qualname)  # its variables have no value before the statement
    roots = [
        _ROOT.split(each.seen.name)[0]
        for each in found.led
        if each.seen.call.qualname == statement_of  # nor have those of other functions
    ]
    names = [name for name in dict.fromkeys(roots) if name.isidentifier()]
    number = found.decides or (step.line.line if step is not None and step.line is not None else 0)
    if not number:
        number = found.led[0].seen.line if found.led else call.first
    message = " ".join(f"{name}={{{name}!r}}" for name in names)
    what = shlex.quote(message) if message else "--snapshot"
    return f"hotlog add {function} {call.file}:{number} {what} --limit 20 --tail"


def as_json(found: ComparedRequest, function: str) -> dict[str, Any]:
    """Return what was found as data."""
    step = found.step
    return {
        "request": found.bad.request_id,
        "recording": found.bad.id,
        "summary": summarize(found.bad),
        "good": found.good,
        "verdict": "step"
        if step is not None
        else "value"
        if found.led
        else "same"
        if found.good
        else "nothing-to-compare",
        "places": list(found.places),
        "step": {
            "at": found.places[-1],
            "qualname": step.call.qualname,
            "what": step.what,
            "callers": list(found.callers),
        }
        if step is not None
        else None,
        "led": [
            {
                "name": each.name,
                "value": each.difference.value,
                "says": each.difference.says,
                "at": f"{each.seen.call.file}:{each.seen.line}",
                "sure": each.difference.weight == KIND,
                "from": each.origin._asdict() if each.origin is not None else None,
            }
            for each in found.led
        ],
        "slow": [each._asdict() for each in found.slow],
        "next": propose_rule(found, function),
    }
