"""What an authorizer has read in a token stands under `jwt`: an expression reads a claim of it, and never a token."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import hotlog
from hotlog.errors import RuleError
from hotlog.expressions.grammar import parse
from tests.support.probed import Probed

if TYPE_CHECKING:
    from pathlib import Path

SHOP = """
def handler(event, kept):
    return kept  # <here>
"""
CLAIM = "event['requestContext']['authorizer']['jwt']['claims']['sub']"
TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJlc2lnbmF0dXJl"  # noqa: S105  # of nobody


class Claims(dict):  # type: ignore[type-arg]
    """A dict of the application's: no exact one."""


def said(folder: Path, expression: str, jwt: Any) -> str:
    with Probed(folder, SHOP) as app:
        app.apply(hotlog.Rule(id="k3f9", at=app.sample.at("here"), message=f"{{{expression}}}"))
        event = {"requestContext": {"authorizer": {"jwt": jwt}}}
        app.invoke(lambda: app.module.handler(event, None), event=event)
        [found] = [each for each in app.events if each["hotlog"] == "log"]
        return str(found["message"])


def test_a_claim_is_read(tmp_path: Path) -> None:
    jwt = {"claims": {"sub": "user-7", "token": "hunter2hunter2"}, "scopes": None}
    assert said(tmp_path, CLAIM, jwt) == "user-7"
    assert "hunter2" not in said(tmp_path, CLAIM.replace("['sub']", ""), jwt)


@pytest.mark.parametrize(
    "jwt",
    [
        TOKEN,
        {"claims": {"sub": "hunter2"}, "raw": TOKEN},
        {"claims": "hunter2"},
        Claims(claims={"sub": "hunter2"}),
    ],
    ids=["text", "more", "no claims", "another class"],
)
def test_what_is_no_decoded_token_is_not_read(tmp_path: Path, jwt: Any) -> None:
    message = said(tmp_path, CLAIM, jwt)
    assert "hunter2" not in message
    assert TOKEN not in message


@pytest.mark.parametrize(
    "expression",
    [
        "event['jwt']",
        "event['jwt']['raw']",
        "jwt['claims']",
        "event.jwt['claims']",
        "event['jwt']['claims']['token']",
        "event['a_jwt']['claims']",
    ],
)
def test_any_other_way_to_it_is_refused(expression: str) -> None:
    with pytest.raises(RuleError) as refused:
        parse(expression)
    assert refused.value.code == "redacted-name"
