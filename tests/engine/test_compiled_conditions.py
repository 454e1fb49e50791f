"""Compiled tests of conditions: the verdict is the evaluator's, no code of the application's runs, no secret can be guessed."""

from __future__ import annotations

import builtins
import enum
import importlib
import random
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest

import hotlog
from hotlog.events import Invocation
from hotlog.expressions.compiled.condition_test import ASK, make_test
from hotlog.expressions.compiled.plain_reads import TEXT_KEYED
from hotlog.expressions.vocabulary import TYPES
from hotlog.reading.budget import Redacted, Unavailable
from tests.bench.written import line_in, source_of
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
    Caller,
    HostileDict,
    OddText,
    ran,
    touching,
)
from tests.support.rows import each_row
from tests.support.sample import Sample

if TYPE_CHECKING:
    from pathlib import Path

    from hotlog.reading.reader import Reader
    from tests.bench.rows import Condition


class Both(Evaluated):
    """The compiled test of a condition, and the evaluator."""

    def __init__(self, text: str, reader: Reader = READER) -> None:
        super().__init__(text, reader, set(TYPES))
        self.calls = sorted(self.expression.calls | (self.expression.names & TYPES.keys()))
        self.test = make_test(self.expression.tree, self.names, self.calls, reader, frozenset(self.names))

    def compiled(self, values: dict[str, Any]) -> object:
        """What the test says."""
        assert self.test is not None
        called = [TYPES.get(name) or getattr(builtins, name) for name in self.calls]
        return self.test(*(values[name] for name in self.names), *called, frame=Caller(values))


@each_row("row", ROWS)
def test_each_row_is_false_and_true_as_it_says(row: Condition) -> None:
    both = Both(row.text, PLAIN)
    for values, verdict in ((values_of(row), False), (values_of(row, row.true), True)):
        if row.true or not verdict:
            assert [both.compiled(values) for _ in range(3)][-1] is verdict
            assert both.evaluated(values) is verdict


@each_row("row", ROWS)
def test_no_code_of_a_hostile_operand_runs(row: Condition) -> None:
    both = Both(row.text)
    check_hostile_operands(row, both.names, both.compiled)


def compare(row: Condition, rounds: int) -> None:
    """Hold the test to the evaluator on so many operands."""
    both, decided = Both(row.text), 0
    for values in random_values(row, both.names, rounds):
        said = both.compiled(values)
        expected = both.evaluated(values)
        if said is True:
            assert expected is True, values
        elif said is False:  # of a secret both say nothing: a literal is never compared with one
            assert expected is False or isinstance(expected, Redacted), (values, expected)
        else:
            assert said is ASK
        decided += said is not ASK
    assert decided > rounds // 20


@each_row("row", ROWS)
@pytest.mark.long
def test_the_verdict_is_the_evaluators(row: Condition) -> None:
    compare(row, 150)


@pytest.mark.slow
@pytest.mark.parametrize("row", ROWS, ids=[row.text for row in ROWS])
def test_the_verdict_is_the_evaluators_on_very_many(row: Condition) -> None:
    compare(row, 10_000)


GUESSES = [
    ("x == {}", (482913, 482914)), ("x > {}", (482912, 482914)), ("x < {}", (482912, 482914)), ("x in ({}, 3)", (482913, 482914)),
    ("x == {!r}", ("opensesame-77", "opensesame-78")), ("x in ({!r}, 'a')", ("opensesame-77", "opensesame-78")),
    ("x != {!r}", ("opensesame-77", "opensesame-78")), ("x == y", ()), ("x > y", ()), ("x % 10 == {}", (3, 4)), ("x.startswith({!r})", ("open", "shut")),
    ("{!r} in x", ("sesame", "nothing")), ("x[0] == {!r}", ("o", "p")), ("len(x) == {}", (13, 14)), ("x.upper() == {!r}", ("OPENSESAME-77", "NO")),
    ("x < {!r}", ("opensesame-78", "a")), ("x + 1 == {}", (482914, 4)), ("x // 100000 == {}", (4, 5)), ("abs(x) == {}", (482913, 4)),
    ("str(x) == {!r}", ("482913", "no")), ("any(e == {!r} for e in [x])", ("opensesame-77", "no")),
]  # fmt: skip


