"""Settings of a function that name no store and no sink, and what hotlog does there until they are mended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hotlog.addresses import DEFAULT_SINK, find_sink, find_store
from hotlog.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator


def iter_bad_addresses(store: str, sink: str) -> Iterator[tuple[str, str]]:
    """Yield the code that the function's status has, and a sentence, for each of the two that makes no sense.

    Whether a third party's factory works is known in the function alone: nothing of it is imported here.

    Args:
        store: value of HOTLOG_STORE; empty: the default.
        sink: value of HOTLOG_SINK; empty: the default.
    """
    for name, find, text, consequence in (
        ("HOTLOG_STORE", find_store, store, "the function has no rules"),
        ("HOTLOG_SINK", find_sink, sink, f"its events go to {DEFAULT_SINK}"),
    ):
        try:
            find(text)
        except ConfigError as fault:
            yield fault.code, f"{name} of the function: {fault.message} Until then {consequence}."
