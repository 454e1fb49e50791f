"""What comes in: random, and well formed. An incident changes a part of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.support.incidents.incident import Event, api_event, some

if TYPE_CHECKING:
    import random

ARTICLES = ("tea-assam", "tea-sencha", "pot-cast-iron", "cup-glass")
NAMES = ("ana", "ben", "cleo", "dee", "eli", "fay", "gus", "hal")
COUPONS = ("", "", "", "WELCOME5", "SUMMER15")


def order_body(rng: random.Random) -> dict[str, Any]:
    """Return what an order says."""
    lines = [
        {"sku": rng.choice(ARTICLES), "quantity": rng.choice([1, 1, 2, 3, 4, 8, 12])}
        for _ in range(rng.randint(1, 4))
    ]
    return {
        "customer": f"{rng.choice(NAMES)}{rng.randrange(100)}",
        "lines": lines,
        "coupon": rng.choice(COUPONS),
    }


def order_event(rng: random.Random, body: dict[str, Any]) -> Event:
    """Return the event of an order; now and then something else than an order comes."""
    if some(rng, 0.1):
        return api_event(rng, "GET", "/stock")
    if some(rng, 0.05):
        return {
            **api_event(rng, "GET", "/orders/{id}"),
            "pathParameters": {"id": f"{rng.getrandbits(32):08x}"},
        }
    return api_event(rng, "POST", "/orders", body)


def payment(rng: random.Random, *, late: bool = False, way: str = "") -> dict[str, Any]:
    """Return a payment."""
    due = datetime.now(UTC) + timedelta(days=-3 if late else rng.randint(1, 30))
    return {
        "id": f"p-{rng.getrandbits(40):010x}",
        "account": f"DE{rng.randrange(10**8):08}",
        "amount": rng.choice([rng.randint(100, 40_000), rng.randint(50_001, 90_000)]),
        "way": way or rng.choice(["card", "transfer", "wallet"]),
        "due": due.date().isoformat(),
    }


def batch(rng: random.Random, payments: list[dict[str, Any]]) -> Event:
    """Return a batch of a queue."""
    return {
        "Records": [
            {
                "messageId": f"{rng.getrandbits(64):016x}",
                "body": json.dumps(each),
                "attributes": {"SentTimestamp": str(1_795_000_000_000 + rng.randrange(10**9))},
                "eventSource": "aws:sqs",
            }
            for each in payments
        ]
    }


def wish(rng: random.Random, **fields: object) -> dict[str, Any]:
    """Return what somebody wants to book."""
    at = datetime.now(UTC) + timedelta(days=rng.randint(1, 90), hours=rng.randrange(24))
    return {
        "room": str(rng.randint(1, 12)),
        "from": at.replace(microsecond=0).isoformat(),
        "nights": rng.choice([1, 2, 3, 5, 8, 10]),
        "guests": 1,
        "guest": f"{rng.choice(NAMES)}{rng.randrange(100)}",
        **fields,
    }


def booking_event(rng: random.Random, body: dict[str, Any]) -> Event:
    """Return the event of a booking; now and then something else comes."""
    if some(rng, 0.15):
        return api_event(rng, "GET", f"/rooms/{rng.randint(1, 14)}")
    return api_event(rng, "POST", "/bookings", body)


def table(
    rng: random.Random,
    columns: tuple[str, ...] = ("customer", "currency", "amount"),
    *,
    header: bool = True,
    **fixed: str,
) -> str:
    """Return a table of amounts."""
    lines = [",".join(columns)] if header else []
    for _ in range(rng.randint(2, 8)):
        row = {
            "customer": f"{rng.choice(NAMES)}{rng.randrange(100)}",
            "currency": rng.choice(["EUR", "USD", "CHF", "GBP"]),
            "amount": f"{rng.randint(100, 99_999) / 100:.2f}",
            **fixed,
        }
        lines.append(",".join(row[name] for name in columns))
    return "\n".join(lines) + "\n"


def upload(rng: random.Random, text: str) -> Event:
    """Return the event of a table that was uploaded."""
    key = f"in/{rng.getrandbits(48):012x}.csv"
    return {
        "Records": [
            {
                "eventName": "ObjectCreated:Put",
                "eventTime": datetime.now(UTC).isoformat(),
                "s3": {"bucket": {"name": "tables"}, "object": {"key": key, "size": len(text), "text": text}},
            }
        ]
    }
