"""Who adds a rule: the AWS caller where the rule goes to AWS, else the person at this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hotlog.errors import StoreError

if TYPE_CHECKING:
    from hotlog.client.account.aws import Aws
    from hotlog.client.account.desk import Desk


def find_identity(desk: Desk) -> str:
    """Return the ARN of the AWS identity for a rule in SSM, else `user@machine`.

    It is a courtesy to the reader of `hotlog ls`, no proof: that is CloudTrail's and the parameter history's. So a
    caller who may not ask is no reason to fail.
    """
    aws = desk.account()
    return ("" if aws is None else _aws_caller(aws)) or _local_user()


def _aws_caller(aws: Aws) -> str:
    try:
        return aws.caller()[0]
    except StoreError:
        return ""


def _local_user() -> str:
    import getpass  # only who writes needs a name
    import socket

    try:
        user = getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container's user need not have a name
        user = "unknown"
    return f"{user}@{socket.gethostname()}"
