"""The options that every command takes, and what they come down to: a `Client`."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Concatenate, Final, ParamSpec

import click

from hotlog import limits
from hotlog.addresses import STORES, forms_of
from hotlog.cli.shell.fields import Fields
from hotlog.cli.shell.synonyms import NO_OPTION, OPTION_SYNONYMS
from hotlog.cli.shell.terminal import FIELDS, JSON, PROFILE, UTC, put_json_error, say, wants_json
from hotlog.client.options import make_options
from hotlog.client.words import escape
from hotlog.errors import HotlogError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from hotlog.client.client import Client
    from hotlog.client.options import Options

P = ParamSpec("P")
SHARED: Final = ("local", "store", "region", "profile", "as_json", "fields")
# Commands of many functions, which several accounts may have.
OF_MANY_ACCOUNTS: Final = frozenset(
    {"attach", "clear", "detach", "doctor", "gc", "ls", "pause", "resume", "rm", "start", "status", "stop"}
)
FUNCTION: Final = "hotlog.function"  # key of click's `Context.meta`: the `FunctionName` of the command line


def with_client(command: Callable[Concatenate[Client, P], None]) -> Callable[..., None]:
    """Give a command the shared options, and itself a `Client` as first argument."""
    run = click.option("--fields", type=Fields(), metavar="A,B.C", help="Of the JSON these fields alone.")(
        _with_store(command)
    )
    return _store_options(click.option("--json", "as_json", is_flag=True, help="Data as JSON.")(run))


def without_data(command: Callable[Concatenate[Client, P], None]) -> Callable[..., None]:
    """Give a command that prints no data the options of the store, and itself a `Client` as first argument."""
    return _store_options(_with_store(command))


def _store_options(command: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option(
            "--profile",
            multiple=True,
            help="AWS profile. Several: the command is run for each, where it is of many functions.",
        ),
        click.option("--region", default="", help="AWS Region."),
        click.option("--store", default="", metavar="URL", help=f"{forms_of(STORES)}."),
        click.option(
            "--local", is_flag=True, help=f"Use files under {limits.LOCAL_DIR}/ of this directory; no AWS."
        ),
    ):
        command = option(command)
    return command


def _with_store(command: Callable[Concatenate[Client, P], None]) -> Callable[..., None]:
    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        from hotlog.cli.shell.terminal_talk import TerminalTalk
        from hotlog.client.client import Client  # `--help` needs none of it

        shared: dict[str, Any] = {name: kwargs.pop(name, None) for name in SHARED}
        context = click.get_current_context()
        context.meta[FIELDS] = shared.pop("fields") or ()
        context.meta[JSON] = bool(shared.pop("as_json")) or bool(context.meta[FIELDS])
        advanced = bool(kwargs.pop("advanced", False))

        def run_for(profile: str) -> None:
            options = options_of(**shared | {"profile": profile}, advanced=advanced)
            client = Client.with_options(options, TerminalTalk())
            if wanted := context.meta.get(FUNCTION):
                client.desk.take(wanted)  # before the command does anything to a namesake
            command(client, *args, **kwargs)

        profiles = shared.pop("profile") or ("",)
        if len(profiles) == 1:
            run_for(profiles[0])
        elif context.command.name in OF_MANY_ACCOUNTS:
            _run_for_each(profiles, run_for)
        else:
            raise click.UsageError(f"{context.command.name} is of one account: give one --profile.")

    return run


def _run_for_each(profiles: Iterable[str], run: Callable[[str], None]) -> None:
    """Run a command for one account after the other; what fails in one keeps no other from it."""
    failed = False
    for profile in profiles:
        say(f"{profile}:")
        click.get_current_context().meta[PROFILE] = profile
        try:
            run(profile)
        except click.exceptions.Exit as ends:
            failed = failed or bool(ends.exit_code)
        except HotlogError as fault:
            failed = True
            say(f"error: {escape(fault.message)} [{fault.code}]")
            for hint in getattr(fault, "__notes__", ()):
                say(escape(hint))
            if wants_json():
                put_json_error(fault.code, fault.message)
    if failed:
        raise click.exceptions.Exit(1)


def with_json(command: Callable[P, None]) -> Callable[..., None]:
    """Give a command `--json` alone: one that reads no store and asks no AWS."""

    @click.option("--json", "as_json", is_flag=True, help="Data as JSON.")
    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        click.get_current_context().meta[JSON] = kwargs.pop("as_json")
        command(*args, **kwargs)

    return run


def options_of(*, local: bool, store: str, region: str, profile: str, advanced: bool = False) -> Options:
    """Return the `Options` that the shared options of a command line stand for.

    Raises:
        click.UsageError: `--local` and `--store` were both given.
    """
    if local and store:
        raise click.UsageError("--local and --store name two stores: give one of them.")
    wanted = click.get_current_context().meta.get(FUNCTION)
    region = region or (wanted.region if wanted else "")
    return make_options(local=local, store=store, region=region, profile=profile, advanced=advanced)


advanced_option = click.option(
    "--advanced", is_flag=True, help="Up to 8 KB of rules, in a parameter that costs money."
)


def _take_utc(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    ctx.meta[UTC] = value


def id_option(name: str, text: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return an option that takes an id; without it the parameter is empty."""
    return click.option(name, default="", metavar="ID", help=text)


