"""Proves that a rewritten code object is the old one plus calls of the hooks, and nothing else.

Reads both code objects from their raw bytes and tables, with no part in common with what wrote the new one (the `bytecode`
package is not used here), because a wrong exception table does not fail: it gives wrong results, or crashes the process.

1. Compare what is outside of the instructions: names, flags, variables, nested code objects (`validate`).
2. Decode both codes with positions and handlers (`_instructions`, `_handlers`).
3. Recognise what was inserted: calls of a hook without arguments, and jumps that only skip such calls (`_inserted`). All
   other instructions of the new code must be the old ones, in order; they are compared in pairs (`_Comparison.run`).
4. Of each pair: name, caches, argument, position (`_same_instruction`). A jump, or the way to the next instruction, must lead
   to the partner of where it led, past inserted instructions only. The exception handler must be the partner's, with the
   same depth (`_same_handler`).
5. Of each inserted instruction: it lies behind the prologue, has the handler of the instruction that it leads to, and does
   not separate two instructions that the interpreter takes together (`_well_placed`).
6. The stack must have room for a call (`_Comparison.run`).
"""

from __future__ import annotations

import dis
from types import CodeType
from typing import TYPE_CHECKING, Any, NoReturn

from hotlog import __builtins__
from hotlog.errors import InstallError
from hotlog.interpreter.quirks import (
    ATTRIBUTE_NAMES_ARE_SHIFTED,
    CALLS_WITHOUT_PRECALL,
    END_FOR_LEAVES_ITERATOR,
    NAMES_CACHE_ENTRIES,
    PUSHES_NULL_AFTER_CALLABLE,
)
from hotlog.namedtuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_ATTRIBUTES = (
    "co_name",
    "co_qualname",
    "co_filename",
    "co_firstlineno",
    "co_flags",
    "co_argcount",
    "co_posonlyargcount",
    "co_kwonlyargcount",
    "co_varnames",
    "co_cellvars",
    "co_freevars",
)

_CALLABLE = ("LOAD_CONST", "PUSH_NULL") if PUSHES_NULL_AFTER_CALLABLE else ("PUSH_NULL", "LOAD_CONST")
_CALL = (*_CALLABLE, *(() if CALLS_WITHOUT_PRECALL else ("PRECALL",)), "CALL", "POP_TOP")
_CALL_STACK = 2
_LOAD = _CALL.index("LOAD_CONST")

# The interpreter takes these together with the instruction before them, or jumps past them without a look.
_NEVER_BEFORE = frozenset(
    {
        "CLEANUP_THROW",
        "END_ASYNC_FOR",
        "END_FOR",
        "END_SEND",
        "JUMP_BACKWARD_NO_INTERRUPT",
        "NOT_TAKEN",
        "POP_ITER",
        "PUSH_EXC_INFO",
        "RESUME",
        "RETURN_GENERATOR",
        "SEND",
        "YIELD_VALUE",
    }
)
_NEVER_AFTER = frozenset({"KW_NAMES", "PRECALL"} | ({"END_FOR"} if END_FOR_LEAVES_ITERATOR else set()))
_FINAL = frozenset({"RETURN_VALUE", "RETURN_CONST", "RAISE_VARARGS", "RERAISE"})

# How far the name's number is shifted in the argument, to make room for flags.
_NAME_SHIFT = {"LOAD_GLOBAL": 1}
if ATTRIBUTE_NAMES_ARE_SHIFTED:
    _NAME_SHIFT |= {"LOAD_ATTR": 1, "LOAD_SUPER_ATTR": 2}

_JUMPS = frozenset(dis.hasjrel) | frozenset(dis.hasjabs)


class _Handler(NamedTuple):
    """An entry of the exception table: where to, how deep the stack is cut, and whether the fault's offset is pushed."""

    offset: int
    depth: int
    lasti: bool


class _Instruction(NamedTuple):
    offset: int
    name: str
    arg: int
    caches: bytes
    following: int  # the offset after it
    target: int | None
    position: tuple[int | None, int | None, int | None, int | None]
    handler: _Handler | None


def validate(old: CodeType, new: CodeType, hooks: Sequence[object]) -> None:
    """Compare a rewritten code object with the one it was made of.

    Every instruction must keep its place in order, its meaning, position, exception handler and stack depth; every way of
    control between two of them must stay, and may pass calls of the hooks only.

    Args:
        old: the code object as it was.
        new: the code object as it is to be installed.
        hooks: what the new one may call in addition.

    Raises:
        InstallError: `failed-validation`, with the first difference.
    """
    # Step 1.
    for attribute in _ATTRIBUTES:
        if getattr(old, attribute) != getattr(new, attribute):
            _fail(f"{attribute} is {getattr(new, attribute)!r} instead of {getattr(old, attribute)!r}")
    if not _same_all(_nested(old), _nested(new)):
        _fail("the code objects nested in it are not the same ones in the same order")
    _Comparison(old, new, hooks).run()  # steps 2 to 6


