"""Attaching adds, detaching takes exactly that away: for any layers and variables a function may have."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotlog.client.attaching.attachment import (
    MARK,
    NEXT,
    STORE,
    Wiring,
    attach_layer,
    detach_layer,
    list_changes,
)
from hotlog.client.deployed import EXEC_WRAPPER, OURS
from hotlog.errors import HotlogError

ARN = "arn:aws:lambda:eu-west-1:123456789012:layer"
LAYER, NEWER, OTHER, THIRD = f"{ARN}:hotlog:3", f"{ARN}:hotlog:4", f"{ARN}:deps:7", f"{ARN}:more:1"
PLAIN = Wiring((OTHER,), {"STAGE": "prod", "DB_PASSWORD": "s3cret"})
CHAINED = Wiring((), {"A": "1", EXEC_WRAPPER: "/opt/other", "B": "2"})

layers = st.lists(st.sampled_from([f"{ARN}:l{number}:1" for number in range(6)]), max_size=4, unique=True)
values = st.text(st.characters(codec="ascii", exclude_categories=["C"]), max_size=20)
names = st.sampled_from(
    ["STAGE", "DB", "HOTLOG_REFRESH", "HOTLOG_SINK", "PATH_X", EXEC_WRAPPER, STORE, "_HANDLER_2"]
)
wirings = st.builds(Wiring, layers.map(tuple), st.dictionaries(names, values.filter(bool)))


def in_order(wiring: Wiring) -> tuple[tuple[str, ...], list[tuple[str, str]]]:
    return wiring.layers, list(wiring.variables.items())


@given(wirings, st.booleans())
def test_detached_is_as_before_and_attached_twice_is_attached_once(before: Wiring, own_store: bool) -> None:
    store = before.variables.get(STORE, "ssm:/team") if own_store else ""
    after = attach_layer(before, LAYER, store=store, chain=True)
    assert in_order(attach_layer(after, LAYER, store=store)) == in_order(after)
    if before.variables.get(EXEC_WRAPPER) != OURS:
        assert after.variables[EXEC_WRAPPER] == OURS
        assert in_order(detach_layer(after)) == in_order(before)
    assert [arn for arn in after.layers if arn != LAYER] == list(before.layers)


def test_what_attach_adds() -> None:
    after = attach_layer(PLAIN, LAYER)
    assert after.layers == (OTHER, LAYER)
    assert after.variables == {
        "STAGE": "prod",
        "DB_PASSWORD": "s3cret",
        EXEC_WRAPPER: "/opt/hotlog-exec",
        MARK: f"{ARN}:hotlog {EXEC_WRAPPER}",
    }
    assert [
        (change.sign, change.what, change.name, change.value) for change in list_changes(PLAIN, after)
    ] == [
        ("+", "layer", LAYER, ""),
        ("+", "variable", EXEC_WRAPPER, OURS),
    ]
    assert [(change.sign, change.name) for change in list_changes(after, detach_layer(after))] == [
        ("-", LAYER),
        ("-", EXEC_WRAPPER),
    ]


def test_a_newer_version_takes_the_olders_place() -> None:
    after = attach_layer(PLAIN, LAYER)
    later = after._replace(layers=(*after.layers, THIRD))  # somebody adds a layer meanwhile
    newer = attach_layer(later, NEWER)
    assert newer.layers == (OTHER, NEWER, THIRD)
    assert detach_layer(newer) == PLAIN._replace(layers=(OTHER, THIRD))


def test_another_wrapper_is_refused_chained_on_request_and_comes_back() -> None:
    with pytest.raises(HotlogError, match=r"/opt/other.*--chain"):
        attach_layer(CHAINED, LAYER)
    after = attach_layer(CHAINED, LAYER, chain=True)
    assert (after.variables[EXEC_WRAPPER], after.variables[NEXT]) == (OURS, "/opt/other")
    assert in_order(detach_layer(attach_layer(after, NEWER))) == in_order(CHAINED)


def test_what_others_changed_after_attach_stays() -> None:
    after = attach_layer(PLAIN, LAYER, store="ssm:/team")
    theirs = after._replace(variables={**after.variables, EXEC_WRAPPER: "/opt/theirs", "NEW": "1"})
    assert detach_layer(theirs).variables == {**PLAIN.variables, EXEC_WRAPPER: "/opt/theirs", "NEW": "1"}


def test_what_a_template_has_attached_is_left_to_it() -> None:
    by_template = Wiring((LAYER,), {EXEC_WRAPPER: OURS})
    assert attach_layer(by_template, LAYER) == by_template
    with pytest.raises(HotlogError) as fault:
        detach_layer(by_template)
    assert fault.value.code == "attached-elsewhere"
    with pytest.raises(HotlogError) as fault:
        attach_layer(by_template, NEWER)
    assert fault.value.code == "other-layer"


def test_a_layer_that_was_there_before_is_not_taken_off() -> None:
    before = Wiring((LAYER, OTHER), {})
    after = attach_layer(before, LAYER)
    assert after.layers == before.layers
    assert detach_layer(after) == before


@pytest.mark.parametrize(
    ("before", "store", "code"),
    [
        (Wiring(tuple(f"{ARN}:l{number}:1" for number in range(5)), {}), "", "too-many-layers"),
        (Wiring((), {"BIG": "x" * 4_000}), "", "environment-too-large"),
        (Wiring((), {STORE: "ssm:/a"}), "ssm:/b", "other-store"),
    ],
)
def test_what_cannot_be_attached_says_why(before: Wiring, store: str, code: str) -> None:
    with pytest.raises(HotlogError) as fault:
        attach_layer(before, LAYER, store=store)
    assert fault.value.code == code


def test_the_size_of_the_environment_is_that_of_names_and_values() -> None:
    room = 4_096 - sum(
        len(name) + len(value) for name, value in attach_layer(Wiring((), {}), LAYER).variables.items()
    )
    fits = Wiring((), {"X": "é" * ((room - 1) // 2) + "x" * ((room - 1) % 2)})
    attach_layer(fits, LAYER)
    with pytest.raises(HotlogError):
        attach_layer(Wiring((), {"X": fits.variables["X"] + "x"}), LAYER)


def test_values_of_variables_are_never_shown() -> None:
    assert "s3cret" not in repr(PLAIN)
    assert "s3cret" not in repr(list_changes(PLAIN, attach_layer(PLAIN, LAYER)))
