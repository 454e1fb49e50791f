"""500 secrets where they turn up and 300 innocents that look like them: how many are seen, and how many are hidden.

Each row is captured as a snapshot takes it: the variables of a real frame, and a message with a hole for each of them.
A row is never taken out of the table.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from hotlog.capture.frames import At, capture_frames
from hotlog.config import Config
from hotlog.errors import RuleError
from hotlog.expressions import template
from hotlog.expressions.evaluate import HitScope, render
from hotlog.reading.reader import Reader
from hotlog.redaction.redact import REDACTED, Redaction
from tests.unit.secrets import (
    bodies,
    configurations,
    innocents,
    named,
    objects,
    payload_innocents,
    payloads,
    published_forms,
    requests,
    statements,
    usual,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.unit.secrets.rows import Row

HERE = str(Path(__file__).parent)
_PIECE = 12  # so many characters in a row are as good as the whole

SECRETS = [
    *named.rows(), *published_forms.rows(), *configurations.rows(), *bodies.rows(), *requests.rows(), *statements.rows(), *objects.rows(),
    *payloads.rows(), *usual.rows(),
]  # fmt: skip
INNOCENTS = [*innocents.rows(), *payload_innocents.rows(), *usual.innocents()]


def reader(config: Config) -> Reader:
    return Reader(Redaction(config), readable=lambda path: path.startswith((HERE, "<row>"))).for_hit(10**12)


def _frame_of(variables: dict[str, Any]) -> Any:
    """A real frame with these variables."""
    names = ", ".join(variables)
    made: dict[str, Any] = {"here": sys._getframe}
    exec(compile(f"def row({names}):\n return here()", "<row>", "exec"), made)  # noqa: S102 -- a function whose variables have these names
    return made["row"](**variables)


def shown(row: Row, config: Config) -> str:
    """All that a default snapshot and a message say of the row."""
    frame = _frame_of(row.variables)
    frames = capture_frames([At(frame, 2, -1)], reader(config), "", 1)
    said = [json.dumps(frames, ensure_ascii=False)]
    for name in row.variables:
        try:
            parsed = template.parse(f"{{{name}}}", Redaction(config).hides)
        except RuleError as refused:
            assert refused.code == "redacted-name"  # noqa: PT017 -- any other would be a fault of the table
            said.append(REDACTED)
        else:
            said.append(render(parsed, HitScope(dict(row.variables)), reader(config)))
    return "\n".join(said)


def is_seen(row: Row, text: str) -> bool:
    """Whether the secret, or a piece of it, is in the text."""
    plain = text.replace("\\\\", "\\").replace('\\"', '"')
    part = row.part
    pieces = (
        [part] if len(part) <= _PIECE else [part[at : at + _PIECE] for at in range(0, len(part) - _PIECE, 4)]
    )
    return any(piece in text or piece in plain for piece in pieces)


def seen(config: Config, rows: Iterable[Row] = SECRETS) -> list[str]:
    """The groups of the secrets that come out."""
    return [row.group for row in rows if is_seen(row, shown(row, config))]


def hidden(config: Config, rows: Iterable[Row] = INNOCENTS) -> list[str]:
    """The groups of the innocents that do not."""
    return [row.group for row in rows if REDACTED in shown(row, config)]


def test_the_table_is_as_large_as_it_says() -> None:
    assert len(SECRETS) >= 500
    assert len(INNOCENTS) >= 300
    assert all(row.part for row in SECRETS)
    assert not any(row.part for row in INNOCENTS)
    tokens = sum(row.group.startswith("token ") for row in SECRETS)
    assert tokens >= 120


def test_the_table_is_the_same_each_time() -> None:
    again = [*published_forms.rows(), *statements.rows()]
    parts = {row.part for row in SECRETS}
    assert all(row.part in parts for row in again)


def test_a_secret_would_be_seen_where_nothing_is_hidden() -> None:
    """The measure itself: a row is seen where it is written as it is."""
    for row in SECRETS:
        assert is_seen(row, json.dumps(row.part, ensure_ascii=False)), row.group


SEEN_MOST = 0.08
HIDDEN_MOST = 0.03


@pytest.mark.long
def test_hardly_a_secret_is_seen() -> None:
    found = seen(Config())
    assert len(found) <= SEEN_MOST * len(SECRETS), found


@pytest.mark.long
def test_hardly_an_innocent_is_hidden() -> None:
    found = hidden(Config())
    assert len(found) <= HIDDEN_MOST * len(INNOCENTS), found
