"""What a shell may complete a word with: functions and rules of the store that the command line names.

A store that cannot be read suggests nothing: who presses TAB wants no error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hotlog.errors import HotlogError

if TYPE_CHECKING:
    import click

    from hotlog.client.options import Options


def suggest_functions(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """Return the functions that have rules, for shell completion."""
    try:
        names = _session(ctx).open_store().functions()
    except (HotlogError, OSError):
        return []
    return [name for name in names if name.startswith(incomplete)]


def suggest_rules(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """Return the ids of the rules of the function on the command line, for shell completion."""
    from hotlog.client.documents.changes import list_ids
    from hotlog.client.documents.load import load_document

    function = ctx.params.get("function")
    if not isinstance(function, str):
        return []
    try:
        names = list_ids(load_document(_session(ctx).open_store(), function))
    except (HotlogError, OSError):
        return []
    return [name for name in names if name.startswith(incomplete)]


def _session(ctx: click.Context) -> Options:
    # Loaded here: the options need the parameters, and those need this.
    from hotlog.client.options import SHARED, make_options

    shared: dict[str, Any] = {name: ctx.params.get(name) or "" for name in SHARED}
    return make_options(**shared)
