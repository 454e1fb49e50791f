"""Edits of a file: log lines find their places, and nothing else ever becomes a rule."""

from __future__ import annotations

import ast
import random
import re
import textwrap

import pytest

from hotlog.client.typed.find_typed import TypedFile, find_typed
from hotlog.client.typed.tree_diff import TreeDiff
from hotlog.redaction.secret_names import is_redacted
from hotlog.source.statements import Source

FILE = '''"""An order."""

import json

LIMIT = 10


class Cart:
    rate = 3

    def total(self, lines):
        """Add up."""
        goods = sum(line.price for line in lines)
        if goods > LIMIT:
            goods -= 1
        elif goods == 0:
            goods = None
        else:
            goods += 1
        return goods

    def clear(self):
        self.lines = []


def place(event, context):
    order = json.loads(event["body"])
    cart = Cart()
    for line in order["lines"]:
        count = line["count"]
        cart.add(line, count)
    try:
        total = cart.total(order["lines"])
    except ValueError as fault:
        total = 0
        raise
    finally:
        cart.clear()
    with open("x") as file:
        file.write(str(total))
    return total
'''


def source(text: str) -> Source:
    return Source(text.encode(), "app.py")


def typed(work: str, base: str = FILE, deployed: str = "") -> TypedFile:
    was = source(base)
    return find_typed(source(work), was, source(deployed) if deployed else was, is_redacted)


def above(mark: str, text: str, file: str = FILE) -> str:
    """Type lines above the one line that contains a mark."""
    line = next(line for line in file.split("\n") if mark in line)
    assert file.count(line) == 1, line
    indent = line[: len(line) - len(line.lstrip())]
    return file.replace(f"{line}\n", f"{textwrap.indent(text, indent)}\n{line}\n")


def below(mark: str, text: str, file: str = FILE) -> str:
    line = next(line for line in file.split("\n") if mark in line)
    indent = line[: len(line) - len(line.lstrip())]
    return file.replace(f"{line}\n", f"{line}\n{textwrap.indent(text, indent)}\n", 1)


def places(found: TypedFile) -> list[tuple[str, bool]]:
    """Where each line goes: the text of the deployed statement, and whether behind it."""
    lines = FILE.split("\n")
    assert [each.read.fault for each in found.lines if each.read.fault] == []
    return [(lines[each.at - 1].strip(), each.after) for each in found.lines]


@pytest.mark.parametrize(
    ("work", "place"),
    [
        (above("goods = sum", "print(1)"), ("goods = sum(line.price for line in lines)", False)),
        (above("if goods >", "print(1)"), ("if goods > LIMIT:", False)),
        (below("goods -= 1", "print(1)"), ("goods -= 1", True)),
        (below("goods = None", "print(1)"), ("goods = None", True)),
        (above("goods += 1", "print(1)"), ("goods += 1", False)),
        (above("return goods", "print(1)"), ("return goods", False)),
        (below("self.lines = []", "print(1)"), ("self.lines = []", True)),
        (below("cart.add(line", "print(1)"), ("cart.add(line, count)", True)),
        (above("total = 0", "print(fault)"), ("total = 0", False)),
        (below("cart.clear()", "print(1)"), ("cart.clear()", True)),
        (above("with open", "print(1)"), ('with open("x") as file:', False)),
        (below("file.write", "print(1)"), ("file.write(str(total))", True)),
        (below('"""Add up."""', "print(1)"), ("goods = sum(line.price for line in lines)", False)),
        (above('"""Add up."""', "print(1)"), ("goods = sum(line.price for line in lines)", False)),
    ],
)
def test_where_a_line_goes(work: str, place: tuple[str, bool]) -> None:
    assert places(typed(work)) == [place]


def test_a_line_in_the_place_of_a_pass_goes_before_it_and_the_pass_is_no_other_edit() -> None:
    text = "def f(a):\n    try:\n        a()\n    except ValueError: pass\n    except KeyError as e:\n        pass\n"
    work = text.replace("ValueError: pass", "ValueError: print('v')").replace(
        "        pass\n", "        print(e)\n"
    )
    found = typed(work, text)
    assert [(each.at, each.after, each.read.fault) for each in found.lines] == [
        (4, False, None),
        (6, False, None),
    ]
    assert found.others == ()
    [edited] = typed(text.replace("ValueError: pass", "ValueError as v: print(v)"), text).lines
    assert edited.read.fault is not None


