"""The `splice` backend against real code, on the interpreter that runs this.

    python -m tests.oracle.splice_check lines [MODULE ...]    every line of every function: taken, or refused and why
    python -m tests.oracle.splice_check hits [MODULE ...]     the hits of the module's own tests, compared with the oracle's

The oracle is the same module with a call inserted by `ast` before every statement: what a typed log statement would do.
"""

# ruff: noqa: T201 - a command that prints

from __future__ import annotations

import ast
import contextlib
import functools
import importlib
import importlib.abc
import importlib.util
import io
import json
import os
import random
import subprocess
import sys
import unittest
from collections import Counter
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType
from typing import TYPE_CHECKING, NamedTuple, TypedDict, cast

from hotlog.errors import InstallError
from hotlog.probes.splice.insert import Insertion, splice
from tests.support.places import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

RECORDED_MAX = 3_000_000  # of one run, in order; the counts per line are kept beyond that
RUN_TIMEOUT_S = 600

# Parsed and spliced, not run: chosen for the variety of their statements.
READ = (
    "argparse", "ast", "asyncio.base_events", "asyncio.locks", "asyncio.queues", "asyncio.streams", "asyncio.taskgroups",
    "asyncio.tasks", "bdb", "calendar", "codeop", "concurrent.futures.thread", "configparser", "contextlib", "copy", "csv",
    "ctypes.util", "dataclasses", "difflib", "dis", "doctest", "email.header", "enum", "fractions", "functools", "gzip",
    "http.client", "http.server", "imaplib", "inspect", "ipaddress", "json.decoder", "logging.config", "mailbox", "pathlib",
    "pickle", "platform", "pprint", "random", "shutil", "smtplib", "socketserver", "ssl", "statistics", "subprocess",
    "tarfile", "tempfile", "threading", "traceback", "turtle", "typing", "unittest.mock", "urllib.request", "uuid", "zipfile",
)  # fmt: skip
# Run under their own tests.
RUN = (
    "bisect",
    "colorsys",
    "difflib",
    "fnmatch",
    "fractions",
    "heapq",
    "shlex",
    "statistics",
    "string",
    "textwrap",
)

Hits = list[int]


def splice_each(code: CodeType, insertions: Sequence[Insertion]) -> tuple[CodeType, dict[int, InstallError]]:
    """Splice as many as can be, and tell for each other line why it can't."""
    faults: dict[int, InstallError] = {}
    if not insertions:
        return code, faults
    with contextlib.suppress(InstallError):
        return splice(code, insertions), faults
    for insertion in insertions:
        try:
            splice(code, [insertion])
        except InstallError as fault:
            faults[insertion.line] = fault
    return splice(code, [each for each in insertions if each.line not in faults]), faults


class Lines(NamedTuple):
    """What became of the lines of some code objects.

    Attributes:
        taken: lines with a probe in, and validated.
        refused: (code, message) of the others, each with how often it was met.
    """

    taken: int
    refused: Counter[tuple[str, str]]

    @property
    def share(self) -> float:
        return self.taken / max(1, self.taken + self.refused.total())


def code_objects(code: CodeType) -> Iterator[CodeType]:
    """A code object and all that are nested in it."""
    yield code
    for const in code.co_consts:
        if isinstance(const, CodeType):
            yield from code_objects(const)


def lines_of(code: CodeType) -> list[int]:
    return sorted({line for _, _, line in code.co_lines() if line})


def no_op() -> None:
    pass


def check_lines(code: CodeType) -> Lines:
    """Splice every line of every function of a module; each function with all its lines at once."""
    taken, refused = 0, Counter[tuple[str, str]]()
    for function in code_objects(code):
        if not function.co_flags & 0x1:  # a module or a class body
            continue
        lines = lines_of(function)
        wanted = [Insertion(line, "line", no_op) for line in lines]
        _, faults = splice_each(function, [*wanted, Insertion(0, "entry", no_op)])
        refused.update((fault.code, fault.message) for fault in faults.values())
        taken += len(lines) - len(faults)
    return Lines(taken, refused)


def module_source(name: str) -> tuple[bytes, str]:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise LookupError(name)
    return Path(spec.origin).read_bytes(), spec.origin


def check_module_lines(name: str) -> Lines:
    source, path = module_source(name)
    return check_lines(compile(source, path, "exec", dont_inherit=True))


class Function(NamedTuple):
    """A function of a source.

    Attributes:
        key: line of the first decorator or of `def`, and the name: how its code object is found.
        lines: the first line of each statement of its own, in order; of several on one line, the first only.
    """

    key: tuple[int, str]
    lines: tuple[int, ...]


