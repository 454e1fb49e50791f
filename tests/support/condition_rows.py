"""Conditions as people write them, with operands: usual, random and hostile ones; and what the evaluator says of them."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from hotlog.config import Config
from hotlog.expressions.evaluate import is_true
from hotlog.expressions.grammar import Expression, parse
from hotlog.expressions.hit_scope import HitScope
from hotlog.reading.budget import Unavailable
from hotlog.reading.reader import Reader
from hotlog.redaction.redact import Redaction
from tests.bench.rows import CONDITIONS, INVOCATION, Condition
from tests.support.hostile_operands import APP, SECRETS, Caller, hostile_values, plain_value, ran

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

READER = Reader(Redaction(Config(secrets=SECRETS)), readable=lambda _: True)
PLAIN = Reader(Redaction(Config()), readable=lambda _: True)
ROWS = [row for row in CONDITIONS if row.kind != INVOCATION]


class Evaluated:
    """A condition, and what the evaluator says of it.

    Attributes:
        names: of its variables that the application's module does not hold.
    """

    def __init__(self, text: str, reader: Reader, others: frozenset[str] | set[str]) -> None:
        self.expression: Expression = parse(text.strip())
        self.reader = reader
        self.names = sorted(name for name in self.expression.names - others if not hasattr(APP, name))

    def evaluated(self, values: dict[str, Any]) -> object:
        """What the evaluator says: a verdict, or its refusal."""
        known = {**vars(APP), **values}
        scope = HitScope({name: known[name] for name in self.expression.names & known.keys()}, Caller(values))  # type: ignore[arg-type]
        try:
            return is_true(self.expression, scope, self.reader.for_hit())
        except Unavailable as why:
            return why


def values_of(row: Condition, more: dict[str, str] | None = None) -> dict[str, Any]:
    """The variables of a row."""
    texts = {"i": "3", "s": "3", **row.values, **(more or {})}
    return {name: eval(text, dict(vars(APP))) for name, text in texts.items()}


def random_values(row: Condition, names: Sequence[str], rounds: int) -> Iterator[dict[str, Any]]:
    """So many times the variables of a row, most of them by chance; the same each time."""
    source = random.Random(row.text)  # noqa: S311  # not for secrets
    usual = [values_of(row), values_of(row, row.true)]
    for _ in range(rounds):
        values = dict(source.choice(usual))
        for name in names:
            if source.random() < 0.7:
                values[name] = plain_value(source)
        yield values


def check_hostile_operands(
    row: Condition, names: Sequence[str], decide: Callable[[dict[str, Any]], object]
) -> None:
    """Let a test decide on each hostile value in each place, and find that no code of theirs has run."""
    usual = values_of(row)
    for name in names:
        for value in hostile_values():
            decide(usual)  # what it learns of a class it forgets for another
            ran.clear()
            decide({**usual, name: value})
            decide({**usual, name: value})
            assert ran == [], (name, type(value).__mro__)
