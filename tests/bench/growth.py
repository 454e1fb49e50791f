"""How costs grow: each curve with its slope, 1.0 where twice as much costs twice as much, 0 where it costs the same.

    python -m tests.bench growth [--only TEXT] [--rounds 5] [--largest 3000000] [--save]

A slope is that of the line through the points, both logarithmic, the smallest ones left out that cost less than the floor of
what can be told. CPU time of the thread; of each point the median of all rounds. `--save` writes the table and the picture into the
performance page.
"""

from __future__ import annotations

import argparse
import functools
import gc
import io
import json
import math
import statistics
import subprocess
import sys
import tempfile
import time
from collections import deque
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import hotlog
from hotlog.cli import main as run_command
from hotlog.events import Invocation
from tests.bench import environments
from tests.bench.report import PAGE, RESULTS
from tests.support.sample import Sample

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

BEGIN, END = "<!-- growth -->", "<!-- end of growth -->"
_FLOOR_US = 20.0  # less is the noise of a clock
_OFTEN = 100
_numbers = count(1)
_KEPT: deque[object] = deque()
HELD = {
    "module": "of a module",
    "method": "of a class",
    "wrapped": "behind a decorator",
    "closure": "made by a function",
    "elsewhere": "that only a queue of another module holds",
}


class Curve(NamedTuple):
    """How something grows.

    Attributes:
        what: what is measured.
        over: what grows.
        sizes: the points.
        measure: gives the microseconds of one point, once for each round.
    """

    what: str
    over: str
    sizes: Sequence[int]
    measure: Callable[[int, int], list[float]]


class Grown(NamedTuple):
    """A curve that was measured.

    Attributes:
        what: what was measured.
        over: what grew.
        points: size and microseconds.
    """

    what: str
    over: str
    points: list[tuple[int, float]]

    @property
    def slope(self) -> float:
        """Return the slope of the line through the points, both logarithmic."""
        told = [(math.log(size), math.log(cost_us)) for size, cost_us in self.points if cost_us >= _FLOOR_US]
        if len(told) < 2:
            return 0.0
        return max(0.0, statistics.linear_regression(*zip(*told, strict=True)).slope)


# --- what is measured --------------------------------------------------------------------------------------------


def timed_us(call: Callable[[], object]) -> float:
    """Return the CPU time of one call."""
    start_ns = time.thread_time_ns()
    call()
    return (time.thread_time_ns() - start_ns) / 1_000


@contextmanager
def agent_of(source: str) -> Iterator[tuple[hotlog.Agent, Any, Callable[..., hotlog.Rule]]]:
    """Give an agent, a module of this text that it may probe, and what makes rules in it."""
    with tempfile.TemporaryDirectory() as name:
        sample = Sample(Path(name).resolve(), source)
        agent = hotlog.Agent(sink=lambda _: None, root=name)
        try:
            yield agent, sample.module, functools.partial(rule_at, sample.name)
        finally:
            agent.close()
            sample.forget()


def rule_at(module: str, function: str, **more: Any) -> hotlog.Rule:
    """Return a rule at the entry of a function; a log rule where nothing else is said."""
    return hotlog.Rule(
        id=f"r{next(_numbers)}",
        at=f"{module}:{function}",
        **({"message": "here"} | more),
        limit=None,
        per_second=None,
    )


ONE = "def one(x):\n    return x\n"


@contextmanager
def heap_of(size: int) -> Iterator[None]:
    """Hold so many objects that the collector knows."""
    held = [[number] for number in range(size)]
    yield
    held.clear()
    gc.collect()


def install(holder: str, *, removing: bool) -> Callable[[int, int], list[float]]:
    """Return what measures the second rule of a process: into a function that is held so, or out again."""
    holders = {
        "module": ONE,
        "method": "class A:\n    def one(self, x):\n        return x\n",
        "wrapped": f"import functools\ndef keep(f):\n    @functools.wraps(f)\n    def w(*a):\n        return f(*a)\n    return w\n@keep\n{ONE}",
        "closure": "def make(n):\n    def one(x):\n        return x + n\n    return one\none = make(1)\n",
        "elsewhere": ONE,
    }
    function = {"method": "A.one", "closure": "make.<locals>.one"}.get(holder, "one")

    def measure(size: int, rounds: int) -> list[float]:
        found = []
        with agent_of("def first():\n    pass\n") as (first, _, rule), heap_of(size):
            first.apply(
                [rule("first")]
            )  # the first rule of a process walks, to know what later ones need not
            for _ in range(rounds):
                with agent_of(holders[holder]) as (agent, module, rule_of):
                    if holder == "elsewhere":
                        _KEPT.append(module.one)  # from the module nothing leads there
                        del module.one
                    rules = [rule_of(function)]
                    took_us = timed_us(functools.partial(agent.apply, rules))
                    [status] = agent.status().values()
                    if status.state != "installed":
                        raise RuntimeError(f"{holder}: {status}")
                    found.append(timed_us(functools.partial(agent.apply, [])) if removing else took_us)
        return found

    return measure


