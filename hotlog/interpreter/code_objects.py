"""Read and change a code object, and nothing else of it.

`code.replace` of 3.12 loses one thing. The body of a class keeps its names in a dict, and the variables of a comprehension in it
among its locals, hidden. `replace` finds hidden ones by the instruction that clears them, and the compiler may have left that
out: no way leads to it. What is not hidden and has no value is then deleted from the dict, by whoever looks at the frame's names.
"""

from __future__ import annotations

from opcode import opmap
from typing import TYPE_CHECKING, Any

from hotlog import __builtins__
from hotlog.interpreter.quirks import FRAME_LOCALS_ARE_A_VIEW, INLINES_COMPREHENSIONS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import CodeType

_OPTIMIZED = 0x1  # `inspect.CO_OPTIMIZED`: names are locals, not in a dict
_LOSES_HIDDEN = INLINES_COMPREHENSIONS and not FRAME_LOCALS_ARE_A_VIEW


def change_code(code: CodeType, **changes: Any) -> CodeType:
    """Return a copy with some attributes changed, named as `code.replace` names them.

    Variables that only code without a way to it uses may get other names: no instruction names them.
    """
    if _LOSES_HIDDEN and code.co_varnames and not code.co_flags & _OPTIMIZED:
        cleared = set(iter_arguments(code, "LOAD_FAST_AND_CLEAR"))
        # Nothing that a program binds begins with a dot.
        changes["co_varnames"] = tuple(
            name if number in cleared or name.startswith(".") else f".{name}"
            for number, name in enumerate(code.co_varnames)
        )
    return code.replace(**changes)


def iter_arguments(code: CodeType, name: str) -> Iterator[int]:
    """Yield the argument of each instruction that has the name."""
    raw, wanted, argument = code.co_code, opmap[name], 0
    for operation, byte in zip(raw[::2], raw[1::2], strict=True):
        argument = argument << 8 | byte
        if operation == opmap["EXTENDED_ARG"]:
            continue
        if operation == wanted:
            yield argument
        argument = 0
