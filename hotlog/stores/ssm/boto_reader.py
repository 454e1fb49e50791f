"""Lambda's half of Parameter Store where only boto3 knows the way: a profile, a proxy, credentials of a container (SnapStart).

boto3 knows a time limit for connecting and one for each wait, and none for looking up names and finding credentials. So
each read runs beside the invocation, which waits for it until the deadline and no longer.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from hotlog import __builtins__, internal_errors, limits
from hotlog.errors import StoreError
from hotlog.stores.background import Background

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
        self._name = ""
        self._said: Answer | StoreError | None = None
        self._background = Background(self._ask, self._failed)

    def read(self, name: str, timeout_ms: int) -> Answer:
        """The parameter, in one attempt.

        Args:
            name: of the parameter.
            timeout_ms: deadline of all of it, boto3's own import and the look-up of the name included.

        Raises:
            StoreError: as `Store.read`.
        """
        deadline_s = time.monotonic() + timeout_ms / 1_000
        if self._background.busy:  # a read that nobody waits for any more: the next begins when it is over
            self._background.wait(deadline_s - time.monotonic())
        if not self._background.busy:
            self._name, self._said = name, None
            if self._background.start():
                self._background.wait(deadline_s - time.monotonic())
            else:  # no more threads are allowed here
                self._ask()
        said = None if self._background.busy else self._said
        if said is None:
            raise StoreError(
                "unreachable", f"no answer to ssm:GetParameter on {name} within {timeout_ms} ms."
            )
        if isinstance(said, StoreError):
            raise said
        return said

    def _ask(self) -> None:
        from hotlog.stores.ssm.boto import get_parameter  # with boto3, which is only loaded now

        try:
            self._client = self._client or self._new_client()
            self._said = get_parameter(self._client, self._name)
        except StoreError as fault:
            self._said = fault

    def _failed(self, fault: Exception) -> None:
        self._said = StoreError("unreachable", internal_errors.describe(fault))

    def _new_client(self) -> SSMClient:
        from botocore.config import Config  # with boto3, which is only loaded now

        from hotlog.stores.ssm.boto import ssm_client

        limit_s = limits.FIRST_REFRESH_TIMEOUT_MS / 1_000  # for what nobody waits for any more
        settings = Config(
            connect_timeout=limit_s,
            read_timeout=limit_s,
            retries={"total_max_attempts": 1, "mode": "standard"},
            tcp_keepalive=True,
        )
        return ssm_client(settings, region=self._region, profile=self._profile)
