"""Rules written into the source: the text is the old one and a statement, and `try` of it gives the same rule."""

from __future__ import annotations

import ast
import random
from typing import TYPE_CHECKING, Any

import pytest

from hotlog.client.code.library import CodeLibrary
from hotlog.client.typed.find_typed import find_typed
from hotlog.client.typed.promote import PromotedRules, promote_rules
from hotlog.client.typed.source_style import STYLES
from hotlog.client.typed.tree_diff import TreeDiff
from hotlog.expressions.template import parse
from hotlog.redaction.secret_names import is_redacted
from hotlog.rules.model import Rule
from hotlog.source.statements import Source
from tests.support import git
from tests.unit.test_typed_edits import FILE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_MESSAGES = (
    "hello", "total={total}", "a {order} b {order!r}", "{len(order['lines'])} lines at 100 %", "{{braces}} {total!r}",
    "{[each for each in order if each != 'x']}", "{order.get('id', \"none\")}", "it's {cart} \"now\"", "{total:.2f}",
    "{total if total else 'none'} {1 + 2}", "ünï {order}", "{'a' in order}", "100%s {total}", "back\\slash {total}",
)  # fmt: skip
_CONDITIONS = ("", "", "total > 3", "order['id'] == \"x\"", "not cart or total", "total is None and cart")
_TEXTS = (
    ("cart = Cart()", "place"), ('count = line["count"]', "place"), ("total = 0", "place"), ("cart.clear()", "place"),
    ("return total", "place"), ("file.write(str(total))", "place"), ("goods -= 1", "Cart.total"), ("goods = None", "Cart.total"),
    ("self.lines = []", "Cart.clear"), ('for line in order["lines"]:', "place"), ("try:", "place"),
    ('with open("x") as file:', "place"),
)  # fmt: skip


LAYOUTS: dict[str, Callable[[str], str]] = {
    "plain": lambda text: text,
    "windows": lambda text: text.replace("\n", "\r\n"),
    "mixed": lambda text: text.replace(":\n", ":\r\n"),
    "marked": lambda text: f"\ufeff{text.partition('import json')[1]}{text.partition('import json')[2]}",
}


def rule_of(seed: int) -> Rule:
    chance = random.Random(seed)  # noqa: S311  # a seed makes it the same each time
    text, function = chance.choice(_TEXTS)
    line = next(number for number, each in enumerate(FILE.split("\n"), 1) if each.strip() == text)
    fields: dict[str, Any] = {"message": chance.choice(_MESSAGES), "condition": chance.choice(_CONDITIONS)}
    return Rule(
        at=f"app.py:{line}", text=text, function=function, after=chance.random() < 0.3, expires=None, **fields
    )


def promote(rules: list[Rule], folder: Path, style: str = "", text: str = FILE) -> PromotedRules:
    (folder / "app.py").write_bytes(text.encode())
    return promote_rules(rules, folder, folder, CodeLibrary(), style, is_redacted)


def normal(rule: Rule) -> tuple[object, ...]:
    """What makes two rules the same, whatever their layout: a level is of the typed line."""
    condition = ast.dump(ast.parse(rule.condition, mode="eval")) if rule.condition else ""
    parts = [
        part if isinstance(part, str) else (ast.dump(part.expression.tree), part.conversion, part.format)
        for part in parse(rule.message).parts
    ]
    return parts, condition


def place_of(source: Source, at: int, *, after: bool) -> tuple[int, int]:
    """The gap that a line goes into: two names of one gap are one place."""
    place = source.place(at)
    spot = source.spot(source.behind(place) if after else place)
    return id(spot.block), spot.position


@pytest.mark.long
@pytest.mark.parametrize("style", STYLES)
def test_try_of_what_was_promoted_gives_the_same_rule(style: str, tmp_path: Path) -> None:
    there_and_back(style, tmp_path, 40)


