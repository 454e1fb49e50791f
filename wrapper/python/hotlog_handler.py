"""The shim that stands in for the function's handler: it finds the real one and hands it to the runtime, wrapped.

    runtime ── imports ──> this module ──> the function's handler
                                └────────> hotlog_start, which wraps it

A function starts with hotlog exactly as without, so nothing here may fail. Until the handler is found this module needs
nothing but the standard library, and it is written for every Python that Lambda has had since 3.7. Whatever
goes wrong afterwards ends in the handler as it is, and in one status event.

The handler is looked up by the runtime's own function, so that a module that cannot be imported and a handler that is
not there are reported as they would be without hotlog, down to the frames of the stack trace.
"""

from __future__ import annotations

import builtins
import os
import sys

# A process may begin with an import hook that rewrites this module, so that annotations are evaluated. So they are real ones.
# All of it is loaded in every process, but for `typing`: `Any` is `object` here.
from collections.abc import Callable  # noqa: TC003
from types import ModuleType, TracebackType  # noqa: TC003

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any
else:
    Any = object

SHIM = "hotlog_handler.handler"
OLDEST_PYTHON = (3, 11)  # as in hotlog/interpreter/supported.py, which no older Python can import
EVENT_VERSION = 2  # as in hotlog/events.py, which may be what is damaged

_FOLDER = os.path.dirname(os.path.abspath(__file__))
_PACKAGES = os.path.join(os.path.dirname(_FOLDER), "hotlog-packages")
_OFF = ("off", "0", "false", "no")  # values of HOTLOG, as in hotlog/config.py
_RAISED_LEVELS = ("WARN", "ERROR", "FATAL")

# As they are before the application is imported: functions take theirs from here, and never call what it puts in their place.
__builtins__ = dict(vars(builtins))  # type: ignore[assignment]  # CPython takes a dict or a module

_failure: Exception | None = None  # why the handler could not be found
_aside = ("", "")  # why hotlog does not work here: code and reason


def start() -> Callable[..., Any]:
    """Return what the runtime shall call: the function's handler, wrapped where that works."""
    restore_environment()
    return put_answer_in_front(wrap_handler(find_handler(os.environ.get("HOTLOG_HANDLER", ""))))


def restore_environment() -> None:
    """Undo what started this shim: the handler's module sees `_HANDLER`, PYTHONPATH and `sys.path` as without hotlog."""
    if os.environ.get("_HANDLER") == SHIM and "HOTLOG_HANDLER" in os.environ:
        os.environ["_HANDLER"] = os.environ["HOTLOG_HANDLER"]
    own = os.environ.pop("HOTLOG_PYTHONPATH", None)
    if own is not None:
        os.environ["PYTHONPATH"] = own
        if _FOLDER in sys.path:
            sys.path.remove(_FOLDER)


def find_handler(name: str) -> Callable[..., Any]:
    """Return the function's handler as the runtime finds it; raise what the runtime raises where it finds none.

    Args:
        name: such as `app.handler`.
    """
    try:
        from awslambdaric.bootstrap import _get_handler
    except ImportError:  # another runtime client, or one that names it otherwise
        import importlib

        module, _, function = name.rpartition(".")
        found: Callable[..., Any] = getattr(importlib.import_module(module.replace("/", ".")), function)
        return found
    handler: Callable[..., Any] = _get_handler(name)
    return handler


def wrap_handler(found: Callable[..., Any]) -> Callable[..., Any]:
    """Return the handler wrapped by hotlog; the handler itself where that cannot be, with a status event that says why."""
    if os.environ.get("HOTLOG", "").strip().lower() in _OFF:
        return found
    if sys.version_info < OLDEST_PYTHON:
        oldest, version = (".".join(map(str, each[:2])) for each in (OLDEST_PYTHON, sys.version_info))
        return step_aside(
            found, "unsupported-interpreter", f"hotlog needs Python {oldest}, and this is {version}"
        )
    try:
        wrap = load_packaged("hotlog_start").wrap
        wrapped: Callable[..., Any] = wrap(found, _PACKAGES, step_aside)
    except BaseException as fault:  # noqa: BLE001  # a damaged file may do anything
        said = f"{type(fault).__name__}: {fault}"
        return step_aside(found, "layer-damaged", f"hotlog cannot be loaded from its layer: {said}")
    return wrapped


def put_answer_in_front(handler: Callable[..., Any]) -> Callable[..., Any]:
    """Return the handler behind what answers `hotlog attach --verify`; the handler itself where that did not attach.

    The answer is the shim's, whether the handler is wrapped or not: the question never gets to the function's code.
    """
    if "verify=" not in os.environ.get("HOTLOG_ATTACHED", ""):
        return handler
    try:
        answer = load_packaged("hotlog_verify").answer_verification
        answered: Callable[..., Any] = answer(handler, *_aside)
    except BaseException as fault:  # noqa: BLE001  # as above
        return step_aside(
            handler, "layer-damaged", f"nobody answers a verification: {type(fault).__name__}: {fault}"
        )
    return answered


