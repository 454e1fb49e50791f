"""The `hotlog` command: one module per family of commands, each of them thin.

Data goes to stdout, talk to stderr. The exit code is 0 for done, 1 for failed, 2 for wrong usage. `root` finds the
command; what stands behind several of them lies in folders: `shell` (options, terminal, faults), `account` (AWS),
`adding`, `showing` and `attaching`.
"""

import functools
import sys
from importlib.util import find_spec

# What the extra `cli` brings, by the names it is imported under.
_OF_THE_EXTRA = ("click", "rich")


def main(arguments: list[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: the words after `hotlog`; None means those of the process.

    Returns:
        The exit code: 0 done, 1 failed, 2 wrong usage, 130 interrupted.
    """
    if (missing := next((name for name in _OF_THE_EXTRA if find_spec(name) is None), None)) is not None:
        sys.stderr.write(
            f"error: the command needs the extra `cli` ({missing} is not installed): "
            "pip install '.[cli]' in the checkout of hotlog, or 'hotlog-lambda[cli]'. [missing-extra]\n"
        )
        return 1
    # Not before: what is missing is told in a sentence.
    from hotlog.cli.root import hotlog
    from hotlog.cli.shell.errors import run_guarded

    return run_guarded(functools.partial(hotlog.main, arguments, prog_name="hotlog", standalone_mode=False))
