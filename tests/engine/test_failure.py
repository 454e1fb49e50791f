"""Why an invocation fails: what a library catches is seen where it left the application's own code, and only where it fails."""

from __future__ import annotations

import contextlib
import gc
import json
import sys
import time
import weakref
from typing import TYPE_CHECKING, Any

import pytest

import hotlog
from hotlog import limits
from hotlog.hits.failure import Failure, find_failure, find_item, find_status
from hotlog.interpreter.quirks import HAS_MONITORING
from tests.support.growth import count_growth
from tests.support.probed import Probed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hotlog.events import Event

sees_crossings = pytest.mark.skipif(not HAS_MONITORING, reason="3.11 tells nobody of an exception on its way")

# A framework is what lies in no folder of the application's: here the tests' own standard library does that.
APP = """
import asyncio
import concurrent.futures
import contextlib
import functools
import weakref

class NotFound(Exception):
    pass

class Gone(NotFound):
    pass

class Thing:
    pass

def library(call, *args):
    # Runs own code in a library, which hands on what it raises.
    return functools.singledispatch(call)(*args)

def server(call, *args):
    # A library that catches, as a framework does.
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        return pool.submit(call, *args).exception()

def lookup(lines):
    return [line["quantity"] for line in lines]  # <lookup>

def order(number):
    return lookup([{"sku": number}])

def refuse():
    raise NotFound("no such order")

def gone():
    raise Gone("was there")

def answer(status):
    return {"statusCode": status}

def framework(status, call, *args):
    server(call, *args)  # <framework>
    return answer(status)

def handled_further_out(status):
    try:
        library(order, 1)
    except KeyError:
        return answer(status)

def wrapped_by_the_library(status):
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        try:
            pool.submit(order, 1).result()
        except KeyError as fault:
            return answer(status)

made = {}
exec(compile('''
def translate(call):
    # A library that raises another exception, which knows nothing of the first.
    try:
        return call(1)
    except KeyError:
        failed = True
    raise ValueError("bad")

def retry(call):
    for number in range(3):
        try:
            return call(number)
        except KeyError as fault:
            last = type(fault)(number)
    raise last
''', contextlib.__file__, "exec"), made)

def translated_by_the_library(status):
    try:
        made["translate"](order)
    except ValueError:
        return answer(status)

def retried_by_the_library(status):
    try:
        made["retry"](order)
    except KeyError:
        return answer(status)

def a_group_of_tasks(status):
    async def work(number):
        order(number)
    async def main():
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(work(1))
                group.create_task(work(2))
        except* KeyError:
            pass
    asyncio.run(main())
    return answer(status)

def one_after_handled(status):
    for _ in range(6):  # what comes next has the identity of one of these
        handled_further_out(status)
    server(refuse)
    return answer(status)

def the_last_of_six(status):
    for number in range(6):  # each call of the library has the identity of the one before
        try:
            library(order, number)
        except KeyError:
            if number == 5:
                raise

def made_of_another(status):
    try:
        lookup([{"sku": 1}])
    except KeyError as fault:
        raise NotFound("instead") from fault

def made_of_a_comprehension(status):
    lines = [{"sku": 1}]
    try:
        return [line["quantity"] for line in lines]
    except KeyError as fault:
        raise NotFound("instead") from fault

def out_of_another(status):
    made_of_another(status)

def goes_on_further_out(status):
    def middle():
        library(order, 1)
    server(middle)
    return answer(status)

def raises_another(status):
    def middle():
        try:
            library(order, 1)
        except KeyError as fault:
            raise NotFound("instead") from fault
    server(middle)
    return answer(status)

@contextlib.contextmanager
def transaction():
    try:
        yield 1
    finally:
        closed = True

def in_a_transaction(status):
    try:
        with transaction():
            order(1)
    except KeyError:
        return answer(status)

def out_of_a_transaction(status):
    def middle():
        with transaction():
            order(1)
    server(middle)
    return answer(status)

def retried(status, times):
    for number in range(times):
        server(order, number)
    return answer(status)

def own_code_handles(status):
    for _ in range(50):
        try:
            order(1)
        except KeyError:
            pass
    return answer(status)

class Lazy:
    def __getattr__(self, name):
        raise AttributeError(name)

    def __iter__(self):
        return self

    def __next__(self):
        raise StopIteration

    def __getitem__(self, key):
        raise IndexError(key)

def protocols(status):
    lazy = Lazy()
    library(lambda _: getattr(lazy, "x", None), 1)
    contextlib.ExitStack.__enter__(lazy)
    functools.reduce(max, lazy, 0)
    list(map(lazy.__getitem__, []))
    next(reversed(sorted([1], key=lambda _: getattr(lazy, "y", 0))))
    return answer(status)

async def coroutine(number):
    await asyncio.sleep(0)
    return order(number)

def in_an_event_loop(status):
    async def main():
        return await asyncio.gather(coroutine(1), return_exceptions=True)
    asyncio.run(main())
    return answer(status)

def awaited_and_handled(status):
    async def main():
        try:
            await asyncio.create_task(coroutine(1))
        except KeyError:
            return 1
    asyncio.run(main())
    return answer(status)

def finds_none(number):
    with transaction():
        return [list(map(order, [n])) for n in range(number)]

def raises_from_a_library(number):
    return library(order, number)

def fills_the_stack(status):
    return fills_the_stack(status)

seen = []

def keeps(status):
    def inner():
        thing = Thing()
        seen.append(weakref.ref(thing))
        raise ValueError("v")
    server(inner)
    seen.append(seen[-1]() is None)
    return answer(status)

def batch(event):
    failed = []
    for record in event["Records"]:
        if server(order, record["body"]) is not None:
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}
"""


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Probed]:
    with Probed(tmp_path, APP) as probed:
        yield probed


