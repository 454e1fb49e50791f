"""What is no secret in what functions are really called with and print."""

from __future__ import annotations

import base64
import hashlib
import json
import uuid
from collections import namedtuple
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from tests.unit.secrets.rows import Maker, Row, one_of

if TYPE_CHECKING:
    from collections.abc import Iterator

TEXTS = """
Password reset mail was sent to the user
The token has expired, please sign in again
Invalid password for user ana
401 Unauthorized: missing or bad token
Unable to locate credentials. You can configure credentials by running "aws configure".
An error occurred (ExpiredTokenException) when calling the GetObject operation: The security token included in the request is expired
An error occurred (AccessDeniedException) when calling the GetSecretValue operation: User: arn:aws:sts::123456789012:assumed-role/app/app is not authorized
password authentication failed for user "app"
FATAL: no password supplied
KeyError: 'password'
TypeError: login() missing 1 required positional argument: 'password'
AttributeError: 'NoneType' object has no attribute 'token'
Field required: body -> password
password: This field is required.
"password" must contain at least 8 characters
Passwords do not match
Set the environment variable DB_PASSWORD before you start
Use --password-stdin instead of --password
See https://docs.example.com/security/tokens#refresh-tokens for how tokens are renewed
https://auth.example.com/oauth2/token
https://auth.example.com/oauth2/authorize?response_type=code&client_id=web&scope=openid
https://example.com/reset-password?step=2
https://example.com/api/v1/users/7/tokens?page=2&limit=50
Bearer authentication is required
Authorization header is missing
Basic auth is disabled for this realm
token bucket is empty, retry in 12 ms
unexpected token '}' at line 3 column 7
SyntaxError: Unexpected token < in JSON at position 0
max_tokens=4096 temperature=0.2 tokens used=312
tokens: 512 prompt, 90 completion
session opened for user ana by uid=0
session started at 2026-01-02T03:04:05Z
Secret rotation finished in 12.3 s
secret prod/db/main was last changed 2026-01-02
key not found: cart:7
primary key violation on users.id
duplicate key value violates unique constraint "users_email_key"
Key (email)=(ana@example.com) already exists.
kms key alias/orders is enabled
api key quota exceeded for plan basic
CSRF token missing or incorrect.
csrf verification failed for POST /cart
cookie consent accepted by 120 users
pin code must be 4 digits
the author of this commit is Ana Example
compassion passes through the passenger list
GET /login 200 12ms
POST /v1/password/reset 204 31ms
def check_password(user, password): return user.verify(password)
if password is None: raise ValueError("password is missing")
password = os.environ["DB_PASSWORD"]
token = get_token(user)
self.password = password
api_key=api_key, timeout=3
password=password
password=None
token: null
password: ""
secret: true
token=***
password: ********
Authorization: [REDACTED]
{"password": null, "user": "ana"}
{"token": "", "user": "ana"}
{"has_password": true, "password_changed_at": "2026-01-02T03:04:05Z"}
{"error": "invalid_grant", "error_description": "The refresh token is invalid"}
{"detail": [{"loc": ["body", "password"], "msg": "field required", "type": "value_error.missing"}]}
{"next_token": "AAAAAAAAAAEAAAAAAAAAAQ", "items": []}
{"token_type": "Bearer", "expires_in": 3600, "scope": "read write"}
{"alg": "RS256", "typ": "JWT", "kid": "2026-01"}
{"kty": "RSA", "use": "sig", "kid": "k1", "alg": "RS256"}
SELECT id, email FROM users WHERE password_changed_at < now()
SELECT count(*) FROM tokens WHERE expired = true
INSERT INTO users (email, password) VALUES (%s, %s)
UPDATE users SET password = :password WHERE id = :id
ALTER TABLE users ADD COLUMN password_hash varchar(255)
CREATE INDEX ix_tokens_user ON tokens (user_id)
<input type="password" name="password" required>
<label for="password">Password</label>
<wsse:Username>ana</wsse:Username>
password: [minLength: 12, maxLength: 64]
arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-AbCdEf
arn:aws:iam::123456789012:role/token-exchange
arn:aws:sns:eu-west-1:123456789012:password-resets
s3://tokens-bucket/2026/01/02/part-0001.parquet
git@github.com:acme/auth-tokens.git
https://github.com/acme/secrets-manager/pull/17
redis://cache.example.com:6379/0
postgresql://db.example.com:5432/shop
postgresql://app@db.example.com/shop
amqp://guest@mq
ETag: "33a64df551425fcc55e4d42a148795d9f25f89d4"
W/"0815-4711"
traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01
Root=1-67891233-abcdef012345678912345678;Sampled=1
x-amzn-RequestId: 8f7ad1c6-6b2f-4d3e-9a53-0a7b9d1c2e3f
sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
commit 3f785c8d1e9b2a4f6071c8d5e3a9b2c4d6e8f0a1
v1.2.3-rc.4+build.20260102
Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36
boto3/1.34.5 md/Botocore#1.34.5 ua/2.0 os/linux#5.10
2026-01-02T03:04:05.678+00:00
+49 30 901820
ana@example.com
order_7_token_count
my_ghost_town
mask_aws_ids
glue_akia_index
xyz_skeleton_key
pkg_resources.find_distributions
risk_live_score_table
"""