@each_row(("form", "guesses"), GUESSES)
def test_a_right_guess_looks_like_a_wrong_one(form: str, guesses: tuple[object, ...]) -> None:
    for secret in ("opensesame-77", 482913):
        seen = set()
        for guess in guesses or (0, 482912, 482913, 482914, "opensesame-77", "opensesame-78"):
            both = Both(form.format(guess))
            values = {"x": secret, "y": guess}
            # What is not said at once the evaluator refuses.
            said = both.compiled(values) if both.test is not None else ASK
            assert said is not True
            if said is ASK:
                assert isinstance(both.evaluated(values), Unavailable)
            seen.add(said)
        if guesses:
            assert len(seen) == 1, (form, secret, seen)


@each_row("form", ["{!r} in x", "{!r} not in x", "x[{!r}] == 1", "x.get({!r}) == 1", "x.get({!r}, 0) > 0"])
def test_a_secret_that_is_a_key_is_not_found_by_guessing_it(form: str) -> None:
    for secret in ("opensesame-77", 482913):
        both = Both(form.format(secret))
        said = both.compiled({"x": {secret: 1}}) if both.test is not None else ASK
        assert said is ASK, form
        assert isinstance(both.evaluated({"x": {secret: 1}}), Unavailable)


def test_a_whole_number_of_too_many_digits_is_left_to_the_evaluator() -> None:
    both = Both("int(x) % 2 == 0")
    assert [both.compiled({"x": each}) for each in (4.5, 1e300, -1e300, float("nan"))] == [
        True,
        ASK,
        ASK,
        ASK,
    ]
    assert isinstance(both.evaluated({"x": 1e300}), Unavailable)


def test_a_class_that_is_given_the_name_later_is_looked_at_anew() -> None:
    class Changing:
        def __init__(self) -> None:
            self.total = 7

    both, value = Both("x.total > 100"), Changing()
    assert [both.compiled({"x": value}) for _ in range(2)] == [False, False]
    Changing.total = property(touching("property"))  # type: ignore[assignment]
    ran.clear()
    assert [both.compiled({"x": value}) for _ in range(2)] == [ASK, ASK]
    assert ran == []


@pytest.mark.parametrize("given", ["refund", "__getattr__", "__getattribute__"])
def test_a_class_that_is_given_an_attribute_later_is_asked_anew_whether_it_has_one(given: str) -> None:
    class Changing:
        other = 1

        def __init__(self) -> None:
            self.total = 7

    both, value = Both("hasattr(x, 'refund')"), Changing()
    assert [both.compiled({"x": value}) for _ in range(2)] == [False, False]
    value.refund = 1  # type: ignore[attr-defined]
    assert both.compiled({"x": value}) is True
    del value.refund  # type: ignore[attr-defined]
    del Changing.other  # as many names as before
    setattr(Changing, given, property(touching("property")) if given == "refund" else touching(given))
    ran.clear()
    assert [both.compiled({"x": value}) for _ in range(2)] == [ASK, ASK]
    assert isinstance(both.evaluated({"x": value}), Unavailable)
    assert ran == []


class Plain(enum.Enum):
    RED, BLUE = 1, 2


class Whole(enum.IntEnum):
    RED, BLUE = 1, 2


class Named(enum.Enum):
    RED, BLUE = 1, 2

    @property
    def name(self) -> str:
        ran.append("name")
        return "GREEN"


class Guarded(enum.Enum):
    RED, BLUE = 1, 2

    def __getattribute__(self, name: str) -> Any:
        ran.append(name)
        return super().__getattribute__(name)