def rule(**fields: Any) -> hotlog.Rule:
    return hotlog.Rule(**{"id": "e", "kind": "error", "per_second": None} | fields)


def run(app: Probed, name: str, *args: Any, event: object = None) -> list[Event]:
    """The errors that one invocation tells."""
    before = len(app.events)
    app.invoke(lambda: getattr(app.module, name)(*args), event=event)
    found = [each for each in app.events[before:] if each["hotlog"] == "error"]
    json.dumps(found, allow_nan=False)
    return found


def kinds(errors: list[Event]) -> list[str]:
    return [each["error"]["type"].rpartition(".")[2] for each in errors if "error" in each]


# --- what a failure is -------------------------------------------------------------------------------------------------

ANSWERS: list[tuple[Any, Failure | None]] = [
    (None, None),
    ("statusCode", None),
    ({"statusCode": 200}, None),
    ({"statusCode": 404}, None),
    ({"statusCode": 499}, None),
    ({"statusCode": 500}, Failure("answered", 500)),
    ({"statusCode": "502"}, Failure("answered", 502)),
    ({"statusCode": "5xx"}, None),
    ({"statusCode": True}, None),
    ({"statusCode": 500.0}, None),
    ({"batchItemFailures": []}, None),
    ({"batchItemFailures": None}, None),
    ({"batchItemFailures": [{"itemIdentifier": "a"}, 7]}, Failure("batch", None, ("a", ""))),
    ({"errorMessage": "no", "errorType": "E"}, Failure("error")),
    ({"Error": "E", "Cause": ""}, Failure("error")),
    ({"Error": "E"}, None),
    ([{"data": 1}, {"data": None, "errorMessage": "no"}], Failure("error")),
    ({"data": None, "errors": [{"message": "no"}]}, Failure("error")),
    ({"errors": []}, None),
    ({"errors": [{"code": 1}]}, None),
    ({"statusCode": 400, "errorMessage": "no", "errors": [{"message": "no"}]}, None),
    ({"statusCode": 200, "Error": "E", "Cause": ""}, None),
]


