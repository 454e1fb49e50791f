"""Secrets never come out, wherever they stand; what is no secret stays readable."""

# ruff: noqa: TRY301, SIM905, S105 -- tables of words; secrets made up for the tests; Python as the oracle; odd letters on purpose

from __future__ import annotations

import base64
import html
import json
import urllib.parse
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotlog.capture.snapshot import capture, capture_vars
from hotlog.config import Config, values_named
from hotlog.expressions import template
from hotlog.expressions.evaluate import HitScope, render
from hotlog.reading.reader import Reader
from hotlog.redaction.redact import REDACTED, Redaction
from hotlog.redaction.secret_names import REDACTED_NAMES, Names, is_redacted
from tests.support.rows import each_row

ENV_SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
ENV_TOKEN = "IQoJb3JpZ2luX2VjE" + "x+/9=" * 60
ENV_PLAIN = "correct horse battery staple"
BASIC = base64.b64encode(f"user:{ENV_PLAIN}".encode()).decode()
URLSAFE = base64.urlsafe_b64encode(f"x{ENV_SECRET}".encode()).decode()
REDACTION = Redaction(Config(secrets=(ENV_SECRET, ENV_TOKEN, ENV_PLAIN, "748213956", "748213952", "off")))


def reader(config: Config | None = None) -> Reader:
    return Reader(Redaction(config) if config else REDACTION, readable=lambda _: True).for_hit()


class Credentials:
    def __init__(self) -> None:
        self.user_name = "ana"
        self.db_password = "hunter2hunter2"
        self.nested = {"apiKey": "hunter2hunter2", "list": [{"client_secret": "hunter2hunter2"}]}


class Slots:
    __slots__ = ("auth_token", "user_name")

    def __init__(self) -> None:
        self.auth_token = "hunter2hunter2"
        self.user_name = "ana"


class Text(str):
    __slots__ = ()


class Login(NamedTuple):
    user_name: str
    password: str


def raised() -> Exception:
    try:
        try:
            raise ValueError("password=hunter2hunter2")
        except ValueError as fault:
            raise RuntimeError("connect failed: postgres://app:hunter2hunter2@db/x") from fault
    except RuntimeError as fault:
        return fault


H = "hunter2hunter2"  # what must not be seen, unless another part is named
PEM = (
    "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA" + "abcd1234" * 20 + "\n-----END RSA PRIVATE KEY-----"
)
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"
GITHUB = "ghp_" + "a1B2c3D4" * 4 + "e5F6"

