"""Every kind of callable that a function may name as its handler, and every way to get at the work."""

from __future__ import annotations

import asyncio
import functools
import logging
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from work import work

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LOGGER = logging.getLogger("shop")


def function(event: Any, context: Any) -> Any:
    """The usual one, with the usual ways to log."""
    print("printed", event["name"])  # noqa: T201
    LOGGER.warning("logged %s", event["name"])
    return work(event)


class Service:
    """A handler may be a method or an instance."""

    def __init__(self) -> None:
        self.calls = 0

    def handle(self, event: Any, context: Any) -> Any:
        self.calls += 1
        return {**work(event), "calls": self.calls}

    __call__ = handle

    @classmethod
    def of_class(cls, event: Any, context: Any) -> Any:
        return {**work(event), "class": cls.__name__}

    @staticmethod
    def static(event: Any, context: Any) -> Any:
        return work(event)


method = Service().handle
instance = Service()
of_class = Service.of_class
static = Service.static


class Reply(dict[str, Any]):
    """A handler may be a class: the result is an instance."""

    def __init__(self, event: Any, context: Any) -> None:
        super().__init__(work(event))


def _with_stage(stage: str, event: Any, context: Any) -> Any:
    return {**work(event), "stage": stage}


partial = functools.partial(_with_stage, "prod")
in_a_lambda = lambda event, context: work(event)  # noqa: E731


def _decorated(handler: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    @functools.wraps(handler)
    def inner(event: Any, context: Any) -> Any:
        return {"inside": handler(event, context)}

    return inner


@_decorated
def decorated(event: Any, context: Any) -> Any:
    return work(event)


def any_arguments(*arguments: Any, **named: Any) -> Any:
    return {**work(arguments[0]), "arguments": len(arguments), "named": sorted(named)}


async def _awaited(event: Any) -> Any:
    await asyncio.sleep(0)
    return work(event)


def runs_async(event: Any, context: Any) -> Any:
    return asyncio.run(_awaited(event))


async def coroutine(event: Any, context: Any) -> Any:
    """The managed runtime does not await it: that is an error, and shall be the same one."""
    return work(event)


def _pieces(event: Any) -> Iterator[Any]:
    yield work(event)
    yield work(event)


def consumes_generator(event: Any, context: Any) -> Any:
    return list(_pieces(event))


def generator(event: Any, context: Any) -> Any:
    """A stream is nothing the managed runtime knows: the same error again."""
    yield from _pieces(event)


def threads(event: Any, context: Any) -> Any:
    with ThreadPoolExecutor(2) as pool:
        done = [pool.submit(work, event) for _ in range(2)]
    return [each.result() for each in done]  # by now both are: the frames of one that waits are others


def looks_at_context(event: Any, context: Any) -> Any:
    names = ("function_name", "function_version", "memory_limit_in_mb", "log_group_name", "identity")
    return {**work(event), "context": {name: str(getattr(context, name)) for name in names}}


not_callable = 7
