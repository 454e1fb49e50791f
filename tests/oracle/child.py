"""What runs in a child process: a module's own tests, with every statement of the module recorded.

    python -S child.py JOB RESULT          both files are `marshal` data

Started without `site`, so that a module under test is loaded here and not before; that is also why nothing of the
standard library is imported at the top. Both kinds of run take the same steps in the same order, the one
with the calls typed into the source (`typed`) and the one with hotlog's probes (`probed`): what they import and
cache is the same, so what differs is hotlog's doing.
"""

from __future__ import annotations

import builtins
import marshal
import sys
from _frozen_importlib_external import PathFinder, SourceFileLoader
from _weakref import ref  # `weakref` is Python, and one of the subjects

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import CodeType, FrameType, ModuleType
    from typing import Any

    from hotlog.probes.registry import Registry

_get_frame = sys._getframe
_name_of_type = type.__dict__["__name__"].__get__
_MASK = (1 << 64) - 1
_LARGE = 1 << 32


class Recorder:
    """Counts hits, and digests the values of each spot: in any order, and in their order."""

    def __init__(self) -> None:
        self.paused = 1
        self.spots: list[tuple[str, ...]] = []  # the names to record
        self.counts: list[list[int]] = []  # hits, digest in any order, digest in order
        self.wrong_arguments: set[int] = set()

    def add(self, names: Sequence[tuple[str, ...]]) -> int:
        start = len(self.spots)
        self.spots += names
        self.counts += [[0, 0, 0] for _ in names]
        return start

    def record(
        self, number: int, frame: FrameType, passed: tuple[str, ...], values: tuple[object, ...]
    ) -> None:
        """One hit. Looks at values through C code only: anything else may be the code under test."""
        variables = frame.f_locals
        digest = 17
        for name in self.spots[number]:
            try:
                value = variables[name]
            except KeyError:
                digest = hash((digest, "unbound"))
            else:
                digest = hash((digest, _summary(value)))
        for name, value in zip(passed, values, strict=True):
            if name not in variables or variables[name] is not value:
                self.wrong_arguments.add(number)
        self._count(number, digest)

    def record_value(self, number: int, value: object) -> None:
        """One end of a call, in this value."""
        self._count(number, hash((17, _summary(value))))

    def _count(self, number: int, digest: int) -> None:
        count = self.counts[number]
        count[0] += 1
        count[1] = (count[1] + digest) & _MASK
        count[2] = hash((count[2], digest))


def _summary(value: object) -> object:
    """What can be compared between two processes: plain values but for addresses and times, else the type."""
    kind = type(value)
    if kind is int:
        return value if -_LARGE < value < _LARGE else "large"  # type: ignore[operator]
    if kind is float:
        return value if -_LARGE < value < _LARGE else "large"  # type: ignore[operator]  # also a nan, whose hash is its address
    if kind is str:
        return "with an address" if "0x" in value else value  # type: ignore[operator]
    if kind is bool or kind is bytes:
        return value
    if kind is list or kind is tuple or kind is dict or kind is set:
        return (_name_of_type(kind), len(value))  # type: ignore[arg-type]
    return _name_of_type(kind)


recorder = Recorder()


class Subject:
    """One module under test.

    Args:
        name: of the module.
        facts: `code`, `data`, `file` and `spots` of the job.
        install: what to do once the module, or another copy of it, has been executed.
    """

    def __init__(
        self, name: str, facts: dict[str, Any], install: Callable[[Subject, ModuleType], None] | None
    ) -> None:
        self.name = name
        self.code: CodeType = facts["code"]
        self.data: bytes = facts["data"]
        self.file: str = facts["file"]
        self.spots: list[tuple[str, int, str, str, tuple[str, ...]]] = facts["spots"]
        self.start = recorder.add([spot[4] for spot in self.spots])
        self.install = install


