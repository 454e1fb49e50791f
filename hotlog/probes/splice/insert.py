"""The `splice` backend: probe calls inserted into a code object whose source is missing or is another one.

A pure function from code object to code object, `splice`:

1. Decode the code object and find its control flow (`control_flow.Flow`).
2. Find the edges of the control flow on which each probe fires (`line_edges`).
3. Group the edges into an instruction by the calls they make: each group becomes a block of calls before the instruction
   (`_blocks`). The block that control falls into comes first, so that falling through needs no jump.
4. Write the new sequence of instructions (`_assemble`): the blocks, then the instruction itself. Behind each block but the
   last, and before the first where control falls into the instruction without a call, stands a jump past the other blocks.
   A jump of the old code leads to the block that its edge belongs to, else to the instruction.
5. Fill in the arguments of all jumps, again and again until their lengths settle (`_link`): a longer distance may need
   prefixes, which make other distances longer.
6. Add inline caches, and write the exception table for the new offsets: a block is protected as its instruction is
   (`_exception_table`).
7. Compare the new code object with the old one, from their bytes, before anybody runs it (`validate`).

The `bytecode` package decodes and encodes (arguments, inline caches, line table, exception table). Its labels are not used,
only its concrete instructions: so constants and names keep their numbers and the exception table keeps its depths, which the
package's defaults get wrong.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from bytecode import ConcreteInstr
from bytecode.concrete import ExceptionTableEntry
from bytecode.instr import InstrLocation

from hotlog import __builtins__
from hotlog.errors import InstallError
from hotlog.interpreter.quirks import (
    CALLS_WITHOUT_PRECALL,
    INLINES_COMPREHENSIONS,
    PUSHES_NULL_AFTER_CALLABLE,
)
from hotlog.namedtuple import NamedTuple
from hotlog.probes.splice.control_flow import Flow
from hotlog.probes.splice.line_edges import Edge, entry_edge, line_edges
from hotlog.probes.splice.validate import validate

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import CodeType

STACK_SLOTS = 2  # the hook and the NULL that a call of no method needs
_OPTIMIZED = 0x1  # inspect.CO_OPTIMIZED: the local variables of a function


class Insertion(NamedTuple):
    """One probe to insert.

    Attributes:
        line: the line whose start is probed; ignored for `entry`.
        kind: `line`, or `entry`: once the arguments are bound, before the first statement.
        hook: called without arguments; what it returns is dropped. It finds the frame with `sys._getframe(1)`.
        span: first and last line of the statement, where its source is known.
        column: where it begins on a line that something else begins; else 0.
    """

    line: int
    kind: Literal["line", "entry"]
    hook: Callable[..., object]
    span: tuple[int, int] | None = None
    column: int = 0


def splice(code: CodeType, insertions: Sequence[Insertion]) -> CodeType:
    """Return a copy of the code object that calls the hooks.

    Hooks that meet at one place are called in the order of the insertions. Code objects nested in it are left as they are.

    Raises:
        InstallError: `line-not-in-code`, `cannot-splice` or `failed-validation`; the message says why.
    """
    if not code.co_flags & _OPTIMIZED and code.co_varnames and INLINES_COMPREHENSIONS:
        # An inlined comprehension's variables are hidden from the class namespace; a rebuilt code object shows them.
        raise InstallError("cannot-splice", "a class body with a comprehension cannot be rebuilt unchanged.")
    flow = Flow(code)  # step 1
    # Step 2: which calls each edge makes, in the order of the insertions.
    calls: dict[Edge, list[_Call]] = {}
    for insertion in insertions:
        for edge, line in _edges(flow, insertion):
            calls.setdefault(edge, []).append(_Call(insertion.hook, line))
    new = _assemble(flow, _blocks(flow, calls), code)  # steps 3 to 6
    # Step 7.
    validate(code, new, [insertion.hook for insertion in insertions])
    return new


class _Call(NamedTuple):
    hook: Callable[..., object]
    line: int


class _Block(NamedTuple):
    """Calls that are made on some of the ways into an instruction.

    Attributes:
        calls: what is called, in order.
        sources: the instructions that come this way.
    """

    calls: tuple[_Call, ...]
    sources: frozenset[int]


def _edges(flow: Flow, insertion: Insertion) -> list[tuple[Edge, int]]:
    if insertion.kind == "entry":
        edge = entry_edge(flow)
        return [(edge, flow.lines[edge[1]] or flow.concrete.first_lineno)]
    first, last = insertion.span or (insertion.line, insertion.line)
    return [(edge, first) for edge in line_edges(flow, first, last, insertion.column)]


def _blocks(flow: Flow, calls: dict[Edge, list[_Call]]) -> dict[int, list[_Block]]:
    """Return the blocks that go before each instruction; one that control falls into comes first."""
    # Per instruction and list of calls, the instructions that come that way.
    ways: dict[int, dict[tuple[_Call, ...], set[int]]] = {}
    for (source, index), made in calls.items():
        ways.setdefault(index, {}).setdefault(tuple(made), set()).add(source)
    return {
        index: sorted(
            (_Block(made, frozenset(sources)) for made, sources in blocks.items()),
            key=lambda block: not _is_fallen_into(flow, block, index),
        )
        for index, blocks in ways.items()
    }


def _is_fallen_into(flow: Flow, block: _Block, index: int) -> bool:
    return index - 1 in block.sources and flow.falls_through(index - 1)


class _Place(NamedTuple):
    """Where a jump goes: an instruction of the old code, or the block of that number before it."""

    instr: int
    block: int | None = None


class _Item(NamedTuple):
    """One instruction of the new code.

    Attributes:
        instr: the instruction; the argument of a jump is filled in last.
        target: where it jumps to.
        region: index of the exception table's entry that protects it.
    """

    instr: ConcreteInstr
    target: _Place | None
    region: int | None


def _assemble(flow: Flow, blocks: dict[int, list[_Block]], code: CodeType) -> CodeType:
    """Return the new code object: steps 4 to 6 of the outline."""
    concrete = flow.concrete
    items: list[_Item] = []
    places: dict[_Place, int] = {}
    # Constants by identity: a hook that several calls share is added once.
    numbers: dict[int, int] = {}
    for number, const in enumerate(concrete.consts):
        numbers.setdefault(id(const), number)
    for index, instr in enumerate(flow.instrs):
        before = blocks.get(index, [])
        region = flow.region_of[index]
        # Control falls in without a call: it jumps past the blocks.
        if before and index and flow.falls_through(index - 1) and not _is_fallen_into(flow, before[0], index):
            items.append(_skip(_Place(index), region))
        # The blocks, each with a jump past those behind it.
        for number, block in enumerate(before):
            places[_Place(index, number)] = len(items)
            items += [
                _Item(part, None, region)
                for call in block.calls
                for part in _call(concrete.consts, numbers, call)
            ]
            if block is not before[-1]:
                items.append(_skip(_Place(index), region))
        # The instruction itself; its jump leads to the block that its edge belongs to.
        places[_Place(index)] = len(items)
        target = flow.targets[index]
        place = None if target is None else _way(index, target, blocks)
        items.append(_Item(instr, place, region))
    # Steps 5 and 6.
    offsets = _link(items, places)
    concrete[:] = [unit for item in items for unit in (item.instr, *_caches(item.instr))]
    concrete.exception_table = _exception_table(flow, items, places, offsets)
    return concrete.to_code(stacksize=code.co_stacksize + STACK_SLOTS, compute_exception_stack_depths=False)


def _way(source: int, target: int, blocks: dict[int, list[_Block]]) -> _Place:
    """Return where a jump leads: to the block for its edge, else to the old target."""
    for number, block in enumerate(blocks.get(target, [])):
        if source in block.sources:
            return _Place(target, number)
    return _Place(target)


def _skip(place: _Place, region: int | None) -> _Item:
    return _Item(
        ConcreteInstr("JUMP_FORWARD", 0, location=InstrLocation(None, None, None, None)), place, region
    )


def _call(consts: list[object], numbers: dict[int, int], call: _Call) -> list[ConcreteInstr]:
    number = numbers.setdefault(id(call.hook), len(consts))
    if number == len(consts):
        consts.append(call.hook)
    location = InstrLocation(call.line, call.line, None, None)
    load = ConcreteInstr("LOAD_CONST", number, location=location)
    null = ConcreteInstr("PUSH_NULL", location=location)
    parts = [load, null] if PUSHES_NULL_AFTER_CALLABLE else [null, load]
    if not CALLS_WITHOUT_PRECALL:
        parts.append(ConcreteInstr("PRECALL", 0, location=location))
    parts += [ConcreteInstr("CALL", 0, location=location), ConcreteInstr("POP_TOP", location=location)]
    return parts


def _caches(instr: ConcreteInstr) -> list[ConcreteInstr]:
    return [ConcreteInstr("CACHE", 0, location=instr.location)] * instr.use_cache_opcodes()


def _link(items: list[_Item], places: dict[_Place, int]) -> list[int]:
    """Fill in the arguments of the jumps; return the offset of each item and, last, the end."""
    while True:
        # The offset of each item, as long as the arguments are now.
        offsets = [0]
        for item in items:
            offsets.append(offsets[-1] + item.instr.size // 2 + item.instr.use_cache_opcodes())
        # The distance of each jump; where it needs another length, the offsets are to be counted anew.
        settled = True
        for number, item in enumerate(items):
            if item.target is None:
                continue
            distance = abs(offsets[places[item.target]] - offsets[number + 1])
            prefixes = max(
                0, (distance.bit_length() - 1) // 8, item.instr.size // 2 - 1
            )  # never fewer: it must end
            settled = settled and prefixes == item.instr.size // 2 - 1
            instr = ConcreteInstr(
                item.instr.name, distance, location=item.instr.location, extended_args=prefixes or None
            )
            items[number] = item._replace(instr=instr)
        if settled:
            return offsets


def _exception_table(
    flow: Flow, items: list[_Item], places: dict[_Place, int], offsets: list[int]
) -> list[ExceptionTableEntry]:
    """Return the exception table for the new offsets: items in a row with the same region share an entry."""
    table: list[ExceptionTableEntry] = []
    before: int | None = None
    for number, item in enumerate(items):
        last = offsets[number + 1] - 1
        if item.region is not None and item.region == before:
            table[-1].stop_offset = last
        elif item.region is not None:
            region = flow.regions[item.region]
            handler = offsets[places[_Place(region.handler)]]
            table.append(ExceptionTableEntry(offsets[number], last, handler, region.depth, region.lasti))
        before = item.region
    return table
