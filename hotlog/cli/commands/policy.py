"""`hotlog policy`: the least that the function, and those around it, must be allowed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import click

from hotlog.cli.arguments.options import Command, with_client
from hotlog.cli.arguments.parameters import parse_named_function
from hotlog.cli.shell.terminal import put, put_json, say, wants_json
from hotlog.client.attaching.policies import make_policies
from hotlog.client.attaching.roles import ROLES

if TYPE_CHECKING:
    from hotlog.client.account.function_name import FunctionName
    from hotlog.client.client import Client

EXITS: Final = {  # what 0, 1 and 2 say
    "policy": ("printed", "", ""),
}

EXAMPLES = """
hotlog policy orders
hotlog policy orders --role operator > operator.json
hotlog policy 'orders-*' --role reader
hotlog policy orders --role agent > agent.json
"""


@click.command(cls=Command, examples=EXAMPLES)
@click.argument("function", callback=parse_named_function)
@click.option("--role", type=click.Choice(list(ROLES)), help="Print the policy of this role alone.")
@click.option("--account", default="", metavar="ID", help="AWS account. Default: that of your credentials.")
@click.option("--sink", default="", metavar="URL", help="HOTLOG_SINK of the function, where it has one.")
@click.option(
    "--log-group",
    default="",
    metavar="NAME",
    help="Where the function logs, where that is a group of its own.",
)
@with_client
def policy(
    client: Client, function: FunctionName, role: str | None, account: str, sink: str, log_group: str
) -> None:
    """Print least-privilege IAM policies: of the function, and of who reads, operates and installs.

    function reads its rules; reader looks at rules, status, history and events; operator also adds and removes rules;
    agent does so for `hotlog mcp`; installer attaches hotlog. Nothing is asked of AWS but who you are. With --json: the
    same on one line, an object with the keys function, reader, operator, agent and installer, or with --role the policy alone.
    """
    found = make_policies(client.desk, function, account, sink, log_group)
    if not found.is_known:
        say("Region or account are not known, * stands for them: add --region and --account.")
    shown = found.by_role if role is None else found.by_role[role]
    if wants_json():
        put_json(shown)
    else:
        put(json.dumps(shown, indent=2))
