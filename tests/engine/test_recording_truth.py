"""What a recording says is so: beside a tracer of Python's own, over the shapes of code that there are.

The same lines in the same order in each call, the values that a line has stored, and of the call its arguments, its result or its
exception. The application gets what it gets without a rule, to the traceback.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.places import ROOT
from tests.support.probed import Probed
from tests.support.recorded import find_differences

if TYPE_CHECKING:
    from pathlib import Path

SHAPES = (ROOT / "tests" / "engine" / "tables" / "recorded_shapes.py").read_text(encoding="utf-8")


def test_a_recording_tells_what_a_tracer_sees(tmp_path: Path) -> None:
    with Probed(tmp_path, SHAPES) as probed:
        assert len(probed.module.SHAPES) >= 60
        wrong = find_differences(probed, probed.module.SHAPES)
    assert not wrong, "\n".join(wrong)
