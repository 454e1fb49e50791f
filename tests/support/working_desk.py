"""A repository to type log lines into, beside the code that runs: copies of `examples/orders`."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from tests.support import git
from tests.support.places import ROOT

ORDERS = ROOT / "examples" / "orders"
BULK = "        price -= price * BULK_PERCENT // 100\n"
TOTAL = "        total = goods - goods * percent // 100\n"


class Desk:
    """A repository to edit, beside the code that runs.

    Attributes:
        work: the repository; the current directory.
        running: the code that is deployed.
        said: the options that name both.
    """

    def __init__(self, folder: Path) -> None:
        self.work, self.running = folder / "work", folder / "running"
        self.store = f"file:{folder / 'rules'}"
        for place in (self.work, self.running):
            shutil.copytree(ORDERS, place, ignore=shutil.ignore_patterns("__pycache__", ".*"))
        self.said = ("--store", self.store, "--source", str(self.running))
        git.make_repository(self.work)

    def git(self, *words: str) -> None:
        git.git(self.work, *words)

    def commit(self) -> None:
        git.commit(self.work)

    def edit(self, file: str, before: str, after: str) -> None:
        text = (self.work / file).read_text()
        assert text.count(before) == 1
        (self.work / file).write_text(text.replace(before, after))

    def rules(self) -> list[dict[str, Any]]:
        path = Path(self.store.removeprefix("file:"), "orders.json")
        return list(json.loads(path.read_text())["rules"]) if path.exists() else []