def test_the_name_of_a_member_is_read_where_its_class_does_not_compute_it() -> None:
    both = Both("x.name == 'BLUE'")
    for kind in (Plain, Whole):
        assert [both.compiled({"x": each}) for each in kind] == [False, True]
        assert [both.evaluated({"x": each}) for each in kind] == [False, True]
    ran.clear()
    for hostile in (Named.BLUE, Guarded.BLUE):
        assert both.compiled({"x": hostile}) is ASK
        assert isinstance(both.evaluated({"x": hostile}), Unavailable)
    assert ran == []


def test_an_instance_may_be_given_another_dict() -> None:
    value = APP.Order(total=7)
    value.__dict__ = HostileDict(total=7)
    ran.clear()
    assert Both("x.total > 100").compiled({"x": value}) in {ASK, False}
    assert ran == []


def test_the_size_of_a_dict_tells_that_its_keys_are_text() -> None:
    """The proof that a lookup compares nothing else: held against dicts that grew, shrank, were copied and belong to instances."""
    source = random.Random(7)  # noqa: S311  # not for secrets
    told = 0
    for _ in range(3_000):
        size = source.choice([1, 2, 5, 6, 10, 11, 21, 22, 43, 100, 500])
        names: dict[Any, Any] = {f"k{number}": number for number in range(size)}
        texts = [*names]
        mapping = source.choice(
            [names, dict(names), names.copy(), dict.fromkeys(names), vars(APP.Order(**names))]
        )
        told += mapping.__sizeof__() in TEXT_KEYED
        odd = source.choice([OddText("odd"), 7, None, (1, 2), b"x", 1.5])
        mapping[odd] = 1
        for key in source.sample(texts, source.randint(0, size)):
            del mapping[key]
        for each in (mapping, dict(mapping), mapping.copy(), {**mapping}, {odd: 1}, dict.fromkeys(mapping)):
            assert each.__sizeof__() not in TEXT_KEYED, (size, odd)
    assert told > 2_900


