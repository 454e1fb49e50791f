"""Events of AWS, what services post, and secrets whose name stands beside them. `§` stands for the secret."""

from __future__ import annotations

import base64
import json
from collections import namedtuple
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from tests.unit.secrets.rows import MARK, Maker, encoded

if TYPE_CHECKING:
    from collections.abc import Iterator


def _jwt(maker: Maker) -> tuple[str, str]:
    """A token, and the part of it that must not be seen: its signature."""
    claims = base64.urlsafe_b64encode(b'{"sub":"ana","exp":1764000000}').decode().rstrip("=")
    signature = maker.fill("{a43}")
    return f"eyJhbGciOiJIUzI1NiJ9.{claims}.{signature}", signature


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


# What AWS calls functions with, where the secret stands by itself: a name, the event, and the form of the secret; empty: a password.
EVENTS: list[tuple[str, Any, str]] = [
    ("api gateway cookies", {"version": "2.0", "cookies": ["theme=dark", f"session={MARK}"], "headers": {}}, ""),
    ("api gateway query", {"rawQueryString": f"page=1&api_key={MARK}", "queryStringParameters": {"page": "1"}}, ""),
    ("api gateway query dict", {"queryStringParameters": {"page": "1", "token": MARK}}, ""),
    ("multi value query", {"multiValueQueryStringParameters": {"password": [MARK]}}, ""),
    ("api gateway body", {"body": _json({"email": "ana@example.com", "password": MARK}), "isBase64Encoded": False}, ""),
    ("api gateway identity", {"requestContext": {"identity": {"apiKey": MARK, "sourceIp": "10.0.0.7"}}}, "{u20}"),
    ("authorizer", {"type": "TOKEN", "authorizationToken": MARK, "methodArn": "arn:aws:execute-api:eu-west-1:123456789012:x/prod/GET/"}, "{a40}"),
    ("alb", {"requestContext": {"elb": {}}, "headers": {"x-amzn-oidc-data": MARK, "x-amzn-oidc-accesstoken": MARK}}, "{a40}"),
    ("websocket", {"requestContext": {"routeKey": "$default"}, "body": _json({"action": "auth", "token": MARK})}, ""),
    ("cognito trigger", {"triggerSource": "UserMigration_Authentication", "userName": "ana", "request": {"password": MARK, "validationData": {}}}, ""),
    ("cognito code", {"triggerSource": "CustomSMSSender", "request": {"type": "x", "code_verifier": MARK, "clientMetadata": {}}}, "{d6}"),
    ("cognito challenge", {"request": {"privateChallengeParameters": {"answer": MARK, "secretCode": MARK}, "challengeAnswer": MARK}}, "{d6}"),
    ("dynamodb map", {"Item": {"config": {"M": {"db": {"M": {"password": {"S": MARK}}}}}}}, ""),
    ("dynamodb list", {"Item": {"tokens": {"L": [{"S": MARK}]}}}, ""),
    ("dynamodb set", {"Item": {"passwords": {"SS": [MARK]}}}, ""),
    ("dynamodb binary", {"Item": {"secret": {"B": MARK.encode()}}}, ""),
    ("dynamodb expression", {"UpdateExpression": "SET password = :p", "ExpressionAttributeValues": {":p": {"S": MARK}}}, ""),
    ("dynamodb expression names", {"UpdateExpression": "SET #p = :v", "ExpressionAttributeNames": {"#p": "password"}, "ExpressionAttributeValues": {":v": MARK}}, ""),
    ("sqs", {"Records": [{"messageId": "1", "body": _json({"user": "ana", "password": MARK})}]}, ""),
    ("sqs of sns", {"Records": [{"body": _json({"Type": "Notification", "Message": _json({"user": "ana", "secret": MARK})})}]}, ""),
    ("sqs of sns of s3", {"Records": [{"body": _json({"Message": _json({"detail": _json({"api_key": MARK})})})}]}, ""),
    ("sqs attributes", {"Records": [{"messageAttributes": {"token": {"stringValue": MARK, "dataType": "String"}}}]}, ""),
    ("sns attributes", {"Records": [{"Sns": {"Message": "hi", "MessageAttributes": {"password": {"Type": "String", "Value": MARK}}}}]}, ""),
    ("eventbridge", {"source": "shop", "detail": {"user": {"id": 7, "password": MARK}}}, ""),
    ("secrets manager", {"ARN": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:x-AbCdEf", "Name": "x", "SecretString": _json({"username": "app", "password": MARK})}, ""),
    ("secrets manager plain", {"Name": "prod/x", "SecretString": MARK}, ""),
    ("parameter store", {"Parameter": {"Name": "/prod/db/password", "Type": "SecureString", "Value": MARK}}, ""),
    ("parameter store several", {"Parameters": [{"Name": "/prod/db/host", "Type": "String", "Value": "db"}, {"Name": "/prod/db/pw", "Type": "SecureString", "Value": MARK}]}, ""),
    ("sts", {"Credentials": {"AccessKeyId": "x", "SecretAccessKey": MARK, "SessionToken": "y"}}, "{b40}"),
    ("sts session", {"Credentials": {"AccessKeyId": "x", "SecretAccessKey": "z", "SessionToken": MARK}}, "{a80}"),
    ("ecs environment", {"containerDefinitions": [{"name": "app", "environment": [{"name": "REGION", "value": "eu"}, {"name": "DB_PASSWORD", "value": MARK}]}]}, ""),
    ("lambda configuration", {"FunctionName": "f", "Environment": {"Variables": {"STRIPE_KEY": MARK}}}, ""),
    ("cloudformation", {"Parameters": [{"ParameterKey": "DBPassword", "ParameterValue": MARK}]}, ""),
    ("custom resource", {"RequestType": "Create", "ResourceProperties": {"MasterUserPassword": MARK}}, ""),
    ("kubernetes string data", {"kind": "Secret", "stringData": {"credentials.txt": MARK}}, ""),
    ("kubernetes environment", {"spec": {"containers": [{"env": [{"name": "API_TOKEN", "value": MARK}]}]}}, ""),
    ("docker config", {"auths": {"registry.example.com": {"username": "ana", "password": MARK}}}, ""),
    ("docker auth", {"auths": {"registry.example.com": {"auth": MARK}}}, "{a40}"),
    ("step functions", {"input": _json({"a": 1, "clientSecret": MARK}), "executionArn": "x"}, ""),
    ("appsync", {"arguments": {"input": {"email": "ana@example.com", "password": MARK}}, "info": {"fieldName": "login"}}, ""),
    ("cloudfront", {"Records": [{"cf": {"request": {"headers": {"authorization": [{"key": "Authorization", "value": f"Bearer {MARK}"}]}}}}]}, "{a40}"),
    ("cloudfront cookie", {"Records": [{"cf": {"request": {"headers": {"cookie": [{"key": "Cookie", "value": f"auth={MARK}"}]}}}}]}, "{a40}"),
    ("alexa", {"session": {"user": {"accessToken": MARK}}, "context": {}}, ""),
]  # fmt: skip


# What services post and answer, likewise.
WEBHOOKS: list[tuple[str, Any, str]] = [
    ("stripe intent", {"id": "evt_1", "object": "event", "data": {"object": {"id": "pi_1", "client_secret": MARK, "amount": 1200}}}, "pi_{a24}_secret_{a25}"),
    ("twilio", {"AccountSid": "AC" + "0" * 32, "AuthToken": MARK}, "{h32}"),
    ("slack url_verification", {"token": MARK, "challenge": "x", "type": "url_verification"}, "{a24}"),
    ("slack form", f"token={MARK}&team_id=T0001&command=%2Fweather&text=94070", "{a24}"),
    ("github installation", {"action": "created", "installation": {"id": 7}, "token": MARK}, "ghs_{a36}"),
    ("github signature", {"headers": {"X-GitHub-Event": "push", "X-Hub-Signature-256": f"sha256={MARK}"}}, "{h64}"),
    ("github hook config", {"hook": {"config": {"url": "https://x", "content_type": "json", "secret": MARK}}}, "{a40}"),
    ("oauth answer", {"access_token": MARK, "token_type": "Bearer", "expires_in": 3600}, "{a40}"),
    ("oauth answer in text", _json({"refresh_token": MARK, "token_type": "Bearer"}), "{a40}"),
    ("jwk", {"keys": [{"kty": "RSA", "n": "x", "e": "AQAB", "d": MARK}]}, "{a40}"),
    ("jwk of bytes", {"kty": "oct", "kid": "7", "k": MARK}, "{a43}"),
    ("service account", {"type": "service_account", "private_key": f"-----BEGIN PRIVATE KEY-----\n{MARK}\n-----END PRIVATE KEY-----\n"}, "{b64}"),
    ("pem in a text", f"loaded -----BEGIN RSA PRIVATE KEY-----\n{MARK}\n-----END RSA PRIVATE KEY----- from disk", "{b64}"),
    ("pem in json", _json({"content": f"-----BEGIN EC PRIVATE KEY-----\n{MARK}\n-----END EC PRIVATE KEY-----\n"}), "{b64}"),
]  # fmt: skip


# A secret whose name stands beside it, likewise.
NEIGHBOURS: list[tuple[str, Any, str]] = [
    ("type and value", {"type": "password", "value": MARK}, ""),
    ("field and value", {"field": "password", "old": "", "value": MARK}, ""),
    ("field and new value", {"field": "password", "old_value": "x", "new_value": MARK}, ""),
    ("form field", {"id": "password", "label": "Password", "value": MARK}, ""),
    ("attribute", {"AttributeName": "password", "AttributeValue": MARK}, ""),
    ("loc and input", {"loc": ["body", "password"], "msg": "too short", "input": MARK}, ""),
    ("patch", {"op": "replace", "path": "/password", "value": MARK}, ""),
    ("columns and values", {"columns": ["email", "password"], "values": ["ana@example.com", MARK]}, ""),
    ("columns and rows", {"columns": ["email", "password"], "rows": [["ana@example.com", MARK]]}, ""),
]  # fmt: skip


def events(maker: Maker) -> Iterator[tuple[str, Any, str]]:
    """Events of AWS: those of the table, and those that take more."""
    yield from _of_table(EVENTS, maker)
    secret = maker.password
    for header in (
        "authorization",
        "Authorization",
        "x-api-key",
        "cookie",
        "X-Amz-Security-Token",
        "X-Hub-Signature-256",
    ):
        s = maker.fill("{a32}")
        value = {
            "cookie": f"theme=dark; sid={s}",
            "authorization": f"Bearer {s}",
            "X-Hub-Signature-256": f"sha256={s}",
        }.get(header, s)
        yield (
            f"api gateway {header}",
            {"version": "2.0", "headers": {"host": "x", header: value}, "body": "{}"},
            s,
        )
        yield (
            f"multi value {header}",
            {"httpMethod": "POST", "multiValueHeaders": {"Host": ["x"], header: [value]}},
            s,
        )
    s = secret() + maker.fill("{a12}")
    whole, part = encoded(json.dumps({"email": "ana@example.com", "password": s}), s)
    yield ("api gateway body in base64", {"body": whole, "isBase64Encoded": True}, part)
    for name in ("password", "apiKey", "refresh_token"):
        s = secret()
        yield (f"dynamodb item {name}", {"Item": {"id": {"S": "u#7"}, name: {"S": s}}}, s)
        s = secret()
        yield (
            f"dynamodb stream {name}",
            {"Records": [{"dynamodb": {"NewImage": {"id": {"S": "7"}, name: {"S": s}}}}]},
            s,
        )
    s = secret() + maker.fill("{a12}")
    whole, part = encoded(json.dumps({"user": "ana", "password": s}), s)
    yield ("kinesis", {"Records": [{"kinesis": {"partitionKey": "1", "data": whole}}]}, part)
    s = secret() + maker.fill("{a12}")
    whole, part = encoded(f"user=ana token={s}", s)
    yield ("kafka", {"records": {"t-0": [{"topic": "t", "value": whole}]}}, part)
    s = secret() + maker.fill("{a12}")
    whole, part = encoded(s, s)
    yield (
        "kubernetes secret",
        {"kind": "Secret", "metadata": {"name": "db"}, "data": {"password": whole}},
        part,
    )
    s = secret() + maker.fill("{a12}")
    whole, part = encoded(s, s)
    yield (
        "kubernetes secret of any name",
        {"apiVersion": "v1", "kind": "Secret", "type": "Opaque", "data": {"config": whole}},
        part,
    )


def webhooks(maker: Maker) -> Iterator[tuple[str, Any, str]]:
    """What services post and answer."""
    yield from _of_table(WEBHOOKS, maker)
    s = maker.fill("4{d3}") + "42424242" + maker.fill("{d3}")
    digits = [int(d) for d in s]
    total = sum((d if i % 2 else d * 2 - 9 if d > 4 else d * 2 for i, d in enumerate(digits)))
    s += str(-total % 10)
    yield ("card in a charge", {"source": {"object": "card", "number": s, "exp_month": 1}}, s)
    s = maker.fill("{d3}")
    yield ("card check", {"card": {"brand": "visa", "cvc": f"{s}7"}}, f"{s}7")
    s = maker.fill("{a24}")
    yield (
        "slack response_url",
        {"response_url": f"https://hooks.slack.com/services/T{maker.fill('{u8}')}/B{maker.fill('{u8}')}/{s}"},
        s,
    )
    token, s = _jwt(maker)
    yield ("jwt", {"value": token}, s)
    token, s = _jwt(maker)
    yield ("jwt in a text", f"rejected {token} of ana", s)
    token, s = _jwt(maker)
    yield ("jwt in an address", f"https://app.example.com/verify/{token}", s)
    token, s = _jwt(maker)
    yield ("jwt glued", f"token_{token}", s)
    s = maker.fill("{a35}")
    yield ("telegram", f"https://api.telegram.org/bot{maker.fill('{d9}')}:AA{s[2:]}/getMe", s[2:])
    s = maker.fill("{w68}")
    yield ("discord", f"https://discord.com/api/webhooks/{maker.fill('{d18}')}/{s}", s)


def neighbours(maker: Maker) -> Iterator[tuple[str, Any, str]]:
    """A secret whose name stands beside it, not before it."""
    yield from _of_table(NEIGHBOURS, maker)
    named = namedtuple("named", "name value")  # noqa: PYI024 -- as old code has them
    for name in ("password", "DB_PASSWORD", "Authorization", "x-api-key"):
        s = maker.password()
        yield ("name and value", {"name": name, "value": s}, s)
        s = maker.password()
        yield ("name and value in json", json.dumps({"name": name, "value": s}), s)
        s = maker.password()
        yield ("key and value", [{"Key": "a", "Value": "b"}, {"Key": name, "Value": s}], s)
        s = maker.password()
        yield ("header and value", {"header": name, "value": s}, s)
        s = maker.password()
        yield ("pair", [["region", "eu"], [name, s]], s)
        s = maker.password()
        yield ("tuple pair", (name, s), s)
        s = maker.password()
        yield ("object", SimpleNamespace(name=name, value=s), s)
        s = maker.password()
        yield ("named tuple", named(name, s), s)
        s = maker.password()
        yield ("bytes pair", [(name.lower().encode(), s.encode())], s)


def _of_table(table: list[tuple[str, Any, str]], maker: Maker) -> Iterator[tuple[str, Any, str]]:
    for name, value, form in table:
        secret = maker.fill(form) if form else maker.password()
        yield name, put_secret(value, secret), secret


def put_secret(value: Any, secret: str) -> Any:
    """The value with the secret in place of the mark."""
    if isinstance(value, str):
        return value.replace(MARK, secret)
    if isinstance(value, bytes):
        return value.replace(MARK.encode(), secret.encode())
    if isinstance(value, dict):
        return {name: put_secret(inner, secret) for name, inner in value.items()}
    return (
        type(value)(put_secret(inner, secret) for inner in value)
        if isinstance(value, list | tuple)
        else value
    )
