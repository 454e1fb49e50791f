"""`hotlog tail`: events of a file or of CloudWatch Logs, for a person or for a program."""

from __future__ import annotations

import json
import re
import signal
import time
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import pytest

from hotlog.cli.showing.render import render_event
from hotlog.client import words
from hotlog.client.client import Client
from hotlog.client.events.event_handle import make_handle
from hotlog.client.events.event_stream import EventFilter, event_in, read_local
from tests.support.canned_aws import canned_aws, use
from tests.support.cli import hotlog, settle_in
from tests.support.processes import start_hotlog
from tests.support.proven import as_read, prove, put_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hotlog.events import Event
    from tests.support.canned_aws import Answer

EVENTS = Path(".hotlog/events.jsonl")


@pytest.fixture(autouse=True)
def _at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settle_in(tmp_path, monkeypatch)
    put_key(Path(".hotlog/orders.json"))


def event(message: str = "total=120", *, ago_s: float = 1, **fields: object) -> Event:
    at = datetime.now(UTC) - timedelta(seconds=ago_s)
    return {
        "hotlog": "log",
        "v": 2,
        "rule": "k3f9",
        "at": "app.py:42",
        "qualname": "charge",
        "message": message,
        "level": "INFO",
        "timestamp": at.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z",
        "request_id": "8f3d2a1b-1",
        "function": "orders",
        **fields,
    }


def write(*events: Event) -> None:
    with EVENTS.open("a") as file:
        file.writelines(f"{prove(each)}\n" for each in events)


def tailed(*words: str) -> list[str]:
    ran = hotlog("tail", "orders", *words, "--local", "--no-follow")
    assert ran.code == 0, ran.err
    return ran.out.splitlines()


# --- what is shown -------------------------------------------------------------------------------------------------


def test_an_event_reads_as_time_rule_place_and_message_with_its_values_below() -> None:
    write(
        event(
            watch={"n": 3},
            vars={"total": 120, "user": {"@type": "app.User", "id": 7}},
            stack=[{"at": "app.py:20", "qualname": "handler"}],
        )
    )

    head, *below = tailed()

    assert re.fullmatch(r"\d\d:\d\d:\d\d  k3f9  8f3d2a1b  app\.py:42 charge  total=120", head)
    assert [line.strip() for line in below] == [
        "n = 3",
        "total = 120",
        "user = User(id=7)",
        "from app.py:20 handler",
    ]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "None"),
        ("a\nb", r"'a\nb'"),
        ("é", "'é'"),
        ([1, [2]], "[1, [2]]"),
        ({"a": {"b": 1}}, "{'a': {'b': 1}}"),
        ("@redacted", "@redacted"),
        ([[]] * 2, "[[], []]"),
        ({"@cut": "depth"}, "… (depth)"),
        ({"@cut": "depth", "@len": 3}, "… (depth, 3 in all)"),
        ({"@type": "app.Cart", "@cut": "depth"}, "Cart(… (depth))"),
        ([1, {"@cut": "items", "@len": 1000}], "[1, … (1,000 in all)]"),
        ({"a": 1, "@cut": "items", "@len": 1000}, "{'a': 1, … (1,000 in all)}"),
        ({"@cut": "chars", "@len": 1000, "@text": "a\n"}, r"'a\n'… (1,000 characters)"),
        ({"@type": "set", "@items": [1, 2]}, "{1, 2}"),
        ({"@type": "set", "@items": [1, {"@cut": "items", "@len": 9}]}, "{1, … (9 in all)}"),
        ({"@type": "datetime.date", "@value": "2026-11-25"}, "2026-11-25"),
        ({"@type": "app.Kind", "@name": "A", "value": 1}, "Kind.A"),
        (
            {"@type": "app.Order", "id": 7, "total": {"@type": "decimal.Decimal", "@value": "12.50"}},
            "Order(id=7, total=12.50)",
        ),
        ({"@type": "ValueError", "@args": ["x"], "@cause": None}, "ValueError('x')"),
        ({"@ref": "app.Order"}, "<↑ Order>"),
        ({"@unavailable": "a property"}, "<unavailable: a property>"),
        ({"@type": "app.X", "@unavailable": "a property"}, "<X: unavailable: a property>"),
        ({"@@type": 1, "@@": 2}, "{'@type': 1, '@': 2}"),
        ("\x1b[31mred\x9b\u202e", r"'\x1b[31mred\x9b\u202e'"),
        ({"\x1b[2J": 1}, r"{'\x1b[2J': 1}"),
        # Somebody else may have written the line.
        ({"@cut": [], "@len": True}, "… ([])"),
        ({"@type": [], "@items": 3, "@name": {}}, "<class {}>"),
        ({"@type": "set", "@items": 3}, "set()"),
        ({"@type": "E", "@args": "x", "@len": None}, "E()"),
        ({"@text": 1, "@len": []}, "'1'…"),
    ],
)
def test_values_are_shown_on_one_line_with_cuts_and_redactions_in_words(value: object, shown: str) -> None:
    write(event(vars={"x": value}))

    assert tailed()[1] == f"    x = {shown}"


