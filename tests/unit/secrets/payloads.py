"""Secrets in what functions are really called with and print: events of AWS, webhooks, settings, addresses, objects.

`§` in a text stands for the secret.
"""

from __future__ import annotations

import dataclasses
import json
import urllib.parse
from collections import OrderedDict, UserDict, defaultdict, deque
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import attrs
import pydantic

from tests.unit.secrets.payload_events import events, neighbours, put_secret, webhooks
from tests.unit.secrets.rows import MARK, Maker, Row, one_of

if TYPE_CHECKING:
    from collections.abc import Iterator

# Addresses and connection strings of databases, brokers and services.
ADDRESSES = """
postgresql://app:§@db.example.com:5432/shop?sslmode=require
postgresql+asyncpg://app:§@10.0.0.7/shop
postgresql:///shop?host=db.example.com&user=app&password=§
mysql+pymysql://root:§@db/shop?charset=utf8mb4
mariadb://app:§@db.example.com/shop
mongodb+srv://app:§@cluster0.ab1cd.mongodb.net/shop?retryWrites=true
mongodb://app:§@m1:27017,m2:27017/shop?replicaSet=rs0
redis://:§@cache.example.com:6379/0
rediss://default:§@cache.example.com:6380
amqps://app:§@mq.example.com/vhost
mssql+pyodbc://sa:§@sql.example.com/shop?driver=ODBC+Driver+18+for+SQL+Server
oracle+oracledb://app:§@ora.example.com:1521/?service_name=ORCL
cockroachdb://app:§@roach.example.com:26257/shop
neo4j+s://neo4j:§@graph.example.com
elasticsearch://elastic:§@es.example.com:9200
redshift+psycopg2://app:§@rs.example.com:5439/dev
trino://ana:§@trino.example.com:443/hive
nats://app:§@nats.example.com:4222
smtp://mailer:§@smtp.example.com:587
ftp://ana:§@ftp.example.com/in
https://ana:§@artifacts.example.com/simple
https://oauth2:§@gitlab.example.com/group/project.git
couchbase://app:§@cb.example.com
cassandra://app:§@c1.example.com/ks
dbname=shop user=app password=§ host=db.example.com
host=db.example.com port=5432 user=app password='§' connect_timeout=3
Server=tcp:sql.example.com,1433;Database=shop;User ID=app;Password=§;Encrypt=true
Driver={ODBC Driver 18 for SQL Server};Server=sql;UID=app;PWD=§
Data Source=ora;User Id=app;Password=§;
DefaultEndpointsProtocol=https;AccountName=shop;AccountKey=§;EndpointSuffix=core.windows.net
Endpoint=sb://shop.servicebus.windows.net/;SharedAccessKeyName=root;SharedAccessKey=§
AccountEndpoint=https://shop.documents.azure.com:443/;AccountKey=§;
jdbc:postgresql://db:5432/shop?user=app&password=§
jdbc:oracle:thin:app/§@ora.example.com:1521/ORCL
jdbc:sqlserver://sql:1433;databaseName=shop;user=app;password=§;encrypt=true
bootstrap.servers=b1:9092\\nsasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required username="app" password="§";
"""

