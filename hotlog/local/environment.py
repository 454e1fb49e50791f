"""Run a handler on this machine as Lambda would: an `Environment` with its variables, and invocations one by one.

    with Environment("app.handler", store="file:.hotlog") as environment:
        result = environment.invoke({"path": "/orders/7"})

What is like Lambda: the import by `module.function`, the variables, the context object, an event that went through
JSON, a response that must become JSON, the payload of an error, a time limit, an environment that stays warm. What
is not: memory limits, freezing, and another process; a second `Environment` for the same code starts cold, since the
modules that the first one imported leave with it.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
import threading
import time
import traceback
import uuid
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from hotlog import config, limits
from hotlog.addresses import LOCAL_STORE, find_sink, find_store
from hotlog.errors import ConfigError, HotlogError
from hotlog.interpreter.supported import RUNNING
from hotlog.namedtuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from types import FrameType, ModuleType

    from hotlog.events import Event
    from hotlog.local.explain import Checked
    from hotlog.stores import Store

_REGION: Final = "us-east-1"  # for the ARN, where none is set: the caller's profile stays in force
_ACCOUNT: Final = "123456789012"
_MEMORY_MB: Final = 128  # Lambda's own default
_VERSION: Final = "$LATEST"


def check_redaction(payload: object, settings: config.Config) -> Checked:
    """Return what of a payload an event would hide, by which rule, and what it would show."""
    # Loaded here: who runs a handler loads the engine when a rule comes in.
    from hotlog.local.explain import check

    return check(payload, settings)


def neutral_variables() -> dict[str, str]:
    """Return empty values for the person's hotlog variables but the backend: they would change what an example shows."""
    return {name: "" for name in config.is_set() if name != "HOTLOG_BACKEND"}


class Result(NamedTuple):
    """How one invocation ended.

    Attributes:
        payload: the response, or Lambda's description of the error, as JSON would carry it.
        failed: whether `payload` describes an error.
        request_id: of the invocation.
        duration_ms: of the handler.
    """

    payload: object
    failed: bool
    request_id: str
    duration_ms: float