def test_an_event_of_another_day_shows_the_day() -> None:
    (head,) = render_event({**event(), "timestamp": "2026-01-31T23:59:59.123Z"}, 80)

    assert click.unstyle(head).startswith("2026-01-31 23:59:59  k3f9  ")


def test_a_value_that_does_not_fit_into_a_line_is_a_tree() -> None:
    items = [{"@type": "app.Item", "sku": "s" * 20, "tags": ["t" * 20]} for _ in range(2)]
    hostile = json.loads("[" * 400 + "]" * 400)

    lines = render_event(event(vars={"items": [*items, {"@cut": "items", "@len": 9}], "deep": hostile}), 60)

    assert [click.unstyle(line) for line in lines[1:-1]] == [
        "    items = list",
        "      [0] = Item",
        f"        sku = '{'s' * 20}'",
        f"        tags = ['{'t' * 20}']",
        "      [1] = Item",
        f"        sku = '{'s' * 20}'",
        f"        tags = ['{'t' * 20}']",
        "      … cut: items, 9 in all",
    ]
    assert "…" in lines[-1]


def test_an_event_of_a_kind_that_is_not_known_shows_what_it_holds() -> None:
    lines = render_event({**event(), "hotlog": "later", "duration_ms": 3, "return": {"a": 1}}, 80)

    assert [click.unstyle(line).partition("  ")[2] for line in lines] == [
        "k3f9  8f3d2a1b  later  app.py:42 charge",
        "  message = 'total=120'",
        "  duration_ms = 3",
        "  return = {'a': 1}",
    ]


def test_a_status_reads_as_its_state_and_reason() -> None:
    status = {
        "hotlog": "status",
        "state": "error",
        "code": "source-changed",
        "reason": "line 42 reads otherwise",
    }

    write({**event(), **status})

    assert tailed()[0].endswith("8f3d2a1b  error  source-changed: line 42 reads otherwise")


def test_counts_show_what_was_counted() -> None:
    counts = {"hotlog": "counts", "v": 2, "rule": "k3f9", "emitted": 3, "condition_false": 1000}

    write(counts)

    assert tailed("--all") == ["-  k3f9  counted: emitted 3, condition false 1000+"]
    assert tailed() == []


HOSTILE: list[Event] = [
    {"hotlog": "log"},
    {"hotlog": "\x1b[2J"},
    {
        "hotlog": "log",
        "message": "\x1b]0;title\x07",
        "at": "\x1b[2J",
        "qualname": "\r",
        "rule": "\x9b1m",
        "timestamp": "T\x1bx",
    },
    {
        "hotlog": "log",
        "message": {"no": "text"},
        "vars": "none",
        "watch": [1],
        "stack": "none",
        "timestamp": 7,
    },
    {
        "hotlog": "log",
        "vars": {"x": {"@type": 7, "@cut": ["\x1b"], "@len": "\x1b"}},
        "stack": [1, {"at": ["\x1b"]}],
    },
    {"hotlog": "status", "state": None, "reason": "\u2028\u202e"},
    {"hotlog": "counts", "\x1b": "\x1b"},
]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_nothing_in_an_event_can_steer_the_terminal_or_stop_the_tail(hostile: Event) -> None:
    write(hostile, event("after"))

    lines = tailed()

    assert lines[-1].endswith("after")
    on_a_terminal = re.sub(r"\x1b\[\d+m", "", "".join(render_event(hostile)))  # without hotlog's own colours
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u202e]", on_a_terminal)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "START RequestId: 1",
        "{",
        '{"hotlog": 1}',
        '{"level": "INFO"}',
        '["hotlog"]',
        '{"a": "\\"hotlog\\""}',
    ],
)
def test_other_log_lines_are_no_events(line: str) -> None:
    assert event_in(line) is None