# Texts as logs, errors, files and requests hold them.
TEXTS = """
could not connect to server: postgresql://app:§@db.example.com/shop: timeout
(1045, "Access denied for user 'app'@'10.0.0.7' (using password: §)")
botocore.exceptions.ClientError: Invalid credentials: aws_secret_access_key=§
Traceback (most recent call last):\\n  File "app.py", line 3, in connect\\n    db = connect(user="app", password="§")\\nTimeoutError: timed out
Login(user='ana', password='§', remember=True)
User(id=7, name='ana', api_key='§', roles=['a'])
Settings(db_url='postgresql://app:§@db/shop', debug=False)
Namespace(user='ana', token='§', verbose=True)
{'user': 'ana', 'password': '§'}
{'user': 'ana', 'auth': ('ana', '§')}
OrderedDict([('user', 'ana'), ('password', '§')])
[('grant_type', 'password'), ('client_secret', '§')]
{"user": {"login": "ana", "password": "§"}}
{"variables": [{"name": "password", "value": "§"}]}
{"headers": [{"name": "Authorization", "value": "Bearer §"}]}
[{"key": "api_key", "value": "§"}]
grant_type=password&username=ana&password=§
grant_type=client_credentials&client_id=web&client_secret=§&scope=read
client_id=web&code_verifier=§&code=x
user%5Bemail%5D=ana%40example.com&user%5Bpassword%5D=§
email=ana%40example.com&new_password=§&confirm=1
mutation { login(email: "ana@example.com", password: "§") { id } }
{"query": "mutation($p: String!) { login(password: $p) { id } }", "variables": {"email": "ana@example.com", "password": "§"}}
<soap:Envelope><soap:Body><Login><user>ana</user><password>§</password></Login></soap:Body></soap:Envelope>
<wsse:UsernameToken><wsse:Username>ana</wsse:Username><wsse:Password Type="x#PasswordText">§</wsse:Password></wsse:UsernameToken>
<add key="ApiSecret" value="§" />
<property name="db.password" value="§"/>
<entry key="password">§</entry>
<user name="ana" password="§"/>
<?xml version="1.0"?>\\n<settings><servers><server><id>repo</id><username>ci</username><password>§</password></server></servers></settings>
DB_HOST=db\\nDB_PASSWORD=§\\nDEBUG=1
# settings\\nexport STRIPE_SECRET="§"\\nexport REGION=eu-west-1
SECRET_KEY = '§'
JWT_SECRET: §
database:\\n  host: db\\n  password: §\\n  port: 5432
spring.datasource.password=§
[default]\\naws_access_key_id = x\\naws_secret_access_key = §
machine api.example.com login ana password §
//registry.npmjs.org/:_authToken=§
db.example.com:5432:shop:app:§
curl -u ana:§ https://api.example.com/v1
curl -H 'Authorization: Bearer §' https://api.example.com
curl -H "X-Api-Key: §" https://api.example.com
mysql -h db -u root --password=§ shop
PGPASSWORD=§ psql -h db shop
psql "host=db user=app password=§"
docker login -u ana -p § registry.example.com
sshpass -p § ssh ana@host
redis-cli -a § ping
aws configure set aws_secret_access_key §
terraform apply -var db_password=§
helm install x --set auth.password=§
openssl enc -aes-256-cbc -pass pass:§
https://api.example.com/v1/orders?api_key=§&page=2
https://api.example.com/v1/orders?page=2&sig=§&se=2026-01-01
https://shop.blob.core.windows.net/c/b?sv=2021&st=2026&sr=b&sp=r&sig=§
https://d111.cloudfront.net/a.mp4?Expires=1&Signature=§&Key-Pair-Id=K1
https://hooks.example.com/in?token=§
wss://stream.example.com/?access_token=§
https://maps.example.com/api/js?key=§&callback=init
Set-Cookie: session=§; Path=/; HttpOnly; Secure
Cookie: lang=de; auth_token=§; theme=dark
POST /login HTTP/1.1\\r\\nHost: x\\r\\nAuthorization: Basic §\\r\\n\\r\\n
GET /?token=§ HTTP/1.1" 200 12 "-" "curl/8"
INFO login ok user=ana session_token=§ took=12ms
level=info msg="signed in" token="§" user=ana
the new password for ana is §
Your verification password is: §
Use password "§" to sign in
Temporary password: §. Change it soon.
password='§'
password => §
"password" : "§"
:password => "§"
password := "§"
--client-secret §
AUTH §
ALTER USER app WITH PASSWORD '§';
INSERT INTO accounts (id, name, secret) VALUES (7, 'x', '§')
UPDATE users SET token='§' WHERE id=7
params: {:email=>"ana@example.com", :password=>"§"}
map[email:ana@example.com password:§ remember:true]
{email:ana@example.com,password:§}
"""

# Tokens by their published forms, and the place that holds one.
FORMS = """
sk_live_{a24}
rk_live_{a40}
whsec_{a32}
xoxb-{d11}-{d11}-{a24}
xapp-1-A{u10}-{d13}-{h64}
ghp_{a36}
github_pat_{a22}_{a59}
ghs_{a36}
glpat-{a20}
AKIA{t16}
sk-proj-{a48}
SG.{a22}.{a43}
shpat_{h32}
npm_{a36}
pypi-AgEIcHlwaS5vcmc{a70}
AIza{w35}
ya29.{a68}
dop_v1_{h64}
hvs.{a24}
dckr_pat_{a27}
lin_api_{a40}
sq0atp-{a22}
EAAA{a60}
xkeysib-{h64}-{a16}
key-{h32}
""".split()  # noqa: SIM905 -- a table of words

# Words that people glue a token to. `§` stands for the token.
GLUED = ["token_§", "x§", "key§", "__§__", "prod_§", "§_old", "id§", "TOKEN§", "a_§_b"]

JWT = "eyJhbGciOiJIUzI1NiJ9.{part}.{a43}"


@dataclasses.dataclass
class Login:
    user: str
    password: str


@attrs.define
class Client:
    url: str
    api_key: str


class Account(pydantic.BaseModel):
    name: str
    secret: str


class Slots:
    __slots__ = ("access_token", "user")

    def __init__(self, token: str) -> None:
        self.user, self.access_token = "ana", token


