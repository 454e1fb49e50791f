"""Proves, before anything is sent, that hotlog's shim is what Lambda will start a function with.

The question of `attach --verify` is an invocation. Where the shim is not there, the function's own handler would get
it, with a payload that it has never seen. So the files are looked at first, laid over each other as Lambda does it: the
variables, the layers, the package. Only where all of these leave no way around the shim does `attach` invoke the
function; the proof is one of files, so it holds for a broken or foreign package `hotlog` too, which the shim survives.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hotlog.client.attaching import attachment
from hotlog.client.attaching.layer_bytecode import is_bytecode
from hotlog.client.attaching.layer_zip import EXEC_WRAPPER, collect_shim
from hotlog.client.deployed import EXEC_WRAPPER as WRAPPER_VARIABLE
from hotlog.client.deployed import OURS
from hotlog.errors import HotlogError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hotlog.client.account.aws import Aws
    from hotlog.client.attaching.attachment import Wiring
    from hotlog.client.code.zip_tree import Zip

_SHIM: Final = ("hotlog-exec", "python/hotlog_handler.py", "hotlog-packages/hotlog_verify.py")
_NAMES: Final = frozenset({EXEC_WRAPPER, "hotlog_handler", "hotlog_verify"})
_SEEN: Final = ("/var/task", "/opt")  # folders whose files are looked at


def missing_proof(aws: Aws, name: str, wiring: Wiring, *, unpublished: str = "") -> str:
    """Say why it is not proven that the shim answers; empty where it is.

    Args:
        aws: the account.
        name: of the function.
        wiring: how it is configured, or will be.
        unpublished: stands among the layers for hotlog's own, which is yet to be published.
    """
    return next(_doubts(aws, name, wiring, unpublished), "")


def _doubts(aws: Aws, name: str, wiring: Wiring, unpublished: str) -> Iterator[str]:
    yield from _doubts_about_variables(wiring)
    try:
        yield from _doubts_about_layers(aws, wiring, unpublished)
        others = list(_shim_files(aws.code.package_of(aws.function(name))))
    except HotlogError as error:
        yield f"the code that runs cannot be looked at: {error.message}"
        return
    if others:
        yield f"the function's own package has {others[0]}, which may come before hotlog's"


def _doubts_about_variables(wiring: Wiring) -> Iterator[str]:
    from hotlog import config

    variables = wiring.variables
    if not config.read(variables).enabled:
        yield f"HOTLOG={variables['HOTLOG']} is set, which takes hotlog out"
    if variables.get(WRAPPER_VARIABLE) != OURS:
        yield f"{WRAPPER_VARIABLE} is not hotlog's"
    if attachment.NEXT in variables:
        yield f"{variables[attachment.NEXT]} runs after hotlog's script and may start something else"
    for folder in variables.get("PYTHONPATH", "").split(":"):
        if folder and not folder.startswith(_SEEN):
            yield f"PYTHONPATH names {folder}, and nobody can see what lies there"


def _doubts_about_layers(aws: Aws, wiring: Wiring, unpublished: str) -> Iterator[str]:
    has_own = False
    for arn in wiring.layers:
        if arn == unpublished:
            has_own = True
            continue
        layer = aws.code.open_layer(aws.layer(arn))
        others = list(_shim_files(layer))
        if not others:
            continue
        if has_own or not _is_own(layer):
            yield f"{layer.name} has {others[0]}, which is not this hotlog's: without --layer, attach takes its own"
        has_own = True
    if not has_own:
        yield "none of the layers is hotlog's"


def _shim_files(tree: Zip) -> Iterator[str]:
    """Yield the entries, at any depth and of any kind, that could be taken for a part of the shim."""
    for path in tree.below(""):
        if any(part.partition(".")[0] in _NAMES for part in path.split("/")):
            yield path


def _is_own(layer: Zip) -> bool:
    """Return whether a layer has exactly this hotlog's shim, and no other file of that name but bytecode."""
    found = {path for path in _shim_files(layer) if not is_bytecode(path)}
    own = collect_shim()
    return found == set(_SHIM) and all(layer.read(path) == own[path] for path in _SHIM)
