"""What has an exact reading is rewritten; all else stays as it is written."""

from __future__ import annotations

import pytest

from hotlog.errors import RuleError
from hotlog.expressions import grammar
from hotlog.expressions.rewritings import AS_JSON, CONTEXTS, OF_CONTEXT, PARTS, WHOLE, rewrite_text

pytestmark = pytest.mark.engine

# (typed, stored), where it is the whole of a hole.
REWRITTEN = [
    ("vars(order)", "order"), ("order.__dict__", "order"), ("order._asdict()", "order"), ("dataclasses.asdict(order)", "order"),
    ("asdict(lines[0])", "lines[0]"), ("order.model_dump()", "order"), ("print(x)", "x"), ("pprint.pformat(d)", "d"),
    ("vars(order)['id']", "order.id"), ("vars(order).get('id')", "getattr(order, 'id', None)"),
    ("order.__dict__.get('id', 0)", "getattr(order, 'id', 0)"), ("order._asdict()['id'] + 1", "order.id + 1"),
    ("json.loads(t)", "json(t)"), ("json.loads(event['body'])['id']", "json(event['body'])['id']"),
    ("base64.b64decode(t).decode()", "base64(t)"), ("json.loads(base64.b64decode(t))['id']", "json(base64(t))['id']"),
    ("context.aws_request_id", "@request_id"), ("ctx.function_name", "@function"), ("context.function_version", "@version"),
    ("context.get_remaining_time_in_millis() > 100", "@remaining_ms > 100"),
    ("type(x).__name__ + x.__class__.__name__", "type(x).__name__ + type(x).__name__"), ("x.__class__", "type(x)"),
    ("x.__len__()", "len(x)"), ("next(iter(xs))", "next((each for each in xs))"), ("next(iter(xs), 0)", "next((each for each in xs), 0)"),
    ("sorted(xs, key=operator.attrgetter('q'))", "sorted(xs, key=lambda each: each.q)"),
    ("max(xs, key=itemgetter('q'))", "max(xs, key=lambda each: each['q'])"), ("list(map(str, xs))", "list([str(each) for each in xs])"),
    ("sum(map(lambda l: l.q, lines))", "sum([each.q for each in lines])"), ("list(filter(None, xs))", "list([each for each in xs if each])"),
    ("list(filter(lambda l: l.q > 1, each))", "list([each_ for each_ in each if each_.q > 1])"),
    ("[vars(l)['q'] for l in lines]", "[l.q for l in lines]"),
]  # fmt: skip


@pytest.mark.parametrize(("typed", "stored"), REWRITTEN)
def test_what_has_an_exact_reading_is_rewritten_and_told(typed: str, stored: str) -> None:
    text, notes = rewrite_text(typed, is_whole=True)
    assert text == stored
    assert notes
    grammar.parse(text)
    assert rewrite_text(text, is_whole=True) == (text, [])


STAYS = [
    "order", "order.id", "len(xs)", "d['__dict__']", "'vars(x)'", "json(t)", "cart.total()", "vars(order)['password_' + x]",
    "vars(order)['__class__']", "event.aws_request_id", "context.log_stream_name", "x.asdict()", "json.loads(t, cls=Mine)",
]  # fmt: skip


@pytest.mark.parametrize("text", STAYS)
def test_all_else_stays_as_it_is(text: str) -> None:
    assert rewrite_text(text, is_whole=True) == (text, [])


@pytest.mark.parametrize("text", ["len(vars(order))", "order.__dict__ == d", "[asdict(l) for l in lines]"])
def test_an_object_stands_for_its_fields_only_where_it_is_the_whole_hole(text: str) -> None:
    assert rewrite_text(text, is_whole=True) == (text, [])
    with pytest.raises(RuleError):
        grammar.parse(text)


def test_each_row_can_be_reached() -> None:
    """A row that no text of its own form reaches would be dead."""
    rows = [pattern for pattern, _ in (*WHOLE, *PARTS, *OF_CONTEXT)]
    for pattern in rows:
        text = pattern.replace("X", "x").replace("'N'", "'n'").replace("D", "d").replace("F", "f")
        assert rewrite_text(text, is_whole=True)[1], pattern
    assert len(AS_JSON) == 4
    assert "context" in CONTEXTS


REFUSED = [
    ("cart.total()", "Log what it reads", "Did you mean"), ("order.titel()", "Did you mean 'title'", "no such"), ("print(x)", "write `x`", "Did you mean"), ("print(x, y)", "write the value as `{x}`", "Did you mean"),
    ("xs.append(1)", "it changes the value", "Did you mean"), ("'{}'.format(x)", "{x:.2f}", "Did you mean"), ("x._asdict()", "write `x`", "Did you mean"),
    ("json.loads(t)", "write `json(t)`", "Did you mean"), ("json.dumps(t)", "write `{t!j}` in a message", "Did you mean"), ("locals()", "--snapshot", "Did you mean"), ("id(x)", "`is`", "Did you mean"), ("lenn(x)", "Did you mean 'len'", "write"),
    ("compute(x)", "runs none of your code", "Did you mean"), ("datetime.now()", "function of the class", "Did you mean"), ("x.asdict()", "Log what it reads", "isdigit"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "says", "never"), REFUSED)
def test_a_refusal_says_the_next_step(text: str, says: str, never: str) -> None:
    with pytest.raises(RuleError) as caught:
        grammar.parse(text)
    assert says in caught.value.message
    assert never not in caught.value.message


def test_all_faults_of_an_expression_are_found_at_once() -> None:
    expression, faults = grammar.read("cart.total() + foo(bar(1), @nope) + password + x.__class__ + ok")
    assert [fault.code for fault in faults] == [
        "refused-call", "refused-call", "refused-call", "unknown-special", "redacted-name", "refused-name",
    ]  # fmt: skip
    assert [fault.column for fault in faults] == sorted(fault.column or 0 for fault in faults)
    assert "ok" in expression.names


def test_event_is_offered_where_it_is_no_variable() -> None:
    faults = [*grammar.iter_unknown(grammar.parse("event['body'] + evnt + request_id"), ["evnet"])]
    assert "@event, the payload" in faults[0].message
    assert "'evnet'" in faults[1].message
    assert "@request_id" in faults[2].message