def install_in_file(size: int, rounds: int) -> list[float]:
    """Measure a rule in a file of so many lines."""
    filler = "".join(
        f"def f{number}(x):\n    y = x + {number}\n    return y\n\n" for number in range(size // 4)
    )
    found = []
    for _ in range(rounds):
        with agent_of(ONE + filler) as (agent, _, rule):
            rules = [rule("one")]
            found.append(timed_us(functools.partial(agent.apply, rules)))
    return found


def install_rules(size: int, rounds: int) -> list[float]:
    """Measure so many rules at once, in a file of a hundred functions."""
    source = "".join(f"def f{number}(x):\n    return x\n\n" for number in range(100))
    found = []
    for _ in range(rounds):
        with agent_of(source) as (agent, _, rule):
            rules = [rule(f"f{number % 100}") for number in range(size)]
            found.append(timed_us(functools.partial(agent.apply, rules)))
    return found


def invoke_with(size: int, rounds: int) -> list[float]:
    """Measure an invocation with so many rules that stay as they are and are not reached."""
    source = "".join(f"def f{number}(x):\n    return x\n\n" for number in range(100))
    with agent_of(source) as (agent, _, rule):
        agent.apply([rule(f"f{number % 100}") for number in range(size)])

        def invoke() -> None:
            agent.begin(Invocation(request_id="r", function="orders", deadline=time.monotonic() + 3))
            agent.settle()
            agent.answer(None)
            agent.end()

        invoke()

        def invoke_often() -> None:
            for _ in range(_OFTEN):
                invoke()

        return [timed_us(invoke_often) / _OFTEN for _ in range(rounds)]


def hit(make: Callable[[int], object], source: str = ONE, **rule: Any) -> Callable[[int, int], list[float]]:
    """Return what measures one hit with a value of that size."""

    def measure(size: int, rounds: int) -> list[float]:
        value = make(size)
        with agent_of(source) as (agent, module, rule_of):
            agent.apply([rule_of("one", **rule)])
            agent.begin(Invocation(request_id="r", function="orders", deadline=time.monotonic() + 3_600))
            module.one(value)
            found = []
            for _ in range(rounds):
                agent.end()
                agent.begin(Invocation(request_id="r", function="orders", deadline=time.monotonic() + 3_600))
                found.append(timed_us(functools.partial(module.one, value)))
            return found

    return measure


DEEP = "def one(x):\n    return x\ndef down(n):\n    return down(n - 1) if n else one(0)\n"


def hit_at_depth(size: int, rounds: int) -> list[float]:
    """Measure a hit with its stack, so many frames deep, above the same calls without a rule."""
    found = []
    with agent_of(DEEP) as (agent, module, rule):
        before = sys.getrecursionlimit()
        sys.setrecursionlimit(before + size)
        try:
            rules = [rule("one", stack=10)]
            for _ in range(rounds):
                agent.apply([])
                bare_us = timed_us(functools.partial(module.down, size))
                agent.apply(rules)
                agent.begin(Invocation(request_id="r", function="orders", deadline=time.monotonic() + 3_600))
                found.append(timed_us(functools.partial(module.down, size)) - bare_us)
                agent.end()
        finally:
            sys.setrecursionlimit(before)
    return found


def add_to_package(size: int, rounds: int) -> list[float]:
    """Measure `hotlog add` with a package of so many megabytes, a fifth of it Python."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        (folder / "app.py").write_text(ONE)
        text = "".join(f"def f{number}(x):\n    return x + {number}\n\n" for number in range(1_000))
        for number in range(size * 200_000 // len(text)):
            place = folder / f"package{number % 50}"
            place.mkdir(exist_ok=True)
            (place / f"module{number}.py").write_text(text)
        (folder / "library.so").write_bytes(bytes(size * 800_000))
        words = ["add", "orders", "app:one", "x={x}", "--source", name, "--store", f"file:{folder}/rules"]

        def add() -> None:
            with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()) as said:
                if run_command(words):
                    raise RuntimeError(said.getvalue())

        add()
        return [timed_us(add) for _ in range(rounds)]


def curves(largest: int) -> list[Curve]:
    """Return all that is measured."""
    heaps = [size for size in (10_000, 100_000, 1_000_000, 3_000_000) if size <= largest]
    objects = "objects in the process"
    return [
        *(
            Curve(f"a second rule {what}, {HELD[holder]}", objects, heaps, install(holder, removing=way))
            for holder in HELD
            for what, way in (("in", False), ("out", True))
        ),
        Curve("a rule in", "lines of its file", (100, 1_000, 10_000, 50_000), install_in_file),
        Curve("all rules in", "rules", (1, 10, 100, 1_000), install_rules),
        Curve("an invocation", "rules that stay", (1, 10, 100, 1_000), invoke_with),
        Curve("a log line", "characters of its text", (10, 1_000, 100_000, 1_000_000), hit(lambda size: "x y " * (size // 4), message="{x}")),
        Curve("a snapshot", "elements of a list", (10, 1_000, 100_000, 1_000_000), hit(lambda size: list(range(size)), snapshot=True)),
        Curve("a snapshot", "records of a list", (10, 1_000, 100_000), hit(lambda size: [{"sku": str(n), "n": n} for n in range(size)], snapshot=True)),
        Curve("a snapshot", "levels of a value", (1, 10, 100, 1_000), hit(nested, snapshot=True)),
        Curve("a hit with its stack", "frames", (1, 10, 100, 1_000), hit_at_depth),
        Curve("`hotlog add`", "MB of the package", (1, 10, 50, 250), add_to_package),
    ]  # fmt: skip


def nested(size: int) -> object:
    """Return a dict in a dict in a dict."""
    value: object = 1
    for _ in range(size):
        value = {"inner": value}
    return value


# --- what is shown -----------------------------------------------------------------------------------------------


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench growth", description=__doc__.partition("\n")[0]
    )
    parser.add_argument("--only", default="", help="curves whose name has this text")
    parser.add_argument("--rounds", type=int, default=5, help="how often each point is measured")
    parser.add_argument("--largest", type=int, default=3_000_000, help="objects of the largest heap")
    parser.add_argument("--save", action="store_true", help="keep the results, and draw all that are kept")
    given = parser.parse_args()
    grown = []
    for curve in curves(given.largest):
        if given.only not in f"{curve.what} {curve.over}":
            continue
        points = [(size, statistics.median(curve.measure(size, given.rounds))) for size in curve.sizes]
        grown.append(Grown(curve.what, curve.over, points))
        sys.stderr.write(f"{row_of(grown[-1])}\n")
    sys.stdout.write(f"{table_of(grown)}\n")
    if given.save:
        save(grown)


def table_of(grown: Sequence[Grown]) -> str:
    """Return the curves as a table."""
    return "\n".join(["| what | over | cost | slope |", "| --- | --- | --- | ---: |", *map(row_of, grown)])


def row_of(curve: Grown) -> str:
    """Return a curve as a row."""
    points = ", ".join(f"{size:,}: {cost(cost_us)}" for size, cost_us in curve.points)
    slope = f"{curve.slope:.2f}"
    return f"| {curve.what} | {curve.over} | {points} | {f'**{slope}**' if curve.slope > 1.1 else slope} |"


def cost(cost_us: float) -> str:
    """Return a time with its unit."""
    return f"{cost_us / 1_000:,.1f} ms" if cost_us >= 1_000 else f"{cost_us:.0f} µs"


def save(grown: Sequence[Grown]) -> None:
    """Keep the results of this Python, and write what is kept of all into the page."""
    RESULTS.mkdir(exist_ok=True)
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    kept = [curve._asdict() for curve in grown]
    (RESULTS / f"growth-{version}.json").write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    tables = []
    paths = sorted(RESULTS.glob("growth-*.json"))
    for path in paths:
        entries = json.loads(path.read_text(encoding="utf-8"))
        rows = [
            Grown(each["what"], each["over"], [(int(size), us) for size, us in each["points"]])
            for each in entries
        ]
        tables += [f"Python {path.stem.removeprefix('growth-')}:", "", table_of(rows), ""]
    page = PAGE.read_text(encoding="utf-8")
    head, _, rest = page.partition(BEGIN)
    _, _, tail = rest.partition(END)
    PAGE.write_text(f"{head}{BEGIN}\n\n" + "\n".join(tables) + f"\n{END}{tail}", encoding="utf-8")
    plot = Path(__file__).with_name("plot_growth.py")
    picture = str(RESULTS / "growth.svg")
    subprocess.run([environments.for_plot(), str(plot), *map(str, paths), picture], check=True)


if __name__ == "__main__":
    main()
