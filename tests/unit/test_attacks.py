"""Someone who may do nothing but write rules tries to read the function's credentials. None of these works.

The target below is what a real application may look like: credentials in the environment, clients in globals, secrets
passed as arguments, modules imported. Each rule is tried as a message, a watch and a condition.
"""

# ruff: noqa: TRY301, SIM401, S105, RUF001 -- tables of words; secrets made up for the tests; Python as the oracle; odd letters on purpose

from __future__ import annotations

import base64
import collections
import contextlib
import dataclasses
import enum
import functools
import http.client
import json
import logging
import os
import pathlib
import subprocess
import sys
import threading
import urllib.parse
import urllib.request
from collections import ChainMap, UserDict, defaultdict
from os import environ
from types import FrameType, SimpleNamespace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import boto3
import botocore.session
import pytest

from hotlog.capture.frames import capture_stack
from hotlog.capture.snapshot import capture, capture_vars
from hotlog.config import Config
from hotlog.errors import RuleError
from hotlog.expressions import grammar, template
from hotlog.expressions.evaluate import HitScope, evaluate, is_true, render
from hotlog.reading.reader import Reader, Redacted, Unavailable
from hotlog.redaction.redact import REDACTED, Redaction
from tests.support.rows import each_row

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = str(pathlib.Path(__file__).parent)

KEY_ID = "AKIAQYLPMN5HHHFPZAM2"
SECRET = "1tUm636uS1yOEAXAMPLExzRoc/ksTv+pXmPq09wr"
TOKEN = "IQoJb3JpZ2luX2VjEPz" + "aB3/" * 60 + "=="
PASSWORD = "s3cr3t-Pa55w0rd"
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": KEY_ID,
    "AWS_SECRET_ACCESS_KEY": SECRET,
    "AWS_SESSION_TOKEN": TOKEN,
    "DB_PASSWORD": PASSWORD,
}

# Any eight characters of one of them in the output are a leak.
PIECES = [value[at : at + 8] for value in CREDENTIALS.values() for at in range(0, len(value) - 8, 4)]


class Repository:
    """A user's class that holds what it should not show."""

    engine_url = f"postgres://app:{PASSWORD}@db/orders"

    def __init__(self, client: Any) -> None:
        self.client = client
        self.settings = dict(CREDENTIALS)
        self.pairs = list(CREDENTIALS.items())
        self.rows = [{"name": name, "value": value} for name, value in CREDENTIALS.items()]
        self.closure = make_closure(PASSWORD)
        self.bound = functools.partial(print, PASSWORD)
        self.environment = environ
        self.handlers = [logging.StreamHandler()]
        self.request = urllib.request.Request("https://x", headers={"Authorization": f"Bearer {PASSWORD}"})
        self.connection = http.client.HTTPSConnection("x")

    @property
    def credentials(self) -> dict[str, str]:
        return CREDENTIALS


class Login(NamedTuple):
    """A row with a name for each place."""

    user: str
    password: str


class Text(str):
    """As markup libraries have it: text, and yet of another class."""

    __slots__ = ()


class Bytes(bytes):
    """The same of bytes."""


class Keys(enum.Enum):
    """Secrets kept by name."""

    API_KEY = PASSWORD


class Which(enum.Enum):
    """Another, whose value looks like no secret."""

    API_KEY = "plain"


@dataclasses.dataclass(slots=True)
class Entry:
    """A name and a value, as configurations are kept."""

    name: str
    value: str


@dataclasses.dataclass
class Tag:
    """The same with a key."""

    Key: str
    Value: str


class Client(UserDict):  # type: ignore[type-arg]
    """A user's subclass of a library's class."""


class MySession(boto3.Session):
    """A user's subclass of the class that holds the credentials."""


class MyEnviron(type(os.environ)):  # type: ignore[misc]
    """A user's subclass of the environment."""


def make_closure(password: str) -> Any:
    def closure() -> str:
        return password

    return closure


def raised() -> Exception:
    password = PASSWORD
    try:
        raise ConnectionError(f"cannot connect: postgres://app:{password}@db/orders")
    except ConnectionError as fault:
        return fault


def read_lines() -> Any:
    password = PASSWORD
    yield len(password)


def frame() -> FrameType:
    password = PASSWORD
    assert password
    return sys._getframe()


@pytest.fixture(scope="module")
def values() -> Iterator[dict[str, Any]]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in CREDENTIALS.items():
            patch.setenv(name, value)
        yield victims()


