"""Variables of comprehensions that 3.12 and later run in the frame around them: they are gone when an exception leaves it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from hotlog import __builtins__

if TYPE_CHECKING:
    from types import CodeType

if sys.version_info >= (3, 12):

    def _sample(values: list[int]) -> list[int]:
        return [value for value in values]  # noqa: C416  # a comprehension is what it is for

    def _find_clearing(code: CodeType) -> int:
        """Return the number of LOAD_FAST_AND_CLEAR: the first instruction that names a comprehension's variable.

        It keeps what the name meant before, and nothing but a comprehension makes it. `opcode`, which knows its number, takes a
        millisecond to import.
        """
        instructions, index = code.co_code, code.co_varnames.index("value")
        return next(
            instructions[at] for at in range(0, len(instructions), 2) if instructions[at + 1] == index
        )

    _CLEARS: Final = _find_clearing(_sample.__code__)
    _ONE_BYTE: Final = 256  # what has more names is not looked at: their numbers take several instructions
    _KNOWN_MAX: Final = 2_000
    _known: dict[tuple[str, int, str], tuple[CodeType, tuple[str, ...]]] = {}

    def names_in_comprehensions(code: CodeType) -> tuple[str, ...]:
        """Return the variables of the comprehensions that run in the frames of this code."""
        file, name = code.co_filename, code.co_qualname
        if type(file) is not str or type(name) is not str:
            return ()
        key = file, code.co_firstlineno, name  # the code itself has a hash that reads all of it
        found = _known.get(key)
        if found is None or found[0] is not code:
            if len(_known) >= _KNOWN_MAX:
                _known.clear()
            found = _known[key] = code, _names_in(code)
        return found[1]

    def _names_in(code: CodeType) -> tuple[str, ...]:
        names = (*code.co_varnames, *(name for name in code.co_cellvars if name not in code.co_varnames))
        if len(names) > _ONE_BYTE:
            return ()
        instructions = code.co_code
        return tuple(
            {
                names[instructions[at + 1]]: None
                for at in range(0, len(instructions), 2)
                if instructions[at] == _CLEARS
            }
        )

else:

    def names_in_comprehensions(code: CodeType) -> tuple[str, ...]:  # noqa: ARG001  # as above
        """Return no names: a comprehension is a function, with a frame of its own."""
        return ()