class Finder:
    """Finds the modules under test, each time they are imported."""

    def __init__(self, subjects: dict[str, Subject]) -> None:
        self._subjects = subjects

    def find_spec(self, name: str, path: Sequence[str] | None = None, _target: object = None) -> object:
        subject = self._subjects.get(name)
        if subject is None:
            return None
        spec = PathFinder.find_spec(name, path)
        if spec is not None:
            spec.loader = Loader(subject, name, subject.file)
        return spec


class Loader(SourceFileLoader):
    """Executes the module with the typed code, or as it is and then with the probes in."""

    def __init__(self, subject: Subject, name: str, path: str) -> None:
        super().__init__(name, path)
        self._subject = subject

    def get_code(self, fullname: str) -> CodeType | None:
        code = super().get_code(fullname)
        return code if self._subject.install else self._subject.code

    def exec_module(self, module: ModuleType) -> None:
        recorder.paused += 1
        try:
            super().exec_module(module)
            if self._subject.install is not None:
                self._subject.install(self._subject, module)
        finally:
            recorder.paused -= 1


# --- probes --------------------------------------------------------------------------------------------------------


class Probes:
    """Installs hotlog's probes, and keeps count of what took them."""

    def __init__(self, backend: str) -> None:
        self._backend = backend
        self.registry: Registry | None = None
        self.outcomes: dict[str, tuple[str, str, str]] = {}  # by number of the spot
        self.install_s = 0.0
        self.strange: list[str] = []
        self._modules: dict[str, ModuleType] = {}
        self._early: list[tuple[Subject, ModuleType]] = []
        self.originals: list[
            tuple[Any, ref[CodeType]]
        ] = []  # whoever holds code keeps the search from ending

    def install(self, subject: Subject, module: ModuleType) -> None:
        """Probe one module, from its first import on; before `open`, remember it."""
        if self.registry is None:
            self._early.append((subject, module))
            return
        import time

        from hotlog.probes.registry import WantedProbes
        from hotlog.source.statements import Source

        # A test may import a copy with modules hidden or exchanged: hotlog itself works with those it always had.
        theirs = dict(sys.modules)
        sys.modules.update(self._modules)
        started = time.perf_counter()
        source = Source(subject.data, subject.name)
        probes = tuple(self._probes(subject, source))
        shown = source if self._backend in {"", "recompile"} else None
        for key, outcome in self.registry.set([WantedProbes(module, shown, probes)]).items():
            code = outcome.fault.code if outcome.fault else ""
            known = self.outcomes.get(key)
            if known is None or not known[0]:
                for same in self._same(subject, key):
                    self.outcomes[same] = (
                        outcome.backend,
                        code,
                        outcome.fault.message if outcome.fault else "",
                    )
        self.install_s += time.perf_counter() - started
        sys.modules.clear()
        sys.modules.update(theirs)

    def open(self) -> None:
        from hotlog.probes.backends import choose_backends
        from hotlog.probes.registry import Registry
        from hotlog.source.live_functions import walk_for_functions

        for functions in walk_for_functions([module for _, module in self._early]).values():
            self.originals += [(function, ref(function.__code__)) for function in functions]
        self._modules = dict(sys.modules)
        self.registry = Registry(choose_backends(self._backend))
        for subject, module in self._early:
            self.install(subject, module)

    def close(self) -> None:
        if self.registry is None:
            return
        self.registry.close()
        for function, code in self.originals:
            if function.__code__ is not code():
                self.strange.append(f"{function.__qualname__} does not run its original code after close")

    def _same(self, subject: Subject, key: str) -> list[str]:
        """The spots that one probe records: those of a call have three."""
        number = int(key)
        is_call = subject.spots[number - subject.start][0] == "call"
        return [str(number + more) for more in range(3 if is_call else 1)]

    def _probes(self, subject: Subject, source: Any) -> list[Any]:
        from hotlog.errors import LocationError
        from hotlog.probes.probe import Probe

        made = []
        for position, (kind, line, function, reach, names) in enumerate(subject.spots):
            number = subject.start + position
            if kind in {"return", "raise"}:  # of the call before
                continue
            try:
                place = source.place(line) if reach == "line" else source.function(function)
                place = source.behind(place) if kind == "after" else place
            except LocationError as fault:
                self.strange.append(f"{subject.name}:{line}: {fault.message}")
                continue
            wanted = {"call": "entry", "after": "statement"}.get(kind, kind)
            if (place.kind, place.line) != (wanted, line):
                self.strange.append(
                    f"{subject.name}:{line}: {kind} expected, {place.kind} at {place.line} found"
                )
            hooks = _around(number) if kind == "call" else None
            made.append(Probe(str(number), place, frozenset(names), _hook_maker(number), around=hooks))
        if any(spot[0] in {"call", "after"} for spot in subject.spots):
            return made
        known = {(kind, line) for kind, line, _, reach, _ in subject.spots if reach == "line"}
        found = {(place.kind, place.line) for place in source.places()}
        self.strange += [
            f"{subject.name}:{line}: hotlog alone has a place ({kind})" for kind, line in found - known
        ]
        return made