def victims() -> dict[str, Any]:
    """The variables of a function, as an application may well have them."""
    session = boto3.Session(KEY_ID, SECRET, TOKEN, region_name="eu-central-1")
    client = session.client("s3")
    generator = read_lines()
    next(generator)
    return {
        "os": os, "sys": sys, "env": os.environ, "environ": environ, "json": json, "boto3": boto3, "builtins": __builtins__, "subprocess": subprocess,
        "session": session, "client": client, "botocore_session": botocore.session.Session(), "mine": MySession(KEY_ID, SECRET, TOKEN, region_name="eu-central-1"),
        "myenv": MyEnviron(environ._data, environ.encodekey, environ.decodekey, environ.encodevalue, environ.decodevalue) if hasattr(environ, "_data") else environ,
        "repo": Repository(client), "copy": dict(os.environ), "copied": {**CREDENTIALS}, "renamed": SECRET, "also": {"a": [SECRET, {"b": TOKEN}]}, "raw": SECRET.encode(),
        "chars": f"{SECRET}!", "url": f"https://u:{PASSWORD}@h/", "body": json.dumps({"password": PASSWORD, "user": "ana"}), "headers": {"Authorization": f"Bearer {PASSWORD}", "x": "1"},
        "multi": [("authorization", f"Bearer {PASSWORD}"), ("x", "1")], "chain": ChainMap(CREDENTIALS), "user_dict": Client(CREDENTIALS), "dd": defaultdict(str, CREDENTIALS),
        "fault": raised(), "trace": raised().__traceback__, "frame": frame(), "gen": generator, "closure": make_closure(PASSWORD), "func": make_closure, "lambda_": lambda: PASSWORD,
        "partial": functools.partial(print, PASSWORD), "thread": threading.Thread(target=print, args=(PASSWORD,)), "local": threading.local(), "module": sys.modules[__name__] if __name__ in sys.modules else os,
        "ns": SimpleNamespace(password=PASSWORD, key=SECRET), "log": logging.getLogger(), "Repository": Repository, "process": SimpleNamespace(environ=dict(CREDENTIALS)), "password": PASSWORD, "guess": PASSWORD[0],
        "event": {"headers": {"authorization": PASSWORD}, "name": "token", "value": PASSWORD}, "nested": [[["password", PASSWORD]]], "keys": ["password", "token", "AWS_SECRET_ACCESS_KEY"],
        "login": Login("ana", PASSWORD), "logins": [Login("ana", PASSWORD)], "text": Text(SECRET), "bytes_": Bytes(SECRET.encode()), "which_key": Keys.API_KEY, "entry": Entry("db_password", PASSWORD),
        "tag": Tag("token", PASSWORD), "named": SimpleNamespace(name="token", value=PASSWORD), "Pair": Login, "field": collections.namedtuple("Field", "name value")("token", PASSWORD),  # type: ignore[call-arg]  # noqa: PYI024
        "argv": ["mysql", "--password", PASSWORD, "--user", "ana"], "encoded": base64.b64encode(f"user:{SECRET}".encode()).decode(), "hexed": SECRET.encode().hex(), "parts": urllib.parse.urlsplit(f"https://u:{PASSWORD}@h/"),
        "xml": f"<user><password>{PASSWORD}</password></user>", "sql": f"ALTER USER ana PASSWORD '{PASSWORD}'", "curl": f"curl -u ana:{PASSWORD} https://h", "deeper": json.dumps(json.dumps(json.dumps({"password": PASSWORD}))),
        "which": "password", "bytes_keys": {b"password": PASSWORD.encode()}, "set_": {SECRET, "x"}, "tuple_": ("password", PASSWORD),
        "held": {"x": SECRET}, "wrapped": json.dumps({"x": SECRET}), "twice": base64.b64encode(json.dumps({"x": SECRET}).encode()).decode(),
    }  # fmt: skip