# --- which are shown -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "messages"),
    [
        ([], ["one", "two", "three"]),
        (["--rule", "k3f9"], ["one", "three"]),
        (["--rule", "zz"], ["two"]),
        (["--request", "r-2"], ["three"]),
        (["--since", "2h"], ["old", "one", "two", "three"]),
        (["--since", "2h", "--rule", "k3f9", "--request", "8f3d2a1b"], ["old", "one"]),
    ],
)
def test_events_are_chosen_by_rule_request_and_time(words: list[str], messages: list[str]) -> None:
    write(
        event("old", ago_s=3_600), event("one"), event("two", rule="zz11"), event("three", request_id="r-2")
    )
    write(event("of another function", function="stock"))

    assert [json.loads(line)["message"] for line in tailed("--json", *words)] == messages


PATTERNS: list[tuple[dict[str, Any], str]] = [
    ({}, '{ ($.hotlog = "*") }'),
    ({"kinds": ("status", "counts")}, '{ (($.hotlog = "status") || ($.hotlog = "counts")) }'),
    ({"rule": "k3f9"}, '{ ($.hotlog = "*") && ($.rule = "k3f9*") }'),
    (
        {"rule": "k3", "request": "8f-1"},
        '{ ($.hotlog = "*") && ($.rule = "k3*") && ($.request_id = "8f-1*") }',
    ),
    ({"rule": '" || $.x = "'}, '{ ($.hotlog = "*") }'),
]


@pytest.mark.parametrize(("fields", "pattern"), PATTERNS)
def test_aws_is_asked_for_what_is_wanted_alone(fields: dict[str, Any], pattern: str) -> None:
    assert EventFilter("orders", datetime.now(UTC), **fields).pattern == pattern


def test_a_version_is_followed_alone() -> None:
    write(event("of 12", version="12"), event("of 13", version="13"), event("of none"))

    ran = hotlog("tail", "orders:12", "--local", "--no-follow", "--json")

    assert [json.loads(line)["message"] for line in ran.out.splitlines()] == ["of 12"]


@pytest.mark.parametrize(
    ("function", "says"), [("stock-*", "no function matches"), ("orders:prod", "is no version")]
)
def test_what_is_not_one_function_is_refused(function: str, says: str) -> None:
    ran = hotlog("tail", function, "--local", "--no-follow")

    assert ran.code in {1, 2}
    assert says in ran.err


