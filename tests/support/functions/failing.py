"""A handler that raises. HOW it is wrapped: `decorated`, `called`, or not at all; its lines are the same."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, NoReturn, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Handler = TypeVar("Handler", bound="Callable[[str, object], object]")


def wrapped_if(how: str, handler: Handler) -> Handler:
    if os.environ.get("HOW") != how:
        return handler
    import hotlog  # unwrapped it shall not even be imported

    return hotlog.wrap(handler)


def decorator(handler: Handler) -> Handler:
    return wrapped_if("decorated", handler)


class UnpayableError(Exception):
    """An exception of the application's own."""


def charge(kind: str) -> NoReturn:
    amount = len(kind)
    if kind == "own":
        raise UnpayableError(amount, kind)
    if kind == "chained":
        try:
            json.loads(kind)
        except ValueError as fault:
            raise KeyError(kind) from fault
    if kind == "exit":
        sys.exit(amount)
    raise ValueError(f"{kind} costs {amount}")  # <raise>


@decorator
def decorated(event: str, context: object) -> None:
    charge(event)


handler = wrapped_if("called", decorated)