ATTACKS = """
os.environ; os.environ['AWS_SECRET_ACCESS_KEY']; os.environ.get('AWS_SECRET_ACCESS_KEY'); os.environ._data; env; env['DB_PASSWORD']; env._data; env._data.items(); environ.copy(); environ.items(); list(env); dict(env); [v for v in env]
str(env); repr(env); len(env); {**env}; env | {}; myenv; myenv._data; myenv['DB_PASSWORD']; os.environb; os.getenv('DB_PASSWORD'); os.sys.modules; json.codecs; boto3.DEFAULT_SESSION; builtins; builtins['open']; builtins.get('open')
sys.modules; sys.modules['os']; sys.modules['os'].environ; sys._getframe; sys._current_frames; sys.argv; sys.path; sys.stdin; subprocess.os.environ
session; session._session; session.get_credentials; session.get_credentials(); session._session._credentials; session._session._credentials.secret_key; session._session._credentials.token; botocore_session._credentials; mine._session; mine._session._credentials; mine; mine.profile_name
client; client._request_signer; client._request_signer._credentials; client._request_signer._credentials.secret_key; client._client_config; client.meta; client.meta.config; client.meta.events; client._endpoint; client.exceptions; client._request_signer._credentials._secret_key
repo; repo.client; repo.client._request_signer; repo.settings; repo.settings['DB_PASSWORD']; repo.settings['AWS_SECRET' + '_ACCESS_KEY']; repo.settings.get('DB_' + 'PASSWORD'); repo.settings.values(); list(repo.settings.values()); sorted(repo.settings.items()); str(repo.settings); repr(repo.settings)
[repo.settings[k] for k in repo.settings]; [v for k, v in repo.settings.items()]; [p[1] for p in repo.pairs]; [v for k, v in repo.pairs]; [v for _, v in repo.pairs]; repo.pairs; repo.pairs[0]; repo.pairs[0][1]; repo.pairs[0][-1]; repo.pairs[0][0:2]; [x for p in repo.pairs for x in p]; dict(repo.pairs); sum(repo.pairs, ())
max(repo.pairs); min(repo.pairs); sorted(repo.pairs); str(repo.pairs); repo.pairs[1:]; repo.pairs + []; repo.rows; repo.rows[3]['value']; [r['value'] for r in repo.rows]; [list(r.values()) for r in repo.rows]; repo.rows[3].get('value'); {r['name']: r['value'] for r in repo.rows}
repo.credentials; repo.engine_url; Repository.engine_url; repo.engine_url[15:]; repo.engine_url.split(':'); repo.closure; repo.closure.__closure__; repo.closure.__closure__[0].cell_contents; repo.bound; repo.bound.args; repo.bound.func; repo.environment; repo.environment['DB_PASSWORD']; repo.environment._data
repo.handlers; repo.handlers[0].stream; repo.request; repo.request.headers; repo.request.headers['Authorization']; repo.connection; repo.__dict__; repo.__class__; repo.__init__; repo.__init__.__globals__; repo.__class__.__init__.__globals__['os']
copy; copy['DB_PASSWORD']; copy.get('DB_PASSWORD'); copy.values(); copy.items(); [copy[k] for k in keys]; copied; list(copied.items()); [c for c in copied.values()]; {v: k for k, v in copied.items()}; copied == {}; copied | {}; max(copied.values()); ''.join(copied.values()); copied.copy()
renamed; renamed[0]; renamed[:4]; renamed[::-1]; renamed + 'x'; renamed.upper(); renamed.lower(); renamed.split('/'); list(renamed); [c for c in renamed]; [c + ' ' for c in renamed]; renamed.replace('/', '-'); ','.join(renamed); set(renamed); sorted(renamed); repr(renamed); str(renamed); renamed.partition('6'); tuple(renamed)
{renamed: 1}; [renamed]; (renamed,); {'a': renamed}; [renamed][0]; [[renamed]][0][0][0]; (renamed or 1)[1:]; (renamed if 1 else 2)[1:]; renamed.removeprefix('1'); max(renamed); min(renamed); renamed.title(); renamed.swapcase(); renamed.strip('1'); [*renamed]
raw; raw[0]; raw.hex(); raw.decode(); [b for b in raw]; list(raw); raw[1:]; raw.split(b'/'); sum(raw); repr(raw); raw.decode('latin-1')[1:]; raw.upper(); also; also['a']; also['a'][0]; also['a'][0][1:]; also['a'][1]['b']; str(also); sorted(also['a'][0]); also.values()
chars; chars[:-1]; chars[5:]; url; url[10:]; url.split('@'); body; body[14:30]; body.split('"'); body.replace('password', 'x'); headers; headers['Authorization']; headers.values(); list(headers.items()); headers['Author' + 'ization']; [headers[h] for h in headers]; multi; multi[0][1]; [v for k, v in multi]
[m[1] for m in multi]; [list(m) for m in multi]; dict(multi); multi[0]; chain; chain.maps; chain['DB_PASSWORD']; user_dict; user_dict.data; user_dict.data['DB_' + 'PASSWORD']; user_dict['DB_PASSWORD']; list(user_dict.data.values()); dd; dd.values(); [dd[k] for k in dd]; dd['DB_' + 'PASSWORD']
fault; fault.args; fault.args[0]; fault.args[0][30:]; str(fault); repr(fault); fault.__traceback__; fault.__traceback__.tb_frame.f_locals; trace; trace.tb_frame; trace.tb_frame.f_locals; trace.tb_next; frame; frame.f_locals; frame.f_globals; frame.f_back; frame.f_back.f_locals; frame.f_builtins; frame.f_code
gen; gen.gi_frame; gen.gi_frame.f_locals; gen.gi_code; [x for x in gen]; list(gen); closure; closure.__closure__; closure.__code__; closure.__code__.co_consts; closure.func_closure; closure(); func; func.__globals__; func.__defaults__; func.__kwdefaults__; lambda_; lambda_.__code__.co_consts; lambda_()
partial; partial.args; partial.keywords; partial.func; thread; thread._args; thread._target; local; local.__dict__; module; module.CREDENTIALS; module.PASSWORD; module.SECRET; module.os.environ; module.os; module.environ['DB_PASSWORD']; module.boto3; module.CREDENTIALS['DB_' + 'PASSWORD']; list(module.CREDENTIALS.values()); module.SECRET[1:]
ns; ns.password; ns.key; ns.key[1:]; log; log.handlers; log.manager; log.manager.loggerDict; log.root; Repository; Repository.__init__; Repository.__mro__; Repository.__subclasses__(); Repository.mro(); process; process.environ; process.environ['DB_PASSWORD']; password; [password]; password[0]; event['headers']['authorization']
event['value']; event.get('value'); event.values(); [event[k] for k in event]; nested; nested[0][0][1]; nested[0][0]; [x for a in nested for b in a for x in b]; keys and copied[keys[0]] if 0 else 1; {which: 1}; [copied[k] for k in copied if 'PASS' in k]; headers[which]; {'password': 1}[which]; repo.settings[keys[2]]; bytes_keys; bytes_keys[b'pass' + b'word']
bytes_keys.values(); bytes_keys.items(); set_; list(set_); sorted(set_); [x for x in set_]; [x for x in set_ if len(x) > 3]; max(set_); tuple_; tuple_[1]; tuple_[-1]; tuple_[1:]; [x for x in tuple_]; tuple_ + (); list(tuple_); max(tuple_); str(tuple_); tuple_.index('x'); sorted(tuple_); sum([tuple_], ())
type(repo).__init__; type(repo).__init__.__globals__; type(session)._session; type(repo).__mro__; type(env)._data; ().__class__.__bases__[0].__subclasses__(); ''.__class__; (1).__class__; [].__class__; getattr(repo, 'settings'); vars(repo); globals(); locals(); dir(repo); eval('1'); exec('1'); open('/proc/self/environ'); __import__('os'); print(renamed); input(); compile('1', '', 'eval'); breakpoint(); help()
f'{renamed}'; f'{repo.settings}'; '{0}'.format(renamed); '{0.__class__}'.format(repo); '%s' % renamed; 'x{}'.format_map(copied); renamed.format(); str.format('{}', renamed); renamed.encode(); renamed.translate({}); (lambda: renamed)(); (x := renamed); [y := renamed]; renamed if (z := renamed) else 1; [*copied.values()]; {**copied}; print(*copied)
login; login[1]; login[-1]; login[1:]; [c for c in login]; list(login); tuple(login); max(login); sorted(login); set(login); dict([login]); [b for a, b in logins]; [r[1] for r in logins]; {r[1]: 1 for r in logins}; dict(logins); login[0:2]; logins[0][1][2:]; [x for r in logins for x in r]; sum(logins, ())
text; text[0]; text[1:]; [c for c in text]; list(text); sorted(text); set(text); max(text); [text][0][2:]; {c: 1 for c in text}; tuple(text); text[::-1]; bytes_; bytes_[0]; bytes_[1:]; [b for b in bytes_]; list(bytes_); sorted(bytes_); max(bytes_); bytes_[::-1]
which_key; which_key.value; which_key.value[1:]; which_key._value_; Keys.API_KEY; entry; entry.value; entry.value[1:]; tag; tag.Value; tag.Value[2:]; named; named.value; field; field.value; field[1]; field[-1]; [v for v in field]; [v for n, v in [field]]
argv; argv[2]; argv[-3]; argv[1:]; argv[1:][1]; [a for a in argv]; max(argv); sorted(argv); list(argv); tuple(argv); argv + []; (argv + [])[2]; ' '.join(argv); encoded; encoded[8:]; encoded.split('='); hexed; hexed[2:]; [c for c in hexed]; parts; parts.netloc; parts[1]; list(parts); parts.netloc[2:]
xml; xml[16:]; xml.split('>'); sql; sql[25:]; sql.split("'"); curl; curl[12:]; deeper; deeper[30:]; [c for c in deeper]
abs(renamed); int(renamed, 36); float(renamed); round(renamed); sum(renamed); sum([renamed], ''); isinstance(renamed, str) and renamed[1:]; [renamed for x in (1, 2)]; {x: renamed[x] for x in (1, 2)}; [renamed[i] for i in range(40)]; [renamed[i] for i in (1, 2, 3, 4, 5, 6, 7, 8, 9)]; [x for x in [renamed]][0][1:]; [x for x in (renamed, 1)][0].upper()
held.get('x'); held.get('x')[1:]; held.get('y', renamed)[1:]; [held.get(k)[1:] for k in held]; held.copy(); json(body); json(body)['pass' + 'word'];
[v for v in json(body).values()]; json(body).items(); str(json(body)); json(deeper); json(json(deeper)); json(json(json(deeper))); json(json(deeper))[20:]; json(wrapped); json(wrapped)['x']
json(wrapped)['x'][1:]; json(wrapped).get('x')[1:]; list(json(wrapped).values())[0][2:]; base64(encoded); base64(encoded)[5:]; [c for c in base64(encoded)]; base64(twice); json(base64(twice)); json(base64(twice))['x'][1:]
base64(twice)[5:]; json(renamed); json('"' + renamed + '"'); base64(renamed); bytes(renamed, 'utf-8'); bytes(raw)[1:]; f'{renamed[1:]}'; f'{renamed!r}'; f'{renamed:.5}'; format(renamed, '>50'); format(renamed); renamed.center(60)
renamed.encode('utf-8')[1:]; renamed * 2; ([renamed] * 2)[0][1:]; (renamed,) * 2; enumerate(renamed); list(zip(renamed, renamed)); reversed(renamed); sorted([renamed], key=lambda s: s[1:]); max([renamed, 'a'], key=len)
next(c for c in renamed); [next(c for c in renamed) for x in (1, 2)]; getattr(ns, 'key'); getattr(ns, 'key')[1:]; getattr(ns, 'key', 'x')[1:]; getattr(ns, 'nope', renamed)[1:]; dict(a=renamed); dict(a=renamed)['a'][1:]; ascii(renamed)
min(range(3), key=lambda i: renamed[i]); [ord(c) for c in renamed]; sorted(held.values(), key=lambda v: v[0]); max(held, key=lambda k: held[k]); [v[1:] for k, v in zip(held, held.values())]; [c for i, c in enumerate(renamed)]
"""
TEXTS = [text.strip() for text in ATTACKS.replace("\n", ";").split(";") if text.strip()]

