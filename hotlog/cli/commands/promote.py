"""`hotlog promote`: rules as log statements of the local source, as a diff."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from hotlog.cli.arguments.options import Command, with_client
from hotlog.cli.arguments.parameters import qualified_argument
from hotlog.cli.shell.errors import FAILED
from hotlog.cli.shell.terminal import put, put_json, say, wants_json
from hotlog.client.words import escape

if TYPE_CHECKING:
    from hotlog.client.account.function_name import FunctionName
    from hotlog.client.client import Client

EXITS: Final = {  # what 0, 1 and 2 say
    "promote": (
        "all are in the diff, or written",
        "a rule stands for no statement, or there is no such rule",
        "the style makes no sense",
    ),
}

EXAMPLES = """
hotlog promote orders k3f9 m2pp           a diff with the two rules as log statements
hotlog promote orders k3f9 | git apply
hotlog promote orders k3f9 --style print --write
"""


@click.command(cls=Command, examples=EXAMPLES)
@qualified_argument
@click.argument("rules", nargs=-1, required=True, metavar="RULE...")
@click.option(
    "--style",
    type=click.Choice(["auto", "logging", "print", "structlog", "powertools"]),
    default="auto",
    help="How to log. Default as the file does.",
)
@click.option(
    "--source", type=click.Path(path_type=Path), metavar="DIR", help="Your source. Default this directory."
)
@click.option("--write", is_flag=True, help="Change the files, instead of printing a diff.")
@with_client
def promote(
    client: Client,
    function: FunctionName,
    *,
    rules: tuple[str, ...],
    style: str,
    source: Path | None,
    write: bool,
) -> None:
    """Write rules into your source as log statements: what `hotlog try` does, back.

    RULE is an id, the beginning of one, or a target. Prints a unified diff, which `git apply` takes. A condition becomes an
    `if`; a logger is made where the file has none. What hotlog hides is left out, and exit code 1 says that something was.
    With --json: an object with the keys diff, files, notes, left_out.
    """
    done = client.promote(function.name, rules, source, style)
    if wants_json():
        left = [{"rule": key, "code": fault.code, "say": fault.message} for key, fault in done.left_out]
        files = [file.path.as_posix() for file in done.files]
        put_json({"diff": done.diff, "files": files, "notes": list(done.notes), "left_out": left})
    elif not write and done.diff:
        put(done.diff.removesuffix("\n"))
    for file in done.files if write else ():
        file.path.write_bytes(file.content)
        say(f"written {escape(file.path.as_posix())}")
    for note in done.notes:
        say(f"{click.style('note:', fg='yellow')} {escape(note)}")
    for key, fault in done.left_out:
        say(f"{click.style('error:', fg='red')} {key}: {escape(fault.message)} Left out. [{fault.code}]")
    if done.left_out:
        raise click.exceptions.Exit(FAILED)