# (what is captured, what must not be in the output)
SECRETS: list[tuple[Any, str]] = [
    # by name: keys, attributes, fields, keyword arguments
    ({"password": H}, H), ({"db_password": H}, H), ({"stripeSecretKey": H}, H), ({"X-Api-Key": H}, H), ({"Authorization": H}, H), ({"PASSWORD": H}, H),
    ({"user": {"pwd": H}}, H), ({"a": [{"b": ({"token": H},)}]}, H), ({"Set-Cookie": H}, H), ({"passwords": [H, H]}, H), ({"secret": {"deep": {"er": H}}}, H), ({"AWS_SECRET_ACCESS_KEY": H}, H),
    ({b"password": H.encode()}, H), ({"dbpassword": H}, H), ({"password2": H}, H), ({"oauth2_token": H}, H), ({"pin": 1234}, "1234"), ({"ssn": 123456789}, "123456789"), ({"credit_card": 12}, "12"),
    ({"sessionId": H}, H), ({"x-forwarded-for": H}, H), ({"privateKey": H.encode()}, H), ({"jwt": [H]}, H), ({"__password": H}, H), ({"Password ": H}, H), ({"user.password": H}, H),
    (Credentials(), H), (Slots(), H), (Login("ana", H), H), (SimpleNamespace(token=H), H), ({"kwargs": {"client_secret": H}}, H), ([Credentials(), Slots()], H),
    # a name and a value side by side
    ([("password", H)], H), ([["Authorization", H]], H), ((b"authorization", H.encode()), H), ([{"name": "DB_PASSWORD", "value": H}], H), ([{"Name": "apiKey", "Value": H}], H), ({"Key": "token", "Value": H}, H),
    # in text: assignments, JSON, headers, URLs
    (f"password={H}", H), (f"password: {H}", H), (f"PASSWORD = '{H}'", H), (f"a=1&token={H}&b=2", H), (f"https://host/path?api_key={H}", H), (f"url=https://host/?x=1&access_token={H}", H),
    (json.dumps({"password": H}), H), (json.dumps({"a": json.dumps({"password": H})}), H), (json.dumps({"user": {"secret": [H, H]}}), H), (repr({"password": H}), H), (repr({"token": H.encode()}), H), ("{'auth': ('a', '" + H + "')}", H),
    (f"Authorization: Bearer {H}", H), (f"Authorization: Basic {H}", H), (f"authorization: AWS4-HMAC-SHA256 Credential=x/y, Signature={H}", H), (f"Cookie: a=b; sid={H}", H), (f"Set-Cookie: {H}; Path=/", H), (f"X-Api-Key: {H}", H),
    (f"postgres://app:{H}@db:5432/x", H), (f"redis://:{H}@cache", H), (f"see https://ana:{H}@host/x for more", H), ("amqps://u:p%40ss%2Fword1@host", "p%40ss"), (f"Server=db;User=ana;Password={H};", H), (f"AccountKey={H};x", H),
    (f"https://b.s3.amazonaws.com/k?X-Amz-Signature={H}&X-Amz-Date=1", H), (f"?X-Amz-Security-Token={H}", H), (f"login failed for password='{H}' at 10", H), (f"--password={H}", H), (f"export TOKEN={H}", H),
    (ValueError(f"token={H}"), H), (raised(), H), (KeyError({"password": H}), H), (ExceptionGroup("g", [ValueError(f"secret: {H}")]), H),
    # by pattern, anywhere
    ("AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7"), ("id ASIAIOSFODNN7EXAMPLE.", "ASIAIOSFODNN7"), (JWT, "eyJzdWIi"), (f"got {JWT}!", "dozjgNry"), (PEM, "abcd1234"), (PEM.encode(), "abcd1234"), (f"Bearer {H}", H), ("Basic dXNlcjpwYXNz", "dXNlcjpwYXNz"),
    (GITHUB, GITHUB[4:]), ("xoxb-123456789012-abcdefABCDEF", "abcdefABCDEF"), ("sk_live_" + "4eC39HqLyjWDarjtT1", "4eC39Hq"), ("AIza" + "SyA1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q", "SyA1b2"), ("sk-proj-" + "a1B2c3D4e5F6g7H8i9J0", "a1B2c3"), ("npm_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8", "a1B2c3"),
    ("https://hooks.slack.com/services/T000/B000/XXXXYYYYZZZZ", "XXXXYYYY"), ("SG.abcdefghijklmnop1234.abcdefghijklmnop1234", "ghijklmnop"), ("glpat-abcdefghij1234567890", "abcdefghij"), ("$2b$12$" + "a1B2c3D4e5F6g7H8i9J0k1" + "L2m3N4o5P6q7R8s9T0u1V2w3X4y5Z6a", "a1B2c3D4"),
    ("4111 1111 1111 1111", "1111"), ("4111111111111111", "4111"), ("card 5500-0000-0000-0004.", "5500"), (4111111111111111, "4111"), (378282246310005, "3782"), (-4111111111111111, "4111"), ("total -4111111111111111", "4111"), ("/cards/4111111111111111/charge", "4111"), ("x/5500000000000004", "5500"), ("4111111111111111+x", "4111"), ("GET /v1 4111111111111111 200 12", "4111"), ("200 4111 1111 1111 1111 3", "1111"), ("12 5500-0000-0000-0004 7", "5500"), ({"n": [4012888888881881]}, "4012"), ("key " + "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF/hI+kL3n" + " end", "aB3dE6gH"),
    # the environment's own
    (ENV_SECRET, ENV_SECRET[:12]), (f"x{ENV_SECRET}y", ENV_SECRET[:12]), (ENV_SECRET.encode(), ENV_SECRET[:12]), (b"x" * 9 + ENV_SECRET.encode() + b"y", ENV_SECRET[:12]), ({ENV_SECRET: 1}, ENV_SECRET[:12]), (bytearray(ENV_PLAIN.encode()), "horse"),
    (ENV_SECRET.replace("/", "%2F"), "K7MDENG"), (ENV_TOKEN, ENV_TOKEN[:20]), (f"…{ENV_PLAIN}…", "horse"), (json.dumps(ENV_SECRET).replace("/", "\\/"), "K7MDENG"), (748213956, "748213956"), ([{"a": (ENV_PLAIN,)}], "horse"),
    # numbers of other kinds, text of other classes, encodings, markup, command lines
    (4111111111111111.0, "4111"), (748213956.0, "748213956"), (Decimal(748213956), "748213956"), (np.int64(4111111111111111), "4111"), (np.uint64(748213956), "748213956"), (np.float64(4111111111111111.0), "4111"), (np.float32(748213952), "748213952"), (np.str_(ENV_SECRET), ENV_SECRET[:12]), (Text(ENV_SECRET), ENV_SECRET[:12]),
    (BASIC, BASIC[12:24]), (base64.b64encode(ENV_SECRET.encode()).decode(), "YWxyWFV0bk"), (URLSAFE, URLSAFE[6:16]), (ENV_PLAIN.encode().hex(), "6f72726563"), (ENV_SECRET.encode().hex().upper(), "4A616C72"),
    (json.dumps({"a": json.dumps({"b": json.dumps({"password": H})})}), H), (json.dumps({"a": json.dumps({"b": json.dumps({"password": 'x"' + H})})}), H), (f"<password>{H}</password>", H), (f"<ns:client-secret type='x'>{H}</ns:client-secret>", H), (f"<a><token>{H}</token></a>", H),
    (["mysql", "--password", H], H), (["x", "--api-key", H, "y"], H), (f"curl -u ana:{H} https://x", H), (f"curl --user ana:{H}", H), (f"ana:{H}@db.host", H), (f"ALTER USER x IDENTIFIED BY '{H}'", H), (f"CREATE ROLE x PASSWORD '{H}'", H), ([{"field": "password", "value": H}], H), ({"header": "Authorization", "value": H}, H),
    # what services answer, pairs and fields in text, keys of several parts
    ({"Parameter": {"Name": "/prod/db/conn", "Type": "SecureString", "Value": H}}, H), ({"Plaintext": H.encode(), "KeyId": "x"}, H), ({"SecretString": H, "Name": "prod/db"}, H), ({("password", 1): H}, H), ({"Credentials": {"SecretAccessKey": H}}, H),
    (str([("password", H)]), H), (f"headers=[(b'authorization', b'{H}')]", H), (json.dumps({"a": ["password", H]}), H), (str({"Key": "password", "Value": H}), H), (json.dumps([{"name": "DB_PASSWORD", "value": H}]), H), (json.dumps({"Parameter": {"Name": "/prod/db/password", "Type": "String", "Value": H}}), H),
    (json.dumps({"Name": "/x", "Type": "SecureString", "Value": H}), H), (json.dumps({"body": json.dumps({"Key": "token", "Value": H})}), H), ({"cookies": [f"sid={H}"]}, H), ({"rawQueryString": f"token={H}&x=1"}, H), ({"identity": {"apiKey": H}}, H), (f"jdbc:postgresql://h/db?user=x&password={H}", H), (f"PGPASSWORD={H} psql", H),
    # in forms, markup, manifests, URLs within URLs, command lines
    (f'--b\r\nContent-Disposition: form-data; name="password"\r\n\r\n{H}\r\n--b--', H), (f'--b\r\nContent-Disposition: form-data; name="user[token]"\r\nContent-Type: text/plain\r\n\r\n{H}\r\n', H),
    ("payload=" + urllib.parse.quote(json.dumps({"password": H})), H), ("redirect=" + urllib.parse.quote(f"https://x/?token={H}", safe=""), H), ("r=" + urllib.parse.quote(urllib.parse.quote(f"https://x/?a=1&token={H}", safe=""), safe=""), H), (html.escape(json.dumps({"password": H})), H),
    (f'<param name="password" value="{H}"/>', H), (f'<entry key="password">{H}</entry>', H), (f'<add key="ApiKey" value="{H}" />', H), (f"<property><name>db.password</name><value>{H}</value></property>", H), (f"<key>password</key>\n  <string>{H}</string>", H), (f'<input type="password" name="x" value="{H}">', H),
    (f"- name: DB_PASSWORD\n  value: {H}\n", H), (f"name=token, value={H}", H), (f"password:          {H}", H), (f"password\t\t= {H}", H), (f'[db]\npassword = """{H}"""', H), (f"export PASSWORD=$'{H}'", H), (f"https://{H}:@api.example.com/", H),
    (f"mysql --password {H} -h db", H), (f"machine api.example.com login ana password {H}", H), ([(b"x-api-key", b"X-Api-Key", H.encode())], H), (("X-Api-Key", "x-api-key", H), H), ({"option": "password", "value": H}, H), ({"Variable": "DB_PASSWORD", "Value": H}, H), ({"label": "Password", "value": H}, H),
    ("IQoJb3JpZ2luX2VjEPz" + "aB3/" * 60 + "==", "aB3/aB3/"), ("t=FwoGZXIvYXdzEPz" + "aB3/" * 60, "aB3/aB3/"), ("gsk_" + "aB3dE6gH" * 6, "aB3dE6gH"), ("dckr_pat_" + "aB3dE6gH" * 4, "aB3dE6gH"), ("PMAK-" + "ab3de6f0" * 6, "ab3de6f0"), ("pat-na1-ab3de6f0-ab3d-ab3d-ab3d-ab3de6f0ab3d", "ab3de6f0"), ("xkeysib-" + "ab3de6f0" * 8, "ab3de6f0"), ("sbp_" + "ab3de6f0" * 5, "ab3de6f0"),
    # where a cut might halve them
    ("x" * 505 + ENV_SECRET, ENV_SECRET[:4]), ("x " * 250 + JWT, "eyJ"), ("y" * 490 + " " + PEM, "MIIE"), ("z" * 500 + f" password={H * 400}", "hunter2"), ((b"x" * 505 + ENV_SECRET.encode()), ENV_SECRET[:4]), (f"{PEM}\n" * 20 + ENV_SECRET, "wJal"),
    ("x" * (512 + 2048 - 10) + ENV_SECRET, "wJalrX"), ("eyJhbGciOiJI." + "c" * 2531 + " " + ENV_SECRET, "wJalrX"), (f"{JWT} " * 30 + "AKIAIOSFODNN7EXAMPLE" * 9, "AKIAIO"), ({"k" * 90 + ENV_SECRET: 1}, "wJal"),
]  # fmt: skip


