"""Who runs which code object: installs probes, rebuilds when their set changes, restores the originals.

For each original code object the registry knows the patched one that functions run instead now: with its own probes
in, and with the patched code of the functions nested in it among its constants, so that functions yet to be created have their probes too. `f.__code__` is assigned in place; names are never rebound.
Frames that run already keep the code object they began with: there the monitor fires what that one lacks.

    probes of a module ── backends ──> patched code ── assign ──> live functions
                                  └──> what stays as it is, and what runs already ── watch ──> monitor
"""

from __future__ import annotations

import builtins
import math
import time
import weakref
from types import CodeType, FunctionType, ModuleType
from typing import TYPE_CHECKING

from hotlog import __builtins__, limits
from hotlog.errors import InstallError
from hotlog.interpreter.code_objects import change_code
from hotlog.interpreter.live_objects import iter_functions_of
from hotlog.namedtuple import NamedTuple
from hotlog.probes.backends import choose_backends
from hotlog.probes.leftovers import exchange_code, set_code
from hotlog.probes.originals import Originals
from hotlog.probes.probe import Unit
from hotlog.probes.recompile.backend import iter_nested
from hotlog.probes.stale_frames import Followed, find_stale_frames
from hotlog.source.live_functions import codes_in, file_of, functions_of, key_of, walk_for_functions

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Mapping, Sequence

    from hotlog.probes.monitor.backend import Monitoring
    from hotlog.probes.probe import Backend, Probe
    from hotlog.source.statements import Location, Source


class Outcome(NamedTuple):
    """What became of one probe.

    Attributes:
        backend: the one that took it; empty where none did.
        fault: why it is not in; None where it is.
        unreachable: it is in, but the compiler removes its statement.
        passed_over: backends tried before, each with its reason.
        note: what became of frames that ran already when it went in; empty where there were none.
    """

    backend: str = ""
    fault: InstallError | None = None
    unreachable: bool = False
    passed_over: tuple[str, ...] = ()
    note: str = ""


class WantedProbes(NamedTuple):
    """The probes one module shall have, in rule order, and its source."""

    module: ModuleType
    source: Source | None
    probes: tuple[Probe, ...]


