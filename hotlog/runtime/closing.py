"""The end of what `wrap` began, for tests and local runs: Lambda never closes anything, it just ends the process."""

from __future__ import annotations

from hotlog import __builtins__
from hotlog.runtime.wrapper import Runtime, runtime_of, shared_runtimes


def close(handler: object) -> None:
    """Restore what a wrapped handler's rules have changed in this process, and close its sink.

    The handler goes on to work, without hotlog.
    """
    runtime = runtime_of(handler)
    if isinstance(runtime, Runtime):
        _close(runtime)


def list_running() -> frozenset[Runtime]:
    """Return all runtimes of the process, for `close_all_but`."""
    return frozenset(shared_runtimes.values())


def close_all_but(known: frozenset[Runtime]) -> None:
    """Close the runtimes begun since, also one whose module failed after it wrapped the handler."""
    for runtime in list_running() - known:
        _close(runtime)


def _close(runtime: Runtime) -> None:
    runtime.close()
    for key in [key for key, shared in shared_runtimes.items() if shared is runtime]:
        del shared_runtimes[key]
