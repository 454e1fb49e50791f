"""What people write, as it stands in the function: the verdict is the evaluator's, no code of the application's runs, nothing is raised."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

import hotlog
from hotlog.expressions.grammar import parse
from hotlog.expressions.vocabulary import TYPES
from hotlog.reading.budget import Redacted
from tests.support.condition_rows import (
    PLAIN,
    READER,
    ROWS,
    Evaluated,
    check_hostile_operands,
    random_values,
    values_of,
)
from tests.support.hostile_operands import (
    APP,
    HostileDict,
    OddText,
    ran,
    touching,
)
from tests.support.inline_function import inline_form_of
from tests.support.rows import each_row
from tests.support.sample import Sample

if TYPE_CHECKING:
    from pathlib import Path
    from types import FrameType

    from hotlog.reading.reader import Reader
    from tests.bench.rows import Condition


class Inlined(Evaluated):
    """A condition as it stands in a function, and the evaluator."""

    def __init__(self, text: str, reader: Reader = READER, *, has_builtins: bool = True) -> None:
        super().__init__(text, reader, TYPES.keys() | parse(text.strip()).calls)
        self.space = dict(vars(APP))
        if not has_builtins:
            self.space["__builtins__"] = {}
        self.test = inline_form_of(text, self.names, reader, self.space, has_builtins=has_builtins)

    def reaches_the_hook(self, values: dict[str, Any]) -> bool:
        return bool(self.test(*(values[name] for name in self.names)))


@each_row("row", ROWS)
@pytest.mark.parametrize("has_builtins", [True, False])
def test_each_row_is_decided_in_the_function(row: Condition, has_builtins: bool) -> None:
    inlined = Inlined(row.text, PLAIN, has_builtins=has_builtins)
    assert [inlined.reaches_the_hook(values_of(row)) for _ in range(3)][-1] is False
    if row.true:
        assert inlined.reaches_the_hook(values_of(row, row.true))


@each_row("row", ROWS)
def test_no_code_of_a_hostile_operand_runs(row: Condition) -> None:
    inlined = Inlined(row.text)
    check_hostile_operands(row, inlined.names, inlined.reaches_the_hook)


def compare(row: Condition, rounds: int) -> None:
    inlined, decided = Inlined(row.text), 0
    for values in random_values(row, inlined.names, rounds):
        expected = inlined.evaluated(values)
        if inlined.reaches_the_hook(values):
            continue  # the hook asks the evaluator
        decided += 1
        # Of a secret both say nothing: no literal and no other value in it is equal to one.
        assert expected is False or isinstance(expected, Redacted), (values, expected)
    assert decided > rounds // 100


@each_row("row", ROWS)
@pytest.mark.long
def test_a_false_verdict_is_the_evaluators(row: Condition) -> None:
    compare(row, 150)


@pytest.mark.slow
@pytest.mark.parametrize("row", ROWS, ids=[row.text for row in ROWS])
def test_a_false_verdict_is_the_evaluators_on_very_many(row: Condition) -> None:
    compare(row, 10_000)


GUESSES = [
    ("x == {!r}", ("opensesame-77", "opensesame-78")), ("x == {!r}", (482913, 482914)), ("x > {!r}", (482912, 482914)), ("x == y", ()), ("x != y", ()), ("x > y", ()),
    ("x.startswith({!r})", ("open", "shut")), ("{!r} in x", ("sesame", "nothing")), ("x[0] == {!r}", ("o", "p")), ("x[-1] == {!r}", ("7", "8")),
    ("x[:4] == {!r}", ("open", "shut")), ("len(x) == {!r}", (13, 14)), ("x.upper() == {!r}", ("OPENSESAME-77", "NO")), ("x + 1 == {!r}", (482914, 4)),
    ("x in ({!r}, 'a')", ("opensesame-77", "opensesame-78")), ("(x or 0) == {!r}", (482913, 482914)), ("0 < x < {!r}", (482914, 482912)),
    ("x == y or x < y", ()), ("abs(x) == {!r}", (482913, 482914)), ("-482914 < x < {!r}", (482913, 482914)),
]  # fmt: skip


@each_row(("form", "guesses"), GUESSES)
def test_a_right_guess_looks_like_a_wrong_one(form: str, guesses: tuple[object, ...]) -> None:
    for secret in ("opensesame-77", 482913):
        seen = set()
        for guess in guesses or ("opensesame-77", "opensesame-78", 482913, 482912):
            if guesses or type(guess) is type(secret):
                inlined = Inlined(form.format(guess))
                seen.add(inlined.reaches_the_hook({"x": secret, "y": guess}))
        assert len(seen) == 1, (form, secret, seen)


def test_what_is_secret_by_what_stands_before_it_is_not_compared() -> None:
    for text in ("x[1] == 'plain'", "x[1] > 5", "x[-1] == 'plain'", "x[-1] > 5"):
        inlined = Inlined(text)
        for first in ("--password", "password"):
            for value in ("plain", "other", 4, 6):
                pair = [first, value]
                verdict = inlined.reaches_the_hook({"x": pair})
                assert verdict or not isinstance(inlined.evaluated({"x": pair}), Redacted), (text, pair)


def test_what_is_secret_by_what_stands_beside_it_is_not_compared() -> None:
    for text in ("x['value'] == 'plain'", "x.get('value') == 'plain'", "x.value == 'plain'"):
        inlined = Inlined(text)
        is_field = text.startswith("x.v")
        for fields in (
            {"value": "other", "kind": "a"}, {"value": "other", "kind": "a"}, {"name": "DB_PASSWORD", "value": "plain"},
            {"name": "DB_PASSWORD", "value": "other"}, {"Name": "DB_PASSWORD", "value": "other"}, {"value": "other", "kind": "a", "key": "password"},
        ):  # fmt: skip
            value = APP.Order(**fields) if is_field else fields
            expected = inlined.evaluated({"x": value})
            verdicts = {inlined.reaches_the_hook({"x": value}) for _ in range(2)}
            assert verdicts == {expected is not False}, (text, fields, expected)


def test_a_class_that_changes_is_looked_at_anew() -> None:
    class Changing:
        other = 1

        def __init__(self) -> None:
            self.total = 7

    inlined, value = Inlined("x.total > 100"), Changing()
    assert [inlined.reaches_the_hook({"x": value}) for _ in range(3)] == [False] * 3
    Changing.total = property(touching("property"))  # type: ignore[assignment]
    ran.clear()
    assert inlined.reaches_the_hook({"x": value})  # the evaluator says that it will not call it
    assert ran == []
    value.__dict__ = HostileDict(total=7)
    ran.clear()
    inlined.reaches_the_hook({"x": value})
    assert ran == []


def test_nothing_is_raised_where_something_is_missing() -> None:
    values: list[Any] = [
        {},
        [],
        (),
        "",
        {"b": 1},
        {"a": {}},
        None,
        3,
        APP.Order(),
        APP.Order(a=APP.Order()),
        [[]],
    ]
    for text in (
        "x['a'] == 'b'", "x['a'] is None", "x['a']", "x['a']['b'] > 3", "x.a.b > 3", "x[0] == 1", "x[-1] == 'a'", "x[0][0] == 'a'", "LOST > 3",
        "LOST == x", "x[LOST] == 1", "not x['a']", "'a' in x['b']", "len(x['a']) > 3", "x['a'] == x['b']", "x.a == x.b", "(x['a'] or 0) > 3",
    ):  # fmt: skip
        inlined = Inlined(text)
        inlined.names = ["x"]
        inlined.test = inline_form_of(text, ["x"], READER, inlined.space)
        for value in values:
            for _ in range(2):
                verdict = inlined.reaches_the_hook({"x": value})
                expected = inlined.evaluated({"x": value})
                assert verdict or expected is False, (text, value, expected)


@pytest.fixture
def agent(tmp_path: Path) -> Any:
    events: list[dict[str, Any]] = []
    with hotlog.Agent(events.append, root=str(tmp_path)) as made:
        made.told = events  # type: ignore[attr-defined]
        yield made


def _messages(agent: Any) -> list[str]:
    return [event["message"] for event in agent.told if event["hotlog"] == "log"]


def _install(agent: Any, *rules: tuple[str, str, str]) -> None:
    agent.apply([
        hotlog.Rule(id=f"r{number}", at=at, condition=condition, message=message, limit=None, per_second=None)
        for number, (at, condition, message) in enumerate(rules)
    ])  # fmt: skip
    agent.settle()
    assert {(status.state, status.reason) for status in agent.status().values()} == {("installed", "")}


def test_a_module_may_have_builtins_of_its_own(tmp_path: Path, agent: Any) -> None:
    sample = Sample(
        tmp_path,
        """
        def make():
            def f(x):
                y = x
                return y  # <here>
            return f
        """,
    )
    names = vars(sample.module)
    names["__builtins__"] = {}
    code = compile(sample.source, str(tmp_path / sample.file), "exec", dont_inherit=True)
    exec(code, names)  # noqa: S102 -- as a sandbox does
    function = sample.module.make()
    conditions = [
        "len(x) > 2",
        "isinstance(x, list)",
        "type(x) is list",
        "abs(x) > 2",
        "str(x) == '3'",
        "any(e > 2 for e in x)",
        "x == 3",
    ]
    _install(agent, *((sample.at("here"), each, each) for each in conditions))
    values: list[Any] = [[1, 2, 3], 3, "abc", None, {}]
    assert [function(value) for value in values] == values
    assert _messages(agent) == [
        "len(x) > 2", "isinstance(x, list)", "type(x) is list", "any(e > 2 for e in x)", "abs(x) > 2", "str(x) == '3'", "x == 3", "len(x) > 2",
    ]  # fmt: skip


def test_a_builtin_that_the_module_defines_anew_is_never_called(tmp_path: Path, agent: Any) -> None:
    sample = Sample(
        tmp_path,
        """
        def f(x):
            return x  # <here>
        """,
    )
    rules = [
        (sample.at("here"), each, each) for each in ("len(x) > 2", "isinstance(x, str)", "type(x) is str")
    ]
    _install(agent, *rules)
    for name in ("len", "isinstance", "type", "str"):
        setattr(sample.module, name, touching(name))
    ran.clear()
    sample.module.f("abc")
    assert ran == []


def test_several_rules_in_one_function_keep_apart(tmp_path: Path, agent: Any) -> None:
    sample = Sample(
        tmp_path,
        """
        def f(a, b, order):
            c = a  # <first>
            d = b  # <second>
            return c, d  # <third>
        """,
    )
    first, second, third = sample.at("first"), sample.at("second"), sample.at("third")
    _install(
        agent,
        (first, "a['x'] == 'one'", "1"), (first, "a['x'] == 'two'", "2"), (second, "b['x'] == 'one' and a['x'] == 'two'", "3"),
        (second, "len(b) > 1 or a['y'] == 3", "4"), (third, "order.total > 3", "5"), (third, "order.other > 3", "6"),
        (third, "order.total > 3 and order.other > 3", "7"),
    )  # fmt: skip
    for a, b, order in (
        ({"x": "one"}, {"x": "one"}, APP.Order(total=1, other=4)), ({"x": "two"}, {"x": "one"}, APP.Order(total=4, other=1)),
        ({"x": "no", "y": 3}, {"x": 1}, APP.Order(total=4, other=4)),
    ):  # fmt: skip
        sample.module.f(a, b, order)
        agent.told.append({"hotlog": "log", "message": "|"})
    assert "".join(_messages(agent)) == "16|235|4567|"


def test_names_that_may_be_missing_raise_nothing(tmp_path: Path, agent: Any) -> None:
    sample = Sample(
        tmp_path,
        """
        LIMIT = 3

        def f(x):
            if x:
                y = x
            pass  # <unbound>
            del x
            pass  # <deleted>

        def g():
            cell = {"a": 1}
            def inner():
                return 0, cell  # <free>
            inner()
            return cell  # <cell>

        def make():
            class Body:
                z = 5
                w = 6  # <body>
            return Body

        def h():
            return 0  # <global>
        """,
    )
    _install(
        agent,
        (sample.at("unbound"), "y > 5", "y"), (sample.at("deleted"), "x > 5", "x"), (sample.at("free"), "cell['a'] == 1", "free"),
        (sample.at("cell"), "cell['a'] == 1", "cell"), (sample.at("body"), "z == 5 and LIMIT == 3", "body"), (sample.at("global"), "LIMIT == 3", "global"),
    )  # fmt: skip
    module: Any = sample.module
    for value in (0, 6):
        module.f(value)
    module.g()
    assert [name for name in vars(module.make()) if not name.startswith("__")] == ["z", "w"]
    module.h()
    del module.LIMIT
    module.h()
    assert module.make()
    assert [each for each in _messages(agent) if not each.startswith("{")] == [
        "y",
        "free",
        "cell",
        "body",
        "global",
    ]


def test_a_tracer_sees_no_new_line_and_no_new_name(tmp_path: Path, agent: Any) -> None:
    sample = Sample(
        tmp_path,
        """
        def f(event, order):
            total = 0
            for number in range(3):
                total += number  # <here>
            return total, sorted(locals())
        """,
    )
    event, order = {"type": "a"}, APP.Order(total=5)

    def trace() -> list[tuple[str, int, list[str]]]:
        seen: list[tuple[str, int, list[str]]] = []

        def tracer(frame: FrameType, what: str, _: object) -> Any:
            if frame.f_code.co_name == "f":
                seen.append((what, frame.f_lineno, sorted(frame.f_locals)))
            return tracer

        before = sys.gettrace()
        sys.settrace(tracer)
        try:
            result = sample.module.f(event, order)
        finally:
            sys.settrace(before)
        seen.append(("result", result[0], result[1]))
        return seen

    expected = trace()
    _install(
        agent,
        (sample.at("here"), "event['type'] == 'x'", "1"),
        (sample.at("here"), "order.total == 5 and event['type'] == 'a'", "2"),
        (sample.at("here"), "order.lost == 5", "3"),
    )
    for _ in range(3):
        assert trace() == expected
    assert _messages(agent).count("2") == 9


def test_an_instance_check_of_the_application_is_not_asked() -> None:
    class Meta(type):
        def __instancecheck__(cls, _: object) -> bool:
            ran.append("__instancecheck__")
            return True

    class Odd(metaclass=Meta):
        pass

    for has_builtins in (True, False):
        inlined = Inlined("isinstance(x, str) and x == 'a'", has_builtins=has_builtins)
        inlined.space["str"] = Odd
        ran.clear()
        for value in ("a", 3, OddText("a"), Odd()):
            inlined.reaches_the_hook({"x": value})
        assert ran == []
