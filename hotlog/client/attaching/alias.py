"""hotlog onto what an alias serves: a version with it is published and the alias moved there; and back.

A published version keeps its configuration for ever, so hotlog gets onto an alias only by another version. That must differ from the
one before in nothing but hotlog: where `$LATEST` has other code or another configuration than the version that the alias serves,
publishing it would be a release, which is not ours to make. Which version the alias served before stands in the description of the new one.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from hotlog.client import desk_limits
from hotlog.client.attaching import attachment
from hotlog.client.attaching.attach import find_store_value, make_wiring
from hotlog.client.attaching.lambda_configuration import of_listed
from hotlog.errors import HotlogError, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable

    from hotlog.client.account.desk import Desk
    from hotlog.client.account.function_name import FunctionName
    from hotlog.client.attaching.attach import AttachOptions
    from hotlog.client.attaching.lambda_configuration import Configuration

_MARK: Final = "hotlog: {alias} served {version} before"
_LOOK_EVERY_S: Final = 1.0
# What a version has of its own, or what Lambda changes by itself: all else of two versions must be the same.
_OF_A_VERSION: Final = frozenset(
    {
        "FunctionArn", "Version", "Description", "RevisionId", "LastModified", "State", "StateReason", "StateReasonCode",
        "LastUpdateStatus", "LastUpdateStatusReason", "LastUpdateStatusReasonCode", "ResponseMetadata", "Layers", "Environment",
        "MasterArn", "SnapStart", "ConfigSha256", "CodeSize",
    }
)  # fmt: skip
_OWNERS: Final = ("aws:cloudformation:stack-name", "aws:cloudformation:stack-id", "lambda:createdBy")


class MovedAlias(NamedTuple):
    """An alias that serves another version now.

    Attributes:
        alias: its name.
        before: the version that it served.
        after: the version that it serves.
    """

    alias: str
    before: str
    after: str


class ServedVersion(NamedTuple):
    """What an alias serves.

    Attributes:
        version: the number.
        revision: of the alias: who moves it must have seen this one.
        origin: the version that the alias served before hotlog came; the same one where hotlog has not moved it.
        configuration: of the version.
    """

    version: str
    revision: str
    origin: str
    configuration: Configuration


def check_alias(desk: Desk, function: FunctionName) -> ServedVersion:
    """Return what an alias serves, where hotlog may move it.

    Raises:
        HotlogError: `weighted-alias`, `deployment-owned`, `unreleased-code`.
        StoreError: `unknown-qualifier`, `denied`, ...
    """
    name, alias = function.name, function.qualifier
    served = _read_alias(desk, name, alias)
    arn = _configuration(desk, name, "")["FunctionArn"]
    tags = _read_tags(desk, arn)
    owner = next((tag for tag in _OWNERS if tag in tags), None)
    if owner is not None:
        raise HotlogError(
            "deployment-owned",
            f"a deployment owns {name}:{alias} (tag {owner}={tags[owner]}): it would move the alias back, or fail on it. `hotlog attach "
            f"{name} --snippet sam` says what to put into its template.",
        )
    latest, there = _configuration(desk, name, ""), _configuration(desk, name, served.version)
    if _told_apart(latest) != _told_apart(there):
        raise HotlogError(
            "unreleased-code",
            f"$LATEST of {name} differs from version {served.version}, which {alias} serves, in more than hotlog: publishing it would "
            "be a release. Deploy first, or attach where it is deployed.",
        )
    return served


def serves_already(desk: Desk, served: ServedVersion, layer: str, options: AttachOptions) -> bool:
    """Return whether an attach would change nothing of the version that an alias serves.

    Args:
        desk: names the store.
        served: as `check_alias` has returned it.
        layer: ARN of the layer version that would be attached.
        options: how.
    """
    wire = make_wiring(layer, find_store_value(desk), options._replace(verify=False))
    return wire(served.configuration) == served.configuration.wiring


def publish_and_move(
    desk: Desk,
    function: FunctionName,
    served: ServedVersion,
    *,
    sleep: Callable[[float], None] = time.sleep,
) -> MovedAlias:
    """Publish `$LATEST`, which has been seen starting with hotlog on it, and let the alias serve that version.

    Args:
        desk: names the account.
        function: NAME:ALIAS.
        served: as `check_alias` has returned it.
        sleep: waits so many seconds.

    Raises:
        StoreError: AWS did not take it, or `changed-meanwhile`.
    """
    from hotlog.stores.ssm.boto import translate_errors

    name, alias = function.name, function.qualifier
    client = desk.aws().client("lambda")
    code = _configuration(desk, name, "")["CodeSha256"]
    with translate_errors("lambda:PublishVersion", name):
        version = client.publish_version(
            FunctionName=name, CodeSha256=code, Description=_MARK.format(alias=alias, version=served.origin)
        )["Version"]
    waited_s = 0.0
    while (state := _configuration(desk, name, version).get("State", "Active")) != "Active":
        if state == "Failed":  # with SnapStart it has been started for its snapshot
            raise StoreError(
                "update-failed", f"version {version} of {name} does not start: {alias} serves what it did."
            )
        if waited_s >= desk_limits.UPDATE_MAX_S:
            raise StoreError("update-unfinished", f"version {version} of {name} is not ready yet.")
        sleep(_LOOK_EVERY_S)
        waited_s += _LOOK_EVERY_S
    _move(desk, name, alias, served, version)
    return MovedAlias(alias, served.version, version)


def move_back(desk: Desk, function: FunctionName, *, dry_run: bool = False) -> MovedAlias | None:
    """Let the alias serve the version that it served before hotlog came; None where hotlog has not moved it.

    Args:
        desk: names the account.
        function: NAME:ALIAS.
        dry_run: only return what it would serve.

    Raises:
        HotlogError: `weighted-alias`.
        StoreError: AWS did not take it, or `changed-meanwhile`.
    """
    served = _read_alias(desk, function.name, function.qualifier)
    if served.origin == served.version:
        return None
    if not dry_run:
        _move(desk, function.name, function.qualifier, served, served.origin)
    return MovedAlias(function.qualifier, served.version, served.origin)


def _read_alias(desk: Desk, name: str, alias: str) -> ServedVersion:
    from hotlog.stores.ssm.boto import translate_errors

    client = desk.aws().client("lambda")
    with translate_errors("lambda:GetAlias", f"{name}:{alias}"):
        try:
            found = client.get_alias(FunctionName=name, Name=alias)
            version = found["FunctionVersion"]
        except client.exceptions.ResourceNotFoundException:
            desk.aws().function(name, alias)  # says so, with near names
            raise
    if weights := found.get("RoutingConfig", {}).get("AdditionalVersionWeights"):
        raise HotlogError(
            "weighted-alias",
            f"{name}:{alias} shifts traffic between {found['FunctionVersion']} and {', '.join(weights)}: wait until one version has all of it.",
        )
    if version == "$LATEST":
        raise HotlogError(
            "weighted-alias", f"{name}:{alias} serves $LATEST: `hotlog attach {name}` is enough."
        )
    there = _configuration(desk, name, version)
    origin = _origin_in(there.get("Description", ""), alias) or version
    return ServedVersion(version, found.get("RevisionId", ""), origin, of_listed(there))  # type: ignore[arg-type]  # as AWS answers


def _origin_in(description: str, alias: str) -> str:
    """Return the version that a description of ours names; empty where it is none of ours."""
    begin, end = _MARK.format(alias=alias, version="\n").split("\n")
    is_ours = description.startswith(begin) and description.endswith(end)
    return description[len(begin) : -len(end)] if is_ours else ""


def _move(desk: Desk, name: str, alias: str, served: ServedVersion, version: str) -> None:
    from hotlog.stores.ssm.boto import translate_errors

    client = desk.aws().client("lambda")
    known: Any = {"RevisionId": served.revision} if served.revision else {}
    with translate_errors("lambda:UpdateAlias", f"{name}:{alias}"):
        try:
            client.update_alias(FunctionName=name, Name=alias, FunctionVersion=version, **known)
        except client.exceptions.PreconditionFailedException:
            raise StoreError(
                "changed-meanwhile",
                f"somebody else has moved {name}:{alias}, so it stays as it is: look at that, and run the command again.",
            ) from None


def _configuration(desk: Desk, name: str, qualifier: str) -> dict[str, Any]:
    from hotlog.stores.ssm.boto import translate_errors

    of: Any = {"Qualifier": qualifier} if qualifier else {}
    with translate_errors("lambda:GetFunctionConfiguration", name):
        return dict(desk.aws().client("lambda").get_function_configuration(FunctionName=name, **of))


def _read_tags(desk: Desk, arn: str) -> dict[str, str]:
    from hotlog.stores.ssm.boto import translate_errors

    with translate_errors("lambda:ListTags", arn):
        return dict(desk.aws().client("lambda").list_tags(Resource=arn)["Tags"])


def _told_apart(found: dict[str, Any]) -> object:
    """Return what must be the same of two versions: all settings, the wiring without hotlog's part."""
    wiring = attachment.detach_layer(of_listed(found).wiring, by_template=True)  # type: ignore[arg-type]  # as AWS answers
    return {key: value for key, value in found.items() if key not in _OF_A_VERSION}, wiring
