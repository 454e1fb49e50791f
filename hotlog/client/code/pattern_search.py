"""A regular expression of somebody's, searched for in a process of its own: one such as `(a+)+$` would never end.

Nothing stops a search of `re` from within its process. The child gets the files on stdin, each after its length, and writes the
number of the file and of the line for each match.
"""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING, Final

from hotlog.client import desk_limits
from hotlog.errors import RuleError

if TYPE_CHECKING:
    from collections.abc import Sequence

_CHILD: Final = """
import re, sys
matches, most = re.compile(sys.argv[1].encode(), re.MULTILINE), int(sys.argv[2])
read = sys.stdin.buffer.read
file = 0
while most and (size := read(8)):
    data, number, counted, last = read(int.from_bytes(size, "big")), 1, 0, 0
    for match in matches.finditer(data):
        number += data.count(b"\\n", counted, match.start())
        counted = match.start()
        if number != last:
            print(file, number)
            last, most = number, most - 1
            if not most:
                break
    file += 1
"""


def search_pattern(pattern: str, files: Sequence[bytes], most: int) -> list[tuple[int, int]]:
    """Return file (from 0) and line (from 1) of the first matches, each line once.

    Args:
        pattern: a regular expression.
        files: their contents.
        most: so many at most.

    Raises:
        RuleError: `bad-query`, it is none, or takes longer than `desk_limits.PATTERN_MAX_S`.
    """
    if len(pattern) > desk_limits.PATTERN_MAX_CHARS or "\0" in pattern:  # it is a word of a command
        raise RuleError(
            "bad-query",
            f"a regular expression has at most {desk_limits.PATTERN_MAX_CHARS:,} characters, and none of them is NUL: shorten it.",
        )
    try:
        re.compile(pattern.encode(), re.MULTILINE)
    except (re.error, RecursionError, OverflowError) as fault:
        raise RuleError("bad-query", f"{pattern!r} is no regular expression: {fault}.") from fault
    text = b"".join(len(data).to_bytes(8, "big") + data for data in files)
    command = [sys.executable, "-I", "-S", "-c", _CHILD, pattern, str(most)]
    try:
        done = subprocess.run(  # noqa: S603  # the pattern is data
            command, input=text, capture_output=True, check=True, timeout=desk_limits.PATTERN_MAX_S
        )
    except subprocess.TimeoutExpired:
        raise RuleError(
            "bad-query",
            f"re:{pattern} is not done after {desk_limits.PATTERN_MAX_S} s: repeat nothing that repeats, as (a+)+ does.",
        ) from None
    numbers = [line.split() for line in done.stdout.decode().splitlines()]
    return [(int(file), int(line)) for file, line in numbers]
