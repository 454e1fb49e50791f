"""Least-privilege policies for a function that need not exist yet: of AWS nothing is asked but who asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from hotlog.client.account.function_name import partition_of
from hotlog.client.attaching.permissions import policy_of
from hotlog.client.attaching.roles import ROLES, Scene
from hotlog.errors import StoreError

if TYPE_CHECKING:
    from hotlog.client.account.desk import Desk
    from hotlog.client.account.function_name import FunctionName

_UNKNOWN: Final = "*"


class Policies(NamedTuple):
    """The policies of all roles, by their names.

    Attributes:
        by_role: the policies.
        is_known: whether Region and account are known; else `*` stands for them.
    """

    by_role: dict[str, dict[str, object]]
    is_known: bool


def make_policies(
    desk: Desk, function: FunctionName, account: str = "", sink: str = "", log_group: str = ""
) -> Policies:
    """Return the policies of the function, and of who reads, operates and installs.

    Args:
        desk: names the store, the Region and who asks.
        function: a name or a pattern.
        account: number of an account; empty: of the ARN, or the caller's.
        sink: HOTLOG_SINK of the function.
        log_group: where the function logs; empty: where Lambda puts it.
    """
    account, region = account or function.account, desk.options.region or function.region
    if not (account and region):
        known = _here(desk)
        region, account = region or known[0], account or known[1]
    arn = f"arn:{partition_of(region)}:lambda:{region}:{account}:function:{function.name}"
    store = "" if desk.options.is_local else desk.options.url
    scene = Scene(arn, store=store, sink=sink, log_group=log_group)
    found = {name: policy_of(statements(scene)) for name, statements in ROLES.items()}
    return Policies(found, is_known=_UNKNOWN not in {region, account})


def _here(desk: Desk) -> tuple[str, str]:
    """Return Region and account of the caller, as far as they can be found out."""
    aws = desk.aws()
    region = _UNKNOWN
    try:
        region = aws.client("ssm").meta.region_name
        return region, aws.caller()[1]
    except StoreError:
        return region, _UNKNOWN
