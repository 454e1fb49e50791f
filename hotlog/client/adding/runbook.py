"""Rules as a file, for a runbook. A file says how long a rule lives, not until when."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from hotlog.client.adding.request import RuleRequest, make_request
from hotlog.client.documents import changes
from hotlog.errors import RuleError
from hotlog.rules import document as documents

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hotlog.rules.document import Document
    from hotlog.rules.model import Rule

VERSION: Final = 1
_OWN: Final = ("created", "expires", "by", "versions")  # of one function at one time: not for a runbook


class Runbook(NamedTuple):
    """Rules for a file.

    Attributes:
        content: of the file, as JSON.
        left_out: why rules that cannot be read are not in it, a sentence each.
    """

    content: dict[str, Any]
    left_out: tuple[str, ...]


def export_rules(document: Document, names: Iterable[str]) -> Runbook:
    """Return the rules that the names stand for, or all, for a file.

    Raises:
        StoreError: `unknown-rule`, `ambiguous-rule`.
    """
    keys = {key for name in names for key in changes.find_ids(document, name)} or set(
        changes.list_ids(document)
    )
    found: list[dict[str, Any]] = []
    left_out: list[str] = []
    for rule, entry in zip(documents.rules(document), document.entries, strict=True):
        if rule.id not in keys:
            continue
        if isinstance(rule, documents.BadEntry):
            left_out.append(f"{rule.id} is left out: {rule.fault.message}")
        else:
            found.append(_export(rule, entry))
    return Runbook({"hotlog": "rules", "v": VERSION, "rules": found}, tuple(left_out))


def _export(rule: Rule, entry: Mapping[str, Any]) -> dict[str, Any]:
    lives = rule.expires - rule.created if rule.expires and rule.created else timedelta()
    kept = {key: value for key, value in entry.items() if key not in _OWN}
    return {**kept, "for_s": int(lives.total_seconds())}


def read_runbook(content: object, name: str, for_s: int | None = None, group: str = "") -> list[RuleRequest]:
    """Return the rules of a file, with lifetimes that begin now.

    Args:
        content: of the file, as JSON.
        name: of the file, for messages.
        for_s: how long they live; None: as the file says.
        group: ties them together; empty: as the file says.

    Raises:
        RuleError: `bad-file`, or what is wrong with a rule; the message names it.
    """
    entries = content.get("rules") if isinstance(content, dict) and content.get("hotlog") == "rules" else None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries) or not entries:
        raise RuleError("bad-file", f"{name} holds no rules: write it with `hotlog export`.")
    found: list[RuleRequest] = []
    for number, entry in enumerate(entries, 1):
        lives_s = for_s or entry.get("for_s")
        if not isinstance(lives_s, int) or lives_s <= 0:
            raise RuleError(
                "bad-field", f"rule {number} of {name}: 'for_s' must be a number of seconds, not {lives_s!r}."
            )
        kept = {
            ("function" if key == "in" else key): value for key, value in entry.items() if key not in _OWN
        }
        more = {"group": group} if group else {}
        try:
            found.append(make_request({**kept, **more, "for_s": lives_s}))
        except RuleError as fault:
            raise RuleError(fault.code, f"rule {number} of {name}: {fault.message}") from fault
    return found
