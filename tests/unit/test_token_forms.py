"""The forms of tokens, tested from themselves: an example of each is found, a counter-example of each is not."""

from __future__ import annotations

import random
import re

import pytest

from hotlog.config import Config
from hotlog.redaction.redact import REDACTED, Redaction
from hotlog.redaction.token_forms import ALPHABETS, FORMS, INNER, is_drawn, may_be_glued, prefix_of, rest_of
from tests.support.rows import each_row

SCRUB = Redaction(Config()).scrub
_HOLE = re.compile(r"\{(\w)(\d+)(\+?)\}")
_SIGNS = "".join(chr(code) for code in range(33, 127))


def made(form: str, less: int = 0, seed: str = "") -> str:
    """Text in the form, by a seed; the last hole with so many characters less."""
    drawn = random.Random(form + seed)  # noqa: S311 -- made up, and the same each time
    last = [*_HOLE.finditer(form)][-1].start()

    def fill(hole: re.Match[str]) -> str:
        # No `_` and `-` at the ends: a word that is cut there is another.
        signs = [sign for sign in _SIGNS if re.fullmatch(ALPHABETS[hole[1]], sign) and sign.isalnum()]
        return "".join(drawn.choices(signs, k=int(hole[2]) - (less if hole.start() == last else 0)))

    return _HOLE.sub(fill, form)


def matches(form: str, text: str) -> bool:
    return re.match(re.escape(prefix_of(form)) + rest_of(form), text) is not None


@each_row("form", FORMS)
def test_an_example_is_found_wherever_it_stands(form: str) -> None:
    token = made(form)
    assert matches(form, token)
    assert SCRUB(token) == REDACTED
    for before, after in [
        ("see ", " now"),
        ("https://x/", ""),
        ("x=", "&y=1"),
        ('{"a": "', '"}'),
        ("(", ")"),
        ("a.", "."),
    ]:
        text = SCRUB(before + token + after)
        assert token not in text
        assert REDACTED in text


@each_row("form", FORMS)
def test_a_counter_example_is_not_of_the_form(form: str) -> None:
    token = made(form, less=1)
    assert not matches(form, token)
    assert not matches(form, "x" + made(form))
    # What is before the prefix makes another word of it.
    glued = SCRUB("x" + made(form))
    assert glued == "x" + made(form) or not glued.startswith(REDACTED)


@each_row("form", [form for form in FORMS if may_be_glued(prefix_of(form))])
def test_letters_before_it_do_not_hide_a_token_whose_prefix_no_word_ends_with(form: str) -> None:
    tokens = (made(form, seed=str(seed)) for seed in range(50))
    token = next(token for token in tokens if is_drawn(token[len(prefix_of(form)) :]))
    for before in ("x", "key", "TOKEN", "id7"):
        assert token not in SCRUB(f"see {before}{token} now")
    words = f"key{prefix_of(form)}of_the_day_and_all_other_days"
    assert SCRUB(words) == words


@each_row("form", FORMS)
def test_underscores_before_it_do_not_hide_a_token(form: str) -> None:
    token = made(form)
    for before, after in [("token_", ""), ("__", "__"), ("a_b_", "_c")]:
        assert token not in SCRUB(f"see {before}{token}{after} now")


def test_there_are_forms_of_many_services() -> None:
    assert len(set(FORMS)) == len(FORMS) >= 200
    assert len({prefix_of(form).rstrip("-_.") for form in FORMS}) >= 150


@pytest.mark.parametrize(("hint", "expression"), INNER)
def test_what_an_inner_form_must_hold_is_in_all_that_it_finds(hint: str, expression: str) -> None:
    assert hint in expression.replace("\\", "").replace("AA[", "AA") or hint == "AAAAAAAAAAAAAAAAAAAA"
    assert re.compile(expression).groups == 0


@pytest.mark.parametrize(
    "text",
    ["risk-adjusted-return-on-capital", "sk-learn-contrib-and-more-words", "api-gateway-rest-api-resources", "pa-ss-through-mode-for-everyone",
     "re_entrant_locks_are_not_free", "secret_name_of_the_database", "live_streaming_of_the_keynote", "key-value-stores-are-everywhere", "pat-a-cake-pat-a-cake-bakers-man",
     "task_live_scores_of_the_league", "my_ghost_story_of_the_year_2026", "disk_prod_volume_statistics_7", "monkey-patching-is-not-allowed-1",
     "mapping_npm_packages_to_licenses", "xglpat-is-no-token-of-gitlab-at-all", "MARKASIATISCHERWOERTERBUCH", "acct_1N2b3C4d5E6f7G8h", "pk.eyJhbGciOi", "https://example.com/api/webhook/orders", "com.example.service.handlers.OrderHandler"],
)  # fmt: skip
def test_words_that_begin_like_a_token_are_none(text: str) -> None:
    assert SCRUB(text) == text
