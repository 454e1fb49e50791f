"""The `recompile` backend: CPython's own compiler inserts the probe.

The module's source is compiled twice: unchanged, and with a statement inserted for each probe. Where the unchanged
function compiles to code equal to the one that runs, the source is proven to be what runs, and the changed function
may take its place. As if inserted, by construction.

    source ── compile ──────────────────────> reference ─┐ equal to the running code?
       └── insert calls of sentinels, compile ─> probed ─┴─> sentinels in the constants become hooks
"""

from __future__ import annotations

import ast
import itertools
import os
from collections import Counter
from typing import TYPE_CHECKING

from hotlog import __builtins__
from hotlog.errors import InstallError
from hotlog.interpreter.code_objects import change_code, iter_arguments
from hotlog.interpreter.compiling import ignore_compile_warnings
from hotlog.namedtuple import NamedTuple
from hotlog.probes.probe import STEP_PROBES, Patch, Steps, Unit
from hotlog.source.definite_assignment import is_in_function
from hotlog.source.live_functions import codes_in, file_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from types import CodeType
    from typing import TypedDict

    from hotlog.probes.probe import Probe
    from hotlog.probes.recompile.function_body import Undo
    from hotlog.probes.recompile.inline_condition import InlineTest
    from hotlog.source.insertion_points import InsertionPoint
    from hotlog.source.statements import Source

    class _At(TypedDict):
        """The position of a node: each gets it when it is made, for a walk over all of them would take as long again."""

        lineno: int
        end_lineno: int
        col_offset: int
        end_col_offset: int


_COMPILE_FAULTS = (SyntaxError, ValueError, TypeError, RecursionError, MemoryError, SystemError)


class Recompile:
    """Takes every function whose source is what runs."""

    name = "recompile"

    def patch(self, unit: Unit, probes: Sequence[Probe]) -> Steps:
        """Compile the module with the probes in, and keep the functions that are proven."""
        if unit.source is None:
            return _refuse_all(probes, InstallError("no-source", "there is no source to compile"))
        unit.source.renew()
        inserted: list[_Inserted] = []
        for number, probe in enumerate(probes, 1):
            inserted.append(_Inserted.of(probe, unit, unit.source))
            if number % STEP_PROBES == 0:
                yield
        small = yield from _patched(unit, unit.source, _smallest(unit.source, inserted), inserted)
        if not small.refused:
            return small
        # A definition on its own may compile to other code than within its module: then all of it decides.
        left = [each for each in inserted if each.probe.id in small.refused]
        yield
        whole = yield from _patched(unit, unit.source, unit.source.tree, left)
        return Patch([*small.replaced, *whole.replaced], whole.refused, small.unreachable | whole.unreachable)


def _smallest(source: Source, inserted: Sequence[_Inserted]) -> ast.Module:
    """Return the top-level statements that hold a probe, and the imports, which change how calls compile.

    Compiling them takes a fraction of the time; the blocks are the source's own, so that probes go into both trees.
    """
    held = {source.spot(each.probe.place).path[0][0] for each in inserted}
    body = [
        node for node in source.tree.body if node in held or isinstance(node, ast.Import | ast.ImportFrom)
    ]
    return ast.Module(body, type_ignores=[])


def _patched(unit: Unit, source: Source, tree: ast.Module, inserted: Sequence[_Inserted]) -> Steps:
    """Compile the tree unchanged and with the probes in, and keep the functions that are proven."""
    filename = _filename(unit)
    try:
        reference = _compiled(tree, filename)
        yield
        with _statements(inserted, source):
            probed = _compiled(tree, filename)
    except _COMPILE_FAULTS as fault:
        why = InstallError("cannot-compile", f"compiling the source again failed: {fault}")
        return _refuse_all([each.probe for each in inserted], why)
    yield
    return _match(unit, reference, probed, inserted)


