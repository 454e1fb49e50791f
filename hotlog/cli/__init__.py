"""The `hotlog` command: one module per family of commands, each of them thin.

Data goes to stdout, talk to stderr. The exit code is 0 for done, 1 for failed, 2 for wrong usage. `root` finds the
command; what stands behind several of them lies in folders: `shell` (options, terminal, faults), `account` (AWS),
`adding`, `showing` and `attaching`.
"""


def main(arguments: list[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: the words after `hotlog`; None means those of the process.

    Returns:
        The exit code: 0 done, 1 failed, 2 wrong usage, 130 interrupted.
    """
    # click is a dependency of the command alone: importing `hotlog.cli` must not need it.
    from hotlog.cli.root import hotlog
    from hotlog.cli.shell.faults import guarded

    return guarded(lambda: hotlog.main(arguments, prog_name="hotlog", standalone_mode=False))
