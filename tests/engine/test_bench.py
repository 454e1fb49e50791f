"""The harness of the benchmarks, in seconds: every workload fires exactly as often as it should. No timing is asserted."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.bench import environments
from tests.bench.report import PAGE, RESULTS, written
from tests.bench.run import WORKLOADS, run


@pytest.fixture(scope="module")
def results() -> dict[str, Any]:
    """One short round; `run` raises where an event too many or too few comes out."""
    return run(environments.here(), rounds=1, rep_s=0.0002, reps=1)


@pytest.mark.process
def test_hotlog_is_measured_with_every_workload(results: dict[str, Any]) -> None:
    figures = results["tools"]["hotlog"]["figures"]
    assert set(figures) == {workload.key for workload in WORKLOADS} | {"w6"}
    assert {key: each["fired"] for key, each in figures.items() if "fired" in each} == {
        **dict.fromkeys((workload.key for workload in WORKLOADS if workload.key.startswith("w7")), 0),
        **dict.fromkeys(("w1_int", "w1_float", "w1_other", "w1_attribute", "w1_library"), 3),
        "w1_str": 10,
        "w2": 2,
        "w3": 7,
        "w4": 7,
        "w5": 3 + 10 + 100 + 1_000,
        "w8_exhausted": 1,
        "w8_rate_limited": 1,
    }


@pytest.mark.process
def test_the_floor_and_the_interpreters_own_tools_are_measured_beside_it(results: dict[str, Any]) -> None:
    logs = {name: tool["figures"]["w3"]["fired"] for name, tool in results["tools"].items()}
    assert logs == dict.fromkeys((each.name for each in environments.here()), 7)
    assert results["tools"]["floor"]["figures"]["w4"]["fired"] == 7


def test_the_page_shows_the_results_that_are_kept() -> None:
    kept = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(RESULTS.glob("3.*.json"))]
    assert {result["python"].rpartition(".")[0] for result in kept} >= {"3.11", "3.13"}
    page = PAGE.read_text(encoding="utf-8")
    assert written(page, kept) == page, "run: python -m tests.bench --show"
    assert all(result["date"] in page for result in kept)
