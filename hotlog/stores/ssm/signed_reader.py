"""Lambda's half of Parameter Store: one GetParameter, signed here, over one connection that is kept open.

boto3 would cost 200 ms of every cold start and 30 MB. What it does for this one action is little: where credentials
stand in the environment, as in Lambda, this does it; `find_endpoint` says where that is not so.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Final

from hotlog import __builtins__, config, internal_errors
from hotlog.namedtuple import NamedTuple
from hotlog.stores import Answer
from hotlog.stores.ssm.http_connection import PORTS, Connection, Endpoint
from hotlog.stores.ssm.sigv4 import Credentials, Service, sign

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from urllib.parse import SplitResult

    from hotlog.config import AwsSettings
    from hotlog.errors import StoreError
    from hotlog.stores.ssm.http_response import HttpResponse

_ACTION = "ssm:GetParameter"
_TARGET = "AmazonSSM.GetParameter"
_OK = 200
_LATEST_S: Final = 2**33  # the year 2242: no clock of a server says so


class SignedReader:
    """Reads parameters of one Region. One read at a time.

    Args:
        place: where its Systems Manager is, from `find_endpoint`.
        region: AWS Region.
        clock: monotonic seconds, for deadlines.
        wall_clock: seconds since the epoch, for signatures.
    """

    def __init__(
        self,
        place: Endpoint,
        region: str,
        *,
        clock: Callable[[], float] = time.monotonic,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self._service = Service("ssm", region, place.host_header)
        self._connection = Connection(place, clock=clock, wall_clock=wall_clock)
        self._clock, self._wall_clock = clock, wall_clock
        self._skew_s = 0.0  # how far AWS's clock is ahead of ours

    def read(self, name: str, timeout_ms: int) -> Answer:
        """Return the parameter.

        One attempt, and a second one within the same deadline only where the server has hung up between two reads, or
        says that our clock is wrong: then it has told us the time.

        Args:
            name: of the parameter.
            timeout_ms: deadline of all of it: look-up of the name, connection, TLS, answer.

        Raises:
            StoreError: as `Store.read`.
        """
        deadline = self._clock() + timeout_ms / 1_000
        try:
            reply = self._ask(name, deadline)
            refused = _find_refusal(reply, name)
            if refused is not None and refused.code == "clock-skew" and self._set_clock(reply.date):
                reply = self._ask(name, deadline)
                refused = _find_refusal(reply, name)
            if refused is None:
                return _answer(reply.body)
        except (OSError, ValueError, LookupError, TypeError, ArithmeticError, RecursionError) as fault:
            # RecursionError and ArithmeticError: JSON that is nested too deep, numbers that nobody can hold.
            if internal_errors.is_async_exception(fault):
                raise
            self._connection.close()
            raise _make_error(fault, name) from fault
        raise refused

    def _ask(self, name: str, deadline: float) -> HttpResponse:
        body = json.dumps({"Name": name, "WithDecryption": True}).encode()  # a plain one takes no harm
        now_s = self._wall_clock() + self._skew_s
        who = Credentials(*config.credentials())
        headers = sign(self._service, _TARGET, body, who, now_s)
        return self._connection.post(body, headers, deadline)

    def _set_clock(self, date: str) -> bool:
        """Go by the server's clock from now on; False where it has not said what time it is."""
        said_s = _seconds_of(date)
        if not 0 < said_s < _LATEST_S:
            return False
        self._skew_s = said_s - self._wall_clock()
        return True


_MONTHS: Final = "JanFebMarAprMayJunJulAugSepOctNovDec"


def _seconds_of(date: str) -> float:
    """Return the seconds since the epoch of a `Date` header, such as `Sun, 06 Nov 1994 08:49:37 GMT`; 0.0 of any other text.

    Not by `email.utils`: it imports twenty modules, and applications have an `email.py`.
    """
    from datetime import UTC, datetime  # hardly ever needed

    try:
        _, day, month, year, clock, zone = date.split()
        number = _MONTHS.index(month) // 3 + 1
        hour, minute, second = map(int, clock.split(":"))
        moment = datetime(int(year), number, int(day), hour, minute, second, tzinfo=UTC)
    except ValueError:
        return 0.0
    return moment.timestamp() if zone == "GMT" else 0.0


def _answer(body: bytes) -> Answer:
    parameter = json.loads(body)["Parameter"]
    text, version, modified = parameter["Value"], parameter["Version"], parameter["LastModifiedDate"]
    if not isinstance(text, str):
        raise TypeError("the value is no text")
    return Answer(text, int(version), round(float(modified), 6))  # as exact as boto3 reads it


def _find_refusal(reply: HttpResponse, name: str) -> StoreError | None:
    """Return the `StoreError` for an error answer; None where AWS has done what was asked."""
    if reply.status == _OK:
        return None
    from hotlog.stores.ssm.errors import make_refusal  # not in good weather

    try:
        content = json.loads(reply.body)
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        content = {}
    code = str(content.get("__type", "")).rpartition("#")[2]
    words = str(content.get("message", "") or content.get("Message", "") or f"status {reply.status}")
    return make_refusal(code, words, reply.status, action=_ACTION, resource=name)


