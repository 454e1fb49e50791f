"""`python -m tests.bench`: the whole comparison, or one of the measurements beside it by its name."""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from pathlib import Path

from tests.bench import environments, report
from tests.bench.run import run

RESULTS = Path(__file__).parent / "results"


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
    parser.add_argument(
        "--save", action="store_true", help=f"keep the results in {RESULTS.name}/, for the README"
    )
    given = parser.parse_args()
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
    if given.save:
        RESULTS.mkdir(exist_ok=True)
        version = ".".join(results["python"].split(".")[:2])
        (RESULTS / f"{version}.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    sys.stdout.write(report.table([results]) + "\n")


def _others() -> list[str]:
    """The modules here that have a `main` of their own."""
    found = [
        path.stem for path in Path(__file__).parent.glob("*.py") if "\ndef main(" in path.read_text("utf-8")
    ]
    return sorted({*found} - {"__main__", "worker"})


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


main()
