"""Which operations of which exact kinds run no code of the application's: what compiled tests and tests in place both go by."""

from __future__ import annotations

from typing import Any, Final

from hotlog import __builtins__

MISSING: Final[Any] = object()

# Methods of text: their results are no reads, and nothing is hidden in them that was shown before.
METHODS: Final = {
    "startswith": bool, "endswith": bool, "lower": str, "upper": str, "strip": str, "lstrip": str, "rstrip": str, "title": str,
    "capitalize": str, "casefold": str, "swapcase": str, "removeprefix": str, "removesuffix": str, "find": int, "rfind": int,
    "count": int, "isdigit": bool, "isalpha": bool, "isalnum": bool, "isspace": bool, "islower": bool, "isupper": bool,
    "isnumeric": bool, "isdecimal": bool, "isascii": bool, "isidentifier": bool, "split": list, "rsplit": list, "splitlines": list,
}  # fmt: skip

# Those that are called without an argument, and cannot fail.
TEXT_METHODS: Final = frozenset(
    {"lower", "upper", "strip", "lstrip", "rstrip", "title", "capitalize", "casefold", "swapcase"}
)
# Those that take one text, or a tuple of texts, and say whether it stands there.
TEXT_TESTS: Final = frozenset({"startswith", "endswith"})

# Types of which the value alone says what `isinstance` does, the likelier first. None is told by itself.
PLAIN_KINDS: Final = (int, str, float, list, dict, tuple, bool, bytes)
