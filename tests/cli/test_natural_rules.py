"""What people type into a rule: stored as it can be read, or refused with all its faults and the next step of each."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path

import pytest

import hotlog as package
from hotlog.rules.model import Rule
from tests.support.cli import hotlog, settle_in

APP = """\
import dataclasses
import json


@dataclasses.dataclass
class Cart:
    lines: list
    coupon: str = ""

    def title(self):
        return self.coupon.title()

    def total(self):
        return sum(self.lines) - self.discount()

    def discount(self):
        return 1 if self.coupon else 0


def compute(cart, percent):
    return cart.total() * percent


def handler(event, context):
    body = json.loads(event["body"])
    cart = Cart(body["lines"])
    result = compute(cart, 2)
    return result


def later(request, number):
    return number
"""
LINE = APP.splitlines().index("    return result") + 1
LATER = APP.splitlines().index("    return number") + 1


@pytest.fixture(autouse=True)
def _at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settle_in(tmp_path, monkeypatch)
    Path("app.py").write_text(APP)


def faults_of(message: str, condition: str = "", line: int = LINE) -> list[tuple[str, str, str]]:
    client = package.Client(store="file:.hotlog")
    [checked] = client.check("orders", [{"at": f"app.py:{line}", "message": message, "if": condition}])
    return [
        (fault.field, fault.text[fault.column :].split("}")[0], fault.message) for fault in checked.faults
    ]


def stored_rule() -> Rule:
    [rule] = package.Client(store="file:.hotlog").rules("orders").rules
    assert isinstance(rule, Rule)
    return rule


def test_a_call_of_ones_own_code_says_what_that_reads() -> None:
    [(field, text, message)] = faults_of("t={cart.total()}")
    assert (field, text) == ("message", "cart.total()")
    assert message == "total() is your code, and a rule runs none. It reads: cart.lines, cart.coupon."
    [(_, _, message)] = faults_of("{compute(cart, 2)}")
    assert message == "compute() is your code, and a rule runs none. It reads: cart, 2."


def test_a_method_that_texts_have_too_is_warned_of() -> None:
    client = package.Client(store="file:.hotlog")
    [checked] = client.check(
        "orders", [{"at": f"app.py:{LINE}", "message": "{cart.title()} {cart.coupon.upper()}"}]
    )
    assert not checked.faults
    assert checked.warnings == (
        "message: where title() is that of your Cart, it has no value: that is your code, and a rule runs none. It reads: cart.coupon.",
    )


def test_all_faults_of_a_rule_come_at_once_each_with_its_next_step() -> None:
    found = faults_of(
        "{cart.total() + nope} {compute(cart, 1)} {print(body, cart)} {password} {body:zz}",
        "resutl > 1 and locals()",
    )
    assert [text for _, text, _ in found] == [
        ":zz", "cart.total() + nope", "compute(cart, 1)", "print(body, cart)", "password", "locals()",
        "nope", "resutl > 1 and locals()",
    ]  # fmt: skip
    messages = [message for _, _, message in found]
    assert "Did you mean 'result'?" in messages[-1]
    assert all("Did you mean" not in message for message in messages[:-1])


def test_the_payload_is_offered_far_from_the_handler() -> None:
    [(_, _, message)] = faults_of("{event['body']}", line=LATER)
    assert message.endswith("Did you mean @event, the payload of the invocation?")
    [(_, _, message)] = faults_of("{json.loads(event['body'])['id']}", line=LATER)
    assert "@event" in message


def test_what_has_an_exact_reading_is_stored_so_with_a_note() -> None:
    typed = "{vars(cart)} {json.dumps(body)} {json.loads(event['body'])['lines']} {context.aws_request_id} {{kept}}"
    ran = hotlog("add", "orders", f"app.py:{LINE}", typed, "--if", "vars(cart)['coupon'] == ''", "--local")
    assert ran.code == 0
    assert "vars(cart) is read as cart" in ran.err
    assert "json.dumps(body) is read as {body!j}" in ran.err
    rule = stored_rule()
    assert rule.message == "{cart} {body!j} {json(event['body'])['lines']} {@request_id} {{kept}}"
    assert rule.condition == "cart.coupon == ''"


@pytest.mark.parametrize(
    "typed",
    ["{cart=}", "{result:>10}", "{result = :.1f}", "plain {{x}}", "{cart.lines!r:>20}", "{{{result}}}"],
)
def test_what_needs_no_rewriting_is_stored_as_typed(typed: str) -> None:
    ran = hotlog("add", "orders", f"app.py:{LINE}", typed, "--local")
    assert (ran.code, "is read as" in ran.err) == (0, False)
    rule = stored_rule()
    assert rule.message == typed


def test_what_add_accepts_has_a_value_at_the_hit() -> None:
    """Two rules written in many words of the language, from the desk to the line."""
    message = (
        "{vars(cart)['lines']} {json.loads(event['body'])['lines'][0]} {sorted(cart.lines, key=lambda l: -l)} "
        "{getattr(cart, 'nope', 'none')} {list(enumerate(cart.lines))[0][1]} {f'{result:.1f}'} {result=}"
    )
    client = package.Client(store="file:.hotlog")
    [checked] = client.check("orders", [{"at": f"app.py:{LINE}", "message": message}])
    assert not checked.faults
    events: list[dict[str, object]] = []
    with package.Agent(sink=events.append, root=".") as agent:
        spec = importlib.util.spec_from_file_location("app", Path("app.py").absolute())
        assert spec is not None
        assert spec.loader is not None
        app = sys.modules["app"] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(app)
        agent.apply([checked.rule])
        app.handler({"body": json.dumps({"lines": [3, 1]})}, None)
    del sys.modules["app"]
    [text] = [event["message"] for event in events if event["hotlog"] == "log"]
    assert text == "[3, 1] 3 [3, 1] none 3 8.0 result=8"
