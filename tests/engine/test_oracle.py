"""The oracle: probes on every statement of real modules, under the modules' own tests, against calls typed into the source.

`python -m tests.oracle` runs everything and prints the table; here a part of it runs with every test run.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import pytest

from tests.oracle import calls, compare, reference
from tests.oracle.modules import EVERY, FAST, PACKAGES

if TYPE_CHECKING:
    from tests.oracle.modules import Entry


RECOMPILED_MIN_SHARE = 0.995


def nothing_differs(entry: Entry, typed: compare.Typed = reference.typed) -> compare.Report | None:
    found = compare.report(entry, typed=typed)
    if found is None:
        return None
    assert found.differences == ()
    assert found.hits > 0
    assert found.tests > 0
    return found


@pytest.mark.in_part(3)
@pytest.mark.process
@pytest.mark.parametrize("entry", FAST, ids=lambda entry: entry.name)
def test_probes_see_what_typed_calls_see(entry: Entry) -> None:
    found = nothing_differs(entry)
    assert found is not None
    assert found.left.keys() <= {compare.GONE}
    assert found.taken["recompile"] >= RECOMPILED_MIN_SHARE * found.taken.total()


@pytest.mark.in_part(3)
@pytest.mark.process
@pytest.mark.parametrize("entry", FAST, ids=lambda entry: entry.name)
def test_probes_around_calls_see_what_typed_ones_see(entry: Entry) -> None:
    found = nothing_differs(entry, calls.typed_calls)
    assert found is not None
    assert found.left.keys() <= {compare.GONE}
    assert found.taken.keys() == {"recompile"}


@pytest.mark.slow
def test_calls_of_every_module_of_the_list() -> None:
    found = [report for entry in EVERY if (report := nothing_differs(entry, calls.typed_calls)) is not None]
    assert len(found) >= 60


@pytest.mark.slow
def test_every_module_of_the_list() -> None:
    found = [report for entry in EVERY if (report := nothing_differs(entry)) is not None]
    assert len(found) >= 60
    taken = sum((report.taken for report in found), start=found[0].taken - found[0].taken)
    left = sum(count for report in found for code, count in report.left.items() if code != compare.GONE)
    assert taken["recompile"] >= RECOMPILED_MIN_SHARE * (taken.total() + left)


@pytest.mark.slow
@pytest.mark.parametrize("entry", PACKAGES, ids=lambda entry: entry.name)
def test_packages_with_their_own_tests(entry: Entry) -> None:
    assert nothing_differs(entry) is not None


def test_enough_modules_are_on_the_list() -> None:
    names = [name for entry in EVERY for name in entry.modules]
    assert len(names) == len({*names})
    assert len(EVERY) >= 60


TYPED = '''
def f(a):
    """Says."""
    global x
    b = a; c = b
    if b:
        return c
    else: return 0

class C:
    y = 1

    @property
    def p(self):
        def inner(): pass
        return inner
'''

SPOTS = {
    ("entry", 2, "f"), ("statement", 5, "f"), ("statement", 6, "f"), ("statement", 7, "f"), ("statement", 8, "f"),
    ("entry", 13, "C.p"), ("statement", 15, "C.p"), ("entry", 15, "C.p.inner"), ("statement", 16, "C.p"),
}  # fmt: skip


def test_the_reference_types_a_call_before_every_statement() -> None:
    _, spots = reference.typed(TYPED.encode(), "app.py")
    assert {(spot.kind, spot.line, spot.function) for spot in spots} == SPOTS


def test_the_reference_code_calls_with_the_number_of_its_spot() -> None:
    code, spots = reference.typed(TYPED.encode(), "app.py", 100)
    hits: list[int] = []
    names: dict[str, object] = {reference.RECORD: hits.append}
    exec(code, names)  # noqa: S102  # the text above
    eval("f(1), f(0), C().p", names)
    lines = [spots[number - 100].line for number in hits]
    assert lines == [2, 5, 6, 7, 2, 5, 6, 8, 13, 15, 16]


@pytest.mark.process
def test_a_difference_is_seen() -> None:
    """Without the calls of one function the comparison must fail: the oracle can fail at all."""
    entry = next(entry for entry in FAST if entry.name == "bisect")
    honest = reference.typed

    def dishonest(data: bytes, filename: str, number: int = 0) -> tuple[object, list[reference.Spot]]:
        _, spots = honest(data, filename, number)
        tree = ast.parse(data, filename)
        return compile(tree, filename, "exec", dont_inherit=True), spots

    found = compare.report(entry, typed=dishonest)  # type: ignore[arg-type]  # code is code
    assert found is not None
    assert any("hits differ: 0 typed" in difference for difference in found.differences)
