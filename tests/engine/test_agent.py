"""`hotlog.Agent`: exactly the rules it was given, each with a status, and everything restored at the end."""

from __future__ import annotations

import gc
import itertools
import json
import py_compile
import sys
import weakref
from datetime import UTC, datetime, timedelta
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

import pytest

import hotlog
from hotlog import limits
from hotlog.config import Config
from hotlog.events import Event, Invocation
from tests.support.sample import Sample

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import CodeType, FrameType


SHOP = """
class User:
    def __init__(self, id, password):
        self.id = id
        self.password = password

def charge(user, items):
    total = sum(items)
    if total > 100:  # <check>
        total = round(total * 0.9)  # <discount>
    return total  # <return>

def each(n):
    for i in range(n):
        yield i * 2  # <yield>

def boom():
    raise ValueError("boom")  # <raise>
"""


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Sample]:
    sample = Sample(tmp_path, SHOP)
    yield sample
    sample.forget()


@pytest.fixture
def events() -> list[Event]:
    return []


@pytest.fixture
def agent(shop: Sample, events: list[Event]) -> Iterator[hotlog.Agent]:
    with hotlog.Agent(sink=events.append, root=str(shop.folder), config=Config()) as agent:
        yield agent


def logs(events: list[Event]) -> list[Event]:
    return [event for event in events if event["hotlog"] == "log"]


def codes(sample: Sample) -> dict[str, CodeType]:
    functions = {name: getattr(sample.module, name) for name in ("charge", "each", "boom")}
    return {name: function.__code__ for name, function in functions.items()}


def test_a_log_line_comes_and_goes(shop: Sample, agent: hotlog.Agent, events: list[Event]) -> None:
    before = codes(shop)
    user = shop.module.User(7, "hunter2")
    agent.apply([hotlog.Rule(id="a", at=shop.at("return"), message="total={total} user={user.id}")])
    assert shop.module.charge(user, [60, 60]) == 108
    (event,) = logs(events)
    assert event["message"] == "total=108 user=7"
    assert event["at"] == shop.at("return")
    assert event["qualname"] == "charge"
    assert (event["rule"], event["hit"], event["level"]) == ("a", 1, "INFO")
    json.dumps(event, allow_nan=False)
    agent.apply([])
    assert shop.module.charge(user, [60, 60]) == 108
    assert len(logs(events)) == 1
    assert all(code is before[name] for name, code in codes(shop).items())


