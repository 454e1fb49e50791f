"""Where something stands in a tree of source: a symbol, a text, a pattern. Files without it are not parsed.

Decompressing a file is cheap and parsing it is not, so the bytes of each file are looked through first.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from hotlog.client import desk_limits
from hotlog.errors import LocationError, RuleError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hotlog.client.code.code_trees import Tree
    from hotlog.client.code.library import CodeLibrary
    from hotlog.source.statements import Source

PATTERN: Final = "re:"  # a query that begins so is a regular expression
_SYMBOL: Final = re.compile(r"[^\W\d]\w*(\.(<locals>\.)?[^\W\d]\w*)*")
_TEXT_MAX_CHARS: Final = 200


class FoundPlace(NamedTuple):
    """A place in the code of a function.

    Attributes:
        target: for `hotlog add`; empty where no probe can go there.
        file: relative to the root of the code.
        line: in it, from 1.
        qualname: of the function that holds it; empty: none does.
        text: the line, stripped.
        why_not: why no probe can go there; or where it goes instead; empty: it goes there.
    """

    target: str
    file: str
    line: int
    qualname: str = ""
    text: str = ""
    why_not: str = ""


def is_symbol(query: str) -> bool:
    """Return whether the query can name a function: `charge`, `Cart.total`."""
    return _SYMBOL.fullmatch(query) is not None


def find_functions(code: CodeLibrary, tree: Tree, symbol: str) -> Iterator[tuple[str, int, str]]:
    """Yield file, line and qualified name of each function that a symbol names: its whole name, or its end.

    Args:
        code: parses.
        tree: is searched.
        symbol: such as `total`, `Cart.total`, `outer.inner`.
    """
    wanted = symbol.replace(".<locals>", "")
    words = [word.encode() for word in wanted.split(".")]
    kinds = [b"(?:def|class)"] * (len(words) - 1) + [
        b"def"
    ]  # a function; what it is written in may be a class
    defines = [
        re.compile(rb"\b" + kind + rb"[ \t\\\r\n]+" + re.escape(word) + rb"\b")
        for kind, word in zip(kinds, words, strict=True)
    ]
    for file in tree.files():
        data = tree.read(file)
        if data is None or any(word not in data for word in words):  # most files lack a word
            continue
        if any(each.search(data) is None for each in defines):
            continue
        try:
            named = code.recall(data, file, "functions", lambda source: tuple(source.functions()))
        except LocationError:
            continue  # not Python, or of another version: it has no function that could be named
        for line, name in named:
            plain = name.replace(".<locals>", "")
            if plain == wanted or plain.endswith(f".{wanted}"):
                yield file, line, name


def module_of(file: str) -> str:
    """Return the name under which Python imports a file of the root."""
    return file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def find_places(
    code: CodeLibrary, tree: Tree, query: str, most: int = desk_limits.FOUND_MAX
) -> list[FoundPlace]:
    """Return the places that a query names, in the order of the files.

    Args:
        code: parses.
        tree: is searched.
        query: a symbol; `re:` and a regular expression; else a text that stands in the line. A symbol that no function
            has is looked for as text.
        most: so many at most.

    Raises:
        RuleError: `bad-query`, the regular expression is none, or takes too long.
    """
    found: list[FoundPlace] = []
    if is_symbol(query):
        for file, line, name in find_functions(code, tree, query):
            read = partial(_function, file=file, line=line, name=name)
            found.append(code.recall(tree.read(file) or b"", file, (line, name), read))
            if len(found) >= most:
                return found
    if found:
        return found
    if query.startswith(PATTERN):
        return _find_pattern(code, tree, query.removeprefix(PATTERN), most)
    matches = _matcher(query)
    for file in tree.files():
        data = tree.read(file)
        for number in _lines_with(matches, data) if data is not None else ():
            found.append(_line(code, data or b"", file, number))
            if len(found) >= most:
                return found
    return found


def _find_pattern(code: CodeLibrary, tree: Tree, pattern: str, most: int) -> list[FoundPlace]:
    from hotlog.client.code.pattern_search import (
        search_pattern,
    )  # with subprocess: most searches need none of it

    files = [(file, data) for file in tree.files() if (data := tree.read(file)) is not None]
    places = search_pattern(pattern, [data for _, data in files], most)
    return [_line(code, files[number][1], files[number][0], line) for number, line in places]


def _lines_with(matches: re.Pattern[bytes], data: bytes) -> Iterator[int]:
    """Yield the number of each line that a match begins in, once."""
    number, counted = 1, 0
    last = 0
    for match in matches.finditer(data):
        number += data.count(b"\n", counted, match.start())
        counted = match.start()
        if number != last:
            yield number
            last = number


def _matcher(query: str) -> re.Pattern[bytes]:
    if not query.strip():
        raise RuleError("bad-query", "say what to look for: a symbol, a text, or re:PATTERN.")
    return re.compile(re.escape(query.encode()))


def _function(source: Source, file: str, line: int, name: str) -> FoundPlace:
    text = source.lines[line - 1].strip()[:_TEXT_MAX_CHARS]
    target = f"{module_of(file)}:{name.replace('<locals>.', '')}"
    try:
        source.function(name)
    except LocationError as fault:
        return FoundPlace(f"{file}:{line}", file, line, name, text, fault.message)
    return FoundPlace(target, file, line, name, text)


def _line(code: CodeLibrary, data: bytes, file: str, number: int) -> FoundPlace:
    text = data.split(b"\n", number)[number - 1].decode("utf-8", "replace").strip()[:_TEXT_MAX_CHARS]
    try:
        source: Source = code.parse(data, file)
        place = source.place(number)
    except LocationError as fault:
        return FoundPlace("", file, number, "", text, fault.message)
    return FoundPlace(f"{file}:{place.line}", file, number, place.function, text, place.note)