utc_option = click.option(
    "--utc", is_flag=True, expose_value=False, callback=_take_utc, help="Times in UTC, not of this machine."
)


class Command(click.Command):
    """A command whose help shows its own options first, those of every command after them, then examples.

    Args:
        examples: lines to show as they are.
        daily: names of the options that one needs on most days: `--help` shows these, `--help-all` shows all; empty: all.
    """

    def __init__(self, *args: Any, examples: str = "", daily: tuple[str, ...] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.examples = examples
        self.daily = daily
        if daily:
            self.params.append(
                click.Option(
                    ["--help-all"],
                    is_flag=True,
                    is_eager=True,
                    expose_value=False,
                    callback=_show_all,
                    help="Show all options and exit.",
                )
            )

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take options that are called otherwise here for what they mean, and say so."""
        return super().parse_args(ctx, list(self._translate(args)))

    def _translate(self, args: list[str]) -> Iterator[str]:
        own = {name for param in self.params for name in (*param.opts, *param.secondary_opts)}
        words = iter(args)
        for word in words:
            if word == "--":
                yield word
                yield from words
                return
            name, equals, value = word.partition("=")
            meant = OPTION_SYNONYMS.get(name)
            if name in own or not name.startswith("-"):
                yield word
            elif name in NO_OPTION and "--limit" in own:
                raise click.UsageError(f"there is no option {name}: {NO_OPTION[name]}.")
            elif meant == "" and self.name == "tail":
                say(f"note: {name} is what tail does anyway; --no-follow ends it.")
            elif meant and meant in own:
                say(f"note: {name} is called {meant} here.")
                yield f"{meant}{equals}{value}"
            else:
                yield word

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the groups of options."""
        shared = {*SHARED, "help", "help_all"}
        all_own = [param for param in self.get_params(ctx) if isinstance(param, click.Option)]
        own = [param for param in all_own if param.name not in shared]
        groups = [
            ("Options", own),
            ("Options of every command", [each for each in all_own if each.name in shared]),
        ]
        if self.daily and not ctx.meta.get(ALL_OPTIONS):
            chosen = [param for name in self.daily for param in own if param.name == name]
            groups = [
                ("Options of a day", chosen),
                ("All of them", [each for each in all_own if each.name == "help_all"]),
            ]
        for title, options in groups:
            records = [record for option in options if (record := option.get_help_record(ctx))]
            if records:
                with formatter.section(title):
                    formatter.write_dl(records)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the examples."""
        if self.examples:
            with formatter.section("Examples"):
                for line in self.examples.strip().splitlines():
                    formatter.write(f"{'':{formatter.current_indent}}{line.strip()}\n")


ALL_OPTIONS: Final = "hotlog.all-options"  # key of click's `Context.meta`


_CAPTURES: Final = (
    ("--depth", limits.CAPTURE_DEPTH, limits.CAPTURE_MAX_DEPTH, "How deep values are captured"),
    ("--items", limits.CAPTURE_ITEMS, limits.CAPTURE_MAX_ITEMS, "Elements of a collection to capture"),
    ("--chars", limits.CAPTURE_CHARS, limits.CAPTURE_MAX_CHARS, "Characters of a text to capture"),
)


def capture_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command `--depth`, `--items` and `--chars`: how much of a value is captured; 0, as the default, what has room."""
    for name, usual, most, what in reversed(_CAPTURES):
        option = click.option(
            name,
            type=click.IntRange(0, most),
            metavar="N",
            help=f"{what}, at most {most:,}. Default: what the event has room for, to {usual:,}.",
        )
        command = option(command)
    return command


def _show_all(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        ctx.meta[ALL_OPTIONS] = True
        click.echo(ctx.get_help(), color=ctx.color)
        ctx.exit()
