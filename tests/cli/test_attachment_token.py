"""The token of `attach --verify` in the mark: renewed on request, kept otherwise, gone with `detach`."""

from __future__ import annotations

import pytest

from hotlog.client.attaching.attachment import (
    MARK,
    Wiring,
    attach_layer,
    detach_layer,
    list_changes,
    verify_word,
    verify_word_in,
)
from hotlog.client.deployed import EXEC_WRAPPER, OURS

LAYER = "arn:aws:lambda:eu-west-1:123456789012:layer:hotlog:3"
FIRST, SECOND = verify_word("abc", 1), verify_word("xyz", 2)

BEFORE = {
    "plain": Wiring((), {}),
    "with others": Wiring(("arn:aws:lambda:eu-west-1:123456789012:layer:deps:1",), {"B": "1", "A": "2"}),
    "layer of a template": Wiring((LAYER,), {"B": "1"}),
    "all of a template": Wiring((LAYER,), {"B": "1", EXEC_WRAPPER: OURS}),
    "another wrapper": Wiring((), {EXEC_WRAPPER: "/opt/other", "B": "1"}),
}


@pytest.mark.parametrize("before", BEFORE.values(), ids=BEFORE)
def test_detach_gives_back_what_was_there(before: Wiring) -> None:
    after = attach_layer(before, LAYER, chain=True, verify=FIRST)
    assert verify_word_in(after) == FIRST
    assert detach_layer(after) == before
    assert list(detach_layer(after).variables) == list(before.variables)


@pytest.mark.parametrize("before", BEFORE.values(), ids=BEFORE)
def test_each_verification_has_a_token_of_its_own_and_a_plain_attach_keeps_it(before: Wiring) -> None:
    first = attach_layer(before, LAYER, chain=True, verify=FIRST)
    second = attach_layer(first, LAYER, chain=True, verify=SECOND)
    assert verify_word_in(second) == SECOND
    assert FIRST not in second.variables[MARK]
    assert attach_layer(second, LAYER) == second
    assert list_changes(first, second) == []  # the mark is bookkeeping
    assert detach_layer(second) == before


def test_without_a_verification_there_is_no_token() -> None:
    after = attach_layer(Wiring((), {}), LAYER)
    assert verify_word_in(after) == ""
    assert verify_word_in(Wiring((), {})) == ""