# Answers that would tell something about a secret, one comparison at a time.
ORACLES = """
len(renamed) == 40; len(raw) > 30; len(text) > 30; len(chars) == 41; login == ('ana', 'x'); login < ('ana', 't'); ('ana', 's') < login; 's3' in login; 'x' in login; login in [('ana', 'x')]; max(login) > 'a'; login[1] > 'a'; [1 for x in login if x > 'b']; text and text > 'a'; not text; text[0] == '1'; '1' in [c for c in text]; bytes_[0] == 49; text in ['x']
which_key.value > 'a'; entry.value > 's'; tag.Value > 'a'; named.value == 'x'; field.value < 'z'; argv[2] > 'a'; 'x' in argv; argv == []; encoded > 'a'; encoded[8] == 'x'; hexed[0] == '3'; parts[1] > 'a'; parts.netloc > 'a'; xml > 'a'; len(xml) > 5; sql[26] == 's'; curl > 'a'
renamed[0] == '1'; renamed[0:1] == '1'; renamed < 'm'; renamed > 'a'; renamed.startswith('1'); renamed.endswith('r'); '1t' in renamed; renamed.find('U') == 2; renamed.count('a') > 1; renamed == SECRET_TEXT; renamed != 'x'; renamed in ['x']; renamed in {'x': 1}; 'x' in [renamed]
renamed.index('t') == 1; renamed.isalnum(); renamed.islower(); renamed is 'x'; (renamed, 1) < ('b', 1); [renamed] < ['b']; {renamed} == {'x'}; max(renamed, 'a') == 'a'; min([renamed, 'm']) == 'm'; sorted([renamed, 'm'])[0] == 'm'; any(c == '1' for c in renamed); all(c > '0' for c in renamed); renamed[0] in 'abc1'
password == 'x'; password[0] == 's'; password.startswith('s'); ns.password > 'a'; copied['DB_PASSWORD'] == 'x'; copied['DB_' + 'PASSWORD'][0] == 's'; copied == {'DB_PASSWORD': 'x'}; list(copied.values())[3] == 'x'; headers['Author' + 'ization'] > 'B'; repo.settings[keys[2]] > '1'; 's3cr3t' in copied.values(); 's3' in repo.engine_url
'x' in body; body < 'z'; body == ''; body[14] == 's'; url.startswith('h'); url > 'a'; raw > b'1'; raw[0] == 49; b'1t' in raw; env['DB_PASSWORD'] > 's'; env > {}; session._session._credentials.secret_key > '1'; multi[0][1] > 'B'; multi[0] == ('authorization', 'x'); multi == []; tuple_ == ('password', 'x'); tuple_ < ('password', 'z'); tuple_ in [1]; 'x' in tuple_
event['value'] > 's'; set_ == {'x'}; 'x' in set_ and 'y' in set_; {'1'} < set_; fault.args[0] > 'c'; fault.args == ('x',); int(renamed, 36) > 5; hasattr(repo, 'settings') and repo.settings['DB_' + 'PASSWORD'] > 's'; renamed and renamed > 'a'; not renamed or renamed[0] == '1'; ('a' if renamed > 'b' else 'c') == 'a'; [1 for c in renamed if c == 'a']; {renamed: 1}.get('x') == 1; {'x': 1}.get(renamed); 'abc'.find(renamed) == -1
'x'.startswith(renamed); 'abc'.replace(renamed, 'y') == 'abc'; ('x' + renamed) > 'x1'; [1, 2, 3][renamed == 'x']; 'x'.join([renamed, 'y']) > 'a'; renamed[:1] < '5' < 'a'; 0 < len([c for c in renamed if c == '1']); bool(renamed == 'x'); str(renamed) > 'a'; repr(renamed) > 'a'; round(renamed > 'a'); also == {'a': 1}; also['a'] < ['2']; also['a'][0] < '2'; bytes_keys == {b'password': b'x'}; bytes_keys[b'pass' + b'word'] > b's'
held.get('x') > 'a'; held.get('x') == SECRET_TEXT; held.get('x') < 'm'; not held.get('x'); held.get('x') and 1; 'a' in held.get('x'); held.get('y', renamed) > 'a'; json(body)['pass' + 'word'] > 'a'; json(body) == {}
json(wrapped)['x'] > 'a'; json(wrapped).get('x') > 'a'; json(wrapped) == {}; len(json(wrapped)['x']) > 3; base64(encoded) > 'a'; base64(encoded)[0] == 'u'; len(base64(encoded)) > 3; json(base64(twice))['x'] > 'a'; base64(twice) > 'a'
getattr(ns, 'key') > 'a'; getattr(ns, 'key', 'x') > 'a'; getattr(ns, 'nope', renamed) > 'a'; sorted([renamed, 'm'], key=lambda s: s)[0] == 'm'; max(['a', renamed], key=lambda s: s) == 'a'; max([1, 2], key=lambda i: renamed[i]) == 1
f'{renamed}' > 'a'; format(renamed) > 'a'; renamed * 1 > 'a'; next(c for c in renamed) > 'a'; dict(zip(renamed, renamed)) == {}; dict(a=renamed) == {}; list(enumerate(renamed))[0][1] > 'a'; reversed(renamed) == []; renamed.encode() > b'a'
"""
ORACLE_TEXTS = [text.strip() for text in ORACLES.replace("\n", ";").split(";") if text.strip()]


