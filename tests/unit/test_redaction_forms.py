"""Forms and innocents that came up after the table was written: each is one way of writing, with its neighbours."""

# ruff: noqa: S608 -- SQL that nobody runs

from __future__ import annotations

import base64
import gzip
import json
import time
from types import SimpleNamespace
from typing import Any

import pytest

from hotlog.capture.snapshot import capture, capture_vars
from hotlog.config import Config
from hotlog.reading.reader import Reader
from hotlog.redaction.redact import REDACTED, Redaction
from tests.support.rows import each_row

H = "hunter22x"
READER = Reader(Redaction(Config()), readable=lambda _: True)


def shown(value: object) -> Any:
    return capture(value, READER.for_hit(10**11))


def in_base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


HIDDEN: list[Any] = [
    f"ENV API_TOKEN {H}", f"setenv TOKEN {H}", f"set password {H}", f"enable secret {H}", f"password -> {H}", f"password: |\n  {H}", f"password: >-\n    {H}",
    f"password is {H}", f'with password "{H}"', f"your verification code: {H}", f"API key: {H}", f"mysql -u root -p{H} shop", f"sshpass -p {H} ssh x",
    {"Name": "password", "Values": [H]}, {"path": "/users/7/apiKey", "value": H}, {"kind": "Secret", "data": {"any": H}}, {"columns": ["id", "token"], "rows": [[1, H], [2, H]]},
    [["id", "senha"], [1, H]], [("id", "token"), (1, H)], {"sql": "update u set token = :t", "params": {"t": H}}, {"query": "select 1 from u where token = ?", "args": (H,)},
    {"statement": "insert into u (a, token) values (%s, %s), (%s, %s)", "parameters": ("a", H, "b", H)}, f"insert into u (id, token) values (1, '{H}'), (2, '{H}')",
    f"id,token\n1,{H}\n2,{H}", f"id;token\n1;{H}", in_base64(f"password={H}"), f"data: {in_base64(json.dumps({'password': H}))}.", {"a": [in_base64(f"x <token>{H}</token>")]},
    json.dumps({"m": f"\\u0070assword={H}"}).replace("\\\\", "\\"), f"q=%70assword%3D{H}", {"tokens": [H]}, {"tokens": {"a": H}}, {"passwords": {"ana": H}},
    f"bad: {{'Password ': '{H}'}}", f"ran ['tool', '--token', '{H}', '-v']", f'args=["--password", "{H}"]',
]  # fmt: skip


@each_row("value", HIDDEN)
def test_it_is_hidden(value: object) -> None:
    text = json.dumps(shown(value))
    assert H not in text
    assert REDACTED in text


def test_compressed_data_is_looked_through() -> None:
    message = json.dumps({"logEvents": [{"message": f"password={H}"}] * 5})
    data = base64.b64encode(gzip.compress(message.encode())).decode()
    assert shown({"awslogs": {"data": data}}) == {"awslogs": {"data": REDACTED}}
    plain = base64.b64encode(gzip.compress(b'{"order": 7, "status": "paid", "total": 12.5}')).decode()
    assert shown({"data": plain}) == {"data": plain}


OPEN: list[Any] = [
    "auth: ok", "auth=basic", "cookie: disabled", "session: closed", "Authorization failed: user is not allowed", "token = get_token(user)", "set password policy",
    {"password": None}, {"password": ""}, {"password": "must not be empty"}, {"password": ["This field is required."]}, {"has_password": True}, {"secrets": 3}, {"tokens": 15},
    {"tokens": {"input": 12, "output": 44}}, {"password": {"type": "string", "minLength": 12}}, {"password": "${DB_PASSWORD}"}, {"secret": "arn:aws:secretsmanager:eu-west-1:1:secret:x"},
    [["id", "name"], [1, "ana"]], {"columns": ["id", "name"], "rows": [[1, "ana"]]}, {"sql": "select 1 from u where id = ?", "args": (7,)}, in_base64('{"order": 7, "items": ["tea"]}'),
    ["password: must not be empty", "end"], ["https://example.com/oauth/token", "x"], {"kind": "ConfigMap", "data": {"any": "x"}}, "id,name\n1,ana",
]  # fmt: skip


@pytest.mark.parametrize("value", OPEN, ids=range(len(OPEN)))
def test_it_is_shown(value: object) -> None:
    assert REDACTED not in json.dumps(shown(value))


def test_an_object_called_session_shows_its_type_and_text_is_hidden() -> None:
    seen = capture_vars(
        {
            "session": SimpleNamespace(id=H),
            "db_session": SimpleNamespace(id=H),
            "password": SimpleNamespace(id=H),
        },
        READER.for_hit(10**11),
    )
    assert seen == {
        "session": {"@type": "types.SimpleNamespace"},
        "db_session": {"@type": "types.SimpleNamespace"},
        "password": REDACTED,
    }
    assert shown({"session": H, "auth": {"user": "ana", "key": H}}) == {"session": REDACTED, "auth": REDACTED}


class Loud(str):
    """Text whose hash would run code."""

    __slots__ = ()

    def __hash__(self) -> int:
        raise AssertionError("the application's code ran")


def test_neighbours_run_no_code_of_a_key() -> None:
    key = str.__new__(Loud, "token")
    assert shown([[key, 1], [key, 2]])[1][1] == 2
    assert shown({"columns": [key, "id"], "rows": [[1, 2]]})["rows"] == [[1, 2]]
    assert H not in json.dumps(shown({"sql": "update u set token = :t", "params": ({"t": H},)}))


@pytest.mark.parametrize(
    "piece", ["\\", "\\\\u", "tokens=[", "tokens:\n  ", "  tokens:\n", "<password><![CDATA["]
)
def test_what_opens_again_and_again_takes_no_longer_a_character(piece: str) -> None:
    redaction = Redaction(Config())
    text = "password:\n" + piece * (40_000 // len(piece))
    started = time.process_time()
    redaction.scrub(text)
    assert time.process_time() - started < 1
