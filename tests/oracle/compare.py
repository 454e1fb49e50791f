"""Runs a module's tests twice, with typed calls and with probes, and says what differs.

entry ── typed(source) ──> child: tests with the calls  ─┐
    └── source ──────────> child: tests with the probes ─┴─> Report
"""

from __future__ import annotations

import importlib
import importlib.util
import marshal
import os
import shutil
import site
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from importlib.machinery import PathFinder
from pathlib import Path
from types import CodeType
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.oracle.calls import LEFT, RAISED, RETURNED
from tests.oracle.reference import RECORD, Spot, typed
from tests.support.places import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.oracle.modules import Entry

CACHE = ROOT / ".cache" / "oracle"
_CHILD = Path(__file__).with_name("child.py")
_CHILD_TIMEOUT_S = 300
_ROUNDS = 5  # what differs is run again: what differs between two runs of one kind is nobody's doing
Typed = Callable[[bytes, str, int], tuple[CodeType, list[Spot]]]
GONE = "no-live-function"  # nobody can call it: no hit is missed
_WHAT = ("hits", "values", "order of values")


class Run(NamedTuple):
    """What one child process reported.

    Attributes:
        tests: outcome of each test.
        spots: for each spot that was hit: hits, digest of the values, digest of the values in order.
        outcomes: for each spot, of probes: backend, code of the fault, its message.
        strange: what should not be, in a sentence.
        install_s: how long installing took.
    """

    tests: dict[str, str]
    spots: dict[int, tuple[int, int, int]]
    outcomes: dict[int, tuple[str, str, str]]
    strange: tuple[str, ...]
    install_s: float


class Report(NamedTuple):
    """What the oracle found out about one entry.

    Attributes:
        name: of the entry.
        tests: how many ran.
        spots: how many there are.
        spots_hit: how many of them the tests reach.
        spots_left: how many no backend took, without those in functions that nobody can call.
        hits: how many were compared.
        taken: functions that each backend took.
        left: functions that none took, by code of the reason; `no-live-function` can't be hit by anybody.
        why: for each function that none took, a sentence.
        differences: sentences; none is what the promise says.
        explained: differences that are expected, with the reason.
        unsteady: spots and tests that differ from run to run without hotlog too.
        install_s: time to install all probes.
    """

    name: str
    tests: int = 0
    spots: int = 0
    spots_hit: int = 0
    spots_left: int = 0
    hits: int = 0
    taken: Counter[str] = Counter()  # noqa: RUF012  # a NamedTuple's default; nobody writes to it
    left: Counter[str] = Counter()  # noqa: RUF012  # the same
    why: tuple[str, ...] = ()
    differences: tuple[str, ...] = ()
    explained: tuple[str, ...] = ()
    unsteady: tuple[str, ...] = ()
    install_s: float = 0.0


