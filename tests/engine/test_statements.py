"""What a line means: which statement a probe on it goes before, or why it can go nowhere.

The tables read: a source, and for some of its lines the line a probe goes to. Sources are numbered from their first line.
"""

from __future__ import annotations

import random
import re
import sys
import sysconfig
import textwrap
from pathlib import Path
from typing import NamedTuple

import pytest

from hotlog.errors import LocationError
from hotlog.source.statements import Location, Source

ENTRY = "entry"


def source(text: str) -> Source:
    return Source(textwrap.dedent(text).lstrip("\n").encode(), "app.py")


class Row(NamedTuple):
    """A source; for lines of it, the line a probe goes to, `(line, "entry")`, or the reason of an error."""

    name: str
    text: str
    goes: dict[int, int | tuple[int, str] | str]


NO = "line-not-executable"

ROWS = [
    Row(
        "simple statements",
        """
        def f(a):
            b = a
            return b
        """,
        {1: (1, ENTRY), 2: 2, 3: 3},
    ),
    Row(
        "continuation lines",
        '''
        def f(a):
            b = max(
                a,

                # why not
                2,
            )
            c = """
            # no comment

            """ + a
            return (b +
                    c)
        ''',
        {2: 2, 3: 2, 4: 2, 5: 2, 6: 2, 7: 2, 8: 8, 9: 8, 10: 8, 11: 8, 12: 12, 13: 12},
    ),
    Row(
        "backslashes",
        """
        def f(a):
            b = a + \\
                1 + \\
                2
            assert a, \\
                b
        """,
        {2: 2, 3: 2, 4: 2, 5: 5, 6: 5},
    ),
    Row(
        "headers of compound statements",
        """
        def f(a):
            for i in a:
                i
            while a:
                a -= 1
            with a:
                a
            try:
                a
            finally:
                a
            if a:
                a
            match a:
                case 1:
                    a
        """,
        {
            2: 2,
            3: 3,
            4: 4,
            5: 5,
            6: 6,
            7: 7,
            8: 8,
            9: 9,
            10: 11,
            11: 11,
            12: 12,
            13: 13,
            14: 14,
            15: 16,
            16: 16,
        },
    ),
    Row(
        "async forms",
        """
        async def f(a):
            async for i in a:
                i
            else:
                a
            async with (
                a as b,
                b,
            ):
                a
            return await a
        """,
        {1: (1, ENTRY), 2: 2, 3: 3, 4: 5, 6: 6, 7: 6, 8: 6, 9: 6, 10: 10, 11: 11},
    ),
    Row(
        "headers of several lines",
        """
        def f(a):
            if (a
                and a
            ):
                return a
            for i in [
                1,
            ]:
                a
            while (  # comment
                a
            ):

                # comment
                a
        """,
        {2: 2, 3: 2, 4: 2, 5: 5, 6: 6, 7: 6, 8: 6, 9: 9, 10: 10, 11: 10, 12: 10, 13: 15, 14: 15, 15: 15},
    ),
    Row(
        "one-line compounds",
        """
        def f(a):
            if a: return a
            for i in a: a; i
            with a: pass
            if a: b = 1
            elif b: b = 2
            else: b = 3
            try: a
            except E: b
            else: c
            finally: d
            class C: x = 1
            def g(): return 1
            while a: a -= 1
            return b
        """,
        {2: 2, 3: 3, 4: 4, 5: 5, 6: 6, 7: 7, 8: 8, 9: 9, 10: 10, 11: 11, 12: 12, 13: 13, 14: 14, 15: 15},
    ),
    Row(
        "elif and else",
        """
        def f(a):
            if a == 1:
                return 1
            elif a == 2:
                return 2
            elif (a == 3
                  or a == 4):
                return 3
            else:
                return 4
        """,
        {2: 2, 3: 3, 4: 4, 5: 5, 6: 6, 7: 6, 8: 8, 9: 10, 10: 10},
    ),
    Row(
        "an if below an else is no elif",
        """
        def f(a):
            if a:
                return 1
            else:
                if a:
                    return 2
        """,
        {4: 5, 5: 5},
    ),
    Row(
        "else of loops",
        """
        def f(a):
            for i in a:
                a
            # about the else
            else:
                b
            while a:
                a
            else:  # comment
                # another

                b
        """,
        {5: 6, 6: 6, 9: 12, 10: 12, 11: 12, 12: 12},
    ),
    Row(
        "except, else, finally",
        """
        def f(a):
            try:
                a
            except (
                KeyError,
                TypeError,
            ) as e:
                b
            except Exception:
                # comment
                c
            else:

                d
            finally:
                e
        """,
        {2: 2, 4: 8, 5: 8, 6: 8, 7: 8, 9: 11, 10: 11, 12: 14, 13: 14, 15: 16},
    ),
    Row(
        "except*",
        """
        def f(a):
            try:
                a
            except* KeyError:
                b
            except* (TypeError, ValueError) as e:
                c
            finally:
                d
        """,
        {2: 2, 3: 3, 4: 5, 5: 5, 6: 7, 7: 7, 8: 9},
    ),
    Row(
        "cases with guards and patterns of several lines",
        """
        def f(a):
            match (a,
                   1):
                # comment
                case [x, y] if x > y:
                    return x
                case {
                    "k": v,
                } if v:
                    return v
                case C(x=1) | None:

                    return 2
                case _: return 3
        """,
        {2: 2, 3: 2, 5: 6, 6: 6, 7: 10, 8: 10, 9: 10, 10: 10, 11: 13, 12: 13, 13: 13, 14: 14},
    ),
    Row(
        "decorators and headers of defs",
        """
        import functools

        @functools.wraps(
            print
        )
        # comment
        @decorate
        def f(
            a,
            b=2,  # comment
        ) -> int:
            return a

        class C:
            @property
            def p(self):
                return 1

            async def q(self):
                return 2
        """,
        {
            3: (3, ENTRY),
            4: (3, ENTRY),
            5: (3, ENTRY),
            6: (3, ENTRY),
            7: (3, ENTRY),
            8: (3, ENTRY),
            9: (3, ENTRY),
            10: (3, ENTRY),
            11: (3, ENTRY),
            12: 12,
            14: NO,
            15: (15, ENTRY),
            16: (15, ENTRY),
            17: 17,
            19: (19, ENTRY),
            20: 20,
        },
    ),
    Row(
        "definitions inside a function are statements",
        """
        def f(a):
            import os
            @decorate
            def g(
                b
            ):
                return b
            class C(
                a
            ):
                x = 1

                def h(self):
                    return 2
            return g
        """,
        {2: 2, 3: 3, 4: 3, 5: 3, 6: 3, 7: 7, 8: 8, 9: 8, 10: 8, 11: 11, 12: 13, 13: 13, 14: 14, 15: 15},
    ),
    Row(
        "docstrings and declarations",
        '''
        total = 0

        def f(a):
            """Says

            much."""
            global total
            total = a

        def g(a):
            """Alone."""

        class C:
            """A class."""

            def h(self):
                """Short."""
                def i():
                    nonlocal x
                    x = 1
                x = 2
                return i
        ''',
        {
            4: 8,
            5: 8,
            6: 8,
            7: 8,
            8: 8,
            11: NO,
            12: NO,
            14: (16, ENTRY),
            15: (16, ENTRY),
            17: 18,
            18: 18,
            19: 20,
            20: 20,
            21: 21,
        },
    ),
    Row(
        "a string that is no docstring is a statement",
        """
        def f(a):
            a
            'text'
            if a:
                'text'
                a
        """,
        {3: 3, 5: 5, 6: 6},
    ),
    Row(
        "blank lines and comments slide within their block",
        """
        def f(a):

            # first

            if a:
                # about b
                b = 1

                # about c

                c = 2
            # after

            return c
        """,
        {2: 5, 3: 5, 4: 5, 6: 7, 8: 11, 9: 11, 10: 11, 12: 14, 13: 14},
    ),
    Row(
        "past the end of a block",
        """
        def f(a):
            if a:
                b = 1
                # closes the block of b
            return b
            # closes f

        # between

        x = 1

        def g(a):
            return a

        """,
        {4: NO, 6: NO, 7: NO, 8: NO, 10: NO, 14: NO, 15: NO, 16: NO, 0: NO, -1: NO, 99: NO},
    ),
    Row(
        "a comment indented further behind a simple statement closes nothing",
        """
        def f(a):
            b = a
                # about b
            return b
        """,
        {3: 4},
    ),
    Row(
        "module level and bodies of classes have run",
        """
        import os
        x = [
            1,
        ]
        if x:
            y = 1
        class C:
            z = 1

            def f(self):
                return 1

            w = lambda self: (
                1
            )
        for i in x:
            def g():
                return i
        """,
        {
            1: NO,
            2: NO,
            3: NO,
            5: NO,
            6: NO,
            7: NO,
            8: NO,
            9: (10, ENTRY),
            10: (10, ENTRY),
            11: 11,
            13: NO,
            14: NO,
            16: NO,
            17: (17, ENTRY),
            18: 18,
        },
    ),
    Row(
        "several statements on one line",
        """
        def f(a):
            b = a; c = b; return c
            x = (1,
                 2); y = 3
            z = 1
        """,
        {2: 2, 3: 3, 4: 3, 5: 5},
    ),
    Row(
        "one-line functions",
        """
        def f(a): return a
        class C: x = 1
        async def g(): pass; return 1
        """,
        {1: (1, ENTRY), 2: NO, 3: (3, ENTRY)},
    ),
    Row(
        "lambdas and comprehensions count as the statement around them",
        """
        def f(a):
            g = (lambda x:
                 x + 1)
            return [
                i
                for i in a
                if g(
                    i)
            ]
        """,
        {2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 4, 8: 4, 9: 4},
    ),
    Row(
        "f-strings of several lines",
        '''
        def f(a):
            b = f"""{
                a
            } # {a!r}

            """
            return b
        ''',
        {2: 2, 3: 2, 4: 2, 5: 2, 6: 2, 7: 7},
    ),
    Row("an empty file", "", {1: NO, 2: NO}),
    Row("comments only", "# nothing\n\n# here\n", {1: NO, 2: NO, 3: NO, 4: NO}),
]

