"""What was promised, beside what was measured: each goal as a ratio within one run, or as an absolute bound."""

# ruff: noqa: RUF001 -- signs of the tables

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

Results = dict[str, Any]


class Goal(NamedTuple):
    """A bound, and how to see whether it holds.

    Attributes:
        what: in words.
        bound: in words.
        limit: the number, from the results.
        measured: the number, from the results.
        unit: of both.
    """

    what: str
    bound: str
    limit: Callable[[Results], float]
    measured: Callable[[Results], float]
    unit: str = "×"


def figure(results: Results, tool: str, workload: str, name: str) -> float:
    """A figure of a tool; KeyError where there is none."""
    value: float = results["tools"][tool]["figures"][workload][name]
    return value


def _ours(workload: str, name: str, over: float = 1.0) -> Callable[[Results], float]:
    return lambda results: figure(results, "hotlog", workload, name) / over


def _ratio(workload: str, name: str) -> Callable[[Results], float]:
    return lambda results: (
        figure(results, "hotlog", workload, name) / figure(results, "floor", workload, name)
    )


def _worst(*figures: Callable[[Results], float]) -> Callable[[Results], float]:
    return lambda results: max(each(results) for each in figures)


def _at_most(limit: float) -> Callable[[Results], float]:
    return lambda _: limit


def _after_first_call(results: Results) -> float:
    """From 3.13 on CPython stops specialising calls of functions whose code was assigned."""
    return 6.0 if tuple(map(int, results["python"].split(".")[:2])) >= (3, 13) else 1.0


GOALS = (
    Goal(
        "W1 condition false, typed `if` × (the literal's type)",
        "≤ 3 ×",
        _at_most(3),
        _worst(*(_ratio(name, "ns") for name in ("w1_int", "w1_float", "w1_str"))),
    ),
    Goal("W1 another plain type", "≤ 5 ×", _at_most(5), _ratio("w1_other", "ns")),
    Goal("W1 a field of a plain instance", "≤ 350 ns", _at_most(350), _ours("w1_attribute", "ns"), "ns"),
    Goal("W1 an exact library type (`Decimal`)", "≤ 350 ns", _at_most(350), _ours("w1_library", "ns"), "ns"),
    Goal(
        "W2 un-probed lines, other functions, after removal",
        "1.00 ×",
        _at_most(1.05),
        _worst(*(_ours("w2", name) for name in ("lines", "other", "removed"))),
    ),
    Goal(
        "W2 a call of a once-probed function",
        "≤ +6 ns on 3.13+",
        _after_first_call,
        _ours("w2", "call_ns"),
        "ns",
    ),
    Goal("W3 log of two locals, `logger.info` ×", "≤ 0.6 ×", _at_most(0.6), _ratio("w3", "us")),
    Goal(
        "W4 snapshot and stack, `json.dumps` + `format_stack` + logger ×",
        "≤ 0.7 ×",
        _at_most(0.7),
        _ratio("w4", "us"),
    ),
    Goal(
        "W5 first install",
        "≤ 1.2 × `import bytecode` + 5 ms",
        lambda results: 1.2 * results["import_bytecode_ms"] + 5,
        _ours("w5", "first_ms"),
        "ms",
    ),
    Goal("W5 100 installs", "≤ 50 ms", _at_most(50), _ours("w5", "install_100_ms"), "ms"),
    Goal("W5 1,000 installs", "≤ 300 ms", _at_most(300), _ours("w5", "install_1000_ms"), "ms"),
    Goal("W5 removal, each", "≤ 0.05 ms", _at_most(0.05), _ours("w5", "remove_1000_ms", 1_000), "ms"),
    Goal("W6 start without rules, CPU", "≤ 10 ms", _at_most(10), _ours("w6", "cpu_ms"), "ms"),
    Goal("W6 layer, zipped", "≤ 0.9 MB", _at_most(0.9), lambda results: results["layer"]["zipped_mb"], "MB"),
    Goal("W6 layer, unzipped", "≤ 3 MB", _at_most(3), lambda results: results["layer"]["unzipped_mb"], "MB"),
    Goal("W7 an invocation without rules", "≤ 20 µs", _at_most(20), _ours("w7_0", "us"), "µs"),
    Goal("W7 with 100 unchanged rules", "≤ 25 µs", _at_most(25), _ours("w7_100", "us"), "µs"),
    Goal("W8 a hit once exhausted", "≤ 60 ns", _at_most(60), _ours("w8_exhausted", "ns"), "ns"),
    Goal("W8 a hit that is rate limited", "≤ 200 ns", _at_most(200), _ours("w8_rate_limited", "ns"), "ns"),
)
