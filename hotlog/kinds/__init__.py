"""What each kind of rule makes of a hit. `hit.Point` is the log line, and the gates of all kinds.

A kind's module is imported with the first rule of that kind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hotlog.errors import RuleError
from hotlog.hit import Point

if TYPE_CHECKING:
    from hotlog.rules.model import Rule
    from hotlog.session import Session


def point_of(rule: Rule, session: Session) -> Point:
    """A rule in this process, as its kind has it.

    Raises:
        RuleError: of its expressions; `unknown-kind`.
    """
    if rule.kind == "log":
        return Point(rule, session)
    raise RuleError("unknown-kind", f"kind {rule.kind!r} is not known to this version.")