ROWS_312 = [
    Row(
        "type parameters and type aliases",
        """
        def f[
            T: int,
            *Ts,
        ](a: T) -> T:
            type Alias[S] = list[
                S
            ]
            return a

        class C[T]:
            def g[S](self):
                return 1
        """,
        {1: (1, ENTRY), 2: (1, ENTRY), 4: (1, ENTRY), 5: 5, 6: 5, 8: 8, 10: NO, 11: (11, ENTRY), 12: 12},
    ),
    Row(
        "quotes within f-strings",
        '''
        def f(a):
            return f"{a["k"] + """
            # no comment
            """}"
        ''',
        {2: 2, 3: 2, 4: 2},
    ),
]
if sys.version_info >= (3, 12):
    ROWS += ROWS_312


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_line_stands_for_a_statement(row: Row) -> None:
    parsed = source(row.text)
    found: dict[int, int | tuple[int, str] | str] = {}
    for line in row.goes:
        try:
            place = parsed.place(line)
        except LocationError as fault:
            found[line] = fault.code
        else:
            found[line] = (place.line, ENTRY) if place.kind == "entry" else place.line
            assert place.asked == line
    assert found == row.goes


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_place_and_an_error_name_what_would_do(row: Row) -> None:
    check_every_line(source(row.text))