@each_row(("value", "part"), SECRETS)
def test_a_secret_is_never_in_the_output(value: object, part: str) -> None:
    shown = json.dumps(capture(value, reader()))
    assert part not in shown
    assert part not in json.loads(json.dumps(shown))
    written = render(template.parse("{v} {v!r} {[v]}"), HitScope({"v": value}), reader())
    assert part not in written
    assert part not in json.dumps(capture_vars({"v": value, "others": [value]}, reader()))


def test_there_are_many_of_them() -> None:
    assert len(SECRETS) >= 100


INNOCENT: list[Any] = [
    "('name', 'Ana')", "['red', 'green']", '{"key": "colour", "value": "red"}', {"type": "number", "value": "7"}, "('a', 'b', 'password')", {("a", 1): "x"}, "value: 'x', type: 'y'",
    "mailto:ana@example.com", "a:b", "docker run -u 1000 image", "<name>Ana</name>", "say 'hello' and 'bye'", ["--verbose", "yes"], 4111111111111112.0, 1e300, np.float64(2.5), np.int64(7), "deadbeefdeadbeefdeadbeefdeadbeef",
    "--author Ana Smith -- and more", "user ana password changed", "the machine is on", "name: colour, value: red", "- name: PORT\n  value: 8080", '<add key="Colour" value="red" />', "<name>colour</name><value>red</value>", "q=100%25&page=2", "https%3A%2F%2Fx%2F%3Fpage%3D2", "{&quot;id&quot;: 7}", ("GET", "get", "x"),
    'Content-Disposition: form-data; name="colour"\r\n\r\nred\r\n', {"option": "verbose", "value": "yes"}, "https://user:@host/", "colour:            red", "pat-a-cake", "xai is a name",
    "hello world", "total=120 user=7", "The token of appreciation", "basic training", "a bearer of bad news", "12:30:45", "2026-11-23T11:02:03.123Z", "http://example.com/path?page=2&size=10", "https://example.com:8443/a",
    "550e8400-e29b-41d4-a716-446655440000", "da39a3ee5e6b4b0d3255bfef95601890afd80709", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "arn:aws:lambda:eu-central-1:123456789012:function:orders", "$LATEST",
    "1-67891233-abcdef012345678912345678", "s3://bucket/key/with/slashes.json", "SELECT * FROM users WHERE id = 7", "/var/task/app/handlers/orders.py", "ana@example.com", "+49 30 123456", "DE89 3704 0044 0532 0130 00",
    "version 1.2.3-beta+build.5", "x = [1, 2, 3]", '{"id": 7, "items": ["a", "b"]}', "key=value", "status: ok", "order 4111111111111112", "200 4111111111111112 3", "4111111111111112 1764000000 12", "/orders/4111111111111112/lines", "1234567890123456", "ssh is fine", "compass, passenger, author, pinned",
    "src/components/Button9/index/AbcDefghijkl", "AKIA", "eyJ", "risk-adjusted-return-on-capital-2026", "sk-learn", "Error: expected 3 arguments, got 4", "content-type: application/json; charset=utf-8", 'etag: W/"abc123"', "42", "",
    1764000000000, 1764000000000000000, 123456789012, -5, 3.14159265358979, True, None, 10**17, 6011, 4111111111111112, b"\x89PNG\r\n", [1, 2, 3], {"id": 7, "name": "Ana", "value": 3}, {"author": "x", "tokens": 15, "token_count": 3, "max_tokens": 5},
    {"key": "colour", "value": "red"}, [("a", 1)], ("name", "Ana"), {"primary_key": 5, "monkey": 1, "keyboard": 2, "spinner": 3, "compass": 4, "session_duration": 6, "design": 7}, {"password_length": 12, "auth_method": "sso"},
]  # fmt: skip


