"""What was typed, as a unified diff: applied to the deployed code, so that no file of this machine is read.

    diff ── read_diff ──> hunks by file ── TypedDiff ──> each deployed file as it would be

A hunk goes where its own lines stand in the deployed code, whatever its line numbers say. One that stands nowhere, or in two
places, is left out with a sentence.
"""

from __future__ import annotations

import itertools
import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final, NamedTuple

from hotlog.client import desk_limits
from hotlog.client.typed.deployed_files import count_common
from hotlog.client.typed.working_copy import EditedFile
from hotlog.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from hotlog.client.code.code_trees import Tree

_HUNK: Final = re.compile(
    r"@@ -(\d{1,9})(?:,\d+)? \+\d+(?:,\d+)? @@|@@"
)  # programs that write diffs by heart omit numbers
_FUZZ: Final = 2  # lines of context that may be missing at each end, as `patch` has it


class Hunk(NamedTuple):
    """One place of a diff.

    Attributes:
        line: that it says it is at; 0: it does not say.
        changes: its lines, each with its sign: a space, `-` or `+`.
    """

    line: int
    changes: tuple[str, ...]

    @property
    def before(self) -> list[str]:
        """Return the lines that it wants to find."""
        return [each[1:] for each in self.changes if each[0] != "+"]

    @property
    def after(self) -> list[str]:
        """Return the lines that shall stand there."""
        return [each[1:] for each in self.changes if each[0] != "-"]

    def without_ends(self, first: int, last: int) -> Hunk:
        """Return the same without so many lines of context at its beginning and at its end."""
        changes = list(self.changes)
        for _ in range(first):
            if changes and changes[0][0] == " ":
                del changes[0]
        for _ in range(last):
            if changes and changes[-1][0] == " ":
                del changes[-1]
        return Hunk(self.line, tuple(changes))


class TypedDiff(NamedTuple):
    """A diff, as a working copy that differs from the deployed code in nothing else.

    Attributes:
        files: deployed files as they would be.
        notes: hunks and files that are left out, a sentence each.
    """

    files: tuple[EditedFile, ...]
    notes: tuple[str, ...]
    since: str = ""
    base: Path | None = None

    def edited(self) -> list[EditedFile]:
        """Return the files that would change."""
        return list(self.files)

    def namesakes(self, _file: EditedFile) -> list[tuple[str, bytes]]:
        """Return no other file: a diff says itself which deployed file is meant."""
        return []


def read_diff(text: str) -> dict[str, list[Hunk]]:
    """Return the hunks of a unified diff, by file.

    Raises:
        ConfigError: `bad-diff`: it is none.
    """
    if len(text) > desk_limits.DIFF_MAX_CHARS:
        raise ConfigError(
            "bad-diff",
            f"a diff of log lines has at most {desk_limits.DIFF_MAX_CHARS:,} characters: leave other edits out.",
        )
    found: dict[str, list[Hunk]] = {}
    lines = text.replace("\r\n", "\n").split("\n")
    path = ""
    hunk: list[str] | None = None
    for number, line in enumerate(lines):
        following = lines[number + 1] if number + 1 < len(lines) else ""
        if line.startswith("diff --git ") or (line.startswith("--- ") and following.startswith("+++ ")):
            path, hunk = "", None
        elif line.startswith("+++ ") and hunk is None:
            path = _path_of(line)
        elif path and (header := _HUNK.match(line)):
            hunk = []
            found.setdefault(path, []).append(Hunk(int(header[1] or 0), ()))
        elif hunk is not None and (line[:1] in {" ", "+", "-"} or not line):
            hunk.append(line)
            found[path][-1] = found[path][-1]._replace(changes=_strip_end(hunk))
    if not any(hunk.changes for hunks in found.values() for hunk in hunks):
        raise ConfigError(
            "bad-diff",
            "that is no unified diff: it needs `--- a/FILE`, `+++ b/FILE`, `@@ -LINE +LINE @@` and lines that begin with a space, + or -.",
        )
    return found


def _path_of(line: str) -> str:
    name = line.removeprefix("+++ ").partition("\t")[0].strip().strip('"')
    return name.removeprefix("b/") if name != "/dev/null" else ""


def _strip_end(changes: Sequence[str]) -> tuple[str, ...]:
    """Return the lines of a hunk without empty ones at its end: they belong to what stands around the diff.

    An empty line within is one of context, whose space an editor has stripped.
    """
    end = len(changes)
    while end and not changes[end - 1]:
        end -= 1
    return tuple(each or " " for each in changes[:end])


def apply_diff(text: str, tree: Tree) -> TypedDiff:
    """Return deployed files as they would be with a diff.

    Args:
        text: the diff.
        tree: the deployed code.

    Raises:
        ConfigError: `bad-diff`: it is no unified diff.
    """
    files: list[EditedFile] = []
    notes: list[str] = []
    for path, hunks in read_diff(text).items():
        if not path.endswith(".py"):
            continue
        fits = [
            (
                len(applied),
                sum(len(hunk.before) for hunk in applied),
                count_common(name, path),
                name,
                new,
                missing,
            )
            for name in tree.files()
            if PurePosixPath(name).name == PurePosixPath(path).name
            for new, applied, missing in [
                _apply(hunks, (tree.read(name) or b"").decode("utf-8", "surrogateescape"))
            ]
        ]
        if not fits:
            notes.append(f"{path} is in no package of this function: left out")
            continue
        *_, name, new, missing = max(fits, key=lambda fit: fit[:3])
        notes += [f"{path}: {each} in the deployed {name}: left out" for each in missing]
        data = new.encode("utf-8", "surrogateescape")
        if data != (before := tree.read(name) or b""):
            files.append(EditedFile(path, name, data, before))
    return TypedDiff(tuple(files), tuple(notes))


def _apply(hunks: Sequence[Hunk], text: str) -> tuple[str, list[Hunk], list[str]]:
    """Return a text with those hunks that have their place in it, these, and a sentence on each other one."""
    newline = "\r\n" if "\r\n" in text else "\n"
    lines = text.replace("\r\n", "\n").split("\n")
    applied: list[tuple[int, Hunk]] = []
    missing: list[str] = []
    for hunk in hunks:
        place = next(_find(hunk, lines), None)
        if place is None:
            first = next((each[1:].strip() for each in hunk.changes if each[0] != "+"), "")
            said = (
                f"the lines around `{first}` stand nowhere, or twice,"
                if first
                else "a hunk without context has no place"
            )
            missing.append(said)
        else:
            applied.append(place)
    done: list[Hunk] = []
    end = len(lines) + 1
    for at, hunk in sorted(applied, key=lambda each: each[0], reverse=True):
        if at + len(hunk.before) > end:
            missing.append(f"two hunks change line {end + 1}")
            continue
        lines[at : at + len(hunk.before)] = hunk.after
        end = at
        done.append(hunk)
    return newline.join(lines), done, missing


def _find(hunk: Hunk, lines: Sequence[str]) -> Iterator[tuple[int, Hunk]]:
    """Yield where a hunk goes, from 0, as strictly as it can be said: first with all of its context."""
    for first, last in sorted(itertools.product(range(_FUZZ + 1), repeat=2), key=sum):
        less = hunk.without_ends(first, last)
        wanted = less.before
        if not wanted:
            continue
        places = [
            at
            for at in range(len(lines) - len(wanted) + 1)
            if lines[at] == wanted[0] and list(lines[at : at + len(wanted)]) == wanted
        ]
        if first + last == 0 and len(places) > 1 and hunk.line:
            places = [at for at in places if at == hunk.line - 1]
        if len(places) == 1:
            yield places[0], less
