"""What StartLiveTail answers: messages of AWS's event stream encoding, one after the other."""

from __future__ import annotations

import json
import struct
import zlib
from typing import Any


def stream(*messages: bytes) -> bytes:
    """A session: its beginning, and these messages."""
    return b"".join((_message(b"{}", "event", "initial-response"), started(), *messages))


def started() -> bytes:
    """The session has begun."""
    return _message(b'{"sessionId": "1"}', "event", "sessionStart")


def update(*records: dict[str, Any], sampled: bool = False) -> bytes:
    """The lines of one second."""
    content = {"sessionMetadata": {"sampled": sampled}, "sessionResults": list(records)}
    return _message(json.dumps(content).encode(), "event", "sessionUpdate")


def failed(kind: str) -> bytes:
    """The session ends, such as with `SessionTimeoutException`."""
    return _message(b'{"message": "no"}', "exception", kind)


def _message(payload: bytes, kind: str, name: str) -> bytes:
    headers = b"".join(
        struct.pack(">B", len(key)) + key.encode() + struct.pack(">BH", 7, len(value)) + value.encode()
        for key, value in (
            (":message-type", kind),
            (f":{kind}-type", name),
            (":content-type", "application/json"),
        )
    )
    prelude = struct.pack(">II", 16 + len(headers) + len(payload), len(headers))
    checked = prelude + struct.pack(">I", zlib.crc32(prelude)) + headers + payload
    return checked + struct.pack(">I", zlib.crc32(checked))
