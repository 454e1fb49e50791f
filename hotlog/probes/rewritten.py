"""Code that another tool has rewritten: which tool it was, and whether a statement is still where its source says.

Type checkers and test runners parse the source, add statements and compile it anew: the function has other lines than its source then, and
most of its statements are where they were. A statement *proves itself* where all names and constants of its own lines and of the lines
around it come in these lines of the running code, and so they do in most lines of the function. In a file that was edited
since, so that its lines have moved, they do not.
"""

from __future__ import annotations

import dis
from collections import Counter
from types import CodeType
from typing import TYPE_CHECKING, Final

from hotlog import __builtins__

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hotlog.source.statements import Location

    Words = dict[int, list[object]]

_SHARE_MIN: Final = 3 / 4  # of the function's lines
_OPENING_MAX: Final = 3  # lines of a statement that are looked at
_TOOLS: Final = ("beartype", "coverage", "ddtrace", "opentelemetry", "typeguard")
# Since 3.14: their argument is a number of the interpreter's, not of the source.
_NUMBERED: Final = frozenset({"LOAD_COMMON_CONSTANT", "LOAD_SPECIAL"})
_ATOMS: Final = frozenset({bool, bytes, complex, float, int, str})


def describe_difference(code: CodeType) -> str:
    """Return the sentence that says that a function does not run the code of its source, and what rewrote it."""
    tool = _tool_of(code)
    why = f"{tool} has rewritten it" if tool else "it was rewritten, or the file was edited after the import"
    return f"{code.co_qualname} does not run the code of its source: {why}"


class Comparison:
    """The lines of a running function beside those that its source compiles to; worked out once, for all its probes.

    Args:
        code: what runs.
        reference: what the source compiles to.
        has_same_lines: both have the same lines. Else statements without a name or constant, such as `pass`, prove nothing.
    """

    def __init__(self, code: CodeType, reference: CodeType, *, has_same_lines: bool) -> None:
        self._is_equal, self._has_same_lines = code == reference, has_same_lines
        self._wanted: Words = {}
        self._body: list[int] = []
        self._same: set[int] = set()
        if not self._is_equal:
            self._wanted, found = words_by_line(reference), words_by_line(code)
            self._body = sorted(line for line in self._wanted if line > reference.co_firstlineno)
            self._same = {line for line in self._body if _is_within(self._wanted[line], found.get(line))}

    def proves(self, place: Location) -> bool:
        """Return whether a statement, or the entry of the function, is in the running code where the source says."""
        body = self._body
        if self._is_equal or not body:
            return self._is_equal or self._has_same_lines
        if place.kind == "entry":
            needed = body[:2]
        else:
            own = [line for line in body if place.line <= line <= place.end][:_OPENING_MAX]
            before = [line for line in body if line < place.line][-1:]
            after = [line for line in body if line > max(own, default=place.line)][:1]
            needed = [*before, *own, *after]
        words = sum(len(self._wanted[line]) for line in needed)
        return (
            set(needed) <= self._same
            and (self._has_same_lines or words > len(needed))
            and len(self._same) >= _SHARE_MIN * len(body)
        )


def words_by_line(code: CodeType) -> Words:
    """Return the names and constants that the instructions of each line use, in their order; one without a line has none."""
    found: Words = {}
    for instr in dis.get_instructions(code):
        line = instr.positions.lineno if instr.positions is not None else None
        if line is not None and instr.opname != "RESUME":
            found.setdefault(line, []).extend(_words_of(instr))
    return found


def _words_of(instr: dis.Instruction) -> Iterator[object]:
    value = instr.argval
    if instr.opname in _NUMBERED:
        return
    if instr.opname.startswith(("LOAD_", "STORE_", "DELETE_", "IMPORT_", "RETURN_CONST")):
        for each in value if type(value) is tuple and instr.opcode not in dis.hasconst else (value,):
            if type(each) is CodeType:
                yield "code", each.co_name
            elif type(each) in _ATOMS:
                yield type(each), each


def _is_within(wanted: Sequence[object], found: Sequence[object] | None) -> bool:
    """Return whether all of these words are among those, as often. Their order may be another: `1 + x` for `x + 1`."""
    return not Counter(wanted) - Counter(found or ())


def _tool_of(code: CodeType) -> str:
    names = {*code.co_names, *code.co_varnames}
    if any(name.startswith(("@py_", "@pytest_")) for name in names):
        return "pytest"
    homes = {name.partition(".")[0] for name in names} | {
        type(each).__module__.partition(".")[0] for each in code.co_consts
    }
    homes |= {each.__module__.partition(".")[0] for each in code.co_consts if type(each) is _FUNCTION}
    # beartype puts no module's name in, but names of its own such as `__die_if_unbearable_beartype__`.
    homes |= {word for name in names if name.startswith("__") for word in name.split("_")}
    return next((tool for tool in _TOOLS if tool in homes), "")


_FUNCTION: Final = type(describe_difference)
