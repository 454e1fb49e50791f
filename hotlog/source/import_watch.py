"""Tells when a module has been imported, without importing anything and without leaving a trace.

For as long as somebody waits for a module, a finder stands first in `sys.meta_path`. It finds what the others find. Where
that is a module somebody waits for, its loader gets an attribute of its own, `exec_module`, which hides the method of its
class until it is called. Nothing else changes: `__spec__` and `__loader__` are the objects that they are without hotlog.

A function of ours that called the real `exec_module` would stand in each traceback that comes out of the module, in the
way of `warnings.warn(stacklevel=2)`, and between importlib's own frames, which the interpreter then no longer
removes. So the call is put together from parts in C, which have no frames:

    reduce(step, steps, module)     step   ── ours: the attribute goes, the method of the class is seen again
                                    real   ── called by `map`: the module's code runs
                                    step   ── ours: tells that it has been imported
"""

from __future__ import annotations

import sys
from functools import partial, reduce
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from hotlog import __builtins__, internal_errors
from hotlog.source.live_functions import spec_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

_NAME: Final = "exec_module"
_MISSING: Final = object()
# A class with one of these decides itself what the attributes of its instances are.
_DECIDES: Final = frozenset({"__getattribute__", "__setattr__", "__delattr__"})


def is_loading(module: ModuleType) -> bool:
    """Return whether the module's own code has not run to its end: functions may be missing yet.

    Of a module that `importlib.util.LazyLoader` loads at its first use nothing has run. To ask it for an attribute is
    that use, so only its names are looked at.
    """
    spec = spec_of(module)
    if spec is None:
        return False
    state = vars(spec).get("loader_state")  # holds the class that the module has once it is loaded
    is_lazy = type(state) is dict and state.get("__class__", type(module)) is not type(module)
    return is_lazy or bool(getattr(spec, "_initializing", False))  # importlib's own mark, since 3.3


class ImportWatch:
    """Calls back after each import of a module that is waited for.

    Args:
        is_wanted: asked with the name and the file of a module that is about to be imported.
        on_import: called with the module after its code has run, in the thread that imports. It must not raise.
        on_fault: told of a fault of hotlog's own.
    """

    def __init__(
        self,
        is_wanted: Callable[[str, str], bool],
        on_import: Callable[[ModuleType], object],
        on_fault: Callable[[BaseException], object],
    ) -> None:
        self._is_wanted, self._on_import, self._on_fault = is_wanted, on_import, on_fault

    def start(self) -> None:
        """Begin to watch."""
        if not self._is_there():
            sys.meta_path.insert(0, self)

    def stop(self) -> None:
        """Leave `sys.meta_path` as if nothing had been there."""
        if self._is_there():
            sys.meta_path[:] = [finder for finder in sys.meta_path if finder is not self]

    def _is_there(self) -> bool:
        """Return whether this finder stands in `sys.meta_path`. `in` would call comparisons of other finders."""
        return any(finder is self for finder in sys.meta_path)

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return what the other finders find, in their order; see `importlib.abc.MetaPathFinder`."""
        try:
            for finder in list(sys.meta_path):
                if finder is self or not hasattr(finder, "find_spec"):
                    continue
                spec = finder.find_spec(name, path, target)
                if spec is not None:
                    internal_errors.run_contained(self._watch, self._on_fault, name, spec)
                    return spec
        except BaseException as fault:
            internal_errors.leave_out_frame(fault)
            raise
        return None

    def _watch(self, name: str, spec: ModuleSpec) -> None:
        """Watch for the end of the module's code, where a rule waits for the module."""
        if spec.loader is not None and self._is_wanted(name, spec.origin or ""):
            _hang_in(spec.loader, self._on_import)


def _hang_in(loader: Any, tell: Callable[[ModuleType], object]) -> None:
    """Have the loader report the next module that it executes.

    A loader that is a class, or whose class decides itself what an attribute is, stays as it is: the probes of its module
    go in at the next safe point.
    """
    *bases, _object = type(loader).__mro__
    if type in bases or any(_DECIDES & vars(base).keys() for base in bases):
        return
    fields = getattr(loader, "__dict__", None)
    if type(fields) is not dict:
        return
    there = fields.get(_NAME, _MISSING)
    if there is _MISSING and not any(_NAME in vars(base) for base in bases):
        return
    if not (type(there) is partial and there.func is reduce and type(there.args[1]) is _Steps):
        fields[_NAME] = _Steps(getattr(loader, _NAME), fields, there, tell).call


class _Run(list["ModuleType"]):
    """One call of `exec_module`: the module, once it is known."""


class _Steps:
    """What happens when a loader executes a module, one after the other.

    Args:
        real: the loader's own `exec_module`.
        fields: the loader's own attributes.
        there: the one of that name, or `_MISSING`.
        tell: called with the module after its code has run.

    Attributes:
        call: stands in for `exec_module`.
    """

    def __init__(
        self,
        real: Callable[[ModuleType], object],
        fields: dict[str, object],
        there: object,
        tell: Callable[[ModuleType], object],
    ) -> None:
        self._real, self._fields, self._there, self._tell = real, fields, there, tell
        self.call = partial(reduce, self._step, self)

    def __iter__(self) -> Iterator[object]:
        """Yield the run, then the result of the real `exec_module`, anew for each call: for `reduce`."""
        run = _Run()
        return chain((run,), map(self._real, run))

    def _step(self, module: ModuleType, value: object) -> ModuleType:
        """Handle the start of the module's code (`value` is the run) and its end (the loader's result)."""
        if type(value) is _Run:
            value.append(module)
            self._go()
        else:
            self._tell(module)
        return module

    def _go(self) -> None:
        """Restore the loader as it was."""
        if self._fields.get(_NAME) is self.call:
            if self._there is _MISSING:
                self._fields.pop(_NAME, None)
            else:
                self._fields[_NAME] = self._there