class Registry:
    """The probes of this process.

    Args:
        backends: tried in this order; None means all that there are.
    """

    def __init__(self, backends: Sequence[Backend] | None = None) -> None:
        self._backends = backends if backends is not None else choose_backends()
        self._patched: dict[str, _PatchedModule] = {}
        self._originals = Originals()
        self._monitoring: Monitoring | None = None  # nothing has been watched yet
        self._begun: dict[str, _Begun] = {}

    def set(self, wanted: Iterable[WantedProbes], until_s: float = math.inf) -> dict[str, Outcome]:
        """Set the probes of each given module to exactly the given ones; other modules stay as they are.

        Args:
            wanted: each module once.
            until_s: when, in monotonic seconds, no further step is taken; modules that lose all probes come first, and
                `limits.INSTALL_STEP_MS` go into one in any case. What has been begun goes on with the next call, for
                the same objects.

        Returns:
            What became of each probe, by rule id; nothing of those that there was no time for.
        """
        work = sorted(wanted, key=lambda each: bool(each.probes))
        before = {key_of(each.module): self._patched.get(key_of(each.module)) for each in work}
        live = _Live(self._live, work)
        outcomes: dict[str, Outcome] = {}
        built: list[_Built] = []
        self._begun = {name: begun for name, begun in self._begun.items() if name in before}
        self._originals.leftovers.forget_dead()
        for each in work:
            if outcomes and time.monotonic() >= until_s:
                break
            made = self._within(each, live, until_s)
            if made is None:
                break
            built.append(made)
            outcomes.update(made.outcomes)
            self._assign(each, live.of(key_of(each.module)), made.patched_code)
        outcomes.update(self._follow(built))
        self._restore_copies(
            gone for each in work if not each.probes and (gone := before[key_of(each.module)]) is not None
        )
        return outcomes

    def has_outlived(self, module: ModuleType) -> bool:
        """Return whether frames that the monitor watched have ended: its probes are then set anew."""
        return self._monitoring is not None and self._monitoring.has_ended(module)

    def close(self) -> None:
        """Restore every function."""
        self.set([WantedProbes(patched.module, None, ()) for patched in self._patched.values()])

    def _live(self, work: Sequence[WantedProbes]) -> dict[str, list[FunctionType]]:
        """Return the live functions of each module; of one that loses all probes, those that have them.

        Where code that makes functions is patched, a function may have been made from it since.
        """
        known: dict[str, list[FunctionType]] = {}
        to_find = []
        for each in work:
            patched = self._patched.get(key_of(each.module))
            if patched is not None:
                known[key_of(each.module)] = patched.live()
            if patched is None or each.probes or patched.makes_functions:
                to_find.append(each.module)
        for name, functions in functions_of(to_find).items():
            found = {id(each): each for each in (*functions, *known.get(name, ()))}
            known[name] = list(found.values())
        return known

    def _restore_copies(self, patched: Iterable[_PatchedModule]) -> None:
        """Restore the functions that somebody made from patched code, or from what another tool has made of it."""
        every = list(patched)
        held = [code for each in every for ref in each.patched_code if (code := ref()) is not None]
        exchange_code(list(iter_functions_of(held)), self._originals.of)
        made = [code for code, _ in self._originals.iter_made()]
        gone = [each.module for each in every]
        if self._originals.leftovers.are_elsewhere(map(file_of, gone), made):
            found = walk_for_functions(gone)
            for functions in found.values():
                exchange_code(functions, self._originals.of)

    def _within(self, wanted: WantedProbes, live: _Live, until_s: float) -> _Built | None:
        """Build what a module wants, or go on with it; None where there is no time to come to the end.

        What rested holds only where the functions run the same code as when it was begun. Where that changes each time,
        the third attempt comes to its end however long it takes.
        """
        name = key_of(wanted.module)
        begun = self._begun.pop(name, None)
        rested = begun is not None and begun.wanted is wanted
        if begun is None or not rested:
            begun = self._begin(wanted, live, 1)
        until_s = max(until_s, time.monotonic() + limits.INSTALL_STEP_MS / 1_000)
        while True:
            try:
                next(begun.steps)
            except StopIteration as end:
                made: _Built = end.value
                if not rested or _same(begun.unit, self._unit(wanted, live.of(name))[0]):
                    return made
                begun, rested = self._begin(wanted, live, begun.attempt + 1), False
            if time.monotonic() >= until_s and begun.attempt < _ATTEMPTS_MAX:
                self._begun[name] = begun
                return None

    def _begin(self, wanted: WantedProbes, live: _Live, attempt: int) -> _Begun:
        unit, of_others = self._unit(wanted, live.of(key_of(wanted.module)))
        return _Begun(wanted, unit, self._building(wanted, unit, of_others), attempt)

    def _unit(self, wanted: WantedProbes, functions: Sequence[FunctionType]) -> tuple[Unit, list[CodeType]]:
        """Return the module with its functions' original code, and the code of other registries."""
        originals: dict[int, CodeType] = {}
        of_others: list[CodeType] = []
        for function in functions:
            if self._originals.is_of_another(function.__code__):
                of_others += codes_in(function.__code__)
                continue
            for code in codes_in(self._originals.of(function.__code__)):
                originals.setdefault(id(code), code)
        own = vars(builtins)
        has_builtins = all(getattr(function, "__builtins__", None) is own for function in functions)
        return Unit(wanted.module, wanted.source, tuple(originals.values()), has_builtins), of_others

    def _building(
        self, wanted: WantedProbes, unit: Unit, of_others: Sequence[CodeType]
    ) -> Generator[None, None, _Built]:
        """Let the backends make the new code objects; nothing that runs is touched."""
        own: dict[int, CodeType] = {}
        watched: list[tuple[CodeType, Probe]] = []
        outcomes: dict[str, Outcome] = {}
        left, taken_by_others = _divide(wanted.probes, of_others)
        outcomes.update((probe.id, Outcome("", _of_another(probe.place))) for probe in taken_by_others)
        passed_over: dict[str, tuple[str, ...]] = {probe.id: () for probe in left}
        for backend in self._backends:
            if not left:
                break
            patch = yield from backend.patch(unit, left)
            own.update((id(old), new) for old, new in patch.replaced)
            watched += patch.watched
            for probe in left:
                fault = patch.refused.get(probe.id)
                if fault is None:
                    reachable = probe.id not in patch.unreachable
                    outcomes[probe.id] = Outcome(backend.name, None, not reachable, passed_over[probe.id])
                else:
                    passed_over[probe.id] += (f"{backend.name}: {fault.message}",)
                    outcomes[probe.id] = Outcome("", fault, passed_over=passed_over[probe.id])
            left = [probe for probe in left if probe.id in patch.refused]
        unpatched = {probe.id for _, probe in watched}
        taken = [
            probe for probe in wanted.probes if outcomes[probe.id].fault is None and probe.id not in unpatched
        ]
        patched_code = _PatchedCode(own, self._originals, frozenset(probe.make_hook for probe in taken))
        return _Built(patched_code, outcomes, Followed(unit, patched_code.of, taken, watched))

    def _follow(self, built: Sequence[_Built]) -> dict[str, Outcome]:
        """Have the monitor fire where no patched code runs; return the outcomes that this changes."""
        modules = [each.followed for each in built]
        old = find_stale_frames(modules, self._originals)
        if self._monitoring is None:
            if not old and not any(each.left for each in modules):
                return {}
            from hotlog.probes.monitor.backend import Monitoring  # most probes need none

            self._monitoring = Monitoring()
        outcomes = {key: outcome for each in built for key, outcome in each.outcomes.items()}
        changed = {}
        for key, end in self._monitoring.follow(modules, self._originals, old).items():
            if end.fault is not None:
                changed[key] = outcomes[key]._replace(backend="", fault=end.fault)
            else:
                changed[key] = outcomes[key]._replace(note=end.note)
        return changed

    def _assign(
        self, wanted: WantedProbes, functions: Sequence[FunctionType], patched_code: _PatchedCode
    ) -> None:
        """Swap the code objects in place, and remember whom to restore."""
        name = key_of(wanted.module)
        functions = [each for each in functions if not self._originals.is_of_another(each.__code__)]
        originals = [self._originals.of(function.__code__) for function in functions]
        codes = [patched_code.of(code) for code in originals]
        if wanted.probes:
            # Noted before anything is touched: an exception of the application's may arrive at any point below.
            held = [
                weakref.ref(function)
                for function, was, code in zip(functions, originals, codes, strict=True)
                if code is not was or function.__code__ is not was
            ]
            made = tuple(
                weakref.ref(code) for was, code in zip(originals, codes, strict=True) if code is not was
            )
            self._patched[name] = _PatchedModule(
                wanted.module, tuple(held), made, patched_code.makes_functions
            )
        for function, code in zip(functions, codes, strict=True):
            set_code(function, code)
        if not wanted.probes:
            self._patched.pop(name, None)


