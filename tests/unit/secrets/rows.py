"""A row of the table: variables as a function may have them, and the part of them that must not be seen.

Secrets are made when the table is read, from a form and a seed: no text in this folder looks like a live one.
"""

from __future__ import annotations

import base64
import random
import re
import string
from typing import Any, NamedTuple

_ALPHABETS = {
    "a": string.ascii_letters + string.digits,
    "b": string.ascii_letters + string.digits + "+/",
    "d": string.digits,
    "h": "0123456789abcdef",
    "H": "0123456789ABCDEF",
    "i": "0123456789abcdefABCDEF",
    "L": string.ascii_letters,
    "l": string.ascii_lowercase + string.digits,
    "o": string.ascii_lowercase,
    "t": string.ascii_uppercase + "234567",
    "u": string.ascii_uppercase + string.digits,
    "w": string.ascii_letters + string.digits + "_-",
}
_HOLE = re.compile(r"\{(\w)(\d+)\}")
_WORDS = "tulip amber falcon river copper maple winter orbit velvet canyon ginger lantern meadow pepper quartz saffron".split()  # noqa: SIM905 -- a table of words
MARK = "§"


class Row(NamedTuple):
    """One row.

    Attributes:
        group: what kind of place it is.
        variables: by name, as the locals of a function.
        part: what must not be seen; empty in a row that is no secret.
    """

    group: str
    variables: dict[str, Any]
    part: str = ""


class Maker:
    """Makes what looks like a secret, the same for the same seed.

    Args:
        seed: any text.
    """

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed)  # noqa: S311 -- made up, and the same each time

    def fill(self, form: str) -> str:
        """The form with each hole, such as `{h32}`, filled with so many characters of that alphabet."""
        return _HOLE.sub(lambda found: self._drawn(_ALPHABETS[found[1]], int(found[2])), form)

    def _drawn(self, alphabet: str, size: int) -> str:
        text = "".join(self._random.choices(alphabet, k=size))
        # Drawn at random, so with a digit, as nearly all are.
        return text if size < 12 or "0" not in alphabet or any(map(str.isdigit, text)) else "7" + text[1:]

    def password(self) -> str:
        """A password as people choose them: words, digits, or both."""
        word, other = self._random.sample(_WORDS, 2)
        number = self._random.randint(10, 9_999)
        return self._random.choice(
            [f"{word}{number}", f"{word.title()}{other.title()}", f"{word}_{other}{number}", self.fill("{a12}"), f"{other}-{word}"]
        )  # fmt: skip

    def uuid(self) -> str:
        """Text in the form of a UUID."""
        return self.fill("{h8}-{h4}-{h4}-{h4}-{h12}")

    def place(self, token: str, number: int) -> dict[str, Any]:
        """Variables that hold a token, in one of the places where tokens turn up under a name that says nothing."""
        places: list[dict[str, Any]] = [
            {"value": token},
            {"line": f"upload with {token} has failed"},
            {"parts": ["v1", token, 7]},
            {"fault": RuntimeError(f"rejected: {token}")},
            {"row": {"id": 7, "text": token}},
            {"body": f'{{"kind": "x", "content": "{token}"}}'},
            {"raw": token.encode()},
            {"config": {"a": {"b": (token,)}}},
        ]
        return places[number % 8]


def one_of(number: int, *places: dict[str, Any]) -> dict[str, Any]:
    """One of the variables, in turn."""
    return places[number % len(places)]


def encoded(text: str, part: str, *, url: bool = False) -> tuple[str, str]:
    """The text in base64, and the characters of it that stand for the part."""
    encode = base64.urlsafe_b64encode if url else base64.b64encode
    whole = encode(text.encode()).decode()
    start = len(text[: text.index(part)].encode())
    end = start + len(part.encode())
    return whole, whole[-(-start // 3) * 4 : end // 3 * 4]