class _Inserted(NamedTuple):
    """A probe that is being inserted into the tree.

    Attributes:
        probe: the probe.
        passed: the locals that the call hands over.
        test: the condition as Python; None where the hook alone decides.
        constants: what its sentinels become, by what each is for.
        sentinels: the text that stands for each in the tree; for those of all probes too.
    """

    probe: Probe
    passed: tuple[str, ...]
    test: InlineTest | None
    constants: dict[str, object]
    sentinels: dict[str, str]

    @classmethod
    def of(cls, probe: Probe, unit: Unit, source: Source) -> _Inserted:
        if probe.around is not None:
            hooks = {name: hook for name, hook in probe.around._asdict().items() if hook is not None}
            return cls(probe, (), None, hooks, _sentinels(hooks))
        spot = source.spot(probe.place)
        bound = source.bound.among(
            {*probe.reads, *(probe.test.names if probe.test is not None else ())}, spot
        )
        passed = tuple(sorted(probe.reads & bound))
        if probe.tell is not None:
            probe.tell(source.mentioned(spot))
        constants: dict[str, object] = {"hook": probe.make_hook(passed)}
        if probe.false is not None:
            constants["count"] = probe.false
            if probe.make_look is not None:
                constants["look"] = probe.make_look(passed)
        if probe.flag is not None:
            constants["flag"] = probe.flag
        if probe.gate is not None:
            constants |= {"gate": probe.gate, "away": probe.away}
        sentinels = _sentinels(constants)
        test = None
        if probe.condition is not None and probe.test is not None:
            # Cold start: most rules have no condition.
            from hotlog.probes.recompile.inline_condition import make_inline_test
            from hotlog.probes.recompile.inline_guards import Keeper, NamesThere

            keep = Keeper(constants, sentinels, f"{_PREFIX}{next(_numbers)}:")
            there = NamesThere(
                source.may_bind(spot), source.mentioned(spot), is_in_function(spot), unit.has_builtins
            )
            test = make_inline_test(probe.condition, probe.test, bound, there, keep)
        return cls(probe, passed, test, constants, sentinels)

    @property
    def mark(self) -> str:
        """Return the sentinel of the first hook: the code object with it holds the probe."""
        return self.sentinels[next(iter(self.constants))]

    def wrap(self, spot: InsertionPoint) -> Undo:
        """Wrap the function's body; returns what undoes it."""
        from hotlog.probes.recompile.function_body import wrap_body  # most probes are statements

        return wrap_body(spot, self.sentinels)

    def statement(self, spot: InsertionPoint) -> ast.stmt:
        """Return the hook's call at the position of the statement after it: no line event is added."""
        line, column = self.probe.place.line, spot.node.col_offset
        if spot.kind == "entry":
            # The `def` line is none that a debugger stops at; what opens the body is. A body of declarations ends there.
            follower = spot.block[min(spot.position, len(spot.block) - 1)]
            decorators = getattr(follower, "decorator_list", None)
            line, column = (decorators[0] if decorators else follower).lineno, follower.col_offset
        elif spot.after:
            # At the end of a block that of the statement itself: behind an `if` or a loop, its header is told once more. No
            # position at all (-1) would tell nothing, and 3.13 compiles that to code that runs the call on other ways, too.
            following = self.probe.place.follower
            line = spot.node.lineno if following is None else following.line
        at: _At = {"lineno": line, "end_lineno": line, "col_offset": column, "end_col_offset": column}
        arguments: list[ast.expr] = [ast.Name(name, _LOAD, **at) for name in self.passed]
        statement: ast.stmt = self._call("hook", arguments, at)
        if "gate" in self.constants:
            # Not the gate alone: the compiler would take the test of a constant for decided.
            is_open = ast.Compare(ast.Constant(None, **at), _IN, [self._constant("gate", at)], **at)
            statement = ast.If(is_open, [statement], [self._step("away", at)], **at)
        tests = [self.test.test] if self.test is not None else []
        if "flag" in self.constants:  # as with the gate
            tests.insert(0, ast.Compare(ast.Constant(None), _IN, [ast.Constant(self.sentinels["flag"])]))
        if tests:
            test = tests[0] if len(tests) == 1 else ast.BoolOp(_AND, tests)
            for node in ast.walk(test):
                if isinstance(node, ast.expr):
                    node.lineno = node.end_lineno = line
                    node.col_offset = node.end_col_offset = column
            otherwise: list[ast.stmt] = [self._step("count", at)] if "count" in self.constants else []
            if "look" in self.constants:
                otherwise = [
                    ast.If(self._step("count", at).value, [self._call("look", arguments, at)], [], **at)
                ]
            clean = self._deletion(at)
            statement = ast.If(test, [*clean, statement], [*clean, *otherwise], **at)
        return statement

    def _deletion(self, at: _At) -> list[ast.stmt]:
        """Return what deletes the variables of the test, whether it has bound them or not: nobody comes to see them."""
        names = self.test.temporaries if self.test is not None else ()
        if not names:
            return []
        bound: list[ast.expr] = [ast.Name(name, _STORE, **at) for name in names]
        deleted: list[ast.expr] = [ast.Name(name, _DELETE, **at) for name in names]
        return [ast.Assign(bound, ast.Constant(None, **at), **at), ast.Delete(deleted, **at)]

    def _step(self, name: str, at: _At) -> ast.Expr:
        return self._call("next", [self._constant(name, at), ast.Constant(None, **at)], at)

    def _call(self, name: str, arguments: list[ast.expr], at: _At) -> ast.Expr:
        return ast.Expr(ast.Call(self._constant(name, at), arguments, _NO_KEYWORDS, **at), **at)

    def _constant(self, name: str, at: _At) -> ast.Constant:
        return ast.Constant(self.sentinels[name], **at)