def _hook_maker(number: int) -> Callable[[tuple[str, ...]], Callable[..., None]]:
    def make_hook(passed: tuple[str, ...]) -> Callable[..., None]:
        def hook(*values: object, frame: FrameType | None = None) -> None:
            if not recorder.paused:
                recorder.record(number, frame or _get_frame(1), passed, values)

        return hook

    return make_hook


_kept: dict[int, object] = {}  # by the id of a frame: what its call is about to return
_FAILED = object()


def _around(number: int) -> Any:
    """The hooks of a call: the end in a value is the spot after, the end in an exception the one after that."""
    from hotlog.probes.probe import CallHooks

    def enter(*, frame: FrameType | None = None) -> None:
        _kept.pop(id(frame or _get_frame(1)), None)
        if not recorder.paused:
            recorder.record(number, frame or _get_frame(1), (), ())

    def keep(value: object) -> object:
        _kept[id(_get_frame(1))] = value
        return value

    def leave(*values: object, frame: FrameType | None = None) -> object:
        kept = _kept.pop(id(frame or _get_frame(1)), None)
        value = values[0] if values else kept
        if not recorder.paused and value is not _FAILED:
            recorder.record_value(number + 1, value)
        return value

    def raised(fault: BaseException | None = None, *, frame: FrameType | None = None) -> None:
        _kept[id(frame or _get_frame(1))] = _FAILED
        if not recorder.paused:
            recorder.record_value(number + 2, fault or sys.exception())

    return CallHooks(raised, enter, keep, leave)


def _typed_returned(_number: int, value: object) -> object:
    _kept[id(_get_frame(1))] = value
    return value


def _typed_raised(number: int) -> None:
    _kept[id(_get_frame(1))] = _FAILED
    if not recorder.paused:
        recorder.record_value(number + 2, sys.exception())


def _typed_left(number: int) -> None:
    value = _kept.pop(id(_get_frame(1)), None)
    if value is not _FAILED and not recorder.paused:
        recorder.record_value(number + 1, value)


def _typed_hook(number: int) -> None:
    if not recorder.paused:
        recorder.record(number, _get_frame(1), (), ())


# --- the tests -----------------------------------------------------------------------------------------------------


_OUTCOMES = {
    "addSuccess": "ok",
    "addError": "error",
    "addFailure": "failed",
    "addSkip": "skipped",
    "addExpectedFailure": "failed as expected",
    "addUnexpectedSuccess": "ok against expectation",
}


