"""Durable functions: one execution runs over many invocations, and each of them runs the handler from the top again.

What was done before is replayed: AWS's SDK answers from the execution's history and skips the work, but the code between runs
once more. A hit there was logged when it happened. It is counted as replayed, and not logged again; the SDK's own logger does
the same.
"""

from __future__ import annotations

import os
import sys
from sys import _getframe
from typing import TYPE_CHECKING

from hotlog import __builtins__
from hotlog.namedtuple import NamedTuple

if TYPE_CHECKING:
    from types import FrameType

KEY = "DurableExecutionArn"  # of the payload that Lambda hands to a durable function

_CONTEXTS = "aws_durable_execution_sdk_python.context"


class Execution(NamedTuple):
    """The execution that an invocation belongs to.

    Attributes:
        arn: its ARN.
        replays: whether anything was done in an earlier invocation.
    """

    arn: str
    replays: bool


def execution_of(payload: dict[str, object]) -> Execution:
    """Return the execution that the payload of a durable function names."""
    state = payload.get("InitialExecutionState")
    history = state if type(state) is dict else {}
    operations = history.get("Operations")
    marker, arn = history.get("NextMarker"), payload[KEY]
    # The first entry is the execution itself.
    replays = (type(marker) is str and marker != "") or (type(operations) is list and len(operations) > 1)
    return Execution(arn if type(arn) is str else "", replays)


def is_replaying() -> bool:
    """Return whether the calling code only replays, by the nearest context of the SDK among its callers.

    A context of the SDK knows when the next operation is a new one; each branch that runs beside others has its own. Only
    frames of the SDK are looked into.
    """
    contexts = sys.modules.get(_CONTEXTS)
    kind = getattr(contexts, "DurableContext", None)
    if contexts is None or kind is None:
        return False
    folder = (contexts.__file__ or "").rpartition(os.sep)[0] + os.sep
    frame: FrameType | None = _getframe(1)  # the way to one's callers
    while frame is not None:
        if frame.f_code.co_filename.startswith(folder):
            for value in frame.f_locals.values():
                if type(value) is kind:
                    status = vars(value).get("_replay_status")
                    return getattr(status, "name", "") == "REPLAY"
        frame = frame.f_back
    return False