def report(entry: Entry, backend: str = "", typed: Typed = typed) -> Report | None:
    """Compare one entry, or None where this Python does not have its modules or tests.

    Args:
        entry: what to run.
        backend: the one to force; empty: those of a normal installation.
        typed: types the calls into a source.
    """
    path = [str(_package(entry.package))] if entry.package else []
    tests = list(entry.tests) if path else [name for name in entry.tests if _exists(name)]
    names = [name for name in entry.modules if path or _exists(name)]
    if not tests or not names:
        return None
    modules: dict[str, dict[str, Any]] = {}
    spots: list[tuple[str, Spot]] = []
    for name in names:
        file = _file_of(name, path)
        data = file.read_bytes()
        code, of_module = typed(data, str(file), len(spots))
        modules[name] = {
            "code": code,
            "data": data,
            "file": str(file),
            "spots": [tuple(spot) for spot in of_module],
        }
        spots += [(name, spot) for spot in of_module]
    if not spots:
        return None
    job = {
        "backend": backend,
        "modules": modules,
        "tests": tests,
        "skipped": list(entry.skipped),
        "runner": entry.runner,
        "hooks": [RECORD, RETURNED, RAISED, LEFT],
        "path": path,
        "path_after": [str(ROOT), *site.getsitepackages(), *_site_of_environment()],
    }
    if entry.runner == "pytest":
        job["tests"] = [str(Path(path[0], name)) for name in tests]
    # Several runs may go on at once: of other kinds, or of other test processes.
    folder = (
        CACHE
        / f"{entry.name}-{sys.version_info.major}.{sys.version_info.minor}{backend}-{typed.__name__}-{os.getpid()}"
    )
    found = Report(entry.name)
    typed_runs: list[Run] = []
    probed_runs: list[Run] = []
    for _ in range(_ROUNDS):
        for kind, runs in (("typed", typed_runs), ("probed", probed_runs)):
            run = _run_child(folder, {**job, "mode": kind})
            if isinstance(run, str):
                return Report(entry.name, differences=(f"{kind}: {run}",))
            runs.append(run)
        found = _compared(entry, spots, typed_runs, probed_runs)
        if not found.differences:
            break
    shutil.rmtree(folder, ignore_errors=True)
    return found


def _compared(
    entry: Entry, spots: Sequence[tuple[str, Spot]], typed_runs: Sequence[Run], probed_runs: Sequence[Run]
) -> Report:
    differences = list(dict.fromkeys(line for run in (*typed_runs, *probed_runs) for line in run.strange))
    unsteady = []
    explained = []
    for test, verdict in _tests(typed_runs, probed_runs):
        if verdict == "unsteady":
            unsteady.append(test)
        else:
            differences.append(f"{test}: {verdict}")
    nothing = (0, 0, 0)
    left_out = {
        number
        for number, (backend, code, _) in probed_runs[0].outcomes.items()
        if not backend and code != GONE
    }
    for number, (module, spot) in enumerate(spots):
        if number in left_out:  # listed with its reason
            continue
        for at, what in enumerate(_WHAT):
            with_calls = [run.spots.get(number, nothing)[at] for run in typed_runs]
            with_probes = [run.spots.get(number, nothing)[at] for run in probed_runs]
            verdict = _verdict(with_calls, with_probes)
            where = f"{module}:{spot.line} ({spot.kind} in {spot.function})"
            reason = entry.explained.get(spot.function)
            if verdict == "differs" and reason:
                explained.append(f"{where}: {what} differ: {reason}")
            elif verdict == "differs":
                counts = f": {with_calls[0]} typed, {with_probes[0]} probed" if what == "hits" else ""
                differences.append(f"{where}: {what} differ{counts}")
            elif verdict == "unsteady":
                unsteady.append(f"{where}: {what}")
            if verdict != "same":
                break
    taken, left, why = _shares(spots, probed_runs[0].outcomes)
    return Report(
        entry.name,
        len(typed_runs[0].tests),
        len(spots),
        len(typed_runs[0].spots),
        len(left_out),
        sum(hits for hits, _, _ in typed_runs[0].spots.values()),
        taken,
        left,
        tuple(why),
        tuple(differences),
        tuple(explained),
        tuple(unsteady),
        probed_runs[0].install_s,
    )


def _tests(typed_runs: Sequence[Run], probed_runs: Sequence[Run]) -> Iterator[tuple[str, str]]:
    """Tests whose outcome is not the same in all runs: `unsteady`, or what the two outcomes are."""
    for test in sorted({test for run in (*typed_runs, *probed_runs) for test in run.tests}):
        with_calls = [run.tests.get(test) for run in typed_runs]
        with_probes = [run.tests.get(test) for run in probed_runs]
        verdict = _verdict(with_calls, with_probes)
        if verdict != "same":
            yield (
                test,
                verdict if verdict == "unsteady" else f"{with_calls[0]} typed, {with_probes[0]} probed",
            )