class LambdaContext:
    """What a handler gets as its second argument; the attributes are Lambda's own.

    Args:
        request_id: of the invocation.
        function: name of the function.
        timeout_s: how long the invocation may take, from now.
    """

    client_context = None
    identity = None
    tenant_id = None
    memory_limit_in_mb = str(_MEMORY_MB)
    function_version = _VERSION

    def __init__(self, request_id: str, function: str, timeout_s: float) -> None:
        self.aws_request_id = request_id
        self.function_name = function
        region = config.read().region or _REGION
        self.invoked_function_arn = f"arn:aws:lambda:{region}:{_ACCOUNT}:function:{function}"
        self.log_group_name = os.environ.get("AWS_LAMBDA_LOG_GROUP_NAME", "")
        self.log_stream_name = os.environ.get("AWS_LAMBDA_LOG_STREAM_NAME", "")
        self._deadline = time.monotonic() + timeout_s
        self._epoch_deadline_time_in_ms = int(
            (time.time() + timeout_s) * 1_000
        )  # by which the runtime's own goes

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds until Lambda would end the invocation."""
        return max(0, int((self._deadline - time.monotonic()) * 1_000))

    def log(self, message: object) -> None:
        """Write to the log."""
        sys.stdout.write(f"{message}\n")


class Environment:
    """One execution environment: the handler is imported when it is entered, and warm from then on.

    Args:
        handler: `module.function`, such as `app.handler` or `shop/api.handler`.
        source: directory the handler is imported from; the task root.
        function: name of the function; empty: that of the handler's module.
        store: where rules come from, as a URL or a store; None: what `HOTLOG_STORE` says, else `file:.hotlog`.
            A handler that wraps itself takes URLs only.
        sink: where events go, as a URL or a callable; None: what `HOTLOG_SINK` says, else stdout.
        timeout_s: how long an invocation may take. It is enforced where signals are: in the main thread, not on
            Windows.
        variables: further variables of the environment, such as `{"TABLE_NAME": "orders"}`.

    Raises:
        ConfigError: `bad-handler`, `bad-source`, `bad-store`, `bad-sink`.
    """

    def __init__(
        self,
        handler: str,
        *,
        source: str | Path = ".",
        function: str = "",
        store: str | Store | None = None,
        sink: str | Callable[[Event], object] | None = None,
        timeout_s: float = limits.LOCAL_TIMEOUT_S,
        variables: Mapping[str, str] | None = None,
    ) -> None:
        self.module_name, _, self.handler_name = handler.replace("/", ".").rpartition(".")
        if not self.module_name or not self.handler_name:
            raise ConfigError(
                "bad-handler", f"{handler!r} is no handler: write MODULE.FUNCTION, such as app.handler."
            )
        self.source = Path(source).resolve()
        if not self.source.is_dir():
            raise ConfigError("bad-source", f"{source} is no directory.")
        self.function = function or self.module_name.rpartition(".")[2]
        self.timeout_s = timeout_s
        # Without a store of its own it would ask Parameter Store, as in Lambda: no test of a handler expects that.
        self._store = store or config.read().store or LOCAL_STORE
        self._sink = sink
        if isinstance(self._store, str):
            find_store(self._store)
        if isinstance(sink, str):
            find_sink(sink)
        self._variables = dict(variables or {})
        self._handler: Callable[[Any, Any], object] | None = None
        self._undo = ExitStack()

    def __enter__(self) -> Self:
        """Import the handler, wrapped.

        Raises:
            HotlogError: `handler-import`, with the module's own exception as cause.
            ConfigError: `bad-handler`.
        """
        from hotlog.runtime.closing import close_all_but, list_running  # only who runs a handler needs it

        with ExitStack() as stack:
            stack.enter_context(_variables(self._environ()))
            stack.enter_context(_importing_from(self.source))
            stack.callback(close_all_but, list_running())
            self._handler = self._wrap(self._import())
            self._undo = stack.pop_all()
        return self

    def __exit__(self, *_fault: object) -> None:
        """Restore what rules have changed; put variables, path and modules back as they were."""
        self._handler = None
        self._undo.close()

    def invoke(self, event: object) -> Result:
        """Invoke the handler once.

        Args:
            event: the payload; anything that JSON can carry.

        Raises:
            RuntimeError: the environment has not been entered.
            TypeError: JSON cannot carry the event.
        """
        if self._handler is None:
            raise RuntimeError("enter the environment first: with Environment(...) as environment")
        request_id = str(uuid.uuid4())
        os.environ["_X_AMZN_TRACE_ID"] = f"Root=1-{int(time.time()):08x}-{uuid.uuid4().hex[:24]};Sampled=0"
        payload = json.loads(json.dumps(event))
        context = LambdaContext(request_id, self.function, self.timeout_s)
        start = time.perf_counter()
        answer, failed = _answer(self._handler, payload, context, self.timeout_s)
        return Result(answer, failed, request_id, (time.perf_counter() - start) * 1_000)

    def _environ(self) -> dict[str, str]:
        environ = {
            "AWS_EXECUTION_ENV": f"AWS_Lambda_python{RUNNING}",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(_MEMORY_MB),
            "AWS_LAMBDA_FUNCTION_NAME": self.function,
            "AWS_LAMBDA_FUNCTION_VERSION": _VERSION,
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{self.function}",
            "AWS_LAMBDA_LOG_STREAM_NAME": f"{time.strftime('%Y/%m/%d', time.gmtime())}/[{_VERSION}]{uuid.uuid4().hex}",
            "LAMBDA_TASK_ROOT": str(self.source),
            "_HANDLER": f"{self.module_name}.{self.handler_name}",
            **self._variables,
        }
        if isinstance(self._store, str):
            environ["HOTLOG_STORE"] = self._store
        if isinstance(self._sink, str):
            environ["HOTLOG_SINK"] = self._sink
        return environ

    def _import(self) -> Callable[[Any, Any], object]:
        try:
            module = importlib.import_module(self.module_name)
        except Exception as fault:
            from hotlog.runtime.failed_init import tell_failed_init  # as Lambda's shim does

            tell_failed_init(fault, self._store, self._sink)
            raise self._explain_import(fault) from fault
        if not _lies_below(module, self.source):
            raise ConfigError(
                "bad-handler",
                f"{self.module_name} is not in {self.source}: Python finds {module.__file__ or 'a built-in'} first.",
            )
        handler = getattr(module, self.handler_name, None)
        if not callable(handler):
            raise ConfigError("bad-handler", f"{self.module_name} has no function {self.handler_name!r}.")
        return handler  # type: ignore[no-any-return]  # whatever a module holds

    def _explain_import(self, fault: Exception) -> HotlogError:
        if isinstance(fault, ModuleNotFoundError) and fault.name == self.module_name.partition(".")[0]:
            return ConfigError(
                "bad-handler",
                f"there is no module {self.module_name!r} in {self.source}: name its directory.",
            )
        frames = [
            frame
            for frame in traceback.extract_tb(fault.__traceback__)
            if self.source in Path(frame.filename).parents
        ]
        where = f" ({frames[-1].filename}:{frames[-1].lineno})" if frames else ""
        return HotlogError(
            "handler-import",
            f"{self.module_name} cannot be imported: {type(fault).__name__}: {fault}{where}.",
        )

    def _wrap(self, handler: Callable[[Any, Any], object]) -> Callable[[Any, Any], object]:
        # Imported with Lambda's variables in place, as the handler itself was.
        from hotlog.runtime.wrapper import WRAPPED, wrap

        by_url = isinstance(self._store, str) and isinstance(self._sink, str | None)
        if getattr(handler, WRAPPED, False) and not by_url:
            raise ConfigError(
                "bad-handler", f"{self.module_name} wraps its handler itself: give store and sink as URLs."
            )
        return wrap(handler, store=self._store, sink=self._sink)


def invoke(handler: str, event: object, **options: Any) -> Result:
    """Invoke a handler once, in an environment of its own.

    Args:
        handler: `module.function`.
        event: the payload.
        options: those of `Environment`.
    """
    with Environment(handler, **options) as environment:
        return environment.invoke(event)


# --- one invocation ------------------------------------------------------------------------------------------------


class _TimedOut(BaseException):
    """Ends a handler whose time is up; no `except Exception` of its code may stop it."""


def _answer(
    handler: Callable[[Any, Any], object], event: object, context: LambdaContext, timeout_s: float
) -> tuple[object, bool]:
    """Return the response, and False; or what Lambda reports instead of one, and True."""
    request_id = context.aws_request_id
    try:
        with _time_limit(timeout_s):
            response = handler(event, context)
    except _TimedOut:
        return _error(request_id, "Sandbox.Timedout", f"Task timed out after {timeout_s:.2f} seconds"), True
    except SystemExit as end:
        return _error(
            request_id, "Runtime.ExitError", f"Runtime exited with error: exit status {end.code}"
        ), True
    except Exception as fault:  # noqa: BLE001 - a handler may raise anything, and Lambda reports it as its answer
        return _describe(request_id, fault), True
    # Loaded here: with it comes the runtime's own encoder, which only an answer needs.
    from hotlog.local.marshal_response import marshal_response

    try:
        return _read(marshal_response(response)), False
    except Exception as fault:  # noqa: BLE001 - a method of the response may raise anything, and Lambda reports it so
        return _error(request_id, "Runtime.MarshalError", f"Unable to marshal response: {fault}"), True


def _read(answer: str | bytes) -> object:
    """Return what a caller of Lambda reads in an answer: JSON; of bytes that are none, the text."""
    if isinstance(answer, str):
        return json.loads(answer)
    try:
        return json.loads(answer)
    except ValueError:
        return answer.decode(errors="replace")


def _error(request_id: str, kind: str, message: str) -> dict[str, object]:
    return {"errorMessage": message, "errorType": kind, "requestId": request_id, "stackTrace": []}


def _describe(request_id: str, fault: Exception) -> dict[str, object]:
    """Return a handler's exception as Lambda reports it; the stack begins in the handler's own code."""
    frames = traceback.extract_tb(fault.__traceback__)
    outside = len(frames)
    for number, frame in enumerate(frames):
        if frame.filename != __file__ and "/bootstrap.py" not in frame.filename:
            outside = number
            break
    error = _error(request_id, type(fault).__name__, str(fault))
    error["stackTrace"] = traceback.StackSummary.from_list(frames[outside:]).format()
    return error


@contextmanager
def _time_limit(timeout_s: float) -> Iterator[None]:
    """Raise `_TimedOut` in the handler when its time is up; a signal can do so only in the main thread."""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(_signal: int, _frame: FrameType | None) -> None:
        raise _TimedOut

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, timeout_s)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


# --- what an environment changes in this process, and puts back ----------------------------------------------------


@contextmanager
def _variables(values: Mapping[str, str]) -> Iterator[None]:
    """Set variables of the process; put all of them back as they were, those that the handler changed too."""
    before = dict(os.environ)
    os.environ.update(values)
    try:
        yield
    finally:
        for name in set(os.environ) - set(before):
            del os.environ[name]
        os.environ.update(before)


@contextmanager
def _importing_from(directory: Path) -> Iterator[None]:
    """Put a directory first on the path; forget its modules afterwards, so that the next environment starts cold."""
    path, known = list(sys.path), set(sys.modules)
    sys.path.insert(0, str(directory))
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.path[:] = path
        for name in set(sys.modules) - known:
            if _lies_below(sys.modules[name], directory):
                del sys.modules[name]


def _lies_below(module: ModuleType, directory: Path) -> bool:
    file = getattr(module, "__file__", None)
    return file is not None and directory in Path(file).resolve().parents
