"""Proof that a line of the log comes from hotlog: keyed BLAKE2b over the line, the log stream that it is in, and the key's number.

What an application prints may look like an event: a web client can make it print one. The key is known to the function's hotlog
and to who may read the function's rules; a line without a proof decides nothing at the desk. Whoever runs code in the
function, or may read the parameter, can forge lines: that is out of reach.

    {"hotlog":"status", … ,"document":7   ,"proof":"Zx3…"}
    └─────────── what is proven ────────┘
"""

from __future__ import annotations

from _blake2 import blake2b  # not `hashlib`: it loads OpenSSL
from binascii import Error as NotBase64
from binascii import a2b_base64, b2a_base64
from os import urandom
from typing import Any, Final

from hotlog import __builtins__, limits
from hotlog.events import PROOF
from hotlog.namedtuple import NamedTuple

_CHARS: Final = limits.PROOF_DIGEST_BYTES * 4 // 3  # of a digest in base64
_TO_URL: Final = bytes.maketrans(b"+/", b"-_")
_FROM_URL: Final = bytes.maketrans(b"-_", b"+/")
_BEGIN: Final = f',"{PROOF}":"'
_END: Final = '"}'


class ProofKey(NamedTuple):
    """What events of one function are proven with.

    Attributes:
        number: counts the keys of the function, from 1.
        secret: random bytes.
    """

    number: int
    secret: bytes

    @property
    def text(self) -> str:
        """Return the secret as it is stored: what redaction must hide."""
        return _encode(self.secret)


def load_key(stored: Any) -> ProofKey | None:
    """Return the key that a document holds; None where there is none, or nothing that could be one."""
    if type(stored) is not dict or type(stored.get("n")) is not int or type(stored.get("k")) is not str:
        return None
    try:
        secret = a2b_base64(stored["k"].encode().translate(_FROM_URL) + b"==")
    except (NotBase64, UnicodeError):
        return None
    return (
        ProofKey(stored["n"], secret) if stored["n"] > 0 and len(secret) == limits.PROOF_KEY_BYTES else None
    )


def dump_key(key: ProofKey) -> dict[str, Any]:
    """Return the key as a document holds it."""
    return {"n": key.number, "k": key.text}


def make_key(number: int = 1) -> ProofKey:
    """Return a new key."""
    return ProofKey(number, urandom(limits.PROOF_KEY_BYTES))


class Prover:
    """Proves the lines of one log stream with one key.

    Args:
        key: of the function.
        stream: name of the log stream; empty where there is none.
    """

    def __init__(self, key: ProofKey, stream: str) -> None:
        begun = f"{key.number}\n{stream}\n".encode()
        self._hash = blake2b(begun, key=key.secret, digest_size=limits.PROOF_DIGEST_BYTES).copy

    def prove(self, begun: str) -> str:
        """Return the line that begins so, with its proof as last member; it is without the brace that closes it."""
        digest = self._hash()
        digest.update(begun.encode())
        proof = b2a_base64(digest.digest()).translate(_TO_URL, b"\n").decode()
        return f"{begun}{_BEGIN}{proof}{_END}"

    def proves(self, line: str) -> bool:
        """Return whether the line, as it stands in the log, ends in the proof of all that it begins with."""
        begun, proof = split_proof(line)
        try:
            return bool(proof) and self.prove(begun) == line
        except UnicodeEncodeError:  # half of a surrogate pair: no line of hotlog's has one
            return False


def split_proof(line: str) -> tuple[str, str]:
    """Return what a line proves, and the proof; that is empty where the line does not end in one."""
    at = len(line) - len(_BEGIN) - _CHARS - len(_END)
    if at < 0 or not line.endswith(_END) or not line.startswith(_BEGIN, at):
        return line, ""
    return line[:at], line[at + len(_BEGIN) : -len(_END)]


def _encode(data: bytes) -> str:
    return b2a_base64(data).translate(_TO_URL, b"\n=").decode()