def statement_line(statement: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    return min([statement.lineno, *(int(decorator.lineno) for decorator in decorators)])


def functions_of(tree: ast.AST) -> list[Function]:
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = dict.fromkeys(statement_line(each) for _, each in own_statements(node))
            compared = tuple(line for line in lines if line not in clause_lines(node))
            found.append(Function((statement_line(node), node.name), compared))
    return found


def clause_lines(function: ast.AST) -> set[int]:
    """Lines that start with something else than a statement: an `except`, a `case`, or the rest of a header.

    Such a line has instructions of its own, so that without the source it is entered there, and not at the statement that
    follows the colon.
    """
    lines: set[int] = set()
    for node in ast.walk(function):
        if isinstance(node, ast.ExceptHandler):
            lines |= set(
                range(node.lineno, (node.type.end_lineno or 0) + 1 if node.type else node.lineno + 1)
            )
        elif isinstance(node, ast.match_case):
            lines |= set(range(node.pattern.lineno, ((node.guard or node.pattern).end_lineno or 0) + 1))
        elif isinstance(node, ast.If | ast.While | ast.For | ast.AsyncFor | ast.With | ast.AsyncWith):
            body = {id(each) for each in node.body} | {id(each) for each in getattr(node, "orelse", ())}
            header = [part for part in ast.iter_child_nodes(node) if id(part) not in body]
            ends = [
                each.end_lineno or 0
                for part in header
                for each in ast.walk(part)
                if isinstance(each, ast.expr)
            ]
            lines |= set(range(node.lineno + 1, max(ends) + 1))
        elif isinstance(node, ast.stmt) and not hasattr(node, "body"):
            lines |= set(range(node.lineno + 1, (node.end_lineno or 0) + 1))
    return lines


def own_statements(function: ast.AST) -> Iterator[tuple[list[ast.stmt], ast.stmt]]:
    """Each statement that runs in the function's own frame, with the block that holds it."""
    for name, value in ast.iter_fields(function):
        if not isinstance(value, list):
            continue
        for each in list(value):
            if isinstance(each, ast.stmt):
                if not isinstance(each, ast.Global | ast.Nonlocal) and not is_docstring(
                    function, name, value, each
                ):
                    yield value, each
                if not isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                    yield from own_statements(each)
            elif isinstance(each, ast.ExceptHandler | ast.match_case):
                yield from own_statements(each)


def is_docstring(owner: ast.AST, field: str, block: list[ast.stmt], statement: ast.stmt) -> bool:
    return (
        isinstance(owner, ast.FunctionDef | ast.AsyncFunctionDef)
        and field == "body"
        and statement is block[0]
        and isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def with_typed_calls(source: bytes | str, path: str, lines: frozenset[int] | None = None) -> CodeType:
    """The oracle: a call of `__hit__` typed before each statement, of all lines or of those given."""
    tree = ast.parse(source)
    for node in list(ast.walk(tree)):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        seen: set[int] = set()
        for block, statement in list(own_statements(node)):
            line = statement_line(statement)
            if line in seen or (lines is not None and line not in lines):
                continue
            seen.add(line)
            call = ast.Expr(ast.Call(ast.Name("__hit__", ast.Load()), [ast.Constant(line)], []))
            ast.copy_location(call, statement)
            block.insert(next(place for place, each in enumerate(block) if each is statement), call)
    ast.fix_missing_locations(tree)
    return compile(tree, path, "exec", dont_inherit=True)


class Spliced(NamedTuple):
    code: CodeType
    probed: frozenset[int]
    refused: dict[int, str]


def with_spliced_calls(source: bytes | str, path: str, hit: Callable[[int], object]) -> Spliced:
    """The same by `splice`, which is not told the source: a call at the line of each statement."""
    wanted = {function.key: function.lines for function in functions_of(ast.parse(source))}
    probed: set[int] = set()
    refused: dict[int, str] = {}

    def rebuilt(code: CodeType) -> CodeType:
        lines = wanted.get((code.co_firstlineno, code.co_name), ())
        new, faults = splice_each(
            code, [Insertion(line, "line", functools.partial(hit, line)) for line in lines]
        )
        refused.update({line: fault.message for line, fault in faults.items()})
        probed.update(line for line in lines if line not in faults)
        return new.replace(
            co_consts=tuple(
                rebuilt(const) if isinstance(const, CodeType) else const for const in new.co_consts
            )
        )

    code = rebuilt(compile(source, path, "exec", dont_inherit=True))
    return Spliced(code, frozenset(probed), refused)


class _Instrumented(SourceFileLoader):
    """Loads one module with calls in it, each time it is imported."""

    def __init__(self, name: str, path: str, make: Callable[[bytes, str], CodeType], hit: object) -> None:
        super().__init__(name, path)
        self._make, self._hit = make, hit

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        return self._make(Path(path).read_bytes(), path)

    def exec_module(self, module: object) -> None:
        vars(module)["__hit__"] = self._hit
        super().exec_module(module)  # type: ignore[arg-type]


class _Finder(importlib.abc.MetaPathFinder):
    def __init__(self, name: str, loader: _Instrumented) -> None:
        self._name, self._loader = name, loader

    def find_spec(
        self, fullname: str, path: object, target: object = None
    ) -> importlib.machinery.ModuleSpec | None:
        del path, target
        if fullname != self._name:
            return None
        return importlib.util.spec_from_file_location(fullname, self._loader.path, loader=self._loader)


class Ran(TypedDict):
    """What one process saw of one variant."""

    tests: int
    failed: list[str]
    hits: int
    digest: int
    counts: dict[str, int]
    probed: int
    refused: dict[str, str]


def run_tests(name: str, variant: str) -> Ran:
    """Run a module's own tests with calls in it; called in a process of its own.

    Args:
        name: the module.
        variant: `plain` (no calls), `typed` (by `ast`) or `spliced`.
    """
    source, path = module_source(name)
    hits: Hits = []
    counts: Counter[int] = Counter()

    def hit(line: int) -> None:
        counts[line] += 1
        if len(hits) < RECORDED_MAX:
            hits.append(line)

    spliced = with_spliced_calls(source, path, hit)  # tells which lines can be compared

    def make(source: bytes, path: str) -> CodeType:
        if variant == "plain":
            return compile(source, path, "exec", dont_inherit=True)
        return spliced.code if variant == "spliced" else with_typed_calls(source, path, spliced.probed)

    sys.modules.pop(name, None)
    random.seed(0)
    sys.meta_path.insert(0, _Finder(name, _Instrumented(name, path, make, hit)))
    with contextlib.redirect_stdout(io.StringIO()):
        suite = unittest.defaultTestLoader.loadTestsFromName(
            name if name.startswith("test.") else f"test.test_{name}"
        )
        random.seed(0)
        result = unittest.TextTestRunner(io.StringIO(), verbosity=0).run(suite)
    failed = sorted(test.id() for test, _ in [*result.failures, *result.errors] if hasattr(test, "id"))
    return {
        "tests": result.testsRun,
        "failed": failed,
        "hits": counts.total(),
        "digest": hash(tuple(hits)),
        "counts": {str(line): count for line, count in sorted(counts.items())},
        "probed": len(spliced.probed),
        "refused": {str(line): message for line, message in spliced.refused.items()},
    }


class Comparison(NamedTuple):
    """One module's tests, run with typed and with spliced calls.

    Attributes:
        tests: how many ran.
        hits: how many there were.
        probed: the lines that were compared.
        refused: line to reason, for the others.
        differences: from the tests' results without calls, and from the hits of the typed calls.
        unstable: the typed calls alone do not give the same hits twice.
    """

    tests: int
    hits: int
    probed: int
    refused: dict[str, str]
    differences: list[str]
    unstable: bool


def compare_hits(name: str) -> Comparison:
    """Run a module's own tests with typed and with spliced calls, and compare hit by hit."""
    plain, typed, spliced = (_run(name, variant) for variant in ("plain", "typed", "spliced"))
    differences = [
        f"{key}: plain {plain[key]}, spliced {spliced[key]}"
        for key in ("tests", "failed")
        if spliced[key] not in (plain[key], typed[key])  # a hook needs stack too: see the tests of recursion
    ]
    wrong_hits = _different_hits(typed, spliced)
    unstable = bool(wrong_hits) and bool(_different_hits(typed, _run(name, "typed")))
    return Comparison(
        spliced["tests"],
        spliced["hits"],
        spliced["probed"],
        spliced["refused"],
        differences + wrong_hits,
        unstable,
    )


def _different_hits(typed: Ran, spliced: Ran) -> list[str]:
    if typed["digest"] == spliced["digest"] and typed["counts"] == spliced["counts"]:
        return []
    found = [f"digest: typed {typed['digest']}, spliced {spliced['digest']}"]
    for line in sorted({*typed["counts"], *spliced["counts"]}, key=int):
        pair = typed["counts"].get(line, 0), spliced["counts"].get(line, 0)
        if pair[0] != pair[1]:
            found.append(f"line {line}: typed {pair[0]}, spliced {pair[1]} hits")
    return found


def _run(name: str, variant: str) -> Ran:
    done = subprocess.run(
        [sys.executable, "-m", "tests.oracle.splice_check", "run", name, variant],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "0"},
        capture_output=True,
        text=True,
        timeout=RUN_TIMEOUT_S,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{name} {variant}: {done.stderr[-2000:]}")
    return cast("Ran", json.loads(done.stdout.splitlines()[-1]))


def main(arguments: Sequence[str]) -> int:
    command, *names = arguments
    if command == "run":
        print(json.dumps(run_tests(names[0], names[1])))
        return 0
    failed = False
    if command == "lines":
        total, reasons = 0, Counter[tuple[str, str]]()
        for name in names or READ:
            lines = check_module_lines(name)
            total += lines.taken
            reasons += lines.refused
            print(
                f"{name:28} {lines.taken:6} lines taken  {lines.refused.total():4} refused  {lines.share:8.3%}"
            )
        for (code, message), count in reasons.most_common():
            print(f"    {count:4} {code}: {message}")
        print(f"{total} taken, {reasons.total()} refused: {total / (total + reasons.total()):.3%}")
    else:
        for name in names or RUN:
            result = compare_hits(name)
            failed |= bool(result.differences) and not result.unstable
            print(
                f"{name:28} {result.tests:5} tests  {result.probed:5} lines  {len(result.refused):3} refused"
                f"  {result.hits:9} hits  {len(result.differences)} differences{' (not stable by itself)' * result.unstable}"
            )
            for difference in result.differences[:40]:
                print(f"    {difference}")
            for line, message in result.refused.items():
                print(f"    {line} {message}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
