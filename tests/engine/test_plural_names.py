"""`tokens` counts, or holds secrets: numbers are shown and compared, texts are not, whichever way an expression reads them."""

# ruff: noqa: SIM905 -- a list of names reads better as text

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import hotlog
from tests.support.probed import Probed

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "k7Qp-zz41"  # noqa: S105 -- made up for the test
SOURCE = """\
class Held:
    def __init__(self, tokens):
        self.tokens = tokens


class Slotted:
    __slots__ = ("tokens",)

    def __init__(self, tokens):
        self.tokens = tokens


def f(tokens, user_tokens, held, slotted, holder, name="tokens"):
    return 1
"""
READS = "tokens user_tokens held.tokens slotted.tokens holder['tokens'] holder[name] holder.get('tokens') holder.get(name) getattr(held,'tokens')".split()
FORMS = (
    "{0}", "{0}['a']", "{0}.get('a')", "[{0}]", "list({0}.values())", "[v for v in {0}.values()]", "str({0})", "f'{{{0}}}'",
    "{0}['a'] == 'k7Qp-zz41'", "{0}['a'].startswith('k')", "len({0}['a'])",
)  # fmt: skip


def test_texts_are_hidden_and_numbers_are_shown(tmp_path: Path) -> None:
    with Probed(tmp_path, SOURCE) as app:
        module = app.module

        def call(value: object) -> None:
            module.f(value, value, module.Held(value), module.Slotted(value), {"tokens": value})

        wrong = []
        for read in READS:
            forms = [form.format(read) for form in FORMS]
            rules = [
                hotlog.Rule(at=app.at("f"), id=f"m{n}", message=f"{{{form}}}", watch={"w": form}, limit=None)
                for n, form in enumerate(forms)
                if "f'" not in form
            ]
            rules += [
                hotlog.Rule(at=app.at("f"), id=f"c{n}", message="told", condition=form, limit=None)
                for n, form in enumerate(forms)
                if "==" in form or "starts" in form
            ]
            app.apply(*rules)
            for _ in range(2):  # what is compiled is made with the first hit
                call({"a": SECRET})
            told = json.dumps([event for event in app.events if event["hotlog"] == "log"])
            wrong += [f"{read}: shown"] if SECRET in told or '"k"' in told or '"told"' in told else []
            app.events.clear()
            app.apply(
                hotlog.Rule(
                    at=app.at("f"), id="n", message=f"{{{read}}}", condition=f"{read} > 14", limit=None
                )
            )
            call(15)
            call(3)
            shown = [event["message"] for event in app.events if event["hotlog"] == "log"]
            wrong += [f"{read}: {shown}"] if shown != ["15"] else []
            app.events.clear()
        assert wrong == []
