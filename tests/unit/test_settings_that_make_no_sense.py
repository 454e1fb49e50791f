"""Settings that make no sense: the default is taken and told, and the handler runs."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from hotlog import config, limits
from tests.support.places import ROOT

if TYPE_CHECKING:
    from pathlib import Path

# `isdigit` is true for the first three; `int` refuses the first and the fourth.
NO_NUMBERS = (
    "²",
    "٣",
    "1²",
    "9" * 5_000,
    "9" * 400,
    "nan",
    "inf",
    "-1",
    "1e3",
    "1_000",
    " 5",
    "0x1f",
    "\u200b5",
    "five",
)
DEFAULTS = {
    "HOTLOG_MAX_FOR": ("max_for_s", limits.EXPIRY_MAX_S),
    "HOTLOG_REFRESH": ("refresh", "each"),
    "HOTLOG_REFRESH_TIMEOUT_MS": ("refresh_timeout_ms", limits.REFRESH_TIMEOUT_MS),
    "HOTLOG_BACKEND": ("backend", ""),
    "HOTLOG_SINK_FALLBACK": ("sink_fallback", ""),
}


@pytest.mark.parametrize("name", DEFAULTS)
@pytest.mark.parametrize("value", NO_NUMBERS, ids=lambda value: ascii(value)[:20])
def test_the_default_is_taken_and_told(name: str, value: str) -> None:
    field, default = DEFAULTS[name]
    settings = config.read({name: value})
    assert getattr(settings, field) == default
    [problem] = settings.problems
    assert problem.startswith(name)
    assert len(problem) < 200, "a sentence, however long the value is"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HOTLOG_MAX_FOR", "²h"),
        ("HOTLOG_MAX_FOR", "h"),
        ("HOTLOG_MAX_FOR", "0"),
        ("HOTLOG_MAX_FOR", "999999999d"),
        ("HOTLOG_REFRESH", "1.²"),
        ("HOTLOG_REFRESH", "."),
        ("HOTLOG_REFRESH", "1.2.3"),
        ("HOTLOG_REFRESH_TIMEOUT_MS", "0"),
        ("HOTLOG_REFRESH_TIMEOUT_MS", "999999999"),
        ("HOTLOG_REFRESH_TIMEOUT_MS", "2.5"),
    ],
)
def test_forms_of_one_setting_that_make_no_sense(name: str, value: str) -> None:
    field, default = DEFAULTS[name]
    settings = config.read({name: value})
    assert getattr(settings, field) == default
    assert len(settings.problems) == 1


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("HOTLOG_MAX_FOR", "2h", 7_200),
        ("HOTLOG_MAX_FOR", "90", 90),
        ("HOTLOG_REFRESH", "30", "30"),
        ("HOTLOG_REFRESH", "0.5", "0.5"),
        ("HOTLOG_REFRESH", ".5", ".5"),
        ("HOTLOG_REFRESH", "background", "background"),
        ("HOTLOG_REFRESH_TIMEOUT_MS", "60000", 60_000),
    ],
)
def test_what_makes_sense_is_taken(name: str, value: str, expected: object) -> None:
    settings = config.read({name: value})
    assert getattr(settings, DEFAULTS[name][0]) == expected
    assert settings.problems == ()


@pytest.mark.process
@pytest.mark.parametrize("value", ["²", "9" * 5_000, "999999999"], ids=["superscript", "long", "large"])
def test_a_wrapped_handler_runs_and_the_faults_are_told(tmp_path: Path, value: str) -> None:
    names = ("HOTLOG_MAX_FOR", "HOTLOG_REFRESH", "HOTLOG_REFRESH_TIMEOUT_MS")
    program = "import hotlog; print(hotlog.wrap(lambda event, context: event + 1)(1, None))"
    ran = subprocess.run(
        [sys.executable, "-c", program],
        env={
            "PYTHONPATH": str(ROOT),
            "PYTHONUTF8": "1",
            "AWS_LAMBDA_FUNCTION_NAME": "orders",
            "HOTLOG_STORE": f"file:{tmp_path}",
            **{name: f"{value}d" if name == "HOTLOG_MAX_FOR" else value for name in names},
        },
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ran.stdout.splitlines()[-1] == "2"
    assert ran.stderr == ""
    [told] = [line for line in ran.stdout.splitlines() if '"code":"bad-setting"' in line]
    makes_sense = {"HOTLOG_REFRESH"} if value == "999999999" else set()  # as seconds between two reads
    assert {name for name in names if f"{name} must be" in told} == set(names) - makes_sense