def load_packaged(name: str) -> ModuleType:
    """Return a module that lies beside the layer's packages, which are not on `sys.path`.

    It does not stand in `sys.modules`: the function may have a module of that name, or look whether it has one.

    Args:
        name: of the module, without `.py`.
    """
    path = os.path.join(_PACKAGES, name + ".py")
    module = type(sys)(name)
    module.__file__ = path
    vars(module)["__builtins__"] = __builtins__
    code = read_compiled(name, path)
    if code is not None:
        exec(code, vars(module))  # noqa: S102  # the layer's own
        return module
    from importlib.machinery import SourceFileLoader

    SourceFileLoader(name, path).exec_module(module)
    return module


def read_compiled(name: str, path: str) -> Any:
    """Return the code of a module, compiled beforehand (`hotlog/client/attaching/layer_compiler.py`).

    Args:
        name: of the module.
        path: of its source.

    Returns:
        None where there is none for this Python, or it is of another source: layers are unpacked over each other.

    Raises:
        ImportError: the file is damaged.
    """
    import _imp
    import marshal
    from _frozen_importlib_external import MAGIC_NUMBER

    compiled = os.path.join(_PACKAGES, name + "." + str(sys.implementation.cache_tag))
    if not os.path.isfile(compiled):
        return None
    with open(compiled, "rb") as file, open(path, "rb") as sources:
        magic, source, known, blob = file.read(4), file.read(8), file.read(8), file.read()
        if magic != MAGIC_NUMBER or source != _imp.source_hash(0, sources.read()):
            return None
    if _imp.source_hash(0, blob) != known:
        raise ImportError(compiled + " is not whole")
    code = marshal.loads(blob)  # noqa: S302  # as it was written
    _imp._fix_co_filename(code, path)  # type: ignore[attr-defined]  # noqa: SLF001  # as import does
    return code


def step_aside(found: Callable[..., Any], code: str, reason: str) -> Callable[..., Any]:
    """Return the handler as it is, and write one status event that says why hotlog does nothing here.

    Args:
        found: the handler.
        code: stable word, such as `foreign-hotlog`.
        reason: a sentence for people.
    """
    global _aside  # noqa: PLW0603  # one process has one handler
    _aside = (code, reason)
    try:
        tell_aside(code, reason)
    except Exception:  # noqa: BLE001  # nobody listens, or the application has replaced parts of `os`, `json` or `time`
        return found
    return found


def tell_failed_init(fault: BaseException) -> None:
    """Tell the rules that ask why the function fails of what the import of its handler raised. Nothing of it may fail."""
    if os.environ.get("HOTLOG", "").strip().lower() in _OFF or sys.version_info < OLDEST_PYTHON:
        return
    try:
        load_packaged("hotlog_start").tell_failed_init(fault, _PACKAGES)
    except BaseException:  # noqa: BLE001  # a damaged file may do anything: the function fails as it does
        return


def tell_aside(code: str, reason: str) -> None:
    """Write the status event of `step_aside`."""
    import json
    import time

    level = os.environ.get("AWS_LAMBDA_LOG_LEVEL", "").upper()
    event = {
        "hotlog": "status",
        "v": EVENT_VERSION,
        "rule": "",
        "state": "error",
        "code": code,
        "reason": reason[:500],
        "level": level if level in _RAISED_LEVELS else "INFO",
        "timestamp": time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime()),
        "function": os.environ.get("AWS_LAMBDA_FUNCTION_NAME", ""),
        "version": os.environ.get("AWS_LAMBDA_FUNCTION_VERSION", ""),
        "env": os.urandom(8).hex(),
    }
    line = json.dumps(
        {key: value for key, value in event.items() if value or key == "rule"}, separators=(",", ":")
    )
    os.write(1, f"{line}\n".encode("ascii"))


def leave_out_shim(fault: BaseException, *others: str) -> None:
    """Take the first frames off an exception's traceback, as far as they are the shim's or of the other files.

    By BaseException's own accessors: the class of an exception may refuse to set it, as frozen dataclasses do.
    """
    trace: TracebackType | None = vars(BaseException)["__traceback__"].__get__(fault)
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if file != __file__ and not any(other in file for other in others):
            break
        trace = trace.tb_next
    BaseException.with_traceback(fault, trace)


def __getattr__(name: str) -> Any:
    """Raise, where the runtime asks for the handler that was not found, what it would have met itself.

    It asks after the import, so that no frame of an import of this module gets into the stack trace.
    """
    if name != "handler" or _failure is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        raise _failure  # noqa: TRY301  # and the entry for this frame is taken off below
    except Exception as fault:
        # A bare `raise` adds no entry for this frame: what is left is the traceback as the runtime would see it.
        leave_out_shim(fault)
        raise


try:
    handler = start()
except AttributeError as fault:
    # Raised by `__getattr__` it would mean that the handler is missing. The frames of the import of this module are
    # those that the import of the handler's would have shown.
    leave_out_shim(fault, "/bootstrap.py", "importlib")
    tell_failed_init(fault)
    raise
except Exception as fault:  # noqa: BLE001  # whatever the handler's module raises, the runtime gets it
    _failure = fault
    tell_failed_init(fault)

# The end: hotlog-exec looks for this line.
