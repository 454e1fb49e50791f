"""The `monitor` backend: probes fire in code that stays as it is.

For frames that run already, which no new code object reaches, and for code that no other backend can patch. Where the
other backends would insert a call, the interpreter tells hotlog that an instruction is about to run (monitor_device).
The rule is that of `splice`: the edges of the control flow that enter the line. The interpreter tells instructions
only, not edges. So where some of the ways into an instruction do not enter the line, the ends of all of them are
told as well: the last one told is the way that was taken.

    (code object, probes) ── edges ──> steps by offset ──> Device ──> hook(frame=…)
"""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING

from hotlog import __builtins__
from hotlog.errors import InstallError
from hotlog.namedtuple import NamedTuple
from hotlog.probes.monitor.call_events import CallEvents
from hotlog.probes.monitor.instruction_events import Armed, Call, InstructionEvents, deaf_threads, reaches
from hotlog.probes.probe import STEP_PROBES, Patch, find_entered
from hotlog.probes.running_frames import any_left
from hotlog.probes.splice.backend import Lines, codes_of
from hotlog.source.live_functions import key_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from types import CodeType, ModuleType

    from hotlog.probes.originals import Originals
    from hotlog.probes.probe import Probe, Steps, Unit
    from hotlog.probes.running_frames import Running
    from hotlog.probes.splice.control_flow import Flow
    from hotlog.probes.stale_frames import Followed
    from hotlog.source.statements import Location

# Neither `sys.monitoring` nor a tracer is told of these: the instruction before them may pass them by.
_NEVER_TOLD = frozenset({"RESUME", "END_FOR", "END_SEND", "NOT_TAKEN"})


class Monitor:
    """Takes what can be watched, changes no code object."""

    name = "monitor"

    def patch(self, unit: Unit, probes: Sequence[Probe]) -> Steps:
        """Say in which code objects the probes would fire; the registry has them watched."""
        lines = Lines(unit.source)
        yield
        flows = _Flows()
        watched: list[tuple[CodeType, Probe]] = []
        refused: dict[str, InstallError] = {}
        for number, probe in enumerate(probes, 1):
            if number % STEP_PROBES == 0:
                yield
            try:
                codes = codes_of(unit, probe, lines)
                for code in codes if probe.around is None else ():
                    _ways(flows.of(code), probe.place)
            except InstallError as fault:
                refused[probe.id] = fault
            else:
                watched += [(code, probe) for code in codes]
        return Patch(refused=refused, watched=watched)


class End(NamedTuple):
    """What the monitor made of one probe.

    Attributes:
        fault: why it fires nowhere; None where it does.
        note: what became of frames that run already; empty where there are none.
    """

    fault: InstallError | None = None
    note: str = ""


class Monitoring:
    """What is watched in this process, module by module."""

    def __init__(self) -> None:
        self._device = InstructionEvents()
        self._calls = CallEvents()
        self._watches: dict[str, list[_Watch]] = {}

    def follow(
        self, modules: Sequence[Followed], originals: Originals, old: Mapping[int, Sequence[Running]]
    ) -> dict[str, End]:
        """Watch the code and frames of these modules that run no patched code, and nothing else of them.

        Args:
            modules: all whose probes have been set.
            originals: of their code.
            old: the frames that `outdated` found.

        Returns:
            What became of each probe that is concerned, by its rule's id.
        """
        watches = {key_of(each.unit.module): list(_watches(each, originals, old)) for each in modules}
        for name, wanted in watches.items():
            self._watches.pop(name, None)
            if wanted:
                self._watches[name] = wanted
        try:
            self._arm()
        except InstallError as fault:
            for name, wanted in watches.items():
                self._watches.pop(name, None)
                for watch in wanted:
                    watch.refused.update({probe.id: fault for probe in watch.probes})
            self._arm()
        return _ends([watch for each in watches.values() for watch in each])

    def has_ended(self, module: ModuleType) -> bool:
        """Return whether watched frames of the module have ended, or somebody switched the watch off."""
        watches = self._watches.get(key_of(module), ())
        return bool(watches) and (self._device.is_off() or any(watch.is_over() for watch in watches))

    def _arm(self) -> None:
        every = [watch for watches in self._watches.values() for watch in watches]
        self._device.arm({id(watch.code): watch.armed for watch in every if watch.armed.steps})
        self._calls.arm({id(watch.code): (watch.code, watch.around) for watch in every if watch.around})


