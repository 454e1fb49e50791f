"""Working copies under git, as a developer has them."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_GIT = shutil.which("git") or "git"
_SOMEBODY = ("-c", "user.name=ana", "-c", "user.email=ana@example.com")


def git(folder: Path, *words: str, given: bytes = b"") -> str:
    """Run `git WORDS` there; what it says on stdout.

    Args:
        folder: where.
        words: of the command.
        given: what it reads on stdin.
    """
    ran = subprocess.run([_GIT, *_SOMEBODY, *words], cwd=folder, check=True, capture_output=True, input=given)
    return ran.stdout.decode()


def make_repository(folder: Path) -> None:
    """Make a repository of a folder, and commit all that lies in it."""
    git(folder, "init", "-q", "-b", "main")
    commit(folder)


def commit(folder: Path) -> None:
    """Commit all that lies in a folder of a repository."""
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "x", "--allow-empty")