def reader() -> Reader:
    config = Config(secrets=tuple(CREDENTIALS.values()))
    return Reader(Redaction(config), readable=lambda path: path.startswith(HERE)).for_hit()


def leaked(output: object) -> list[str]:
    text = output if isinstance(output, str) else json.dumps(output)
    return [
        piece
        for piece in PIECES
        if piece in text or piece in text.encode().decode("unicode_escape", "replace")
    ]


def test_there_are_many_of_them() -> None:
    assert len(TEXTS) > 450
    assert len(ORACLE_TEXTS) >= 120


@each_row("text", TEXTS)
def test_no_rule_that_somebody_may_write_reads_a_credential(values: dict[str, Any], text: str) -> None:
    scope = HitScope(values)
    with contextlib.suppress(RuleError):
        written = render(template.parse(f"{{{text}}} {{{text}!r}} {{[{text}]}}"), scope, reader())
        assert not leaked(written)
    with contextlib.suppress(RuleError, Unavailable):
        at = reader()
        assert not leaked(capture(evaluate(grammar.parse(text), scope, at), at))


@each_row("text", ORACLE_TEXTS)
def test_no_condition_answers_a_question_about_a_secret(values: dict[str, Any], text: str) -> None:
    with pytest.raises((RuleError, Unavailable)) as caught:
        is_true(grammar.parse(text.replace("SECRET_TEXT", repr("guess"))), HitScope(values), reader())
    assert not leaked(str(caught.value))


