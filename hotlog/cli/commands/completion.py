"""`hotlog completion`: the script that makes a shell complete commands, options, functions and rules."""

from __future__ import annotations

from typing import Final

import click
from click.shell_completion import get_completion_class

from hotlog.cli.arguments.options import Command
from hotlog.cli.shell.terminal import put

EXITS: Final = {  # what 0, 1 and 2 say
    "completion": ("printed", "", ""),
}

_SHELLS: Final = ("bash", "zsh", "fish")
_VARIABLE: Final = "_HOTLOG_COMPLETE"  # click's own name for it

EXAMPLES = """
hotlog completion bash > ~/.local/share/bash-completion/completions/hotlog
hotlog completion zsh > ~/.zfunc/_hotlog              with fpath+=~/.zfunc in ~/.zshrc
hotlog completion fish > ~/.config/fish/completions/hotlog.fish
"""


@click.command(cls=Command, examples=EXAMPLES)
@click.argument("shell", type=click.Choice(_SHELLS))
def completion(shell: str) -> None:
    """Print the script that makes a shell complete commands, options, functions and rules."""
    from hotlog.cli.root import hotlog

    kind = get_completion_class(shell)
    if kind is None:
        raise click.UsageError(f"click knows no completion for {shell}.")
    put(kind(hotlog, {}, "hotlog", _VARIABLE).source())