@pytest.mark.parametrize(("answer", "failure"), ANSWERS)
def test_an_answer_says_whether_the_invocation_failed(answer: object, failure: Failure | None) -> None:
    assert find_failure(answer) == failure


def test_nothing_of_an_answer_runs() -> None:
    class Key(str):
        __slots__ = ()

        def __eq__(self, other: object) -> bool:
            raise AssertionError

        __hash__ = str.__hash__

    class Status(int):
        def __int__(self) -> int:
            raise AssertionError

    class Answer(dict[str, Any]):
        def get(self, *_: Any) -> Any:
            raise AssertionError

        __getitem__ = __iter__ = get

    assert find_status({Key("statusCode"): 500}) is None
    assert find_failure(Answer(statusCode=Status(503))) == Failure("answered", 503)


def test_a_record_is_found_by_its_id() -> None:
    records = {
        "Records": [
            {"messageId": "a"},
            {"kinesis": {"sequenceNumber": "b"}},
            {"dynamodb": {"SequenceNumber": "c"}},
        ]
    }
    assert [find_item(records, each) for each in "abcd"] == [(1, 3), (2, 3), (3, 3), None]
    assert find_item({"Records": 7}, "a") is None


# --- what is told ------------------------------------------------------------------------------------------------------


@sees_crossings
def test_what_a_library_caught_is_told_with_its_variables_as_they_were(app: Probed) -> None:
    app.apply(rule())
    [event] = run(app, "framework", 500, app.module.order, 7)
    assert event["failure"] == {"how": "answered", "status": 500, "into": "concurrent"}
    assert (event["at"], event["error"]) == (
        app.sample.at("lookup"),
        {"type": "KeyError", "message": "'quantity'"},
    )
    assert event["frames"][0]["vars"] == {"line": {"sku": 7}, "lines": [{"sku": 7}]}
    assert [frame["qualname"] for frame in event["frames"]] == ["lookup", "order"]


@pytest.mark.parametrize("status", [200, 302, 404, 422, 499])
def test_what_ends_below_500_is_not_told(app: Probed, status: int) -> None:
    app.apply(rule())
    assert run(app, "framework", status, app.module.order, 7) == []


HANDLED = [
    "handled_further_out",
    "wrapped_by_the_library",
    "translated_by_the_library",
    "retried_by_the_library",
    "a_group_of_tasks",
    "in_a_transaction",
    "own_code_handles",
    "protocols",
    "awaited_and_handled",
]


@pytest.mark.parametrize("name", HANDLED)
def test_what_own_code_handles_is_not_told_whatever_the_answer(app: Probed, name: str) -> None:
    app.apply(rule(caught=True))
    assert run(app, name, 200) == []
    [event] = run(app, name, 500)  # the answer alone
    assert (event["failure"], event["response"]) == ({"how": "answered", "status": 500}, {"statusCode": 500})
    assert "error" not in event
    assert "at" not in event


@sees_crossings
@pytest.mark.parametrize("name", ["goes_on_further_out", "out_of_a_transaction", "in_an_event_loop"])
def test_what_own_code_lets_go_again_is_told_once(app: Probed, name: str) -> None:
    app.apply(rule())
    assert kinds(run(app, name, 500)) == ["KeyError"]


@sees_crossings
def test_what_own_code_raises_instead_is_told_with_what_it_was_made_of(app: Probed) -> None:
    app.apply(rule())
    [event] = run(app, "raises_another", 500)
    assert event["error"]["type"].endswith("NotFound")
    assert [each["type"] for each in event["error"]["chain"]] == ["KeyError"]


@sees_crossings
def test_what_was_handled_stays_so_whatever_takes_its_identity(app: Probed) -> None:
    app.apply(rule())
    assert kinds(run(app, "one_after_handled", 500)) == ["NotFound"]
    assert kinds(run(app, "the_last_of_six", 500)) == ["KeyError"]


