"""What attaching hotlog changes in a function's configuration, and what taking it off changes back: no AWS in here.

    Wiring ── attached ──> Wiring ── detached ──> the first one again

`attach_layer` leaves one variable more than it needs, `HOTLOG_ATTACHED`: it names what was added, so that `detach_layer` takes
away exactly that, and nothing that a template or a colleague has put there. A word of it that begins with `verify=` is
no name: it is the token of `attach --verify`, which the shim reads (`wrapper/packages/hotlog_verify.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from hotlog.client import desk_limits
from hotlog.client.deployed import EXEC_WRAPPER, OURS
from hotlog.errors import HotlogError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

NEXT: Final = "HOTLOG_EXEC_NEXT"  # the script that ours hands over to
STORE: Final = "HOTLOG_STORE"
SINK: Final = "HOTLOG_SINK"
MARK: Final = "HOTLOG_ATTACHED"
REFRESH: Final = "HOTLOG_REFRESH"
OWN_VARIABLES: Final = (EXEC_WRAPPER, NEXT, STORE, REFRESH)  # what a function needs, beside the layer
VERIFY: Final = "verify="  # begins the word of the mark that holds the token


class Wiring(NamedTuple):
    """The part of a function's configuration that hotlog changes.

    Attributes:
        layers: ARNs of layer versions, in the order they are laid over each other.
        variables: name to value. Values are the application's: they are never shown.
    """

    layers: tuple[str, ...]
    variables: Mapping[str, str]

    def __repr__(self) -> str:
        """Leave out the values of variables: a traceback may end up anywhere."""
        return f"Wiring(layers={self.layers!r}, variables={sorted(self.variables)!r})"


class WiringChange(NamedTuple):
    """One difference between two wirings, to be shown.

    Attributes:
        sign: `+` added, `-` removed, `~` another value.
        what: `layer` or `variable`.
        name: the layer's ARN, or the variable's name.
        value: of the variable, where hotlog set it.
    """

    sign: str
    what: str
    name: str
    value: str = ""


def attach_layer(
    before: Wiring,
    layer: str,
    *,
    store: str = "",
    chain: bool = False,
    verify: str = "",
    refresh: str = "",
) -> Wiring:
    """Return the configuration with hotlog attached; attaching again with the same arguments changes nothing.

    Args:
        before: how the function is configured.
        layer: ARN of the layer version.
        store: value of HOTLOG_STORE; empty: Lambda's default is the right one.
        chain: whether a function that has an exec wrapper already may get ours in front of it.
        refresh: value of HOTLOG_REFRESH; empty: what an attach has set stays. What somebody else has set stays in any case.
        verify: word with the token of `attach --verify`, from `verify_word`; empty: the one that is there stays.

    Raises:
        HotlogError: `other-wrapper`, `other-store`, `other-layer`, `too-many-layers`, `environment-too-large`.
    """
    base = detach_layer(before, by_template=True)
    place = next((at for at, arn in enumerate(before.layers) if arn not in base.layers), len(base.layers))
    layers = _with_layer(base.layers, layer, place)
    added = _variables_to_set(base.variables, store=store, chain=chain or NEXT in before.variables)
    refresh = refresh or before.variables.get(REFRESH, "")
    if refresh and REFRESH not in base.variables:
        added[REFRESH] = refresh
    marks = [*([_name_of(layer)] if layers != base.layers else []), *added]
    verify = verify or verify_word_in(before)
    if not (marks or verify):
        return base
    if EXEC_WRAPPER in base.variables and EXEC_WRAPPER in added:
        marks.append(NEXT)
    chained = {NEXT: base.variables[EXEC_WRAPPER]} if NEXT in marks else {}
    variables = {**base.variables, **added, **chained, MARK: " ".join([*marks, *filter(None, [verify])])}
    _check_size(variables)
    return Wiring(layers, variables)


def without_layer(before: Wiring, layer: str) -> Wiring:
    """Return the configuration without any version of a layer: an upgrade takes its place.

    Args:
        before: how the function is configured.
        layer: ARN of the version that will take its place.
    """
    kept = tuple(arn for arn in before.layers if arn == layer or _name_of(arn) != _name_of(layer))
    return before._replace(layers=kept)


def detach_layer(before: Wiring, *, by_template: bool = False) -> Wiring:
    """Return the configuration without what `attach_layer` has added to it; unchanged where that is nothing.

    Args:
        before: how the function is configured.
        by_template: whether variables of hotlog that somebody else has set may stay without a word.

    Raises:
        HotlogError: `attached-elsewhere`.
    """
    mark = before.variables.get(MARK)
    if mark is None:
        if before.variables.get(EXEC_WRAPPER) == OURS and not by_template:
            raise HotlogError(
                "attached-elsewhere",
                f"{EXEC_WRAPPER} is hotlog's, but `hotlog attach` has not set it: take it out where it was put in, "
                "in the function's template.",
            )
        return before
    marks = mark.split()
    layers = tuple(arn for arn in before.layers if _name_of(arn) not in marks)
    variables: dict[str, str] = {}
    for name, value in before.variables.items():
        if name == EXEC_WRAPPER and name in marks and value == OURS:
            if NEXT in before.variables:
                variables[name] = before.variables[NEXT]
        elif name == EXEC_WRAPPER or name not in {*marks, MARK}:  # a wrapper that came after ours stays
            variables[name] = value
    return Wiring(layers, variables)


def verify_word(token: str, until_s: int) -> str:
    """Return the word for the mark variable that makes the shim answer `attach --verify`.

    Args:
        token: what the invocation will carry; without spaces and colons.
        until_s: until when a start tells about itself in the log, in seconds since the epoch.
    """
    return f"{VERIFY}{token}:{until_s}"


def verify_word_in(wiring: Wiring) -> str:
    """Return the word with the token of the last `attach --verify`; empty where there was none."""
    words = wiring.variables.get(MARK, "").split()
    return next((word for word in words if word.startswith(VERIFY)), "")


def list_changes(before: Wiring, after: Wiring) -> list[WiringChange]:
    """Return the differences, layers first, without hotlog's bookkeeping and without others' values."""
    return [*_iter_layer_changes(before, after), *_iter_variable_changes(before, after)]


def _with_layer(layers: tuple[str, ...], layer: str, place: int) -> tuple[str, ...]:
    if layer in layers:
        return layers
    other = [arn for arn in layers if _name_of(arn) == _name_of(layer)]
    if other:
        raise HotlogError(
            "other-layer",
            f"the function has {other[0]} already, which `hotlog attach` has not put there: change it where it was "
            "put in, or attach that version with --layer.",
        )
    if len(layers) >= desk_limits.FUNCTION_LAYERS_MAX:
        raise HotlogError(
            "too-many-layers",
            f"the function has {len(layers)} layers, as many as Lambda allows. Take one off, or wrap the handler in its "
            "code with `@hotlog.wrap`, which needs no layer.",
        )
    return (*layers[:place], layer, *layers[place:])


def _variables_to_set(variables: Mapping[str, str], *, store: str, chain: bool) -> dict[str, str]:
    """Return the variables that have to be set."""
    added = {}
    wrapper = variables.get(EXEC_WRAPPER, "")
    if wrapper not in {"", OURS} and not chain:
        raise HotlogError(
            "other-wrapper",
            f"the function has an exec wrapper already, {wrapper}. With --chain hotlog's runs first and hands over to "
            "it: ask its owner, and try it on a function that nobody waits for.",
        )
    if wrapper != OURS:
        added[EXEC_WRAPPER] = OURS
    there = variables.get(STORE, "")
    if store and there and there != store:
        raise HotlogError(
            "other-store",
            f"the function reads its rules from {there}, not from {store}: attach it with --store {there}.",
        )
    if store and not there:
        added[STORE] = store
    return added


def _check_size(variables: Mapping[str, str]) -> None:
    size = sum(len(name.encode()) + len(value.encode()) for name, value in variables.items())
    if size > desk_limits.FUNCTION_VARIABLES_MAX_BYTES:
        raise HotlogError(
            "environment-too-large",
            f"with hotlog's the function's variables take {size} bytes, and Lambda allows {desk_limits.FUNCTION_VARIABLES_MAX_BYTES}: "
            "shorten or remove some, or wrap the handler in its code with `@hotlog.wrap`.",
        )


def _name_of(layer: str) -> str:
    """Return the ARN of a layer without its version."""
    return layer.rpartition(":")[0]


def _iter_layer_changes(before: Wiring, after: Wiring) -> Iterator[WiringChange]:
    for arn in before.layers:
        if arn not in after.layers:
            yield WiringChange("-", "layer", arn)
    for arn in after.layers:
        if arn not in before.layers:
            yield WiringChange("+", "layer", arn)


def _iter_variable_changes(before: Wiring, after: Wiring) -> Iterator[WiringChange]:
    for name in {**before.variables, **after.variables}:
        old, new = before.variables.get(name), after.variables.get(name)
        if old != new and name != MARK:
            yield WiringChange(
                "+" if old is None else "-" if new is None else "~", "variable", name, new or ""
            )
