"""Lines of a log as the function's hotlog proves them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hotlog.rules import document as documents
from hotlog.rules.document import Document
from hotlog.rules.proof import ProofKey, Prover, dump_key, load_key

if TYPE_CHECKING:
    from pathlib import Path

    from hotlog.events import Event

KEY = ProofKey(1, b"0123456789abcdef")
PROVEN = {"proof": "proven"}  # what the desk makes of a proof


def prove(event: Event, key: ProofKey = KEY, stream: str = "") -> str:
    """Return the line of the event, proven."""
    return Prover(key, stream).prove(json.dumps(event)[:-1])


def put_key(path: Path) -> None:
    """Write a document of rules that holds nothing but a key."""
    path.parent.mkdir(exist_ok=True)
    path.write_text(documents.dumps(Document(key=dump_key(KEY))))


def key_of(text: str) -> ProofKey:
    """Return the key in a stored document."""
    found = load_key(documents.loads(text).key)
    assert found is not None
    return found


def as_read(event: Event, verdict: str = "proven") -> dict[str, Any]:
    """Return an event as the desk has it."""
    return {**event, "proof": verdict}