STUBS = """
class Base:
    @property
    def a(self):
        \"\"\"Doc.\"\"\"

    def b(self):
        ...

    async def c(self):
        \"\"\"Doc.\"\"\"
        ...

def d(x):
    def inner():
        \"\"\"Doc.\"\"\"
    if x:
        ...
    return inner
"""


@pytest.mark.parametrize(
    ("before", "after", "place"),
    [
        ("def a(self):\n        ", "def a(self):\n        print(1)\n        ", (3, False)),
        ('def a(self):\n        """Doc."""\n', 'def a(self):\n        """Doc."""\n        print(1)\n', (3, False)),
        ('def a(self):\n        """Doc."""\n', "def a(self):\n        print(1)\n", (3, False)),
        ("b(self):\n        ...\n", "b(self):\n        print(1)\n", (8, False)),
        ("b(self):\n        ...\n", "b(self):\n        ...\n        print(1)\n", (8, True)),
        ("b(self):\n        ...\n", "b(self):\n        print(1)\n        ...\n", (8, False)),
        ('c(self):\n        """Doc."""\n        ...\n', "c(self):\n        print(1)\n", (12, False)),
        ("if x:\n        ...\n", "if x:\n        print(1)\n", (18, False)),
        ('inner():\n        """Doc."""\n', 'inner():\n        """Doc."""\n        print(1)\n', "no statement stands in that block"),
        ("        ...\n    return", "        ...\n    else: print(1)\n    return", "no `else:` there"),
    ],
)  # fmt: skip
def test_a_body_of_nothing_but_a_docstring_or_dots_has_a_place(
    before: str, after: str, place: tuple[int, bool] | str
) -> None:
    assert STUBS.count(before) == 1
    found = typed(STUBS.replace(before, after), STUBS)
    [line] = found.lines
    if isinstance(place, str):
        assert line.read.fault is not None
        assert place in line.read.fault.message
    else:
        assert (line.read.fault, line.at, line.after) == (None, *place)
    assert [each.text for each in found.others] in ([], ["'Doc.'"], ["'\"Doc.\"'"])


@pytest.mark.parametrize(
    ("inner", "message"),
    [("except ValueError", "q"), ("except ValueError as inner", "q {inner!r}")],
)
def test_the_exception_of_a_line_is_that_of_the_innermost_handler(inner: str, message: str) -> None:
    text = (
        "def f(a):\n    try:\n        a()\n    except KeyError as outer:\n        try:\n            a()\n"
        f"        {inner}:\n            a = 1\n"
    )
    [line] = typed(
        text.replace("            a = 1", "            logger.exception('q')\n            a = 1"), text
    ).lines
    assert line.read.log is not None
    assert line.read.log.message == message


def test_an_exception_is_not_that_of_the_handler_around_a_function() -> None:
    text = "def f(a):\n    try:\n        a()\n    except KeyError as e:\n        def g():\n            return a\n        g()\n"
    [line] = typed(
        text.replace("            return", "            logger.exception('q')\n            return"), text
    ).lines
    assert line.read.log is not None
    assert line.read.log.message == "q"


def test_fields_that_a_logger_is_given_above_are_missing_and_that_is_said() -> None:
    found = typed(above("return goods", "logger.append_keys(order=1)\nlogger.info('a')\nprint('b')"))
    assert [bool(each.read.marks) for each in found.lines] == [True, False]
    assert "without the fields that line" in found.lines[0].read.marks[0]


def test_several_lines_at_one_place_keep_their_order() -> None:
    found = typed(above("return goods", "print('a')\nprint('b')\nif LIMIT: print('c')\nprint('d')"))
    assert [each.read.log.message for each in found.lines if each.read.log] == ["a", "b", "c", "d"]
    assert {*places(found)} == {("return goods", False)}


def test_layout_comments_and_moved_definitions_are_no_difference() -> None:
    tree = ast.parse(FILE)
    tree.body[2:] = [tree.body[4], tree.body[2], tree.body[3]]
    moved = ast.unparse(tree)
    assert moved != FILE
    found = typed(f"# a comment\n{moved}")
    assert found.lines == ()
    assert found.others == ()
    again = typed(above("return goods", "print('x')", moved))
    assert places(again) == [("return goods", False)]


