"""What may stand behind the colon of a hole: `.2f`, `>20`, `%Y-%m-%d`. How a value is written by it is in `formats`."""

from __future__ import annotations

import re
from typing import Final

from hotlog import __builtins__
from hotlog.coldstart.lazy_regex import Pattern

PLAIN_FORMAT: Final = Pattern(
    r"""
    (?P<align>(?:[^{}]?[<>=^])?) [-+\ ]? \#? (?P<zero>0?) (?P<width>[0-9]{0,2}) (?P<group>[,_]?)
    (?:\.(?P<precision>[0-9]{1,2}))? (?P<kind>[bcdeEfFgGnosxX%]?)
    """,
    re.VERBOSE,
)
# What `strftime` fills in; glibc's `-` leaves out a leading zero. A width would be a number of any size.
DATE_FORMAT: Final = Pattern(r"(?:[^%{}]|%-?[aAbBcCdDeFgGhHIjklmMnprRStTuUVwWxXyYzZf%])*")


def is_format(form: str) -> bool:
    """Return whether it may stand behind the colon of a hole."""
    return PLAIN_FORMAT.fullmatch(form) is not None or (
        "%" in form and DATE_FORMAT.fullmatch(form) is not None
    )
