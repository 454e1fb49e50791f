"""From the URL of a store to the store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hotlog import __builtins__
from hotlog.errors import ConfigError

if TYPE_CHECKING:
    from hotlog.stores import Store


def open_store(url: str, *, region: str = "", profile: str = "", advanced: bool = False) -> Store:
    """The store a URL names.

    Args:
        url: `ssm:` or `ssm:/prefix`, `file:DIR`, `memory:`.
        region: AWS Region; empty: from the environment or the profile.
        profile: AWS profile; empty: the default chain.
        advanced: in Parameter Store, a document may take the advanced tier; see `SsmStore`.

    Raises:
        ConfigError: `bad-store`.
    """
    scheme, colon, rest = url.partition(":")
    # Each store is imported only where it is used: boto3 alone would cost 200 ms of a cold start.
    if scheme == "ssm" and colon:
        from hotlog.stores.ssm.store import DEFAULT_PREFIX, SsmStore

        return SsmStore(rest or DEFAULT_PREFIX, region=region, profile=profile, advanced=advanced)
    if scheme == "file" and rest:
        from hotlog.stores.file import FileStore

        return FileStore(rest)
    if scheme == "memory" and colon:
        from hotlog.stores.memory import MemoryStore

        return MemoryStore()
    raise ConfigError("bad-store", f"{url!r} is no store. Use ssm:, ssm:/PREFIX or file:DIR.")
