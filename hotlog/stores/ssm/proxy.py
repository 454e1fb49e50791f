"""A proxy on the way to AWS: what its URL says, and the tunnel through it, as botocore and urllib3 ask for one."""

from __future__ import annotations

from binascii import b2a_base64
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote_to_bytes, urlsplit

from hotlog import __builtins__, limits
from hotlog.namedtuple import NamedTuple

if TYPE_CHECKING:
    import socket

_PORT: Final = 80
_PACKET_BYTES: Final = 4_096


class Proxy(NamedTuple):
    """An HTTP proxy.

    Attributes:
        host: its name or address.
        port: its port.
        authorization: what it is told; empty: nothing.
    """

    host: str
    port: int
    authorization: str = ""

    @property
    def headers(self) -> list[str]:
        """Return the lines that a request to it has beside the usual ones."""
        return [f"Proxy-Authorization: {self.authorization}"] if self.authorization else []


def read_proxy(url: str) -> Proxy | None:
    """Return the proxy of a URL; None where only boto3 knows how: TLS to the proxy itself, another protocol.

    Args:
        url: as HTTPS_PROXY has it: the scheme may be missing.
    """
    whole = url if "://" in url else f"http:{url}" if url.startswith("//") else f"http://{url}"
    try:
        parts = urlsplit(whole)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme != "http" or not parts.hostname or not parts.hostname.isascii():
        return None
    if parts.username is None or parts.password is None:
        return Proxy(parts.hostname, port or _PORT)
    who = b":".join((unquote_to_bytes(parts.username), unquote_to_bytes(parts.password)))
    return Proxy(parts.hostname, port or _PORT, f"Basic {b2a_base64(who, newline=False).decode()}")


def open_tunnel(opened: socket.socket, proxy: Proxy, host: str, port: int) -> None:
    """Have the proxy connect to a server: what is sent from then on goes there.

    Args:
        opened: a connection to the proxy.
        proxy: the same.
        host: name of the server, or its address.
        port: its port.

    Raises:
        OSError: the proxy refuses, or is none.
    """
    place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    lines = [f"CONNECT {place} HTTP/1.1", f"Host: {place}", *proxy.headers, "", ""]
    opened.sendall("\r\n".join(lines).encode("latin-1"))
    answer = b""
    while b"\r\n\r\n" not in answer:
        part = opened.recv(_PACKET_BYTES)
        answer += part
        if not part or len(answer) > limits.ANSWER_MAX_BYTES:
            raise OSError(f"the proxy {proxy.host} does not answer as one")
    status = answer.split(b"\r\n", 1)[0].decode("latin-1")
    version, _, rest = status.partition(" ")
    if not version.startswith("HTTP/1.") or rest[:1] != "2":
        raise OSError(f"the proxy {proxy.host} answered {rest[:60] or status[:60]!r}")
