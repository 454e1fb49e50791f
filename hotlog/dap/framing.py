"""Messages of the Debug Adapter Protocol on a stream: `Content-Length: N`, an empty line, N bytes of JSON.

What does not begin so is refused at its first line: a web page can make a browser post to any port of this machine.
"""

from __future__ import annotations

import itertools
import json
import re
import threading
from typing import IO, TYPE_CHECKING, Any, Final

from hotlog.client import desk_limits

if TYPE_CHECKING:
    from collections.abc import Mapping

    Message = Mapping[str, Any]

_FIELD: Final = re.compile(rb"([\w-]+):([^\r\n]*)\r?\n")


class NotDapError(Exception):
    """What came in is no message of the protocol."""


def read_message(stream: IO[bytes]) -> Message | None:
    """Return the next message; None at the end of the stream.

    Raises:
        NotDapError: it is none.
    """
    length = None
    while (line := stream.readline(desk_limits.DAP_HEADER_MAX_BYTES)) not in {b"\r\n", b"\n"}:
        if not line and length is None:
            return None
        field = _FIELD.fullmatch(line)
        if field is None:
            raise NotDapError(f"{line[:40]!r} begins no message")
        if field[1].lower() == b"content-length":
            number = field[2].strip()
            length = int(number) if re.fullmatch(rb"\d{1,9}", number) else -1
    if length is None or not 0 <= length <= desk_limits.DAP_MESSAGE_MAX_BYTES:
        raise NotDapError("the length of a message makes no sense")
    data = stream.read(length)
    if len(data) < length:
        return None
    try:
        message: object = json.loads(data)
    except (ValueError, RecursionError) as fault:
        raise NotDapError("a message is no JSON") from fault
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        raise NotDapError("a message has no type")
    return message


class Writer:
    """Sends messages; several threads may."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)

    def tell(self, event: str, body: Message | None = None) -> None:
        """Send an event."""
        self._send({"type": "event", "event": event, **({"body": body} if body is not None else {})})

    def answer(self, request: Message, body: Message | None = None) -> None:
        """Send the answer to a request."""
        self._respond(request, {"success": True, **({"body": body} if body is not None else {})})

    def refuse(self, request: Message, sentence: str) -> None:
        """Send the answer to a request that cannot be done."""
        error = {"id": 1, "format": sentence, "showUser": True}  # without variables its braces are braces
        self._respond(request, {"success": False, "message": sentence, "body": {"error": error}})

    def _respond(self, request: Message, result: Message) -> None:
        head = {
            "type": "response",
            "request_seq": request.get("seq", 0),
            "command": request.get("command", ""),
        }
        self._send({**head, **result})

    def _send(self, message: Message) -> None:
        with self._lock:
            data = json.dumps({"seq": next(self._numbers), **message}).encode()
            self._stream.write(b"Content-Length: %d\r\n\r\n%s" % (len(data), data))
            self._stream.flush()
