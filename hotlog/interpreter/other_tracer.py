"""What a rule says on 3.11 where the thread's one place for a tracer is taken."""

from __future__ import annotations

from types import FunctionType

from hotlog import __builtins__, internal_errors
from hotlog.errors import InstallError


def make_refusal(tracer: object) -> InstallError:
    """Return the error that names who traces: another rule, or somebody else."""
    is_ours = type(tracer) is FunctionType and tracer.__globals__ is internal_errors.__dict__
    who = (
        "another rule follows this invocation already: before Python 3.12 one rule at a time can."
        if is_ours
        else "another tracer runs in this thread."
    )
    return InstallError("tracer-in-use", who)
