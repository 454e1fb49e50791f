"""Many probes at once, and one that comes and goes: each fires, and nothing piles up.

`HOTLOG_TEST_ROUNDS=10000 pytest tests/engine/test_scale.py` installs and removes one that often.
"""

from __future__ import annotations

import gc
import os
import tracemalloc
import weakref
from typing import TYPE_CHECKING

import pytest

import hotlog
from hotlog.config import Config
from tests.support.sample import Sample

if TYPE_CHECKING:
    from pathlib import Path

    from hotlog.events import Event


ROUNDS = int(os.environ.get("HOTLOG_TEST_ROUNDS", "30"))
WARM_UP = 20
# CPython's own free lists: reading a file as text 5,000 times leaves 11 KB. A code object that stayed would be 8 KB a round.
KEPT_MAX_BYTES = 32_768
KEPT_MAX_BYTES_PER_ROUND = 10
FUNCTIONS = 200
STATEMENTS = 5


def many() -> str:
    """200 functions of five statements, each marked `f<function>s<statement>`."""
    lines = []
    for number in range(FUNCTIONS):
        lines.append(f"def f{number}(n):")
        lines += [f"    n = n + 1  # <f{number}s{at}>" for at in range(STATEMENTS - 1)]
        lines.append(f"    return n  # <f{number}s{STATEMENTS - 1}>")
    return "\n".join(lines) + "\n"


@pytest.mark.long
def test_a_thousand_probes_fire_in_order_and_all_go(tmp_path: Path) -> None:
    sample = Sample(tmp_path, many())
    markers = [f"f{number}s{at}" for number in range(FUNCTIONS) for at in range(STATEMENTS)]
    functions = [getattr(sample.module, f"f{number}") for number in range(FUNCTIONS)]
    codes = [function.__code__ for function in functions]
    rules = [
        hotlog.Rule(id=marker, at=sample.at(marker), message="n={n}", limit=None, per_second=None)
        for marker in markers
    ]
    events: list[Event] = []
    with hotlog.Agent(sink=events.append, root=str(tmp_path), config=Config()) as agent:
        agent.apply(rules)
        found = agent.status()
        assert {(status.state, status.backend) for status in found.values()} == {("installed", "recompile")}
        assert len(found) == FUNCTIONS * STATEMENTS
        assert [function(0) for function in functions] == [STATEMENTS - 1] * FUNCTIONS
        assert {key: status.hits for key, status in agent.status().items()} == dict.fromkeys(markers, 1)
    assert all(function.__code__ is code for function, code in zip(functions, codes, strict=True))
    sample.forget()


@pytest.mark.long
def test_installing_and_removing_again_and_again_keeps_no_memory(tmp_path: Path) -> None:
    sample = Sample(tmp_path, "def f(n):\n    m = n + 1\n    return m  # <f>\n")
    code = weakref.ref(sample.module.f.__code__)  # one that is held costs each round a walk over all objects
    with hotlog.Agent(sink=lambda _: None, root=str(tmp_path), config=Config()) as agent:
        rule = hotlog.Rule(id="r", at=sample.at("f"), message="m={m}")

        def rounds(count: int) -> None:
            for _ in range(count):
                agent.apply([rule])
                assert sample.module.f(1) == 2
                agent.apply([])
                assert sample.module.f.__code__ is code()

        rounds(WARM_UP)
        gc.collect()
        tracemalloc.start()
        try:
            before, _ = tracemalloc.get_traced_memory()
            rounds(ROUNDS)
            gc.collect()
            after, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert after - before < KEPT_MAX_BYTES + KEPT_MAX_BYTES_PER_ROUND * ROUNDS
    sample.forget()
