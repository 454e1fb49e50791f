"""`hotlog mcp` and `hotlog approve`: a coding agent's server, and a person's yes to what an agent proposes."""

from __future__ import annotations

import gc
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from hotlog.cli.arguments.options import Command, with_json, without_data
from hotlog.cli.shell.terminal import put_json, say, wants_json
from hotlog.client.words import escape
from hotlog.errors import ConfigError
from hotlog.rules.model import entry_of

if TYPE_CHECKING:
    from hotlog.client.client import Client
    from hotlog.mcp.desk import Mode

EXITS: Final = {  # what 0, 1 and 2 say
    "mcp": ("the agent's program has ended", "", "an option makes no sense; the extra `mcp` is missing"),
    "approve": ("placed", "the person said no; there is no such proposal", "nobody is at a terminal"),
}

MCP_EXAMPLES = """
hotlog mcp --region eu-central-1                 an agent's server; the agent's program starts it
HOTLOG_MCP=read hotlog mcp                       it only looks
hotlog mcp --mode auto --auto 'dev-*'            nobody is asked for functions that are called so
"""


@click.command(cls=Command, examples=MCP_EXAMPLES)
@click.option(
    "--mode",
    type=click.Choice(["read", "ask", "auto"]),
    default="ask",
    envvar="HOTLOG_MCP",
    help="Place no rule; ask a person before; or ask nobody where --auto matches. Default ask, or HOTLOG_MCP.",
)
@click.option("--auto", multiple=True, metavar="PATTERN", help="Functions for which --mode auto asks nobody.")
@click.option(
    "--source",
    type=click.Path(exists=True, file_okay=False),
    help="Root of the code, where it is not deployed.",
)
@without_data
def mcp(client: Client, mode: Mode, auto: tuple[str, ...], source: str | None) -> None:
    """Serve a coding agent over stdin and stdout, by the Model Context Protocol.

    The agent's program starts it; `hotlog help agents` says how. The agent finds places in the deployed code, adds log
    lines for minutes, reads what they log and takes them away. Who is asked before is decided here, not in a prompt.
    """
    if find_spec("mcp") is None:
        raise ConfigError(
            "missing-extra",
            "`hotlog mcp` needs the extra `mcp`: pip install '.[cli,mcp]' in the checkout of hotlog, or 'hotlog-lambda[cli,mcp]'.",
        )
    gc.disable()  # the types of the protocol are many objects that all stay: a sixth of their import is looking at them
    from hotlog.mcp.desk import Settings
    from hotlog.mcp.server import run  # with the protocol: no other command needs it

    gc.enable()
    if auto and mode != "auto":
        raise click.UsageError("--auto counts with --mode auto alone.")
    client = client.pinned()
    root = source or ("." if client.desk.options.is_local else "")
    run(client, Settings(mode, auto, str(Path(root).resolve()) if root else ""))


@click.command(cls=Command, examples="hotlog approve 7f3kz")
@click.argument("proposal")
@with_json
def approve(proposal: str) -> None:
    """Show what an agent proposes, ask, and place it.

    For an agent whose program cannot ask. It wants a terminal, so that a person answers. With --json: a list of the rules
    as they are stored.
    """
    from hotlog.client.agents.asked import describe_asked, end_as_told
    from hotlog.client.agents.proposals import check_proposal, read_proposal, withdraw
    from hotlog.client.client import Client

    found = read_proposal(proposal)
    client = Client.with_options(found.options)
    told = check_proposal(client, found)
    say(describe_asked(told, client.describe_where(), found.via, found.reason))
    if not sys.stdin.isatty():
        raise click.UsageError("a person answers this, at a terminal.")
    if not click.confirm("Place them?", err=True):
        withdraw(found)
        say("Nothing is placed, and the proposal is gone.")
        raise click.exceptions.Exit(1)
    withdraw(found)
    again = check_proposal(client, found)  # somebody may have deployed while the person thought
    done = client.store(end_as_told(again, told))
    for each in done.rules:
        say(f"added {each.rule.id}  {escape(each.rule.at) or 'the handler'}  ({found.group})")
    say(f"Take them away with: {found.options.command('rm', '--group', found.group)}")
    if wants_json():
        put_json([entry_of(each.rule) for each in done.rules])
