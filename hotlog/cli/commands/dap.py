"""`hotlog dap` and `hotlog editor`: the debug adapter that an editor starts, and what the editor needs to start it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from hotlog.cli.arguments.options import Command, without_data
from hotlog.cli.shell.terminal import say
from hotlog.errors import ConfigError

if TYPE_CHECKING:
    from hotlog.client.client import Client

EXITS: Final = {  # what 0, 1 and 2 say
    "editor": ("written", "", "the folder cannot be written"),
    "dap": ("the editor has ended", "", "an option makes no sense"),
}

DAP_EXAMPLES = """
hotlog dap --region eu-central-1        the editor starts it, and speaks over stdin and stdout
hotlog dap --port 4711                  editors connect, and bring the token that it prints
"""


@click.command(cls=Command, examples=DAP_EXAMPLES)
@click.option(
    "--port", type=click.IntRange(0, 65_535), help="Listen on this port of this machine; 0: any free one."
)
@click.option(
    "--token",
    envvar="HOTLOG_DAP_TOKEN",
    default="",
    help="With --port: what `attach` must bring, or HOTLOG_DAP_TOKEN; default: a new one, printed.",
)
@without_data
def dap(client: Client, port: int | None, token: str) -> None:
    """Serve an editor by the Debug Adapter Protocol: logpoints become rules, values appear beside the source.

    The editor starts it; `hotlog editor vscode` writes what the editor needs. Nothing ever stops in Lambda. What the
    session has added goes when it ends, or 15 minutes after the editor was killed.
    """
    from hotlog.dap.framing import NotDapError
    from hotlog.dap.server import make_token, serve_port, serve_stdio
    from hotlog.dap.session import Defaults  # with the protocol: no other command needs it

    options = client.pinned().desk.options
    if port is None:
        try:
            serve_stdio(Defaults(options))
        except NotDapError as fault:
            raise ConfigError("bad-message", f"stdin speaks no Debug Adapter Protocol: {fault}.") from fault
        return
    given = token or make_token()
    try:
        serve_port(port, Defaults(options, given), lambda bound: say(f"127.0.0.1:{bound}, token {given}"))
    except OSError as fault:
        raise ConfigError("bad-port", f"nobody can listen on port {port}: {fault.strerror}.") from fault


EDITOR_EXAMPLES = """
hotlog editor vscode --function orders --region eu-central-1
hotlog editor neovim --function orders > hotlog.lua
"""


@click.command(cls=Command, examples=EDITOR_EXAMPLES)
@click.argument("name", type=click.Choice(["vscode", "neovim"]))
@click.option("--function", required=True, help="Name, ARN, NAME:ALIAS or NAME:VERSION.")
@click.option(
    "--folder",
    type=click.Path(file_okay=False),
    default=".",
    help="That the editor opens. Default: this one.",
)
@click.option(
    "--source",
    type=click.Path(exists=True, file_okay=False),
    help="Root of the code, where it is not deployed.",
)
@without_data
def editor(client: Client, name: str, function: str, folder: str, source: str | None) -> None:
    """Write what an editor needs to start `hotlog dap`: for VS Code an extension and launch.json, for Neovim Lua on stdout."""
    from hotlog.client.editors.vscode import make_neovim, write_vscode

    client.parse_one(function)
    options = client.pinned().desk.options
    # An editor need not have it on its path. -P: it starts in the folder that is open, whose `json.py` is not Python's.
    command = [sys.executable, "-P", "-m", "hotlog.cli"]
    given = {
        "function": function,
        "region": options.region,
        "profile": options.profile,
        "store": options.url if "--store" in options.flags else "",
        "source": str(Path(source).resolve()) if source else "",
        "command": command,
    }
    if name == "neovim":
        click.echo(make_neovim(given, command), nl=False)
        return
    extension, launch = write_vscode(Path(folder), given)
    say(f"Written: {extension} and {launch}.")
    say(f"Once:    code --install-extension {extension}")
    say(f"Then:    open {folder} in VS Code, Run and Debug, `{function} in Lambda (never stops)`, F5;")
    say("         click right beside a line number, Add Logpoint…, such as  total={total}")
