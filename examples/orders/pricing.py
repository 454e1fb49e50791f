"""What an order costs, in cents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import stock

if TYPE_CHECKING:
    from collections.abc import Sequence

BULK_FROM = 10
BULK_PERCENT = 10
FREE_SHIPPING_FROM = 10_000
SHIPPING = 490

COUPONS = {"WELCOME5": 5, "SUMMER15": 15}


@dataclass
class Cart:
    lines: Sequence[stock.Line]
    customer: str = ""
    coupon: str = ""

    def total(self) -> int:
        goods = sum(line_price(line) for line in self.lines)
        percent = self.discount_percent()
        total = goods - goods * percent // 100
        total += shipping(total)
        return total

    def discount_percent(self) -> int:
        percent = COUPONS.get(self.coupon, 0)
        if any(line.quantity >= BULK_FROM for line in self.lines):
            percent += BULK_PERCENT
        return percent


def line_price(line: stock.Line) -> int:
    """What one line costs."""
    price = stock.price_of(line.sku) * line.quantity
    if line.quantity >= BULK_FROM:
        price -= price * BULK_PERCENT // 100
    return price


def shipping(goods: int) -> int:
    return 0 if goods >= FREE_SHIPPING_FROM else SHIPPING
