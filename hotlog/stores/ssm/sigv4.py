"""AWS Signature Version 4 for one kind of request: an action of a JSON service, posted to `/`.

The standard library alone does it, so that no cold start waits for boto3. The steps are those of AWS's guide "Create a
signed AWS API request"; a property test holds them against botocore's signer.
"""

from __future__ import annotations

import time
from functools import lru_cache
from hashlib import sha256
from hmac import digest

from hotlog import __builtins__
from hotlog.namedtuple import NamedTuple

_ALGORITHM = "AWS4-HMAC-SHA256"
_CONTENT_TYPE = "application/x-amz-json-1.1"


class Credentials(NamedTuple):
    """What AWS knows the caller by; `token` is empty for a user's own keys, which never expire."""

    access_key: str
    secret_key: str
    token: str = ""


class Service(NamedTuple):
    """The AWS service and Region that a request is signed for.

    Attributes:
        name: of the service as signatures have it, such as `ssm`.
        region: such as `eu-west-1`.
        host: as in the header `Host`: with the port where it is not the scheme's own.
    """

    name: str
    region: str
    host: str


def sign(
    service: Service, target: str, body: bytes, credentials: Credentials, now_s: float
) -> dict[str, str]:
    """Return all headers of the request, `Authorization` among them.

    Args:
        service: whom it is for.
        target: the action, such as `AmazonSSM.GetParameter`.
        body: what is sent.
        credentials: whose signature it is.
        now_s: seconds since the epoch; AWS accepts 5 minutes of difference.
    """
    moment = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now_s))
    headers = {
        "Content-Type": _CONTENT_TYPE,
        "Host": service.host,
        "X-Amz-Date": moment,
        "X-Amz-Target": target,
    }
    if credentials.token:
        headers["X-Amz-Security-Token"] = credentials.token
    lines = sorted((name.lower(), " ".join(value.split())) for name, value in headers.items())
    names = ";".join(name for name, _ in lines)
    request = "\n".join(
        ("POST", "/", "", *(f"{name}:{value}" for name, value in lines), "", names, sha256(body).hexdigest())
    )
    scope = f"{moment[:8]}/{service.region}/{service.name}/aws4_request"
    text = "\n".join((_ALGORITHM, moment, scope, sha256(request.encode()).hexdigest()))
    signature = digest(_key(credentials.secret_key, scope), text.encode(), "sha256").hex()
    headers["Authorization"] = (
        f"{_ALGORITHM} Credential={credentials.access_key}/{scope}, SignedHeaders={names}, Signature={signature}"
    )
    return headers


@lru_cache(maxsize=1)
def _key(secret_key: str, scope: str) -> bytes:
    """Return the key that signs for one day."""
    key = f"AWS4{secret_key}".encode()
    for part in scope.split("/"):
        key = digest(key, part.encode(), "sha256")
    return key
