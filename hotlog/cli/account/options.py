"""Which rules and which account a command is about: an `Options`."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import click

from hotlog import config, limits

if TYPE_CHECKING:
    from hotlog.cli.account.aws import Aws
    from hotlog.stores import Store


LOCAL_STORE: Final = f"file:{limits.LOCAL_DIR}"
DEFAULT_STORE: Final = "ssm:"
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
        """The store that holds the rules."""
        # Loaded here because boto3 hides behind it: `--help` and wrong usage need no store.
        from hotlog.stores.addresses import open_store

        return open_store(self.url, region=self.region, profile=self.profile, advanced=self.advanced)

    def aws(self) -> Aws | None:
        """The AWS account, where the rules are in one; None where they are in files."""
        if not self.url.startswith("ssm:"):
            return None
        from hotlog.cli.account.aws import Aws  # most commands on files need none of it

        return Aws(self)

    @property
    def directory(self) -> Path | None:
        """The directory of a file store; None for any other store."""
        scheme, _, rest = self.url.partition(":")
        return Path(rest) if scheme == "file" and rest else None

    @property
    def sink(self) -> str:
        """Where a handler that runs on this machine sends its events: next to the rules, where they are files."""
        chosen = config.read().sink
        if self.directory is None or chosen != "stdout":
            return chosen
        return f"file:{self.directory / EVENTS_FILE}"

    @property
    def events_file(self) -> Path | None:
        """The file that `sink` writes; None where it writes none."""
        scheme, _, rest = self.sink.partition(":")
        return Path(rest) if scheme == "file" and rest else None

    def command(self, *words: str) -> str:
        """A command to copy and paste that uses the same store."""
        return shlex.join(("hotlog", *words, *self.flags))


def make_options(*, local: bool, store: str, region: str, profile: str, as_json: bool) -> Options:
    """The session that the shared options ask for.

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
