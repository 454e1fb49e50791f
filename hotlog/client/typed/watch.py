"""`hotlog try --watch`: typed lines are re-applied with each save, one write a save.

A save is taken once the files have stayed the same between two looks: an editor that writes a file in pieces, or renames
it into its place, is never met half-way. A file that is not Python yet leaves the rules as they are.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from hotlog.client.code.code_trees import Directory
from hotlog.client.typed.try_edits import TriedEdits, TryOptions, count_changes, look_at_edits, store_edits
from hotlog.errors import LocationError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hotlog.client.account.desk import Desk
    from hotlog.client.account.function_name import FunctionName
    from hotlog.client.typed.working_copy import WorkingCopy

_Files = dict[str, tuple[int, int]]  # of each file, when it was written, and how large it is


class SavedEdits(NamedTuple):
    """What one save did.

    Attributes:
        names: files that were saved.
        added: so many rules.
        removed: so many rules.
        tried: what is typed now, with the rules as they are stored.
        trouble: why the rules stay as they were; empty: they do not.
        branch: of before and of now, where another one was checked out.
    """

    names: tuple[str, ...]
    added: int
    removed: int
    tried: TriedEdits
    trouble: str = ""
    branch: tuple[str, str] | None = None


class EditWatch:
    """Looks for saves in a working copy.

    Args:
        desk: where the rules are.
        wanted: the function.
        copy: the working copy.
        options: how lines become rules.
        tried: what is stored already.

    Attributes:
        tried: what is stored now.
    """

    def __init__(
        self, desk: Desk, wanted: FunctionName, copy: WorkingCopy, options: TryOptions, tried: TriedEdits
    ) -> None:
        self._desk, self._wanted, self._copy = desk, wanted, copy
        self._options = options._replace(group=tried.group)
        self.tried = tried
        self._branch = copy.branch
        self._applied = self._seen = self._files()

    def look(self) -> SavedEdits | None:
        """Apply a save, if there was one; return what it did.

        Raises:
            HotlogError: the code or the store cannot be had; the rules stay as they were.
        """
        before, self._seen = self._seen, self._files()
        if self._seen == self._applied or self._seen != before:
            return None
        files = self._seen
        names = tuple(
            sorted(
                os.path.relpath(name)
                for name in {*files, *self._applied}
                if files.get(name) != self._applied.get(name)
            )
        )
        branch = self._copy.branch
        try:
            found = look_at_edits(self._desk, self._wanted, self._copy, self._options)
        except LocationError as fault:
            self._applied = files
            return SavedEdits(names, 0, 0, self.tried, fault.message)
        if self._options.strict and found.hinders:
            found = found._replace(lines=tuple(found.refused))
        stored = store_edits(self._desk, found, self.tried)
        self._applied = files
        added, removed = count_changes(self.tried, stored)
        self.tried = stored
        switched = (self._branch, branch) if branch != self._branch else None
        self._branch = branch
        return SavedEdits(names, added, removed, stored, branch=switched)

    def _files(self) -> _Files:
        """Return when each file was written; of git's own the one that says what is checked out."""
        found: _Files = {}
        for path in self._paths():
            try:
                told = os.stat(path)  # thousands of them, several times a second
            except OSError:
                continue
            found[path] = told.st_mtime_ns, told.st_size
        return found

    def _paths(self) -> Iterator[str]:
        for place in self._copy.within:
            if place.is_file():
                yield str(place)
            else:
                yield from (f"{place}/{name}" for name in Directory(place).files())
        if self._copy.since:
            yield str(self._copy.root / ".git" / "HEAD")
