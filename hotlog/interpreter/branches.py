"""Where in the source a branch stands, and which way it went: from the bytecode.

if line.quantity < 1:        POP_JUMP_IF_FALSE    true: it goes on behind the instruction; false: it jumps
for line in lines:           FOR_ITER             next: another element; end: there is none
"""

from __future__ import annotations

from itertools import islice
from opcode import opname
from typing import TYPE_CHECKING, Final

from hotlog import __builtins__

if TYPE_CHECKING:
    from types import CodeType

_WAYS: Final = {  # by the instruction: the way that goes on behind it, and the one that jumps
    "POP_JUMP_IF_FALSE": ("true", "false"),
    "POP_JUMP_IF_TRUE": ("false", "true"),
    "POP_JUMP_IF_NONE": ("not None", "None"),
    "POP_JUMP_IF_NOT_NONE": ("None", "not None"),
    "FOR_ITER": ("next", "end"),
    "END_ASYNC_FOR": ("next", "end"),
}
_CAUGHT: Final = {"CHECK_EXC_MATCH": ("handled", "not handled"), "CHECK_EG_MATCH": ("None", "not None")}
_BESIDE: Final = frozenset(
    {"CACHE", "TO_BOOL", "EXTENDED_ARG", "NOT_TAKEN"}
)  # they stand between a value and the jump
_UNIT: Final = 2  # bytes of an instruction


def name_way(code: CodeType, offset: int, destination: int) -> str:
    """Return which way a branch went, in a word."""
    data = code.co_code
    name = opname[data[offset]]
    ways = _WAYS.get(name, ("on", "elsewhere"))
    if name == "POP_JUMP_IF_FALSE":
        ways = _CAUGHT.get(opname[data[_find_tested(data, offset)]], ways)
    behind, jumped = ways
    return behind if offset < destination <= _find_next(data, offset) else jumped


def span_of(code: CodeType, offset: int) -> list[int] | None:
    """Return first line, column, last line, column of what an instruction stands for in the source; None where there is none.

    A jump stands for the value that it tests: the compiler gives some jumps another place.
    """
    data = code.co_code
    if opname[data[offset]].startswith("POP_JUMP_"):
        offset = _find_tested(data, offset)
    found = next(islice(code.co_positions(), offset // _UNIT, None), None)
    if found is None:
        return None
    line, end_line, column, end_column = found
    if line is None or end_line is None or column is None or end_column is None:
        return None
    return [line, column, end_line, end_column]


def _find_next(data: bytes, offset: int) -> int:
    """Return the offset of the instruction behind a jump, its cache left out: a jump may lead to the one behind that."""
    at = offset + _UNIT
    while at < len(data) and opname[data[at]] in {"CACHE", "NOT_TAKEN"}:
        at += _UNIT
    return at


def _find_tested(data: bytes, offset: int) -> int:
    """Return the offset of the instruction that made the value which a jump tests."""
    at = offset - _UNIT
    while at > 0 and opname[data[at]] in _BESIDE:
        at -= _UNIT
    return max(at, 0)
