"""The `hotlog` command: one module per family of commands, each of them thin.

Data goes to stdout, talk to stderr. The exit code is 0 for done, 1 for failed, 2 for wrong usage. `root` finds the
command, `faults` turns whatever may be expected to go wrong into one sentence.
"""


def main(arguments: list[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: the words after `hotlog`; None means those of the process.

    Returns:
        The exit code: 0 done, 1 failed, 2 wrong usage, 130 interrupted.
    """
    # click is a dependency of the command alone: importing `hotlog.cli` must not need it.
    from hotlog.cli.faults import guarded
    from hotlog.cli.root import hotlog

    return guarded(lambda: hotlog.main(arguments, prog_name="hotlog", standalone_mode=False))
