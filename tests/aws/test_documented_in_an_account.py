"""Each command line of the README and of the pages that needs an account is run as a reader types it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.cli import hotlog
from tests.support.deployed import deploy, files_below
from tests.support.documented import as_typed, needs_account, shown_commands
from tests.support.stories import ORDERS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.emulators import Ministack

pytestmark = [pytest.mark.emulator, pytest.mark.long]

SHOWN = [shown for shown in shown_commands("hotlog") if needs_account(shown)]
# The account of the tests asks no IAM, and runs no function: `tests/emulator/test_attach_verify.py` sees a start.
FINDS_FAULTS = {"doctor"}
NEEDS_A_FUNCTION_THAT_RUNS = {"--verify", "--publish"}
ASKING = {"detach", "pause", "resume", "clear", "rm"}
FUNCTIONS = ("orders", "orders-cart", "billing-api")
PROFILES = "[profile prod-a]\nregion = us-east-1\n[profile prod-b]\nregion = us-east-1\n"


def test_each_does_what_a_reader_expects(
    aws: Ministack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config").write_text(PROFILES)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    client = aws.client("lambda")
    for name in FUNCTIONS:
        deploy(aws, name, files_below(ORDERS))
        aws.client("logs").create_log_group(logGroupName=f"/aws/lambda/{name}")
        client.tag_resource(
            Resource=client.get_function(FunctionName=name)["Configuration"]["FunctionArn"],
            Tags={"team": "shop"},
        )
    version = client.publish_version(FunctionName="orders")["Version"]
    client.create_alias(FunctionName="orders", Name="prod", FunctionVersion=version)
    assert len(SHOWN) > 25
    wrong = {}
    for words, shown in {tuple(as_typed(each)): each for each in SHOWN}.items():
        for name in FUNCTIONS:  # a rule to look at, whatever the command before has done
            hotlog("add", name, "pricing.py:30", "goods={goods}", "--id", "k3f9")
        ran = hotlog(*words, *said_beside(words))
        if ran.code and not (words[0] in FINDS_FAULTS and "error:" not in ran.err):
            wrong[shown.text] = f"{shown.page}: exit {ran.code}: {ran.err[-400:]}"
    assert not wrong, "\n".join(f"{text}\n    {why}" for text, why in wrong.items())


def said_beside(words: tuple[str, ...]) -> list[str]:
    """Return what a reader says when asked, or what the account of the tests cannot do."""
    if "--help" in words:
        return []
    if {*words} & NEEDS_A_FUNCTION_THAT_RUNS or (words[0] == "attach" and "*" in words[1]):
        return [] if "--dry-run" in words else ["--dry-run"]
    asks = "--tag" in words or any("*" in word for word in words[1:2])
    return ["--yes"] if asks and words[0] in ASKING and "--yes" not in words else []
