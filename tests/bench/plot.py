"""The picture of the results. Runs within an environment of its own, which has matplotlib.

python plot.py RESULTS.json… FILE.svg FILE.png
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")
from matplotlib import pyplot as plt

PANELS = (
    ("Condition false, ns per iteration", "w1_int", "ns"),
    ("Log of two locals, µs", "w3", "us"),
    ("Snapshot and stack, µs", "w4", "us"),
    ("100 installs, ms", "w5", "install_100_ms"),
    ("Start in a fresh process, ms CPU", "w6", "cpu_ms"),
)
ORDER = (
    "floor",
    "hotlog",
    "monitoring",
    "settrace",
    "lightrun",
    "hunter",
    "pysnooper",
    "snoop",
    "ddtrace",
    "rook",
)
NAMES = {"floor": "typed line", "rook": "Rookout", "lightrun": "Lightrun", "pysnooper": "PySnooper"}
NAMES |= {"settrace": "sys.settrace", "monitoring": "sys.monitoring"}
COLORS = {"floor": "#9aa5b1", "hotlog": "#c2410c"}


def main() -> None:
    """One row for each Python, one panel for each workload, logarithmic."""
    *sources, svg, png = map(Path, sys.argv[1:])
    results = [json.loads(path.read_text(encoding="utf-8")) for path in sources]
    plt.rcParams["svg.fonttype"] = "none"  # text stays text
    plt.rcParams["svg.hashsalt"] = "hotlog"  # the same results give the same file
    figure, grid = plt.subplots(
        len(results), len(PANELS), figsize=(16, 2.9 * len(results)), squeeze=False, layout="constrained"
    )
    for row, result in zip(grid, results, strict=True):
        for axes, panel in zip(row, PANELS, strict=True):
            _draw(axes, result, *panel)
        row[0].set_ylabel(f"Python {result['python']}")
    figure.savefig(svg, metadata={"Date": None})
    figure.savefig(png, dpi=110)


def _draw(axes: Any, result: dict[str, Any], title: str, workload: str, key: str) -> None:
    found = {
        name: result["tools"][name]["figures"][workload][key]
        for name in reversed(ORDER)
        if workload in result["tools"].get(name, {}).get("figures", {})
        and key in result["tools"][name]["figures"][workload]
    }
    values = [max(value, 0.01) for value in found.values()]
    bars = axes.barh(
        [NAMES.get(name, name) for name in found],
        values,
        color=[COLORS.get(name, "#52708f") for name in found],
    )
    axes.bar_label(
        bars, [f"{value:,.0f}" if value >= 100 else f"{value:.1f}" for value in values], padding=3, fontsize=8
    )
    axes.set_xscale("log")
    axes.set_xlim(right=max(values) * 6)
    axes.set_title(title, fontsize=10)
    axes.tick_params(labelsize=8)
    axes.spines[["top", "right"]].set_visible(False)


if __name__ == "__main__":
    main()
