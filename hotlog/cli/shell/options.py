"""The options that every command takes, and what they come down to: a `Session`."""

from __future__ import annotations

import functools
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, Final, NamedTuple, ParamSpec

import click

from hotlog import config, limits
from hotlog.cli.shell.parameters import REGION_OF_ARN

if TYPE_CHECKING:
    from collections.abc import Callable

    from hotlog.cli.account.aws import Aws
    from hotlog.stores import Store

P = ParamSpec("P")

LOCAL_STORE: Final = f"file:{limits.LOCAL_DIR}"
DEFAULT_STORE: Final = "ssm:"
EVENTS_FILE: Final = "events.jsonl"
SHARED: Final = ("local", "store", "region", "profile", "as_json")


class Session(NamedTuple):
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
        from hotlog.stores import open_store

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


def session_of(*, local: bool, store: str, region: str, profile: str, as_json: bool) -> Session:
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
    return Session(url, region, profile, as_json, flags)


def with_session(command: Callable[Concatenate[Session, P], None]) -> Callable[..., None]:
    """Give a command the shared options, and itself a `Session` as first argument."""

    @click.option(
        "--local", is_flag=True, help=f"Use files under {limits.LOCAL_DIR}/ of this directory; no AWS."
    )
    @click.option("--store", default="", metavar="URL", help="ssm:, ssm:/PREFIX or file:DIR.")
    @click.option("--region", default="", help="AWS Region.")
    @click.option("--profile", default="", help="AWS profile.")
    @click.option("--json", "as_json", is_flag=True, help="Data as JSON.")
    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        shared: dict[str, Any] = {name: kwargs.pop(name) for name in SHARED}
        shared["region"] = shared["region"] or click.get_current_context().meta.get(REGION_OF_ARN, "")
        command(session_of(**shared), *args, **kwargs)

    return run


def advanced_option(
    command: Callable[Concatenate[Session, P], None],
) -> Callable[Concatenate[Session, P], None]:
    """Let the rules of a command that adds to them take more room, where the person pays for it."""

    @click.option("--advanced", is_flag=True, help="Up to 8 KB of rules, in a parameter that costs money.")
    @functools.wraps(command)
    def run(session: Session, /, *args: P.args, **kwargs: P.kwargs) -> None:
        advanced = bool(kwargs.pop("advanced"))
        command(session._replace(advanced=advanced), *args, **kwargs)

    return run


class Command(click.Command):
    """A command whose help shows its own options first, those of every command after them, then examples.

    Args:
        examples: lines to show as they are.
    """

    def __init__(self, *args: Any, examples: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.examples = examples

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the two groups of options."""
        shared = {*SHARED, "help"}
        for title, in_group in (("Options", False), ("Options of every command", True)):
            records = [
                record
                for param in self.get_params(ctx)
                if isinstance(param, click.Option)
                and (param.name in shared) is in_group
                and (record := param.get_help_record(ctx))
            ]
            if records:
                with formatter.section(title):
                    formatter.write_dl(records)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the examples."""
        if self.examples:
            with formatter.section("Examples"):
                for line in self.examples.strip().splitlines():
                    formatter.write(f"{'':{formatter.current_indent}}{line.strip()}\n")
