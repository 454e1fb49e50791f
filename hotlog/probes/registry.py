"""Who runs which code object: installs probes, rebuilds when their set changes, restores the originals.

A *pristine* code object is one that hotlog did not make. For each, the registry knows the code object that stands
in for it now: with its own probes in, and with the stand-ins of the functions nested in it among its constants, so
that functions yet to be created have their probes too. `f.__code__` is assigned in place; names are never rebound.

    probes of a module ── backends ──> stand-ins ── assign ──> live functions
"""

from __future__ import annotations

import weakref
from types import CodeType, FunctionType, ModuleType
from typing import TYPE_CHECKING, NamedTuple

from hotlog.probes.backends import chosen
from hotlog.probes.probe import Unit
from hotlog.probes.recompile import nested
from hotlog.source.locate import codes_in, functions_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hotlog.errors import InstallError
    from hotlog.probes.probe import Backend, Probe
    from hotlog.source.statements import Source


class Outcome(NamedTuple):
    """What became of one probe.

    Attributes:
        backend: the one that took it; empty where none did.
        fault: why it is not in; None where it is.
        unreachable: it is in, but the compiler removes its statement.
        passed_over: backends tried before, each with its reason.
    """

    backend: str = ""
    fault: InstallError | None = None
    unreachable: bool = False
    passed_over: tuple[str, ...] = ()


class Wanted(NamedTuple):
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
        self._backends = backends if backends is not None else chosen()
        self._patched: dict[str, _Patched] = {}
        self._pristine_of = _Pristine()

    def set(self, wanted: Iterable[Wanted]) -> dict[str, Outcome]:
        """Make the probes of each module named exactly those given; other modules stay as they are.

        Returns:
            What became of each probe, by rule id.
        """
        work = list(wanted)
        live = self._live(work)
        outcomes: dict[str, Outcome] = {}
        for each in work:
            functions = live[each.module.__name__]
            stand_ins, results = self._build(each, functions)
            outcomes.update(results)
            self._assign(each, functions, stand_ins)
        return outcomes

    def close(self) -> None:
        """Restore every function."""
        self.set([Wanted(patched.module, None, ()) for patched in self._patched.values()])

    def _live(self, work: Sequence[Wanted]) -> dict[str, list[FunctionType]]:
        """The live functions of each module.

        Found by a walk over the heap, but for modules that only lose probes and create no function from patched code.
        """
        known = {}
        to_walk = []
        for each in work:
            patched = self._patched.get(each.module.__name__)
            if patched is not None and not each.probes and not patched.makes_functions:
                known[each.module.__name__] = [f for ref in patched.functions if (f := ref()) is not None]
            else:
                to_walk.append(each.module)
        return {**known, **(functions_of(to_walk) if to_walk else {})}

    def _build(
        self, wanted: Wanted, functions: Sequence[FunctionType]
    ) -> tuple[_StandIns, dict[str, Outcome]]:
        """Let the backends make the new code objects; nothing that runs is touched."""
        pristine: dict[int, CodeType] = {}
        for function in functions:
            for code in codes_in(self._pristine_of(function.__code__)):
                pristine.setdefault(id(code), code)
        unit = Unit(wanted.module, wanted.source, tuple(pristine.values()))
        own: dict[int, CodeType] = {}
        outcomes: dict[str, Outcome] = {}
        left = list(wanted.probes)
        passed_over: dict[str, tuple[str, ...]] = {probe.id: () for probe in left}
        for backend in self._backends:
            if not left:
                break
            patch = backend.patch(unit, left)
            own.update((id(old), new) for old, new in patch.replaced)
            for probe in left:
                fault = patch.refused.get(probe.id)
                if fault is None:
                    reachable = probe.id not in patch.unreachable
                    outcomes[probe.id] = Outcome(backend.name, None, not reachable, passed_over[probe.id])
                else:
                    passed_over[probe.id] += (f"{backend.name}: {fault.message}",)
                    outcomes[probe.id] = Outcome("", fault, passed_over=passed_over[probe.id])
            left = [probe for probe in left if probe.id in patch.refused]
        return _StandIns(own, self._pristine_of), outcomes

    def _assign(self, wanted: Wanted, functions: Sequence[FunctionType], stand_ins: _StandIns) -> None:
        """Swap the code objects in place, and remember whom to restore."""
        name = wanted.module.__name__
        held: list[weakref.ref[FunctionType]] = []
        for function in functions:
            pristine = self._pristine_of(function.__code__)
            code = stand_ins.of(pristine)
            if code is not function.__code__:
                function.__code__ = code
            if code is not pristine:
                held.append(weakref.ref(function))
        if wanted.probes:
            self._patched[name] = _Patched(wanted.module, tuple(held), stand_ins.makes_functions)
        else:
            self._patched.pop(name, None)


class _Patched(NamedTuple):
    module: ModuleType
    functions: tuple[weakref.ref[FunctionType], ...]
    makes_functions: bool  # a probe is in code that a running function creates functions from


class _StandIns:
    """The code object that stands in for each pristine one."""

    def __init__(self, own: Mapping[int, CodeType], pristine_of: _Pristine) -> None:
        self._own = own
        self._pristine_of = pristine_of
        self._made: dict[
            int, tuple[CodeType, CodeType]
        ] = {}  # holds the pristine one too: its id stays its own
        self.makes_functions = False

    def of(self, pristine: CodeType) -> CodeType:
        """The pristine code with its own probes, and with the stand-ins of the code nested in it."""
        known = self._made.get(id(pristine))
        if known is not None:
            return known[1]
        inner = [self.of(code) for code in nested(pristine)]
        code = self._own.get(id(pristine), pristine)
        changes_inside = any(new is not old for new, old in zip(inner, nested(pristine), strict=True))
        self.makes_functions |= changes_inside
        if inner and (changes_inside or code is not pristine):
            code = code.replace(co_consts=_exchanged(code.co_consts, inner))
        if code is not pristine:
            self._pristine_of.remember(code, pristine)
        self._made[id(pristine)] = (pristine, code)
        return code


def _exchanged(constants: tuple[object, ...], inner: Sequence[CodeType]) -> tuple[object, ...]:
    """The constants with the code objects among them exchanged, in order."""
    codes = iter(inner)
    return tuple(next(codes) if isinstance(each, CodeType) else each for each in constants)


class _Pristine:
    """From a code object made here to the one it stands for; forgets with the code object."""

    def __init__(self) -> None:
        self._of: dict[int, tuple[weakref.ref[CodeType], CodeType]] = {}

    def __call__(self, code: CodeType) -> CodeType:
        known = self._of.get(id(code))
        return known[1] if known is not None else code

    def remember(self, made: CodeType, pristine: CodeType) -> None:
        key = id(made)
        self._of[key] = (weakref.ref(made, lambda _: self._of.pop(key, None)), pristine)