@sees_crossings
def test_what_an_exception_was_made_of_has_its_variables(app: Probed) -> None:
    app.apply(rule())
    [event] = run(app, "out_of_another", 500)
    [cause] = event["error"]["chain"]
    assert (cause["qualname"], cause["vars"]) == ("lookup", {"lines": [{"sku": 1}], "line": {"sku": 1}})
    [event] = run(app, "made_of_a_comprehension", 500)
    assert event["frames"][0]["vars"]["line"] == {"sku": 1}
    assert "vars" not in event["error"]["chain"][0]


@sees_crossings
def test_the_last_three_are_told(app: Probed) -> None:
    app.apply(rule())
    errors = run(app, "retried", 502, 5)
    assert [each["failure"]["number"] for each in errors] == [3, 4, 5]
    assert [each["frames"][0]["vars"]["line"] for each in errors] == [{"sku": n} for n in (2, 3, 4)]
    assert {each["failure"]["of"] for each in errors} == {5}


@sees_crossings
def test_the_rate_counts_an_invocation_once_and_the_limit_each_event(app: Probed) -> None:
    app.apply(rule(limit=5, per_second=0.001))
    assert len(run(app, "retried", 500, 3)) == 3
    assert run(app, "retried", 500, 3) == []
    app.apply(rule(id="f", limit=4))
    assert len(run(app, "retried", 500, 3)) == 3
    [last] = run(app, "retried", 500, 3)
    assert last["frames"][0]["vars"]["line"] == {"sku": 2}
    assert app.codes("f")[0] == "installed"
    app.agent.settle()
    assert app.codes("f") == ("exhausted", "hit-limit")


@sees_crossings
def test_twenty_crossings_of_an_invocation_are_looked_at(app: Probed) -> None:
    app.apply(rule(caught=True, limit=None))
    assert len(run(app, "retried", 200, 50)) == limits.CROSSINGS_MAX


def records(*bodies: str) -> Event:
    return {"Records": [{"messageId": f"m{n}", "body": body} for n, body in enumerate(bodies)]}


@sees_crossings
def test_of_a_batch_each_failed_record_is_told(app: Probed) -> None:
    app.apply(rule(limit=20))
    event = records(*"abcdef")
    errors = run(app, "batch", event, event=event)
    assert [each["failure"] for each in errors] == [
        {"how": "batch", "into": "concurrent", "id": f"m{n}", "item": n + 1, "items": 6} for n in range(6)
    ]


def test_of_a_batch_no_more_is_told_than_the_limit_allows(app: Probed) -> None:
    app.apply(rule(limit=2))
    event = records(*"abcdef")
    errors = run(app, "batch", event, event=event)
    assert len(errors) == (2 if HAS_MONITORING else 1)


def test_an_exception_that_the_handler_raises_is_told_once(app: Probed) -> None:
    app.apply(rule())
    [event] = run(app, "refuse")
    assert event["failure"]["how"] == "raised"
    assert kinds([event]) == ["NotFound"]


@sees_crossings
def test_what_the_handler_raises_has_the_variables_of_its_comprehensions(app: Probed) -> None:
    app.apply(rule())
    [event] = run(app, "order", 3)
    assert event["frames"][0]["vars"] == {"line": {"sku": 3}, "lines": [{"sku": 3}]}


@sees_crossings
def test_what_led_to_what_the_handler_raised_comes_first(app: Probed) -> None:
    app.apply(rule())

    def handler() -> None:
        app.module.retried(200, 1)
        app.module.refuse()

    app.invoke(handler)
    assert kinds(app.said("error")) == ["KeyError", "NotFound"]


@sees_crossings
def test_caught_tells_what_ends_well(app: Probed) -> None:
    app.apply(rule(caught=True))
    [event] = run(app, "framework", 404, app.module.refuse)
    assert event["failure"] == {"how": "succeeded", "status": 404, "into": "concurrent"}
    assert run(app, "answer", 200) == []