@pytest.mark.slow
@pytest.mark.parametrize("style", STYLES)
def test_try_of_much_that_was_promoted_gives_the_same_rules(style: str, tmp_path: Path) -> None:
    there_and_back(style, tmp_path, 300)


def there_and_back(style: str, folder: Path, count: int) -> None:
    """Promote rules made at random one by one, and read each back."""
    base = Source(FILE.encode(), "app.py")
    wrong: list[object] = []
    for seed in range(count):
        rule = rule_of(seed)
        done = promote([rule], folder, style)
        assert done.left_out == (), (rule, done.left_out)
        [file] = done.files
        difference = TreeDiff(base.tree, ast.parse(file.content))
        assert not difference.gone
        assert not difference.edited
        found = find_typed(Source(file.content, "app.py"), base, base, is_redacted)
        assert [each for each in found.others if not each.is_helper] == []
        [line] = found.lines
        log = line.read.log
        if log is None:
            wrong.append((rule, line.read.fault))
            continue
        again = rule._replace(message=log.message, condition=line.read.condition)
        where = place_of(base, line.at, after=line.after) == place_of(
            base, rule.target.line, after=rule.after
        )
        if normal(again) != normal(rule) or not where:
            wrong.append((rule, again, where))
    assert wrong == []


@pytest.mark.process
@pytest.mark.parametrize("layout", ["plain", "windows", "mixed", "marked"])
@pytest.mark.parametrize("style", ["logging", "print"])
def test_git_applies_the_diff(style: str, layout: str, tmp_path: Path) -> None:
    git.make_repository(tmp_path)
    git.git(tmp_path, "config", "core.autocrlf", "false")
    for seed, ends in ((1, True), (5, True), (9, False)):
        rules = [rule_of(seed), rule_of(seed + 50), rule_of(seed + 100)]
        text = LAYOUTS[layout](FILE if ends else FILE.rstrip("\n"))
        done = promote(rules, tmp_path, style, text)
        git.git(tmp_path, "apply", "--check", "-", given=done.diff.encode())
        git.git(tmp_path, "apply", "-", given=done.diff.encode())
        assert (tmp_path / "app.py").read_bytes() == done.files[0].content


def test_lines_that_no_diff_knows_are_left_alone(tmp_path: Path) -> None:
    [(_, fault)] = promote([rule_of(3)], tmp_path, "print", FILE.replace("\n", "\r")).left_out
    assert "carriage return" in fault.message


def test_the_style_of_the_file_is_taken(tmp_path: Path) -> None:
    rule = rule_of(0)._replace(message="total={total}", condition="")
    plain = promote([rule], tmp_path)
    assert "+import logging\n" in plain.diff
    assert '    logger.info("total=%s", total)\n' in plain.diff
    structlog = FILE.replace(
        "import json\n", "import json\nimport structlog\n\nlog = structlog.get_logger()\n"
    )
    assert 'log.info(f"total={total}")' in promote([rule], tmp_path, "", structlog).diff
    powertools = FILE.replace(
        "import json\n", "import json\nfrom aws_lambda_powertools import Logger\n\nLOG = Logger()\n"
    )
    assert 'LOG.info("total=%s", total)' in promote([rule], tmp_path, "", powertools).diff
    assert 'print(f"total={total}")' in promote([rule], tmp_path, "print").diff


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"message": "{order.password}"}, "redacted-name"),
        ({"message": "{@request_id}"}, "not-a-line"),
        ({"message": "", "snapshot": True}, "not-a-line"),
        ({"text": "no such statement"}, "source-changed"),
    ],
)
def test_what_stands_for_no_statement_is_left_out(fields: dict[str, Any], code: str, tmp_path: Path) -> None:
    rule = rule_of(0)._replace(**fields)
    fine = rule_of(3)
    done = promote([rule, fine], tmp_path)
    assert [(key, fault.code) for key, fault in done.left_out] == [(rule.id, code)]
    assert len(done.files) == 1
