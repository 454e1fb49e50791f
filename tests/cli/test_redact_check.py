"""`hotlog redact check`: it says what an event would hide, by which rule, and what it would show."""

from __future__ import annotations

import base64
import io
import json
from typing import TYPE_CHECKING

import pytest

from tests.support.cli import hotlog, settle_in

if TYPE_CHECKING:
    from pathlib import Path

TOKEN = "glpat-" + "a1B2c3D4e5" * 2
EVENT = {
    "headers": {"authorization": "Bearer abc123def", "host": "x"},
    "body": base64.b64encode(b"user=ana&password=hunter22").decode(),
    "items": [{"note": f"see {TOKEN}", "n": 7}],
    "card": 4111111111111111,
    "page": 2,
    "next_token": "page-2",
    "tags": [{"key": "db_password", "value": "hunter22"}],
}


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settle_in(tmp_path, monkeypatch)


def test_each_thing_that_is_hidden_is_named_with_its_rule(tmp_path: Path) -> None:
    (tmp_path / "event.json").write_text(json.dumps(EVENT))
    ran = hotlog("redact", "check", "event.json", "--json")
    assert (ran.code, ran.err) == (0, "")
    answer = json.loads(ran.out)
    assert {each["path"]: each["rule"] for each in answer["hidden"]} == {
        "headers.authorization": "the name authorization",
        "body": "base64 of a secret",
        "items[0].note": "the form of a token",
        "card": "the number of a card, or a secret of the environment",
        "tags[0].value": "what stands beside it",
    }
    assert {name: answer["shown"][name] for name in ("page", "next_token")} == {
        "page": 2,
        "next_token": EVENT["next_token"],
    }
    assert answer["shown"]["items"] == [{"note": "see @redacted", "n": 7}]
    for secret in ("abc123def", TOKEN, "hunter22", EVENT["body"], "4111"):
        assert str(secret) not in ran.out


def test_text_and_stdin_are_taken_and_a_person_can_read_the_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "log.txt").write_text("connect postgres://app:hunter22@db/x\n")
    ran = hotlog("redact", "check", "log.txt")
    assert ran.code == 0
    assert "hidden  (the whole)  by a login" in ran.out
    assert "postgres://app:@redacted@db/x" in ran.out
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b'{"a": 1}')))
    ran = hotlog("redact", "check", "-")
    assert ran.out == 'Nothing would be hidden.\nshown\n{\n  "a": 1\n}\n'


def test_strict_hides_what_looks_random(tmp_path: Path) -> None:
    (tmp_path / "event.json").write_text(
        json.dumps({"id": "k3J9x2Lm8Qp4Zt7Wv1Rb", "name": "reset-password-of-customers"})
    )
    assert json.loads(hotlog("redact", "check", "event.json", "--json").out)["hidden"] == []
    answer = json.loads(hotlog("redact", "check", "event.json", "--strict", "--json").out)
    assert [each["path"] for each in answer["hidden"]] == ["id"]


def test_personal_data_and_names_of_banks_on_demand(tmp_path: Path) -> None:
    (tmp_path / "event.json").write_text(json.dumps({"iban": "x7", "to": "ana@example.com"}))
    assert json.loads(hotlog("redact", "check", "event.json", "--json").out)["hidden"] == []
    answer = json.loads(hotlog("redact", "check", "event.json", "--pii", "--json").out)
    assert {each["path"]: each["rule"] for each in answer["hidden"]} == {
        "iban": "the name iban",
        "to": "personal data",
    }


def test_a_file_that_is_not_there_is_told() -> None:
    ran = hotlog("redact", "check", "gone.json")
    assert ran.code == 2
    assert "gone.json cannot be read" in ran.err


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "is empty"),
        (b" \n\t", "is empty"),
        (b"\x1f\x8b\x08\x00password=hunter22", "neither JSON nor text"),
        ('{"password": '.encode("utf-32"), "neither JSON nor text"),
    ],
    ids=["empty", "blank", "binary", "half of JSON in UTF-32"],
)
def test_what_is_no_payload_is_refused_and_not_said_to_hold_nothing(
    tmp_path: Path, data: bytes, says: str
) -> None:
    (tmp_path / "event").write_bytes(data)
    ran = hotlog("redact", "check", "event")
    assert (ran.code, ran.out) == (2, "")
    assert says in ran.err
    assert "bad-event" in ran.err


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
@pytest.mark.parametrize("text", ['{"password": "hunter22"}', "password=hunter22\n"], ids=["json", "text"])
def test_a_payload_is_read_in_the_encoding_that_it_says(tmp_path: Path, text: str, encoding: str) -> None:
    is_told = encoding in {"utf-8-sig", "utf-16"}
    (tmp_path / "event").write_bytes(text.encode(encoding))
    ran = hotlog("redact", "check", "event")
    if text.startswith("{") or is_told:
        assert ran.code == 0
        assert "hidden" in ran.out
    else:
        assert ran.code == 2
    assert "hunter22" not in ran.out


def test_a_closed_stdin_is_told_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", None)
    ran = hotlog("redact", "check", "-")
    assert (ran.code, ran.out) == (2, "")
    assert "it is closed" in ran.err


def test_a_setting_that_says_nothing_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "event.json").write_text('{"s": "q8Zk3Lm9Xw2Rt7Vb5Nc1"}')
    monkeypatch.setenv("HOTLOG_REDACT_MODE", "stric")
    ran = hotlog("redact", "check", "event.json")
    assert ran.code == 0
    assert "HOTLOG_REDACT_MODE" in ran.err


def test_an_infinite_number_that_is_hidden_has_its_rule(tmp_path: Path) -> None:
    (tmp_path / "event.json").write_text('{"name": "password", "value": 1e999}')
    ran = hotlog("redact", "check", "event.json")
    assert (ran.code, ran.err) == (0, "")
    assert "hidden  value  by what stands beside it" in ran.out
