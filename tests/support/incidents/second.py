"""Fourteen others, planted after the first, of the same kinds and of further ones: nothing was changed to find these."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.support.incidents.first import RARE
from tests.support.incidents.incident import Event, Incident, api_event, some
from tests.support.incidents.traffic import (
    batch,
    booking_event,
    order_body,
    order_event,
    payment,
    table,
    upload,
    wish,
)

if TYPE_CHECKING:
    import random


def _orders(rng: random.Random) -> Event:
    return order_event(rng, order_body(rng))


def _base64(rng: random.Random) -> Event:
    event = order_event(rng, order_body(rng))
    if some(rng, RARE) and event["body"]:
        event["body"] = event["body"].replace('"lines"', '"items"')
    return event


def _large_order(rng: random.Random) -> Event:
    body = order_body(rng)
    if some(rng, 2 * RARE):
        body["lines"] = [{"sku": "pot-cast-iron", "quantity": 20 + rng.randrange(5)}]
    return order_event(rng, body)


def _unknown_article(rng: random.Random) -> Event:
    body = order_body(rng)
    if some(rng, RARE):
        body["lines"][-1]["sku"] = rng.choice(["tea-earl-grey", "cup-tin", "spoon"])
    return order_event(rng, body)


def _no_customer(rng: random.Random) -> Event:
    body = order_body(rng)
    if some(rng, RARE):
        body["customer"] = None
    return order_event(rng, body)


def _new_way(rng: random.Random) -> Event:
    payments = [payment(rng) for _ in range(rng.randint(1, 8))]
    if some(rng, RARE):
        payments[rng.randrange(len(payments))]["way"] = "voucher"
    return batch(rng, payments)


def _amount_with_a_comma(rng: random.Random) -> Event:
    payments = [payment(rng) for _ in range(rng.randint(1, 8))]
    if some(rng, RARE):
        payments[rng.randrange(len(payments))]["amount"] = f"{rng.randint(1, 90)},50"
    return batch(rng, payments)


def _negative(rng: random.Random) -> Event:
    payments = [payment(rng) for _ in range(rng.randint(1, 8))]
    if some(rng, RARE):
        payments[-1]["amount"] = -rng.randint(100, 900)
    return batch(rng, payments)


def _many_guests(rng: random.Random) -> Event:
    if some(rng, RARE):
        return booking_event(rng, wish(rng, room=rng.choice(["1", "5", "9"]), guests=2))
    return booking_event(rng, wish(rng))


def _unknown_room(rng: random.Random) -> Event:
    return booking_event(
        rng, wish(rng, room=str(rng.randint(13, 20)) if some(rng, RARE) else str(rng.randint(1, 12)))
    )


def _long_stay(rng: random.Random) -> Event:
    return booking_event(rng, wish(rng, nights=rng.randint(20, 40) if some(rng, RARE) else rng.randint(1, 9)))


def _no_rows(rng: random.Random) -> Event:
    return upload(rng, "customer,currency,amount\n" if some(rng, RARE) else table(rng))


def _several_files(rng: random.Random) -> Event:
    event = upload(rng, table(rng))
    if some(rng, RARE):
        event["Records"] *= 2
    return event


def _reload(rng: random.Random) -> Event:
    if some(rng, RARE):
        return api_event(rng, "POST", "/rooms/reload")
    return booking_event(rng, wish(rng))


SECOND: Final = (
    Incident(
        "data shape",
        "orders",
        (),
        (
            (
                "app.py",
                'lines = [stock.Line(line["sku"], line["quantity"]) for line in order.get("lines", [])]',
            ),
            ("app.py", "if not lines:"),
            ("app.py", 'raise Wrong("an order needs at least one line")'),
            ("app.py", "def body_of(event: Mapping[str, Any]) -> dict[str, Any]:"),
        ),
        _base64,
        "@status == 400",
    ),
    Incident(
        "threshold",
        "orders",
        (
            (
                "pricing.py",
                "        total += shipping(total)\n",
                "        if total > 100_000:\n            raise OverflowError('too much')\n        total += shipping(total)\n",
            ),
        ),
        (
            ("pricing.py", "if total > 100_000:"),
            ("pricing.py", "raise OverflowError('too much')"),
        ),
        _large_order,
    ),
    Incident(
        "not found",
        "orders",
        (),
        (
            ("stock.py", "return CATALOGUE[sku]"),
            ("stock.py", "except KeyError:"),
            ("stock.py", 'raise Unknown(f"there is no article {sku!r}") from None'),
        ),
        _unknown_article,
        "@status == 404 and @event['routeKey'] == 'POST /orders'",
    ),
    Incident(
        "None for a text",
        "orders",
        (
            (
                "pricing.py",
                "        percent = COUPONS.get(self.coupon, 0)\n",
                "        percent = COUPONS.get(self.coupon, 0) + self.customer.count('x')\n",
            ),
        ),
        (
            ("pricing.py", "percent = COUPONS.get(self.coupon, 0) + self.customer.count('x')"),
            ("app.py", "def body_of(event: Mapping[str, Any]) -> dict[str, Any]:"),
            ("pricing.py", "def discount_percent(self) -> int:"),
            ("pricing.py", "def total(self) -> int:"),
        ),
        _no_customer,
    ),
    Incident(
        "swallowed",
        "payments",
        (
            (
                "payments.py",
                "        fee = FEES[payment.way]\n",
                (
                    "        try:\n            fee = FEES[payment.way]\n        except KeyError:\n"
                    "            fee = -payment.amount\n"
                ),
            ),
        ),
        (
            ("payments.py", "fee = FEES[payment.way]"),
            ("payments.py", "except KeyError:"),
            ("payments.py", "fee = -payment.amount"),
        ),
        _new_way,
    ),
    Incident(
        "parse",
        "payments",
        (),
        (
            (
                "payments.py",
                'return Payment(body["id"], body["account"], int(body["amount"]), body.get("way", "card"), body["due"])',
            ),
            ("payments.py", "def parse(record: dict[str, Any]) -> Payment:"),
        ),
        _amount_with_a_comma,
    ),
    Incident(
        "sign",
        "payments",
        (
            (
                "payments.py",
                "    total = sum(receipts.values())\n",
                "    total = sum(value**0.5 for value in receipts.values())\n    total = int(total)\n",
            ),
        ),
        (
            ("payments.py", "total = sum(value**0.5 for value in receipts.values())"),
            ("payments.py", "total = int(total)"),
            ("payments.py", "def parse(record: dict[str, Any]) -> Payment:"),
        ),
        _negative,
    ),
    Incident(
        "wrong limit",
        "bookings",
        (("bookings.py", 'wish["guests"] > room["beds"]', 'wish["guests"] >= room["beds"] + 1'),),
        (
            ("bookings.py", 'if wish["guests"] >= room["beds"] + 1:'),
            ("bookings.py", 'raise RefusedError("too few beds")'),
        ),
        _many_guests,
        "@status == 400 and @event['rawPath'] == '/bookings'",
    ),
    Incident(
        "unknown room",
        "bookings",
        (
            (
                "bookings.py",
                "    if room is None:\n        raise RefusedError",
                "    if number == '0':\n        raise RefusedError",
            ),
        ),
        (
            ("bookings.py", "room = ROOMS.get(number)"),
            ("bookings.py", "def find_room(number: str) -> dict[str, Any]:"),
            ("bookings.py", 'if wish["guests"] > room["beds"]:'),
        ),
        _unknown_room,
    ),
    Incident(
        "off by one",
        "bookings",
        (
            ("bookings.py", "LONG_STAY = 7\n", "LONG_STAY = 7\nSTEPS = (0, 5, 10)\n"),
            (
                "bookings.py",
                "        price = price * 9 // 10\n",
                "        price -= price * STEPS[nights // LONG_STAY] // 100\n",
            ),
        ),
        (
            ("bookings.py", "price -= price * STEPS[nights // LONG_STAY] // 100"),
            ("bookings.py", "def price_of(room: dict[str, Any], nights: int) -> int:"),
        ),
        _long_stay,
    ),
    Incident(
        "empty file",
        "reports",
        (
            (
                "reports.py",
                '    return [{"customer"',
                '    order[0].upper()\n    return [{"customer"',
            ),
        ),
        (
            ("reports.py", "order[0].upper()"),
            ("reports.py", "def sum_up(rows: list[dict[str, str]]) -> dict[str, float]:"),
            ("reports.py", "def read_rows(text: str) -> list[dict[str, str]]:"),
            ("reports.py", "def top(sums: dict[str, float]) -> list[dict[str, Any]]:"),
        ),
        _no_rows,
    ),
    Incident(
        "slow loop",
        "reports",
        (
            (
                "reports.py",
                "        sums = sum_up(rows)\n",
                "        sums = sum_up(rows)\n        if results:\n            time.sleep(FETCH_S)\n",
            ),
        ),
        (("reports.py", "if results:"), ("reports.py", 'for record in event["Records"]:')),
        _several_files,
        "@duration_ms > 140",
    ),
    Incident(
        "configuration",
        "bookings",
        (
            (
                "bookings.py",
                "            ROOMS.update(copy.deepcopy(OFFERED))\n",
                "            ROOMS.update(copy.deepcopy(OFFERED))\n            PRICES[MISSING] = 0\n",
            ),
        ),
        (
            ("bookings.py", "PRICES[MISSING] = 0"),
            ("bookings.py", 'if method == "POST" and path == "/rooms/reload":'),
        ),
        _reload,
    ),
    Incident(
        "nothing to be said",
        "orders",
        (),
        (),
        _orders,
        "@request_id[0] == 'a'",
    ),
)