def test_an_alias_stands_for_the_versions_it_has_now(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [
        record(number, event(f"of {version}", version=version))
        for number, version in enumerate(("11", "12", "13"))
    ]
    aliases = [
        {"Name": "prod", "FunctionVersion": "12", "RoutingConfig": {"AdditionalVersionWeights": {"13": 0.1}}},
        {"Name": "test", "FunctionVersion": "11"},
    ]

    def answer(action: str, request: dict[str, Any]) -> Answer:
        if action == "FilterLogEvents":
            return 200, {"events": lines}
        if action.endswith("/aliases"):
            return 200, {"Aliases": aliases}
        return (
            (404, {"__type": "ResourceNotFoundException"})
            if "Qualifier" in request
            else (403, {"message": "no"})
        )

    with canned_aws(answer) as endpoint:
        use(endpoint, monkeypatch)
        prod = hotlog("tail", "orders:prod", "--no-follow", "--json")
        none = hotlog("tail", "orders:prd", "--no-follow", "--json")

    assert [json.loads(line)["message"] for line in prod.out.splitlines()] == ["of 12", "of 13"], prod.err
    assert none.code == 1
    assert "no alias or version 'prd'. Did you mean prod?" in none.err


def test_json_is_the_event_itself_one_per_line() -> None:
    one = event("é\n", vars={"x": [1, None]})
    write(one)

    assert [json.loads(line) for line in tailed("--json")] == [as_read(one)]


def test_without_events_there_is_nothing_and_that_is_no_failure() -> None:
    assert tailed() == []


# --- following -----------------------------------------------------------------------------------------------------


def messages(feed: Iterator[Event | None]) -> list[object]:
    """What a feed yields until it has read everything there is."""
    return [each["message"] for each in iter(lambda: next(feed), None) if each is not None]


def test_a_file_is_followed_through_half_lines_and_a_new_beginning() -> None:
    feed = read_local(EVENTS, "file:.hotlog", "orders")
    assert messages(feed) == []

    write(event("one"))
    assert messages(feed) == ["one"]

    line = json.dumps(event("two"))
    with EVENTS.open("a") as file:
        file.write(line[:20])
    assert messages(feed) == []
    with EVENTS.open("a") as file:
        file.write(f"{line[20:]}\n")
    assert messages(feed) == ["two"]

    EVENTS.unlink()
    assert messages(feed) == []
    write(event("three"))
    assert messages(feed) == ["three"]


@pytest.mark.process
def test_following_shows_what_comes_and_ctrl_c_ends_it_well() -> None:
    write(event("before"))
    process = start_hotlog("tail", "orders", "--local", "--json")
    assert process.stdout is not None
    assert json.loads(process.stdout.readline())["message"] == "before"
    write(event("after"))
    assert json.loads(process.stdout.readline())["message"] == "after"

    process.send_signal(signal.SIGINT)
    _, talk = process.communicate(timeout=10)

    assert process.returncode == 0
    assert "Traceback" not in talk
    assert "Following .hotlog/events.jsonl" in talk


# --- CloudWatch Logs -----------------------------------------------------------------------------------------------


def record(number: int, each: Event | str) -> dict[str, Any]:
    message = each if isinstance(each, str) else json.dumps(each)
    return {"eventId": str(number), "timestamp": int(time.time() * 1_000), "message": message}


def test_the_events_of_a_log_group_come_page_by_page(monkeypatch: pytest.MonkeyPatch) -> None:
    pages: dict[str, dict[str, Any]] = {
        "": {"events": [record(1, "START RequestId: r-1"), record(2, event("one"))], "nextToken": "more"},
        "more": {"events": [record(3, event("two")), record(4, '{"level": "INFO"}')]},
    }
    asked: list[dict[str, Any]] = []

    def answer(action: str, request: dict[str, Any]) -> Answer:
        if action != "FilterLogEvents":  # who may read logs need not be one who may look at functions
            return 403, {"message": "no"}
        asked.append(request)
        return 200, pages[request.get("nextToken", "")]

    with canned_aws(answer) as endpoint:
        use(endpoint, monkeypatch)
        ran = hotlog("tail", "orders", "--no-follow", "--json", "--since", "5m")

    assert ran.code == 0, ran.err
    assert [json.loads(line)["message"] for line in ran.out.splitlines()] == ["one", "two"]
    assert {request["logGroupName"] for request in asked} == {"/aws/lambda/orders"}
    assert {request["filterPattern"] for request in asked} == {'{ ($.hotlog = "*") }'}
    assert abs(asked[0]["startTime"] / 1_000 - (time.time() - 300)) < 60


def test_a_log_group_is_followed_before_it_exists_and_no_event_comes_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from hotlog.client.account.aws import Aws
    from hotlog.client.events.logs import Group, follow_logs
    from hotlog.client.options import Options

    first, second, late = record(1, event("one")), record(2, event("two")), record(3, event("late"))
    answers: list[Answer] = [
        (400, {"__type": "ResourceNotFoundException", "message": "no"}),
        (200, {"events": [first]}),
        (200, {"events": [first, second]}),
        (200, {"events": [late, first, second]}),
    ]
    turn = count()
    with canned_aws(lambda _action, _request: answers[next(turn)]) as endpoint:
        use(endpoint, monkeypatch)
        feed = follow_logs(
            Aws(Options("ssm:")).client("logs"), [Group("/aws/lambda/orders")], 0, sleep=lambda _: None
        )

        def polled() -> list[object]:
            return [json.loads(line.text)["message"] for line in iter(lambda: next(feed), None) if line]

        assert [polled() for _ in answers] == [[], ["one"], ["two"], ["late"]]


@pytest.mark.parametrize(
    ("zone", "utc", "clock", "name"),
    [
        ("XST-1", False, "13:02:31", "UTC+1"),
        ("XST+3:30", False, "08:32:31", "UTC-3:30"),
        ("UTC0", False, "12:02:31", "UTC"),
        ("XST-1", True, "12:02:31", "UTC"),
    ],
)
def test_times_are_those_of_this_machine_or_of_utc(
    monkeypatch: pytest.MonkeyPatch, zone: str, utc: bool, clock: str, name: str
) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        at = datetime.now(UTC).replace(hour=12, minute=2, second=31)
        assert words.format_clock(at, utc=utc, seconds=True).rpartition(" ")[2] == clock
        assert words.name_zone(at, utc=utc) == name
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--trace", "1-5759e988-bd862e3fe1be"], ["a"]),
        (["--trace", "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1"], ["a"]),
        (["--trace", "5759e988bd86"], ["a"]),
        (["--correlation", "c7"], ["b"]),
        (["--correlation", "c"], []),
    ],
)
def test_tail_follows_a_trace_or_what_is_correlated(words: list[str], told: list[str]) -> None:
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    common = {"hotlog": "log", "v": 2, "rule": "r", "function": "orders", "timestamp": now}
    events = [
        {**common, "message": "a", "trace_id": "5759e988bd862e3fe1be46a994272793"},
        {**common, "message": "b", "correlation_id": "c7"},
    ]
    EVENTS.write_text("".join(f"{json.dumps(each)}\n" for each in events))
    ran = hotlog("tail", "orders", "--local", "--no-follow", "--json", *words)
    assert [json.loads(line)["message"] for line in ran.out.splitlines()] == told


