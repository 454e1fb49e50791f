"""What the desk knows of a kind of rule: the options that ask for it, its events as lines.

Each kind has a module in `hotlog.cli.kinds`, with a `DESK`. It is found by the name of the kind.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hotlog.cli.showing.parts import Renderer


class KindOption(NamedTuple):
    """An option of `hotlog add` that only this kind has.

    Attributes:
        flag: such as `--on-error`.
        name: what click calls its value.
        settings: for `click.option`.
    """

    flag: str
    name: str
    settings: Mapping[str, Any]


def kind_option(flag: str, **settings: Any) -> KindOption:
    """Return an option; all but the flag is as for `click.option`."""
    return KindOption(flag, flag.removeprefix("--").replace("-", "_"), settings)


def _no_fields(_chosen: Mapping[str, Any]) -> dict[str, Any]:
    return {}


class DeskKind(NamedTuple):
    """What the desk knows of a kind.

    Attributes:
        render: from an event and the width of the terminal to lines. An event may come from anywhere: no key is sure.
        options: of `hotlog add`. The first one chooses the kind; those of the default kind choose nothing. None: a command of its
            own asks for it.
        make_fields: from the options that were given, by name, to fields of the rule.
    """

    render: Renderer
    options: tuple[KindOption, ...] = ()
    make_fields: Callable[[Mapping[str, Any]], dict[str, Any]] = _no_fields


def find_desk_kind(name: str) -> DeskKind:
    """Return what the desk knows of a kind that is one of `rules.kinds.KINDS`."""
    found: DeskKind = importlib.import_module(f"hotlog.cli.kinds.{name}").DESK
    return found
