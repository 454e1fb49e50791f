"""Writes the function of a condition: its statements, what it looks up, and how a value is looked at before an operator is."""

from __future__ import annotations

import os
from sys import _getframe
from typing import TYPE_CHECKING, Any, Final
from weakref import ref

from hotlog import __builtins__, internal_errors
from hotlog.expressions.compiled.exact_kinds import MISSING
from hotlog.expressions.compiled.plain_fields import PlainFields
from hotlog.expressions.compiled.plain_reads import NO, SCALARS, TEXT_KEYED, PlainReads, has_text_keys
from hotlog.expressions.safe_builtins import BUILTINS
from hotlog.expressions.vocabulary import FUNCTIONS, TYPES
from hotlog.reading.budget import Unavailable

if TYPE_CHECKING:
    import ast
    from collections.abc import Callable, Sequence
    from types import CodeType, FrameType

    from hotlog.reading.reader import Reader

    Test = Callable[..., Any]

ASK: Final = "ask"
LARGE: Final = 2**63

_FILE: Final = f"{os.path.dirname(internal_errors.__file__)}{os.sep}<condition>"


class Unknown(Exception):  # noqa: N818 -- no error: the evaluator decides
    """The condition holds something that has no compiled form."""


class Value:
    """A value in the code that is being written.

    Attributes:
        code: how it is written.
        kind: its exact type, where that is certain; None: anything.
        is_read: it comes from the application, and may hold a secret.
        literal: it is a constant.
    """

    __slots__ = ("code", "is_read", "kind", "literal")

    def __init__(self, code: str, kind: Any = None, *, is_read: bool = False, literal: Any = MISSING) -> None:
        self.code, self.kind, self.is_read, self.literal = code, kind, is_read, literal


class CodeWriter:
    """Writes a function, statement by statement."""

    def __init__(
        self,
        passed: Sequence[str],
        calls: Sequence[str],
        reader: Reader,
        around: frozenset[str] | None,
        fields: PlainFields | None = None,
    ) -> None:
        self._reads = PlainReads(reader)
        self._redaction = reader.redaction
        self._below = reader.redaction.shown_below
        self._around = frozenset(map(str.lower, around)) if around is not None else None
        self._lines: list[str] = []
        self._depth = 2
        self._count = 0
        self._names: dict[str, str] = {name: f"a{place}" for place, name in enumerate(passed)}
        self._called = {name: f"c{place}" for place, name in enumerate(calls)}
        self._found: dict[str, str] = {}  # names that come from the frame
        self._late: list[str] = []  # reads that are looked at only where the test is true
        self._open: set[str] = set()  # what needs no further look
        self._in_loop = False
        self._fields = fields or PlainFields(reader)
        reads = self._reads
        self._space: dict[str, Any] = {
            "__builtins__": __builtins__, "__name__": __name__, "__package__": __package__,
            "ASK": ASK, "NO": NO, "TEXT_KEYED": TEXT_KEYED, "has_text_keys": has_text_keys, "SCALARS": SCALARS,
            "shows": reads.shows, "is_open": reads.is_open, "item": reads.item, "get_item": reads.get, "slice_of": reads.slice_of,
            "contains": reads.contains, "length": reads.length, "elements": reads.elements, "truth": reads.truth,
            "compare": reads.compare, "compute": reads.compute, "short_name": reads.short_name, "is_instance": reads.is_instance,
            "is_open_sequence": reads.is_open_sequence, "is_harmless": reads.is_harmless, "decimal": reads.decimal, "shown": reads.shown,
            "takes": internal_errors.takes, "note": _note, "getframe": _getframe,
        }  # fmt: skip

    # --- writing -----------------------------------------------------------------------------------------------------

    def finish(self, verdict: str) -> Test:
        """Return the function, of a test."""
        self._line(f"if not ({verdict}):")
        self._line("    return False")
        for late in self._late:
            self._need_open(late)
        self._line("return True")
        return self._compiled()

    def finish_value(self, value: Value) -> Test:
        """Return the function, of a value."""
        for late in self._late:
            self._need_open(late)
        self._line(f"return {value.code}")
        return self._compiled()

    def _compiled(self) -> Test:
        arguments = [*self._names.values(), *self._called.values(), "frame=None"]
        found = list(self._found.items())
        head = [f"def test({', '.join(arguments)}):", "    try:"]
        start = [f"        {late} = None" for late in self._late if late.startswith("v")]
        if found:
            start += ["        if frame is None:", "            frame = getframe(1)"]
            for name, variable in found:
                start += [
                    f"        {variable} = {self._keep(Finder(name).find)}(frame)",
                    f"        if {variable} is NO:",
                    "            return ASK",
                ]
        for name, variable in self._called.items():
            known = self._keep(KNOWN_CALLS[name])
            start += [f"        if {variable} is not {known}:", "            return ASK"]
        end = [
            "    except RecursionError:",
            "        return ASK",
            "    except BaseException as fault:",
            "        if not takes(fault, note):",
            "            raise",
            "        return ASK",
        ]
        code = "\n".join([*head, *start, *self._lines, *end])
        exec(compile(code, _FILE, "exec", dont_inherit=True), self._space)  # noqa: S102 -- all of it is written here
        test: Test = self._space["test"]
        return test

    def _line(self, text: str) -> None:
        self._lines.append("    " * self._depth + text)

    def _ask_where(self, doubt: str) -> None:
        self._line(f"if {doubt}:")
        self._line("    return ASK")

    def _fresh(self) -> str:
        """Return a name that stands nowhere else yet."""
        self._count += 1
        return f"v{self._count}"

    def _new(self, code: str) -> str:
        name = self._fresh()
        self._line(f"{name} = {code}")
        return name

    def _keep(self, value: object) -> str:
        name = f"k{len(self._space)}"
        self._space[name] = value
        return name

    def _read(self, code: str) -> Value:
        """Return what a function of `PlainReads` gives."""
        name = self._new(code)
        self._ask_where(f"{name} is NO")
        return Value(name, is_read=True)

    # --- redaction at the read ----------------------------------------------------------------------------------------

    def _opened(self, value: Value) -> Value:
        """Return the value, looked at before any operator is."""
        if value.is_read and value.code not in self._open:
            self._need_open(value.code)
        return Value(value.code, value.kind, literal=value.literal)

    def _need_open(self, code: str) -> None:
        self._line(f"t = type({code})")
        self._line("if t is int or t is float:")
        self._line(f"    if not -{self._below} < {code} < {self._below} and not is_open({code}): return ASK")
        self._line("elif t is str:")
        self._line(f"    if len({code}) > 5 and {code} not in shown and not shows({code}): return ASK")
        self._line(f"elif {code} is not None and t is not bool and not is_open({code}):")
        self._line("    return ASK")

    def _put_off(self, value: Value) -> None:
        if not value.is_read or value.code in self._late or value.code in self._open:
            return
        if self._in_loop:  # what were put off would be the last pass's alone
            self._need_open(value.code)
        else:
            self._late.append(value.code)

    # --- what the writers of nodes have ------------------------------------------------------------------------------------

    def value(self, node: ast.expr) -> Value:
        """Write what computes a node; return it."""
        raise NotImplementedError

    def truth(self, node: ast.expr) -> str:
        """Write a test; return its result, as an expression."""
        raise NotImplementedError


