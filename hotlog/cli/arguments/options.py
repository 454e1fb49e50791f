"""The options that every command takes, and what they come down to: an `Options`."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec

import click

from hotlog import limits
from hotlog.addresses import STORES, forms_of
from hotlog.client.options import REGION_OF_ARN, SHARED, Options, make_options

if TYPE_CHECKING:
    from collections.abc import Callable


P = ParamSpec("P")


def with_options(command: Callable[Concatenate[Options, P], None]) -> Callable[..., None]:
    """Give a command the shared options, and itself an `Options` as first argument."""

    @click.option(
        "--local", is_flag=True, help=f"Use files under {limits.LOCAL_DIR}/ of this directory; no AWS."
    )
    @click.option("--store", default="", metavar="URL", help=f"{forms_of(STORES)}.")
    @click.option("--region", default="", help="AWS Region.")
    @click.option("--profile", default="", help="AWS profile.")
    @click.option("--json", "as_json", is_flag=True, help="Data as JSON.")
    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        shared: dict[str, Any] = {name: kwargs.pop(name) for name in SHARED}
        shared["region"] = shared["region"] or click.get_current_context().meta.get(REGION_OF_ARN, "")
        command(make_options(**shared), *args, **kwargs)

    return run


def advanced_option(
    command: Callable[Concatenate[Options, P], None],
) -> Callable[Concatenate[Options, P], None]:
    """Let the rules of a command that adds to them take more room, where the person pays for it."""

    @click.option("--advanced", is_flag=True, help="Up to 8 KB of rules, in a parameter that costs money.")
    @functools.wraps(command)
    def run(session: Options, /, *args: P.args, **kwargs: P.kwargs) -> None:
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
