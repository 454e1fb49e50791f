"""Lambda's half of Parameter Store: one GetParameter, signed here, over one connection that is kept open.

boto3 would cost 200 ms of every cold start and 30 MB. What it does for this one action is little: where credentials
stand in the environment, as in Lambda, this does it; `way` says where that is not so.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from hotlog import __builtins__, config, guard
from hotlog.stores import Answer
from hotlog.stores.connection import Connection, Place
from hotlog.stores.signature import Credentials, Service, signed_headers

if TYPE_CHECKING:
    from collections.abc import Callable

    from hotlog.config import Aws
    from hotlog.errors import StoreError
    from hotlog.stores.reply import Reply

_ACTION = "ssm:GetParameter"
_TARGET = "AmazonSSM.GetParameter"
_OK = 200
_PORTS = {"https": 443, "http": 80}


class SignedReader:
    """Reads parameters of one Region. One read at a time.

    Args:
        place: where its Systems Manager is, from `way`.
        region: AWS Region.
        clock: monotonic seconds, for deadlines.
        wall_clock: seconds since the epoch, for signatures.
    """

    def __init__(
        self,
        place: Place,
        region: str,
        *,
        clock: Callable[[], float] = time.monotonic,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self._service = Service("ssm", region, _host_header(place))
        self._connection = Connection(place, clock=clock, wall_clock=wall_clock)
        self._clock, self._wall_clock = clock, wall_clock
        self._skew_s = 0.0  # how far AWS's clock is ahead of ours

    def read(self, name: str, timeout_ms: int) -> Answer:
        """The parameter.

        One attempt, and a second one within the same deadline only where the server has hung up between two reads, or
        says that our clock is wrong: then it has told us the time.

        Args:
            name: of the parameter.
            timeout_ms: deadline of all of it: look-up of the name, connection, TLS, answer.

        Raises:
            StoreError: as `Store.read`.
        """
        deadline = self._clock() + timeout_ms / 1_000
        for attempt in ("first", "with the right time"):
            try:
                reply = self._ask(name, deadline)
                if reply.status == _OK:
                    return _answer(reply.body)
            except (OSError, ValueError, LookupError, TypeError, RecursionError) as fault:
                if guard.is_delivered(fault):
                    raise
                self._connection.close()
                raise _told(fault, name) from fault
            refused = _refused(reply, name)
            if refused.code != "clock-skew" or attempt != "first" or not self._set_clock(reply.date):
                break
        raise refused

    def _ask(self, name: str, deadline: float) -> Reply:
        body = json.dumps({"Name": name}).encode()
        now_s = self._wall_clock() + self._skew_s
        who = Credentials(*config.credentials())
        headers = signed_headers(self._service, _TARGET, body, who, now_s)
        return self._connection.post(body, headers, deadline)

    def _set_clock(self, date: str) -> bool:
        """Go by the server's clock from now on; False where it has not said what time it is."""
        from email.utils import mktime_tz, parsedate_tz  # hardly ever needed

        parsed = parsedate_tz(date)
        if parsed is None:
            return False
        self._skew_s = mktime_tz(parsed) - self._wall_clock()
        return True


def way(aws: Aws, region: str) -> Place | None:
    """Where this reader would read; None where only boto3 knows how: other credentials, a proxy, a special endpoint."""
    access_key, secret_key, _ = config.credentials()
    if not access_key or not secret_key or aws.special:
        return None
    return _of_region(region, aws.ca_bundle) if not aws.endpoint else _of_url(aws.endpoint, aws.ca_bundle)


def _of_region(region: str, ca_bundle: str) -> Place | None:
    secluded = "-iso" in region or region.startswith("eusc-")  # partitions with domains of their own
    if secluded or not region.isascii() or not region.replace("-", "").isalnum():
        return None
    suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    return Place(f"ssm.{region}.{suffix}", _PORTS["https"], ca_bundle=ca_bundle)


def _of_url(url: str, ca_bundle: str) -> Place | None:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    bare = not parts.username and parts.path in {"", "/"} and not parts.query
    if parts.scheme not in _PORTS or not parts.hostname or not bare:
        return None
    secure = parts.scheme == "https"
    return Place(parts.hostname, port or _PORTS[parts.scheme], secure=secure, ca_bundle=ca_bundle)


def _host_header(place: Place) -> str:
    host = f"[{place.host}]" if ":" in place.host else place.host
    return host if place.port == _PORTS["https" if place.secure else "http"] else f"{host}:{place.port}"


def _answer(body: bytes) -> Answer:
    parameter = json.loads(body)["Parameter"]
    text, version, modified = parameter["Value"], parameter["Version"], parameter["LastModifiedDate"]
    if not isinstance(text, str):
        raise TypeError("the value is no text")
    return Answer(text, int(version), round(float(modified), 6))  # as exact as boto3 reads it


def _refused(reply: Reply, name: str) -> StoreError:
    from hotlog.stores.refusal import refusal  # not in good weather

    try:
        content = json.loads(reply.body)
    except ValueError:
        content = None
    if not isinstance(content, dict):
        content = {}
    code = str(content.get("__type", "")).rpartition("#")[2]
    words = str(content.get("message", "") or content.get("Message", "") or f"status {reply.status}")
    return refusal(code, words, reply.status, action=_ACTION, resource=name)


def _told(fault: Exception, name: str) -> StoreError:
    from hotlog.stores.refusal import not_aws, unreachable  # not in good weather

    told = unreachable if isinstance(fault, OSError | UnicodeError) else not_aws
    return told(fault, action=_ACTION, resource=name)
