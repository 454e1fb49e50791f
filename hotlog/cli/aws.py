"""AWS clients for the commands, with a person's patience. boto3 is loaded when the first one is made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, overload

from hotlog import config

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_sts import STSClient

    from hotlog.cli.options import Session

_CONNECT_TIMEOUT_S: Final = 3
_READ_TIMEOUT_S: Final = 20
_ATTEMPTS_MAX: Final = 3


@overload
def client(session: Session, service: Literal["logs"], *, attempts: int = ...) -> CloudWatchLogsClient: ...
@overload
def client(session: Session, service: Literal["sts"], *, attempts: int = ...) -> STSClient: ...
def client(session: Session, service: Literal["logs", "sts"], *, attempts: int = _ATTEMPTS_MAX) -> object:
    """A client for one AWS service.

    Args:
        session: names Region and profile.
        service: as boto3 calls it.
        attempts: how often to try before giving up.

    Raises:
        StoreError: `no-region`, or `no-credentials` for a profile that is not there.
    """
    import boto3
    from botocore.config import Config

    from hotlog.stores.aws import told

    settings = Config(
        connect_timeout=_CONNECT_TIMEOUT_S,
        read_timeout=_READ_TIMEOUT_S,
        retries={"total_max_attempts": attempts, "mode": "standard"},
    )
    with told(f"open {service}", "this account"):
        region = session.region or config.read().region or None  # botocore knows AWS_DEFAULT_REGION only
        chosen = boto3.Session(profile_name=session.profile or None, region_name=region)
        return chosen.client(service, config=settings)
