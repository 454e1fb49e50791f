"""What a kind of rule is: the form of each entry in `kinds.KINDS`, and of what is checked in its own fields."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

from hotlog import __builtins__, limits
from hotlog.namedtuple import NamedTuple

OwnFields = Mapping[str, Any]  # the fields that only one kind has, by name


class Bounds(NamedTuple):
    """How many events a rule emits where its author set no limit.

    Attributes:
        limit: events per environment.
        per_second: events per second and environment; None means without limit.
    """

    limit: int = limits.LOG_MAX_EVENTS
    per_second: float | None = limits.LOG_MAX_PER_S


class Check(NamedTuple):
    """What must hold for a field.

    Attributes:
        field: its name.
        holds: whether it does, from all own fields of the rule; those of earlier checks hold already.
        must: what it must be, as the message says it.
    """

    field: str
    holds: Callable[[OwnFields], bool]
    must: str


class OwnExpression(NamedTuple):
    """An expression in a field that only this kind has.

    Attributes:
        option: of `hotlog add` that it is given with, without the dashes.
        name: what it is called; unique within the rule.
        text: the expression.
    """

    option: str
    name: str
    text: str


def _has_none(_own: OwnFields) -> tuple[OwnExpression, ...]:
    return ()


class Kind(NamedTuple):
    """What distinguishes a kind of rule.

    Attributes:
        target: what `at` must name: a statement, a whole function, a function or (empty) the handler, or nothing.
        event: fields of its events, between those that each event begins with and those that it ends with.
        bounds: where the author set none.
        snapshot_bounds: the same of a rule that captures variables; None: `bounds`.
        fields: fields of a rule that this kind alone may set.
        checks: what must hold for them, in this order.
        without: fields of every other kind that it has no use for.
        specials: `@names` that mean something only here.
        of_invocation: those of them that mean something only without a target, where the whole invocation is looked at.
        at_end: its expressions are read when a call ends: each variable of the function may have a value then.
        expressions: those in its own fields.
        holds: the own field that, if set, holds hits back: what is emitted in the end comes all at once, at any rate.
        reads_variables: its expressions may read variables; else they are about the invocation alone, and the condition is
            asked before it runs.
        alarms: its events tell an error or a time-out of the application, and have the level of one.
    """

    target: Literal["statement", "function", "optional", "none"]
    event: tuple[str, ...]
    bounds: Bounds = Bounds()  # a NamedTuple: nobody changes it
    snapshot_bounds: Bounds | None = None
    fields: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()
    without: frozenset[str] = frozenset()
    specials: frozenset[str] = frozenset()
    of_invocation: frozenset[str] = frozenset()
    at_end: bool = False
    expressions: Callable[[OwnFields], tuple[OwnExpression, ...]] = _has_none
    holds: str = ""
    reads_variables: bool = True
    alarms: bool = False


def is_whole(value: object) -> bool:
    """Whether the value is a whole number. True and False are none."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_text(value: object) -> bool:
    """Whether the value is text that an event can hold: half of a pair of surrogates has no UTF-8."""
    if not isinstance(value, str):
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def maps_texts(value: object) -> bool:
    """Whether the value maps texts to texts."""
    return isinstance(value, Mapping) and all(is_text(name) and is_text(text) for name, text in value.items())
