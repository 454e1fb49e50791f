"""What an instance says of itself (`__doc__` and the like) is no data of it, and is left out of snapshots."""

from __future__ import annotations

import contextlib
import functools
import json
from typing import Any, Generic, TypeVar

import pytest

from hotlog.capture.snapshot import capture
from hotlog.config import Config
from hotlog.reading.reader import Reader
from hotlog.redaction.redact import Redaction

T = TypeVar("T")


class Decorator:
    """A decorator that is an object."""

    def __init__(self, function: Any) -> None:
        functools.update_wrapper(self, function)  # type: ignore[arg-type]  # an object that is no callable
        self.calls = 3


class Box(Generic[T]):
    def __init__(self) -> None:
        self.held = 3


class Slim:
    __slots__ = ("__doc__", "held")

    def __init__(self) -> None:
        self.held = 3
        self.__doc__ = "long words"


def documented() -> None:
    """Long words."""


@contextlib.contextmanager
def managed() -> Any:
    """Long words."""
    yield


def with_doc() -> Any:
    made = Box[int]()
    made.__doc__ = "long words " * 70
    return made


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (with_doc(), "held"),
        (Decorator(documented), "calls"),
        (Slim(), "held"),
        (Box[int](), "held"),
        (managed(), "@type"),
    ],
    ids=["instance", "update_wrapper", "slots", "generic", "context manager"],
)
def test_they_are_left_out(value: Any, kept: str) -> None:
    shown = captured(value)
    assert kept in shown
    assert "ong words" not in json.dumps(shown)
    assert not {name for name in shown if name.startswith("__")} - {"__name__", "__wrapped__"}


def test_a_dict_with_such_a_key_is_data() -> None:
    assert captured({"__doc__": "long words"}) == {"__doc__": "long words"}


def captured(value: Any) -> Any:
    reader = Reader(Redaction(Config()), readable=lambda _: True).for_hit()
    reader.budget.clock = lambda: 0  # so that a busy machine cuts nothing
    return capture(value, reader)