def test_the_answer_does_not_depend_on_the_guess(values: dict[str, Any]) -> None:
    """A right guess and a wrong one end in the same words."""
    for guess in (
        "renamed == {!r}",
        "renamed[:4] == {!r}",
        "copied['DB_' + 'PASSWORD'] == {!r}",
        "{!r} in renamed",
    ):
        answers: set[object] = set()
        for text in (SECRET, SECRET[:4], PASSWORD, "wrong"):
            try:
                answers.add(is_true(grammar.parse(guess.format(text)), HitScope(values), reader()))
            except (Redacted, Unavailable) as why:
                answers.add(type(why))
        assert answers == {Redacted}


# Out of reach by what they are, even if nothing about their values looked like a secret.
OUT_OF_REACH = """
os.environ; os.environ['HOME']; os.name; os.sep; sys.modules; sys.path; json.codecs; boto3.DEFAULT_SESSION; subprocess.os; module.os.environ; module.sys.modules; env['PLAIN']; env.get('PLAIN'); env._data; env.encodekey; myenv._data; myenv['PLAIN']; [v for v in env]; len(env); env.items()
session._session; session.region_name; mine._session; mine.region_name; client.meta; client._client_config; client._request_signer; client._endpoint; client.exceptions; log.handlers; log.name; thread._args; thread._target; thread.name; partial.args; partial.func; local.x; gen.gi_frame; gen.gi_code
frame.f_locals; frame.f_back; trace.tb_frame; fault.with_traceback; closure.a; func.a; lambda_.a; [x for x in gen]; list(gen); repo.client.meta; repo.bound.args; repo.environment._data; repo.handlers[0].stream; repo.request.headers; repo.connection.host; builtins.open; user_dict['PLAIN']; chain['PLAIN']; chain.maps
Repository.mro; type(session).client; type(env).copy
"""


