"""A function whose module cannot be imported: the error is told as one of an invocation would be, while INIT fails.

The layer's shim calls this where the runtime did not get a handler. There will be no invocation: the rules are read, those that
ask why it fails are told, and everything is closed again, within the time that a first read and a first rule may take.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hotlog import __builtins__, config
from hotlog.addresses import DEFAULT_STORE
from hotlog.runtime.wrapper import Runtime

if TYPE_CHECKING:
    from collections.abc import Callable

    from hotlog.events import Event
    from hotlog.sinks import Sink
    from hotlog.stores import Store


def tell_failed_init(
    fault: BaseException,
    store: Store | str | None = None,
    sink: Sink | Callable[[Event], object] | str | None = None,
) -> None:
    """Tell the rules that want to know why the function fails of the exception that ended its INIT.

    Args:
        fault: what the import of the handler's module raised; its traceback may begin with frames of the import.
        store: as of `wrap`.
        sink: as of `wrap`.
    """
    settings = config.read()
    store = store or settings.store or (DEFAULT_STORE if settings.in_lambda else "")
    if not settings.enabled or not store:
        return
    runtime = Runtime(settings, store, sink, only_of_invocations=True)
    try:
        runtime.start()
        runtime.error(fault)
        runtime.end()
    finally:
        runtime.close()
