"""Proposals of agents that could ask nobody: each waits in a private file at the desk, until `hotlog approve` or its end.

A proposal is taken once: its file is gone before its rules are stored. Its rules are checked anew, and must be those that were
proposed: a file that somebody changed, or a deployment meanwhile, stores nothing.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from hotlog.client import desk_limits
from hotlog.client.agents.asked import GROUP, digest_of, make_agent_request
from hotlog.client.options import Options
from hotlog.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hotlog.client.adding.checked_rule import CheckedRule
    from hotlog.client.client import Client

_VERSION: Final = 1
_TYPES: Final[dict[str, type | tuple[type, ...]]] = {
    "rules": tuple,
    "minutes": int,
    "until": (int, float),
}  # else: text


class Proposal(NamedTuple):
    """Rules that wait for a person's yes.

    Attributes:
        id: what `hotlog approve` takes.
        function: that the rules are for.
        rules: as the agent has asked for them.
        reason: for people.
        via: name of the agent's program.
        minutes: how long the rules live.
        digest: what the person's yes is bound to.
        until: seconds since the epoch, until when it may be approved.
        url: of the store.
        region: AWS Region; empty: the default.
        profile: AWS profile; empty: the default.
        source: root of the code, where there is no AWS.
    """

    id: str
    function: str
    rules: tuple[Mapping[str, Any], ...]
    reason: str
    via: str
    minutes: int
    digest: str
    until: float
    url: str
    region: str = ""
    profile: str = ""
    source: str = ""

    @property
    def group(self) -> str:
        """Return the group that the rules will have."""
        return f"{GROUP}{self.id}"

    @property
    def options(self) -> Options:
        """Return which store and which account the agent's server works with."""
        given = (("--store", self.url), ("--region", self.region), ("--profile", self.profile))
        flags = tuple(word for flag, value in given if value for word in (flag, value))
        return Options(self.url, self.region, self.profile, flags)


def folder() -> Path:
    """Return the folder of the proposals, which nobody else may look into."""
    return Path.home() / ".hotlog" / "proposals"


def propose(proposal: Proposal) -> None:
    """Lay a proposal where `hotlog approve` finds it; throw away those whose time is over.

    Raises:
        StoreError: `bad-folder`, nothing can be written there.
    """
    try:
        _write(proposal, folder())
    except OSError as fault:
        raise StoreError("bad-folder", f"{folder()} cannot be written: {fault.strerror}.") from fault


def _write(proposal: Proposal, place: Path) -> None:
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    place.chmod(0o700)
    for old in place.glob("*.json"):
        if time.time() - old.stat().st_mtime > desk_limits.PROPOSAL_MAX_S:
            old.unlink(missing_ok=True)
    content = json.dumps({"v": _VERSION, **proposal._asdict()})
    path = place / f"{proposal.id}.json"
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(content)


def read_proposal(name: str) -> Proposal:
    """Return a proposal.

    Raises:
        StoreError: `unknown-proposal`: there is none of that name, or its time is over.
    """
    path = _path_of(name)
    proposal = None
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        content.pop("v")
        proposal = Proposal(**{**content, "rules": tuple(map(dict, content["rules"]))})
    except FileNotFoundError:
        raise _unknown(name) from None
    except (ValueError, KeyError, TypeError, AttributeError):
        pass
    if proposal is None or proposal.id != name or not _is_whole(proposal):
        raise StoreError("unknown-proposal", f"the proposal {name!r} cannot be read: {path}.")
    if time.time() > proposal.until:
        path.unlink(missing_ok=True)
        raise _unknown(name)
    return proposal


def _is_whole(proposal: Proposal) -> bool:
    """Return whether each field holds what it should: anybody who may write the file may have changed it."""
    fields = proposal._asdict().items()
    return all(isinstance(value, _TYPES.get(name, str)) for name, value in fields)


def check_proposal(client: Client, proposal: Proposal) -> list[CheckedRule]:
    """Return the rules of a proposal, checked against the code as it is now.

    Raises:
        StoreError: `proposal-changed`: they are not those that were proposed.
        HotlogError: they cannot be checked.
    """
    checked = check_asked(client, proposal)
    rules = [each.rule for each in checked]
    where = client.describe_where()
    if (
        any(each.faults for each in checked)
        or digest_of(proposal.function, where, rules, proposal.minutes, proposal.reason) != proposal.digest
    ):
        raise StoreError(
            "proposal-changed",
            f"the rules of {proposal.id} are not those that were proposed: the code has changed since. "
            "Nothing is stored; the agent may ask again.",
        )
    return checked


def check_asked(client: Client, proposal: Proposal) -> list[CheckedRule]:
    """Return the rules that a proposal stands for, whatever has become of them."""
    requests = [
        make_agent_request(
            each,
            group=proposal.group,
            reason=proposal.reason,
            via=proposal.via,
            minutes=proposal.minutes,
        )
        for each in proposal.rules
    ]
    return client.check(proposal.function, requests, proposal.source or None)


def withdraw(proposal: Proposal) -> None:
    """Take a proposal away: it is answered.

    Raises:
        StoreError: `unknown-proposal`: somebody else has answered it meanwhile, or its time was over before the answer came.
    """
    try:
        _path_of(proposal.id).unlink()
    except FileNotFoundError:
        raise _unknown(proposal.id) from None
    if time.time() > proposal.until:
        raise _unknown(proposal.id)


def count_waiting(ids: Sequence[str]) -> int:
    """Return how many rules these proposals would add, as far as they still wait."""
    waiting = 0
    for name in ids:
        try:
            waiting += len(read_proposal(name).rules)
        except StoreError:
            continue
    return waiting


def _path_of(name: str) -> Path:
    if not name.isalnum() or not name.isascii():
        raise _unknown(name)
    return folder() / f"{name}.json"


def _unknown(name: str) -> StoreError:
    return StoreError(
        "unknown-proposal",
        f"no proposal {name!r} waits here: it was answered, or is older than {desk_limits.PROPOSAL_MAX_S // 60} minutes.",
    )