@each_row("text", [text.strip() for text in OUT_OF_REACH.replace("\n", ";").split(";") if text.strip()])
def test_whole_kinds_of_objects_are_out_of_reach(values: dict[str, Any], text: str) -> None:
    knows_no_secret = Reader(Redaction(Config()), readable=lambda path: path.startswith(HERE))
    with pytest.raises((Unavailable, RuleError)):
        evaluate(
            grammar.parse(text), HitScope({**values, "builtins": sys.modules["builtins"]}), knows_no_secret
        )


@pytest.mark.parametrize(
    "name",
    ["env", "myenv", "session", "mine", "client", "thread", "log", "local", "gen", "frame", "trace", "os"],
)
def test_a_snapshot_shows_only_the_type_of_them(values: dict[str, Any], name: str) -> None:
    knows_no_secret = Reader(Redaction(Config()), readable=lambda path: path.startswith(HERE))
    assert capture(values[name], knows_no_secret).keys() <= {"@type", "@name", "state"}


# Hidden by its name alone: nothing about the value looks like a secret.
NAMED: dict[str, Any] = {
    "several": {("password", 1): "plain"}, "stored": {"Name": "/db", "Type": "SecureString", "Value": "plain"},
    "d": {"password": "plain", "a": "b"}, "rows": [{"name": "token", "value": "plain"}], "pair": ("token", "plain"), "word": "password",
    "login": Login("ana", "plain"), "entry": Entry("db_password", "plain"), "tag": Tag("token", "plain"), "named": SimpleNamespace(name="token", value="plain"),
    "row": collections.namedtuple("Row", "name value")("token", "plain"), "which": Which.API_KEY, "argv": ["mysql", "--password", "plain"], "field": {"field": "token", "value": "plain"}, "jbody": '{"password": "plain", "id": 5}', "jpair": '["token", "plain"]',  # type: ignore[call-arg]  # noqa: PYI024
    "jnamed": '{"name": "token", "value": "plain"}', "jbytes": b'{"db": {"password": "plain"}}', "jcoded": base64.b64encode(b'{"password": "plain"}').decode(),
}  # fmt: skip
BY_NAME = """
several[('password', 1)]; several.values(); several.items(); [v for k, v in several.items()]; stored['Value']; stored.values(); d[word]; d['pass' + 'word']; d.get(word); d.values(); d.items(); str(d); d == d; rows[0]['value']; pair[1]; [v for _, v in [pair]]; max(pair); dict([pair])
login[1]; login[-1]; login[1:]; [x for x in login]; list(login); max(login); sorted(login); [b for a, b in [login]]; login == ('ana', 'x'); login < ('ana', 'x'); 'plain' in login; {login[1]: 1}; dict([login])
entry.value; tag.Value; named.value; row.value; row[1]; [x for x in row]; which.value; which._value_; which._value2member_map_; list(which._value2member_map_); which._member_map_; argv[2]; argv[1:]; max(argv); [x for x in argv]; 'plain' in argv; (argv + [])[2]; ' '.join(argv); argv == []; field['value']; field.values()
json(jbody)['pass' + 'word']; json(jbody).values(); json(jbody).items(); json(jbody) == {}; str(json(jbody)); json(jbody).get(word); [v for v in json(jbody).values()]; json(jpair)[1]; max(json(jpair)); [v for _, v in [json(jpair)]]
json(jnamed)['value']; json(jnamed).get('value'); json(jbytes)['db'][word]; json(jcoded and base64(jcoded))[word]; json(base64(jcoded))[word]; jbody[1:]; base64(jcoded)[1:]; getattr(named, 'value'); getattr(entry, 'value', 1); sorted([d], key=lambda x: x[word])
dict(d); d.copy(); max([1], key=lambda _: d[word]); list(zip(d, d.values())); enumerate(login); reversed(login); f'{pair[1]}'; next(v for v in login); dict(a=login)['a'][1]; ([argv] * 2)[0][2]; (argv * 1)[2]
"""


@each_row("text", [text.strip() for text in BY_NAME.replace("\n", ";").split(";") if text.strip()])
def test_a_name_alone_hides_what_it_names_however_it_is_reached(text: str) -> None:
    knows_no_secret = Reader(Redaction(Config()), readable=lambda path: path.startswith(HERE))
    try:
        found = evaluate(grammar.parse(text), HitScope(NAMED), knows_no_secret.for_hit())
    except Redacted:
        return
    shown = json.dumps(capture(found, knows_no_secret.for_hit()))
    assert REDACTED in shown
    assert "plain" not in shown


