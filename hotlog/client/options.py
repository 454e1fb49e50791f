"""Which rules and which account a command is about: an `Options`."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import click

from hotlog import addresses, config
from hotlog.addresses import DEFAULT_STORE, LOCAL_STORE

if TYPE_CHECKING:
    from hotlog.client.account.aws import Aws
    from hotlog.stores import Store


EVENTS_FILE: Final = "events.jsonl"
SHARED: Final = ("local", "store", "region", "profile", "as_json")


class Options(NamedTuple):
    """What the shared options say.

    Attributes:
        url: of the store, such as `ssm:` or `file:.hotlog`.
        region: AWS Region; empty: from the environment or the profile.
        profile: AWS profile; empty: the default chain.
        json: print data as JSON.
        flags: the options that lead another command to the same store.
        advanced: whether the rules may take a parameter of the advanced tier.
    """

    url: str
    region: str = ""
    profile: str = ""
    json: bool = False
    flags: tuple[str, ...] = ()
    advanced: bool = False

    def open_store(self) -> Store:
        """Return the store that holds the rules."""
        return addresses.open_store(
            self.url, region=self.region, profile=self.profile, advanced=self.advanced
        )

    @property
    def is_local(self) -> bool:
        """Whether the rules are for handlers that run on this machine."""
        return addresses.find_store(self.url).scheme.is_local

    def aws(self) -> Aws | None:
        """Return the AWS account that holds the rules; None where they are in files."""
        if self.is_local:
            return None
        from hotlog.client.account.aws import Aws  # most commands on files need none of it

        return Aws(self)

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


def make_options(*, local: bool, store: str, region: str, profile: str, as_json: bool) -> Options:
    """Return the `Options` that the shared options of a command line stand for.

    Raises:
        click.UsageError: `--local` and `--store` were both given.
    """
    if local and store:
        raise click.UsageError("--local and --store name two stores: give one of them.")
    url = LOCAL_STORE if local else store or config.read().store or DEFAULT_STORE
    given = (("--store", store), ("--region", region), ("--profile", profile))
    named = tuple(word for flag, value in given if value for word in (flag, value))
    flags = (*(("--local",) if local else ()), *named)
    return Options(url, region, profile, as_json, flags)


REGION_OF_ARN: Final = "hotlog.region"  # key of click's `Context.meta`
