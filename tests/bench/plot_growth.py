"""The picture of how costs grow. Runs within an environment of its own, which has matplotlib.

python plot_growth.py RESULTS.json… FILE.svg
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")
from matplotlib import pyplot as plt

_COLUMNS = 4


def main() -> None:
    """One panel for each thing that grows, one line for each curve, both axes logarithmic."""
    *sources, svg = map(Path, sys.argv[1:])
    results = {path.stem.removeprefix("growth-"): json.loads(path.read_text("utf-8")) for path in sources}
    plt.rcParams["svg.fonttype"] = "none"  # text stays text
    plt.rcParams["svg.hashsalt"] = "hotlog"  # the same results give the same file
    overs = list(dict.fromkeys(each["over"] for curves in results.values() for each in curves))
    rows = -(-len(overs) // _COLUMNS)
    figure, grid = plt.subplots(rows, _COLUMNS, figsize=(16, 3.2 * rows), squeeze=False, layout="constrained")
    for axes in grid.flat[len(overs) :]:
        axes.set_visible(False)
    for axes, over in zip(grid.flat, overs, strict=False):
        for python, style in zip(results, ("-", "--", ":", "-."), strict=False):
            axes.set_prop_cycle(None)  # a curve has one colour on all Pythons
            for curve in results[python]:
                if curve["over"] == over:
                    sizes, costs_us = zip(*curve["points"], strict=True)
                    label = f"{curve['what']}, {python}"
                    axes.plot(sizes, [us / 1_000 for us in costs_us], style, marker=".", label=label)
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_xlabel(over, fontsize=9)
        axes.set_ylabel("ms", fontsize=9)
        axes.tick_params(labelsize=8)
        axes.legend(fontsize=5)
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(svg, metadata={"Date": None})


if __name__ == "__main__":
    main()
