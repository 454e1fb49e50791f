"""What is checked out in a working copy, while somebody commits, switches branches and pulls.

What was typed is compared with the commit that was there when the watch began, so that a typed line which is committed
meanwhile stays a typed line. Where other commits come in, as with `checkout`, `pull`, `reset` or `rebase`, what they hold
was not typed: the comparison goes on from the commit that is there then. Git's own log of HEAD tells one from the other.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from hotlog.client.typed.working_copy import find_commit, run_git
from hotlog.errors import ConfigError

if TYPE_CHECKING:
    from hotlog.client.typed.working_copy import WorkingCopy

_OWN: Final = "commit"  # and `commit (amend)`, `commit (merge)`: what is committed was in the working copy


class CheckedOut:
    """Follows what is checked out.

    Args:
        copy: the working copy, as it is now.

    Attributes:
        paths: files that git writes with each change of what is checked out; none without git.
    """

    def __init__(self, copy: WorkingCopy) -> None:
        self._root = copy.root
        self._follows = copy.since == "HEAD"
        self.paths: tuple[str, ...] = ()
        if copy.since:  # of a linked work tree not `.git`, which is a file there
            folder = Path(run_git(copy.root, "rev-parse", "--absolute-git-dir").decode().rstrip("\n"))
            self.paths = tuple(str(folder / name) for name in ("HEAD", "logs/HEAD", "reftable/tables.list"))
        self._head, self._count = copy.commit, len(self._list_moves())

    def follow(self, copy: WorkingCopy) -> WorkingCopy:
        """Return the working copy with the commit that it is compared with now.

        Raises:
            ConfigError: `bad-base`: git says no.
        """
        if not self._follows:
            return copy
        moves = self._list_moves()
        if not moves:  # git keeps no log here: a commit is not told from a pull, and nothing counts that may be another's
            return copy._replace(commit=find_commit(self._root, "HEAD") or copy.commit)
        for now, what in moves[self._count :]:
            if now != self._head and not what.startswith(_OWN):
                copy = copy._replace(commit=now)
            self._head = now
        self._count = len(moves)
        return copy

    def _list_moves(self) -> list[tuple[str, str]]:
        """Return each move of HEAD, the oldest first: the commit, and what git did; none where git keeps no such log."""
        if not self._follows:
            return []
        try:
            told = run_git(self._root, "reflog", "show", "--format=%H %gs", "HEAD")
        except ConfigError:
            return []
        lines = told.decode(errors="replace").splitlines()
        return [(commit, what) for commit, _, what in (line.partition(" ") for line in reversed(lines))]
