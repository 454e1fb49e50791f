"""Answers the invocation of `hotlog attach --verify`, and no other, in place of the function's handler.

`attach --verify` writes a word into the function's variable HOTLOG_ATTACHED, `verify=TOKEN:UNTIL`. In a process that has
it, two things happen:

- An invocation whose payload is exactly `{"hotlog": {"verify": TOKEN}}` gets a few facts about this start as its answer.
  The handler is not called. Every other invocation is the handler's, untouched.
- Until UNTIL (seconds since the epoch) a start writes the same facts to the log, as one line: that is what `attach`
  looks for where it must not invoke the function.

Everything here is standard library, and nothing of the package `hotlog` is imported: what is broken there, or is
another project's, must not let the invocation through to the handler. The token stays on the function, so each later
invocation passes here too: nothing is imported then, and the handler, which may be of any class, is asked for nothing.
"""

from __future__ import annotations

import functools
import json
import os
import sys
import time
from _operator import _compare_digest  # as `hmac` has it, whose import takes 4 ms
from types import FunctionType

TYPE_CHECKING = False  # not that of `typing`: the application may have a module of that name
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

ATTACHED = "HOTLOG_ATTACHED"
_WORD = "verify="
# By the interpreter's own accessors: a class of the application's may compute each attribute, or refuse to set one.
_stored = object.__getattribute__
_traceback_of = vars(BaseException)["__traceback__"].__get__
_with_traceback = BaseException.with_traceback


def answer_verification(handler: Callable[..., Any], code: str = "", reason: str = "") -> Callable[..., Any]:
    """Return the handler with the answer to `attach --verify` in front; the handler itself where nobody asks.

    Args:
        handler: what Lambda shall call, wrapped by hotlog or not.
        code: why hotlog does not work in this process, such as `foreign-hotlog`; empty: it does.
        reason: the same in a sentence.
    """
    token = read_token(os.environ)
    if token is None:
        return handler
    text, until_s = token
    _announce(handler, text, until_s, code, reason)

    def invoke(*args: Any, **kwargs: Any) -> Any:
        if args and carries(args[0], text):
            return {"hotlog": describe(handler, code, reason)}
        try:
            return handler(*args, **kwargs)
        except BaseException as error:
            # A bare `raise` adds no entry for this frame: without its first entry, which is this frame, the
            # traceback is the one that the runtime would have seen.
            entries = _traceback_of(error)
            if entries is not None:
                _with_traceback(error, entries.tb_next)
            raise

    # `warnings` and `logging` count no frame of a file whose name holds these two words: see hotlog/runtime/wrapper.py.
    invoke.__code__ = invoke.__code__.replace(co_filename=f"{__file__}/importlib/_bootstrap")
    return functools.update_wrapper(invoke, handler) if type(handler) is FunctionType else invoke


def read_token(environ: Mapping[str, str]) -> tuple[str, int] | None:
    """Return the token that the function was attached with; None where it has none.

    Returns:
        What the payload must carry, and until when a start tells about itself, in seconds since the epoch.
    """
    for word in environ.get(ATTACHED, "").split():
        if word.startswith(_WORD):
            text, _, until = word.removeprefix(_WORD).partition(":")
            digits = until.isascii() and until.isdigit()
            return (text, int(until) if digits else 0) if text else None
    return None


def carries(payload: object, token: str) -> bool:
    """Return whether the payload is the question of `attach --verify`, with this very token."""
    if type(payload) is not dict or payload.keys() != {"hotlog"}:
        return False
    question = payload["hotlog"]
    if type(question) is not dict or question.keys() != {"verify"} or type(question["verify"]) is not str:
        return False
    return _compare_digest(question["verify"].encode(errors="replace"), token.encode())


def describe(handler: Callable[..., Any], code: str = "", reason: str = "") -> dict[str, object]:
    """Return what is to be said about this start; see `answer_verification` for the arguments.

    The handler was found and its module imported, else nobody could be asked. What only hotlog knows, its runtime
    says, which every handler that it has wrapped carries.
    """
    facts: dict[str, object] = {
        "state": "aside",
        "version": "",
        "python": sys.version.partition(" ")[0],
        "handler": os.environ.get("HOTLOG_HANDLER") or os.environ.get("_HANDLER", ""),
        "backend": "",
        "store": "",
        "code": code or "not-wrapped",
        "reason": reason or "hotlog has not wrapped the handler",
    }
    runtime = _runtime_of(handler)
    if code or runtime is None:
        return facts
    facts |= {"state": "working", "code": "", "reason": ""}
    tell = getattr(runtime, "verification", None)
    if tell is None:  # a copy among the function's own dependencies, older than the layer
        return {
            **facts,
            "code": "own-copy",
            "reason": "the function's own copy of hotlog is older than this answer",
        }
    return {**facts, **tell()}


def _runtime_of(handler: Callable[..., Any]) -> object:
    """Return what a handler that hotlog has wrapped carries; None for any other."""
    try:
        return _stored(handler, "__hotlog__")
    except AttributeError:
        return None


def _announce(handler: Callable[..., Any], token: str, until_s: int, code: str, reason: str) -> None:
    """Write the facts to the log, for whoever watches it; whatever is damaged, closed or replaced, a start goes on."""
    try:
        if time.time() >= until_s:
            return
        line = {"hotlog": "started", "attach": token, **describe(handler, code, reason)}
        sys.stdout.write(json.dumps(line, separators=(",", ":")) + "\n")
        sys.stdout.flush()
    except BaseException:  # noqa: BLE001  # the line is missing then, and `attach` tells that
        return
