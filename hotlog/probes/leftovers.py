"""Hooks in code that another tool has made of ours: found by their identity, and exchanged for what does nothing.

A tool that rewrites a function while a probe is in it, as tracers and coverage tools do, takes the hook along in the constants of its own
code. No original belongs to such code: it stays as the tool has made it, but for the hooks.
"""

from __future__ import annotations

import weakref
from types import CodeType, FunctionType, MethodType
from typing import TYPE_CHECKING, Any

from hotlog import __builtins__
from hotlog.internal_errors import hands_on
from hotlog.interpreter.code_objects import change_code
from hotlog.interpreter.live_objects import is_whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


def _nothing(*_: object) -> None:
    """Stand for the hook of a statement, and for a test that is asked before it: it does not hold."""


def _same(value: object = None) -> object:
    """Stand for a hook around a call: `keep` and `leave` give back what they are given."""
    return value


_HOOKS = (FunctionType, MethodType)


def _stand_in(hook: Any) -> Callable[..., object]:
    """Return what stands for a hook that is gone."""
    return _same if hands_on(hook) else _nothing


class Leftovers:
    """The hooks that one registry has put into code, for as long as somebody holds them.

    Args:
        original_of: the original of a code object that the registry made; None where it made none.
    """

    def __init__(self, original_of: Callable[[CodeType], CodeType | None]) -> None:
        self._original_of = original_of
        self._hooks: dict[int, weakref.ref[Any]] = {}
        self._file_of: dict[int, str] = {}  # whose code each is for
        self._cleaned: dict[int, tuple[weakref.ref[CodeType], CodeType]] = {}  # always the same one for each

    def note(self, made: CodeType, original: CodeType) -> None:
        """Note the hooks in code that was made of an original."""
        before = set(map(id, original.co_consts))
        for each in made.co_consts:
            if type(each) in _HOOKS and id(each) not in before:
                self._hooks[id(each)] = weakref.ref(each)
                self._file_of[id(each)] = made.co_filename

    def forget_dead(self) -> None:
        """Forget the hooks that nobody holds: their ids may become another object's."""
        self._hooks = {key: ref for key, ref in self._hooks.items() if ref() is not None}
        self._file_of = {key: self._file_of[key] for key in self._hooks}
        self._cleaned = {key: known for key, known in self._cleaned.items() if known[0]() is not None}

    def are_elsewhere(self, files: Iterable[str], made: Iterable[CodeType]) -> bool:
        """Return whether something else than the code that the registry has made holds a hook.

        Args:
            files: whose hooks are asked for.
            made: all code that the registry has made.
        """
        wanted = set(files)
        left = {key for key, ref in self._hooks.items() if ref() is not None and self._file_of[key] in wanted}
        return bool(left - {id(each) for code in made for each in code.co_consts})

    def without(self, code: CodeType) -> CodeType:
        """Return code that the registry did not make without its hooks; the same object where there are none."""
        if not self._hooks:
            return code
        known = self._cleaned.get(id(code))
        if known is not None and known[0]() is code:
            return known[1]
        constants = tuple(map(self._replace_code, code.co_consts))
        if all(new is old for new, old in zip(constants, code.co_consts, strict=True)):
            return code
        clean = change_code(code, co_consts=constants)
        self._cleaned[id(code)] = weakref.ref(code), clean
        return clean

    def _replace_code(self, constant: Any) -> Any:
        if type(constant) is CodeType:
            original = self._original_of(constant)
            return self.without(constant) if original is None else original
        ref = self._hooks.get(id(constant)) if type(constant) in _HOOKS else None
        return constant if ref is None or ref() is not constant else _stand_in(constant)


def exchange_code(functions: Iterable[FunctionType], original_of: Callable[[CodeType], CodeType]) -> None:
    """Have each function run its original code."""
    for function in functions:
        set_code(function, original_of(function.__code__))


def set_code(function: FunctionType, code: CodeType) -> None:
    """Have a function run this code; not one that is half made, or half cleared, which would refuse it."""
    if code is not function.__code__ and is_whole(function):
        function.__code__ = code
