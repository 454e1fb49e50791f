"""The options of `add` that choose what kind a rule is, and what they come down to: fields of the rule.

Each kind brings its own (`hotlog.cli.kinds`); here they are put together.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Final

import click

from hotlog.cli.showing.desk_kind import DeskKind, find_desk_kind
from hotlog.rules.kinds import DEFAULT, KINDS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


WITHOUT_TARGET: Final = frozenset(name for name, kind in KINDS.items() if kind.target in {"optional", "none"})


def kind_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that choose a kind, and itself the fields that they mean, as `kind`."""
    desks = {name: find_desk_kind(name) for name in sorted(KINDS, key=lambda name: name == DEFAULT)}
    options = [option for desk in desks.values() for option in desk.options]

    @functools.wraps(command)
    def run(*args: Any, **kwargs: Any) -> None:
        given = {option.name: kwargs.pop(option.name) for option in options}
        given = {name: value for name, value in given.items() if _is_given(value)}
        command(*args, kind=_make_fields(desks, given), **kwargs)

    for option in reversed(options):
        run = click.option(option.flag, **option.settings)(run)
    return run


def _is_given(value: object) -> bool:
    return value is not None and value is not False and value != {}


def _make_fields(desks: Mapping[str, DeskKind], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of the rule.

    Args:
        desks: all kinds, the default one last.
        given: the options that were given, by name.

    Raises:
        click.UsageError: two kinds, or an option of another kind.
    """
    choosing = {name: desk.options[0] for name, desk in desks.items() if name != DEFAULT and desk.options}
    chosen = [name for name, option in choosing.items() if option.name in given]
    if len(chosen) > 1:
        raise click.UsageError(
            f"a rule is of one kind: {_join('or', [each.flag for each in choosing.values()])}."
        )
    kind = chosen[0] if chosen else DEFAULT
    for name, desk in desks.items():
        if name == kind or not any(option.name in given for option in desk.options):
            continue
        if name == DEFAULT:
            flags = _join("and", [option.flag for option in desk.options])
            raise click.UsageError(f"{flags}: for log lines, no option of another kind.")
        others = [option.flag for option in desk.options[1:]]
        verb = "belong" if len(others) > 1 else "belongs"
        raise click.UsageError(f"{_join('and', others)} {verb} to {choosing[name].flag}.")
    own = {option.name: given[option.name] for option in desks[kind].options if option.name in given}
    return {**({} if kind == DEFAULT else {"kind": kind}), **desks[kind].make_fields(own)}


def _join(last: str, words: list[str]) -> str:
    """Return the words as a person lists them: `a, b or c`."""
    return f" {last} ".join(filter(None, (", ".join(words[:-1]), words[-1])))