@sees_crossings
@pytest.mark.parametrize(
    ("names", "told"),
    [
        ((), 1),
        (("KeyError",), 1),
        (("NotFound",), 0),
        (("Gone",), 0),
        (("{module}.NotFound",), 0),
        (("other.NotFound",), 1),
    ],
)
def test_classes_are_left_out_with_those_derived_from_them(
    app: Probed, names: tuple[str, ...], told: int
) -> None:
    app.apply(rule(excepted=tuple(each.format(module=app.sample.name) for each in names)))
    assert (
        len(run(app, "framework", 500, app.module.gone)) == told
    )  # nor is the answer, whose reason was left out


def test_a_function_s_rule_leaves_out_classes_too(app: Probed) -> None:
    app.apply(rule(at=app.at("gone"), excepted=("NotFound",)), rule(id="f", at=app.at("gone")))
    app.invoke(app.module.gone)
    assert [each["rule"] for each in app.said("error")] == ["f"]


CONDITIONS = [
    ("@status == 500", 1),
    ("@status == 501", 0),
    ("@duration_ms < 10_000 and @status >= 500", 1),
    ("@response['statusCode'] == 500", 1),
    ("lines[0]['sku'] == 7 and @status == 500", 1),
    ("lines[0]['sku'] == 8 and @status == 500", 0),
    ("isinstance(@exception, KeyError) and @status == 500", 1),
    ("isinstance(@exception, ValueError)", 0),
]


@sees_crossings
@pytest.mark.parametrize(("condition", "told"), CONDITIONS)
def test_conditions_read_the_frame_as_it_crossed_and_the_answer_at_the_end(
    app: Probed, condition: str, told: int
) -> None:
    app.apply(rule(condition=condition))
    assert len(run(app, "framework", 500, app.module.order, 7)) == told
    assert app.codes("e") == ("installed", "")


@sees_crossings
def test_messages_and_watches_read_both(app: Probed) -> None:
    app.apply(rule(message="{lines} answered {@status}", watch={"s": "@status", "n": "len(lines)"}))
    [event] = run(app, "framework", 500, app.module.order, 7)
    assert event["message"] == "[{'sku': 7}] answered 500"
    assert event["watch"] == {"s": 500, "n": 1}


REFUSED = [
    ({"condition": "lines == @status"}, "two-moments"),
    ({"condition": "@status == 1 or lines"}, "two-moments"),
    ({"message": "{@response[lines]}"}, "two-moments"),
    ({"at": "app.py:1", "kind": "log", "condition": "@status == 500"}, "unknown-special"),
]


@pytest.mark.parametrize(("fields", "code"), REFUSED)
def test_what_is_never_there_at_one_time_is_refused(app: Probed, fields: dict[str, Any], code: str) -> None:
    app.agent.apply([rule(**fields)])
    status = app.agent.status()["e"]
    assert (status.state, status.code) in {("error", code), ("pending", "not-imported")}
    if code == "unknown-special":
        app.agent.apply(
            [rule(**fields, id="f") if "at" not in fields else rule(at=app.at("order"), condition="@status")]
        )
        assert app.codes(next(iter(app.agent.status()))) == ("error", code)


# --- nothing else changes ----------------------------------------------------------------------------------------------


def test_a_thousand_answers_below_500_tell_nothing(app: Probed) -> None:
    app.apply(rule())
    calls = [("framework", status, app.module.order, 7) for status in (200, 404, 422)]
    calls += [(name, 200) for name in HANDLED]  # type: ignore[misc]
    for number in range(1_000):
        name, *args = calls[number % len(calls)]
        app.invoke(lambda name=name, args=args: getattr(app.module, name)(*args))  # type: ignore[misc]
    assert app.said("error") == []


@sees_crossings
@pytest.mark.parametrize("status", [200, 500])
def test_no_object_lives_longer_for_it(app: Probed, status: int) -> None:
    app.apply(rule())
    run(app, "keeps", status)
    reference, was_gone = app.module.seen
    assert was_gone
    assert isinstance(reference, weakref.ref)


