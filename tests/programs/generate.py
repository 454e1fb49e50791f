"""Writes random programs that end, and do the same each time they run.

Everything nested in everything: the shapes come from one table per kind of statement, so that a shape that is missing
is one entry to add. The programs call a `World` (world.py) for what must be bounded or decided while they run.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from random import Random
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FUNCTIONS = 4
_DEPTH_MAX = 4
_STATEMENTS = (6, 24)  # of one function
_NAMES = ("a", "b", "x", "y")
_FAULTS = ("Boom", "Bang", "ValueError", "KeyError", "(Boom, KeyError)", "Exception", "BaseException")


class _Context(NamedTuple):
    """What may stand at a place of the program."""

    kind: str  # plain, gen, coro or agen
    depth: int = 0
    in_loop: bool = False
    in_handler: bool = False
    in_group: bool = False  # below `except*`, where return, break and continue may not stand
    in_class: bool = False

    @property
    def is_async(self) -> bool:
        return self.kind in {"coro", "agen"}

    @property
    def yields(self) -> bool:
        return self.kind in {"gen", "agen"} and not self.in_class


def generate(seed: int) -> str:
    """The source of one program: a module whose `ENTRIES` name its functions and their kinds."""
    return _Writer(Random(seed)).module()  # noqa: S311  # a seed that repeats is what is wanted


class _Writer:
    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._lines: list[str] = []
        self._indent = 0
        self._number = 0
        self._room = 0
        self._kinds: list[str] = []

    def module(self) -> str:
        self._kinds = [self._rng.choice(("plain", "plain", "gen", "coro", "agen")) for _ in range(FUNCTIONS)]
        self._line("# a random program")
        # The last one first: a function calls later numbers only, so that every program ends.
        for number in reversed(range(FUNCTIONS)):
            self._number = number
            self._function(f"f{number}", self._kinds[number], self._rng.randrange(4))
        self._class()
        entries = ", ".join(f"('f{number}', '{kind}')" for number, kind in enumerate(self._kinds))
        self._line(f"ENTRIES = [{entries}, ('Thing', 'class')]")
        return "\n".join(self._lines) + "\n"

    # --- text ------------------------------------------------------------------------------------------------------

    def _line(self, text: str) -> None:
        self._lines.append("    " * self._indent + text)

    @contextmanager
    def _header(self, text: str) -> Iterator[None]:
        self._line(text)
        self._indent += 1
        yield
        self._indent -= 1

    def _chance(self, share: float) -> bool:
        return self._rng.random() < share

    # --- definitions -----------------------------------------------------------------------------------------------

    def _function(self, name: str, kind: str, size: int) -> None:
        self._room = self._rng.randint(*_STATEMENTS)
        for _ in range(self._rng.choice((0, 0, 0, 1, 2))):
            self._line("@same" if self._chance(0.6) else "@wrapped")
        word = "async def" if kind in {"coro", "agen"} else "def"
        generic = "[T]" if sys.version_info >= (3, 12) and self._chance(0.15) else ""
        parameters = self._rng.choice(
            ("a=1, b=2", "a: int = 1, b: int = 2", "a=1, /, b=2", "a=1, *, b=2", "a=1, b=2, *rest, **more")
        )
        if self._chance(0.15):
            self._line(f"{word} {name}{generic}(")
            self._line(f"    {parameters},")
            self._lines[-1] = self._lines[-1].replace("**more,", "**more")
            opening = ") -> object:"
        else:
            opening = f"{word} {name}{generic}({parameters}):"
        with self._header(opening):
            if self._chance(0.3):
                self._line(f'"""The function {name}."""')
                if self._chance(0.3):
                    self._line("global shared")
            if self._chance(0.7):
                self._line("x = y = a")
            self._body(_Context(kind), size + 2)
            if kind in {"gen", "agen"}:
                self._line("yield a")
            elif self._chance(0.7):
                self._line(f"return {self._value(_Context(kind))}")
        self._line("")

    def _class(self) -> None:
        self._room = _STATEMENTS[0]
        with self._header("class Thing:"):
            self._line("tag = say('class body')")
            self._number = FUNCTIONS
            for decorator, first in (
                ("", "self"),
                ("@property", "self"),
                ("@staticmethod", ""),
                ("@classmethod", "cls"),
            ):
                if decorator:
                    self._line(decorator)
                with self._header(f"def {'m' + decorator.strip('@')}({first}):"):
                    self._line("a = b = 1")
                    self._body(_Context("plain"), 2)
                    self._line("return a")

    # --- statements ------------------------------------------------------------------------------------------------

    def _body(self, at: _Context, size: int) -> None:
        for number in range(size):
            if number and self._room <= 0:
                break
            self._statement(at)
            if self._chance(0.08):
                self._line(self._rng.choice(("", "# a comment", "pass")))

    def _block(self, at: _Context, **changes: object) -> None:
        inner = at._replace(depth=at.depth + 1, **changes)  # type: ignore[arg-type]
        self._body(inner, self._rng.choice((1, 1, 2, 3)) if self._room > 0 else 1)
        if self._chance(0.25):
            self._leave(inner)

    def _statement(self, at: _Context) -> None:
        self._room -= 1
        if at.depth >= _DEPTH_MAX or self._room <= 0 or self._chance(0.4):
            self._simple(at)
            return
        compound: list[Callable[[_Context], None]] = [
            self._if,
            self._for,
            self._while,
            self._try,
            self._try,
            self._try_finally,
            self._dead_end,
            self._short_exit,
            self._with,
            self._with,
            self._match,
            self._nested,
        ]
        if sys.version_info >= (3, 11) and not at.in_class:
            compound.append(self._try_group)
        if not at.in_class:
            compound.append(self._nested_class)
        self._rng.choice(compound)(at)

    def _simple(self, at: _Context) -> None:
        value = self._value(at)
        name = self._rng.choice(_NAMES)
        shapes = [
            f"{name} = {value}",
            f"{name} = {value}",
            f"say({value})",
            f"{name} += boom(1)",
            f"z: int = {value}",
            f"a, *x = {value}, 2, say(3)",
            f"say(1); {name} = {value}; say(2)",
            f"if cond(): {name} = {value}",
            f"for y in upto(2): say({value})",
            f"assert cond() or {value}, 'why'",
            f"boom({value})",
            "del x",
            "import os.path as path",
            "pass",
            f"if 0: {name} = 1",
        ]
        if self._chance(0.12):
            self._line(f"{name} = say(")
            self._line(f"    {value},")
            self._line(")")
        elif self._chance(0.06):
            self._line("say('''a string")
            self._line("# no comment")
            self._line("''')")
        elif at.yields and self._chance(0.35):
            self._yield(at, name, value)
        else:
            self._line(self._rng.choice(shapes))
        if self._chance(0.06):
            self._leave(at)

    def _yield(self, at: _Context, name: str, value: str) -> None:
        shapes = [
            f"yield {value}",
            f"{name} = yield {value}",
            f"say((yield {value}))",
            f"{name} = [(yield 1), (yield 2)]",
        ]
        if at.kind == "gen":
            shapes += ["yield from some(2)", f"{name} = yield from some(3)"]
        self._line(self._rng.choice(shapes))

    def _leave(self, at: _Context) -> None:
        shapes = ["raise Boom(1)", "raise Bang from Boom(2)"]
        if at.in_handler:
            shapes.append("raise")
        if at.in_loop and not at.in_group:
            shapes += ["break", "continue", "continue"]
        if not at.in_group and not at.in_class:
            shapes.append("return" if at.kind == "agen" else f"return {self._value(at)}")
        if self._chance(0.4):
            self._line(f"if cond(): {self._rng.choice(shapes)}")
        else:
            with self._header("if cond():"):
                self._line(self._rng.choice(shapes))

    def _if(self, at: _Context) -> None:
        with self._header(f"if cond({self._value(at)}):"):
            self._block(at)
        for _ in range(self._rng.choice((0, 0, 1, 2))):
            with self._header(f"elif cond() and {self._value(at)}:"):
                self._block(at)
        self._else(at)

    def _else(self, at: _Context) -> None:
        if self._chance(0.4):
            with self._header("else:"):
                self._block(at)

    def _for(self, at: _Context) -> None:
        name = self._rng.choice(_NAMES)
        if at.is_async and not at.in_class and self._chance(0.6):
            header = f"async for {name} in asome({self._rng.randrange(4)}):"
        else:
            header = (
                f"for {name} in {self._rng.choice(('upto(2)', 'upto(3)', 'some(2)', '(1, boom(2), 3)'))}:"
            )
        with self._header(header):
            self._block(at, in_loop=True)
        self._else(at)

    def _while(self, at: _Context) -> None:
        with self._header(
            self._rng.choice(
                ("while cond():", "while cond() and a:", "while (y := once()):", "while once():")
            )
        ):
            self._block(at, in_loop=True)
        self._else(at)

    def _try(self, at: _Context) -> None:
        with self._header("try:"):
            self._block(at)
            if self._chance(0.5):
                self._line("boom(1)")
        for number in range(self._rng.choice((1, 1, 2))):
            caught = self._rng.choice(_FAULTS)
            name = self._rng.choice(("", " as e", " as x"))
            header = "except:" if number and self._chance(0.3) else f"except {caught}{name}:"
            with self._header(header):
                self._block(at, in_handler=True)
            if header == "except:":
                break
        self._else(at)
        if self._chance(0.4):
            with self._header("finally:"):
                self._block(at)

    def _try_finally(self, at: _Context) -> None:
        with self._header("try:"):
            self._block(at)
            if self._chance(0.5):
                self._leave(at)
        with self._header("finally:"):
            self._block(at)

    def _try_group(self, at: _Context) -> None:
        with self._header("try:"):
            self._block(at)
            if self._chance(0.6):
                self._line("group()")
        for caught in self._rng.sample(("Boom", "Bang", "ValueError", "(KeyError, Boom)"), 2):
            with self._header(f"except* {caught}{self._rng.choice(('', ' as e'))}:"):
                self._block(at, in_group=True, in_loop=False, in_handler=True)
        self._else(at)
        if self._chance(0.3):
            with self._header("finally:"):
                self._block(at)

    def _dead_end(self, at: _Context) -> None:
        """An inner `try` that never ends normally, whose `except` always raises, in a `try` in a `with` or `for`."""
        with self._header(
            self._rng.choice((f"with manager({self._rng.randrange(4)}):", "for y in upto(2):"))
        ):
            with self._header("try:"):
                with self._header("try:"):
                    self._line(self._rng.choice(("raise Boom(3)", "raise Bang")))
                with self._header("except Boom:"):
                    self._simple(at)
                    self._line(self._rng.choice(("raise Bang", "raise")))
            with self._header(self._rng.choice(("except Bang as e:", "except Exception:"))):
                self._block(at, in_handler=True)
            if self._chance(0.3):
                with self._header("finally:"):
                    self._block(at)
            self._simple(at)

    def _short_exit(self, at: _Context) -> None:
        """Branches that meet before a short block which leaves: the compiler copies such a block to the end of each branch."""
        self._branches()
        end = "return a" if at.kind != "agen" else "return"
        ends = ["raise Boom(4)", "raise Bang", "raise ValueError(a)"]
        if not at.in_group and not at.in_class:
            ends += [end, end, "return"]
        if at.in_loop and not at.in_group:
            ends += ["break", "continue"]
        leave = self._rng.choice(ends)
        header = self._rng.choice(
            (
                "try:",
                "try:",
                "try:",
                f"with manager({self._rng.randrange(4)}):",
                "for y in (1, 2):",
                "while a:",
                "match a:",
                "if a:",
                "",
            )
        )
        if header == "while a:" and leave == "continue":
            header = "while cond() and a:"  # the other one would never end
        if not header:
            with self._header("if cond():"):
                self._branches()
                self._line(leave)
            return
        if header == "match a:":
            with self._header(header), self._header("case _:"):
                self._line(leave)
            return
        if self._chance(0.5):
            self._line(f"{header} {leave}")
        else:
            with self._header(header):
                self._line(leave)
        if header == "try:":
            self._handlers(at, end)

    def _branches(self) -> None:
        """An `if` with short branches, on lines of their own or not."""
        words = ["if cond():", *["elif cond():"] * self._rng.choice((0, 0, 1)), "else:"]
        for word in words[: self._rng.choice((1, 3))]:
            value = self._rng.choice(("1", "say(2)", "boom(3)"))
            if self._chance(0.5):
                self._line(f"{word} y = {value}")
            else:
                with self._header(word):
                    self._line(f"y = {value}")

    def _handlers(self, at: _Context, end: str) -> None:
        """What follows a short `try`: handlers, a `finally`, or both, each as short."""
        shorts = ["y = 5", "say(6)", "raise Bang", "pass"]
        if not at.in_group and not at.in_class:
            shorts += [end, end]
        if at.in_loop and not at.in_group:
            shorts += ["continue", "break"]
        count = self._rng.choice((0, 1, 2))
        for caught in self._rng.sample(("Bang as e", "Boom as x", "ValueError", "KeyError"), count):
            if self._chance(0.5):
                self._line(f"except {caught}: {self._rng.choice(shorts)}")
            else:
                with self._header(f"except {caught}:"):
                    self._line(self._rng.choice((*shorts, "raise")))
        if not count or self._chance(0.3):
            with self._header("finally:"):
                self._line(self._rng.choice(shorts))

    def _with(self, at: _Context) -> None:
        items = [
            f"manager({self._rng.randrange(4)}){self._rng.choice(('', ' as x', ' as y'))}"
            for _ in range(self._rng.choice((1, 1, 2)))
        ]
        word = "with"
        if at.is_async and not at.in_class and self._chance(0.6):
            word, items = "async with", [f"a{item}" for item in items]
        if self._chance(0.2):
            self._line(f"{word} (")
            for item in items:
                self._line(f"    {item},")
            opening = "):"
        else:
            opening = f"{word} {', '.join(items)}:"
        with self._header(opening):
            self._block(at)

    def _match(self, at: _Context) -> None:
        subject = self._rng.choice(("a", "(a, b)", "say([a, 2])", "{'k': a}", self._value(at)))
        patterns = [
            "1 | 2",
            "(1, y)",
            "[x, 2]",
            "{'k': y}",
            "int(x)",
            "str() | None",
            "[_, *y]",
            "x if cond()",
        ]
        with self._header(f"match {subject}:"):
            for pattern in self._rng.sample(patterns, self._rng.choice((1, 2, 3))):
                with self._header(f"case {pattern}:"):
                    self._block(at)
            if self._chance(0.5):
                with self._header("case _:"):
                    self._block(at)

    def _nested(self, at: _Context) -> None:
        """A function in the function, which may close over its names, and its calls."""
        if self._chance(0.2):
            self._line("@same")
        kind = (
            self._rng.choice(("plain", "plain", "gen", "coro"))
            if at.is_async
            else self._rng.choice(("plain", "gen"))
        )
        with self._header(f"{'async ' if kind == 'coro' else ''}def inner(b=1, *args):"):
            if not at.in_class and self._chance(0.5):
                self._line("nonlocal a")
                self._line("a = say(b)")
            else:
                self._line("a = say(b)")
            self._body(_Context(kind, at.depth + 1), 2)
            if kind == "gen":
                self._line("yield b")
        call = {"plain": "inner(2)", "gen": "[*inner(2)]", "coro": "await inner(2)"}[kind]
        if kind == "coro" and at.in_class:
            self._line("inner(2).close()")
        else:
            self._line(f"y = {call}")

    def _nested_class(self, at: _Context) -> None:
        with self._header("class Inner:"):
            self._line("a = say('inner class')")
            self._body(_Context(at.kind, at.depth + 1, in_class=True), 2)
            with self._header("def method(self, a=1, b=2):"):
                self._body(_Context("plain", at.depth + 2), 2)
                self._line("return __class__")
        self._line("y = Inner().method()")

    # --- expressions -----------------------------------------------------------------------------------------------

    def _value(self, at: _Context) -> str:
        name = self._rng.choice("aaabx")
        shapes = [
            "1",
            "a",
            name,
            f"{name} + 1",
            f"say({name})",
            f"boom({name})",
            f"[y + {name} for y in upto(3) if y]",
            f"{{y: {name} for y in upto(2)}}",
            f"sum(say(y) for y in upto({self._rng.randrange(4)}))",
            f"(lambda q=1: say(q) or {name})()",
            f"f'{{{name}!s:.9}} and {{say(1)}}'",
            f"(a if cond() else {name})",
            f"(b := say({name}))" if not at.in_class else name,
            f"6 // ({name} % 3)",
            f"[1, 2][{name}]",
            f"(1 < say({name}) < 3 or cond())",
            f"say(*[1], **{{'times': {self._rng.randrange(3)}}})",
        ]
        if at.is_async and not at.in_class:
            shapes += [
                "await pause()",
                "await pause(2)",
                "[y async for y in asome(2)]",
                "[await pause(y) for y in upto(2)]",
            ]
        callees = list(range(self._number + 1, FUNCTIONS)) if self._number < FUNCTIONS else []
        if callees and self._chance(0.15):
            shapes = self._calls(self._rng.choice(callees), at) or shapes
        return self._rng.choice(shapes)

    def _calls(self, number: int, at: _Context) -> list[str]:
        kind = self._kinds[number]
        if kind == "plain":
            return [f"call(f{number}, a)", f"f{number}(a)"]
        if kind == "gen":
            shapes = [f"[*upto_end(f{number}(a))]", f"next(f{number}())"]
            return [*shapes, f"(yield from f{number}(a))"] if at.kind == "gen" and not at.in_class else shapes
        if at.in_class or not at.is_async:
            return []
        if kind == "coro":
            return [f"await f{number}(a)"]
        return [f"[y async for y in f{number}(a)]", f"await anext(f{number}(a))"]
