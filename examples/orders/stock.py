"""What can be ordered: prices, and how many are left."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from problems import OutOfStock, Unknown, Wrong

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence

CATALOGUE = {"tea-assam": 780, "tea-sencha": 1_240, "pot-cast-iron": 5_900, "cup-glass": 650}


class Line(NamedTuple):
    """One line of an order."""

    sku: str
    quantity: int


class Item(NamedTuple):
    """One thing on the shelf; the price is in cents."""

    sku: str
    price: int
    left: int


def price_of(sku: str) -> int:
    try:
        return CATALOGUE[sku]
    except KeyError:
        raise Unknown(f"there is no article {sku!r}") from None


def items(table: sqlite3.Connection) -> Iterator[Item]:
    for sku, left in table.execute("SELECT sku, left FROM stock ORDER BY sku"):
        yield Item(sku, price_of(sku), left)


def put_back(table: sqlite3.Connection, lines: Sequence[Line]) -> None:
    """Return the lines of an order that is placed anew; undone with it, where that fails."""
    for line in lines:
        table.execute("UPDATE stock SET left = left + ? WHERE sku = ?", (line.quantity, line.sku))


@contextmanager
def reserved(table: sqlite3.Connection, lines: Sequence[Line]) -> Iterator[None]:
    """Take the lines from the shelf; put them back where the order fails."""
    for line in lines:
        if line.quantity < 1:
            raise Wrong(f"{line.quantity} of {line.sku} cannot be ordered")
        price_of(line.sku)
        taken = table.execute(
            "UPDATE stock SET left = left - ? WHERE sku = ? AND left >= ?",
            (line.quantity, line.sku, line.quantity),
        )
        if taken.rowcount == 0:
            table.rollback()
            raise OutOfStock(f"fewer than {line.quantity} of {line.sku} are left")
    try:
        yield
    except BaseException:
        table.rollback()
        raise
    table.commit()
