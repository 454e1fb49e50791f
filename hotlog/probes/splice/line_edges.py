"""Where a line starts: the edges of the control flow on which a probe on that line fires.

The rule, for a line L of code whose source is not known:

1. *What belongs to L*: its instructions, and everything between an operand of theirs and them, where that operand's code
   lies on L or below it. So a call whose arguments stand on lines of their own is one thing; `x = (` starts where the value
   on the next line starts; a `for` or `with` header holds its whole loop or block, because the iterator and the exit
   function stay on the evaluation stack.
2. *Entering edges* lead from an instruction that does not belong to L to one that does. An exception's own way into a handler is
   none: a handler starts with `PUSH_EXC_INFO`, which belongs to no line, and the edge after it counts.
3. *Coming back is not entering*: an edge does not fire where it can only be reached through other places where L is entered
   (the tail of a `return` after the `finally` body has run; the second copy of a `while` test; the handlers of a `try` whose
   short body the compiler has copied to the ends of the branches above it), nor where it closes a loop that starts at L itself. Such a loop's last instruction lies below L; the test of an outer loop, which jumps straight
   to L, lies above it.

So every copy of a `finally` body fires, a header fires once before its statement, a loop's back edge does not fire. A line in the
middle of a statement that begins above it (an argument, a `case`) fires where its own instructions are entered, with what is
on the evaluation stack left in place. A line without instructions of its own, such as `if (` with its condition below, has no edge.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hotlog import __builtins__
from hotlog.errors import InstallError

if TYPE_CHECKING:
    from hotlog.probes.splice.control_flow import Flow

Edge = tuple[int, int]


def entry_edge(flow: Flow) -> Edge:
    """Return the edge on which the body begins: arguments are bound, a generator is at its first step."""
    return flow.resume, flow.resume + 1


def line_edges(flow: Flow, first: int, last: int, column: int = 0) -> list[Edge]:
    """Return the edges on which the statement in lines `first` to `last` is entered.

    Args:
        flow: the code object's control flow.
        first: the line.
        last: the last line of the statement where it is known, else `first`.
        column: where the statement begins on a line that something else begins, such as `except E: return`; else 0.

    Raises:
        InstallError: `line-not-in-code`, where the line has no instructions that control can enter; `cannot-splice`, where
            the compiler has left out on which ways it is entered.
    """
    if first in flow.unclear:
        raise InstallError(
            "cannot-splice",
            f"the statement in line {first} of {flow.concrete.qualname} has no instruction of its own: choose the one before it.",
        )
    # Step 1: what belongs to the line.
    members = flow.within(first, last, column)
    if not members:
        return _header_edges(flow, first)
    members = _with_operands(flow, members, first)
    # Step 2: the edges that enter it.
    entering = [
        (source, index)
        for index in sorted(members)
        for source in flow.sources[index]
        if source not in members
    ]
    # Step 3: without those that only come back.
    met_first = flow.met_first({index for _, index in entering})
    edges = [edge for edge in entering if edge[1] in met_first and not _closes_loop(flow, edge, first)]
    return edges or _header_edges(flow, first)


def _header_edges(flow: Flow, line: int) -> list[Edge]:
    """Return the entry edge for a `def` line, whose instructions are all prologue; refuse other lines."""
    location = flow.instrs[flow.resume].location
    if location is not None and location.lineno == line:
        return [entry_edge(flow)]
    raise InstallError(
        "line-not-in-code",
        f"line {line} of {flow.concrete.qualname} has no instruction that control enters: choose a line where a statement starts.",
    )


def _with_operands(flow: Flow, members: set[int], first: int) -> set[int]:
    """Add what lies between the operands of the members and them, as long as it starts at `first` or below."""
    # Until nothing is added: what lies between may have operands of its own.
    whole = set(members)
    fresh = members
    while fresh:
        # Where the operands of each new member begin, if that is on the line or below it.
        lasts: dict[int, set[int]] = {}
        for index in fresh:
            start = _operands_start(flow, index)
            line = None if start is None else flow.lines[start]
            if start is not None and line is not None and line >= first:
                lasts.setdefault(start, set()).add(index)
        # Everything between such a beginning and its members belongs to the line.
        added: set[int] = set()
        for start, indices in lasts.items():
            added |= flow.between(start, indices)
        fresh = added - whole
        whole |= fresh
    return whole


def _operands_start(flow: Flow, index: int) -> int | None:
    """Return the nearest instruction on every path to this one with none of its operands made yet."""
    # The instruction uses the stack from this slot up; if the stack is no higher before it, it has no operands.
    needed = flow.touches(index)
    if flow.depths[index] == needed:
        return None
    # Up the dominators, to the first one before which the stack is no higher than that slot.
    start = flow.dominator(index)
    while start is not None:
        depth = flow.depths[start]
        if depth is not None and depth <= needed:
            return start
        start = flow.dominator(start)
    return None


def _closes_loop(flow: Flow, edge: Edge, first: int) -> bool:
    """Return whether the edge is the back edge of a loop that starts at this line: it comes from the line or below."""
    source, index = edge
    line = flow.lines[source]
    return flow.dominates(index, source) and (line is None or line >= first)
