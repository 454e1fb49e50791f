"""Run the command as a person does, in a directory of its own and with nobody's settings."""

from __future__ import annotations

import functools
import io
import os
from contextlib import redirect_stderr, redirect_stdout
from typing import TYPE_CHECKING, NamedTuple

import botocore.session

from hotlog.cli import main

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

# AWS's service models are megabytes, and each command reads them anew: here, where hundreds run in one process, once.
_share_loader = functools.cache(botocore.session.create_loader)


class Ran(NamedTuple):
    """What a command left: its exit code, its data and its talk."""

    code: int
    out: str
    err: str


def hotlog(*words: str) -> Ran:
    """Run `hotlog WORDS` in this process."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = main(list(words))
    return Ran(code, out.getvalue(), err.getvalue())


def settle_in(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in `directory`, without any AWS or hotlog setting of this machine."""
    for name in os.environ:
        if name.startswith(("AWS_", "HOTLOG", "NO_COLOR", "TERM")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(directory))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setattr(botocore.session, "create_loader", _share_loader)
    monkeypatch.chdir(directory)


def use_credentials(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sign with a key that means nothing, whatever this machine's own settings say."""
    for name in list(os.environ):
        if name.startswith("AWS_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(directory / "config"))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKID")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