def named(maker: Maker) -> Iterator[tuple[str, Any]]:
    """A name and a value that belongs to it."""
    for name in (
        "id",
        "request_id",
        "requestId",
        "trace_id",
        "messageId",
        "userId",
        "sub",
        "jti",
        "event_id",
        "correlation_id",
        "eventSourceArn",
    ):
        yield name, str(uuid.UUID(maker.fill("{h32}")))
    for name in (
        "etag",
        "eTag",
        "sha256",
        "md5",
        "digest",
        "checksum",
        "commit",
        "codeSha256",
        "fingerprint",
        "revision",
    ):
        yield name, hashlib.sha256(name.encode()).hexdigest()
    for name in ("contentMd5", "CodeSha256"):
        yield name, base64.b64encode(hashlib.sha256(name.encode()).digest()).decode()
    yield "receiptHandle", maker.fill("{b180}")
    yield "version", "1.2.3"
    yield "sequencer", maker.fill("{H16}")
    yield "sequenceNumber", maker.fill("4{d55}")
    yield "shardId", "shardId-000000000006"
    yield "token_count", 17
    yield "nextToken", maker.fill("{a60}")
    yield "LastEvaluatedKey", {"pk": {"S": "u#7"}, "sk": {"S": "o#8"}}
    yield "ExclusiveStartKey", {"id": "7"}
    yield "clientRequestToken", str(uuid.UUID(maker.fill("{h32}")))
    yield "ClientToken", str(uuid.UUID(maker.fill("{h32}")))
    yield "idempotencyToken", str(uuid.UUID(maker.fill("{h32}")))
    yield "accountId", "123456789012"
    yield "publicKey", "none"
    yield "passed", True
    yield "author", "Ana"
    yield "authorized", True
    yield "keys", ["a", "b"]
    yield "key", "orders/2026/01/a.csv"
    yield "signature_algorithm", "ed25519"
    yield "secretsCount", 3
    yield "when", datetime(2026, 1, 2, tzinfo=UTC)
    yield "took", timedelta(seconds=3)
    yield "cookieless", True
    yield "password_length", 12


