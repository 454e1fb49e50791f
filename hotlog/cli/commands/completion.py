"""`hotlog completion`: the script that makes a shell complete commands, options, functions and rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click
from click.shell_completion import get_completion_class

from hotlog.cli.arguments.options import Command, with_client
from hotlog.cli.shell.terminal import put

if TYPE_CHECKING:
    from hotlog.client.client import Client

_SHELLS: Final = ("bash", "zsh", "fish")
_VARIABLE: Final = "_HOTLOG_COMPLETE"  # click's own name for it

EXAMPLES = """
hotlog completion bash > ~/.local/share/bash-completion/completions/hotlog
hotlog completion zsh > ~/.zfunc/_hotlog              with fpath+=~/.zfunc in ~/.zshrc
hotlog completion fish > ~/.config/fish/completions/hotlog.fish
"""


@click.command(cls=Command, examples=EXAMPLES)
@click.argument("shell", type=click.Choice(_SHELLS))
@with_client
def completion(_client: Client, shell: str) -> None:
    """Print the script that makes a shell complete commands, options, functions and rules."""
    from hotlog.cli.root import hotlog

    kind = get_completion_class(shell)
    if kind is None:
        raise click.UsageError(f"click knows no completion for {shell}.")
    put(kind(hotlog, {}, "hotlog", _VARIABLE).source())
