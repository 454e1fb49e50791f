"""How many environments of a function shall take a rule: the number or the share that a person says, and the share it comes down to.

--environments 5    ── estimate_concurrency: 200 at once ──>  0.025
--environments 1%   ──>  0.01
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from hotlog.client.adding.checked_rule import Fault
from hotlog.errors import RuleError

if TYPE_CHECKING:
    from hotlog.client.account.concurrency import Concurrency

_NUMBER: Final = re.compile(r"[0-9]{1,9}")
_SHARE: Final = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,9})?")
_SHARE_DIGITS: Final = 6


class EnvironmentBound(NamedTuple):
    """How many environments shall take a rule.

    Attributes:
        share: of all of them; 1.0: all.
        number: of them; 0: the share counts.
    """

    share: float = 1.0
    number: int = 0


def read_bound(value: object) -> EnvironmentBound:
    """Return the bound that a value stands for: `5` or `"5"` environments, `"1%"` or `0.01` of all, `"all"`.

    Raises:
        RuleError: `bad-field`.
    """
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return EnvironmentBound(number=value)
    text = value.strip() if isinstance(value, str) else ""
    share = value if isinstance(value, float) else 0.0
    if text == "all":
        share = 1.0
    elif _NUMBER.fullmatch(text) and int(text):
        return EnvironmentBound(number=int(text))
    elif text.endswith("%") and _SHARE.fullmatch(text[:-1].strip()):
        share = float(text[:-1]) / 100
    elif "." in text and _SHARE.fullmatch(text):
        share = float(text)
    if not 0 < share <= 1:
        raise RuleError(
            "bad-field",
            f"'environments' must be a number of environments such as 5, a share of them such as 1%, or all, not {value!r}.",
        )
    return EnvironmentBound(share)


def find_share(number: int, among: Concurrency) -> float | None:
    """Return the share of the environments that a number of them is; None where nobody knows how many there are."""
    if not among.is_seen:
        return None
    return min(1.0, max(round(number / among.environments, _SHARE_DIGITS), 10**-_SHARE_DIGITS))


def make_fault(number: int, function: str, among: Concurrency) -> Fault:
    """Return the fault of a rule for a number of environments, where nobody knows how many there are."""
    why = f"{function} {among.source}" if among.source else "without AWS nobody knows how many there are"
    sentence = f"{number} environments are no share of an unknown number: {why}. Say a share, such as 1%."
    return Fault("--environments", str(number), 0, RuleError("no-concurrency", sentence))
