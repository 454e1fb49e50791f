"""Which environments of a fleet take a rule that is for a share of them: every environment decides it alone, and once.

An environment takes the rule where the hash of its random id with the rule's falls below the share. So about that share of any
number of environments has it, another choice for each rule, and none of them asks another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hotlog import __builtins__

if TYPE_CHECKING:
    from hotlog.rules.model import Rule

_HASH_BYTES = 8


def takes_rule(rule: Rule, env: str) -> bool:
    """Return whether an environment takes a rule.

    Args:
        rule: with the share of the environments that it is for.
        env: random id of the environment.
    """
    if rule.environments >= 1:
        return True
    from _blake2 import blake2b  # few rules are for a share; `hashlib` would load OpenSSL

    # Not CRC32: it is linear, so two rules would be chosen together, or never.
    digest = blake2b(f"{env} {rule.id}".encode(), digest_size=_HASH_BYTES).digest()
    return bool(int.from_bytes(digest, "big") < rule.environments * 2.0 ** (8 * _HASH_BYTES))
