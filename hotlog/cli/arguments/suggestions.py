"""What a shell may complete a word with: functions and rules of the store that the command line names.

A store that cannot be read suggests nothing: who presses TAB wants no error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hotlog.errors import HotlogError

if TYPE_CHECKING:
    import click

    from hotlog.client.client import Client


def suggest_functions(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """Return the functions that have rules, for shell completion."""
    try:
        names = _client(ctx).known_names()
    except (HotlogError, OSError):
        return []
    return [name for name in names if name.startswith(incomplete)]


def suggest_rules(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """Return the ids of the rules of the function on the command line, for shell completion."""
    function = ctx.params.get("function")
    function = getattr(function, "one", function)  # of a command that takes patterns, too
    if function is None:
        return []
    try:
        names = [rule.id for rule in _client(ctx).rules(function).rules]
    except (HotlogError, OSError):
        return []
    return [name for name in names if name.startswith(incomplete)]


def _client(ctx: click.Context) -> Client:
    # Loaded here: a command line that is not completed needs none of it.
    from hotlog.client.client import Client
    from hotlog.client.options import make_options

    store, region = (str(ctx.params.get(name) or "") for name in ("store", "region"))
    profile = next(iter(ctx.params.get("profile") or ()), "")
    local = bool(ctx.params.get("local"))
    return Client.with_options(make_options(local=local, store=store, region=region, profile=profile))
