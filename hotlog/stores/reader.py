"""Lambda's half of Parameter Store: one GetParameter, signed here, over one connection that is kept open.

boto3 would cost 200 ms of every cold start and 30 MB. What it does for this one action is little: where credentials
stand in the environment, as in Lambda, this does it; `way` says where that is not so.
"""

from __future__ import annotations

import json
import time
from http.client import HTTPException
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from hotlog import config, guard
from hotlog.stores import Answer
from hotlog.stores.connection import Connection, Place
from hotlog.stores.signature import Credentials, Service, signed_headers

if TYPE_CHECKING:
    from collections.abc import Callable

    from hotlog.config import Aws
    from hotlog.errors import StoreError
    from hotlog.stores.connection import Reply

_ACTION = "ssm:GetParameter"
_TARGET = "AmazonSSM.GetParameter"
_OK = 200
_PORTS = {"https": 443, "http": 80}


class SignedReader:
    """Reads parameters of one Region. One read at a time.

    Args:
        region: AWS Region.
        clock: monotonic seconds, for deadlines.
        wall_clock: seconds since the epoch, for signatures.

    Attributes:
        region: as given.
    """

    def __init__(
        self,
        region: str,
        *,
        clock: Callable[[], float] = time.monotonic,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self.region = region
        self._clock, self._wall_clock = clock, wall_clock
        self._connection: Connection | None = None
        self._skew_s = 0.0  # how far AWS's clock is ahead of ours

    def read(self, name: str, timeout_ms: int, way: Aws) -> Answer:
        """The parameter.

        One attempt, and a second one within the same deadline only where the server has hung up between two reads, or
        says that our clock is wrong: then it has told us the time.

        Args:
            name: of the parameter.
            timeout_ms: deadline of all of it: look-up of the name, connection, TLS, answer.
            way: the environment's, as `way` took it.

        Raises:
            StoreError: as `Store.read`.
        """
        deadline = self._clock() + timeout_ms / 1_000
        for attempt in ("first", "with the right time"):
            try:
                reply = self._ask(name, way, deadline)
                if reply.status == _OK:
                    return _answer(reply.body)
            except (OSError, HTTPException, ValueError, LookupError, TypeError, RecursionError) as fault:
                if guard.is_delivered(fault):
                    raise
                self.close()
                raise _told(fault, name) from fault
            refused = _refused(reply, name)
            if refused.code != "clock-skew" or attempt != "first" or not self._set_clock(reply.date):
                break
        raise refused

    def close(self) -> None:
        """Hang up; the next read connects anew."""
        if self._connection is not None:
            self._connection.close()

    def _ask(self, name: str, way: Aws, deadline: float) -> Reply:
        place = place_of(way, self.region)
        if place is None:
            raise ValueError(f"{way.endpoint!r} is no endpoint")
        if self._connection is None or self._connection.place != place:
            self.close()
            self._connection = Connection(place, clock=self._clock, wall_clock=self._wall_clock)
        body = json.dumps({"Name": name}).encode()
        headers = signed_headers(
            Service("ssm", self.region, _host_header(place)),
            _TARGET,
            body,
            Credentials(way.access_key, way.secret_key, way.token),
            self._wall_clock() + self._skew_s,
        )
        return self._connection.post(body, headers, deadline)

    def _set_clock(self, date: str) -> bool:
        """Go by the server's clock from now on; False where it has not said what time it is."""
        from email.utils import mktime_tz, parsedate_tz  # hardly ever needed

        parsed = parsedate_tz(date)
        if parsed is None:
            return False
        self._skew_s = mktime_tz(parsed) - self._wall_clock()
        return True


def way(region: str) -> Aws | None:
    """The way to AWS, where it is one that this reader can go: credentials in the environment, nothing special."""
    found = config.aws()
    plain = found.access_key and found.secret_key and not found.special
    return found if plain and place_of(found, region) is not None else None


def place_of(aws: Aws, region: str) -> Place | None:
    """Where the Region's Systems Manager is, or the configured endpoint; None where only boto3 knows."""
    if not aws.endpoint:
        suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
        known = region.replace("-", "").isalnum() and region.isascii() and not _is_secluded(region)
        return Place(f"ssm.{region}.{suffix}", _PORTS["https"], ca_bundle=aws.ca_bundle) if known else None
    try:
        parts = urlsplit(aws.endpoint)
        port = parts.port
    except ValueError:
        return None
    bare = not parts.username and parts.path in {"", "/"} and not parts.query
    if parts.scheme not in _PORTS or not parts.hostname or not bare:
        return None
    return Place(
        parts.hostname, port or _PORTS[parts.scheme], secure=parts.scheme == "https", ca_bundle=aws.ca_bundle
    )


def _host_header(place: Place) -> str:
    host = f"[{place.host}]" if ":" in place.host else place.host
    return host if place.port == _PORTS["https" if place.secure else "http"] else f"{host}:{place.port}"


def _is_secluded(region: str) -> bool:
    """Whether the Region belongs to a partition with domains of its own."""
    return "-iso" in region or region.startswith("eusc-")


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