@pytest.mark.parametrize(("rule", "request_id"), [("", ""), ("k3", ""), ("", "8f3d")])
def test_who_follows_knows_which_rules_are_meant(rule: str, request_id: str) -> None:
    client = Client(store="file:.hotlog")
    Path("app.py").write_text("def charge(total):\n    return total\n")
    client.change("orders", add=[{"at": "app.py:2", "message": "{total}"}], source=Path())
    stored = tuple(client.rules("orders").rules)
    assert len(stored) == 1
    assert client.plan_follow("orders", 60, rule=rule, request=request_id).stored == stored
    assert client.plan_follow("orders", 60, every=True).stored == ()


@pytest.mark.parametrize("forged_first", [True, False])
@pytest.mark.parametrize("by", ["request", "handle"])
def test_one_event_is_the_proven_one_of_several(by: str, *, forged_first: bool) -> None:
    true = event("true", ago_s=5, hit=1, env="e1")
    forged = {**true, "message": "forged", "error": {"type": "KeyError"}}  # an error would come first
    lines = [json.dumps(forged), prove(true)]
    EVENTS.write_text("".join(f"{line}\n" for line in (lines if forged_first else lines[::-1])))
    client = Client(store="file:.hotlog")
    name = "8f3d" if by == "request" else make_handle("orders", true)
    assert client.find_event("orders", name)["message"] == "true"
    EVENTS.write_text(f"{json.dumps(forged)}\n")
    assert client.find_event("orders", name)["proof"] == "unproven"


@pytest.mark.parametrize("forged_first", [True, False])
@pytest.mark.parametrize("name", ["r1", "8f3d2a1b-1"])
def test_one_recording_is_the_proven_one_of_several(name: str, *, forged_first: bool) -> None:
    part: dict[str, Any] = {"recording": "r1", "part": 1, "parts": 1}
    true = event(hotlog="record", steps=[1], kept="good", **part)
    forged = event(hotlog="record", steps=[2], kept="failed", **part)  # a bad one would come first
    lines = [json.dumps(forged), prove(true)]
    EVENTS.write_text("".join(f"{line}\n" for line in (lines if forged_first else lines[::-1])))
    client = Client(store="file:.hotlog")
    assert [each.steps for each in client.recordings("orders")] == (
        [[2], [1]] if forged_first else [[1], [2]]
    )
    assert client.find_recording("orders", name).steps == [1]