@pytest.mark.parametrize(
    ("work", "sentence"),
    [
        ("print(1)\n" + FILE, "module-level code"),
        (above("rate = 3", "print(1)"), "body of a class"),
        (above("if goods > LIMIT", "print(1)").replace("if goods > LIMIT", "if goods >= LIMIT"), "its next line is an edit of yours"),
        (FILE.replace("        goods -= 1\n", "        print(1)\n"), None),
        (FILE.replace("            goods -= 1\n", "            if LIMIT:\n                print(1)\n                goods -= 1\n"), "a new `if`"),
        (above("return total", "flag = event.pop('x')\nprint(flag)"), "`flag` is what your edit makes of it"),
        (FILE.replace("ValueError as fault:\n", "(ValueError, KeyError) as fault:\n        print(fault)\n"), "no `except (ValueError, KeyError) as fault:` there"),
        (FILE.replace("    finally:\n        cart.clear()\n", "    else:\n        print(1)\n    finally:\n        cart.clear()\n"), "no `else:` there"),
        (FILE.replace("    with open", "    while total:\n        print(1)\n    with open"), "a rule logs once"),
    ],
)  # fmt: skip
def test_what_has_no_place_is_refused_alone(work: str, sentence: str | None) -> None:
    found = typed(above("return goods", "print('fine')", work))
    fine = [each for each in found.lines if each.read.fault is None]
    refused = [each.read.fault.message for each in found.lines if each.read.fault is not None]
    if sentence is None:  # the statement that it took the place of stands in the deployed code alone
        assert [each.at for each in fine] or refused
        return
    assert [each.read.log.message for each in fine if each.read.log] == ["fine"]
    assert len(refused) == 1
    assert sentence in refused[0]


@pytest.mark.parametrize(
    ("typed_above", "fault", "mark"),
    [
        ("goods = 5\nif goods > 3: print('x')", "`goods` is what your edit makes of it", ""),
        ("goods = 5\nx = goods + 1\nprint(x)", "`goods` is what your edit makes of it", ""),
        ("goods = 5\nassert goods > 3", "`goods` is what your edit makes of it", ""),
        ("def goods(): pass\nprint(goods)", "`goods` is what your edit makes of it", ""),
        ("try:\n    pass\nexcept E as goods:\n    pass\nprint(goods)", "`goods` is what your edit makes of it", ""),
        ("match lines:\n    case [goods, *_]:\n        pass\nprint(goods)", "`goods` is what your edit makes of it", ""),
        ("match lines:\n    case {'a': 1, **goods}:\n        pass\nprint(goods)", "`goods` is what your edit makes of it", ""),
        ("self.x = 5\nprint(self.x)", "", "`self.x` is shown without what your edit"),
        ("self.x.y = 5\nprint(self.x)", "", "`self.x.y` is shown without what your edit"),
        ("self.x = 5\nprint(self.y, self.xy)", "", ""),
        ("self.x = 5\nprint(self)", "", "`self.x` is shown without what your edit"),
        ("lines[0] = 5\nif lines[0].price: print(1)", "", "`lines[0]` is shown without what your edit"),
        ("lines.append(3)\nprint(len(lines))", "", "`lines` is shown without what your edit"),
        ("del goods\nprint(goods)", "", "`goods` is shown without what your edit"),
        ("audit(goods)\nprint(goods)", "", ""),
    ],
)  # fmt: skip
def test_a_line_that_reads_what_an_edit_makes_is_not_taken_without_a_word(
    typed_above: str, fault: str, mark: str
) -> None:
    [line] = typed(above("return goods", typed_above)).lines
    assert (line.read.fault is not None) == bool(fault)
    assert fault in (line.read.fault.message if line.read.fault is not None else "")
    assert bool(line.read.marks) == bool(mark), line.read.marks
    assert mark in "".join(line.read.marks)