def test_threads_with_objects_of_two_classes_disturb_nobody() -> None:
    both = Both("x.total > 100")
    wrong: list[object] = []

    def ask(value: Any, *, holds: bool) -> None:
        wrong.extend(value for _ in range(5_000) if both.compiled({"x": value}) is not holds)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [
            threading.Thread(target=ask, args=(value,), kwargs={"holds": holds})
            for value, holds in (
                (APP.Order(total=7), False),
                (APP.Slotted(700), True),
                (APP.Order(total=700), True),
                (APP.Price(7), False),
            )
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert not [value for value in wrong if not isinstance(value, APP.Price)]  # it has no such field


def tell_the_last(row: Condition, number: int, folder: Path, passes: int) -> list[dict[str, Any]]:
    """The events of one true hit behind so many false ones, in one invocation."""
    text = source_of(row)
    name = f"behind_{number}_{passes}"
    (folder / f"{name}.py").write_text(text, encoding="utf-8")
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    events: list[dict[str, Any]] = []
    try:
        module = importlib.import_module(name)
        rule = hotlog.Rule(id="r", at=f"{name}.py:{line_in(text)}", condition=row.text, message="hit")
        with hotlog.Agent(events.append, root=str(folder)) as agent:
            agent.begin(Invocation(request_id="r-1", function="orders"))
            agent.apply([rule])
            module.probed(passes, *module.made())
            true = {**vars(module), "i": 0}
            arguments = [eval(row.true.get(name, text), true) for name, text in row.values.items()]
            if "i" in row.true and "i" not in row.values:
                arguments = []
            module.probed(1, *arguments)
            agent.end()
    finally:
        sys.path.remove(str(folder))
        sys.modules.pop(name, None)
    return [event for event in events if event["hotlog"] == "log"]


BEHIND = [
    (number, row)
    for number, row in enumerate(ROWS)
    if row.true and not ("i" in row.true and "i" not in row.values)
]


@each_row(("number", "row"), BEHIND)
@pytest.mark.long
def test_one_true_hit_behind_many_false_ones_is_told(number: int, row: Condition, tmp_path: Path) -> None:
    assert len(tell_the_last(row, number, tmp_path, 3_000)) == 1


@pytest.mark.slow
@pytest.mark.parametrize(("number", "row"), BEHIND, ids=[row.text for _, row in BEHIND])
def test_one_true_hit_behind_a_million_false_ones_is_told(
    number: int, row: Condition, tmp_path: Path
) -> None:
    assert len(tell_the_last(row, number, tmp_path, 1_000_000)) == 1


OF_INVOCATION = [
    ("@request_id == 'r-2'", "r-2"),
    ("@event['type'] == 'x'", "r-2"),
    ("@cold_start", "r-1"),
    ("@request_id == 'r-2' and n > 1", "r-2"),
    ("@event['type'] == 'x' or @function == 'no'", "r-2"),
    ("n > 1 and @request_id == 'r-2'", "r-2"),
]
HANDLER = """
def handler(event, context):
    n = 2
    event["type"] = "changed"
    return n  # <here>
"""


@each_row(("condition", "due"), OF_INVOCATION)
@pytest.mark.parametrize("beside", [False, True])
def test_a_condition_on_the_invocation_is_decided_before_the_handler_runs(
    condition: str, due: str, tmp_path: Path, *, beside: bool
) -> None:
    sample, events = Sample(tmp_path, HANDLER), list[dict[str, Any]]()
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    if beside:
        thread.start()
    try:
        with hotlog.Agent(events.append, root=str(tmp_path)) as agent:
            agent.apply([hotlog.Rule(id="r", at=sample.at("here"), condition=condition, message="n={n}")])
            code = sample.module.handler.__code__
            for request, kind in (("r-1", "y"), ("r-2", "x"), ("r-3", "y"), ("r-4", "z")):
                payload = {"type": kind}
                invocation = Invocation(
                    request_id=request, function="f", cold_start=request == "r-1", event=payload
                )
                agent.begin(invocation)
                agent.settle()
                sample.module.handler(payload, None)
                agent.end()
                assert sample.module.handler.__code__ is code
            status = agent.status()["r"]
    finally:
        done.set()
        sample.forget()
    assert [event["request_id"] for event in events if event["hotlog"] == "log"] == [due]
    assert (status.state, status.code, status.hits) == ("installed", "", 4)


def test_tests_are_compiled_anew_when_the_secrets_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sample, events = Sample(tmp_path, "def f(amount, n):\n    return n  # <here>\n"), list[dict[str, Any]]()
    condition = "amount * 1 > 400000"  # true of the secret
    with hotlog.Agent(events.append, root=str(tmp_path)) as agent:
        agent.apply([hotlog.Rule(id="r", at=sample.at("here"), condition=condition, message="hit")])
        agent.begin(Invocation(request_id="r-1"))
        sample.module.f(482913, 1)
        monkeypatch.setenv("DB_PASSWORD", "482913")
        agent.begin(Invocation(request_id="r-2"))
        agent.settle()
        sample.module.f(482913, 1)
        sample.module.f(482914, 1)
        status = agent.status()["r"]
        agent.end()
    sample.forget()
    assert [event["request_id"] for event in events if event["hotlog"] == "log"] == ["r-1", "r-2"]
    assert status.code == "condition-error"


def test_a_hit_whose_condition_holds_makes_its_message_the_quick_way_and_keeps_its_rate(
    tmp_path: Path,
) -> None:
    sample, events = Sample(tmp_path, "def f(n):\n    return n  # <here>\n"), list[dict[str, Any]]()
    with hotlog.Agent(events.append, root=str(tmp_path)) as agent:
        agent.begin(Invocation(request_id="r-1"))
        rule = hotlog.Rule(
            id="r", at=sample.at("here"), condition="n % 2 == 0", message="n={n}", per_second=2
        )
        agent.apply([rule])
        for number in range(10):
            sample.module.f(number)
        hits = agent.status()["r"].hits
        agent.end()
    sample.forget()
    assert [event["message"] for event in events if event["hotlog"] == "log"] == ["n=0", "n=2"]
    [counts] = [event for event in events if event["hotlog"] == "counts"]
    assert (counts["emitted"], counts["rate_limited"], counts["condition_false"], hits) == (2, 3, 5, 10)