def _divide(probes: Sequence[Probe], of_others: Sequence[CodeType]) -> tuple[list[Probe], list[Probe]]:
    """Return the probes that may go in, and those in functions that run another registry's code."""
    names = {code.co_qualname for code in of_others}
    lines = {line for code in of_others for _, _, line in code.co_lines()}

    def is_of_another(place: Location) -> bool:
        return place.function in names if place.function else place.line in lines

    free = [probe for probe in probes if not is_of_another(probe.place)]
    return free, [probe for probe in probes if is_of_another(probe.place)]


def _of_another(place: Location) -> InstallError:
    what = place.function or f"line {place.line}"
    return InstallError("another-agent", f"another agent of this process has probes in {what}.")


class _Live:
    """The live functions of some modules, looked for once, and only where somebody asks.

    Args:
        find: looks for them.
        work: the modules.
    """

    def __init__(
        self,
        find: Callable[[Sequence[WantedProbes]], Mapping[str, list[FunctionType]]],
        work: Sequence[WantedProbes],
    ) -> None:
        self._find, self._work = find, work
        self._found: Mapping[str, list[FunctionType]] | None = None

    def of(self, module: str) -> list[FunctionType]:
        """Return the live functions of one module."""
        if self._found is None:
            self._found = self._find(self._work)
        return self._found[module]


def _same(begun: Unit, now: Unit) -> bool:
    return {id(code) for code in begun.codes} == {id(code) for code in now.codes}


class _Begun(NamedTuple):
    """The unfinished work of the backends on one module.

    Attributes:
        wanted: what is to come of it.
        unit: the code that it began with.
        steps: the work.
        attempt: how often it was begun.
    """

    wanted: WantedProbes
    unit: Unit
    steps: Generator[None, None, _Built]
    attempt: int


_ATTEMPTS_MAX = 3


class _Built(NamedTuple):
    patched_code: _PatchedCode
    outcomes: dict[str, Outcome]
    followed: Followed


class _PatchedModule(NamedTuple):
    module: ModuleType
    functions: tuple[weakref.ref[FunctionType], ...]
    patched_code: tuple[weakref.ref[CodeType], ...]
    makes_functions: bool  # a probe is in code that a running function creates functions from

    def live(self) -> list[FunctionType]:
        """Return the functions that are still there."""
        return [function for ref in self.functions if (function := ref()) is not None]


class _PatchedCode:
    """The code that functions run instead of the originals."""

    def __init__(self, own: Mapping[int, CodeType], originals: Originals, hooks: frozenset[object]) -> None:
        self._own = own
        self._hooks = hooks  # of the probes that are in these, if their place is
        self._originals = originals
        self._made: dict[int, tuple[CodeType, CodeType]] = {}  # holds the original too: its id stays its own
        self.makes_functions = False

    def of(self, original: CodeType) -> CodeType:
        """Return the original code with its probes, and with patched versions of the code nested in it."""
        known = self._made.get(id(original))
        if known is not None:
            return known[1]
        inner = [self.of(code) for code in iter_nested(original)]
        code = self._own.get(id(original), original)
        changes_inside = any(new is not old for new, old in zip(inner, iter_nested(original), strict=True))
        self.makes_functions |= changes_inside
        if inner and (changes_inside or code is not original):
            # A line table of its own: see `source.live_functions`, which counts who has one.
            table = bytes(bytearray(code.co_linetable))
            code = change_code(code, co_consts=_replace_code(code.co_consts, inner), co_linetable=table)
        if code is not original:
            self._originals.remember(code, original, self._hooks)
        self._made[id(original)] = (original, code)
        return code


def _replace_code(constants: tuple[object, ...], inner: Sequence[CodeType]) -> tuple[object, ...]:
    """Return the constants with the code objects among them exchanged, in order; further ones stay."""
    codes = iter(inner)
    return tuple(next(codes, each) if isinstance(each, CodeType) else each for each in constants)
