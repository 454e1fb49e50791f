"""The table of orders and of stock: sqlite in the environment's own /tmp, or where ORDERS_DB says."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import tempfile
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import stock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pricing import Cart

SHELF = 500

SCHEMA = """
CREATE TABLE IF NOT EXISTS orders (id TEXT PRIMARY KEY, customer TEXT, lines TEXT, total INTEGER);
CREATE TABLE IF NOT EXISTS stock (sku TEXT PRIMARY KEY, left INTEGER);
"""


@contextmanager
def connect() -> Iterator[sqlite3.Connection]:
    path = os.environ.get("ORDERS_DB") or os.path.join(tempfile.gettempdir(), "orders.db")
    table = sqlite3.connect(path)
    try:
        table.executescript(SCHEMA)
        table.executemany(
            "INSERT OR IGNORE INTO stock VALUES (?, ?)", [(sku, SHELF) for sku in stock.CATALOGUE]
        )
        table.commit()
        yield table
    finally:
        table.close()


def id_of(request_id: str) -> str:
    """The order that a request makes: the same one, however often it is sent."""
    return hashlib.sha256(request_id.encode()).hexdigest()[:8]


def save(table: sqlite3.Connection, order_id: str, cart: Cart, total: int) -> None:
    lines = json.dumps([line._asdict() for line in cart.lines])
    table.execute(
        "INSERT OR REPLACE INTO orders VALUES (?, ?, ?, ?)", (order_id, cart.customer, lines, total)
    )


def load(table: sqlite3.Connection, order_id: str) -> dict[str, Any] | None:
    row = table.execute("SELECT customer, lines, total FROM orders WHERE id = ?", (order_id,)).fetchone()
    if row is None:
        return None
    customer, lines, total = row
    return {"id": order_id, "customer": customer, "lines": json.loads(lines), "total": total}