@each_row("value", INNOCENT)
def test_what_is_no_secret_stays_readable(value: object) -> None:
    assert REDACTED not in json.dumps(capture(value, reader()))
    if isinstance(value, str):
        assert capture(value, reader()) == value


PERSONAL = [
    "ana@example.com",
    "DE89370400440532013000",
    "DE89 3704 0044 0532 0130 00",
    "+49 30 1234567",
    "(030) 123-4567",
    "call 555-123-4567 now",
]


@pytest.mark.parametrize("text", PERSONAL)
def test_personal_data_is_redacted_on_demand(text: str) -> None:
    assert capture(text, reader()) == text
    assert REDACTED in capture(text, reader(Config(redact_pii=True)))


HIDDEN = "password db_password DBPassword stripeSecretKey X-Api-Key HTTPAuthorization aws_session_token csrfToken PINCode pin_2 mySSN accessTokens".split()
OPEN = "author tokens tokenizer total monkey key pinned compass secretary design passenger secret_santa salt_water token_balance session_date token_count session_duration request_id user".split()


def test_names_are_compared_whole_or_as_a_run_of_words() -> None:
    assert [name for name in HIDDEN if not is_redacted(name)] == []
    assert [name for name in OPEN if is_redacted(name)] == []
    assert len(REDACTED_NAMES) >= 100
    assert all(is_redacted(name) for name in REDACTED_NAMES)


