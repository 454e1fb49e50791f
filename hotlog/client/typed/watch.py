"""`hotlog try --watch`: typed lines are re-applied with each save, one write a save.

A save is taken once the files have stayed the same between two looks: an editor that writes a file in pieces, or renames
it into its place, is never met half-way. A file that is not Python yet leaves its rules as they are. A typed line that is
committed stays typed; a branch that is checked out brings its own.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from hotlog.client.code.code_trees import Directory
from hotlog.client.typed.checked_out import CheckedOut
from hotlog.client.typed.tried_edits import TriedEdits, TryOptions, count_changes
from hotlog.client.typed.try_edits import look_at_edits, store_edits
from hotlog.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hotlog.client.account.desk import Desk
    from hotlog.client.account.function_name import FunctionName
    from hotlog.client.typed.working_copy import WorkingCopy

_Files = dict[str, tuple[int, int]]  # of each file, when it was written, and how large it is


class SavedEdits(NamedTuple):
    """What one save did.

    Attributes:
        names: files that were saved; none: git has done something.
        added: so many rules.
        removed: so many rules.
        tried: what is typed now, with the rules as they are stored.
        trouble: files whose rules stay as they were, and why; empty: there are none.
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
        self._checked_out = CheckedOut(copy)
        self._applied = self._seen = self._files()

    def look(self) -> SavedEdits | None:
        """Apply a save, if there was one; return what it did.

        Raises:
            StoreError: the code or the store cannot be had; the rules stay as they were.
        """
        before, self._seen = self._seen, self._files()
        if self._seen == self._applied or self._seen != before:
            return None
        files = self._seen
        changed = {
            name for name in {*files, *self._applied} if files.get(name) != self._applied.get(name)
        } - {*self._checked_out.paths}
        names = tuple(sorted(os.path.relpath(name) for name in changed))
        try:
            self._copy = self._checked_out.follow(self._copy)
            branch = self._copy.branch
            found = look_at_edits(self._desk, self._wanted, self._copy, self._options)
        except ConfigError as fault:  # git is in the middle of something
            self._applied = files
            return SavedEdits(names, 0, 0, self.tried, f"{fault.message}; rules stay as they were")
        unread = {each.file: each.say for each in found.unread}
        if self._options.strict and found._replace(unread=()).hinders:
            found = found._replace(lines=tuple(found.refused))
        live = self.tried.without_expired(datetime.now(UTC))
        kept = tuple(line for line in live.lines if line.file in unread)
        stored = store_edits(self._desk, found._replace(lines=(*found.lines, *kept)), live)
        self._applied = files
        added, removed = count_changes(live, stored)
        known = {each.file for each in self.tried.unread} - {*names}
        said = [f"{say}; its rules stay as they were" for file, say in unread.items() if file not in known]
        self.tried = stored
        switched = (self._branch, branch) if branch != self._branch else None
        self._branch = branch
        saved = SavedEdits(names, added, removed, stored, ". ".join(said), switched)
        return saved if names or added or removed or said or switched else None

    def _files(self) -> _Files:
        """Return when each file was written; of git's own those that say what is checked out."""
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
        yield from self._checked_out.paths
