"""How often all environments with hotlog may read Parameter Store, whose quota the application shares.

An environment reads when it starts, and then every so many seconds. So `E` environments that live for `L` seconds and read
every `R` make `E / L + E / R` reads a second. `choose_refresh` solves that for `R`.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from hotlog import limits
from hotlog.rules.document import EACH


class Load(NamedTuple):
    """What the environments of an account and Region with hotlog on them ask of Parameter Store.

    Attributes:
        environments: that ran at once, at most.
        invocations_per_s: of all of them, at most.
        quota_per_s: reads of Parameter Store that the account has.
    """

    environments: int
    invocations_per_s: float
    quota_per_s: int = limits.PARAMETER_READS_PER_S

    @property
    def starts_per_s(self) -> float:
        """Return how many environments start, each with a read, where each lives only as long as a short one does."""
        return self.environments / limits.ENVIRONMENT_LIFE_S

    @property
    def share_per_s(self) -> float:
        """Return the reads that hotlog may take of the quota."""
        return self.quota_per_s * limits.PARAMETER_READS_SHARE

    def reads_per_s(self, refresh: float | str) -> float:
        """Return the reads that come of a policy: `EACH`, or seconds."""
        if isinstance(refresh, str):
            return self.invocations_per_s + self.starts_per_s
        return min(self.environments / refresh, self.invocations_per_s) + self.starts_per_s

    def choose_refresh(self) -> int | str:
        """Return the shortest interval with which the reads stay within hotlog's share of the quota; `EACH` where that does."""
        if self.reads_per_s(EACH) <= self.share_per_s:
            return EACH
        rest = self.share_per_s - self.starts_per_s
        longest = int(limits.AUTO_REFRESH_MAX_S)
        return longest if rest <= self.environments / longest else math.ceil(self.environments / rest)
