"""`python -m tests.bench`: the whole comparison, or one of the measurements beside it by its name."""

from __future__ import annotations

import argparse
import importlib
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.bench import environments, report
from tests.bench.report import PAGE, RESULTS
from tests.bench.run import run


def main() -> None:
    """Measure, and print the table."""
    if sys.argv[1:] and sys.argv[1] in _others():
        module = importlib.import_module(f"tests.bench.{sys.argv.pop(1)}")
        module.main()
        return
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench",
        description=__doc__,
        epilog=f"Measurements beside the comparison, by name: {', '.join(_others()) or 'none'}.",
    )
    parser.add_argument("--rounds", type=int, default=7, help="how often everything is measured")
    parser.add_argument("--tool", action="append", help="only this one; may be given several times")
    parser.add_argument("--save", action="store_true", help="keep the results, and draw all that are kept")
    parser.add_argument("--show", action="store_true", help="measure nothing; only draw what is kept")
    given = parser.parse_args()
    if given.save and given.tool:
        parser.error("--save keeps a run of all tools: leave --tool out")
    if given.show:
        _show()
        return
    tools = [each for each in environments.here() if not given.tool or each.name in given.tool]
    missing: dict[str, str] = {}
    for name in environments.PEERS:
        if not given.tool or name in given.tool:
            _say(f"environment of {name}")
            try:
                tools.append(environments.of_peer(name))
            except environments.NotInstallable as why:
                missing[name] = str(why)
    results = run(tools, rounds=given.rounds, say=_say)
    results["missing"] = missing
    results["layer"] = _layer()
    sys.stdout.write(report.as_text(results) + "\n")
    if given.save:
        version = ".".join(results["python"].split(".")[:2])
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / f"{version}.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
        _show()


def _show() -> None:
    """The page's tables and the plot, of all results that are kept: of each Python the last."""
    paths = sorted(RESULTS.glob("3.*.json"))
    kept = [json.loads(path.read_text(encoding="utf-8")) for path in paths]
    PAGE.write_text(report.written(PAGE.read_text(encoding="utf-8"), kept), encoding="utf-8")
    plot = Path(__file__).with_name("plot.py")
    pictures = [str(RESULTS / name) for name in ("plot.svg", "plot.png")]
    subprocess.run([environments.for_plot(), str(plot), *map(str, paths), *pictures], check=True)


def _layer() -> dict[str, float]:
    """How large the layer is."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "hotlog.cli", "layer", "build", "--json"]
        command += ["--output", f"{folder}/layer.zip"]
        built = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    return {"zipped_mb": built["bytes"] / 1e6, "unzipped_mb": built["unpacked_bytes"] / 1e6}


def _others() -> list[str]:
    """The modules here that have a `main` of their own."""
    found = [
        path.stem for path in Path(__file__).parent.glob("*.py") if "\ndef main(" in path.read_text("utf-8")
    ]
    return sorted({*found} - {"__main__", "worker"})


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


main()