def shape(fault: BaseException) -> tuple[type, str, list[tuple[str, int]], object]:
    """What an exception is, and the frames of the application's that it has passed."""
    places: list[tuple[str, int]] = []
    trace = fault.__traceback__.tb_next if fault.__traceback__ is not None else None  # the test's own frame
    while trace is not None:
        places.append((trace.tb_frame.f_code.co_name, trace.tb_lineno))
        trace = trace.tb_next
    return type(fault), str(fault), places, fault.__context__


@pytest.mark.parametrize("name", ["order", "refuse", "finds_none", "raises_from_a_library"])
def test_exceptions_pass_as_without_it(app: Probed, name: str) -> None:
    def outcome() -> object:
        with pytest.raises(Exception) as raised:  # noqa: PT011  # whatever it raises
            getattr(app.module, name)(*(() if name == "refuse" else (1,)))
        return shape(raised.value)

    before = outcome()
    app.agent.begin(hotlog.events.Invocation(request_id="r"))
    app.apply(rule(caught=True))
    assert outcome() == before
    app.agent.end()


def test_a_full_stack_stays_a_recursion_error_with_no_frame_of_hotlog_s(app: Probed) -> None:
    """The interpreter has no room to call anybody there: the innermost frame may be missing from the traceback."""

    def frames() -> list[tuple[str, int]]:
        with pytest.raises(RecursionError) as raised:
            app.module.fills_the_stack(1)
        _, said, places, context = shape(raised.value)
        assert (said, context) == ("maximum recursion depth exceeded", None)
        return places

    before = frames()
    app.agent.begin(hotlog.events.Invocation(request_id="r"))
    app.apply(rule(caught=True))
    after = frames()
    assert len(before) - len(after) <= 2
    assert set(after) == set(before)
    app.agent.end()


def test_nothing_grows_while_own_code_handles_what_it_raises(app: Probed) -> None:
    app.apply(rule())

    def invoke(times: int) -> None:
        for _ in range(times):
            app.invoke(lambda: app.module.own_code_handles(200))

    assert count_growth(invoke, 50, 500) < 100
    assert app.said("error") == []


def names_of_tools() -> set[str | None]:
    monitoring: Any = vars(sys)["monitoring"]
    return {monitoring.get_tool(tool) for tool in range(6)}


@pytest.mark.slow
def test_twenty_thousand_invocations_leave_nothing(app: Probed) -> None:
    app.apply(rule())
    names = [*HANDLED, "framework", "retried"]
    arguments: dict[str, tuple[Any, ...]] = {"framework": (404, app.module.order, 7), "retried": (200, 2)}

    def invoke(times: int) -> int:
        for number in range(times):
            name = names[number % len(names)]
            app.invoke(lambda name=name: getattr(app.module, name)(*arguments.get(name, (200,))))  # type: ignore[misc]
        gc.collect()
        return len(gc.get_objects())

    before = invoke(500)
    assert invoke(20_000) - before < 100
    assert app.said("error") == []


@sees_crossings
def test_a_fault_of_hotlog_s_reaches_no_handler(app: Probed) -> None:
    app.apply(rule())
    handler: Any = app.agent._managed["e"].handler
    handler._reader = None
    assert app.invoke(lambda: app.module.framework(500, app.module.order, 7)) == {"statusCode": 500}
    assert type(app.invoke(app.module.refuse)).__name__ == "NotFound"
    app.agent.settle()
    assert app.codes("e") == ("error", "internal-fault")


@sees_crossings
def test_the_events_go_with_the_rule(app: Probed) -> None:
    before = names_of_tools()
    app.apply(rule(), rule(id="f"))
    assert names_of_tools() - before == {"hotlog-errors"}
    app.apply(rule(id="f"))
    assert names_of_tools() - before == {"hotlog-errors"}
    app.apply()
    assert names_of_tools() == before


def test_the_status_says_what_is_seen(app: Probed) -> None:
    app.apply(rule())
    reason = app.agent.status()["e"].reason
    assert ("the answer alone" in reason) is not HAS_MONITORING


