"""Secrets as settings, code, commands and validators write them, and what only looks so. `§` stands for the secret."""

from __future__ import annotations

import base64
import json
import zlib
from collections import namedtuple
from typing import TYPE_CHECKING, Any

from tests.unit.secrets.rows import MARK, Maker, Row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TEXTS = r"""
1 validation error for Login\npassword\n  String should have at least 12 characters [type=string_too_short, input_value='§', input_type=str]
1 validation error for Login\napi_key\n  Value error, bad [type=value_error, input_value='§', input_type=str]\n    For further information visit https://errors.pydantic.dev
HTTPSConnectionPool(host='api.example.com', port=443): Max retries exceeded with url: /v1/x?api_key=§ (Caused by NewConnectionError('x'))
User{name='ana', password='§', age=7}
{user=ana, password=§, age=7}
Config { user: "ana", password: "§" }
Password = §, User = ana
'password' => '§',
$config['db_password'] = '§';
define('DB_PASSWORD', '§');
os.environ['SECRET_KEY'] = '§'
setx API_TOKEN §
process.env.API_KEY = "§"
System.setProperty("javax.net.ssl.keyStorePassword", "§")
-Djavax.net.ssl.trustStorePassword=§
<input type="password" name="pw" value="§">
<input type="hidden" name="csrf_token" value="§">
<meta name="csrf-token" content="§">
userPassword: §
bindpw §
psk="§"
wpa_passphrase=§
connecting to db with password §
using password: §
user ana password §
123 is not your pin. Your PIN is 4711§
OTP: §
Your one-time code is §
token=§;expires=3600
payload=%7B%22token%22%3A%22§%22%7D
data={"password":"§"}
{"body": "{\"password\": \"§\"}"}
{\"password\": \"§\"}
{\\\"password\\\": \\\"§\\\"}
{'auth': {'type': 'basic', 'password': '§'}}
Login(creds=Creds(user='ana', password='§'), ttl=7)
Client(api_key='§', base_url='https://x')
BasicAuth(login='ana', password='§', encoding='latin1')
HTTPBasicAuth('ana', '§')
auth=('ana', '§')
requests.get(url, auth=("ana", "§"))
connect("db", "ana", password="§")
jwt.encode(payload, "§", algorithm="HS256")
hmac.new(b"§", msg)
Fernet(b'§')
AWS(aws_access_key_id='x', aws_secret_access_key='§')
aws_secret_access_key: §
export AWS_SESSION_TOKEN=§
AZURE_CLIENT_SECRET=§
GOOGLE_API_KEY=§
OPENAI_KEY=§
LDAP_BIND_PW=§
MYSQL_ROOT_PASSWORD: §
POSTGRES_PASSWORD=§
--set postgresql.auth.password=§
--from-literal=password=§
wget --user=ana --password=§ https://x
wget --password § https://x
git clone https://x-access-token:§@github.com/acme/x.git
pip install --index-url https://ana:§@pypi.example.com/simple x
npm config set //registry.npmjs.org/:_authToken §
_auth=§
index-url = https://ana:§@pypi.example.com/simple
proxy = "http://ana:§@proxy:3128"
HTTP_PROXY=http://ana:§@proxy:3128
sftp://ana:§@host/
ssh ana:§@host
mqtt://dev:§@broker:1883
rtsp://admin:§@10.0.0.7/stream
ldap://cn=admin,dc=x:§@ldap
kafka+ssl://app:§@broker:9093
snowflake://ana:§@acct/db
Authorization=Bearer §
"authorization": ["Bearer §"]
Authorization: Bearer §, X-Id: 7
authorization: bearer §
{"Authorization":"ApiKey §"}
Authorization: Basic §==
Sec-WebSocket-Protocol: access_token, §
x-goog-api-key: §
X-Auth-Key: §
Cookie2: sid=§
access_token:"§"
refresh-token -> §
reset link: https://app.example.com/reset?t=1&reset_token=§
<Password>§</Password>
<password><![CDATA[§]]></password>
<string name="api_secret">§</string>
<key>Password</key><string>§</string>
password,\\n§
pwd:§
pass: §
Pwd=§;Uid=ana
;Password="§";
sql: SELECT * FROM u WHERE token = '§' LIMIT 1
WHERE (password = '§')
SET @password = '§'
IDENTIFIED BY "§"
{"$set": {"password": "§"}}
{"query": {"match": {"token": "§"}}}
db.users.insert({name: "a", password: "§"})
HSET user:7 password § name a
SETEX session:7 3600 §
1 validation error for Login\npassword\n  Input should be a valid string [type=string_type, input_value={'v': '§'}, input_type=dict]
1 validation error for Login\npassword\n  Input should be a valid string [type=string_type, input_value=['§'], input_type=list]
&lt;user&gt;ana&lt;/user&gt;&lt;password&gt;§&lt;/password&gt;
sshpass -p'§' ssh ana@host
mysql -u root -p"§" shop
sqlplus scott/§@//db:1521/x
USER ana\r\nPASS §\r\n
USER ana\r\n331 go on\r\nPASS §\r\n
config.setPassword("§")
client.set_api_key('§')
A sua senha é §
Votre code secret est "§"
Ihr Passwort ist §
Das neue Kennwort lautet §
Votre mot de passe est §
パスワードは§です
credentials ana:§
a1 LOGIN ana §
"""

