"""The functions, and the versions of them, that FUNCTION stands for: of the AWS account, or of the local rules."""

from __future__ import annotations

import fnmatch
from typing import TYPE_CHECKING, Final, NamedTuple

from hotlog.client import desk_limits
from hotlog.client.account.function_name import LATEST
from hotlog.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hotlog.client.account.aws import Aws
    from hotlog.client.account.desk import Desk
    from hotlog.client.account.function_name import FunctionName
    from hotlog.client.deployed import Deployed


class Recipient(NamedTuple):
    """A function that a rule goes to.

    Attributes:
        name: of the function.
        versions: the published versions the rule is for; empty: all.
        deployed: how each of these is deployed, or how `$LATEST` is; empty where AWS was not asked or does not know it.
        note: what a person should know of how it was found; empty: nothing.
    """

    name: str
    versions: tuple[str, ...] = ()
    deployed: tuple[Deployed, ...] = ()
    note: str = ""


def find_local_recipients(desk: Desk, wanted: FunctionName) -> list[Recipient]:
    """Return the functions whose rules are stored in files; AWS is not asked.

    Raises:
        StoreError: `unknown-function` for a pattern that no function with rules matches, `unknown-qualifier` for an alias.
    """
    if wanted.is_pattern:
        names = match(wanted.name, desk.open_store().functions())
        return [Recipient(name) for name in names]
    if not wanted.qualifier:
        return [Recipient(wanted.name)]
    if wanted.qualifier != LATEST and not wanted.qualifier.isdigit():
        raise StoreError(
            "unknown-qualifier",
            f"{wanted.qualifier!r} is no version, and without AWS nobody knows which versions an alias has: name one.",
        )
    return [Recipient(wanted.name, (wanted.qualifier,))]


def recipient_of(desk: Desk, name: str, versions: tuple[str, ...]) -> Recipient:
    """Return the function of a rule that is stored already, with the versions the rule is for.

    Raises:
        StoreError: `unknown-function`, `unknown-qualifier`, `denied`, ...
    """
    aws = desk.account()
    if aws is None:
        return Recipient(name, versions)
    return Recipient(name, versions, tuple(aws.function(name, version) for version in versions or ("",)))


def versions_of(desk: Desk, wanted: FunctionName) -> tuple[str, ...]:
    """Return the versions that a FUNCTION with a qualifier stands for; none without one, which means all.

    Raises:
        StoreError: `unknown-qualifier`, `unknown-function`, `denied`, ...
    """
    aws = desk.account()
    if aws is None:
        return find_local_recipients(desk, wanted)[0].versions
    if not wanted.qualifier or wanted.qualifier == LATEST or wanted.qualifier.isdigit():
        return (wanted.qualifier,) if wanted.qualifier else ()
    found = aws.aliases(wanted.name).get(wanted.qualifier)
    return found or (aws.function(wanted.name, wanted.qualifier).version,)  # which says what there is


def find_all_recipients(desk: Desk, wanted: FunctionName, *, may_be_unknown: bool) -> list[Recipient]:
    """Return the functions that FUNCTION stands for: of the AWS account, or of the local rules.

    Args:
        desk: where the rules go.
        wanted: FUNCTION.
        may_be_unknown: as for `find_recipients`.

    Raises:
        StoreError: as `find_recipients` and `find_local_recipients`.
    """
    aws = desk.account()
    if aws is None:
        return find_local_recipients(desk, wanted)
    return find_recipients(aws, wanted, may_be_unknown=may_be_unknown)


def find_recipients(aws: Aws, wanted: FunctionName, *, may_be_unknown: bool) -> list[Recipient]:
    """Return the functions of an AWS account that FUNCTION stands for, each as it is deployed.

    Args:
        aws: the account.
        wanted: FUNCTION.
        may_be_unknown: a function that AWS does not know, or does not tell about, may have rules all the same.

    Raises:
        StoreError: `unknown-function`, `unknown-qualifier`, `denied`, ...
    """
    if wanted.is_pattern:
        found = [aws.function(name) for name in match(wanted.name, aws.functions())]
        return [Recipient(each.name, (), (each,)) for each in found if _is_python(each)]
    try:
        return [_recipient(aws, wanted)]
    except StoreError as fault:
        if not may_be_unknown or wanted.qualifier or fault.code not in _MAY_PASS:
            raise
        return [Recipient(wanted.name, note=fault.message)]


_MAY_PASS: Final = frozenset({"unknown-function", "denied", "unreachable", "throttled", "refused"})


def _recipient(aws: Aws, wanted: FunctionName) -> Recipient:
    deployed = aws.function(wanted.name, wanted.qualifier)
    if not wanted.qualifier:
        return Recipient(deployed.name, (), (deployed,))
    if wanted.qualifier == LATEST or wanted.qualifier.isdigit():
        return Recipient(deployed.name, (wanted.qualifier,), (deployed,))
    versions = aws.aliases(deployed.name).get(wanted.qualifier, (deployed.version,))
    others = [aws.function(deployed.name, version) for version in versions if version != deployed.version]
    note = f"{wanted.qualifier} is version {' and '.join(versions)} now: the rule is for {'these' if others else 'it'} alone."
    return Recipient(deployed.name, versions, (deployed, *others), note)


def _is_python(deployed: Deployed) -> bool:
    return deployed.package is None or deployed.runtime.startswith("python")


def match(pattern: str, names: Iterable[str]) -> list[str]:
    """Return the names that a pattern matches, sorted.

    Raises:
        StoreError: `unknown-function` where there is none, `too-many-functions`.
    """
    found = sorted(name for name in names if fnmatch.fnmatchcase(name, pattern))
    if not found:
        raise StoreError("unknown-function", f"no function matches {pattern!r}.")
    if len(found) > desk_limits.FUNCTIONS_MAX:
        raise StoreError(
            "too-many-functions",
            f"{pattern!r} matches {len(found)} functions, {', '.join(found[:3])} and so on: at most "
            f"{desk_limits.FUNCTIONS_MAX} can be done at once, so write a narrower pattern.",
        )
    return found