def check_every_line(parsed: Source) -> None:
    """Each line has a place whose own line is that place; or an error whose nearest lines have places."""
    found = {place.line for place in parsed.places()}
    assert all(parsed.place(place.line) == place for place in parsed.places())
    for line in range(len(parsed.lines) + 2):
        place = place_or_error(parsed, line)
        if isinstance(place, LocationError):
            assert place.code == NO
            assert all(parsed.place(near).line == near for near in place.nearest)
            assert bool(place.nearest) == bool(found)
            continue
        again = parsed.place(place.line)
        assert (again.line, again.kind, again.note) == (place.line, place.kind, "")
        assert place.kind == "entry" or bool(place.note) == (line != place.line)
        assert place.line in found
        assert place.line <= place.end
        spot = parsed.spot(place)
        assert spot.kind == place.kind
        assert 0 <= spot.position <= len(spot.block)


def place_or_error(parsed: Source, line: int) -> Location | LocationError:
    try:
        return parsed.place(line)
    except LocationError as fault:
        return fault


# --- what is said about it -------------------------------------------------------------------------------------------

SAID = '''
def f(a):
    """Says."""
    global x

    # comment
    b = max(
        a,
        1)
    if b:
        c = 1
    else:
        # about d

        d = 2

# about C
class C:
    # about g
    @decorate
    def g(self): return (
        1)

x = 1
'''.lstrip()

