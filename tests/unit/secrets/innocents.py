"""What is no secret, and looks or sounds like one. `~` in a text stands for a space in a table of words."""

from __future__ import annotations

import base64
import json
import threading
from datetime import UTC, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from tests.unit.secrets.rows import Maker, Row, one_of

if TYPE_CHECKING:
    from collections.abc import Iterator

# A name and its value, as they stand in answers, settings and objects.
NAMED: dict[str, Any] = {
    "next_token": "eyJwYWdlIjogMn0=", "NextToken": "AQICAHhkM2Y0NTY3", "nextPageToken": "CAUQAA", "page_token": "p-0002", "pageToken": "17", "continuation_token": "c-88", "ContinuationToken": "1ueGcxLPRx1Tr",
    "NextContinuationToken": "1ueGcxLPRx1Ts", "sync_token": "s-12", "starting_token": "start-4", "cursor_token": "cur-9", "secret_arn": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-AbCdEf",
    "secretArn": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:api-AbCdEf", "secret_name": "prod/db/main", "SecretName": "prod-db", "secret_id": "prod/db", "secret_version": "3", "secret_path": "secret/data/db", "secret_manager": "aws",
    "has_password": True, "is_token_valid": False, "password_set": True, "password_required": True, "password_changed_at": "2026-01-02T03:04:05Z", "password_last_used": "2026-01-02", "password_policy": "strict", "password_min_length": 12,
    "password_reset_sent": "2026-01-02", "password_strength": "strong", "password_field": "input", "password_attempts": 3, "passwordless": "enabled", "use_password": "no", "needs_password": "yes", "hide_password": True, "show_password": "off",
    "token_type": "Bearer", "tokenType": "bearer", "token_count": 1200, "tokens": 512, "max_tokens": 4096, "prompt_tokens": 300, "completion_tokens": 90, "total_tokens": 390, "input_tokens": 17, "token_usage": 0.5, "tokens_used": 33,
    "token_expires_in": 3600, "token_url": "https://auth.example.com/token", "token_endpoint": "https://auth.example.com/oauth/token", "token_limit": 100, "token_index": 7, "tokenizer": "cl100k", "tokenized": "a b c", "token_expired": True, "token_valid": "yes",
    "api_key_id": "k-0007", "api_key_name": "ci", "apiKeyStatus": "active", "apiKeySource": "HEADER", "api_key_required": False, "key_id": "k-1", "access_key_count": 2, "key_name": "orders", "key_version": 4, "primary_key": "id", "foreign_key": "user_id",
    "partition_key": "u#7", "sort_key": "o#8", "idempotency_key": "order-7", "cache_key": "cart:7", "routing_key": "orders.new", "object_key": "in/a.csv", "s3_key": "in/b.csv", "key": "colour", "public_key_url": "https://x/jwks.json",
    "secretary": "Ana", "author": "Bob", "authority": "x", "authored": "Ana", "auth_type": "oauth2", "auth_method": "sso", "authType": "IAM", "auth_mode": "AWS_IAM", "auth_enabled": True, "auth_url": "https://auth.example.com", "auth_provider": "cognito", "is_authenticated": True,
    "credential_type": "x509", "credentials_provider": "instance-profile", "credential_name": "ci", "credentials_valid": True, "cookie_name": "theme", "cookie_domain": "example.com", "cookie_consent": "all", "cookies_enabled": True, "accept_cookies": "yes",
    "session_count": 4, "session_start": "2026-01-02T03:04:05Z", "session_duration": 60, "session_timeout": 900, "session_name": "dev", "session_state": "open", "db_session": SimpleNamespace(bind="db", autoflush=True), "pin_count": 4, "pinned": True, "spin": 1, "pinout": "a1",
    "passed": 12, "pass_rate": 0.98, "pass_count": 7, "passes": 3, "passenger": "Ana", "compass": "north", "bypass": "no", "passport_required": False, "signature_version": "s3v4", "signature_algorithm": "RS256", "signature_valid": True, "design": "x",
    "certificate_arn": "arn:aws:acm:eu-west-1:123456789012:certificate/7", "encryption_key_arn": "arn:aws:kms:eu-west-1:123456789012:key/7", "kms_key_id": "alias/orders", "monkey": "x", "keyboard": "de", "otp_enabled": True, "otp_sent": "2026-01-02", "mfa_enabled": "true", "mfa_serial_number": "arn:aws:iam::123456789012:mfa/ana",
    "csrf_enabled": True, "oauth_scopes": "read write", "oauth_provider": "github", "jwt_algorithm": "RS256", "jwt_issuer": "https://auth.example.com", "pan_number_valid": True, "panel": "left", "span": "1", "company": "x", "Japan": "JP", "japanese": "ja", "nonce_count": 1, "salted": True, "card_brand": "visa", "card_last4": "4242",
    "card_type": "credit", "card_count": 2, "senha_valida": True, "passwort_laenge": 12, "clave_primaria": "id", "klave": "x", "mot_de_passe_valide": True, "lockfile": "a", "subscription_id": "sub-7", "license": "MIT", "license_url": "https://x/MIT", "transaction_id": "t-0007", "client_id": "web", "public_key": "none",
}  # fmt: skip

