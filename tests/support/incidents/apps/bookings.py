"""Rooms and bookings, as an HTTP API: `POST /bookings`, `GET /rooms/{number}`, `POST /rooms/reload`."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime, timedelta
from typing import Any

PRICES = {"single": 8_000, "double": 12_500, "suite": 30_000}
OFFERED = {
    str(number): {"kind": kind, "deposit": 5_000, "beds": beds}
    for number, (kind, beds) in enumerate([("single", 1), ("double", 2), ("double", 3), ("suite", 4)] * 3, 1)
}
ROOMS: dict[str, dict[str, Any]] = copy.deepcopy(OFFERED)
LONG_STAY = 7
BOOKED: dict[str, dict[str, Any]] = {}


class RefusedError(Exception):
    """Answered with 400."""


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    method = event["requestContext"]["http"]["method"]
    path = event["rawPath"]
    try:
        if method == "POST" and path == "/bookings":
            return answer(201, book(json.loads(event["body"]), event["requestContext"]["requestId"]))
        if method == "POST" and path == "/rooms/reload":
            ROOMS.update(copy.deepcopy(OFFERED))
            return answer(200, {"rooms": len(ROOMS)})
        if method == "GET" and path.startswith("/rooms/"):
            return answer(200, dict(find_room(path.rpartition("/")[2])))
    except RefusedError as problem:
        return answer(400, {"message": str(problem)})
    return answer(404, {"message": "nothing here"})


def book(wish: dict[str, Any], request: str) -> dict[str, Any]:
    room = find_room(wish["room"])
    begin = read_day(wish["from"])
    nights = int(wish.get("nights", 1))
    if nights < 1:
        raise RefusedError("at least one night")
    if wish["guests"] > room["beds"]:
        raise RefusedError("too few beds")
    price = price_of(room, nights)
    deposit = deposit_of(room, wish.get("member", False))
    booking = {
        "id": request[:8],
        "room": wish["room"],
        "until": (begin + timedelta(days=nights)).date().isoformat(),
        "price": price,
        "a_night": price // nights,
        "due": price - deposit,
    }
    check_amount(wish, deposit)
    BOOKED[booking["id"]] = booking
    return booking


def find_room(number: str) -> dict[str, Any]:
    room = ROOMS.get(number)
    if room is None:
        raise RefusedError(f"there is no room {number}")
    return room


def read_day(text: str) -> datetime:
    day = datetime.fromisoformat(text)
    if day.tzinfo is None:
        day = day.replace(tzinfo=UTC)
    if day < datetime.now(UTC) - timedelta(days=1):
        raise RefusedError("the past is over")
    return day


def price_of(room: dict[str, Any], nights: int) -> int:
    price = PRICES[room["kind"]] * nights
    if nights >= LONG_STAY:
        price = price * 9 // 10
    return price


def deposit_of(room: dict[str, Any], member: bool) -> int:
    if member:
        return 0
    return int(room["deposit"])


def check_amount(wish: dict[str, Any], deposit: int) -> None:
    paid = round(float(wish.get("paid", "0")) * 100)
    if paid > deposit:
        raise RefusedError("paid more than the deposit")


def answer(status: int, content: dict[str, Any]) -> dict[str, Any]:
    return {
        "statusCode": status,
        "headers": {"content-type": "application/json"},
        "body": json.dumps(content),
    }