def run_unittest(names: list[str], skipped: list[str]) -> dict[str, str]:
    """Run test modules of the standard library, or others written for `unittest`."""
    import unittest

    outcomes: dict[str, str] = {}

    def note(test: unittest.TestCase, word: str, fault: object) -> None:
        kind = f" {fault[0].__name__}" if isinstance(fault, tuple) else ""
        outcomes[test.id()] = f"{outcomes.get(test.id(), '')} {word}{kind}".strip()

    def note_part(test: unittest.TestCase, _part: unittest.TestCase, fault: object) -> None:
        if fault is not None:
            note(test, "part failed", fault)

    def noting(word: str) -> Callable[..., None]:
        return lambda test, fault=None: note(test, word, fault)

    result = unittest.TestResult()
    for method, word in _OUTCOMES.items():
        setattr(result, method, noting(word))
    result.addSubTest = note_part  # type: ignore[method-assign,assignment]
    suite = _without(unittest.TestLoader().loadTestsFromNames(names), skipped)
    recorder.paused -= 1
    suite.run(result)
    recorder.paused += 1
    return outcomes


def _without(suite: Any, skipped: list[str]) -> Any:
    kept = type(suite)()
    for each in suite:
        if hasattr(each, "__iter__"):
            kept.addTest(_without(each, skipped))
        elif not any(part in each.id() for part in skipped):
            kept.addTest(each)
    return kept


def run_pytest(names: list[str], skipped: list[str]) -> dict[str, str]:
    """Run test files written for pytest."""
    import os

    import pytest

    outcomes: dict[str, str] = {}

    class Watcher:
        def pytest_runtest_logreport(self, report: Any) -> None:
            known = outcomes.get(report.nodeid, "")
            outcomes[report.nodeid] = f"{known} {report.when} {report.outcome}".strip()

    deselected = [f"--deselect={part}" for part in skipped]
    recorder.paused -= 1
    pytest.main(["-q", "-p", "no:cacheprovider", "-c", os.devnull, *deselected, *names], plugins=[Watcher()])
    recorder.paused += 1
    return outcomes


def main(job_file: str, result_file: str) -> None:
    with open(job_file, "rb") as file:  # noqa: PTH123
        job = marshal.load(file)  # noqa: S302  # written by the parent
    sys.path[0:1] = job["path"]
    sys.path += job["path_after"]
    sys.dont_write_bytecode = True
    is_probed = job["mode"] == "probed"
    probes = Probes(job["backend"])
    subjects = {
        name: Subject(name, facts, probes.install if is_probed else None)
        for name, facts in job["modules"].items()
    }
    for name, hook in zip(
        job["hooks"], (_typed_hook, _typed_returned, _typed_raised, _typed_left), strict=True
    ):
        setattr(builtins, name, hook)
    early = sorted(name for name in subjects if name in sys.modules)
    sys.meta_path.insert(0, Finder(subjects))  # type: ignore[arg-type]  # as much of a finder as is asked for
    for name in subjects:
        __import__(name)
    # The same imports in both kinds of run.
    import gc
    import random
    import re
    import signal
    import unittest

    import hotlog.probes.backends
    import hotlog.probes.monitor.backend
    import hotlog.probes.recompile.function_body
    import hotlog.probes.registry
    import hotlog.probes.splice.insert
    import hotlog.source.statements  # noqa: F401

    del unittest
    if is_probed:
        probes.open()
    # A shell ignores it for what runs in the background.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    re.purge()
    gc.collect()
    random.seed(0)
    if job["runner"] == "unittest":
        from importlib import import_module

        support: Any = import_module("test.support")
        support.use_resources = {}  # none: no network, nothing that takes minutes
        support.verbose = 0
        outcomes = run_unittest(job["tests"], job["skipped"])
    else:
        outcomes = run_pytest(job["tests"], job["skipped"])
    probes.close()
    result = {
        "tests": outcomes,
        "spots": {number: count for number, count in enumerate(recorder.counts) if count[0]},
        "outcomes": {int(key): value for key, value in probes.outcomes.items()},
        "strange": [
            *probes.strange,
            *(f"{name} was loaded before the oracle" for name in early),
            *(
                f"spot {number} was passed something else than its local"
                for number in recorder.wrong_arguments
            ),
        ],
        "install_s": probes.install_s,
    }
    with open(result_file, "wb") as file:  # noqa: PTH123
        marshal.dump(result, file)


if __name__ == "__main__":
    main(*sys.argv[1:])
