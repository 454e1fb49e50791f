"""Which line of the source each instruction belongs to.

Most say so themselves. This is about the others: an instruction without a line takes the one its predecessors share. The prologue
and the start of a handler belong to no statement, whatever their position says. And 3.11 gives lines to what no statement of
that line has made:

- the `RERAISE` after a `finally` body has that of the body's last statement, also where that has not run;
- so has a `NOP` where an `async with` is left;
- so has the `e = None; del e` with which `except E as e` ends;
- where the end of a handler is copied, the copy has the line of the original.

A `pass` leaves nothing else than one of these, or what follows it with its line. Where control may come to such a trace without
having come to the `pass`, its line is unclear, and nothing is put there: better no hit than a wrong one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hotlog import __builtins__
from hotlog.interpreter.quirks import RERAISES_WITHOUT_LINE
from hotlog.namedtuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bytecode import ConcreteInstr

# A `pass` leaves no instruction of its own where one of these follows: its line is found on that one.
_STANDS_FOR_PASS = frozenset(
    {
        "COPY",
        "JUMP_BACKWARD",
        "JUMP_BACKWARD_NO_INTERRUPT",
        "JUMP_FORWARD",
        "LIST_APPEND",
        "LOAD_CONST",
        "NOP",
        "POP_EXCEPT",
        "POP_TOP",
        "RERAISE",
        "RETURN_CONST",
        "RETURN_VALUE",
        "SWAP",
    }
)
# How 3.11 leaves an `async with`.
_ASYNC_EXIT = ["NOP", "LOAD_CONST", "LOAD_CONST", "LOAD_CONST", "PRECALL", "CALL", "GET_AWAITABLE"]


class InstructionLines(NamedTuple):
    """What is known of the lines.

    Attributes:
        lines: per instruction, the source line, where it has one, stands for one, or inherits one.
        columns: per instruction, the column that it begins at, or inherits; None where none is known.
        unclear: lines of which nothing says on which ways their `pass` runs.
    """

    lines: list[int | None]
    columns: list[int | None]
    unclear: set[int]


def find_lines(
    instrs: Sequence[ConcreteInstr],
    order: Sequence[int],
    sources: Sequence[Sequence[int]],
    raised: Mapping[int, Sequence[int]],
    depths: Sequence[int | None],
    resume: int,
) -> InstructionLines:
    """Find the line of each instruction. All arguments are attributes of a `Flow`, and mean what they mean there.

    Args:
        instrs: the instructions.
        order: those that control reaches, each after the ones that lead to it.
        sources: per instruction, those that may run before it.
        raised: per handler, those whose exceptions lead to it.
        depths: per instruction, the depth of the evaluation stack before it.
        resume: the `RESUME` that ends the prologue.
    """
    return _LineFinder(instrs, order, sources, raised, depths, resume).find()


class _LineFinder(NamedTuple):
    instrs: Sequence[ConcreteInstr]
    order: Sequence[int]
    sources: Sequence[Sequence[int]]
    raised: Mapping[int, Sequence[int]]
    depths: Sequence[int | None]
    resume: int

    def find(self) -> InstructionLines:
        own, unclear = self._made_lines()
        lines: list[int | None] = [None] * len(self.instrs)
        columns = lines[:]
        for index in self.order:
            name, location = self.instrs[index].name, self.instrs[index].location
            if index <= self.resume or name == "PUSH_EXC_INFO":
                continue
            lines[index], columns[index] = own[index], location.col_offset if location is not None else None
            # No line of its own: that of its predecessors, which come earlier in this order.
            if own[index] is None and name != "RERAISE":
                before = {(lines[source], columns[source]) for source in self.sources[index]}
                if len({line for line, _ in before}) == 1:
                    lines[index], columns[index] = min(before, key=lambda each: each[1] or 0)
        return InstructionLines(lines, columns, unclear)

    def _made_lines(self) -> tuple[list[int | None], set[int]]:
        """Return per instruction the line of the statement that has made it, and the lines that are unclear."""
        own = [self._own_line(index) for index in range(len(self.instrs))]
        unclear: set[int] = set()
        # Lines with an instruction that no `pass` could have left: their statements do something.
        busy = {
            line
            for index, line in enumerate(own)
            if self.instrs[index].name not in _STANDS_FOR_PASS and not self._forgets(index)
        }
        reraising: dict[tuple[int, int], list[int]] = {}  # by line and handler
        leaving = set() if RERAISES_WITHOUT_LINE else self._leaving()
        for index in self.order:
            name, line = self.instrs[index].name, own[index]
            if name == "RERAISE":
                handler = self._handler_of(index)
                if line in busy or (line, handler) in leaving:
                    own[index] = None
                elif line is not None and handler is not None and not RERAISES_WITHOUT_LINE:
                    reraising.setdefault((line, handler), []).append(index)
            elif name == "NOP" and line in busy:
                own[index] = None
            elif line is not None and line not in busy and self._leaves_async_with(index):
                own[index] = None
                unclear.add(line)
        self._strike_copied_exits(own, busy)
        for (line, _), ends in reraising.items():
            if self._may_pass_by(ends):
                unclear.add(line)
                for index in ends:
                    own[index] = None
        return own, unclear

    def _may_pass_by(self, ends: Sequence[int]) -> bool:
        """Return whether control may come to these `RERAISE` without having run the `pass` in whose line they are.

        Several ways lead there: the `pass` of an `if` stood on one. Or a `NOP` does: it is what `if 0:` leaves.
        """
        ways = [source for index in ends for source in self.sources[index]]
        return len(ways) > 1 or any(self.instrs[source].name == "NOP" for source in ways)

    def _strike_copied_exits(self, own: list[int | None], busy: set[int | None]) -> None:
        """Take the line from the end of a handler or function where control comes from other lines only: it is a copy."""
        if RERAISES_WITHOUT_LINE:
            return
        for first in self.order:
            names = [instr.name for instr in self.instrs[first : first + 2]]
            line = self._own_line(first)
            if (
                line in busy
                and (names[0] == "POP_EXCEPT" or names == ["LOAD_CONST", "RETURN_VALUE"])
                and all(self._own_line(source) != line for source in self.sources[first])
            ):
                for index in range(first, len(own)):
                    if own[index] != line:
                        break
                    own[index] = None
                    if self.instrs[index].is_final():
                        break

    def _leaves_async_with(self, index: int) -> bool:
        names = [instr.name for instr in self.instrs[index : index + len(_ASYNC_EXIT)]]
        return names == _ASYNC_EXIT

    def _leaving(self) -> set[tuple[int | None, int | None]]:
        """Return the lines whose statement leaves a handler, such as `continue` in a `finally`, each with that handler.

        Such a statement takes the exception off the stack, so it never comes to the handler's `RERAISE`.
        """
        return {
            (self._own_line(index), self._handler_of(index - 1))
            for index in self.order
            if self.instrs[index].name == "POP_EXCEPT" and self.instrs[index - 1].name == "POP_TOP"
        }

    def _handler_of(self, index: int) -> int | None:
        """Return the handler that put the exception on the stack which this instruction takes: a `PUSH_EXC_INFO`."""
        depth = self.depths[index]
        seen = {index}
        waiting = [index]
        while waiting:
            step = waiting.pop()
            if (
                self.instrs[step].name == "PUSH_EXC_INFO"
                and depth is not None
                and self.depths[step] == depth - 1
            ):
                return step
            for source in (*self.sources[step], *self.raised.get(step, ())):
                if source not in seen:
                    seen.add(source)
                    waiting.append(source)
        return None

    def _forgets(self, index: int) -> bool:
        """Return whether it is a part of `e = None; del e`, in one position."""
        number = index - 1 if self.instrs[index].name.startswith("DELETE_") else index
        if not 0 < number < len(self.instrs) - 1:
            return False
        load, store, delete = self.instrs[number - 1 : number + 2]
        return (
            load.name == "LOAD_CONST"
            and store.name.startswith("STORE_")
            and delete.name == store.name.replace("STORE", "DELETE")
            and store.arg == delete.arg
            and load.location == store.location == delete.location
        )

    def _own_line(self, index: int) -> int | None:
        location = self.instrs[index].location
        return location.lineno if location is not None else None