_PREFIX = f"hotlog:{os.urandom(8).hex()}:"  # no source holds it
_BUILTINS = {"next": next}
_SHARED = {name: _PREFIX + name for name in _BUILTINS}
_numbers = itertools.count()
# Nodes without a position are the same for all.
_LOAD = ast.Load()
_STORE = ast.Store()
_DELETE = ast.Del()
_AND = ast.And()
_IN: list[ast.cmpop] = [ast.In()]
_NO_KEYWORDS: list[ast.keyword] = []


def _sentinels(constants: Iterable[str]) -> dict[str, str]:
    """Return a sentinel for each constant of the probe, and those that all probes share."""
    prefix = f"{_PREFIX}{next(_numbers)}:"
    return {**_SHARED, **{name: prefix + name for name in constants}}


class _statements:  # noqa: N801  # reads as the verb of a `with`
    """The probes' statements stand in the tree for as long as the block runs."""

    def __init__(self, inserted: Sequence[_Inserted], source: Source) -> None:
        self._inserted, self._source = inserted, source
        self._before: dict[int, tuple[list[ast.stmt], list[ast.stmt]]] = {}  # each block, and what it held
        self._unwrap: list[Undo] = []

    def __enter__(self) -> None:
        self._source.is_changed = True
        # From the end of each block, and of probes at one place the last first: positions stay valid, and the
        # statements stand in the order of the rules.
        spots = [
            (self._source.spot(each.probe.place), each)
            for each in self._inserted
            if each.probe.around is None
        ]
        order = sorted(
            range(len(spots)), key=lambda number: (spots[number][0].position, number), reverse=True
        )
        for spot, each in (spots[number] for number in order):
            statement = each.statement(spot)
            if id(spot.block) not in self._before:
                self._before[id(spot.block)] = spot.block, spot.block[:]
            spot.block.insert(spot.position, statement)
        # Around them all, and the first rule around the others.
        for each in reversed(self._inserted):
            if each.probe.around is not None:
                self._unwrap.append(each.wrap(self._source.spot(each.probe.place)))

    def __exit__(self, *_: object) -> None:
        for undo in reversed(self._unwrap):
            undo()
        for block, before in self._before.values():
            block[:] = before
        self._source.is_changed = False


def _compiled(tree: ast.Module, filename: str) -> CodeType:
    with ignore_compile_warnings(filename):
        return compile(tree, filename, "exec", flags=0, dont_inherit=True)