@sees_crossings
def test_without_a_free_tool_the_status_says_so_and_answers_are_told(app: Probed) -> None:
    monitoring: Any = vars(sys)["monitoring"]
    with contextlib.ExitStack() as stack:
        for tool in (3, 4, 5):
            if monitoring.get_tool(tool) is None:
                monitoring.use_tool_id(tool, "other")
                stack.callback(monitoring.free_tool_id, tool)
        app.apply(rule())
        status = app.agent.status()["e"]
        assert (status.state, status.code) == ("installed", "no-tool-id")
        [event] = run(app, "framework", 500, app.module.order, 7)
        assert "error" not in event
        assert kinds(run(app, "refuse")) == ["NotFound"]


def test_an_invocation_whose_time_runs_out_tells_what_it_has_met(app: Probed) -> None:
    app.apply(rule())

    def handler() -> Event:
        app.module.server(app.module.order, 7)
        time.sleep(0.8)
        return {"statusCode": 200}

    app.invoke(handler, timeout_s=0.6)
    told = [each["failure"]["how"] for each in app.said("error")]
    assert told == (["out-of-time"] if HAS_MONITORING else [])


@sees_crossings
def test_what_was_told_before_the_time_ran_out_is_not_told_again(app: Probed) -> None:
    app.apply(rule())

    def handler() -> None:
        try:
            app.module.order(7)
        finally:
            time.sleep(0.5)

    app.invoke(handler, timeout_s=0.6)
    assert [each["failure"]["how"] for each in app.said("error")] == ["out-of-time"]
    assert kinds(run(app, "order", 7)) == ["KeyError"]


def test_a_ring_is_told_where_the_answer_says_that_it_failed(app: Probed) -> None:
    app.apply(hotlog.Rule(id="r", at=app.sample.at("framework"), message="status={status}", ring=2))
    app.invoke(lambda: app.module.framework(200, app.module.order, 1))
    assert app.said("log") == []
    app.invoke(lambda: app.module.framework(503, app.module.order, 1))
    assert [each["message"] for each in app.said("log")] == ["status=503"]


def test_matched_counts_hits_whose_condition_held(app: Probed) -> None:
    at = app.sample.at("framework")
    app.apply(
        hotlog.Rule(
            id="r",
            at=at,
            message="{status} {@matched}",
            condition="status < 300 and @matched < 2",
            per_second=None,
        )
    )
    for status in (500, 200, 201, 202):
        app.invoke(lambda status=status: app.module.framework(status, app.module.answer, 1))  # type: ignore[misc]
    assert [each["message"] for each in app.said("log")] == ["200 1", "201 2"]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("status < 300 and @matched % 2 == 1", ["201 2", "204 4"]),
        ("@matched >= 2 and status < 300", ["202 3", "204 4"]),
        ("@matched == 3", ["201 4"]),
        ("status < 300 and @matched == 1 and @hits > 1", ["202 2"]),
    ],
)
def test_in_a_condition_matched_counts_the_hits_for_which_the_rest_of_it_held(
    app: Probed, condition: str, expected: list[str]
) -> None:
    rule = hotlog.Rule(id="r", at=app.sample.at("framework"), message="{status} {@matched}", per_second=None)
    app.apply(rule._replace(condition=condition))
    for status in (200, 500, 503, 201, 202, 204):
        app.invoke(lambda status=status: app.module.framework(status, app.module.answer, 1))  # type: ignore[misc]
    assert [each["message"] for each in app.said("log")] == expected


def test_of_calls_each_third_is_told(app: Probed) -> None:
    at = app.sample.at("framework")
    app.apply(hotlog.Rule(id="r", kind="call", at=at, condition="@matched % 3 == 2", per_second=None))
    for status in (200, 201, 202, 203, 204, 205):
        app.invoke(lambda status=status: app.module.framework(status, app.module.answer, 1))  # type: ignore[misc]
    assert [each["args"]["status"] for each in app.said("call")] == [202, 205]
