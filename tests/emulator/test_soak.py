"""Many invocations while rules come, change and go at random: every answer right, and nothing piles up."""

from __future__ import annotations

import contextlib
import json
import random
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import hotlog
from hotlog.rules.model import entry_of
from hotlog.stores.file import FileStore
from tests.support.functions import endurance
from tests.support.layers import own_layer

if TYPE_CHECKING:
    from hotlog.rules.document import Document
    from tests.support.lambda_runtime import Function


SOURCE = Path(endurance.__file__)
LIVELY = SOURCE.read_text().partition("def held")[0]  # what every answer comes by
INSIDE = [
    number
    for number, line in enumerate(LIVELY.splitlines(), 1)
    if line.startswith("    ") and '"""' not in line
]
CONDITIONS = ("", "", "", "@hits % 3 == 0", "@cold_start", "n > 100", "nothing_of_this_name")
MESSAGES = ("", "n={n}", "{total} {item}", "{self.items}", "{result}", "constant")
CHANGE_EVERY = 20
RULES_MAX = 8


def random_rule(dice: random.Random) -> hotlog.Rule:
    now = datetime.now(UTC)
    message = dice.choice(MESSAGES)
    return hotlog.Rule(
        id=f"r{dice.randrange(20)}",
        at=f"endurance.py:{dice.choice(INSIDE)}",
        message=message,
        snapshot=not message or dice.random() < 0.2,
        condition=dice.choice(CONDITIONS),
        stack=dice.choice((0, 0, 3)),
        limit=dice.choice((5, None, None)),
        per_second=dice.choice((1.0, None, None)),
        created=now,
        expires=now + timedelta(seconds=dice.choice((1, 3_600))),
    )


def changed(document: Document, dice: random.Random) -> Document:
    """One step: a rule more, another one, one less, none at all, or all of them paused for a while."""
    entries = list(document.entries)
    step = dice.random()
    if step < 0.5 or not entries:
        rule = entry_of(random_rule(dice))
        entries = [entry for entry in entries if entry["id"] != rule["id"]] + [rule]
    elif step < 0.9:
        entries.pop(dice.randrange(len(entries)))
    elif step < 0.95:
        entries = []
    return document._replace(entries=tuple(entries[-RULES_MAX:]), paused=step > 0.97)


def soak(kind: type[Function], folder: Path, count: int, seed: int) -> list[dict[str, int]]:
    """Invoke so often; what the process held after each tenth, and how many events came in all."""
    task, store = folder / "task", FileStore(str(folder / "rules"))
    task.mkdir()
    shutil.copy(SOURCE, task)
    opt = own_layer(folder / "opt")
    env = {"AWS_LAMBDA_EXEC_WRAPPER": f"{opt}/hotlog-exec", "HOTLOG_STORE": f"file:{folder / 'rules'}"}
    dice = random.Random(seed)  # noqa: S311  # a test that can be run again
    measured = []
    with kind(task, "endurance.handler", layer=opt, env=env, timeout_s=30) as running:
        for number in range(count):
            if number % CHANGE_EVERY == 0:
                store.update("function", lambda document: changed(document, dice))
            n = dice.randrange(1_000)
            answer = json.loads(running.answer(json.dumps(n).encode()))
            assert answer == endurance.answer(n), (seed, number)
            if number % (count // 10) == count // 10 - 1:
                store.update("function", lambda document: document._replace(entries=()))
                measured.append(json.loads(running.answer(b'"held"')))
        logged = running.log().count('{"hotlog":"log"')
        assert logged > count / 20, "rules were live all the time"
        assert "internal-fault" not in running.log()
    return [*measured, {"events": logged}]


def check_that_nothing_piles_up(measured: list[dict[str, Any]], grown_max_bytes: int) -> None:
    first, last = measured[1], measured[-2]  # by then all that is loaded once is loaded
    assert last["descriptors"] == first["descriptors"]
    assert last["threads"] == first["threads"]
    assert last["resident_bytes"] - first["resident_bytes"] < grown_max_bytes
    assert last["objects"] < first["objects"] * 1.05


@pytest.mark.parametrize("function", ["runtime-api"], indirect=True)
def test_some_hundred_invocations(function: type[Function], tmp_path: Path) -> None:
    check_that_nothing_piles_up(soak(function, tmp_path, 600, seed=1), 20_000_000)


@pytest.mark.slow
@pytest.mark.parametrize("function", ["runtime-api"], indirect=True)
def test_a_hundred_thousand_invocations(
    function: type[Function], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    measured = soak(function, tmp_path, 100_000, seed=2)
    with capsys.disabled(), contextlib.suppress(OSError):
        print(*measured, sep="\n")  # noqa: T201  # figures to report
    check_that_nothing_piles_up(measured, 10_000_000)
