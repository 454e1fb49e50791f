"""Each command line of the README and of the pages that needs an account is run as a reader types it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.cli import hotlog
from tests.support.deployed import deploy, files_below
from tests.support.documented import IN_AN_ACCOUNT, as_typed, name_of, shown_commands
from tests.support.stories import ORDERS

if TYPE_CHECKING:
    from tests.support.emulators import Ministack

pytestmark = [pytest.mark.emulator, pytest.mark.long]

SHOWN = [shown for shown in shown_commands("hotlog") if name_of(shown.words) in IN_AN_ACCOUNT]
# The account of the tests asks no IAM, and runs no function: `tests/emulator/test_attach_verify.py` sees a start.
FINDS_FAULTS = {"doctor"}
NEEDS_A_FUNCTION_THAT_RUNS = "--verify"


def test_each_does_what_a_reader_expects(aws: Ministack) -> None:
    deploy(aws, "orders", files_below(ORDERS))
    aws.client("logs").create_log_group(logGroupName="/aws/lambda/orders")
    added = hotlog("add", "orders", "pricing.py:30", "goods={goods}", "--id", "k3f9")
    assert added.code == 0, added.err
    assert len(SHOWN) > 15
    wrong = {}
    for words, shown in {tuple(as_typed(each)): each for each in SHOWN}.items():
        added_words = ("--dry-run",) if NEEDS_A_FUNCTION_THAT_RUNS in words else ()
        ran = hotlog(*words, *added_words)
        if ran.code and not (words[0] in FINDS_FAULTS and "error:" not in ran.err):
            wrong[shown.text] = f"{shown.page}: exit {ran.code}: {ran.err[-400:]}"
    assert not wrong, "\n".join(f"{text}\n    {why}" for text, why in wrong.items())
