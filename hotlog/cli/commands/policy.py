"""`hotlog policy`: the least that the function, and those around it, must be allowed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import click

from hotlog.cli.arguments.options import Command, with_options
from hotlog.cli.arguments.parameters import parse_functions
from hotlog.cli.shell.terminal import put, put_json, say
from hotlog.client.attaching.permissions import policy_of
from hotlog.client.attaching.roles import ROLES, Scene
from hotlog.errors import StoreError

if TYPE_CHECKING:
    from hotlog.client.account.functions import FunctionName
    from hotlog.client.options import Options

_UNKNOWN: Final = "*"
_PARTITIONS: Final = {
    "cn-": "aws-cn",
    "us-gov-": "aws-us-gov",
}  # Regions that begin so; all others are in `aws`

EXAMPLES = """
hotlog policy orders
hotlog policy orders --role operator > operator.json
hotlog policy 'orders-*' --role reader
"""


@click.command(cls=Command, examples=EXAMPLES)
@click.argument("function", callback=parse_functions)
@click.option("--role", type=click.Choice(list(ROLES)), help="Print the policy of this role alone.")
@click.option("--account", default="", metavar="ID", help="AWS account. Default: that of your credentials.")
@click.option("--sink", default="", metavar="URL", help="HOTLOG_SINK of the function, where it has one.")
@with_options
def policy(session: Options, function: FunctionName, role: str | None, account: str, sink: str) -> None:
    """Print least-privilege IAM policies: of the function, and of who reads, operates and installs.

    function reads its rules; reader looks at rules, status, history and events; operator also adds and removes rules;
    installer attaches hotlog. Nothing is asked of AWS but who you are. With --json: the same on one line, an object
    with the keys function, reader, operator and installer, or with --role the policy alone.
    """
    store = "" if session.is_local else session.url
    scene = Scene(_arn(session, function, account), store=store, sink=sink)
    policies = {name: policy_of(statements(scene)) for name, statements in ROLES.items()}
    shown = policies if role is None else policies[role]
    if session.json:
        put_json(shown)
    else:
        put(json.dumps(shown, indent=2))


def _arn(session: Options, function: FunctionName, account: str) -> str:
    """Return the ARN of the function; with `*` for a Region or account that nobody named."""
    account, region = account or function.account, session.region
    if not (account and region):
        known = _here(session)
        region, account = region or known[0], account or known[1]
    if _UNKNOWN in {region, account}:
        say("Region or account are not known, * stands for them: add --region and --account.")
    partition = next((name for start, name in _PARTITIONS.items() if region.startswith(start)), "aws")
    return f"arn:{partition}:lambda:{region}:{account}:function:{function.name}"


def _here(session: Options) -> tuple[str, str]:
    """Return Region and account of the caller, as far as they can be found out."""
    from hotlog.client.account.aws import Aws  # boto3: the only part that needs it
    from hotlog.stores.ssm.boto import translate_errors

    aws = Aws(session, attempts=1)
    region = _UNKNOWN
    try:
        region = aws.client("ssm").meta.region_name
        with translate_errors("sts:GetCallerIdentity", "this account"):
            return region, aws.client("sts").get_caller_identity()["Account"]
    except StoreError:
        return region, _UNKNOWN
