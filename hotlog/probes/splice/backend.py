"""The `splice` backend: finds the code objects that hold a place, and has the calls inserted into them.

With source it also asks whether the lines of the running code are those of the source: code that another tool has
rewritten keeps its lines; a file that was edited after the import does not, and a log line must never come from the
wrong line. Without source only a function's entry is certain, and only where one definition alone bears its name; a
line is taken as it is from an unanchored rule.

1. Find the code objects that hold each probe's place (`codes_of`): by the function's name, then by the lines of the code.
   A probe that has none is refused, and so is one around a whole call, which needs the source.
2. With source, keep those that are proven: the lines of the code are those that the source compiles to (`Lines`).
   The others are copies that a reload has left; where all are others, the probe is refused.
3. Insert all probes of a code object at once (`_spliced`). If that fails, try each alone, and insert those that passed.

Between these steps `patch` yields, so that an invocation can stop here and go on at the next safe point.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hotlog import __builtins__, limits
from hotlog.errors import InstallError
from hotlog.interpreter.compiling import ignore_compile_warnings
from hotlog.probes.probe import STEP_PROBES, Patch, find_entered
from hotlog.probes.rewritten import Comparison, describe_difference
from hotlog.source.live_functions import codes_in

if TYPE_CHECKING:
    import ast
    from collections.abc import Generator, Sequence
    from types import CodeType

    from hotlog.probes.probe import Probe, Steps, Unit
    from hotlog.probes.splice.insert import Insertion
    from hotlog.source.statements import Location, Source


class Splice:
    """Takes code whose source is missing, or is not what runs."""

    name = "splice"

    def patch(self, unit: Unit, probes: Sequence[Probe]) -> Steps:
        """Insert the calls, code object by code object."""
        # Steps 1 and 2.
        lines = Lines(unit.source)
        yield
        held: dict[int, tuple[CodeType, list[Probe]]] = {}
        refused: dict[str, InstallError] = {}
        for number, probe in enumerate(probes, 1):
            if number % STEP_PROBES == 0:
                yield
            if probe.around is not None:
                refused[probe.id] = InstallError(
                    "cannot-splice", "a probe around a whole call needs the function's source."
                )
                continue
            try:
                for code in codes_of(unit, probe, lines):
                    held.setdefault(id(code), (code, []))[1].append(probe)
            except InstallError as fault:
                refused[probe.id] = fault
        # Step 3.
        replaced: list[tuple[CodeType, CodeType]] = []
        for code, wanted in held.values():
            yield
            new, faults = yield from _spliced(code, wanted)
            refused.update(faults)
            if new is not code:
                replaced.append((code, new))
        return Patch(replaced, refused)


_Spliced = tuple["CodeType", dict[str, InstallError]]


def _spliced(code: CodeType, probes: Sequence[Probe]) -> Generator[None, None, _Spliced]:
    """Return the code with all the probes that it takes, and for each other probe the reason why not."""
    from hotlog.probes.splice.insert import (
        splice,  # `bytecode` is imported only where it is needed: 20 to 50 ms
    )

    insertions = [_insertion(probe) for probe in probes]
    try:
        return splice(code, insertions), {}
    except InstallError as fault:
        if len(probes) == 1:
            return code, {probes[0].id: fault}
    # One of several fails: find out which, and insert the others.
    taken: list[Insertion] = []
    refused: dict[str, InstallError] = {}
    for probe, insertion in zip(probes, insertions, strict=True):
        yield
        try:
            splice(code, [insertion])
        except InstallError as fault:
            refused[probe.id] = fault
        else:
            taken.append(insertion)
    yield
    return splice(code, taken) if taken else code, refused


def _insertion(probe: Probe) -> Insertion:
    from hotlog.probes.splice.insert import Insertion

    place = find_entered(probe.place)
    hook = probe.make_hook(())
    if place.kind == "entry":
        return Insertion(place.line, "entry", hook)
    span = (place.line, place.end) if place.text else None
    return Insertion(place.line, "line", hook, span, place.column)


class Lines:
    """The lines of code objects, each looked up once: a thousand probes may ask for the same ones.

    Args:
        source: what running code must have the lines of; None: it needs no proof.
    """

    def __init__(self, source: Source | None) -> None:
        self._of_source = _by_name(source) if source is not None else None
        self._known: dict[int, tuple[CodeType, frozenset[int]]] = {}
        self._compared: dict[int, tuple[CodeType, Comparison | None]] = {}

    def of(self, code: CodeType) -> frozenset[int]:
        """Return all lines of which the code object has instructions."""
        known = self._known.get(id(code))
        if known is None:
            known = self._known[id(code)] = code, _lines_of(code)
        return known[1]

    def are_proven(self, code: CodeType, place: Location) -> bool:
        """Return whether the statement is where the source says: by what its line, and those around it, name."""
        if self._of_source is None:
            return True
        known = self._compared.get(id(code))
        if known is None:
            known = self._compared[id(code)] = code, self._compare(code)
        return known[1] is not None and known[1].proves(place)

    def _compare(self, code: CodeType) -> Comparison | None:
        reference = self._reference(code)
        if reference is None:
            return None
        header = {reference.co_firstlineno, code.co_firstlineno}
        same = self.of(reference) - header == self.of(code) - header
        return Comparison(code, reference, has_same_lines=same)

    def _reference(self, code: CodeType) -> CodeType | None:
        """Return what the source of the code compiles to; a tool may have left decorators out, and so the lines above the `def`."""
        known = (self._of_source or {}).get(code.co_qualname, ())
        exact = [each for each in known if each.co_firstlineno == code.co_firstlineno]
        above = [each for each in known if each.co_firstlineno < code.co_firstlineno <= max(self.of(each))]
        found = exact or above
        return found[0] if len(found) == 1 else None


def codes_of(unit: Unit, probe: Probe, lines: Lines) -> list[CodeType]:
    """Return the running code objects that hold the place.

    Args:
        unit: the module.
        probe: what is to be placed.
        lines: of the code objects, and what proves them.

    Raises:
        InstallError: `no-live-function`, `line-not-in-code`, `ambiguous-function`, `function-too-large`, `source-differs`, `after-not-here`.
    """
    place = probe.place
    # By the name of the function, where the place has one.
    named = [code for code in unit.codes if not place.function or _bears(code, place)]
    place = find_entered(place) if named else place
    if place.kind == "entry":
        found = _entered(named, place)
    else:
        # By the lines of the code. A header such as `with (` may have no instruction on its first line.
        span = set(range(place.line, place.end + 1))
        found = [code for code in named if span & lines.of(code)]
        if not place.function and found:  # without source: the innermost function with that line
            first = max(code.co_firstlineno for code in found)
            found = [code for code in found if code.co_firstlineno == first]
    if not found and named and place.function:
        raise InstallError(
            "line-not-in-code",
            f"no instruction of {place.function} is of line {place.line}: it only declares, as `x: int` does, or is never reached. "
            "Choose another statement.",
        )
    if not found:
        raise InstallError(
            "no-live-function", f"no running code of {place.function or 'a function'} has line {place.line}"
        )
    if any(len(code.co_code) > limits.REBUILT_MAX_BYTES for code in found):
        raise InstallError(
            "function-too-large",
            f"{place.function or 'the function'} is too large to be taken apart in an invocation: deploy the source that it runs.",
        )
    # Step 2: proven by the source, where there is one. A reload may have left copies of another text.
    both = {place, probe.place}
    proven = [code for code in found if all(lines.are_proven(code, each) for each in both)]
    if not proven:
        raise InstallError("source-differs", describe_difference(found[0]))
    return proven


def _bears(code: CodeType, place: Location) -> bool:
    """Return whether the code object bears the location's function name, `<locals>` left out if need be."""
    if place.line:
        return code.co_qualname == place.function
    return code.co_qualname.replace(".<locals>", "") == place.function.replace(".<locals>", "")