def test_the_owner_adds_names_and_takes_some_out() -> None:
    names = Names(extra=["Shoe-Size", "iban"], keep=["token", "session_id", "ip_address"])
    assert [names.hides(name) for name in ("shoe_size", "myShoeSize", "user_iban")] == [True] * 3
    assert [names.hides(name) for name in ("token", "session_id", "ipAddress", "next_token")] == [False] * 4
    assert [names.hides(name) for name in ("access_token", "password", "session")] == [True] * 3
    shown = capture(
        {"shoe_size": 43, "token": "page-2"}, reader(Config(redact=("shoe size",), redact_keep=("token",)))
    )
    assert shown == {"shoe_size": REDACTED, "token": "page-2"}


def test_short_and_common_values_of_the_environment_are_not_looked_for() -> None:
    assert capture("switched off", reader()) == "switched off"


@given(
    st.text(max_size=600),
    st.text(max_size=600),
    st.sampled_from([ENV_SECRET, ENV_PLAIN, JWT, "AKIAIOSFODNN7EXAMPLE"]),
)
def test_a_secret_is_found_between_any_text(before: str, after: str, secret: str) -> None:
    if secret.startswith(("eyJ", "AKIA")):
        before, after = before + " ", " " + after  # by pattern, it is a word of its own
    assert secret not in json.dumps(capture(before + secret + after, reader()), ensure_ascii=False)


