"""Secrets in bodies of messages: plain, escaped, in base64, compressed. `§` stands for the secret."""

from __future__ import annotations

import base64
import gzip
import html
import json
import urllib.parse
from typing import TYPE_CHECKING, Any

from tests.unit.secrets.published_forms import FORMS
from tests.unit.secrets.rows import MARK, Maker, Row, encoded, one_of

if TYPE_CHECKING:
    from collections.abc import Iterator

PLAIN = """
user=ana&password=§
grant_type=password&username=ana&password=§&scope=read
grant_type=refresh_token&refresh_token=§
grant_type=client_credentials&client_id=web&client_secret=§
code=4&client_secret=§&redirect_uri=https%3A%2F%2Fx
email=ana%40example.com&new_password=§&confirm=1
{"user": "ana", "password": "§"}
{"login": {"user": "ana", "credentials": {"pass": "§"}}}
{"tokens": ["§"]}
{"grant": "x", "refresh_token": "§", "expires_in": 3600}
{"access_token": "§", "token_type": "Bearer", "expires_in": 3600}
{"data": {"login": {"accessToken": "§"}}}
{"query": "mutation { login(user: \\"ana\\", password: \\"§\\") { id } }"}
{"query": "mutation($p: String!) { signUp(password: $p) { id } }", "variables": {"password": "§"}}
[{"op": "replace", "path": "/password", "value": "§"}]
{"op": "add", "path": "/users/7/apiKey", "value": "§"}
{"method": "login", "params": {"user": "ana", "senha": "§"}}
<login><user>ana</user><password>§</password></login>
<soap:Body><Login><UserName>ana</UserName><Password>§</Password></Login></soap:Body>
<user name="ana" password="§"/>
<a:token xmlns:a="urn:x">§</a:token>
login: ana\\npassword: §\\n
user: ana, pass: §
{'user': 'ana', 'password': '§'}
User(id=7, name='ana', password='§')
Config(host='db', password='§', port=5432)
<User id=7 password='§'>
OrderedDict([('user', 'ana'), ('password', '§')])
{"event": "login", "detail": "password is '§'"}
the password is §
your new password: §
Password reset. Your temporary password is § and expires soon.
your verification code: §
login failed for user ana with password "§"
authentication failed (password: §)
"""

# Seen by what they encode. The first are those of cases that were found by hand.
IN_BASE64 = """
user=ana&password=§
{"user": "ana", "password": "§"}
{"orders": [{"id": 7}], "apiKey": "§"}
grant_type=client_credentials&client_secret=§
<login><password>§</password></login>
DB_PASSWORD=§
postgres://app:§@db.internal:5432/orders
Authorization: Bearer §
{"detail": {"creds": {"pass": "§"}}}
password: §
"""


def _api_gateway(body: str) -> dict[str, Any]:
    return {"version": "2.0", "isBase64Encoded": True, "headers": {"content-type": "x"}, "body": body}


def _kinesis(data: str) -> dict[str, Any]:
    return {
        "Records": [{"kinesis": {"sequenceNumber": "4959", "data": data}, "eventName": "aws:kinesis:record"}]
    }


def _kafka(value: str) -> dict[str, Any]:
    return {"records": {"orders-0": [{"offset": 15, "value": value}]}}


def _firehose(data: str) -> dict[str, Any]:
    return {"records": [{"recordId": "1", "data": data}]}


def rows() -> Iterator[Row]:
    """Each body in one of the ways that bodies come."""
    for number, text in enumerate(PLAIN.strip().splitlines()):
        secret = Maker(text).password() if number % 3 else Maker(text).fill("{a14}")
        filled = (
            text.replace(MARK, secret).replace("\\n", "\n")
            if "login: " in text
            else text.replace(MARK, secret)
        )
        yield Row(f"body {text[:30]}", one_of(number, {"body": filled}, {"event": {"body": filled}}, {"records": [{"body": filled}]}), secret)  # fmt: skip
    for number, text in enumerate(IN_BASE64.strip().splitlines()):
        for url in (False, True):
            secret = Maker(f"{url}{text}").fill("{a16}")
            whole, part = encoded(text.replace(MARK, secret), secret, url=url)
            places: list[dict[str, Any]] = [
                {"event": _api_gateway(whole)}, {"event": _kinesis(whole)}, {"event": _kafka(whole)}, {"event": _firehose(whole)},
                {"data": whole}, {"line": f"received {whole} from queue"}, {"body": json.dumps({"payload": whole})}, {"parts": [whole, 1]},
            ]  # fmt: skip
            yield Row(f"base64 {text[:30]}", places[(number * 2 + url) % 8], part)
    lines = FORMS.strip().splitlines()
    for number, line in enumerate(lines[5::17]):
        name, form = line.split(None, 1)
        token = Maker(f"encoded {name}").fill(form)
        whole, part = encoded(f"note {token} end", token)
        yield Row(f"base64 token {name}", one_of(number, {"data": whole}, {"event": _kinesis(whole)}, {"body": json.dumps({"d": whole})}), part)  # fmt: skip
    for number, text in enumerate(IN_BASE64.strip().splitlines()[:6]):
        secret = Maker(f"gzip {text}").fill("{a16}")
        message = {
            "messageType": "DATA_MESSAGE",
            "logGroup": "/aws/lambda/orders",
            "logEvents": [{"id": "1", "message": text.replace(MARK, secret)}],
        }
        data = base64.b64encode(gzip.compress(json.dumps(message).encode(), mtime=0)).decode()
        yield Row(
            f"gzip {text[:30]}",
            {"event": {"awslogs": {"data": data}}} if number % 2 else {"data": data},
            data[24:60],
        )
    for number, text in enumerate(PLAIN.strip().splitlines()[:12]):
        secret = Maker(f"escaped {text}").password()
        filled = text.replace(MARK, secret)
        escaped = [
            json.dumps({"Message": json.dumps({"body": filled})}),
            urllib.parse.quote(filled),
            html.escape(filled),
            json.dumps({"m": "".join(f"\\u{ord(sign):04x}" for sign in filled)}).replace("\\\\u", "\\u"),
            urllib.parse.quote(urllib.parse.quote(filled, safe=""), safe=""),
            repr(filled.encode()),
        ][number % 6]
        part = (
            "".join(f"\\u{ord(sign):04x}" for sign in secret)
            if number % 6 == 3
            else urllib.parse.quote(secret)
        )
        yield Row(f"escaped {text[:30]}", {"text": escaped}, part)
