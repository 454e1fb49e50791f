"""Which rules and which account one works with: an `Options`."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Final, NamedTuple

from hotlog import addresses, config
from hotlog.addresses import DEFAULT_STORE, LOCAL_STORE

EVENTS_FILE: Final = "events.jsonl"


class Options(NamedTuple):
    """Where the rules are, and who asks.

    Attributes:
        url: of the store, such as `ssm:` or `file:.hotlog`.
        region: AWS Region; empty: from the environment or the profile.
        profile: AWS profile; empty: the default chain.
        flags: the options that lead a command to the same store.
        advanced: whether the rules may take a parameter of the advanced tier.
    """

    url: str
    region: str = ""
    profile: str = ""
    flags: tuple[str, ...] = ()
    advanced: bool = False

    @property
    def is_local(self) -> bool:
        """Whether the rules are for handlers that run on this machine."""
        return addresses.find_store(self.url).scheme.is_local

    @property
    def directory(self) -> Path | None:
        """Return the directory of a file store; None for any other store."""
        found = addresses.find_store(self.url).directory
        return Path(found) if found else None

    @property
    def sink(self) -> str:
        """Return where a handler on this machine sends its events: next to the rules, if those are files."""
        chosen = config.read().sink
        if self.directory is None or chosen not in {"", addresses.DEFAULT_SINK}:
            return chosen
        return addresses.file_sink(self.directory / EVENTS_FILE)

    @property
    def events_file(self) -> Path | None:
        """Return the file that `sink` writes; None where it writes none."""
        found = addresses.find_sink(self.sink).file
        return Path(found) if found else None

    def command(self, *words: str) -> str:
        """Return a command to copy and paste that uses the same store."""
        return shlex.join(("hotlog", *words, *self.flags))


def make_options(
    *, local: bool = False, store: str = "", region: str = "", profile: str = "", advanced: bool = False
) -> Options:
    """Return the `Options` that these words stand for; what is empty comes from the environment.

    Args:
        local: the files under `.hotlog/` of this directory.
        store: URL of the store; empty: HOTLOG_STORE, else Parameter Store.
        region: AWS Region.
        profile: AWS profile.
        advanced: a document may take a parameter of the advanced tier.
    """
    url = LOCAL_STORE if local else store or config.read().store or DEFAULT_STORE
    given = (("--store", store), ("--region", region), ("--profile", profile))
    named = tuple(word for flag, value in given if value for word in (flag, value))
    return Options(url, region, profile, (*(("--local",) if local else ()), *named), advanced)
