"""Compile without a word: the user's log shows no warning about source that was compiled a second time.

Compiling prints a SyntaxWarning (a DeprecationWarning for a bad escape before 3.12) or raises it under `-W error`.
`warnings.catch_warnings` would reset the registry that makes warnings appear once, so the user's would appear again;
an entry of our own in the list of filters, taken out right after, does neither.
"""

from __future__ import annotations

import re
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from hotlog import __builtins__

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def ignore_compile_warnings(filename: str) -> Iterator[None]:
    """Ignore the compiler's warnings about this file for as long as the block runs.

    The compiler names the warning's module after the file, without its `.py`; other files keep their warnings.
    """
    module = re.compile(re.escape(filename.removesuffix(".py")) + r"\Z")
    ours: list[tuple[Any, ...]] = [
        ("ignore", None, category, module, 0) for category in (SyntaxWarning, DeprecationWarning)
    ]
    filters: list[tuple[Any, ...]] = warnings.filters  # type: ignore[assignment]  # the list itself, not a copy
    filters[:0] = ours
    try:
        yield
    finally:
        for entry in ours:
            if entry in filters:  # other code may have reset the list meanwhile
                filters.remove(entry)