def _make_error(fault: Exception, name: str) -> StoreError:
    from hotlog.stores.ssm.errors import not_aws, unreachable  # not in good weather

    told = unreachable if isinstance(fault, OSError | UnicodeError) else not_aws
    return told(fault, action=_ACTION, resource=name)


# --- where it goes ------------------------------------------------------------------------------------------------


class _Partition(NamedTuple):
    """Regions that share their domains (botocore's `partitions.json`).

    Attributes:
        suffix: of the ordinary host names.
        dual_suffix: of those that answer on IPv6 too.
        fips: what the service is called at its FIPS endpoint.
    """

    suffix: str
    dual_suffix: str
    fips: str = "ssm-fips"


# By what the names of their Regions begin with; the first that fits.
_PARTITIONS: Final = {
    "cn-": _Partition("amazonaws.com.cn", "api.amazonwebservices.com.cn"),
    "us-gov-": _Partition("amazonaws.com", "api.aws", "ssm"),  # every endpoint there is a FIPS one
    "us-iso-": _Partition("c2s.ic.gov", "api.aws.ic.gov"),
    "us-isob-": _Partition("sc2s.sgov.gov", "api.aws.scloud"),
    "us-isof-": _Partition("csp.hci.ic.gov", "api.aws.hci.ic.gov"),
    "eu-isoe-": _Partition("cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"),
    "eusc-": _Partition("amazonaws.eu", "api.amazonwebservices.eu"),
    "": _Partition("amazonaws.com", "api.aws"),
}


def find_endpoint(aws: AwsSettings, region: str) -> Endpoint | None:
    """Return where to read; None where only boto3 knows how: other credentials, a proxy with TLS, a name that is no Region's.

    Args:
        aws: what the environment says.
        region: AWS Region.
    """
    access_key, secret_key, _ = config.credentials()
    if not access_key or not secret_key or aws.profile:
        return None
    if aws.endpoint and (aws.fips or aws.dual_stack):
        return None  # botocore refuses an endpoint of one's own with either
    netloc = ""
    if aws.endpoint:
        # It takes 2 ms of a cold start, and most functions have no endpoint of their own.
        from urllib.parse import urlsplit

        try:
            parts = urlsplit(aws.endpoint)
            place = _of_parts(parts, aws.ca_bundle)
        except ValueError:
            return None
        netloc = parts.netloc
    else:
        place = _of_region(aws, region)
    if place is None or not _has_proxy(aws.proxies, place, netloc or place.host):
        return place
    from hotlog.stores.ssm.proxy import read_proxy  # most functions have no proxy

    proxy = read_proxy(aws.proxies["https" if place.secure else "http"])
    return None if proxy is None else place._replace(proxy=proxy)


def _of_region(aws: AwsSettings, region: str) -> Endpoint | None:
    parts = region.split("-")
    is_name = region.isascii() and all(part.isalnum() for part in parts) and region == region.lower()
    if (
        not is_name or "fips" in parts or "global" in parts
    ):  # botocore takes `fips-us-east-1` for another Region
        return None
    found = next(known for prefix, known in _PARTITIONS.items() if region.startswith(prefix))
    # GovCloud's own name for its FIPS endpoint holds for the ordinary host only.
    service = ("ssm-fips" if aws.dual_stack else found.fips) if aws.fips else "ssm"
    suffix = found.dual_suffix if aws.dual_stack else found.suffix
    return Endpoint(f"{service}.{region}.{suffix}", PORTS["https"], ca_bundle=aws.ca_bundle)


def _of_parts(parts: SplitResult, ca_bundle: str) -> Endpoint | None:
    bare = not parts.username and parts.path in {"", "/"} and not parts.query
    if parts.scheme not in PORTS or not parts.hostname or not bare:
        return None
    secure = parts.scheme == "https"
    return Endpoint(parts.hostname, parts.port or PORTS[parts.scheme], secure=secure, ca_bundle=ca_bundle)


def _has_proxy(proxies: Mapping[str, str], place: Endpoint, netloc: str) -> bool:
    """Return whether the variables send a request there through a proxy, as botocore and `urllib` decide it.

    Args:
        proxies: as `config.aws` has them.
        place: where the request goes.
        netloc: the same as a URL names it: with the port where that is written.
    """
    if ("https" if place.secure else "http") not in proxies:
        return False
    excluded = proxies.get("no", "")
    if excluded == "*":
        return False
    netloc = netloc.lower()
    host, colon, port = netloc.rpartition(":")
    asked = (netloc, host) if colon and port.isdigit() else (netloc,)
    names = [name.strip().lstrip(".").lower() for name in excluded.split(",") if name.strip()]
    return not any(f".{each}".endswith(f".{name}") for each in asked for name in names)