def test_what_only_claims_to_be_a_module_stops_no_rule(
    shop: Sample, agent: hotlog.Agent, events: list[Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `cffi` does, and with it `cryptography`: an object in `sys.modules` whose `__class__` lies."""

    lib = type("Lib", (), {"__class__": ModuleType})()  # as an expression: no checker believes it
    monkeypatch.setitem(sys.modules, "_openssl.lib", lib)
    agent.apply(
        [hotlog.Rule(at=shop.at("return"), message="x"), hotlog.Rule(at="_openssl.lib:f", message="x")]
    )
    shop.module.charge(None, [1])
    assert [event["message"] for event in logs(events)] == ["x"]
    assert sorted(status.state for status in agent.status().values()) == ["installed", "pending"]


def test_rules_of_one_condition_bring_no_new_lines(
    shop: Sample, agent: hotlog.Agent, events: list[Event]
) -> None:
    """Equal conditions share what was parsed: each is compiled at its own line all the same."""

    def lines() -> list[int]:
        found: list[int] = []

        def tracer(frame: FrameType, kind: str, _: object) -> Any:
            if frame.f_code.co_name == "charge" and kind == "line":
                found.append(frame.f_lineno)
            return tracer

        before = sys.gettrace()
        sys.settrace(tracer)
        try:
            shop.module.charge(None, [150])
        finally:
            sys.settrace(before)
        return found

    plain = lines()
    agent.apply(
        [
            hotlog.Rule(at=shop.at(name), condition="0 < total < 1000")
            for name in ("check", "discount", "return")
        ]
    )
    assert lines() == plain
    assert len(logs(events)) == 3


def test_the_probe_fires_before_the_statement(shop: Sample, agent: hotlog.Agent, events: list[Event]) -> None:
    agent.apply([hotlog.Rule(at=shop.at("discount"), message="{total}")])
    shop.module.charge(None, [150])
    assert logs(events)[0]["message"] == "150"


@pytest.mark.parametrize(
    ("condition", "hits"),
    [("total > 100", 1), ("total > 1000", 0), ("len(items) == 2 and user is None", 2), ("nobody > 1", 0)],
)
def test_a_condition_decides(
    shop: Sample, agent: hotlog.Agent, events: list[Event], condition: str, hits: int
) -> None:
    agent.apply([hotlog.Rule(at=shop.at("check"), message="x", condition=condition)])
    shop.module.charge(None, [1, 2])
    shop.module.charge(None, [100, 2])
    assert len(logs(events)) == hits


def test_a_condition_that_cannot_be_evaluated_says_so_and_emits_nothing(
    shop: Sample, agent: hotlog.Agent, events: list[Event]
) -> None:
    agent.apply([hotlog.Rule(id="a", at=shop.at("check"), message="x", condition="nobody > 1")])
    shop.module.charge(None, [1])
    agent.settle()
    status = agent.status()["a"]
    assert (status.state, status.code, status.hits) == ("installed", "condition-error", 1)
    assert "nobody" in status.reason
    assert logs(events) == []
    assert [event["code"] for event in events if event["hotlog"] == "status" and "code" in event] == [
        "unknown-name",
        "condition-error",
    ]


def test_a_snapshot_holds_the_locals_and_the_stack(
    shop: Sample, agent: hotlog.Agent, events: list[Event]
) -> None:
    agent.apply([hotlog.Rule(at=shop.at("return"), snapshot=True, stack=2)])
    shop.module.charge(shop.module.User(7, "hunter2"), [1])
    (event,) = logs(events)
    assert event["vars"]["items"] == [1]
    assert event["vars"]["user"] == {"@type": f"{shop.name}.User", "id": 7, "password": "@redacted"}
    assert event["stack"][0] == {"at": shop.at("return"), "qualname": "charge"}
    assert "hunter2" not in json.dumps(events)


def test_watches_are_values(shop: Sample, agent: hotlog.Agent, events: list[Event]) -> None:
    watch = {"n": "len(items)", "bad": "nobody", "all": "items"}
    agent.apply([hotlog.Rule(at=shop.at("return"), watch=watch)])
    shop.module.charge(None, [1, 2])
    assert logs(events)[0]["watch"] == {
        "n": 2,
        "bad": {"@unavailable": "NameError: 'nobody' has no value here"},
        "all": [1, 2],
    }


def test_one_bad_rule_never_stops_the_others(shop: Sample, agent: hotlog.Agent, events: list[Event]) -> None:
    agent.apply(
        [
            hotlog.Rule(id="no-file", at="nowhere.py:3"),
            hotlog.Rule(id="no-line", at=f"{shop.file}:1"),
            hotlog.Rule(id="no-function", at=f"{shop.name}:chrge"),
            hotlog.Rule(id="no-template", at=shop.at("return"), message="{"),
            hotlog.Rule(id="secret", at=shop.at("return"), message="{user.password}"),
            hotlog.Rule(id="elsewhere", at="/etc/passwd.py:1".lstrip("/")),
            hotlog.Rule(id="good", at=shop.at("return"), message="fine"),
        ]
    )
    shop.module.charge(None, [1])
    assert [event["message"] for event in logs(events)] == ["fine"]
    states = {key: (status.state, status.code) for key, status in agent.status().items()}
    assert states == {
        "no-file": ("pending", "not-imported"),
        "no-line": ("error", "line-not-executable"),
        "no-function": ("error", "no-such-function"),
        "no-template": ("error", "bad-template"),
        "secret": ("error", "redacted-name"),
        "elsewhere": ("pending", "not-imported"),
        "good": ("installed", ""),
    }


def test_several_probes_on_a_line_fire_in_rule_order_and_go_one_by_one(
    shop: Sample, agent: hotlog.Agent, events: list[Event]
) -> None:
    rules = [hotlog.Rule(id=str(n), at=shop.at("return"), message=str(n)) for n in range(3)]
    agent.apply(rules)
    shop.module.charge(None, [1])
    agent.apply([rules[0], rules[2]])
    shop.module.charge(None, [1])
    assert [event["message"] for event in logs(events)] == ["0", "1", "2", "0", "2"]


def test_the_hit_limit_counts_events_and_takes_the_probe_out(
    shop: Sample, agent: hotlog.Agent, events: list[Event]
) -> None:
    before = codes(shop)
    rule = hotlog.Rule(
        id="a", at=shop.at("return"), message="x", limit=2, per_second=None, condition="total > 5"
    )
    agent.apply([rule])
    for amount in (1, 10, 2, 20, 30, 3):
        shop.module.charge(None, [amount])
    assert len(logs(events)) == 2
    agent.settle()
    assert agent.status()["a"].state == "exhausted"
    assert codes(shop) == before
    assert codes(shop)["charge"] is before["charge"]
    agent.apply([rule])
    shop.module.charge(None, [50])
    assert len(logs(events)) == 2, "the same rule applied again is the same rule"


def test_the_rate_limit_counts_what_it_holds_back(
    shop: Sample, agent: hotlog.Agent, events: list[Event]
) -> None:
    agent.apply([hotlog.Rule(id="a", at=shop.at("return"), message="x", per_second=2, limit=None)])
    for _ in range(50):
        shop.module.charge(None, [1])
    assert len(logs(events)) == 2
    agent.end()
    (counts,) = [event for event in events if event["hotlog"] == "counts"]
    assert (counts["emitted"], counts["rate_limited"]) == (2, 48)


def test_the_first_hit_is_counted_at_the_end_of_its_invocation_and_later_ones_once_a_minute(
    shop: Sample, agent: hotlog.Agent, events: list[Event]
) -> None:
    def told() -> list[tuple[str, int]]:
        agent.end()
        return [(event["rule"], event["emitted"]) for event in events if event["hotlog"] == "counts"]

    now_s = 0.0
    agent._clock = lambda: now_s
    agent.apply([hotlog.Rule(id="a", at=shop.at("return"), message="x")])
    assert told() == [], "nothing was counted yet"
    now_s = 1.0
    shop.module.charge(None, [1])
    assert told() == [("a", 1)], "`hotlog status` need not wait a minute to know that it was reached"
    shop.module.charge(None, [1])
    now_s = 60.9
    assert told() == [("a", 1)]
    now_s = 61.0
    assert told() == [("a", 1), ("a", 2)]
    now_s = 200.0
    assert told() == [("a", 1), ("a", 2)], "nothing has changed"


def test_over_a_day_of_changing_rules_that_are_hit_bookkeeping_is_less_than_events(
    shop: Sample, agent: hotlog.Agent, events: list[Event]
) -> None:
    """Twenty-four rules, one after the other, each for an hour; the function is invoked every half minute, each hits."""
    now_s = 0.0
    agent._clock = lambda: now_s
    for hour in range(24):
        agent.apply(
            [hotlog.Rule(id=f"r{hour}", at=shop.at("return"), message="x", limit=None, per_second=None)]
        )
        for _ in range(120):
            now_s += 30.0
            shop.module.charge(None, [1])
            agent.end()
        agent.apply([])
        assert events[-2]["emitted"] == 120, "its last word says all"
    kinds = [event["hotlog"] for event in events]
    counted = kinds.count("counts")
    assert kinds.count("log") == 24 * 120
    assert kinds.count("status") == 24 * 2
    assert counted + kinds.count("status") < kinds.count("log") / 4


def test_a_rule_that_is_hit_for_a_day_is_counted_every_quarter_of_an_hour_at_last(
    shop: Sample, agent: hotlog.Agent, events: list[Event]
) -> None:
    now_s = 0.0
    agent._clock = lambda: now_s
    agent.apply([hotlog.Rule(id="a", at=shop.at("return"), message="x", limit=None, per_second=None)])
    told_s: list[float] = []
    for _ in range(24 * 60):
        now_s += 60.0
        shop.module.charge(None, [1])
        before = len(events)
        agent.end()
        told_s += [now_s] * sum(event["hotlog"] == "counts" for event in events[before:])
    gaps_s = [later - earlier for earlier, later in itertools.pairwise(told_s)]
    assert gaps_s[:3] == [60.0, 60.0, 60.0]
    assert max(gaps_s) == limits.COUNTS_GAP_MAX_S
    assert gaps_s == sorted(gaps_s)


def test_an_edited_rule_is_told_again_as_it_is_now(
    shop: Sample, agent: hotlog.Agent, events: list[Event]
) -> None:
    before = hotlog.Rule(id="a", at=shop.at("return"), message="x")
    agent.apply([before])
    agent.apply([before])
    agent.apply([before._replace(message="total={total}")])
    told = [event["definition"]["message"] for event in events if event["hotlog"] == "status"]
    assert told == ["x", "total={total}"]


@pytest.mark.long
def test_an_expired_rule_is_inert_at_once_and_out_at_the_next_safe_point(
    shop: Sample, agent: hotlog.Agent, events: list[Event]
) -> None:
    before = codes(shop)
    now = datetime.now(UTC)
    soon = now + timedelta(seconds=1)
    agent.apply([hotlog.Rule(id="a", at=shop.at("return"), message="x", expires=soon)])
    shop.module.charge(None, [1])
    while datetime.now(UTC) < soon:
        pass
    shop.module.charge(None, [1])
    assert len(logs(events)) == 1
    agent.settle()
    assert agent.status()["a"].state == "expired"
    assert codes(shop)["charge"] is before["charge"]


def test_a_rule_that_is_renewed_keeps_what_it_has_counted_and_ends_at_its_new_time(
    shop: Sample, agent: hotlog.Agent, events: list[Event]
) -> None:
    now = datetime.now(UTC)
    rule = hotlog.Rule(id="a", at=shop.at("return"), message="x", limit=2, expires=now + timedelta(minutes=5))
    agent.apply([rule])
    patched = codes(shop)["charge"]
    shop.module.charge(None, [1])
    agent.apply([rule._replace(expires=now + timedelta(minutes=9))])
    assert codes(shop)["charge"] is patched
    for _ in range(3):
        shop.module.charge(None, [1])
    assert len(logs(events)) == 2  # the limit counts from the beginning
    agent.apply([rule._replace(expires=now + timedelta(minutes=12))])
    assert agent.status()["a"].state == "exhausted"
    agent.apply([rule._replace(expires=now)])
    assert agent.status()["a"].state == "expired"
    agent.apply([rule._replace(expires=now + timedelta(minutes=5))])  # it had ended: it begins anew
    shop.module.charge(None, [1])
    assert (agent.status()["a"].state, len(logs(events))) == ("installed", 3)


def test_a_rule_for_another_version_is_disabled(shop: Sample, events: list[Event]) -> None:
    with hotlog.Agent(sink=events.append, root=str(shop.folder), config=Config(version="12")) as agent:
        agent.apply(
            [
                hotlog.Rule(id="old", at=shop.at("return"), message="old", versions=("11",)),
                hotlog.Rule(id="new", at=shop.at("return"), message="new", versions=("12",)),
            ]
        )
        shop.module.charge(None, [1])
        assert agent.status()["old"].state == "disabled"
    assert [event["message"] for event in logs(events)] == ["new"]


@pytest.mark.parametrize(
    ("config", "rule", "code"),
    [
        (Config(allow=("metric",)), {}, "kind-not-allowed"),
        (Config(), {"properties": True}, "properties-not-allowed"),
        (
            Config(max_for_s=60),
            {
                "created": datetime(2026, 1, 1, tzinfo=UTC),
                "expires": datetime(2099, 1, 1, tzinfo=UTC),
            },
            "lives-too-long",
        ),
    ],
)
def test_no_rule_lifts_the_owners_ceilings(
    shop: Sample, config: Config, rule: dict[str, object], code: str
) -> None:
    with hotlog.Agent(sink=lambda _: None, root=str(shop.folder), config=config) as agent:
        agent.apply([hotlog.Rule(id="a", at=shop.at("return"), **rule)])  # type: ignore[arg-type]
        assert agent.status()["a"].code == code


def test_paused_rules_are_kept_and_silent(shop: Sample, agent: hotlog.Agent, events: list[Event]) -> None:
    rule = hotlog.Rule(id="a", at=shop.at("return"), message="x")
    agent.apply([rule], paused=True)
    shop.module.charge(None, [1])
    assert agent.status()["a"].state == "disabled"
    agent.apply([rule])
    shop.module.charge(None, [1])
    assert len(logs(events)) == 1


def test_a_module_imported_later_gets_its_probes_at_the_next_safe_point(
    tmp_path: Path, agent: hotlog.Agent, events: list[Event]
) -> None:
    late = tmp_path / "late_module.py"
    agent.apply([hotlog.Rule(id="a", at="late_module.py:2", message="{x}")])
    assert agent.status()["a"].state == "pending"
    late.write_text("def f(x):\n    return x\n")
    import sys  # the module is imported by the application, here and not before

    sys.path.insert(0, str(tmp_path))
    try:
        import late_module  # type: ignore[import-not-found]  # made by this test
    finally:
        sys.path.remove(str(tmp_path))
    agent.settle()
    assert agent.status()["a"].state == "installed"
    assert late_module.f(3) == 3
    assert logs(events)[0]["message"] == "3"
    del sys.modules["late_module"]


def test_an_anchored_rule_follows_its_statement(
    shop: Sample, agent: hotlog.Agent, events: list[Event]
) -> None:
    wrong = f"{shop.file}:{shop.line('return') - 2}"
    text = "return total  # <return>"
    agent.apply([hotlog.Rule(id="a", at=wrong, text=text, function="charge", message="{total}")])
    shop.module.charge(None, [1])
    assert logs(events)[0]["at"] == shop.at("return")
    assert "has moved" in agent.status()["a"].reason


@pytest.mark.parametrize(
    ("text", "function"), [("return nothing", "charge"), ("return total  # <return>", "each")]
)
def test_a_rule_whose_statement_is_gone_is_not_installed(
    shop: Sample, agent: hotlog.Agent, text: str, function: str
) -> None:
    moved = hotlog.Rule(id="a", at=shop.at("yield"), text=text, function=function)
    agent.apply([moved])
    if function == "each":  # unique in the file: followed there
        assert agent.status()["a"].location == shop.at("return")
    else:
        assert agent.status()["a"].code == "source-changed"


def without_source(sample: Sample) -> Sample:
    """The same module, loaded from a `.pyc` that was compiled elsewhere."""
    compiled = sample.folder / f"{sample.name}.pyc"
    py_compile.compile(
        str(sample.folder / sample.file), cfile=str(compiled), dfile="/build/elsewhere.py", doraise=True
    )
    (sample.folder / sample.file).unlink()
    sample.forget()
    sample.load()
    return sample


def test_without_source_only_a_function_or_an_unanchored_line_is_certain(
    shop: Sample, events: list[Event]
) -> None:
    without_source(shop)
    with hotlog.Agent(sink=events.append, root=str(shop.folder), config=Config()) as agent:
        agent.apply(
            [
                hotlog.Rule(id="line", at=shop.at("return"), message="no"),
                hotlog.Rule(id="unanchored", at=shop.at("return"), message="line {total}", unanchored=True),
                hotlog.Rule(id="function", at=f"{shop.name}:charge", message="entry {items}"),
            ]
        )
        states = {key: (status.state, status.code, status.backend) for key, status in agent.status().items()}
        assert states == {
            "line": ("error", "no-source", ""),
            "unanchored": ("installed", "unverified", "splice"),
            "function": ("installed", "unverified", "splice"),
        }
        assert shop.module.charge(None, [1]) == 1
    assert [event["message"] for event in logs(events)] == ["entry [1]", "line 1"]


def test_a_sink_that_raises_harms_nobody(shop: Sample) -> None:
    def sink(_: Event) -> None:
        raise OSError("disk full")

    with hotlog.Agent(sink=sink, root=str(shop.folder), config=Config()) as agent:
        agent.apply([hotlog.Rule(id="a", at=shop.at("return"), message="x")])
        assert shop.module.charge(None, [1]) == 1
        assert agent.status()["a"].state == "installed"


def test_an_exception_of_the_application_passes_unchanged(shop: Sample, agent: hotlog.Agent) -> None:
    agent.apply([hotlog.Rule(at=shop.at("raise"), message="x")])
    with pytest.raises(ValueError, match="boom") as caught:
        shop.module.boom()
    trace = caught.value.__traceback__
    assert trace is not None
    assert trace.tb_next is not None
    assert trace.tb_next.tb_next is None
    assert trace.tb_next.tb_lineno == shop.line("raise")


def test_events_of_an_invocation_carry_it(shop: Sample, agent: hotlog.Agent, events: list[Event]) -> None:
    agent.apply(
        [
            hotlog.Rule(
                at=shop.at("return"), message="{@request_id} {@cold_start}", condition="@event['n'] == 1"
            )
        ]
    )
    agent.begin(Invocation("r-1", "orders", "$LATEST", "e", cold_start=True, event={"n": 1}))
    shop.module.charge(None, [1])
    agent.begin(Invocation("r-2", "orders", "$LATEST", "e", event={"n": 2}))
    shop.module.charge(None, [1])
    (event,) = logs(events)
    assert event["message"] == "r-1 True"
    assert (event["request_id"], event["function"], event["cold_start"]) == ("r-1", "orders", True)


def test_sampling_is_decided_by_the_request(shop: Sample, agent: hotlog.Agent, events: list[Event]) -> None:
    both = [
        hotlog.Rule(id=key, at=shop.at(place), message="x", sample=0.5, limit=None, per_second=None)
        for key, place in (("a", "check"), ("b", "return"))
    ]
    agent.apply(both)
    for number in range(200):
        agent.begin(Invocation(f"request-{number}"))
        shop.module.charge(None, [1])
    seen = {
        key: {event["request_id"] for event in logs(events) if event["rule"] == key} for key in ("a", "b")
    }
    assert seen["a"] == seen["b"]
    assert 60 < len(seen["a"]) < 140


def test_close_leaves_no_reference_to_the_applications_objects(shop: Sample, events: list[Event]) -> None:
    user = shop.module.User(7, "hunter2")
    gone = weakref.ref(user)
    agent = hotlog.Agent(sink=events.append, root=str(shop.folder), config=Config())
    agent.apply([hotlog.Rule(at=shop.at("return"), snapshot=True, message="{user}")])
    agent.begin(Invocation("r", event=user))
    shop.module.charge(user, [1])
    agent.close()
    del user
    gc.collect()
    assert gone() is None


def test_a_name_that_nothing_defines_is_told_with_the_nearest_that_there_is(
    shop: Sample, agent: hotlog.Agent, events: list[Event]
) -> None:
    agent.apply(
        [
            hotlog.Rule(at=shop.at("check"), id="if", condition="len(items) and totl > 100"),
            hotlog.Rule(at=shop.at("check"), id="hole", message="{total} {usr.id}"),
            hotlog.Rule(at=shop.at("check"), id="watch", watch={"n": "len(itms)"}),
            hotlog.Rule(
                at=shop.at("check"),
                id="all",
                message="{total} {user} {User} {[i for i in items]} {KeyError} {boom}",
            ),
            hotlog.Rule(at=shop.at("check"), id="wrong", condition="user.id == (total"),
        ]
    )
    shop.module.charge(shop.module.User(7, "x"), [60, 50])
    states = agent.status()
    assert {key: (state.state, state.code) for key, state in states.items()} == {
        "if": ("installed", "condition-error"),
        "hole": ("installed", "unknown-name"),
        "watch": ("installed", "unknown-name"),
        "all": ("installed", ""),
        "wrong": ("error", "bad-expression"),
    }
    assert states["if"].reason == (
        "the condition cannot be evaluated: NameError: 'totl' has no value here; "
        "'totl' is no name of this function. Did you mean 'total'? (column 16), in 'len(items) and totl > 100'"
    )
    assert "Did you mean 'user'? (column 1), in 'usr.id'" in states["hole"].reason
    assert "Did you mean 'items'? (column 5), in 'len(itms)'" in states["watch"].reason
    assert states["wrong"].reason.endswith("(column 12)")
    assert [event["rule"] for event in logs(events) if "message" in event] == ["hole", "all"]


SLOW = """
import time

class Basket:
    @property
    def weight(self):
        time.sleep(0.3)  # more than all hits of an invocation may take
        return 5

def pack(basket):
    return basket  # <pack>
"""


def test_a_rule_that_costs_too_much_pauses_for_the_invocation_and_says_so_once(
    tmp_path: Path, events: list[Event]
) -> None:
    sample = Sample(tmp_path, SLOW)
    config = Config(properties=True)
    rule = hotlog.Rule(
        at=sample.at("pack"), id="k3f9", message="{basket.weight}", properties=True, per_second=None
    )
    with hotlog.Agent(sink=events.append, root=str(sample.folder), config=config) as agent:
        states = []
        for request in ("one", "two"):
            agent.begin(Invocation(request_id=request))
            agent.apply([rule])
            for _ in range(2):
                sample.module.pack(sample.module.Basket())
            agent.end()
            states.append(agent.status()["k3f9"])
        agent.begin(Invocation(request_id="three"))
        states.append(agent.status()["k3f9"])
    sample.forget()
    assert [event["request_id"] for event in logs(events)] == ["one", "two"]
    paused = [event for event in events if event.get("code") == "over-budget"]
    assert [(event["request_id"], event["state"], event["reason"]) for event in paused] == [
        (
            "one",
            "installed",
            "pauses for this invocation: hits have cost it 250 ms; skipped so far: 1 hits",
        )
    ]
    assert [state.code for state in states] == ["over-budget", "over-budget", ""]
    assert [event["state"] for event in events if event["hotlog"] == "status"] == [
        "installed",
        "installed",
        "removed",
    ]


@pytest.mark.parametrize(
    ("ahead", "state"), [(timedelta(seconds=60), "installed"), (timedelta(days=1), "error")]
)
def test_a_rule_that_says_it_was_created_in_the_future_would_outlive_its_time(
    shop: Sample, agent: hotlog.Agent, ahead: timedelta, state: str
) -> None:
    created = datetime.now(UTC) + ahead
    rule = hotlog.Rule(at=shop.at("check"), id="k3f9", created=created, expires=created + timedelta(hours=1))
    agent.apply([rule])
    assert agent.status()["k3f9"].state == state


# --- who else has the function's code --------------------------------------------------------------------------------


def test_a_function_that_another_agent_has_probed_is_left_to_it(tmp_path: Path) -> None:
    sample = Sample(tmp_path, "def f(n):\n    return n  # <f>\n\ndef g(n):\n    return n  # <g>\n")
    f, g = sample.module.f.__code__, sample.module.g.__code__
    first: list[Event] = []
    second: list[Event] = []
    with (
        hotlog.Agent(sink=first.append, root=str(tmp_path), config=Config()) as one,
        hotlog.Agent(sink=second.append, root=str(tmp_path), config=Config()) as other,
    ):
        one.apply([hotlog.Rule(id="a", at=sample.at("f"), message="a={n}")])
        probed = sample.module.f.__code__
        other.apply([hotlog.Rule(id=key, at=sample.at(key), message="b={n}") for key in "fg"])
        assert {key: (status.state, status.code) for key, status in other.status().items()} == {
            "f": ("error", "another-agent"),
            "g": ("installed", ""),
        }
        assert sample.module.f.__code__ is probed
        assert sample.module.f(1) + sample.module.g(2) == 3
        one.apply([])
        assert sample.module.f.__code__ is f
        other.apply([hotlog.Rule(id="again", at=sample.at("f"), message="b={n}")])
        assert sample.module.f(4) == 4
    assert [event["message"] for event in first if event["hotlog"] == "log"] == ["a=1"]
    assert [event["message"] for event in second if event["hotlog"] == "log"] == ["b=2", "b=4"]
    assert (sample.module.f.__code__, sample.module.g.__code__) == (f, g)
    sample.forget()


def test_a_function_made_from_probed_code_is_restored_too(tmp_path: Path) -> None:
    sample = Sample(tmp_path, "def f(n):\n    return n  # <f>\n")
    code = sample.module.f.__code__
    events: list[Event] = []
    with hotlog.Agent(sink=events.append, root=str(tmp_path), config=Config()) as agent:
        agent.apply([hotlog.Rule(id="a", at=sample.at("f"), message="a={n}")])
        copy = FunctionType(sample.module.f.__code__, vars(sample.module))
        assert copy.__code__ is not code
    assert copy.__code__ is code
    assert sample.module.f.__code__ is code
    sample.forget()