def _fail(difference: str) -> NoReturn:
    raise InstallError(
        "failed-validation", f"the rewritten code is not the old code plus calls: {difference}."
    )


class _Comparison:
    """Two code objects, decoded, with their instructions in pairs."""

    def __init__(self, old: CodeType, new: CodeType, hooks: Sequence[object]) -> None:
        self.old_code, self.new_code = old, new
        self.old, self.new = _instructions(old), _instructions(new)  # step 2
        # Step 3.
        self.inserted = _inserted(self.new, new.co_consts, hooks)
        self.kept = [instr for number, instr in enumerate(self.new) if number not in self.inserted]
        self.number_at = {instr.offset: number for number, instr in enumerate(self.new)}
        # The two code objects' instructions, paired by their order.
        self.moved = {was.offset: now.offset for was, now in zip(self.old, self.kept, strict=False)}

    def run(self) -> None:
        """Compare all instructions; refuse the first difference."""
        # Steps 3 and 4.
        for was, now in zip(self.old, self.kept, strict=False):
            self._same_instruction(was, now)
        if len(self.old) != len(self.kept):
            _fail(f"it has {len(self.kept)} instructions of the old code, which has {len(self.old)}")
        # Step 5.
        for number in sorted(self.inserted):
            self._well_placed(number)
        # Step 6.
        needed = self.old_code.co_stacksize + (_CALL_STACK if self.inserted else 0)
        if self.new_code.co_stacksize < needed:
            _fail(f"its stack holds {self.new_code.co_stacksize} values where {needed} are needed")

    def _same_instruction(self, was: _Instruction, now: _Instruction) -> None:
        where = f"{was.name} at offset {2 * was.offset} (line {was.position[0]})"
        if was.name != now.name:
            _fail(f"{where} has become {now.name}")
        if was.caches != now.caches:
            _fail(f"{where} has other inline caches")
        if was.target is None:
            if not self._same_argument(was, now):
                _fail(f"{where} has another argument")
        elif now.target is None or self._leads_to(now.target) != self.moved.get(was.target):
            _fail(f"{where} jumps to another place")
        if was.name not in _FINAL and self._leads_to(now.following) != self.moved.get(was.following):
            _fail(f"{where} is followed by another instruction")
        if was.position != now.position:
            _fail(f"{where} has the position {now.position} instead of {was.position}")
        self._same_handler(where, was.handler, now.handler)

    def _same_argument(self, was: _Instruction, now: _Instruction) -> bool:
        opcode = dis.opmap[was.name]
        if opcode in dis.hasconst:
            return _same(self.old_code.co_consts[was.arg], self.new_code.co_consts[now.arg])
        if opcode in dis.hasname:
            shift = _NAME_SHIFT.get(was.name, 0)
            flags = (1 << shift) - 1
            before, after = self.old_code.co_names, self.new_code.co_names
            return was.arg & flags == now.arg & flags and before[was.arg >> shift] == after[now.arg >> shift]
        if was.name == "KW_NAMES":
            return _same(self.old_code.co_consts[was.arg], self.new_code.co_consts[now.arg])
        return was.arg == now.arg

    def _same_handler(self, where: str, was: _Handler | None, now: _Handler | None) -> None:
        if (was is None) != (now is None):
            _fail(f"{where} is {'no longer' if was else 'now'} protected by an exception handler")
        if was is None or now is None:
            return
        if self.moved.get(was.offset) != now.offset:
            _fail(f"{where} has another exception handler")
        if (was.depth, was.lasti) != (now.depth, now.lasti):
            _fail(f"{where} has a handler that cuts the stack to {now.depth} instead of {was.depth}")

    def _leads_to(self, offset: int) -> int | None:
        """Return the offset of the original instruction that control reaches here, past inserted ones."""
        number = self.number_at.get(offset)
        while number is not None and number in self.inserted:
            instr = self.new[number]
            number = self.number_at.get(instr.following if instr.target is None else instr.target)
        return None if number is None else self.new[number].offset

    def _well_placed(self, number: int) -> None:
        instr = self.new[number]
        # It leads to an old instruction, and is protected as that one.
        following = self._leads_to(instr.offset)
        if following is None:
            _fail(f"an inserted {instr.name} leads nowhere")
        reached = self.new[self.number_at[following]]
        if reached.handler != instr.handler:
            _fail(
                f"the call before {reached.name} (line {reached.position[0]}) has another exception handler than it"
            )
        # It lies behind `RESUME`, and between instructions that may be separated.
        before = next((self.new[step] for step in range(number, -1, -1) if step not in self.inserted), None)
        if before is None or all(step.name != "RESUME" for step in self.new[:number]):
            _fail("a call lies in the prologue")
        if reached.name in _NEVER_BEFORE or before.name in _NEVER_AFTER:
            _fail(f"a call separates {before.name} and {reached.name}")