SHORT = ["--pwd x", "--pin 1234", "--token x1", "pwd=xy", "pwd: x", "://a:b@c", "pwd%3Dx", "<pwd>x</pwd>"]
SAMPLES = [
    text for text in [*(value for value, _ in SECRETS), *SHORT, *INNOCENT, *PERSONAL] if isinstance(text, str)
]


@given(st.lists(st.one_of(st.sampled_from(SAMPLES), st.text("aB1 -'\"@:=<\n\x1e", max_size=20)), max_size=20))
def test_texts_are_looked_through_together_as_one_by_one(texts: list[str]) -> None:
    for redaction in (REDACTION, Redaction(Config()), Redaction(Config(redact_pii=True))):
        doubtful = redaction.find_doubtful(texts)
        passed = [text for place, text in enumerate(texts) if place not in doubtful]
        assert list(map(redaction.scrub, passed)) == passed
    shown = capture({f"k{number}": text for number, text in enumerate(texts)}, reader())
    assert list(shown.values()) == [capture(text, reader()) for text in texts]


@pytest.mark.parametrize("text", SHORT)
def test_a_form_is_recognised_however_short_it_is(text: str) -> None:
    assert REDACTED in capture({"k": text}, reader())["k"]


@each_row("text", SAMPLES)
def test_no_text_is_passed_that_would_be_changed(text: str) -> None:
    assert REDACTION.scrub(text) == text or 1 in REDACTION.find_doubtful(["a", text, "b"])
    shown = capture({"n": [7, {"k": text}, "end"]}, reader())
    assert shown == {"n": [7, {"k": capture(text, reader())}, "end"]}


@given(st.text(max_size=2_000))
def test_redacting_twice_is_redacting_once(text: str) -> None:
    once = REDACTION.scrub(text)
    assert REDACTION.scrub(once) == once


@pytest.mark.parametrize(
    "unit",
    [
        "a",
        "a.",
        "1 ",
        "a=b;",
        "\"'",
        "://a:",
        "eyJ",
        "-----BEGIN A-----",
        "a=",
        "bearer ",
        '\\"',
        "a:",
        'a="',
        "4",
        "password=(",
        "A1b/",
        "_-",
        "x@y.",
        "ghp_",
        "('a', 'b'",
        "['",
        '"key": "a", ',
        '"name":"a","value":',
        '\\"type\\":',
        "<a>",
        "a:b@",
        "-u a:",
        "password '",
        "--token ",
        "machine a login b password ",
        "name: a value",
        "name=",
        "<key>a</key>",
        "<name>a</name> <b>",
        'form-data; name="a"\r\n\r\n',
        "%22a%22%3A",
        "%253Ftoken%253D",
        "&quot;a&quot;:",
        "a          ",
        "value: type: ",
        '"""',
    ],
)
def test_no_text_makes_redaction_slow(unit: str) -> None:
    import time

    text = unit * (30_000 // len(unit))
    start = time.thread_time()
    REDACTION.scrub(text)
    Redaction(Config(redact_pii=True)).scrub(text)
    assert time.thread_time() - start < 0.3


def test_the_folder_that_a_shell_stands_in_is_no_password(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lambda sets PWD too: paths in events would be cut to pieces. `pwd` in data is as secret as ever."""
    monkeypatch.setenv("PWD", "/var/task")
    monkeypatch.setenv("MYSQL_PWD", "correct-horse")
    found = values_named(Names().hides)
    assert "/var/task" not in found
    assert "correct-horse" in found
    assert is_redacted("pwd")