def _entered(named: Sequence[CodeType], place: Location) -> list[CodeType]:
    """Return the code objects of the one definition that an entry is for, with the copies that a reload left.

    As if inserted: a log statement is typed into one definition. With source the place has its line. Without, a name
    that several live functions bear, such as the getter and the setter of a property, does not say which.
    """
    if place.line:
        exact = [code for code in named if code.co_firstlineno == place.line]
        return exact or [code for code in named if place.line < code.co_firstlineno <= place.end]
    defined = {(code.co_filename, code.co_firstlineno) for code in named}
    if len(defined) > 1:
        at = ", ".join(str(line) for _, line in sorted(defined))
        raise InstallError(
            "ambiguous-function",
            f"{len(defined)} running functions are called {place.function}, at lines {at}: deploy the source too, or "
            f"name a line in the body of one and mark the rule `unanchored`.",
        )
    return list(named)


def _by_name(source: Source) -> dict[str, list[CodeType]]:
    """Return what the source compiles to, by qualified name."""
    module = _compiled(source, source.tree)
    if module is None:  # 3.11 compiles a text of 1,000 `elif`s, but not their tree
        module = _compiled(source, source.data)
    found: dict[str, list[CodeType]] = {}
    for code in codes_in(module) if module is not None else ():
        found.setdefault(code.co_qualname, []).append(code)
    return found


def _compiled(source: Source, text: ast.Module | bytes) -> CodeType | None:
    try:
        with ignore_compile_warnings(source.name):
            return compile(text, source.name, "exec", flags=0, dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _lines_of(code: CodeType) -> frozenset[int]:
    return frozenset(line for _, _, line in code.co_lines() if line is not None)
