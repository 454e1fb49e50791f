"""Payments from a queue, ten at a time. A record that fails is named in the answer, and comes again."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

log = logging.getLogger(__name__)
CHUNK = 3
LARGE = 50_000
FEES = {"card": 30, "transfer": 0, "wallet": 12}


class Payment(NamedTuple):
    """What somebody pays, in cents."""

    id: str
    account: str
    amount: int
    way: str
    due: str


class RejectedError(Exception):
    """The payment cannot be made."""


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    payments = [parse(record) for record in event["Records"]]
    failed = []
    receipts = {}
    for chunk in chunks(payments):
        receipts.update(settle_all(chunk))
    for record, payment in zip(event["Records"], payments, strict=True):
        try:
            confirm(payment, receipts)
        except RejectedError as problem:
            log.warning("rejected %s: %s", payment.id, problem)
            failed.append({"itemIdentifier": record["messageId"]})
    report(payments, receipts)
    return {"batchItemFailures": failed}


def parse(record: dict[str, Any]) -> Payment:
    body = json.loads(record["body"])
    return Payment(body["id"], body["account"], int(body["amount"]), body.get("way", "card"), body["due"])


def chunks(payments: Sequence[Payment]) -> Iterator[Sequence[Payment]]:
    for start in range(0, len(payments), CHUNK):
        yield payments[start : start + CHUNK]


def settle_all(chunk: Sequence[Payment]) -> dict[str, int]:
    receipts = {}
    for payment in chunk:
        fee = FEES[payment.way]
        if payment.amount > LARGE:
            fee += payment.amount // 1_000
        receipts[payment.id] = payment.amount + fee
    return receipts


def confirm(payment: Payment, receipts: dict[str, int]) -> None:
    charged = receipts[payment.id]
    if charged < payment.amount:
        raise RejectedError("charged too little")


def report(payments: Sequence[Payment], receipts: dict[str, int]) -> None:
    total = sum(receipts.values())
    today = datetime.now(UTC).date().isoformat()
    late = [payment for payment in payments if payment.due < today]
    line = f"{len(payments)} payments, {total} cents"
    if late:
        line += f", {len(late)} late"
    log.info(line)
