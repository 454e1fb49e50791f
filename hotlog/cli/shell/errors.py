"""The one place where what may be expected to go wrong becomes one sentence and an exit code.

`error: what is wrong, and the way out. [code]` on stderr. Anything else is a fault of hotlog itself and keeps its
traceback, since that is what a report needs.
"""

from __future__ import annotations

import io
import os
import sys
from typing import TYPE_CHECKING, Final

import click

from hotlog.cli.shell.terminal import say
from hotlog.client.words import escape
from hotlog.errors import ConfigError, HotlogError, RuleError

if TYPE_CHECKING:
    from collections.abc import Callable

DONE: Final = 0
FAILED: Final = 1
WRONG_USAGE: Final = 2
INTERRUPTED: Final = 130  # what a shell reports for a process that SIGINT ended
PIPE_CLOSED: Final = 141  # and for one that SIGPIPE ended

# Where AWS is out of reach, the reader may not know that hotlog works without it.
_WITHOUT_AWS: Final = "To work on this machine alone, without AWS, add --local."
_WAYS_OUT: Final = {
    "no-region": _WITHOUT_AWS,
    "no-credentials": _WITHOUT_AWS,
    "unreachable": _WITHOUT_AWS,
}


class ReaderGoneError(Exception):
    """The reader of a command's output (`| head`) has gone. Not the `OSError` itself: click would end with 1."""


def run_guarded(run: Callable[[], object]) -> int:
    """Run a command; answer what may be expected to go wrong with a sentence.

    Args:
        run: the command; an int it returns is the exit code.

    Returns:
        The exit code.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a locale without the letters of somebody's source
    try:
        result = run()
        sys.stdout.flush()  # a closed pipe must show here, not when the interpreter ends
    except click.Abort:  # Ctrl-C, as click tells it
        return INTERRUPTED
    except (BrokenPipeError, ReaderGoneError):
        # Python would complain once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED
    except (HotlogError, click.ClickException, OSError) as fault:
        say(click.style("error:", fg="red", bold=True) + f" {escape(_sentence(fault))}{_code(fault)}")
        for line in "\n".join(getattr(fault, "__notes__", ())).splitlines():
            say(escape(line))
        wrong_usage = isinstance(fault, RuleError | ConfigError | click.UsageError)
        return WRONG_USAGE if wrong_usage else FAILED
    return result if isinstance(result, int) else DONE


def _sentence(fault: HotlogError | click.ClickException | OSError) -> str:
    """Return what is wrong, and the way out."""
    if isinstance(fault, HotlogError):
        way_out = _WAYS_OUT.get(fault.code, "")
        return fault.message if not way_out or "--local" in fault.message else f"{fault.message} {way_out}"
    if isinstance(fault, click.UsageError):
        message = fault.format_message()
        stop = "" if message.endswith((".", "?")) else "."
        return f"{message}{stop} See `{fault.ctx.command_path if fault.ctx else 'hotlog'} --help`."
    if isinstance(fault, click.ClickException):
        return fault.format_message()
    reason = fault.strerror or str(fault)
    return f"{fault.filename}: {reason}." if fault.filename else f"{reason}."


def _code(fault: Exception) -> str:
    return click.style(f" [{fault.code}]", dim=True) if isinstance(fault, HotlogError) else ""