def wholes(maker: Maker) -> Iterator[Any]:
    """Events and answers without a secret."""
    pair = namedtuple("pair", "name value")  # noqa: PYI024 -- as old code has them
    yield {
        "Records": [
            {
                "eventSource": "aws:s3",
                "s3": {
                    "bucket": {"name": "tokens"},
                    "object": {
                        "key": "in/passwords.csv",
                        "size": 7,
                        "eTag": maker.fill("{h32}"),
                        "sequencer": maker.fill("{H18}"),
                    },
                },
            }
        ]
    }
    yield {
        "Records": [
            {
                "messageId": maker.fill("{h8}-{h4}-{h4}-{h4}-{h12}"),
                "body": json.dumps({"order": 7, "lines": [{"sku": "tea-assam", "quantity": 2}]}),
                "attributes": {
                    "SentTimestamp": "1764000000000",
                    "SenderId": maker.fill("AIDA{t17}")[:0] + "app",
                },
            }
        ]
    }
    yield {
        "Records": [
            {
                "dynamodb": {
                    "Keys": {"id": {"S": "u#7"}},
                    "NewImage": {
                        "id": {"S": "u#7"},
                        "total": {"N": "12.50"},
                        "tags": {"SS": ["a", "b"]},
                        "SequenceNumber": maker.fill("4{d20}"),
                    },
                }
            }
        ]
    }
    yield {
        "version": "2.0",
        "routeKey": "GET /tokens",
        "rawPath": "/tokens",
        "headers": {
            "accept": "*/*",
            "user-agent": "curl/8",
            "x-forwarded-for": "10.0.0.7",
            "x-amzn-trace-id": "Root=1-67891233-abcdef012345678912345678",
        },
        "requestContext": {
            "accountId": "123456789012",
            "requestId": maker.fill("{a15}="),
            "time": "02/Jan/2026:03:04:05 +0000",
        },
    }
    yield {
        "ResponseMetadata": {
            "RequestId": maker.fill("{h8}-{h4}-{h4}-{h4}-{h12}"),
            "HTTPStatusCode": 200,
            "HTTPHeaders": {"x-amzn-requestid": maker.fill("{u52}"), "x-amz-crc32": "2745614147"},
            "RetryAttempts": 0,
        }
    }
    yield {
        "id": maker.fill("evt_{a24}"),
        "object": "event",
        "type": "charge.succeeded",
        "data": {
            "object": {
                "id": maker.fill("ch_{a24}"),
                "customer": maker.fill("cus_{a14}"),
                "amount": 1200,
                "currency": "eur",
            }
        },
    }
    yield {
        "ref": "refs/heads/main",
        "before": maker.fill("{h40}"),
        "after": maker.fill("{h40}"),
        "repository": {"id": 7, "full_name": "acme/auth-tokens"},
    }
    yield {
        "type": "event_callback",
        "team_id": "T0AB12CD3",
        "event": {
            "type": "message",
            "user": "U0AB12CD3",
            "text": "what is the password policy?",
            "ts": "1764000000.000100",
        },
    }
    yield {"name": "region", "value": "eu-west-1"}
    yield {"name": "password", "type": "string", "required": True}
    yield {"name": "password", "label": "Password", "help": "At least 12 characters"}
    yield {"key": "colour", "value": "red"}
    yield [{"name": "LOG_LEVEL", "value": "INFO"}, {"name": "STAGE", "value": "prod"}]
    yield [["token_count", 12], ["session_count", 3]]
    yield [("password", "required"), ("email", "required")]
    yield ("password", "token", "secret")
    yield {
        "Key": {"pk": {"S": "u#7"}},
        "TableName": "tokens",
        "UpdateExpression": "SET #n = :v",
        "ExpressionAttributeNames": {"#n": "name"},
        "ExpressionAttributeValues": {":v": {"S": "Ana"}},
    }
    yield {
        "containerDefinitions": [
            {
                "name": "app",
                "secrets": [
                    {
                        "name": "DB_PASSWORD",
                        "valueFrom": "arn:aws:ssm:eu-west-1:123456789012:parameter/prod/db",
                    }
                ],
            }
        ]
    }
    yield {
        "spec": {
            "containers": [
                {
                    "env": [
                        {
                            "name": "DB_PASSWORD",
                            "valueFrom": {"secretKeyRef": {"name": "db", "key": "password"}},
                        }
                    ]
                }
            ]
        }
    }
    yield {"Name": "/prod/db/host", "Type": "String", "Value": "db.example.com", "Version": 3}
    yield {
        "SecretList": [
            {
                "ARN": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:x-AbCdEf",
                "Name": "prod/x",
                "LastChangedDate": "2026-01-02",
            }
        ]
    }
    yield {
        "kind": "ConfigMap",
        "data": {"config": base64.b64encode(b"plain words that say nothing at all").decode()},
    }
    yield pair("theme", "dark")
    yield pair("password", None)
    yield SimpleNamespace(name="orders", value=12)
    yield {"columns": ["id", "email"], "rows": [[7, "ana@example.com"]]}
    yield {"model": "x", "usage": {"input_tokens": 12, "output_tokens": 40}, "stop_reason": "end_turn"}
    yield json.dumps(
        {
            "model": "x",
            "max_tokens": 100,
            "messages": [{"role": "user", "content": "How do I store a password?"}],
        }
    )
    yield {
        "openapi": "3.1.0",
        "components": {
            "securitySchemes": {
                "bearerAuth": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
                "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
            }
        },
    }
    yield {"op": "replace", "path": "/name", "value": "Ana"}
    yield {"permissions": ["secrets:read", "tokens:write"], "scope": "openid profile"}
    yield {"flags": {"password_login": True, "token_login": False, "session_ttl": 3600}}
    yield base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(range(120))).decode()
    yield {"lines": ["GET /tokens", "POST /password"], "count": 2}
    yield {"d": 7, "n": 12, "e": 3, "k": "orders"}
    yield KeyError("token")
    yield ValueError("password must have 12 characters")


def rows() -> Iterator[Row]:
    """All of them."""
    maker = Maker("payload innocents")
    for number, text in enumerate(line for line in TEXTS.split("\n") if line):
        yield Row(
            "innocent payload text",
            one_of(number, {"line": text}, {"record": {"message": text}}, {"lines": [text]}),
        )
    for name, value in named(maker):
        yield Row(f"innocent payload {name}", {"event": {"detail": {name: value}}})
    for number, value in enumerate(wholes(maker)):
        yield Row("innocent payload", one_of(number, {"event": value}, {"data": value}, {"result": [value]}))
    yield Row(
        "innocent payload statement", {"sql": "SELECT id, email FROM users WHERE id = %s", "params": (7,)}
    )
    yield Row(
        "innocent payload statement",
        {"query": "INSERT INTO users (email, name) VALUES (?, ?)", "args": ("ana@example.com", "Ana")},
    )
    yield Row(
        "innocent payload statement", {"sql": "SELECT id, name FROM tokens", "rows": [(7, "ci"), (8, "cd")]}
    )
