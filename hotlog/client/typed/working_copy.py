"""What was edited in a working copy: each Python file as it is, and as it was at a commit or in another directory.

git repository            against a commit, HEAD unless another is named; the index counts as edited
--base DIR, or no git     against that directory, or against what is deployed
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from hotlog.client import desk_limits
from hotlog.client.code.code_trees import Directory
from hotlog.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# A repository may name a program that watches its files: looking at log lines starts none.
_GIT: Final = ("git", "-c", "core.quotePath=false", "-c", "core.fsmonitor=false")


class EditedFile(NamedTuple):
    """A file of the working copy that may have been edited.

    Attributes:
        name: its path as a person would write it, from the current directory.
        path: relative to the root of the working copy, with `/`.
        data: its content.
        before: its content as it was; None: it was not there, or nobody knows.
        was: the path that it had; empty: the same.
        trouble: why it cannot be read; empty: it can.
    """

    name: str
    path: str
    data: bytes
    before: bytes | None
    was: str = ""
    trouble: str = ""


class WorkingCopy(NamedTuple):
    """A directory that somebody edits.

    Attributes:
        root: the top of the repository, or of the directory.
        since: the commit that it is compared with, as it was named; empty: another directory, or what is deployed.
        base: that directory.
        within: edited files below these paths alone count.
        commit: id of the commit: what a name stands for changes with each commit.
    """

    root: Path
    since: str
    base: Path | None
    within: tuple[Path, ...]
    commit: str = ""

    @property
    def branch(self) -> str:
        """Return the branch that is checked out, or the commit; empty without git."""
        return run_git(self.root, "rev-parse", "--abbrev-ref", "HEAD").decode().strip() if self.since else ""

    def edited(self) -> list[EditedFile]:
        """Return the Python files that differ from what they were, sorted; without a commit all that there are.

        Raises:
            ConfigError: `bad-base`, git does not know the commit.
        """
        return sorted(self._of_git() if self.since else self._of_directory())

    def namesakes(self, file: EditedFile) -> list[tuple[str, bytes]]:
        """Return path and content of the other files of that name at the commit: `app.py` of another service.

        Without a commit none: what a build has copied is not told from what somebody wrote.
        """
        if not self.since:
            return []
        listed = run_git(self.root, "ls-tree", "-r", "--name-only", "--full-tree", "-z", self.commit)
        paths = listed.decode("utf-8", "surrogateescape").split("\0")
        name = file.path.rpartition("/")[2]
        others = [
            path for path in paths if path.rpartition("/")[2] == name and path not in {file.path, file.was}
        ]
        return [(path, run_git(self.root, "show", f"{self.commit}:{path}")) for path in others]

    def _of_git(self) -> Iterator[EditedFile]:
        listed = run_git(
            self.root, "diff", "--name-status", "-z", "-M", self.commit, "--", *map(str, self.within)
        )
        words = iter(listed.decode("utf-8", "surrogateescape").split("\0"))
        before: dict[str, str] = {}
        for status in words:
            if status:
                old = next(words)
                before[next(words) if status[0] in "RC" else old] = old if status[0] != "A" else ""
        new = run_git(
            self.root,
            "ls-files",
            "--others",
            "--exclude-standard",
            "--full-name",
            "-z",
            "--",
            *map(str, self.within),
        )
        before |= {path: "" for path in new.decode("utf-8", "surrogateescape").split("\0") if path}
        for path, old in before.items():
            if old and (self.root / path / ".git").exists():
                yield from self._of_submodule(path)
            if path.endswith(".py") and (self.root / path).is_file():
                data = run_git(self.root, "show", f"{self.commit}:{old}") if old else None
                yield _read(self.root / path, path, data, old if old != path else "")

    def _of_submodule(self, path: str) -> Iterator[EditedFile]:
        """Yield the edited files of a repository within this one, compared with the commit of it that this one names."""
        top = self.root / path
        since = run_git(self.root, "rev-parse", f"{self.commit}:{path}").decode().strip()
        known = find_commit(top, since) or find_commit(top, "HEAD")
        inner = WorkingCopy(top, self.since, None, (top,), known)
        for file in inner.edited():
            was = f"{path}/{file.was}" if file.was else ""
            yield file._replace(path=f"{path}/{file.path}", was=was)

    def _of_directory(self) -> Iterator[EditedFile]:
        for folder in self.within:
            names = [folder.name] if folder.is_file() else Directory(folder).files()
            top = folder.parent if folder.is_file() else folder
            for name in names:
                place = top / name
                path = place.relative_to(self.root).as_posix()
                other = self.base / path if self.base is not None else None
                before = other.read_bytes() if other is not None and other.is_file() else None
                yield _read(place, path, before)


def open_working_copy(paths: Sequence[Path] = (), since: str = "", base: Path | None = None) -> WorkingCopy:
    """Return the working copy that some paths belong to.

    Args:
        paths: files and folders; none: the current directory.
        since: commit to compare with; empty: the last one.
        base: directory to compare with instead.

    Raises:
        ConfigError: `bad-base`: a path, the directory or the commit is not there; `bad-source`.
    """
    within = tuple(
        (path if path.is_absolute() else Path.cwd() / path).resolve() for path in paths or (Path(),)
    )
    for path in within:
        if not os.path.exists(path):  # False also for what no path can be called
            raise ConfigError("bad-base", f"there is no {path}: name files or folders of your working copy.")
    start = within[0] if within[0].is_dir() else within[0].parent
    if base is not None:
        if since:
            raise ConfigError(
                "bad-base", "--since and --base name two things to compare with: give one of them."
            )
        if not base.is_dir():
            raise ConfigError("bad-base", f"{base} is no directory: name one with the code as it was.")
        return WorkingCopy(start, "", base.resolve(), within)
    root = _find_root(start)
    if root is None:
        if since:
            raise ConfigError(
                "bad-base", f"{start} is in no git repository, so --since {since} means nothing there."
            )
        return WorkingCopy(start, "", None, within)
    commit = find_commit(root, since or "HEAD")
    if commit:
        return WorkingCopy(root, since or "HEAD", None, within, commit)
    if since:
        raise ConfigError("bad-base", f"git does not know the commit {since}: correct --since.")
    return WorkingCopy(start, "", None, within)  # a repository without a commit


def find_top(folder: Path) -> Path:
    """Return the top of the repository that holds a directory; the directory itself without git."""
    return _find_root(folder.resolve()) or folder.resolve()


def _find_root(folder: Path) -> Path | None:
    try:
        return Path(run_git(folder, "rev-parse", "--show-toplevel").decode().rstrip("\n")).resolve()
    except ConfigError:
        return None


def find_commit(root: Path, name: str) -> str:
    """Return the id of a commit; empty: git does not know it."""
    if name.startswith("-"):
        return ""
    try:
        found = run_git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    except ConfigError:
        return ""
    return found.decode().strip()


def _read(place: Path, path: str, before: bytes | None, was: str = "") -> EditedFile:
    """Return a file as it is, or why it cannot be read."""
    try:
        return EditedFile(_shown(place), path, place.read_bytes(), before, was)
    except OSError as fault:
        return EditedFile(_shown(place), path, b"", before, was, f"cannot be read: {fault.strerror}")


def run_git(folder: Path, *words: str) -> bytes:
    """Return what a git command writes.

    Raises:
        ConfigError: `bad-base`, with git's own words.
    """
    try:
        done = subprocess.run(  # noqa: S603  # git, and words of ours
            [*_GIT, *words], cwd=folder, capture_output=True, timeout=desk_limits.GIT_TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as fault:
        raise ConfigError("bad-base", f"git does not run: {fault}") from fault
    if done.returncode:
        raise ConfigError("bad-base", f"git: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout


def _shown(path: Path) -> str:
    """Return a path as a person at this directory would write it."""
    try:
        return path.relative_to(Path.cwd()).as_posix()
    except ValueError:
        return Path(os.path.relpath(path)).as_posix()