TEXTS = """
The password must be at least 12 characters long.
password: must not be empty
password: required
Password reset requested by user 7
{"password": ["This field is required."]}
{"errors": {"password": "must not be blank"}}
{"field": "password", "message": "is too short"}
{"password": null, "user": "ana"}
{"password": ""}
{"password": true}
password=None user=ana
token=null
invalid token: expected ')' at column 4
SyntaxError: unexpected token '<' in JSON at position 0
Unexpected token: end of input
token expired at 2026-01-02T03:04:05Z
The security token included in the request is expired
secret not found: prod/db
no secret named orders in namespace default
basic authentication is not enabled
Bearer authentication required
WWW-Authenticate: Bearer realm="x"
use the token of the page before
a cookie was set
two cookies and a glass of milk
key: value
the key is under the mat
sign in with your password to continue
session opened for user root
session closed
pin the version to 1.2.3
author: Ana Smith
pass the salt, please
salt and pepper
total tokens: 1234
used 512 tokens of 4096
SELECT id, password FROM users WHERE id = 7
SELECT count(*) FROM tokens
ALTER TABLE users ADD COLUMN password varchar(255)
INSERT INTO users (email, password) VALUES (%s, %s)
UPDATE users SET name = 'Ana' WHERE id = 7
INSERT INTO orders (id, status) VALUES (7, 'paid')
https://example.com/reset-password?lang=de
https://example.com/oauth/token
https://example.com/a?page_token=7&size=10
https://docs.example.com/secrets/rotate.html#password
/etc/secrets/mounted
/var/run/secrets/kubernetes.io/serviceaccount
arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-AbCdEf
arn:aws:iam::123456789012:user/ana
s3://bucket/passwords/readme.md
class PasswordField(Field):
def check_password(user, password):
import secrets
os.environ["DB_PASSWORD"]
process.env.API_KEY
${DB_PASSWORD}
password: ${DB_PASSWORD}
password: {{ vault_password }}
api_key: <your key here>
password: ********
password: [FILTERED]
Authorization header is missing
missing header: X-Api-Key
Content-Type: application/json; charset=utf-8
ssh-ed25519 is preferred to ssh-rsa
hunter, gatherer, farmer
it costs 4111 points
sk-learn 1.5.0
eyJ is how a token starts
AKIA is how a key id starts
xoxo, Ana
ghp is a prefix
pk_orders_2026_11
SG-Singapore, DE-Germany
SK and AC are codes of countries
data:image/svg+xml;utf8,<svg/>
2026-11-29T22:36:09.123456+00:00 INFO order 7 paid
-----BEGIN REPORT-----
user:ana role:admin scope:read
ratio 16:9, score 3:2
ana@example.com:8080
mailto:ana@example.com?subject=password
machine learning login password
docker run -p 8080:80 -u 1000 nginx
mysql -h db -u app shop
psql -p 5432 -U app
"""

# Ids, hashes, stamps, versions: as they are, under a name that says nothing.
FORMS = """
{h8}-{h4}-4{h3}-a{h3}-{h12}
{h40}
{h64}
{h32}
{h128}
{h7}
sha256:{h64}
sha1:{h40}
sha512-{b86}==
sha256-{b43}=
1-{h8}-{h24}
Root=1-{h8}-{h24};Parent={h16};Sampled=1
00-{h32}-{h16}-01
01HZX{u21}
{l24}
64f{h21}
i-0{h16}
vpc-{h8}
ami-0{h16}
sg-{h17}
eni-{h17}
vol-0{h16}
snap-0{h16}
subnet-0{h16}
rtb-{h8}
cus_{a14}
pi_3{a23}
ch_3{a23}
evt_1{a23}
in_1{a23}
price_1{a23}
prod_{a14}
acct_1{a15}
req_{a14}
W/"{h32}"
"{h32}-7"
1.2.3-beta.4+{h7}
v{d1}.{d2}.{d1}
orders@sha256:{h64}
2026/11/29/[$LATEST]{h32}
/aws/lambda/orders-{h8}
arn:aws:lambda:eu-west-1:{d12}:function:orders-{u12}
arn:aws:sns:eu-west-1:{d12}:topic-{h8}
https://sqs.eu-west-1.amazonaws.com/{d12}/orders
d{u13}.cloudfront.net
E{u13}
Z{u13}
{d10}
{d13}
17{d8}.{d6}
{d19}
urn:uuid:{h8}-{h4}-4{h3}-8{h3}-{h12}
msg-{h8}
user-{d6}
order_{d9}
INV-2026-{d6}
ISBN 978-3-16-148410-0
DE89 3704 0044 0532 0130 00
+49 30 {d7}
pk.{h8}
build-{d5}-{h7}
key-{d4}
token-{d3}
session-{d4}
us-east-1_{a9}
amzn1.account.{u28}
asin B0{u8}
{h2}:{h2}:{h2}:{h2}:{h2}:{h2}
fe80::{h4}:{h4}:{h4}:{h4}
#{h6}
POINT({d2}.{d6} {d2}.{d6})
"""


