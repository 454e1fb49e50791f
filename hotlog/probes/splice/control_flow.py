"""How control and the evaluation stack move through a code object: what `splice` has to know before it inserts.

Works on single instructions. The `bytecode` package decodes them and knows what each does to the stack; its labels and
basic blocks are not used, because going through them recomputes the exception table.

What `Flow` works out, each step from those before:

1. The instructions without inline caches, and the offset of each (`_decode`).
2. Where each jump leads (`_targets`), the exception table (`_regions`), and which of its entries protects each instruction
   (`_region_of`).
3. Which instructions may run next (`_nexts`), and the `RESUME` that ends the prologue (`_resume`).
4. By a walk from there: what control can reach, how deep the evaluation stack is before each instruction, where control
   comes from, and which instructions may raise into a handler (`_walk`). Code with two depths for one instruction is refused.
5. An order in which each instruction comes after those that lead to it, but for loops (`reverse_postorder`).
6. In that order, the line and column of each instruction (`find_lines`).
7. The immediate dominators: the last instruction that every path passes before this one (`find_dominators`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bytecode import ConcreteBytecode, ConcreteInstr

from hotlog import __builtins__
from hotlog.errors import InstallError
from hotlog.namedtuple import NamedTuple
from hotlog.probes.splice.dominators import find_dominators, reverse_postorder
from hotlog.probes.splice.instruction_lines import find_lines

if TYPE_CHECKING:
    from types import CodeType

# Never followed: since 3.14 its argument tells `sys.monitoring` where the loop's `anext` is.
_NOT_FOLLOWED = frozenset({"END_ASYNC_FOR"})


class Region(NamedTuple):
    """One entry of the exception table.

    Attributes:
        start: offset of the first protected code unit.
        stop: offset after the last one.
        handler: index of the instruction that takes over.
        depth: what the evaluation stack is cut back to.
        lasti: whether the offset of the fault is pushed as well.
    """

    start: int
    stop: int
    handler: int
    depth: int
    lasti: bool


class Flow:
    """The control flow of one code object. Instructions are named by their index, inline caches not counted.

    Args:
        code: the code object; it is not changed.

    Attributes:
        concrete: the decoded code object, of the `bytecode` package.
        instrs: its instructions, without inline caches.
        targets: per instruction, the one its argument points to, or None.
        regions: the exception table.
        region_of: per instruction, the index of the region that protects it, or None.
        lines: per instruction, the source line, where it has one, stands for one, or inherits one.
        columns: per instruction, the column that it begins at, or inherits; None where none is known.
        depths: per instruction, the depth of the evaluation stack before it; None where it is unreachable.
        nexts: per instruction, those that may run next, exceptions not counted.
        sources: per instruction, the reachable ones that may run before it, exceptions not counted.
        raised: per instruction that is a handler, the reachable ones whose exceptions lead to it.
        unclear: lines of which nothing says on which ways their `pass` runs.
        resume: the `RESUME` that ends the prologue.

    Raises:
        InstallError: `cannot-splice`, where the code object is not one that CPython's compiler could have made.
    """

    def __init__(self, code: CodeType) -> None:
        self.concrete = ConcreteBytecode.from_code(code)
        self.instrs: list[ConcreteInstr] = []
        self.offsets: list[int] = []
        self._decode()  # step 1
        self.targets = self._targets()  # step 2
        self.regions = self._regions()
        self.region_of = self._region_of()
        # Step 3.
        self.nexts = [self._nexts(index) for index in range(len(self.instrs))]
        self.resume = self._resume()
        # Step 4.
        self.depths: list[int | None] = [None] * len(self.instrs)
        self.sources: list[list[int]] = [[] for _ in self.instrs]
        self.raised: dict[int, list[int]] = {}
        self._walk()
        # Step 5.
        self._order = reverse_postorder(self.resume, self._successors)
        self._rank = {index: rank for rank, index in enumerate(self._order)}
        self.lines, self.columns, self.unclear = find_lines(
            self.instrs, self._order, self.sources, self.raised, self.depths, self.resume
        )  # step 6
        self._of_line: dict[int, list[int]] = {}
        for index, line in enumerate(self.lines):
            if line is not None and self.depths[index] is not None:
                self._of_line.setdefault(line, []).append(index)
        self._dominators = find_dominators(self._order, self._rank, self._befores)  # step 7

    def within(self, first: int, last: int, column: int = 0) -> set[int]:
        """Return the instructions of these lines that control can reach, on the first line from this column on."""
        found = {index for line in range(first + 1, last + 1) for index in self._of_line.get(line, ())}
        return found | {
            index
            for index in self._of_line.get(first, ())
            if not column or (self.columns[index] or column) >= column
        }

    def falls_through(self, index: int) -> bool:
        """Return whether control may go from an instruction to the one after it."""
        return not self.instrs[index].is_final()

    def touches(self, index: int) -> int:
        """Return the depth of the lowest stack slot that an instruction reads or takes."""
        depth = self.depths[index]
        assert depth is not None  # noqa: S101 - callers look at reachable instructions only
        taken, _ = self.instrs[index].pre_and_post_stack_effect(jump=False)
        return depth + min(taken, 0)

    def dominator(self, index: int) -> int | None:
        """Return the nearest other instruction that every path to this one passes."""
        above = self._dominators[index]
        return None if above == index else above

    def dominates(self, above: int, index: int) -> bool:
        """Return whether every path to `index` passes `above`, or they are the same."""
        step: int | None = index
        while step is not None and self._rank[step] > self._rank[above]:
            step = self.dominator(step)
        return step == above

    def met_first(self, places: set[int]) -> set[int]:
        """Return those of the places that some path from the start comes to before any other of them."""
        met: set[int] = set()
        seen = {self.resume}
        waiting = [self.resume]
        while waiting:
            index = waiting.pop()
            if index in places:
                met.add(index)
                continue
            for following in self._successors(index):
                if following not in seen:
                    seen.add(following)
                    waiting.append(following)
        return met

    def between(self, first: int, lasts: set[int]) -> set[int]:
        """Return every instruction on a path from `first` to one of `lasts`, all of which it dominates."""
        seen = {first, *lasts}
        waiting = [last for last in lasts if last != first]
        while waiting:
            index = waiting.pop()
            for source in self._befores(index):
                if source not in seen:
                    seen.add(source)
                    waiting.append(source)
        return seen

    def _decode(self) -> None:
        offset = 0
        for instr in self.concrete:
            assert isinstance(instr, ConcreteInstr)  # noqa: S101 - from_code makes nothing else
            if instr.name != "CACHE":
                self.instrs.append(instr)
                self.offsets.append(offset)
            offset += instr.size // 2
        self.end = offset
        self._index_at = {offset: index for index, offset in enumerate(self.offsets)}

    def _index(self, offset: int) -> int:
        if offset not in self._index_at:
            raise InstallError(
                "cannot-splice", f"something points into the middle of an instruction ({offset})."
            )
        return self._index_at[offset]

    def _targets(self) -> list[int | None]:
        found: list[int | None] = []
        for offset, instr in zip(self.offsets, self.instrs, strict=True):
            # The package counts from the argument's own code unit, which follows its EXTENDED_ARG prefixes.
            target = instr.get_jump_target(offset)
            found.append(None if target is None else self._index(target))
        return found

    def _regions(self) -> list[Region]:
        return [
            Region(
                entry.start_offset,
                entry.stop_offset + 1,
                self._index(entry.target),
                entry.stack_depth,
                bool(entry.push_lasti),
            )
            for entry in self.concrete.exception_table
        ]

    def _region_of(self) -> list[int | None]:
        found: list[int | None] = [None] * len(self.instrs)
        for number, region in enumerate(self.regions):
            for offset in range(region.start, region.stop):
                if offset in self._index_at:
                    found[self._index_at[offset]] = number
        return found

    def _nexts(self, index: int) -> list[int]:
        instr, target = self.instrs[index], self.targets[index]
        nexts = [] if instr.is_final() else [index + 1]
        if target is not None and instr.name not in _NOT_FOLLOWED:
            nexts.append(target)
        return nexts

    def _resume(self) -> int:
        for index, instr in enumerate(self.instrs):
            if instr.name == "RESUME":
                return index
        raise InstallError("cannot-splice", "the code object has no RESUME: it is no function that runs.")

    def _walk(self) -> None:
        """Find what is reachable, and how deep the stack is there."""
        # The prologue is left out: `dis` counts it wrongly for generators (3.11), and nothing is inserted there.
        self._reach(self.resume, 0)
        waiting = [self.resume]
        while waiting:
            index = waiting.pop()
            depth = self.depths[index]
            assert depth is not None  # noqa: S101 - it has been reached
            instr, target = self.instrs[index], self.targets[index]
            # Its successors in normal control: a jump and a fall-through may change the depth differently.
            for following in self.nexts[index]:
                jumps = following == target and not (following == index + 1 and not instr.is_final())
                if self._reach(following, depth + instr.stack_effect(jump=jumps)):
                    waiting.append(following)
                self.sources[following].append(index)
            # Its handler: the stack is cut back, then the exception (and the offset of the fault) is pushed.
            number = self.region_of[index]
            if number is not None:
                region = self.regions[number]
                if self._reach(region.handler, region.depth + region.lasti + 1):
                    waiting.append(region.handler)
                self.raised.setdefault(region.handler, []).append(index)

    def _reach(self, index: int, depth: int) -> bool:
        """Set the depth at an instruction; return whether it is reached for the first time."""
        if index >= len(self.instrs):
            raise InstallError("cannot-splice", "control runs past the end of the code object.")
        known = self.depths[index]
        self.depths[index] = depth
        if known is None:
            return True
        if known != depth:
            raise InstallError(
                "cannot-splice",
                f"the evaluation stack is {known} or {depth} deep at instruction {index} "
                f"({self.instrs[index].name}), so its meaning is not known.",
            )
        return False

    def _successors(self, index: int) -> list[int]:
        number = self.region_of[index]
        return self.nexts[index] if number is None else [*self.nexts[index], self.regions[number].handler]

    def _befores(self, index: int) -> tuple[int, ...]:
        return (*self.sources[index], *self.raised.get(index, ()))
