"""What the application puts into its environment under the name of a secret is hidden from the next safe point."""

# ruff: noqa: S105, S106 -- secrets made up for the tests

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING

import pytest

import hotlog
from hotlog import limits
from hotlog.config import Config
from hotlog.redaction.environment_secrets import EnvironmentSecrets
from hotlog.rules.proof import dump_key, make_key
from tests.support.probed import Probed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SOURCE = """
def handler(value):
    x = value
    return x
"""


@pytest.fixture
def probed(tmp_path: Path) -> Iterator[Probed]:
    with Probed(tmp_path, SOURCE) as made:
        made.apply(
            hotlog.Rule(id="r", at=made.at("handler"), message="{value}", snapshot=True, per_second=None)
        )
        yield made


def shown(probed: Probed, value: object) -> str:
    """What the log says of a value in the next invocation."""
    probed.events.clear()
    probed.invoke(lambda: probed.module.handler(value))
    return json.dumps(probed.said("log"))


@pytest.mark.parametrize("name", ["DB_PASSWORD", "STRIPE_SECRET_KEY", "API_TOKEN", "db_passwort"])
def test_a_variable_set_after_the_first_rule(
    probed: Probed, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "correct horse" in shown(probed, "correct horse battery")
    monkeypatch.setenv(name, "correct horse battery")
    assert "correct horse" not in shown(probed, "it is correct horse battery!")
    assert "correct horse" not in shown(probed, b"correct horse battery")
    assert "Y29ycmVjdCBob3JzZSBiYXR0ZXJ5" not in shown(probed, "Y29ycmVjdCBob3JzZSBiYXR0ZXJ5"), "base64"


def test_a_key_that_was_shown_before(probed: Probed, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "battery staple" in shown(probed, {"battery staple": 1})
    monkeypatch.setenv("DB_PASSWORD", "battery staple")
    assert "battery staple" not in shown(probed, {"battery staple": 1})


def test_what_was_replaced_or_removed_may_still_be_in_use(
    probed: Probed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DB_PASSWORD", "the first one")
    shown(probed, "x")
    monkeypatch.setenv("DB_PASSWORD", "the second one")
    assert "first" not in shown(probed, "the first one")
    monkeypatch.delenv("DB_PASSWORD")
    assert "second" not in shown(probed, "the second one")


def test_other_variables_hide_nothing(probed: Probed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TABLE", "orders-of-today")
    assert "orders-of-today" in shown(probed, "orders-of-today")


def test_without_invocations_a_change_of_the_rules_is_a_safe_point(tmp_path: Path) -> None:
    with Probed(tmp_path, SOURCE) as probed:
        rule = hotlog.Rule(id="r", at=probed.at("handler"), message="{value}", per_second=None)
        probed.apply(rule)
        os.environ["LATE_PASSWORD"] = "late secret"
        try:
            probed.apply(rule, hotlog.Rule(id="s", at=probed.at("handler"), message="s {value}"))
            probed.module.handler("a late secret")
        finally:
            del os.environ["LATE_PASSWORD"]
        assert len(probed.said("log")) == 2
        assert "late secret" not in json.dumps(probed.events)


def test_the_latest_are_known_and_no_more_than_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = EnvironmentSecrets(Config(secrets=("of the start",)))
    for number in range(limits.ENVIRONMENT_SECRETS_MAX + 50):
        monkeypatch.setenv("ROTATING_PASSWORD", f"secret number {number}")
        assert secrets.have_changed()
        assert not secrets.have_changed()
    assert len(secrets.known) == limits.ENVIRONMENT_SECRETS_MAX + 1
    assert secrets.known[0] == "of the start"
    assert f"secret number {limits.ENVIRONMENT_SECRETS_MAX + 49}" in secrets.known


def test_an_environment_of_somebody_elses_making_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    class Odd(dict[str, str]):
        def items(self) -> None:  # type: ignore[override]
            raise AssertionError

    secrets = EnvironmentSecrets(Config())
    monkeypatch.setattr(os, "environ", Odd(DB_PASSWORD="correct horse"))
    assert not secrets.have_changed()


def test_an_unchanged_environment_costs_next_to_nothing() -> None:
    secrets = EnvironmentSecrets(Config())
    best_s = min(_timed(secrets) for _ in range(50))
    assert best_s < 20e-6


def _timed(secrets: EnvironmentSecrets) -> float:
    start_s = time.perf_counter()
    secrets.have_changed()
    return time.perf_counter() - start_s


def test_the_key_that_events_are_proven_with_is_hidden_wherever_it_turns_up(probed: Probed) -> None:
    first, second = make_key(), make_key(2)
    document = json.dumps({"v": 1, "key": dump_key(first), "rules": []})
    assert first.text in shown(probed, document)
    probed.agent.prove_with(first)
    for value in (document, first.text, {"k": first.text}, [first.text.encode()], f"k={first.text}&n=1"):
        assert first.text not in shown(probed, value)
    probed.agent.prove_with(second)
    assert second.text not in shown(probed, second.text)
    assert first.text not in shown(probed, first.text), "it proves what was logged before"