NOTES = [
    (1, ""),
    (2, "line 2 is a docstring: the probe goes before line 6"),
    (3, "line 3 is a declaration: the probe goes before line 6"),
    (4, "line 4 is blank: the probe goes before line 6"),
    (5, "line 5 is a comment: the probe goes before line 6"),
    (6, ""),
    (7, "line 7 continues a statement: the probe goes before line 6"),
    (11, "line 11 is `else`: the probe goes before line 14"),
    (12, "line 12 is a comment: the probe goes before line 14"),
    (13, "line 13 is blank: the probe goes before line 14"),
    (18, "line 18 is a comment: the probe fires at the entry of C.g"),
    (19, ""),
    (20, ""),
]

REASONS = [
    (15, "No probe can go to app.py:15: it is module-level code, which has run already. Try line 14 or 19."),
    (16, "No probe can go to app.py:16: it is module-level code, which has run already. Try line 14 or 19."),
    (17, "No probe can go to app.py:17: it is module-level code, which has run already. Try line 19 or 14."),
    (23, "No probe can go to app.py:23: it is module-level code, which has run already. Try line 19."),
    (99, "No probe can go to app.py:99: app.py has 23 lines. Try line 19."),
]


@pytest.mark.parametrize(("line", "note"), NOTES)
def test_the_note_says_where_the_probe_went(line: int, note: str) -> None:
    assert source(SAID).place(line).note == note


@pytest.mark.parametrize(("line", "reason"), REASONS)
def test_the_error_says_why_and_names_the_nearest_lines(line: int, reason: str) -> None:
    with pytest.raises(LocationError) as caught:
        source(SAID).place(line)
    assert (caught.value.code, caught.value.message) == (NO, reason)


def test_a_file_without_functions_says_so() -> None:
    with pytest.raises(LocationError, match="The file has no function") as caught:
        source("x = 1\n").place(1)
    assert caught.value.nearest == ()


PLACES = [
    (1, Location(1, 1, "entry", "f", "def f(a):", 1)),
    (
        8,
        Location(
            6,
            8,
            "statement",
            "f",
            "b = max(",
            8,
            "line 8 continues a statement: the probe goes before line 6",
        ),
    ),
    (20, Location(19, 20, "entry", "C.g", "def g(self): return (", 20)),
]


@pytest.mark.parametrize(("line", "place"), PLACES)
def test_a_place_knows_its_span_its_function_and_its_anchor(line: int, place: Location) -> None:
    assert source(SAID).place(line) == place


# --- files as they are -----------------------------------------------------------------------------------------------

ENCODED = [
    ("latin-1", b"# coding: latin-1\ndef f():\n    s = '\xe9'\n    return s\n", 3, "s = '\xe9'"),
    ("a byte order mark", b"\xef\xbb\xbfdef f():\n    return '\xc3\xa9'\n", 2, "return '\xe9'"),
    ("Windows line ends", b"def f():\r\n    a = (1,\r\n         2)\r\n    return a\r\n", 4, "return a"),
    ("old Mac line ends", b"def f():\r    a = 1\r    return a\r", 3, "return a"),
    ("tabs", b"def f():\n\tif 1:\n\t\treturn 1\n", 3, "return 1"),
    (
        "a form feed between functions",
        b"def f():\n    return 1\n\x0c\ndef g():\n    return 2\n",
        5,
        "return 2",
    ),
    ("a form feed within a line", b"def f():\n    a = 1\x0c + 2\n    return a\n", 3, "return a"),
    (
        "separators that end no line",
        b"def f():\n    a = '\x1c\x1d\x85\xe2\x80\xa8'\n    return a\n".replace(b"\x85", b""),
        3,
        "return a",
    ),
    ("no line end at the end", b"def f():\n    return 1", 2, "return 1"),
    ("names beyond ASCII", "def f():\n    é = 1; ü = 2\n    return é\n".encode(), 3, "return é"),
]


