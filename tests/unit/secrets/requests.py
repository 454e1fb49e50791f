"""Secrets in HTTP: headers in every shape, addresses, raw messages. `§` stands for the secret."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.unit.secrets.rows import MARK, Maker, Row, one_of

if TYPE_CHECKING:
    from collections.abc import Iterator

TEXTS = """
Authorization: Bearer §
Authorization: Basic §
authorization: Token §
Proxy-Authorization: Basic §
Authorization: Digest username="ana", realm="x", nonce="1", response="§"
Authorization: Splunk §
Authorization: GenieKey §
Authorization: PRIVATE-TOKEN §
X-Api-Key: §
X-Auth-Token: §
X-Amz-Security-Token: §
X-Vault-Token: §
PRIVATE-TOKEN: §
DD-API-KEY: §
Api-Key: §
X-Shopify-Access-Token: §
X-CSRF-Token: §
Cookie: theme=dark; session=§
Cookie: JSESSIONID=§
Set-Cookie: sid=§; Path=/; HttpOnly
https://api.example.com/v1?api_key=§
https://api.example.com/v1?x=1&access_token=§&y=2
https://app.example.com/#access_token=§&token_type=bearer
https://api.example.com/v1?apikey=§
https://app.example.com/reset?token=§
https://app.example.com/login?next=%2F&password=§
https://bucket.s3.amazonaws.com/k?X-Amz-Credential=a&X-Amz-Signature=§
https://storage.googleapis.com/b/k?GoogleAccessId=x&Expires=1&Signature=§
https://x.blob.core.windows.net/c/b?sv=2024-01-01&se=2026-01-01&sr=b&sig=§
https://f.azurewebsites.net/api/orders?code=§
https://ana:§@api.example.com/v1
https://§@sentry.example.com/42
GET /v1/orders?token=§ HTTP/1.1
"GET /cb?client_secret=§&state=1 HTTP/1.1" 200 512
POST /login HTTP/1.1\\r\\nHost: x\\r\\nContent-Type: application/x-www-form-urlencoded\\r\\n\\r\\nuser=ana&password=§
HTTP/1.1 200 OK\\r\\nSet-Cookie: session=§\\r\\n\\r\\n{}
wss://stream.example.com/ws?auth=§
"""

HEADERS = [
    "Authorization",
    "authorization",
    "X-Api-Key",
    "Cookie",
    "set-cookie",
    "X-Auth-Token",
    "x-amz-security-token",
    "Proxy-Authorization",
]


def rows() -> Iterator[Row]:
    """Each text as a variable, and headers as libraries keep them."""
    for number, text in enumerate(TEXTS.strip().splitlines()):
        secret = Maker(text).fill("{a20}") if number % 2 or "://§" in text else Maker(text).password()
        filled = text.replace(MARK, secret).replace("\\r\\n", "\r\n")
        yield Row(f"http {text[:34]}", one_of(number, {"raw": filled}, {"lines": [filled]}, {"fault": OSError(filled)}), secret)  # fmt: skip
    for number, name in enumerate(HEADERS):
        secret = Maker(name).fill("{a20}")
        shapes: list[dict[str, Any]] = [
            {"event": {"headers": {name: secret, "host": "x"}}},
            {"scope": {"headers": [(b"host", b"x"), (name.lower().encode(), secret.encode())]}},
            {"event": {"multiValueHeaders": {name: [secret]}}},
            {"headers": [["Host", "x"], [name, secret]]},
            {"header": (name, secret)},
            {"items": [{"key": name, "value": secret}]},
            {"environ": {"HTTP_" + name.upper().replace("-", "_"): secret, "REQUEST_METHOD": "GET"}},
            {"origin": {"customHeaders": {name.lower(): [{"key": name, "value": secret}]}}},
        ]
        yield Row(f"header {name}", shapes[number], secret)
