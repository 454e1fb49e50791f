"""Code that was made from a text: whose variables are shown, and whose are not."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

import hotlog
from tests.support.probed import Probed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# What a library does: a text becomes a function, in the library's globals or in some of its own.
LIBRARY = """
import collections
import dataclasses

class Meter:
    def __set_name__(self, owner, name):
        self.name = name
    def __set__(self, holder, value):
        hidden_in_set = value
        raise ValueError("of the library")

@dataclasses.dataclass
class Order:
    price: object = None
    def __post_init__(self):
        hidden_in_library = self.price
        raise ValueError("of the library")

def generated(name):
    code = compile("def made(hidden_in_generated):\\n    hidden = hidden_in_generated\\n    raise ValueError(1)\\n", name, "exec")
    names = {}
    exec(code, names)
    return names["made"]

def generated_here(name):
    code = compile("def made_here(hidden_in_generated):\\n    raise ValueError(1)\\n", name, "exec")
    exec(code, globals())
    return made_here
"""
OWN = """
import dataclasses
import library_of_tests as library

@dataclasses.dataclass
class Line:
    amount: object
    def __post_init__(self):
        raise ValueError("own")

def handler(which, secretless):
    own_variable = secretless
    if which == "dataclass of the library":
        return library.Order(secretless)
    if which == "own dataclass":
        return Line(secretless)
    if which == "own exec":
        names = globals()
        exec("def made(own_in_text):\\n    raise ValueError(1)\\n", names)
        return names["made"](secretless)
    if which == "in the library's globals":
        return library.generated_here("<string>")(secretless)
    return library.generated(which)(secretless)
"""


@pytest.fixture
def probed(tmp_path: Path) -> Iterator[Probed]:
    (tmp_path / "below").mkdir()
    library: Any = ModuleType("library_of_tests")
    library.__file__ = str(tmp_path / "outside" / "library_of_tests.py")
    sys.modules["library_of_tests"] = library
    exec(compile(LIBRARY, library.__file__, "exec"), vars(library))  # noqa: S102
    with Probed(tmp_path / "below", OWN) as made:
        made.apply(hotlog.Rule(id="r", kind="error", per_second=None))
        yield made
    del sys.modules["library_of_tests"]


def variables(probed: Probed, which: str) -> dict[str, Any]:
    """The variables of the error event's frames, by function."""
    probed.events.clear()
    probed.invoke(lambda: probed.module.handler(which, 7))
    [event] = probed.said("error")
    return {frame["qualname"]: frame.get("vars") for frame in event["frames"]}


@pytest.mark.parametrize(
    "which",
    [
        "<string>",
        "<attrs generated init app.Order>",
        "<frozen library>",
        "<template>",
        "dataclass of the library",
        "in the library's globals",
    ],
)
def test_what_a_library_generates_is_not_own_code(probed: Probed, which: str) -> None:
    found = variables(probed, which)
    assert found["handler"]["own_variable"] == 7
    assert "hidden" not in str(found)
    assert {name for name, shown in found.items() if shown is not None} == {"handler"}


@pytest.mark.parametrize(("which", "name"), [("own dataclass", "__create_fn__"), ("own exec", "made")])
def test_what_the_application_generates_is(probed: Probed, which: str, name: str) -> None:
    found = variables(probed, which)
    assert found["handler"]["own_variable"] == 7
    inner = [shown for qualname, shown in found.items() if qualname != "handler"]
    assert inner
    assert None not in inner, name
