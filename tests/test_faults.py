"""Whatever is wrong with the store: same results, rules kept or gone as promised, one status per change, recovery by itself.

`python -m tests.faults` does it with 200 invocations each, and prints how long they took.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.faults.faults import FAULTS, Fault
from tests.faults.run import broken_promises, run

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.engine


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_of_the_store_changes_no_result_and_passes(
    fault: Fault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not fault.waits:
        monkeypatch.setenv(
            "HOTLOG_REFRESH_TIMEOUT_MS", "5000"
        )  # a stall of this machine is no fault of the store
    assert broken_promises(fault, run(fault, tmp_path, invocations=40)) == []
