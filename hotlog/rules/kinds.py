"""The kinds of rules, as data for both sides: the function checks and runs by it, the desk asks and shows by it.

To add a kind, add its entry to `KINDS`. What it does is found by its name:

    hotlog/kinds/NAME.py      its handler, `NameHandler`: what becomes of a hit (see `hits.rule_handler.RuleHandler`)
    hotlog/client/kinds/NAME.py   its words, for `ls`
    hotlog/cli/kinds/NAME.py  its `DESK`: options of `hotlog add`, lines for `tail`

A field that only this kind has also stands, with its type and default, in `model.Rule`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hotlog import __builtins__, limits
from hotlog.errors import RuleError
from hotlog.events import COMMON, PLACE
from hotlog.rules.kind import Bounds, Check, Kind, OwnExpression, OwnFields, is_text, is_whole, maps_texts

if TYPE_CHECKING:
    from collections.abc import Mapping


def _is_text(name: str) -> Check:
    return Check(name, lambda own: is_text(own[name]), "must be text")


def _is_within(name: str, least: int, most: int) -> Check:
    return Check(
        name, lambda own: is_whole(own[name]) and least <= own[name] <= most, f"must be {least} to {most}"
    )


# --- metric --------------------------------------------------------------------------------------------------------

# Units of a CloudWatch metric (MetricDatum in its API reference).
_SIZES: Final = ("Bytes", "Kilobytes", "Megabytes", "Gigabytes", "Terabytes")
_BITS: Final = ("Bits", "Kilobits", "Megabits", "Gigabits", "Terabits")
_RATES: Final = tuple(f"{unit}/Second" for unit in (*_SIZES, *_BITS, "Count"))
UNITS: Final = (
    "Seconds",
    "Microseconds",
    "Milliseconds",
    *_SIZES,
    *_BITS,
    "Percent",
    "Count",
    *_RATES,
    "None",
)
# And its value and dimensions, under the names that the rule gives them.
_METRIC_EVENT: Final = (*PLACE, "_aws", "hit")
_OF_EVENT: Final = frozenset((*COMMON, *_METRIC_EVENT))
_METRIC_NAME: Final = (
    "must be named in 1 to 250 printable ASCII characters, and none of the fields of an event"
)


def _names_metric(name: str) -> bool:
    fits = 0 < len(name) <= limits.METRIC_MAX_CHARS and name.isascii() and name.isprintable()
    return fits and not name.startswith(":") and name == name.strip() and name not in _OF_EVENT


def _list_metric_expressions(own: OwnFields) -> tuple[OwnExpression, ...]:
    value = (OwnExpression("metric", own["metric"], own["value"]),) if own["value"] else ()
    return (*value, *(OwnExpression("dimension", name, text) for name, text in own["dimensions"].items()))


_METRIC_CHECKS: Final = (
    *(_is_text(name) for name in ("metric", "value", "unit")),
    Check("dimensions", lambda own: maps_texts(own["dimensions"]), "must map names to expressions"),
    Check("metric", lambda own: _names_metric(own["metric"]), _METRIC_NAME),
    Check("unit", lambda own: own["unit"] in UNITS, f"must be one of {', '.join(UNITS)}"),
    Check(
        "dimensions",
        lambda own: len(own["dimensions"]) <= limits.METRIC_MAX_DIMENSIONS,
        f"may be {limits.METRIC_MAX_DIMENSIONS} at most",
    ),
    Check("dimensions", lambda own: all(map(_names_metric, own["dimensions"])), _METRIC_NAME),
    Check(
        "dimensions",
        lambda own: own["metric"] not in own["dimensions"],
        "must not be called as the metric is",
    ),
)

# --- error ---------------------------------------------------------------------------------------------------------


# What an error rule without target sees, for `add` and for its status.
SEES_ALL: Final = "it sees what the handler raises, and what a library answers with 500 or a failed record"
SEES_ANSWERS: Final = "it sees what the handler raises; of a 500 or a failed record the answer alone"


# What a suspects rule sees.
SEES_WAYS: Final = "it counts branches, exceptions and kinds of values; no values leave the function"


def _names_class(name: object) -> bool:
    return isinstance(name, str) and all(part.isidentifier() for part in name.split("."))


_ERROR_CHECKS: Final = (
    Check("caught", lambda own: isinstance(own["caught"], bool), "must be true or false"),
    Check(
        "excepted",
        lambda own: isinstance(own["excepted"], tuple) and all(map(_names_class, own["excepted"])),
        "must be a list of exceptions such as KeyError or app.NotFound",
    ),
    Check(
        "excepted",
        lambda own: len(own["excepted"]) <= limits.EXCEPTED_MAX,
        f"may name {limits.EXCEPTED_MAX} exceptions at most",
    ),
)

# --- record --------------------------------------------------------------------------------------------------------

_SLOW: Final = "slow>"
_UNITS_MS: Final = {"ms": 1, "s": 1_000}


def read_slow_ms(keep: str) -> float | None:
    """Return how many milliseconds an invocation may take by `slow>800ms` or `slow>2s`; None where it says something else."""
    if not keep.startswith(_SLOW):
        return None
    number = keep.removeprefix(_SLOW).strip()
    unit = "ms" if number.endswith("ms") else "s"
    digits = number.removesuffix(unit)
    is_number = number.endswith(unit) and digits.isascii() and digits.replace(".", "", 1).isdigit()
    return float(digits) * _UNITS_MS[unit] if is_number else None


def _list_bad(own: OwnFields) -> tuple[OwnExpression, ...]:
    return (OwnExpression("bad", "bad", own["bad"]),) if own["bad"] else ()


_OF_END: Final = frozenset({"status", "response", "duration_ms"})
_BAD_CHECKS: Final = (_is_text("bad"),)
_RECORD_CHECKS: Final = (
    _is_text("keep"),
    *_BAD_CHECKS,
    Check(
        "keep",
        lambda own: own["keep"] in {"all", "failed"} or read_slow_ms(own["keep"]) is not None,
        "must be failed, slow>TIME such as slow>800ms, or all",
    ),
)

# --- the table -----------------------------------------------------------------------------------------------------

DEFAULT: Final = "log"  # the kind of a rule that names none
_CAPTURED: Final = frozenset({"snapshot", "stack"})  # a kind whose events show every frame shows these anyway
_SHOWN: Final = _CAPTURED | {"message", "watch"}
_SAID: Final = (*PLACE, "message", "watch")

KINDS: Final[Mapping[str, Kind]] = {
    # A line of text, or a snapshot of the variables, at a statement.
    "log": Kind(
        "statement",
        (*_SAID, "vars", "stack", "held_ms", "hit"),
        snapshot_bounds=Bounds(limits.SNAPSHOT_MAX_EVENTS, limits.SNAPSHOT_MAX_PER_S),
        fields=("ring",),
        checks=(_is_within("ring", 0, limits.RING_MAX_EVENTS),),
        holds="ring",
    ),
    # One event for a whole call of a function: arguments, result or exception, duration.
    "call": Kind(
        "function",
        (*_SAID, "vars", "stack", "args", "return", "error", "duration_ms", "suspended_ms", "hit"),
        Bounds(limits.CALL_MAX_EVENTS, limits.CALL_MAX_PER_S),
        specials=frozenset({"return", "exception", "duration_ms"}),
        at_end=True,
    ),
    # The exception that a function, or the handler, ends in: every frame with its variables.
    "error": Kind(
        "optional",
        (*_SAID, "failure", "error", "frames", "response", "hit"),
        Bounds(limits.ERROR_MAX_EVENTS, limits.ERROR_MAX_PER_S),
        fields=("caught", "excepted"),
        checks=_ERROR_CHECKS,
        without=_CAPTURED,
        specials=frozenset({"exception", "status", "response", "duration_ms"}),
        of_invocation=frozenset({"status", "response", "duration_ms"}),
        at_end=True,
        alarms=True,
    ),
    # Where every thread is shortly before Lambda ends the invocation.
    "timeout": Kind(
        "none",
        (*_SAID, "left_ms", "late_ms", "note", "threads", "hit"),
        Bounds(limits.TIMEOUT_MAX_EVENTS, limits.TIMEOUT_MAX_PER_S),
        fields=("margin_ms",),
        checks=(_is_within("margin_ms", 1, limits.TIMEOUT_MARGIN_MAX_MS),),
        without=_CAPTURED,
        alarms=True,
    ),
    # One call of a function, line by line.
    "trace": Kind(
        "function",
        (*PLACE, "args", "lines", "duration_ms", "return", "error", "cut", "source", "hit"),
        Bounds(limits.TRACE_MAX_EVENTS, limits.TRACE_MAX_PER_S),
        without=_SHOWN,
    ),
    # One whole invocation, line by line: all of the application's own code.
    "record": Kind(
        "none",
        (
            *PLACE,
            *(
                "recording",
                "part",
                "parts",
                "kept",
                "beside",
                "recorded",
                "counted",
                "failure",
                "duration_ms",
                "cost_ms",
            ),
            *("size", "cut", "functions", "errors", "source", "steps", "hit"),
        ),
        Bounds(limits.RECORD_MAX_EVENTS, limits.RECORD_MAX_PER_S),
        fields=("keep", "bad"),
        checks=_RECORD_CHECKS,
        without=_SHOWN,
        specials=frozenset({"status", "response", "duration_ms"}),
        expressions=_list_bad,
        reads_variables=False,
    ),
    # A number, counted or collected, for CloudWatch's embedded metric format.
    "metric": Kind(
        "statement",
        _METRIC_EVENT,
        Bounds(limits.METRIC_MAX_EVENTS, limits.METRIC_MAX_PER_S),
        fields=("metric", "value", "unit", "dimensions"),
        checks=_METRIC_CHECKS,
        without=_SHOWN,
        expressions=_list_metric_expressions,
    ),
    # Which ways good and bad invocations go through the code, and the kinds of values on them, counted.
    "suspects": Kind(
        "none",
        (*PLACE, "since", "invocations", "reached"),
        Bounds(limits.SUSPECTS_MAX_EVENTS, limits.SUSPECTS_MAX_PER_S),
        fields=("bad",),
        checks=_BAD_CHECKS,
        without=_SHOWN,
        specials=_OF_END,
        at_end=True,
        expressions=_list_bad,
    ),
}

OWN_SPECIALS: Final = frozenset().union(*(kind.specials for kind in KINDS.values()))  # of any kind
_OF_ONE_KIND: Final = [field for kind in KINDS.values() for field in kind.fields]
# By kind, the fields that it may not set.
FOREIGN_FIELDS: Final = {
    name: sorted({*_OF_ONE_KIND, *kind.without} - set(kind.fields)) for name, kind in KINDS.items()
}


def check_specials(kind: str, used: set[str], *, has_target: bool = False) -> None:
    """Refuse a rule that names what only another kind knows.

    Args:
        kind: of the rule.
        used: the `@names` that its expressions read, without the `@`.
        has_target: it looks at one place, not at the whole invocation.

    Raises:
        RuleError: `unknown-special`.
    """
    for name in sorted((used & OWN_SPECIALS) - KINDS[kind].specials):
        kinds = " or ".join(other for other, each in KINDS.items() if name in each.specials)
        raise RuleError("unknown-special", f"`@{name}` means nothing in a {kind} rule: use {kinds}.")
    for name in sorted(used & KINDS[kind].of_invocation if has_target else ()):
        raise RuleError(
            "unknown-special", f"`@{name}` is known at the end of an invocation: use it without a target."
        )


def check_names(kind: str, names: frozenset[str], specials: frozenset[str], *, is_condition: bool) -> None:
    """Refuse an expression that reads what is not there when a rule without variables reads it.

    Args:
        kind: of the rule.
        names: the variables that the expression reads.
        specials: its `@names`, without the `@`.
        is_condition: it is asked before the invocation runs.

    Raises:
        RuleError: `unknown-name` or `unknown-special`.
    """
    if KINDS[kind].reads_variables:
        return
    for name in sorted(names):
        raise RuleError(
            "unknown-name",
            f"`{name}` is no name here: a {kind} rule asks for the invocation alone, as with @event.",
        )
    for name in sorted(specials & KINDS[kind].specials if is_condition else ()):
        raise RuleError(
            "unknown-special", f"`@{name}` is known at the end of the invocation: ask for it with --bad."
        )
