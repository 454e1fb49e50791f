"""Lines found by what stands in them: no test holds a line number that the next edit would make wrong."""

from __future__ import annotations

from pathlib import Path


def line_of(source: Path | str, marker: str) -> int:
    """The line that carries the comment `# <marker>`, counted from 1.

    Args:
        source: a file, or source text.
        marker: the word between the angle brackets.
    """
    return line_with(source, f"# <{marker}>")


def line_with(source: Path | str, words: str) -> int:
    """The one line that contains these words, counted from 1; for code that should carry no markers."""
    text = source.read_text(encoding="utf-8") if isinstance(source, Path) else source
    lines = [number for number, line in enumerate(text.split("\n"), 1) if words in line]
    assert len(lines) == 1, f"{words!r} stands in {len(lines)} lines of {_name(source)}"
    return lines[0]


def _name(source: Path | str) -> str:
    return source.name if isinstance(source, Path) else "the source"