class _Watch:
    """What shall fire in one code object without being in it.

    Args:
        code: the code object.
        probes: in rule order.
        frames: why: they run it already. None: for good.
    """

    def __init__(self, code: CodeType, probes: Sequence[Probe], frames: Sequence[Running] | None) -> None:
        self.code, self.probes, self.frames = code, probes, frames
        self.refused: dict[str, InstallError] = {}
        self.around = [probe.around for probe in probes if probe.around is not None and frames is None]
        self.armed = Armed(code)
        reached = [frame for frame in frames if reaches(frame)] if frames is not None else []
        self.reached, self.missed = len(reached), len(frames or ()) - len(reached)
        if frames is None or reached:
            self._plan(probes)
        for frame in reached:
            self.armed.note(frame.key, frame.at)

    def is_over(self) -> bool:
        """Return whether the frames that this watch is for have ended."""
        return self.frames is not None and not any_left(self.frames)

    def _plan(self, probes: Sequence[Probe]) -> None:
        flows = _Flows()
        for probe in probes:
            if probe.around is not None:
                if self.frames is not None:
                    self.refused[probe.id] = InstallError("cannot-monitor", "a call is told from its start")
                continue
            try:
                flow = flows.of(self.code)
                ways = _ways(flow, probe.place)
            except InstallError as fault:
                self.refused[probe.id] = fault
                continue
            self.armed.start = _offset(flow, flow.resume)
            hook = probe.make_hook(())
            for way in ways:
                self.armed.add(way.offset, Call(hook, way.entering), way.others)


def _watches(
    module: Followed, originals: Originals, old: Mapping[int, Sequence[Running]]
) -> Iterator[_Watch]:
    """Yield what to watch in one module: code that is not patched, and running frames without a probe."""
    of_code: dict[int, tuple[CodeType, list[Probe]]] = {}
    for code, probe in module.left:
        of_code.setdefault(id(code), (code, []))[1].append(probe)
    for code, probes in of_code.values():
        yield _Watch(module.current(code), probes, None)
    if not any(id(code) in old for code in module.unit.codes):
        return
    lines = Lines(None)
    for probe in module.taken:
        with suppress(InstallError):  # the compiler left nothing of its line
            for code in codes_of(module.unit, _at_statement(probe), lines):
                of_code.setdefault(id(code), (code, []))[1].append(probe)
    for key, (_, probes) in of_code.items():
        by_code: dict[int, list[Running]] = {}
        for frame in old.get(key, ()):
            by_code.setdefault(id(frame.code), []).append(frame)
        for frames in by_code.values():
            code = frames[0].code
            there = originals.hooks_in(code)
            lacking = [probe for probe in probes if probe.make_hook not in there]
            if lacking:
                yield _Watch(code, lacking, frames)


def _at_statement(probe: Probe) -> Probe:
    """Return the probe at its statement, also where it goes behind it: whoever has the one has the other."""
    return probe._replace(place=probe.place._replace(after=False, follower=None))


def _ends(watches: Sequence[_Watch]) -> dict[str, End]:
    reached: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    faults: dict[str, InstallError] = {}
    for watch in watches:
        for probe in watch.probes:
            fault = watch.refused.get(probe.id)
            if fault is not None:
                faults[probe.id] = fault
            reached[probe.id] += watch.reached if fault is None else 0
            missed[probe.id] += watch.missed + (watch.reached if fault is not None else 0)
    for_good = {probe.id for watch in watches if watch.frames is None for probe in watch.probes}
    deaf = deaf_threads()
    ends = {}
    for key in reached:
        notes = [_note(reached[key], missed[key], faults.get(key))]
        if key in for_good and deaf:
            notes.append(_threads(deaf))
        ends[key] = End(faults.get(key) if key in for_good else None, "; ".join(filter(None, notes)))
    return ends