class Finder:
    """Finds the value of one name in frames: most are of one code object.

    Args:
        name: what is looked for.
    """

    __slots__ = ("_code", "_is_local", "_name")

    def __init__(self, name: str) -> None:
        self._name, self._is_local = name, False
        # Weakly: the patched code holds the test that holds this, and the collector does not look into code.
        self._code: Callable[[], CodeType | None] = lambda: None

    def find(self, frame: FrameType) -> Any:
        """Return the value; `NO` where there is none."""
        code, name = frame.f_code, self._name
        if code is not self._code():
            self._is_local = name in code.co_varnames or name in code.co_freevars or name in code.co_cellvars
            self._code = ref(code)
        if self._is_local:
            return find_value(frame, name)
        found = dict.get(frame.f_globals, name, NO)
        return KNOWN_CALLS.get(name, NO) if found is NO else found


def find_value(frame: FrameType, name: str) -> Any:
    """Return the value of a name in a frame: a local, then a closure variable, then a global."""
    code = frame.f_code
    if name in code.co_varnames or name in code.co_freevars or name in code.co_cellvars:
        names: Any = frame.f_locals
        if name in names:
            return names[name]
    found = dict.get(frame.f_globals, name, NO)
    return KNOWN_CALLS.get(name, NO) if found is NO else found


KNOWN_CALLS: Final = {**TYPES, **{name: BUILTINS[name] for name in FUNCTIONS if name in BUILTINS}}


_OF_VALUES: Final = (ArithmeticError, LookupError, TypeError, ValueError, AttributeError, RuntimeError)
_OF_THREADS: Final = (LookupError, RuntimeError)  # another thread has changed what is being read


def _note(fault: BaseException) -> None:
    """Tell of an error of hotlog's own; what Python says of the values, the evaluator says again."""
    entry = internal_errors.traceback_of(fault)
    while entry is not None and entry.tb_next is not None:
        entry = entry.tb_next
    is_of_test = entry is not None and entry.tb_frame.f_code.co_filename == _FILE
    if not isinstance(fault, (*_OF_THREADS, Unavailable, *(_OF_VALUES if is_of_test else ()))):
        internal_errors.stray(fault)
