"""Stores and sinks of somebody else's: `module:factory` in the setting.

The factory is called with one argument, the same as a `SCHEME` of hotlog's own gets: a `StoreOpening` or a `SinkOpening`.
It returns a store (`read`, `update`, `functions`; `history` if it has one), or a sink (`emit`, `flush`, `close`, or any
callable that takes an event). Whatever it does wrong is a `ConfigError` or a `StoreError` with a sentence. No entry
points are read: that costs a function 50 ms.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from hotlog import __builtins__, internal_errors
from hotlog.errors import ConfigError, HotlogError, StoreError
from hotlog.sinks import SinkOpening, SinkScheme
from hotlog.stores import Answer, StoreOpening, StoreScheme
from hotlog.stores.deadline import DeadlineReader

if TYPE_CHECKING:
    from collections.abc import Callable

    from hotlog.rules.document import Document
    from hotlog.sinks import Sink
    from hotlog.stores import Store, Version
    from hotlog.stores.edit import Change, Keep

Result = TypeVar("Result")

_STORE_METHODS: Final = ("read", "update", "functions")
_SINK_METHODS: Final = ("emit", "flush", "close")


def scheme_of_store(text: str, advice: str) -> StoreScheme:
    """Return what is known about a store of a third party: how to open it, when somebody does."""

    def open_store(opening: StoreOpening) -> Store:
        made = _make(text, opening, "bad-store", advice)
        _check(text, made, _STORE_METHODS, "bad-store")
        return ThirdPartyStore(text, made)

    return StoreScheme(open_store)


def scheme_of_sink(text: str, advice: str) -> SinkScheme:
    """Return what is known about a sink of a third party: how to open it, when somebody does."""

    def open_sink(opening: SinkOpening) -> Sink:
        made = _make(text, opening, "bad-sink", advice)
        if callable(made):
            from hotlog.sinks.callback import CallSink

            return CallSink(made)
        _check(text, made, _SINK_METHODS, "bad-sink")
        return cast("Sink", made)

    return SinkScheme(open_sink)


class ThirdPartyStore:
    """A store of somebody else's, held to its word: a read ends by its deadline, and each fault is a `StoreError`.

    Args:
        url: `module:factory`.
        store: what the factory made.
    """

    def __init__(self, url: str, store: Any) -> None:
        self.url, self._store = url, store
        self._reader = DeadlineReader(self._ask, f"{url} for {{}}")

    def read(self, function: str, timeout_ms: int | None = None) -> Answer:
        """Read the function's document; see `Store.read`. With a deadline it is read beside the invocation."""
        if timeout_ms is None:
            return self._ask(function)
        return self._reader.read(function, timeout_ms)

    def update(self, function: str, change: Change, *, keep: Keep | None = None) -> Document:
        """Read, change, write; see `Store.update`."""
        done: Document = self._call(lambda: self._store.update(function, change, keep=keep))
        return done

    def functions(self) -> list[str]:
        """Names of the functions that have a document, sorted."""
        names: list[str] = self._call(lambda: sorted(self._store.functions()))
        return names

    @property
    def history(self) -> Callable[[str], list[Version]]:
        """The versions of a function's document.

        Raises:
            AttributeError: the store keeps none.
        """
        history = self._store.history
        return lambda function: self._call(lambda: history(function))

    def _ask(self, function: str) -> Answer:
        found = self._call(lambda: self._store.read(function))
        if not _is_answer(found):
            kind = type(found).__name__
            raise StoreError("store-failed", f"{self.url}: read returned {kind}, no text, version and time.")
        return Answer(*found)

    def _call(self, call: Callable[[], Any]) -> Any:
        def raise_fault(reason: str) -> StoreError:
            return StoreError("store-failed", f"{self.url}: {reason}.")

        return _attempt(call, raise_fault)


def _is_answer(found: object) -> bool:
    types = (str, int, float | int)
    return (
        isinstance(found, tuple)
        and len(found) == len(types)
        and all(isinstance(part, kind) for part, kind in zip(found, types, strict=True))
    )


def _make(text: str, opening: StoreOpening | SinkOpening, code: str, advice: str) -> Any:
    """Import the module, call the factory; of a module that is not there the advice says what there is."""
    module, _, name = text.partition(":")

    def make() -> object:
        try:
            factory = getattr(import_module(module), name)
            return factory(opening)
        except SystemExit as fault:  # of a module that takes itself for a program
            raise RuntimeError(f"SystemExit: {fault}") from None

    def fault(reason: str) -> ConfigError:
        more = f" {advice}" if reason.startswith("ModuleNotFoundError") else ""
        return ConfigError(code, f"{text} cannot be opened: {reason}.{more}")

    return _attempt(make, fault)


def _check(text: str, made: object, methods: tuple[str, ...], code: str) -> None:
    lacks = [name for name in methods if not callable(getattr(made, name, None))]
    if lacks:
        raise ConfigError(code, f"{text} returned {type(made).__name__}, which lacks {', '.join(lacks)}.")


def _attempt(call: Callable[[], Result], error_of: Callable[[str], HotlogError]) -> Result:
    """Call what is somebody else's; a fault of it becomes an error of hotlog's, without its traceback.

    Raises:
        HotlogError: what the call raised itself, or what `error_of` makes of the fault's description.
    """
    told: list[HotlogError] = []

    def note(fault: BaseException) -> None:
        if not isinstance(fault, HotlogError):  # somebody has made a sentence of that
            fault = error_of(internal_errors.describe(fault).rstrip("."))
        told.append(fault)

    done = internal_errors.run_contained(call, note)
    if told:
        raise told[0]
    return cast("Result", done)