def objects(maker: Maker) -> Iterator[tuple[str, Any, str]]:
    """Objects and containers that hold one."""
    secret = maker.password
    s = secret()
    yield "dataclass", Login("ana", s), s
    s = secret()
    yield "dataclass in text", repr(Login("ana", s)), s
    s = secret()
    yield "attrs", Client("https://x", s), s
    s = secret()
    yield "attrs in text", repr(Client("https://x", s)), s
    s = secret()
    yield "pydantic", Account(name="ana", secret=s), s
    s = secret()
    yield "pydantic in text", repr(Account(name="ana", secret=s)), s
    s = secret()
    yield "slots", Slots(s), s
    s = secret()
    yield "default dict", defaultdict(list, {"password": [s]}), s
    s = secret()
    yield "ordered dict", OrderedDict(user="ana", token=s), s
    s = secret()
    yield "user dict", UserDict({"token": s}), s
    s = secret()
    yield "mapping proxy", MappingProxyType({"token": s}), s
    s = secret()
    yield "deque", deque([{"token": s}]), s
    s = secret()
    yield "exception", ValueError(f"postgresql://app:{s}@db/shop"), s
    s = secret()
    yield "exception of a dict", KeyError({"password": s}), s
    s = secret()
    yield "exception of an object", RuntimeError("failed", Login("ana", s)), s
    s = secret()
    yield "bytes of json", json.dumps({"password": s}).encode(), s
    s = secret()
    yield "bytes keys", {b"password": s.encode()}, s
    s = secret()
    yield "parsed query", urllib.parse.parse_qs(f"user=ana&password={s}"), s
    s = secret()
    yield "parsed address", urllib.parse.urlsplit(f"redis://app:{s}@cache/0"), s
    s = secret()
    yield "bytearray", bytearray(f"password={s}", "utf8"), s
    s = secret()
    yield "frozenset", frozenset({f"password={s}"}), s


def statements(maker: Maker) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Statements and their values in variables of their own."""
    for number, (statement, values, name) in enumerate(
        [
            ("INSERT INTO users (email, password) VALUES (%s, %s)", ("ana@example.com", MARK), "params"),
            ("UPDATE users SET password_hash = ? WHERE id = ?", [MARK, 7], "args"),
            ("SELECT id FROM users WHERE email = $1 AND password = $2", ["ana@example.com", MARK], "values"),
            (
                "INSERT INTO users VALUES (:email, :p)",
                {"email": "ana@example.com", "password": MARK},
                "params",
            ),
            ("UPDATE api SET api_key = :v WHERE id = :i", {"v": MARK, "i": 7}, "binds"),
            (
                "INSERT INTO users (email, password) VALUES (%s, %s)",
                [("a@example.com", "x"), ("b@example.com", MARK)],
                "rows",
            ),
            ("SELECT id, email, password FROM users", [(7, "ana@example.com", MARK)], "rows"),
            ("SELECT id, token FROM sessions WHERE id = 7", (7, MARK), "row"),
        ]
    ):
        secret = maker.password()
        yield (
            f"statement {number}",
            {"sql" if number % 2 else "query": statement, name: put_secret(values, secret)},
            secret,
        )


def rows() -> Iterator[Row]:
    """All of them."""
    maker = Maker("payloads")
    for number, text in enumerate(
        line.encode().decode("unicode_escape") for line in ADDRESSES.split("\n") if line
    ):
        secret = maker.password()
        whole = text.replace(MARK, secret)
        yield Row(
            "payload address",
            one_of(
                number, {"url": whole}, {"config": {"a": whole}}, {"fault": OSError(f"no answer: {whole}")}
            ),
            secret,
        )
    for number, text in enumerate(
        line.encode().decode("unicode_escape")
        for line in TEXTS.encode("ascii", "backslashreplace").decode().split("\n")
        if line
    ):
        secret = maker.password()
        whole = text.replace("\u00a7", secret)
        yield Row(
            "payload text",
            one_of(number, {"line": whole}, {"raw": whole.encode()}, {"record": {"message": whole}}),
            secret,
        )
    for number, form in enumerate(FORMS):
        token = maker.fill(form)
        yield Row("payload token", maker.place(token, number), token)
    for number, glue in enumerate(GLUED * 3):
        token = maker.fill(FORMS[number * 7 % len(FORMS)])
        yield Row(f"payload glued {glue}", maker.place(glue.replace(MARK, token), number), token)
    for make in (events, webhooks, neighbours, objects):
        for number, (group, value, secret) in enumerate(make(maker)):
            yield Row(
                f"payload {group}",
                one_of(number, {"event": value}, {"data": value}, {"result": [value]}),
                secret,
            )
    for group, variables, secret in statements(maker):
        yield Row(f"payload {group}", variables, secret)