def _note(reached: int, missed: int, fault: InstallError | None) -> str:
    parts = []
    if reached:
        parts.append(f"{_frames(reached)} already {'is' if reached == 1 else 'are'} monitored")
    if missed:
        why = f" ({fault.message.rstrip('.')})" if fault is not None else ""
        verb = "is" if missed == 1 else "are"
        parts.append(f"{_frames(missed)} already {verb} not reached{why}: armed for the next call")
    return "; ".join(parts)


def _threads(count: int) -> str:
    which = "1 other thread that runs" if count == 1 else f"{count} other threads that run"
    return f"{which} already cannot be monitored on this Python: hits there are missed"


def _frames(count: int) -> str:
    return "1 frame that runs" if count == 1 else f"{count} frames that run"


class _Flows:
    """The control flow of code objects; each is worked out once."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[CodeType, Flow]] = {}

    def of(self, code: CodeType) -> Flow:
        from hotlog.probes.splice.control_flow import Flow

        known = self._known.get(id(code))
        if known is None:
            known = self._known[id(code)] = (code, Flow(code))
        return known[1]


class _Way(NamedTuple):
    """An instruction at which a probe fires.

    Attributes:
        offset: of the instruction.
        entering: offsets of those whose edge to it enters the line; None: all do.
        others: offsets of those whose edge to it does not.
    """

    offset: int
    entering: frozenset[int] | None
    others: frozenset[int]


def _ways(flow: Flow, place: Location) -> list[_Way]:
    """Yield where the probe fires, and how control must have come there.

    Raises:
        InstallError: `line-not-in-code`, `cannot-monitor`, `after-not-here`, and those of `Flow`.
    """
    place = find_entered(place)
    from hotlog.probes.splice.line_edges import entry_edge, line_edges

    if place.kind == "entry":
        edges = [entry_edge(flow)]
    else:
        edges = line_edges(flow, place.line, place.end if place.text else place.line, place.column)
    entering: dict[int, set[int]] = {}
    for source, index in edges:
        entering.setdefault(index, set()).add(source)
    return [_way(flow, index, sources) for index, sources in entering.items()]


def _way(flow: Flow, index: int, sources: set[int]) -> _Way:
    if _is_silent(flow, index):
        raise InstallError(
            "cannot-monitor", f"no event tells of the {flow.instrs[index].name} that the line starts with."
        )
    offset = _offset(flow, index)
    others = set(flow.sources[index]) - sources
    if not others:
        return _Way(offset, None, frozenset())
    entering, rest = _announcing_offsets(flow, sources), _announcing_offsets(flow, others)
    if entering & rest:
        raise InstallError("cannot-monitor", "no event tells the ways into the line from the ways within it.")
    return _Way(offset, entering, rest)


def _announcing_offsets(flow: Flow, sources: Iterable[int]) -> frozenset[int]:
    """Return the offsets whose events announce these instructions: their own, or those before them."""
    found: set[int] = set()
    seen: set[int] = set()
    waiting = list(sources)
    while waiting:
        index = waiting.pop()
        if index in seen:
            continue
        seen.add(index)
        if index != flow.resume and _is_silent(flow, index):  # the start of a frame is told
            waiting += flow.sources[index]
        else:
            found.add(_offset(flow, index))
    return frozenset(found)


def _offset(flow: Flow, index: int) -> int:
    """Return an instruction's offset in bytes, as frames count; `Flow` counts code units of two bytes."""
    return flow.offsets[index] * 2


def _is_silent(flow: Flow, index: int) -> bool:
    name = flow.instrs[index].name
    # 3.13 pops the iterator with an instruction of its own, which goes the way of the END_FOR before it.
    follows = name == "POP_TOP" and index > 0 and flow.instrs[index - 1].name == "END_FOR"
    return follows or name in _NEVER_TOLD
