"""Where a rule points, as written and taken apart: `app.py:42`, `app:charge`, `app.py:/text/`."""

from __future__ import annotations

import functools
from datetime import datetime
from typing import Final

from hotlog import __builtins__, limits
from hotlog.errors import RuleError
from hotlog.namedtuple import NamedTuple

SHOWN_MAX_CHARS: Final = 100  # of a wrong value, in the sentence that says so
_LINE_MAX_DIGITS: Final = 9


class Target(NamedTuple):
    """A target as written, taken apart. Exactly one of `line`, `function` and `text` says where in the file.

    Attributes:
        file: path relative to the root, with `/`, such as `app.py`; empty where a module is named.
        module: dotted module name, such as `shop.pricing`; empty where a file is named.
        line: line number, counted from 1; 0 where there is none.
        function: qualified name, such as `Order.total`.
        text: source text to look for, from `pricing.py:/total =/`.
    """

    file: str = ""
    module: str = ""
    line: int = 0
    function: str = ""
    text: str = ""


@functools.lru_cache(limits.RULES_MAX)
def parse_target(at: str) -> Target:
    """Take a target apart.

    Args:
        at: `app.py:42`, `app:charge`, `shop.pricing:Cart.total` or `app.py:/text/`.

    Raises:
        RuleError: `bad-target`, with the forms that would do.
    """
    place, colon, rest = at.rpartition(":/") if at.endswith("/") and ":/" in at else at.rpartition(":")
    if colon == ":/":
        text = rest[:-1].strip()
        if place.endswith(".py") and text:
            return Target(file=_relative(place, at), text=text)
    elif colon and _is_line(rest) and place.endswith(".py"):
        if int(rest) > 0:
            return Target(file=_relative(place, at), line=int(rest))
    elif colon and _is_dotted(place) and _is_dotted(rest.replace("<locals>.", "")):
        return Target(module=place, function=rest)
    raise RuleError(
        "bad-target",
        f"{brief(at)} is no target. Write FILE:LINE (app.py:42), MODULE:FUNCTION (app:charge) or FILE:/TEXT/.",
    )


def _relative(path: str, at: str) -> str:
    parts = [part for part in path.replace("\\", "/").split("/") if part not in {"", "."}]
    if (
        path.startswith("/") or ".." in parts or not path.isprintable()
    ):  # no file system takes halves of surrogates
        raise RuleError(
            "bad-target", f"{brief(at)}: write the file's path relative to the root of the function's code."
        )
    return "/".join(parts)


def _is_line(text: str) -> bool:
    return len(text) <= _LINE_MAX_DIGITS and text.isascii() and text.isdigit()


def _is_dotted(name: str) -> bool:
    return bool(name) and all(part.isidentifier() for part in name.split("."))


def brief(value: object) -> str:
    """Return a wrong value as an error message quotes it, cut short: it may be any JSON, however long."""
    if isinstance(value, int) and value.bit_length() > limits.INT_MAX_BITS:
        return "a number of that length"  # Python writes none of more than 4,300 digits
    if value is None or isinstance(value, str | int | float | datetime):
        return repr(value[:SHOWN_MAX_CHARS] if isinstance(value, str) else value)[:SHOWN_MAX_CHARS]
    return f"a {type(value).__name__}"