@pytest.mark.parametrize(
    ("before", "after", "mark"),
    [
        (
            "goods = sum(line.price for line in lines)",
            "goods = 5",
            "`goods` is shown as the deployed line 13 makes it",
        ),
        ("LIMIT = 10", "LIMIT = 11", "`LIMIT` is shown as the deployed line 5 makes it"),
        ("rate = 3", "rate = 4", ""),
    ],
)
def test_a_value_that_an_edit_makes_otherwise_is_marked(before: str, after: str, mark: str) -> None:
    work = above("return goods", "if goods > LIMIT: print('x')").replace(before, after)
    [line] = typed(work).lines
    assert bool(line.read.marks) == bool(mark)
    assert mark in "".join(line.read.marks)
    loop = above("cart.add(line", "print(line)").replace('in order["lines"]', 'in order["rows"]')
    assert "`line` is shown as the deployed line" in typed(loop).lines[0].read.marks[0]


def test_what_is_deployed_differs_from_the_last_commit() -> None:
    deployed = FILE.replace("    cart = Cart()\n", "    cart = Cart()\n    cart.start()\n").replace(
        "LIMIT = 10", "LIMIT = 12"
    )
    work = above("return total", "print('a')")
    found = typed(work, FILE, deployed)
    [line] = found.lines
    assert deployed.split("\n")[line.at - 1].strip() == "return total"
    assert found.ahead == 2
    assert found.others == ()
    lost = typed(
        above("with open", "print('b')"),
        FILE,
        FILE.replace('    with open("x") as file:', '    with open("y") as file:'),
    )
    assert lost.lines[0].read.fault is not None
    assert "is not in the deployed code" in lost.lines[0].read.fault.message


def test_a_line_that_is_committed_already_is_not_typed() -> None:
    work = above("return goods", "print('a')")
    assert typed(work, work).lines == ()


# --- other edits, made at random ---------------------------------------------------------------------------------------

_EDITS = (
    lambda text, chance: re.sub(r"\b10\b", str(chance.randrange(11, 99)), text, count=1),
    lambda text, chance: text.replace("rate = 3", f"rate = {chance.randrange(4, 99)}"),
    lambda text, chance: text.replace("count = line", f"count = {chance.randrange(9)} + line"),
    lambda text, chance: above("return goods", f"goods *= {chance.randrange(2, 9)}", text),
    lambda text, chance: above("with open", f"audit({chance.randrange(9)})", text),
    lambda text, chance: above("cart.add", f"if count > {chance.randrange(9)}:\n    continue", text),
    lambda text, _: text.replace("        self.lines = []\n", "        self.lines.clear()\n"),
    lambda text, _: text.replace("    cart = Cart()\n", ""),
    lambda text, chance: text.replace("elif goods == 0", f"elif goods == {chance.randrange(1, 9)}"),
    lambda text, _: text.replace("ValueError", "KeyError"),
    lambda text, chance: f"{text}\n\ndef extra_{chance.randrange(99)}():\n    print('new code')\n    return 1\n",
    lambda text, _: text.replace("def clear(self):", "def clear(self, now=True):"),
    lambda text, chance: above("import json", f"import os{'' if chance.random() < 0.5 else ', sys'}", text),
    lambda text, _: text.replace("return total\n", "return int(total)\n"),
    lambda text, _: text.replace("        raise\n", "        raise fault\n"),
)  # fmt: skip


@pytest.mark.long
def test_other_edits_are_listed_and_become_no_rule() -> None:
    for seed in range(200):
        check_edit(seed)


def check_edit(seed: int) -> None:
    """Edit the file, alone and with a log line beside it."""
    chance = random.Random(seed)  # noqa: S311  # a seed makes it the same each time
    work = chance.choice(_EDITS)(FILE, chance)
    assert not TreeDiff(ast.parse(FILE), ast.parse(work)).is_empty
    alone = typed(work)
    assert alone.lines == ()
    assert len(alone.others) >= 1
    assert not any(each.is_helper for each in alone.others)
    # A log line beside it is taken, or refused with a sentence: the edit is listed all the same.
    mark = chance.choice(["goods = sum", "for line in order", "if goods > LIMIT"])
    both = typed(above(mark, f"print('seed {seed}')", work))
    assert len(both.lines) == 1
    assert len(both.others) == len(alone.others)
    [line] = both.lines
    assert (line.read.fault is None) == (line.at > 0)