@pytest.mark.parametrize(("name", "data", "line", "text"), ENCODED, ids=[row[0] for row in ENCODED])
def test_lines_are_those_of_the_parser(name: str, data: bytes, line: int, text: str) -> None:
    place = Source(data, name).place(line)
    assert (place.line, place.text) == (line, text)


@pytest.mark.parametrize(
    "data", [b"def f(:\n", b"\x00", b"# coding: no-such-codec\n", b"\xff\xfe", b"x = " + b"(" * 500], ids=repr
)
def test_what_cannot_be_parsed_is_an_error_of_its_own(data: bytes) -> None:
    with pytest.raises(LocationError) as caught:
        Source(data, "app.py")
    assert caught.value.code == "source-unreadable"


# --- by name, by text ------------------------------------------------------------------------------------------------

NAMED = """
def f():
    def inner():
        return 1
    return inner

class C:
    def f(self):
        return 2

    @property
    def p(self):
        return 3

    @p.setter
    def p(self, v):
        self.v = v

    class D:
        async def f(self):
            return 4
"""


@pytest.mark.parametrize(
    ("name", "line"),
    [("f", 1), ("f.inner", 2), ("f.<locals>.inner", 2), ("C.f", 7), ("C.D.f", 19)],
)
def test_a_function_is_found_by_its_name(name: str, line: int) -> None:
    place = source(NAMED).function(name)
    assert (place.line, place.kind) == (line, ENTRY)


@pytest.mark.parametrize(
    ("name", "code", "part"),
    [
        ("C.p", "ambiguous-function", "defines C.p 2 times: name one by its line (11, 15)"),
        ("C.g", "no-such-function", "Did you mean C.p, C.f?"),
        ("", "no-such-function", "Did you mean f"),
    ],
)
def test_a_function_that_is_not_there_or_twice(name: str, code: str, part: str) -> None:
    with pytest.raises(LocationError) as caught:
        source(NAMED).function(name)
    assert caught.value.code == code
    assert part in caught.value.message


def test_a_statement_is_found_by_its_text() -> None:
    assert source(NAMED).search("return 2").line == 8
    assert source(NAMED).search("def inner").line == 2
    assert source(NAMED).search("async def").kind == ENTRY


@pytest.mark.parametrize(
    ("text", "code"),
    [("return 9", "no-such-text"), ("return", "ambiguous-text"), ("class C", "no-such-text")],
)
def test_a_text_that_is_not_there_or_twice(text: str, code: str) -> None:
    with pytest.raises(LocationError) as caught:
        source(NAMED).search(text)
    assert caught.value.code == code


def test_a_statement_that_begins_on_another_ones_last_line_does_not_make_that_one_ambiguous() -> None:
    parsed = source("def f(a):\n    x = (1,\n         2); y = 3\n    return x\n")
    assert [place.line for place in parsed.places()] == [1, 2, 4]
    assert parsed.search("x = (").line == 2


# --- after an edit ---------------------------------------------------------------------------------------------------

ORIGINAL = """
def f(a):
    b = a + 1
    return b

def g(a):
    c = a + 2
    return c
"""


class Edit(NamedTuple):
    name: str
    line: int  # in the original
    new: str
    goes: int | str


