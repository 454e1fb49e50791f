"""Whatever is wrong with the store: same results, rules kept or gone as promised, one status per change, recovery by itself.

`python -m tests.faults` does it with 200 invocations each, and prints how long they took.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hotlog import limits
from tests.faults.faults import FAULTS, Fault
from tests.faults.run import broken_promises, run
from tests.faults.starved import INVOCATIONS, live

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.in_part(2)
@pytest.mark.long
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_of_the_store_changes_no_result_and_passes(
    fault: Fault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not fault.waits:
        monkeypatch.setenv(
            "HOTLOG_REFRESH_TIMEOUT_MS", "5000"
        )  # a stall of this machine is no fault of the store
    assert broken_promises(fault, run(fault, tmp_path, invocations=40)) == []


@pytest.mark.long
@pytest.mark.slow
def test_on_a_tenth_of_a_cpu_handlers_answer_and_rules_arrive() -> None:
    """`python -m tests.faults.starved` prints the figures."""
    bare, wrapped, silent = live("bare"), live("wrapped"), live("wrapped", store="silent")
    assert (bare.right, wrapped.right, silent.right) == (INVOCATIONS,) * 3
    assert wrapped.live_after is not None
    assert wrapped.live_after <= 3
    # One that installs reads within the first, and nothing keeps its flush.
    deadlines_ms = limits.REFRESH_TIMEOUT_MS + limits.FLUSH_TIMEOUT_MS
    assert max(silent.took_ms) < 2 * max(bare.took_ms) + deadlines_ms
    assert max(wrapped.took_ms) < 2 * max(bare.took_ms) + deadlines_ms