def _filename(unit: Unit) -> str:
    """Return the file name that the running code carries."""
    names = Counter(code.co_filename for code in unit.codes)
    own = file_of(unit.module)
    return own if own in names or not names else names.most_common(1)[0][0]


def _match(unit: Unit, reference: CodeType, probed: CodeType, inserted: Sequence[_Inserted]) -> Patch:
    """Return the functions that hold a probe, each with the running code objects it is proven equal to."""
    of_mark = {each.mark: each for each in inserted}
    of_sentinel: dict[str, object] = {_SHARED[name]: constant for name, constant in _BUILTINS.items()}
    for each in inserted:
        of_sentinel.update((each.sentinels[name], constant) for name, constant in each.constants.items())
    unreachable = {each.probe.id for each in inserted}
    replaced: list[tuple[CodeType, CodeType]] = []
    refused: dict[str, InstallError] = {}
    of_name: dict[str, list[CodeType]] = {}
    for code in unit.codes:
        of_name.setdefault(code.co_qualname, []).append(code)
    for old, new in _pairs(reference, probed):
        held = [of_mark[each] for each in new.co_consts if type(each) is str and each in of_mark]
        if not held:
            continue
        loaded = _loaded(new)
        unreachable -= {each.probe.id for each in held if each.mark in loaded}
        running = [code for code in of_name.get(old.co_qualname, ()) if code == old]
        if running:
            # One for each: a patched one leads back to one object, and copies of a module bring equal ones.
            replaced += [(code, _with_constants(new, of_sentinel)) for code in running]
        else:
            fault = _why_none(unit, old, reference)
            refused.update({each.probe.id: fault for each in held})
    return Patch(replaced, refused, frozenset(unreachable))


def _pairs(reference: CodeType, probed: CodeType) -> Iterator[tuple[CodeType, CodeType]]:
    """Yield the code objects of both trees in pairs, by position: names and lines repeat.

    3.11 leaves out the last constants where only unreachable code uses them. With a probe behind it they are not the last:
    so the probed code may hold more code objects, at the end.
    """
    yield reference, probed
    for old, new in zip(iter_nested(reference), iter_nested(probed), strict=False):
        yield from _pairs(old, new)


def iter_nested(code: CodeType) -> list[CodeType]:
    """Return the code objects among the constants, in order."""
    return [constant for constant in code.co_consts if type(constant) is type(code)]


def _is_same(running: CodeType, reference: CodeType) -> bool:
    """Return whether two code objects are equal, by qualified name too, which `==` does not compare."""
    return running.co_qualname == reference.co_qualname and running == reference


def _loaded(code: CodeType) -> set[object]:
    """Return the strings that an instruction loads; code that the compiler removed may leave others."""
    loaded = (code.co_consts[number] for number in iter_arguments(code, "LOAD_CONST"))
    return {each for each in loaded if type(each) is str}


def _why_none(unit: Unit, wanted: CodeType, reference: CodeType) -> InstallError:
    name = wanted.co_qualname
    of_source = [code for code in codes_in(reference) if code.co_qualname == name]
    running = [code for code in unit.codes if code.co_qualname == name]
    # A name may be defined twice, in an `if` and its `else`: then the other definition is what runs.
    other = next((code for code in running if not any(_is_same(code, each) for each in of_source)), None)
    if other is not None:
        from hotlog.probes.rewritten import describe_difference  # most code is what its source says

        return InstallError("source-differs", describe_difference(other))
    return InstallError("no-live-function", f"no function {name} is alive in this process")


def _with_constants(code: CodeType, of_sentinel: Mapping[str, object]) -> CodeType:
    """Return the code with its sentinels replaced by the constants that they stand for."""
    constants = tuple(of_sentinel.get(each, each) if type(each) is str else each for each in code.co_consts)
    return change_code(code, co_consts=constants)


def _refuse_all(probes: Sequence[Probe], why: InstallError) -> Patch:
    return Patch(refused={probe.id: why for probe in probes})