EDITS = [
    Edit("unchanged", 2, ORIGINAL, 2),
    Edit("moved down in its function", 2, ORIGINAL.replace("    b =", "    import os\n    b ="), 3),
    Edit("the function moved", 6, "\nimport os\n\n" + ORIGINAL, 9),
    Edit(
        "the function became shorter, the line no statement", 6, "def g(a):\n    c = a + 2\n    return c\n", 2
    ),
    Edit("another indentation", 2, ORIGINAL.replace("    b = a + 1", "    if a:\n        b = a + 1"), 3),
    Edit(
        "duplicated in its function",
        2,
        ORIGINAL.replace("    b =", "    x = 0\n    b = a + 1\n    b ="),
        "source-changed",
    ),
    Edit(
        "the line still reads so, a second stands below",
        2,
        ORIGINAL.replace("    return b", "    b = a + 1\n    return b"),
        2,
    ),
    Edit("gone", 2, ORIGINAL.replace("a + 1", "a + 9"), "source-changed"),
    Edit(
        "only in another function now",
        2,
        ORIGINAL.replace("b = a + 1", "pass").replace("c = a + 2", "b = a + 1"),
        6,
    ),
    Edit(
        "moved, and another function has the same",
        2,
        ORIGINAL.replace("    b =", "    x = 0\n    b =").replace("c = a + 2", "b = a + 1"),
        3,
    ),
    Edit(
        "another function took its line",
        2,
        "def g(a):\n    b = a + 1\n\n\ndef f(a):\n    b = a + 1\n    return b\n",
        6,
    ),
    Edit("a decorated definition by its def line", 1, ORIGINAL.replace("def f", "@cache\ndef f"), 1),
    Edit("the file is empty", 2, "", "source-changed"),
    Edit("became a comment", 2, ORIGINAL.replace("b = a", "# b = a"), "source-changed"),
    Edit(
        "became part of a string",
        2,
        ORIGINAL.replace("    b = a + 1", '    x = """\n    b = a + 1\n    """'),
        "source-changed",
    ),
]


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.name)
def test_a_rule_follows_its_text(edit: Edit) -> None:
    was = source(ORIGINAL).place(edit.line)
    now = source(edit.new)
    if isinstance(edit.goes, str):
        with pytest.raises(LocationError) as caught:
            now.follow(was.line, was.text, was.function)
        assert caught.value.code == edit.goes
        return
    place = now.follow(was.line, was.text, was.function)
    assert (place.line, place.text, place.asked) == (edit.goes, was.text, edit.line)
    assert bool(place.note) == (place.line != was.line)


def test_a_rule_that_does_not_know_its_function_follows_a_unique_text() -> None:
    now = source("import os\n" + ORIGINAL.lstrip())
    assert now.follow(2, "b = a + 1").line == 3
    twice = source(
        ORIGINAL.replace("c = a + 2", "b = a + 1")
        .replace("\ndef f", "\n\ndef f", 1)
        .replace("def f", "x = 1\ndef f")
    )
    with pytest.raises(LocationError, match="2 statements read so now"):
        twice.follow(1, "b = a + 1")


# --- any file --------------------------------------------------------------------------------------------------------

STDLIB = Path(sysconfig.get_paths()["stdlib"])
SMALL_MAX_BYTES = 60_000


def library_files(count: int) -> list[Path]:
    """Some files of the standard library, the same ones each time."""
    skipped = re.compile(r"bad|lib2to3|site-packages|turtledemo|idlelib")
    files = sorted(
        file
        for file in STDLIB.rglob("*.py")
        if not skipped.search(str(file)) and 0 < file.stat().st_size < SMALL_MAX_BYTES
    )
    return random.Random(1).sample(files, min(count, len(files)))  # noqa: S311  # a sample, not a secret


@pytest.mark.parametrize("count", [25, pytest.param(2_000, marks=pytest.mark.slow)])
@pytest.mark.long
def test_every_line_of_a_real_file_has_a_place_or_nearest_lines(count: int) -> None:
    for file in library_files(count):
        try:
            check_every_line(Source(file.read_bytes(), str(file)))
        except LocationError as fault:
            if fault.code != "source-unreadable":  # data of tests that is no Python
                raise
        except AssertionError as fault:
            fault.add_note(str(file))
            raise
