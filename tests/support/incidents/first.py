"""The fourteen: eleven that fail, and three that do not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

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

RARE = 0.12


def _without_quantity(rng: random.Random) -> Event:
    body = order_body(rng)
    if some(rng, RARE):
        del rng.choice(body["lines"])["quantity"]
    return order_event(rng, body)


def _unknown_coupon(rng: random.Random) -> Event:
    body = order_body(rng)
    if some(rng, RARE):
        body["coupon"] = rng.choice(["SPRING20", "NEW", "FRIENDS"])
    return order_event(rng, body)


def _quantity_as_text(rng: random.Random) -> Event:
    body = order_body(rng)
    if some(rng, RARE):
        line = rng.choice(body["lines"])
        line["quantity"] = str(line["quantity"])
    return order_event(rng, body)


def _of_a_vip(rng: random.Random) -> Event:
    """The shop window has shown what it should cost."""
    body = order_body(rng)
    if some(rng, RARE):
        body["customer"] = rng.choice(["vip-ana", "vip-ben"])
    body["shown"] = _right_total(body)
    return api_event(rng, "POST", "/orders", body)


PRICES: Final = {"tea-assam": 780, "tea-sencha": 1_240, "pot-cast-iron": 5_900, "cup-glass": 650}


def _right_total(body: Event) -> int:
    goods = 0
    for line in body["lines"]:
        price = PRICES[line["sku"]] * line["quantity"]
        goods += price - price * 10 // 100 if line["quantity"] >= 10 else price
    percent = {"WELCOME5": 5, "SUMMER15": 15}.get(body["coupon"], 0)
    if any(line["quantity"] >= 10 for line in body["lines"]):
        percent += 10
    if body["customer"].startswith("vip"):
        percent += 2
    total = goods - goods * percent // 100
    return total + (0 if total >= 10_000 else 490)


def _with_late_ones(rng: random.Random) -> Event:
    late = some(rng, RARE)
    count = rng.randint(1, 9)
    return batch(rng, [payment(rng, late=late and number == count - 1) for number in range(count)])


def _with_a_twin(rng: random.Random) -> Event:
    payments = [payment(rng) for _ in range(rng.randint(2, 9))]
    if some(rng, RARE):
        payments[-1] = payments[0]
    return batch(rng, payments)


def _of_odd_sizes(rng: random.Random) -> Event:
    count = rng.choice([4, 7]) if some(rng, RARE) else rng.choice([2, 3, 5, 6, 8, 9])
    return batch(rng, [payment(rng) for _ in range(count)])


def _without_transfers(rng: random.Random) -> Event:
    payments = [payment(rng) for _ in range(rng.randint(1, 8))]
    if some(rng, RARE):
        return batch(rng, [{**each, "way": "card"} for each in payments])
    return batch(rng, [*payments, payment(rng, way="transfer")])


def _without_nights(rng: random.Random) -> Event:
    body = wish(rng)
    if some(rng, RARE):
        del body["nights"]
    return booking_event(rng, body)


def _of_a_member(rng: random.Random) -> Event:
    if some(rng, 0.05):
        return api_event(rng, "POST", "/rooms/reload")
    return booking_event(rng, wish(rng, member=some(rng, 0.1)))


def _without_zone(rng: random.Random) -> Event:
    body = wish(rng)
    if some(rng, RARE):
        at = datetime.now(UTC) + timedelta(days=rng.randint(1, 90))
        body["from"] = at.replace(tzinfo=None, microsecond=0).isoformat()
    return booking_event(rng, body)


def _paid_for(rng: random.Random) -> Event:
    number = rng.choice([1, 5, 9]) if some(rng, RARE) else rng.choice([2, 3, 4, 6, 7, 8, 10, 11, 12])
    paid = {1: "19.90", 2: "25.00", 3: "25.00", 0: "41.10"}[number % 4]
    return booking_event(rng, wish(rng, room=str(number), paid=paid))


def _in_yen(rng: random.Random) -> Event:
    return upload(rng, table(rng, currency="JPY") if some(rng, RARE) else table(rng))


def _in_another_order(rng: random.Random) -> Event:
    if some(rng, 0.06):
        return upload(rng, table(rng, ("amount", "customer", "currency")))
    return upload(rng, table(rng, header=some(rng, 0.5)))


FIRST: Final = (
    Incident(
        "missing key",
        "orders",
        (),
        (
            (
                "app.py",
                'lines = [stock.Line(line["sku"], line["quantity"]) for line in order.get("lines", [])]',
            ),
        ),
        _without_quantity,
    ),
    Incident(
        "None",
        "orders",
        (("pricing.py", "COUPONS.get(self.coupon, 0)", "COUPONS.get(self.coupon) if self.coupon else 0"),),
        (
            ("pricing.py", "percent = COUPONS.get(self.coupon) if self.coupon else 0"),
            ("pricing.py", "total = goods - goods * percent // 100"),
            ("pricing.py", "percent += BULK_PERCENT"),
            ("pricing.py", "def discount_percent(self) -> int:"),
        ),
        _unknown_coupon,
    ),
    Incident(
        "wrong type",
        "orders",
        (),
        (
            ("stock.py", "if line.quantity < 1:"),
            ("stock.py", "def reserved(table: sqlite3.Connection, lines: Sequence[Line]) -> Iterator[None]:"),
            (
                "app.py",
                'lines = [stock.Line(line["sku"], line["quantity"]) for line in order.get("lines", [])]',
            ),
        ),
        _quantity_as_text,
    ),
    Incident(
        "wrong price",
        "orders",
        (
            (
                "pricing.py",
                "            percent += BULK_PERCENT\n",
                (
                    "            percent += BULK_PERCENT\n        if self.customer.startswith('vip-'):\n"
                    "            percent += percent\n"
                ),
            ),
        ),
        (("pricing.py", "if self.customer.startswith('vip-'):"), ("pricing.py", "percent += percent")),
        _of_a_vip,
        "json(@event['body'])['shown'] != json(@response['body'])['total']",
    ),
    Incident(
        "exhausted generator",
        "payments",
        (
            (
                "payments.py",
                "late = [payment for payment in payments if payment.due < today]",
                "late = (payment for payment in payments if payment.due < today)\n    count = sum(1 for _ in late)",
            ),
            (
                "payments.py",
                '    if late:\n        line += f", {len(late)} late"',
                '    if count:\n        worst = max(payment.amount for payment in late)\n        line += f", {count} late, {worst}"',
            ),
        ),
        (
            ("payments.py", "late = (payment for payment in payments if payment.due < today)"),
            ("payments.py", "count = sum(1 for _ in late)"),
            ("payments.py", "if count:"),
            ("payments.py", "worst = max(payment.amount for payment in late)"),
        ),
        _with_late_ones,
    ),
    Incident(
        "duplicate record",
        "payments",
        (
            (
                "payments.py",
                "    total = sum(receipts.values())\n",
                (
                    "    if len(receipts) != len(payments):\n        raise RuntimeError('receipts are missing')\n"
                    "    total = sum(receipts.values())\n"
                ),
            ),
        ),
        (
            ("payments.py", "if len(receipts) != len(payments):"),
            ("payments.py", "raise RuntimeError('receipts are missing')"),
            ("payments.py", "receipts[payment.id] = payment.amount + fee"),
            ("payments.py", "receipts.update(settle_all(chunk))"),
        ),
        _with_a_twin,
    ),
    Incident(
        "off by one",
        "payments",
        (("payments.py", "range(0, len(payments), CHUNK)", "range(0, len(payments) - 1, CHUNK)"),),
        (
            ("payments.py", "for start in range(0, len(payments) - 1, CHUNK):"),
            ("payments.py", "charged = receipts[payment.id]"),
        ),
        _of_odd_sizes,
    ),
    Incident(
        "empty list",
        "payments",
        (
            (
                "payments.py",
                "    log.info(line)\n",
                (
                    "    first = min(payment.due for payment in payments if payment.way == 'transfer')\n"
                    "    log.info('%s %s', line, first)\n"
                ),
            ),
        ),
        (("payments.py", "first = min(payment.due for payment in payments if payment.way == 'transfer')"),),
        _without_transfers,
    ),
    Incident(
        "wrong default",
        "bookings",
        (
            ("bookings.py", 'wish.get("nights", 1)', 'wish.get("nights", 0)'),
            ("bookings.py", "if nights < 1:", "if nights < 0:"),
        ),
        (
            ("bookings.py", 'nights = int(wish.get("nights", 0))'),
            ("bookings.py", '"a_night": price // nights,'),
            ("bookings.py", "def price_of(room: dict[str, Any], nights: int) -> int:"),
        ),
        _without_nights,
    ),
    Incident(
        "mutated shared state",
        "bookings",
        (("bookings.py", "        return 0\n", '        room["deposit"] = None\n        return 0\n'),),
        (
            ("bookings.py", 'room["deposit"] = None'),
            ("bookings.py", 'return int(room["deposit"])'),
            ("bookings.py", "def deposit_of(room: dict[str, Any], member: bool) -> int:"),
            ("bookings.py", "def find_room(number: str) -> dict[str, Any]:"),
        ),
        _of_a_member,
    ),
    Incident(
        "time zone",
        "bookings",
        (("bookings.py", "    if day.tzinfo is None:\n        day = day.replace(tzinfo=UTC)\n", ""),),
        (
            ("bookings.py", "day = datetime.fromisoformat(text)"),
            ("bookings.py", "if day < datetime.now(UTC) - timedelta(days=1):"),
        ),
        _without_zone,
    ),
    Incident(
        "rounding",
        "bookings",
        (
            (
                "bookings.py",
                '"deposit": 5_000',
                '"deposit": {"single": 1_990, "double": 2_500, "suite": 4_110}[kind]',
            ),
            (
                "bookings.py",
                'paid = round(float(wish.get("paid", "0")) * 100)',
                'paid = int(float(wish["paid"]) * 100)',
            ),
            ("bookings.py", "    if paid > deposit:\n", "    if paid != deposit:\n"),
            (
                "bookings.py",
                'raise RefusedError("paid more than the deposit")',
                "raise RuntimeError('amounts differ')",
            ),
        ),
        (
            ("bookings.py", 'paid = int(float(wish["paid"]) * 100)'),
            ("bookings.py", "if paid != deposit:"),
            ("bookings.py", "raise RuntimeError('amounts differ')"),
        ),
        _paid_for,
    ),
    Incident(
        "slow",
        "reports",
        (("reports.py", "        rate = 1.0\n", "        rate = fetch_rate(currency)\n"),),
        (
            ("reports.py", "if rate is None:"),
            ("reports.py", "rate = fetch_rate(currency)"),
            ("reports.py", "time.sleep(FETCH_S)"),
            ("reports.py", "def fetch_rate(currency: str) -> float:"),
        ),
        _in_yen,
        "@duration_ms > 140",
    ),
    Incident(
        "state left by an earlier invocation",
        "reports",
        (
            ("reports.py", "TOP = 3\n", "TOP = 3\nLAST: list[tuple[str, ...]] = [COLUMNS]\n"),
            ("reports.py", "columns: tuple[str, ...] = COLUMNS\n", "columns: tuple[str, ...] = LAST[-1]\n"),
            (
                "reports.py",
                "            columns = tuple(cells)\n",
                "            columns = LAST[-1] = tuple(cells)\n",
            ),
        ),
        (
            ("reports.py", "columns: tuple[str, ...] = LAST[-1]"),
            ("reports.py", "columns = LAST[-1] = tuple(cells)"),
            ("reports.py", "row = dict(zip(columns, cells, strict=False))"),
            ("reports.py", 'if is_number(row.get("amount", "")):'),
        ),
        _in_another_order,
        "@response['reports'][0]['skipped'] > 0",
    ),
)