def _verdict(typed_values: Sequence[object], probed_values: Sequence[object]) -> str:
    if len({*typed_values}) == 1 and len({*probed_values}) == 1:
        return "same" if typed_values[0] == probed_values[0] else "differs"
    return "unsteady"


def _shares(
    spots: Sequence[tuple[str, Spot]], outcomes: Mapping[int, tuple[str, str, str]]
) -> tuple[Counter[str], Counter[str], list[str]]:
    """Functions by the backend that took all their spots, and the others by the first reason."""
    by_function: dict[tuple[str, str], list[tuple[str, str, str]]] = {}
    for number, (module, spot) in enumerate(spots):
        if number in outcomes:
            by_function.setdefault((module, spot.function), []).append(outcomes[number])
    taken: Counter[str] = Counter()
    left: Counter[str] = Counter()
    why = []
    for (module, function), results in by_function.items():
        faults = [(code, message) for backend, code, message in results if not backend]
        if faults:
            left[faults[0][0]] += 1
            if faults[0][0] != GONE:
                why.append(f"{module}.{function}: {faults[0][1]}")
        else:
            taken["+".join(sorted({backend for backend, _, _ in results}))] += 1
    return taken, left, why


def _run_child(folder: Path, job: dict[str, Any]) -> Run | str:
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "cwd").mkdir(parents=True)
    job_file, result_file, log_file = folder / "job", folder / "result", folder / "log"
    job_file.write_bytes(marshal.dumps(job))
    environment = {
        "PATH": os.defpath,
        "PYTHONHASHSEED": "0",
        "TZ": "UTC",
        "LANG": "C.UTF-8",
        "TMPDIR": str(folder / "cwd"),
        "HOME": str(folder / "cwd"),
    }
    with log_file.open("wb") as log:
        child = subprocess.Popen(
            [sys.executable, "-S", str(_CHILD), str(job_file), str(result_file)],
            cwd=folder / "cwd",
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        try:
            status = child.wait(_CHILD_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
            return f"no end after {_CHILD_TIMEOUT_S} s"
    if not result_file.exists():
        tail = log_file.read_text(errors="replace").splitlines()[-8:]
        return f"ended with {status} and no result: " + " | ".join(tail)
    result = marshal.loads(result_file.read_bytes())  # noqa: S302  # written by our own child
    return Run(
        result["tests"],
        {number: tuple(values) for number, values in result["spots"].items()},
        result["outcomes"],
        tuple(result["strange"]),
        result["install_s"],
    )


def _exists(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False


def _file_of(name: str, path: Sequence[str]) -> Path:
    """The module's file, without importing the module; only packages around it are imported."""
    if path:
        return Path(path[0], *name.split(".")).with_suffix(".py")
    parent, _, _ = name.rpartition(".")
    places = list(importlib.import_module(parent).__path__) if parent else None
    # Not `find_spec` of `importlib.util`: that names the frozen copy of some modules.
    spec = PathFinder.find_spec(name, places)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(name)
    return Path(spec.origin)


def _site_of_environment() -> list[str]:
    return [entry for entry in sys.path if entry.endswith("site-packages")]


def _package(name: str) -> Path:
    """The unpacked source distribution of a package, tests included; downloaded on first use."""
    folder = ROOT / ".cache" / "sdist" / name
    known = sorted(folder.glob("*/PKG-INFO"))
    if not known:
        folder.mkdir(parents=True, exist_ok=True)
        command = ["download", "--quiet", "--no-deps", "--no-binary", ":all:", "--dest", str(folder), name]
        subprocess.run([sys.executable, "-m", "pip", *command], check=True)
        shutil.unpack_archive(next(iter(folder.glob("*.tar.gz"))), folder, filter="data")
        known = sorted(folder.glob("*/PKG-INFO"))
    inside = known[0].parent
    return inside / "src" if (inside / "src").is_dir() else inside