def _instructions(code: CodeType) -> list[_Instruction]:
    raw = code.co_code
    positions = list(code.co_positions())
    handlers = _handlers(code.co_exceptiontable)
    found: list[_Instruction] = []
    unit = start = arg = 0
    while unit < len(raw) // 2:
        # An argument of more than one byte has its high bytes in prefixes.
        opcode = raw[2 * unit]
        arg = arg << 8 | raw[2 * unit + 1]
        unit += 1
        if opcode == dis.EXTENDED_ARG:
            continue
        name = dis.opname[opcode]
        following = unit + _cache_units(opcode)
        target = None
        if opcode in _JUMPS:
            target = following + (-arg if "BACKWARD" in name or name == "END_ASYNC_FOR" else arg)
        found.append(
            _Instruction(
                start,
                name,
                arg,
                raw[2 * unit : 2 * following],
                following,
                target,
                positions[unit - 1],
                handlers.get(unit - 1),
            )
        )
        # A call that fails may be looked up at one of its caches.
        if any(handlers.get(each) != handlers.get(unit - 1) for each in range(unit, following)):
            _fail(
                f"{name} at offset {2 * start} (line {positions[unit - 1][0]}) is partly protected by another handler"
            )
        unit = start = following
        arg = 0
    return found


def _cache_units(opcode: int) -> int:
    entries: Any = dis._inline_cache_entries  # type: ignore[attr-defined]  # noqa: SLF001 - nothing public says it
    return int(entries.get(dis.opname[opcode], 0) if NAMES_CACHE_ENTRIES else entries[opcode])


def _handlers(table: bytes) -> dict[int, _Handler]:
    """Return the handler of each protected code unit (CPython, InternalDocs/exception_handling.md)."""
    found: dict[int, _Handler] = {}
    stream = iter(table)
    for first in stream:
        start = _number(first, stream)
        length = _number(next(stream), stream)
        offset = _number(next(stream), stream)
        depth = _number(next(stream), stream)
        handler = _Handler(offset, depth >> 1, bool(depth & 1))
        for unit in range(start, start + length):
            # The interpreter takes the first entry that holds the unit.
            found.setdefault(unit, handler)
    return found


def _number(first: int, stream: Iterator[int]) -> int:
    """Read a number: six bits a byte, the highest first; bit 6: more follow, bit 7: an entry starts."""
    value, more = first & 63, first & 64
    while more:
        byte = next(stream)
        value, more = value << 6 | byte & 63, byte & 64
    return value


def _inserted(new: list[_Instruction], consts: tuple[object, ...], hooks: Sequence[object]) -> set[int]:
    """Return the numbers of the instructions that call a hook, and of the jumps that only skip such calls."""
    # Calls of a hook, by their exact sequence, the hook's identity, and no arguments.
    found: set[int] = set()
    for number in range(len(new) - len(_CALL) + 1):
        call = new[number : number + len(_CALL)]
        if tuple(instr.name for instr in call) != _CALL:
            continue
        hook = consts[call[_LOAD].arg]
        if any(hook is known for known in hooks) and not any(
            instr.arg for instr in call if "CALL" in instr.name
        ):
            found |= set(range(number, number + len(_CALL)))
    # Jumps that skip such calls alone. Backwards, so that a jump over calls and over another such jump is seen as one.
    for number in range(len(new) - 1, -1, -1):
        instr = new[number]
        if instr.name == "JUMP_FORWARD" and number + 1 in found:
            skipped = number + 1
            while skipped in found:
                skipped += 1
            if skipped < len(new) and instr.target == new[skipped].offset:
                found.add(number)
    return found


def _nested(code: CodeType) -> list[object]:
    return [const for const in code.co_consts if isinstance(const, CodeType)]


def _same_all(left: Sequence[object], right: Sequence[object]) -> bool:
    return len(left) == len(right) and all(a is b for a, b in zip(left, right, strict=True))


def _same(left: object, right: object) -> bool:
    """Return whether two constants are the same; `==` alone takes `1` for `True` and `0.0` for `-0.0`."""
    return left is right or (type(left) is type(right) and left == right and repr(left) == repr(right))