Keys = namedtuple("Keys", "access_key secret_key token")  # noqa: PYI024 -- as old code has them

OBJECTS: list[tuple[str, Callable[[str], Any]]] = [
    ("zlib in base64", lambda s: {"blob": base64.b64encode(zlib.compress(f"password={s} user=ana".encode())).decode()}),
    ("row of an insert", lambda s: {"stmt": "INSERT INTO u (a, passwd) VALUES (?, ?)", "row": (1, s)}),
    ("row of a select", lambda s: {"q": "SELECT id, password FROM u", "row": (1, s)}),
    ("names and vals", lambda s: {"names": ["id", "password"], "vals": [1, s]}),
    ("ntuple", lambda s: Keys("x", s, "y")),("flat headers", lambda s: ["Host","x","Authorization",f"Bearer {s}7aA"]),
     ("kv", lambda s: {"k":"password","v":s}),("n v", lambda s: [{"n":"token","v":s}]),("id value", lambda s: {"id":"password","value":s}),
     ("keys values", lambda s: {"keys":["a","password"],"values":["x",s]}),("passwords dict", lambda s: {"passwords":{"ana":s}}),
     ("tfstate", lambda s: {"attributes":{"password":s}}),("env list", lambda s: ["PATH=/bin",f"DB_PASSWORD={s}"]),("argv", lambda s: ["app","--token",s]),("argv=", lambda s: ["app",f"--token={s}"]),
     ("mysql argv", lambda s: ["mysql","-u","root",f"-p{s}"]),("curl argv", lambda s: ["curl","-u",f"ana:{s}","https://x"]),("curl H", lambda s: ["curl","-H",f"Authorization: Bearer {s}7Aa"]),
     ("nested json", lambda s: {"a":json.dumps({"b":json.dumps({"c":json.dumps({"password":s})})})}),
     ("answer", lambda s: {"question":"What is your password?","answer":s}),
     ("msg", lambda s: {"msg":"bad","ctx":{"input":{"password":s}}}),
     ("err tuple", lambda s: ("password",s,"too short")),
     ("set", lambda s: {("password",s)}),
     ("bytes json b64", lambda s: base64.b64encode(json.dumps({"password":s+"aaaaaaaaaaaaaaaa"}).encode())),
     ("ssm list", lambda s: [{"Name":"/x/token","Value":s}]),
     ("otp", lambda s: {"otp": s}) ,
     ("mask", lambda s: {"type":"password","default":s}),
     ("field map", lambda s: {"fields":{"password":{"value":s}}}),
     ("password value", lambda s: {"password":{"value":s,"encrypted":False}}),
     ("secret b", lambda s: {"SecretBinary":s.encode()}),
     ("cookie jar", lambda s: {"cookies":{"sid":s}}),
     ("cookies list", lambda s: {"cookies":[{"name":"sid","value":s,"domain":"x"}]}),
     ("set-cookie list", lambda s: {"multiValueHeaders":{"Set-Cookie":[f"sid={s}; Path=/","a=b"]}}),
     ("sql params tuple", lambda s: ("UPDATE u SET password=%s",(s,))),
     ("sql call args", lambda s: {"args":("UPDATE u SET password=%s",(s,)),"kwargs":{}}),
     ("sql list", lambda s: ["INSERT INTO u (id, token) VALUES (?, ?)",[7,s]]),
     ("rows dict columns", lambda s: {"columnMetadata":[{"name":"id"},{"name":"token"}],"records":[[{"longValue":7},{"stringValue":s}]]}),
     ("rds params", lambda s: {"sql":"insert into u(token) values(:t)","parameters":[{"name":"t","value":{"stringValue":s}}]}),
     ("attr conf", lambda s: {"AttributeUpdates":{"password":{"Value":s}}}),
     ("user attrs", lambda s: {"UserAttributes":[{"Name":"custom:api_key","Value":s}]}),
     ("patch list", lambda s: [{"op":"add","path":"/spec/token","value":s}]),
     ("diff", lambda s: {"password":{"old":"a","new":s}}),
     ("changes", lambda s: {"changes":[{"field":"password","from":"x","to":s}]}),
]  # fmt: skip

