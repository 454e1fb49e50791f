"""Kinds of values, in words. The function names kinds so too: `reading/value_kinds.py`."""

from __future__ import annotations

from typing import Final

_WORDS: Final = {
    "None": "None",
    "True": "True",
    "False": "False",
    "text": "a text",
    "text 0": "an empty text",
    "bytes": "bytes",
    "bytes 0": "empty bytes",
    "list": "a list of several",
    "list 0": "an empty list",
    "list 1": "a list of one",
    "tuple": "a tuple of several",
    "tuple 0": "an empty tuple",
    "tuple 1": "a tuple of one",
    "dict": "a dict of several",
    "dict 0": "an empty dict",
    "dict 1": "a dict of one",
    "set": "a set of several",
    "set 0": "an empty set",
    "set 1": "a set of one",
    "int > 0": "a whole number above 0",
    "int < 0": "a whole number below 0",
    "int 0": "0",
    "float > 0": "a number with a point, above 0",
    "float < 0": "a number with a point, below 0",
    "float 0": "0.0",
    "float nan": "not a number (NaN)",
}


def describe_kind(kind: str) -> str:
    """Return a kind in words; a class by its name."""
    return _WORDS.get(kind, f"of class {kind}")
