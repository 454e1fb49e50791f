"""Lambda's half of Parameter Store where only boto3 knows the way: a profile, a proxy with TLS, credentials of a container (SnapStart).

boto3 knows a time limit for connecting and one for each wait, and none for looking up names and finding credentials. So
each read runs beside the invocation (`hotlog.stores.deadline`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hotlog import __builtins__, limits
from hotlog.errors import StoreError
from hotlog.stores.deadline import DeadlineReader

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

    from hotlog.stores import Answer


class BotoReader:
    """Reads parameters; one read at a time.

    Args:
        region: AWS Region; empty: from the environment or the profile.
        profile: AWS profile; empty: the default chain.
    """

    def __init__(self, region: str, profile: str) -> None:
        self._region, self._profile = region, profile
        self._client: SSMClient | None = None
        self._reader = DeadlineReader(self._ask, "ssm:GetParameter on {}")

    def read(self, name: str, timeout_ms: int) -> Answer:
        """Read the parameter, in one attempt; see `DeadlineReader.read`.

        Args:
            name: of the parameter.
            timeout_ms: deadline of all of it, boto3's own import and the look-up of the name included.
        """
        return self._reader.read(name, timeout_ms)

    def _ask(self, name: str) -> Answer:
        from hotlog.coldstart.standard_library import CODE, find_shadow_for_boto3

        if reason := find_shadow_for_boto3():
            raise StoreError(CODE, reason)
        from hotlog.stores.ssm.boto import get_parameter  # with boto3, which is only loaded now

        self._client = self._client or self._new_client()
        return get_parameter(self._client, name)

    def _new_client(self) -> SSMClient:
        from botocore.config import Config  # with boto3, which is only loaded now

        from hotlog.stores.ssm.boto import open_session, ssm_client

        limit_s = limits.FIRST_REFRESH_TIMEOUT_MS / 1_000  # for what nobody waits for any more
        settings = Config(
            connect_timeout=limit_s,
            read_timeout=limit_s,
            retries={"total_max_attempts": 1, "mode": "standard"},
            tcp_keepalive=True,
        )
        return ssm_client(open_session(self._region, self._profile), settings)