def rows() -> Iterator[Row]:
    """All of them."""
    for number, (name, value) in enumerate(NAMED.items()):
        plain = type(value) is str
        if number % 4 == 0:
            yield Row(f"name {name}", {name: value})
        elif number % 4 == 1 and plain:
            yield Row(f"name {name}", {"body": json.dumps({name: value, "id": 7})})
        elif number % 4 == 2:
            yield Row(f"name {name}", {"settings": SimpleNamespace(**{name: value})})
        else:
            yield Row(f"name {name}", {"event": {"detail": {name: value}}})
    for number, text in enumerate(TEXTS.strip().splitlines()):
        yield Row(
            f"text {text[:40]}",
            one_of(number, {"text": text}, {"lines": [text, "end"]}, {"fault": ValueError(text)}),
        )
    for number, form in enumerate(FORMS.strip().splitlines()):
        yield Row(f"form {form}", Maker(form).place(Maker(form).fill(form), number))
    for number, variables in enumerate(_values()):
        yield Row(f"value {number}", variables)


def _values() -> Iterator[dict[str, Any]]:
    maker = Maker("values")
    picture = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 2
    yield {"image": base64.b64encode(picture).decode()}
    yield {
        "event": {
            "isBase64Encoded": True,
            "body": base64.b64encode(b'{"order": 7, "items": ["tea", "cup"]}').decode(),
        }
    }
    yield {
        "event": {"Records": [{"kinesis": {"data": base64.b64encode(b"order 7 was paid by ana").decode()}}]}
    }
    yield {"data": base64.urlsafe_b64encode(b'{"page": 2, "next_token": "abc"}').decode()}
    yield {"data": base64.b64encode(b"id,name,total\n7,ana,12.50\n8,bob,3.00\n").decode()}
    yield {"css": "data:image/png;base64," + base64.b64encode(picture).decode()}
    yield {
        "claims": {
            "sub": "7",
            "iss": "https://auth.example.com",
            "aud": "web",
            "exp": 1764000000,
            "scope": "read",
            "token_use": "access",
        }
    }
    yield {"claims": {"sub": "7", "cognito:username": "ana", "email_verified": True, "auth_time": 1764000000}}
    yield {"session": threading.Lock()}
    yield {"session": SimpleNamespace(bind="db")}
    yield {"cookie": threading.Event()}
    yield {"columns": ["id", "name"], "rows": [[1, "ana"], [2, "bob"]]}
    yield {"sql": "SELECT id FROM users WHERE name = %s", "params": ("ana",)}
    yield {"sql": "UPDATE users SET name = ? WHERE id = ?", "args": ("ana", 7)}
    yield {"table": [["user", "total"], ["ana", 3], ["bob", 4]]}
    yield {"parts": ("https", "example.com", "/a")}
    yield {"errors": [{"loc": ["body", "password"], "msg": "Field required", "type": "missing"}]}
    yield {
        "schema": {
            "type": "object",
            "properties": {"password": {"type": "string", "minLength": 12}},
            "required": ["password"],
        }
    }
    yield {"fields": ["id", "email", "password"]}
    yield {"names": ("password", "token")}
    yield {"required": {"password": True, "email": True}}
    yield {"policy": {"Action": "secretsmanager:GetSecretValue", "Resource": "*"}}
    yield {"totals": {"tokens": 12, "secrets": 3, "passwords": 0, "cookies": 2}}
    yield {"when": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)}
    yield {"amount": Decimal("12.50")}
    yield {"usage": {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}}
    yield {"matrix": [[1, 2], [3, 4]]}
    yield {"ids": [int(maker.fill("1{d15}")) for _ in range(3)]}
    yield {"stamp": 1764000000000}
    yield {"text": "x" * 400}
    yield {"csv": "id,name,total\n7,ana,12.50\n8,bob,3.00"}
    yield {"raw": picture}
    yield {"command": "docker run -u 1000:1000 --rm builder"}
    yield {"place": "auth_token.py:12"}
    yield {"place": "at com.acme.TokenService.validate(TokenService.java:12)"}