# What stands here is drawn at random, and no word.
DRAWN_TEXTS = r"""
using API key §
using the API key §.
Token [§] is expired
session id § not found
rejected session §
AUTH PLAIN §
AUTH LOGIN §
auth token (§) was refused
secret key § was rotated
PuTTY-User-Key-File-3: ssh-ed25519\nPrivate-Lines: 1\n§
{"kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "d": "§"}
"""

INNOCENT_TEXTS = r"""
next token: page-2
page token: 17
PWD=/var/task OLDPWD=/
pwd: /home/ana
credentials: same-origin
WWW-Authenticate: Bearer error="invalid_token", scope="read"
secret: (hidden)
password={password}
password: !vault |
password: !Ref DbPassword
passwordSecretRef: db
secretKeyRef: {name: db, key: pw}
token: expected string, got None
cookie: accepted by user
PASSWORD_HASHERS = ['django.contrib.auth.hashers.Argon2PasswordHasher']
session 9f6d6ebd-dc67-5683-1fcb-509a60a3e99d started
token service-with-a-long-name-v2 started
auth request 4f1c9ac67b6111e69a4193e8deadbeef failed
secret my-service-production-credentials-2 was not found
password policy 2026-11-30-a1b2c3d4e5f6
setPasswordPolicy("strict")
first_pass: 12, second_pass: 13
boarding_pass: A17
PASS tests/unit/test_cart.js
&lt;p&gt;Your password was changed&lt;/p&gt;
ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQC7 ana@host
-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA\n-----END PUBLIC KEY-----
-----BEGIN CERTIFICATE-----\nMIIDdzCCAl+gAwIBAgIEAgAAuTANBgkqhkiG9w0BAQUFADBaMQswCQYDVQQGEwJJ\n-----END CERTIFICATE-----
"integrity": "sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg=="
3sL4kqtJlcpXroDTDmJ+rmSpXd3dIbrHY+MTRCxf3vjVBH40Nr8X8gdRQBpUMLUo
X-Amz-Cf-Id: 8rE7Zt5tJpZp0Yb3qk6hQ9w1m2n3b4v5c6x7z8a9s0d1f2g3h4j5kQ==
01ARZ3NDEKTSV4RRFFQ69G5FAV
507f1f77bcf86cd799439011
1HCpXwx2EK9oYluWbacgeCnFcLf
V1StGXR8_Z5jdHi6B-myT
arn:aws:lambda:eu-west-1:123456789012:function:token-refresh:7
user ana has changed the password
the session was closed after 12 s
no token found in header
password reset for ana@example.com was requested
Password must contain: upper, lower, digit
login failed: wrong password
secret not found: prod/db
missing required field 'token'
token count is 7
auth method is basic
session id is required
api key is invalid
cookie is too large: 4097 bytes
signature is valid
The credentials are stored in AWS Secrets Manager
password (optional): leave empty
password field is required
import secrets; secrets.token_hex(16)
from app.auth import token_required
class PasswordForm(Form): password = PasswordField()
def get_secret(name: str) -> str:
token: str = Field(...)
password: Optional[str] = None
password = input("Password: ")
password = getpass.getpass()
api_key = config.get("api_key")
token = request.headers.get("Authorization")
"password": {"type": "string"}
password = models.CharField(max_length=128)
SELECT password FROM users WHERE id = 7
DELETE FROM tokens WHERE expires_at < now()
GRANT SELECT ON tokens TO app
auth-service v1.2.3 started on port 8080
GET /oauth/token 200
POST https://api.example.com/v1/auth/login 401
x-api-key header is required
max-age=3600; includeSubDomains
content-security-policy: default-src 'self'
key: value
Key: orders/2026/a.csv
token bucket: 12 of 40
pass: 12, fail: 3
passed=12 failed=0
12 passed, 3 failed
compass: north
bypass: true
password123 is a weak password
author: Ana Example
tokens: ['a', 'b', 'c']
pin: null
session: None
secret_name=prod/db
{"secretArn": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:x"}
{"kid": "k1", "alg": "RS256", "use": "sig"}
{"auth": {"type": "oauth2"}}
{"password": {"min": 12, "max": 64}}
{"token": {"valid": true, "expires": 3600}}
{"session": {"id": 7}}
{"credentials": null}
"""
INNOCENT_OBJECTS: list[Any] = [
    {"password_reset":True},{"salt_level":"low"},{"jwt_alg":"RS256"},{"totp_period":30},{"password_hashers":["argon2"]},{"password_ref":"db"},{"first_pass":"done"},{"boarding_pass":"A17"},{"tokens":{"input":12,"output":7}},{"session":{"count":3}},{"secret":False},{"pin":None},{"auth":{"method":"iam","enabled":True}},{"v":"x1234567","k":"colour"},{"id":"theme","value":"dark mode"},["Host","example.com","Accept","*/*"],("a","b"),{"field":"email","from":"old@x.com","to":"new@x.com"},{"keys":["id"],"values":["x-1234"]},
]  # fmt: skip


def _undone(line: str) -> str:
    """Return a line with its `\\n` as a line's end."""
    return line.replace(r"\n", "\n") if r"\\n" not in line else line


def rows() -> Iterator[Row]:
    """The secrets."""
    maker = Maker("usual")
    for line in filter(None, TEXTS.split("\n")):
        secret = maker.fill("{a32}") if "Bearer" in line or "Basic" in line else maker.password()
        yield Row("usual text", {"line": _undone(line).replace(MARK, secret)}, secret)
    for line in filter(None, DRAWN_TEXTS.split("\n")):
        secret = maker.fill("{a32}")
        yield Row("usual drawn text", {"line": _undone(line).replace(MARK, secret)}, secret)
    for group, make in OBJECTS:
        secret = maker.password()
        yield Row(f"usual {group}", {"event": make(secret)}, secret)


def innocents() -> Iterator[Row]:
    """The innocents."""
    for line in filter(None, INNOCENT_TEXTS.split("\n")):
        yield Row("innocent usual text", {"line": _undone(line)})
    for value in INNOCENT_OBJECTS:
        yield Row("innocent usual object", {"event": value})