# What is hidden passes through lists, tuples, dicts and comprehensions; whatever looks at it is refused.
PASSING: dict[str, Any] = {
    "any(k.lower() == 'x-debug' for k, v in h.items())": True,
    "any(k.lower() == 'host' and v == 'a' for k, v in h.items())": True,
    "[k for k, v in h.items()]": ["Authorization", "X-Debug", "host"],
    "[k for k, v in h.items() if k != 'Authorization' and v == '1']": ["X-Debug"],
    "{k: v for k, v in h.items() if k != 'Authorization'}": {"X-Debug": "1", "host": "a"},
    "[v for v in h.values()]": [REDACTED, "1", "a"],
    "[(k.lower(), v) for k, v in h.items()]": [("authorization", REDACTED), ("x-debug", "1"), ("host", "a")],
    "{k: [v] for k, v in h.items()}": {"Authorization": [REDACTED], "X-Debug": ["1"], "host": ["a"]},
    "[b for a in [h] for b in a.values()]": [REDACTED, "1", "a"],
    "[v if k == 'host' else 0 for k, v in h.items()]": [0, 0, "a"],
    "h.items()": [("Authorization", REDACTED), ("X-Debug", "1"), ("host", "a")],
    "dict(h)": {"Authorization": REDACTED, "X-Debug": "1", "host": "a"},
    "len(h.values())": 3,
    "[[v] + [1] for v in h.values()]": [[REDACTED, 1], ["1", 1], ["a", 1]],
    "max(h.items(), key=lambda p: p[0])": ("host", "a"),
}
LOOKING: Final = """
len(v); v is None; type(v); v == 'x'; v[:3]; v[0]; bool(v); not v; isinstance(v, str); json(v); base64(v); str(v); repr(v); f'{v}'; f'{v!r:>20}'; v or 1
v and 1; {v}; {v: 1}; v in 'abc'; 'a' in v; v is v; v.lower(); v + 'a'; v * 2; hasattr(v, 'lower'); getattr(v, 'x', 1); bytes(v, 'ascii'); [v][0] == 'a'; (v, 1) < ('B',)
{'a': v}['a'] == 'x'; max([v, 'a']); sorted([v]); ''.join([v]); set([v]); any([v]); sum([v == 1]); [x.lower() for x in [v]]; [len(x) for x in (v,)]; 1 if v else 2; -v; abs(v)
list(enumerate([v])); list(zip([v], [v])); [v].index('a'); [v].count('a'); [v] == ['x']; 'a' in [v]; len(str([v])); len([v][0]); len((v,)[0])
"""


@each_row("text", PASSING)
def test_what_is_hidden_passes_where_nothing_looks_at_it(text: str) -> None:
    scope = HitScope({"h": {"Authorization": "Bearer plain", "X-Debug": "1", "host": "a"}})
    assert evaluate(grammar.parse(text), scope, reader()) == PASSING[text]


@each_row("looks", [text.strip() for text in LOOKING.replace("\n", ";").split(";") if text.strip()])
def test_what_looks_at_something_hidden_is_refused(looks: str) -> None:
    scope = HitScope({"h": {"Authorization": "Bearer plain"}})
    for text in (f"[{looks} for v in h.values()]", f"[{looks} for k, v in h.items()]"):
        expression = grammar.parse(text)
        with pytest.raises(Redacted):
            evaluate(expression, scope, reader())


def test_a_snapshot_hides_by_name_alone() -> None:
    knows_no_secret = Reader(Redaction(Config()), readable=lambda path: path.startswith(HERE))
    assert "plain" not in json.dumps(capture_vars(NAMED, knows_no_secret.for_hit()))
    assert "ana" in json.dumps(capture_vars(NAMED, knows_no_secret.for_hit()))


def test_a_snapshot_of_all_of_it_holds_no_credential(values: dict[str, Any]) -> None:
    for name, value in values.items():
        assert not leaked(capture_vars({name: value, "inside": [value]}, reader())), name
        assert not leaked(capture(value, reader(), "innocent")), name


def test_the_stack_shows_places_only(values: dict[str, Any]) -> None:
    del values
    line, shown = sys._getframe().f_lineno, capture_stack(sys._getframe(), reader(), 20, HERE)
    assert shown[0] == {
        "at": f"test_attacks.py:{line}",
        "qualname": "test_the_stack_shows_places_only",
    }
    assert all(entry.keys() == {"at", "qualname"} for entry in shown)


REFUSED_AT_ONCE = [
    ("password", "redacted-name"), ("x.api_key", "redacted-name"), ("d['token']", "redacted-name"), ("d.get('token')", "redacted-name"), ("d[b'token']", "redacted-name"),
    ("[v for password in x]", "redacted-name"), ("hasattr(x, 'password')", "redacted-name"), ("x.__class__", "refused-name"), ("x.__dict__", "refused-name"), ("__builtins__", "refused-name"),
    ("ｐassword", "redacted-name"), ("x.ｐassword", "redacted-name"), ("open('x')", "refused-call"), ("x()", "refused-call"), ("x.y()", "refused-call"), ("x.format(1)", "refused-call"), ("getattr(x, 'password')", "redacted-name"), ("getattr(x, '__class__')", "refused-name"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "code"), REFUSED_AT_ONCE)
def test_what_names_a_secret_or_calls_code_is_refused_before_it_is_stored(text: str, code: str) -> None:
    with pytest.raises(RuleError) as caught:
        grammar.parse(text)
    assert caught.value.code == code
