"""Changing a code object changes nothing else of it: what a class body hides stays hidden."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import hotlog
from hotlog.config import Config
from tests.support.places import ROOT
from tests.support.probed import Probed

if TYPE_CHECKING:
    from pathlib import Path

# No way leads to the comprehension, or one does: its variable has the name of one of the class's, or of the function's around it.
COMPREHENSIONS = (
    "if 0: [a for a in (1,)]",
    "if 0: [a for b in (1,)]",
    "if 0: {a: b for a, b in ()}",
    "if sys is None:\n            raise sys\n            [a for a in (1,)]",
    "while 1:\n            break\n            [[a for b in (a,)] for a in (1,)]",
    "kept = [a for a in (1,)]",
    "kept = [a for b in (1,)], 0 and [b for a in (1,)]",
)
BODY = """
import sys

def f(a=1, b=2):
    class Made:
        a = "of the class"
        b = "also"
        sys._getframe().f_locals
        own = dict(locals())
        COMPREHENSION
        again = a + b

        def method(self):
            return __class__.again
    return Made().method(), sorted(Made.own), Made.a
"""


# Where a line is, what its rule says, and what that shows.
PROBES = (
    ("again = a + b", "{a} {b}", "of the class also"),
    ("return __class__.again", "in a method", "in a method"),
    ("return Made()", "in the function", "in the function"),
)


@pytest.mark.parametrize(("text", "message", "shown"), PROBES, ids=[each[0] for each in PROBES])
@pytest.mark.parametrize("comprehension", COMPREHENSIONS)
@pytest.mark.parametrize("backend", ["", "recompile"])
def test_a_class_body_keeps_its_names(
    tmp_path: Path, backend: str, comprehension: str, text: str, message: str, shown: str
) -> None:
    source = BODY.replace("COMPREHENSION", comprehension)
    line = next(number for number, each in enumerate(source.splitlines(), 1) if text in each)
    with Probed(tmp_path, source, Config(backend=backend)) as probed:
        expected = probed.module.f()

        probed.apply(hotlog.Rule(id="r", at=f"{probed.sample.name}.py:{line}", message=message))

        assert probed.module.f() == expected
        assert [event["message"] for event in probed.events if event["hotlog"] == "log"] == [shown]


@pytest.mark.parametrize("backend", ["", "recompile"])
def test_it_is_not_equal_to_the_original_as_the_page_says(tmp_path: Path, backend: str) -> None:
    source = "import sys\n\ndef f():\n    return sys._getframe().f_code in CODES\n\nCODES = {f.__code__}\n"
    with Probed(tmp_path, source, Config(backend=backend)) as probed:
        probed.apply(hotlog.Rule(id="r", at=f"{probed.sample.name}.py:4", message="x", per_second=None))
        assert probed.module.f() is False
        assert len(probed.said("log")) == 1
        probed.apply()
        assert probed.module.f() is True
    page = (ROOT / "hotlog" / "docs" / "how-it-works.md").read_text()
    assert "`sys._getframe().f_code in CODES` False while the probe is in" in page
