"""AWS for somebody who types: what it says of a function counts for some seconds, as each key asks the same again."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from hotlog.client import desk_limits
from hotlog.client.account.aws import Aws

if TYPE_CHECKING:
    from collections.abc import Callable

    from hotlog.client.deployed import Deployed, Package

    Found = TypeVar("Found")


class RememberingAws(Aws):
    """See `Aws`. Faults are not remembered."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._answers: dict[tuple[object, ...], tuple[float, Any]] = {}

    def function(self, name: str, qualifier: str = "") -> Deployed:
        """See `Aws.function`."""
        ask = super().function
        return self._recall(("function", name, qualifier), lambda: ask(name, qualifier))

    def last_hours(
        self, function: str, metric: str, statistic: Literal["Maximum", "Sum"], hours: int, period_s: int
    ) -> list[float]:
        """See `Aws.last_hours`."""
        ask = super().last_hours
        asked = (function, metric, statistic, hours, period_s)
        return self._recall(("last_hours", *asked), lambda: ask(*asked))

    def layer(self, arn: str) -> Package:
        """See `Aws.layer`."""
        ask = super().layer
        return self._recall(("layer", arn), lambda: ask(arn))

    def _recall(self, key: tuple[object, ...], ask: Callable[[], Found]) -> Found:
        until_s, found = self._answers.get(key, (0.0, None))
        if time.monotonic() < until_s:
            return found  # type: ignore[no-any-return]  # as it was asked for
        found = ask()
        self._answers[key] = time.monotonic() + desk_limits.UI_ASK_AGAIN_S, found
        return found
