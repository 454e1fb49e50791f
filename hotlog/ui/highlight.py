"""Python source as coloured lines: by the tokenizer of the standard library, ten times as fast as one of regular expressions.

A file of 5,000 lines is on the screen within half a second, so its colours may cost a part of that.
"""

from __future__ import annotations

import builtins
import functools
import io
import keyword
import tokenize
from typing import TYPE_CHECKING, Final

from hotlog.ui.html import Html, text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_TAB: Final = 4
_FILES_KEPT: Final = 20  # as people go back and forth between files and stories
_BUILTINS: Final = frozenset(dir(builtins))
_NAMES_DEFINED_BY: Final = frozenset({"def", "class"})
# The class of a token by its kind; of names it depends on the word. Python 3.12 takes f-strings apart.
_BY_KIND: Final = {
    getattr(tokenize, name, -1): colour
    for name, colour in (
        ("COMMENT", "co"), ("NUMBER", "nu"), ("STRING", "st"), ("FSTRING_START", "st"), ("FSTRING_MIDDLE", "st"), ("FSTRING_END", "st"),
    )
}  # fmt: skip


@functools.lru_cache(_FILES_KEPT)
def highlight(lines: tuple[str, ...]) -> tuple[Html, ...]:
    """Return each line as markup; a line that the tokenizer does not reach is plain."""
    marks: list[list[tuple[int, int, str]]] = [[] for _ in lines]
    for (row, column), (last, end), kind in _iter_coloured(lines):
        for line in range(row, min(last, len(lines)) + 1):
            begin = column if line == row else 0
            until = end if line == last else len(lines[line - 1])
            marks[line - 1].append((begin, until, kind))
    return tuple(_paint(line, found) for line, found in zip(lines, marks, strict=True))


def _iter_coloured(lines: Sequence[str]) -> Iterator[tuple[tuple[int, int], tuple[int, int], str]]:
    before = ""
    try:
        for kind, word, begin, end, _ in tokenize.generate_tokens(io.StringIO("\n".join(lines)).readline):
            if name := _colour(kind, word, before):
                yield begin, end, name
            before = word
    except (tokenize.TokenError, SyntaxError):  # no Python, or of another version: the rest is plain
        return


def _colour(kind: int, word: str, before: str) -> str:
    """Return the class of a token; empty for one in the colour of text."""
    if kind != tokenize.NAME:
        return _BY_KIND.get(kind, "")
    if keyword.iskeyword(word):
        return "nu" if word in {"None", "True", "False"} else "kw"
    if before in _NAMES_DEFINED_BY:
        return "df"
    return "bi" if word in _BUILTINS and before != "." else ""


def _paint(line: str, marks: list[tuple[int, int, str]]) -> Html:
    parts: list[str] = []
    at = 0
    for begin, end, kind in marks:
        if begin < at or end <= begin:
            continue
        parts.append(text(line[at:begin].expandtabs(_TAB)))
        parts.append(f'<i class="{kind}">{text(line[begin:end])}</i>')
        at = end
    return Html("".join((*parts, text(line[at:].expandtabs(_TAB)))))
