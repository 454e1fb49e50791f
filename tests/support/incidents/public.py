"""Fourteen in public handlers and in `examples/orders`, planted before it was looked what `why` and `suspects` say of them.

`HOTLOG_TEST_INCIDENTS` names a folder with the handlers' files, which are not part of this project:

    notify_slack.py       terraform-aws-modules/terraform-aws-notify-slack, functions/notify_slack.py
    lambda_function.py    aws-samples/amazon-lex-v2-lambdahook-for-booktripbot
    index.py              jhaoheng/cwlogs.firehose.lambda.glue.athena_tutorial, lambda-handler/py/index.py

Six of the bugs are in these files as they are: nothing is planted but the requests.
"""

from __future__ import annotations

import base64
import gzip
import json
import random
import threading
import time
import urllib.parse
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

import pytest

from tests.support.incidents.first import RARE
from tests.support.incidents.incident import PUBLIC_APPS, Event, Incident, some
from tests.support.incidents.traffic import order_body, order_event

needs_public = pytest.mark.skipif(
    not PUBLIC_APPS, reason="HOTLOG_TEST_INCIDENTS names no folder of public handlers"
)
SLOW_S: Final = 0.15


class _Slack(BaseHTTPRequestHandler):
    """Answers as Slack does; 400 for a text with attachments."""

    waits = random.Random(7)  # noqa: S311  # the same each time

    def do_POST(self) -> None:
        """Answer."""
        said = urllib.parse.parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
        payload = json.loads(said["payload"][0])
        if payload["channel"] == "slow" and some(self.waits, RARE):
            time.sleep(SLOW_S)
        self.send_response(400 if {"text", "attachments"} <= set(payload) else 200)
        self.end_headers()

    def log_message(self, *_given: object) -> None:
        """Say nothing."""


class Slack:
    """A server that takes messages, as long as it is open. `urlopen` raises what it answers but 200."""

    def __init__(self, channel: str = "alarms") -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Slack)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.variables = {
            "SLACK_WEBHOOK_URL": f"http://127.0.0.1:{self._server.server_port}/",
            "SLACK_CHANNEL": channel,
            "SLACK_USERNAME": "alarms",
            "SLACK_EMOJI": ":bell:",
        }

    def close(self) -> None:
        """Take no more."""
        self._server.shutdown()
        self._server.server_close()


# --- notifications ---------------------------------------------------------------------------------------------------


def _alarm(rng: random.Random) -> Event:
    return {
        "AlarmName": rng.choice(["orders-errors", "orders-slow", "queue-age"]),
        "AlarmDescription": rng.choice(["too many errors", "p99 above 3 s", "old messages"]),
        "NewStateValue": rng.choice(["OK", "ALARM", "INSUFFICIENT_DATA"]),
        "OldStateValue": rng.choice(["OK", "ALARM"]),
        "NewStateReason": f"Threshold Crossed: {rng.randrange(1, 90)} datapoints",
    }


def _finding(rng: random.Random) -> Event:
    seen = datetime.now(UTC) - timedelta(minutes=rng.randrange(600))
    detail = {
        "severity": rng.choice([2.0, 5.0, 8.0]),
        "title": "Unprotected port",
        "description": "An instance has an unprotected port",
        "type": rng.choice(["Recon:EC2/PortProbe", "UnauthorizedAccess:EC2/SSHBruteForce"]),
        "accountId": f"{rng.randrange(10**12):012}",
        "id": f"{rng.getrandbits(64):016x}",
        "service": {
            "eventFirstSeen": seen.isoformat(),
            "eventLastSeen": seen.isoformat(),
            "count": rng.randint(1, 40),
        },
    }
    return {"detail-type": "GuardDuty Finding", "region": "eu-central-1", "detail": detail}


def _health(rng: random.Random) -> Event:
    detail = {
        "service": rng.choice(["EC2", "RDS", "LAMBDA"]),
        "eventTypeCode": f"AWS_EC2_{rng.randrange(100)}",
        "eventTypeCategory": rng.choice(["issue", "scheduledChange", "accountNotification"]),
        "eventDescription": [{"language": "en_US", "latestDescription": "Something is degraded."}],
        "startTime": datetime.now(UTC).isoformat(),
    }
    resources = [f"i-{rng.getrandbits(32):08x}" for _ in range(rng.randint(1, 3))]
    return {
        "detail-type": "AWS Health Event",
        "region": "eu-central-1",
        "resources": resources,
        "detail": detail,
    }


def _other(rng: random.Random) -> Event:
    return {
        "job": f"j-{rng.randrange(1000)}",
        "state": rng.choice(["done", "failed"]),
        "rows": [rng.randrange(9)],
    }


def _notice(rng: random.Random, message: object) -> Event:
    sns = {
        "TopicArn": "arn:aws:sns:eu-central-1:111122223333:alarms",
        "Subject": rng.choice(["All", "Notice", None]),
        "Message": message if isinstance(message, str) else json.dumps(message),
        "MessageId": f"{rng.getrandbits(128):032x}",
    }
    return {"Records": [{"EventSource": "aws:sns", "Sns": sns}]}


def _any_notice(rng: random.Random) -> Event:
    return _notice(rng, rng.choice([_alarm, _finding, _health, _other])(rng))


def _without_description(rng: random.Random) -> Event:
    if some(rng, RARE):
        message = _alarm(rng)
        del message["AlarmDescription"]
        return _notice(rng, message)
    return _any_notice(rng)


def _without_severity(rng: random.Random) -> Event:
    if some(rng, RARE):
        message = _finding(rng)
        del message["detail"]["severity"]
        return _notice(rng, message)
    return _any_notice(rng)


def _without_words(rng: random.Random) -> Event:
    if some(rng, RARE):
        message = _health(rng)
        message["detail"]["eventDescription"] = []
        return _notice(rng, message)
    return _any_notice(rng)


def _with_texts(rng: random.Random) -> Event:
    if some(rng, 0.3):
        return _notice(rng, {"text": f"deployed {rng.randrange(1000)}"})
    return _any_notice(rng)


# --- trips -----------------------------------------------------------------------------------------------------------

CITIES: Final = ("chicago", "houston", "boston", "denver", "seattle")
CARS: Final = ("economy", "standard", "midsize", "full size", "minivan", "luxury")


def _slot(value: object) -> Event:
    return {
        "shape": "Scalar",
        "value": {"interpretedValue": value, "originalValue": value, "resolvedValues": [value]},
    }


def _day(rng: random.Random, after: int = 0) -> str:
    return (datetime.now(UTC) + timedelta(days=rng.randint(3, 60) + after)).date().isoformat()


def _turn(rng: random.Random, intent: str, slots: dict[str, object], *, attributes: bool = True) -> Event:
    state: Event = {
        "intent": {
            "name": intent,
            "state": "InProgress",
            "confirmationState": rng.choice(["None", "Confirmed"]),
            "slots": {
                name: value if isinstance(value, dict | None) else _slot(value)
                for name, value in slots.items()
            },
        }
    }
    if attributes:
        state["sessionAttributes"] = {"lang": rng.choice(["es", "en"])}
    return {
        "sessionId": f"s-{rng.getrandbits(40):010x}",
        "invocationSource": rng.choice(["DialogCodeHook", "FulfillmentCodeHook"]),
        "bot": {"name": "BookTrip"},
        "sessionState": state,
    }


def _hotel_slots(rng: random.Random) -> dict[str, object]:
    slots: dict[str, object] = {
        "Location": rng.choice(CITIES),
        "CheckInDate": _day(rng),
        "Nights": str(rng.randint(1, 12)),
        "RoomType": rng.choice(["queen", "king"]),
    }
    if some(rng, 0.2):
        slots[rng.choice(["CheckInDate", "Nights", "RoomType"])] = None
    return slots


def _car_slots(rng: random.Random, *, whole: bool = False) -> dict[str, object]:
    start = rng.randint(3, 40)
    days = [
        (datetime.now(UTC) + timedelta(days=each)).date().isoformat()
        for each in (start, start + rng.randint(1, 14))
    ]
    slots: dict[str, object] = {
        "PickUpCity": rng.choice(CITIES),
        "PickUpDate": days[0],
        "ReturnDate": days[1],
        "DriverAge": str(rng.randint(19, 80)),
        "CarType": rng.choice(CARS),
    }
    if not whole and some(rng, 0.2):
        slots[rng.choice(["PickUpDate", "ReturnDate", "DriverAge", "CarType"])] = None
    return slots


def _any_turn(rng: random.Random) -> Event:
    if some(rng, 0.5):
        return _turn(rng, "BookHotel", _hotel_slots(rng))
    return _turn(rng, "BookCar", _car_slots(rng))


def _with_several_cars(rng: random.Random) -> Event:
    if some(rng, RARE):
        slots = _car_slots(rng, whole=True)
        slots["CarType"] = {"shape": "List", "values": [_slot(rng.choice(CARS))]}
        return _turn(rng, "BookCar", slots)
    return _any_turn(rng)


def _deluxe(rng: random.Random) -> Event:
    if some(rng, RARE):
        return _turn(
            rng,
            "BookHotel",
            {**_hotel_slots(rng), "RoomType": "deluxe", "Nights": "2", "CheckInDate": _day(rng)},
        )
    return _any_turn(rng)


def _without_attributes(rng: random.Random) -> Event:
    if some(rng, RARE):
        return _turn(rng, "BookCar", _car_slots(rng, whole=True), attributes=False)
    return _any_turn(rng)


def _in_utc(rng: random.Random) -> Event:
    if some(rng, RARE):
        slots = _car_slots(rng, whole=True)
        slots["ReturnDate"] = f"{slots['ReturnDate']}T00:00:00Z"
        return {**_turn(rng, "BookCar", slots), "invocationSource": "DialogCodeHook"}
    return _any_turn(rng)


def _whole_stay(rng: random.Random) -> Event:
    slots = {
        **_hotel_slots(rng),
        "CheckInDate": _day(rng),
        "Nights": str(rng.randint(1, 12)),
        "RoomType": rng.choice(["queen", "king"]),
    }
    return _turn(rng, "BookHotel", slots)


# --- logs ------------------------------------------------------------------------------------------------------------


def _log_record(rng: random.Random, kind: str = "DATA_MESSAGE") -> Event:
    content = {
        "messageType": kind,
        "logGroup": rng.choice(["/aws/lambda/orders", "/aws/lambda/payments"]),
        "logEvents": [
            {"id": str(rng.getrandbits(60)), "timestamp": 1_795_000_000_000 + rng.randrange(10**9), "message": f"line {rng.randrange(100)}"}
            for _ in range(rng.randint(1, 4))
        ],
    }  # fmt: skip
    data = base64.b64encode(gzip.compress(json.dumps(content).encode())).decode()
    return {"recordId": f"{rng.getrandbits(64):016x}", "data": data}


def _with_a_control(rng: random.Random) -> Event:
    records = [_log_record(rng) for _ in range(rng.randint(1, 5))]
    if some(rng, RARE):
        records.append(_log_record(rng, "CONTROL_MESSAGE"))
    return {"records": records}


def _with_a_record_twice(rng: random.Random) -> Event:
    records = [
        _log_record(rng, rng.choice(["DATA_MESSAGE", "CONTROL_MESSAGE"])) for _ in range(rng.randint(2, 5))
    ]
    if some(rng, RARE):
        records.append(records[0])
    return {"records": records}


# --- orders ----------------------------------------------------------------------------------------------------------


def _any_order(rng: random.Random) -> Event:
    return order_event(rng, order_body(rng))


def _file(name: str, *texts: str) -> tuple[tuple[str, str], ...]:
    return tuple((name, text) for text in texts)


_SLACK: Final = "notify_slack.py"
_TRIP: Final = "lambda_function.py"
_LOGS: Final = "index.py"
_SENT: Final = "response = send_slack_notification("

PUBLIC: Final = (
    Incident(
        "missing key",
        "notify_slack",
        (),
        _file(_SLACK, "message['AlarmDescription']", "def format_cloudwatch_alarm("),
        _without_description,
        serve=Slack,
    ),
    Incident(
        "None",
        "notify_slack",
        (),
        _file(_SLACK, 'severity_score = detail.get("severity")', "if severity_score < 4.0"),
        _without_severity,
        serve=Slack,
    ),
    Incident(
        "wrong type",
        "lambda_function",
        (),
        _file(_TRIP, "return value['value']['interpretedValue']", "def try_ex(", "car_type = try_ex("),
        _with_several_cars,
    ),
    Incident(
        "exhausted generator",
        "index",
        (
            (
                _LOGS,
                "records = list(processRecords(event['records']))",
                (
                    "found = processRecords(event['records'])\n    records = [each for each in found if each['result'] == 'Ok']\n"
                    "    records += [each for each in found if each['result'] != 'Ok']\n"
                    "    if len(records) < len(event['records']):\n        raise RuntimeError('records are missing')"
                ),
            ),
        ),
        _file(
            _LOGS,
            "found = processRecords(",
            "records = [each for",
            "records += [each for",
            "if len(records) < len(",
            "raise RuntimeError(",
        ),
        _with_a_control,
    ),
    Incident(
        "duplicate record",
        "index",
        (
            (
                _LOGS,
                "records = list(processRecords(event['records']))",
                (
                    "by_id = {each['recordId']: each for each in processRecords(event['records'])}\n"
                    "    records = [by_id.pop(each['recordId']) for each in event['records']]"
                ),
            ),
        ),
        _file(_LOGS, "by_id = {", "records = [by_id.pop("),
        _with_a_record_twice,
    ),
    Incident(
        "off by one",
        "lambda_function",
        (
            (
                _TRIP,
                "(100 + room_types.index(room_type.lower()))",
                "[100, 120, 150][room_types.index(room_type.lower()) + 1]",
            ),
        ),
        _file(_TRIP, "[100, 120, 150][", "def generate_hotel_price("),
        _deluxe,
    ),
    Incident(
        "empty list",
        "notify_slack",
        (),
        _file(_SLACK, "detail['eventDescription'][0]", "def format_aws_health("),
        _without_words,
        serve=Slack,
    ),
    Incident(
        "wrong default",
        "lambda_function",
        ((_TRIP, '.get("sessionAttributes") or {}', '.get("sessionAttributes")'),),
        _file(_TRIP, '.get("sessionAttributes")', "session_attributes['currentReservationPrice'] = price"),
        _without_attributes,
    ),
    Incident(
        "mutated shared state",
        "orders",
        (
            (
                "app.py",
                "def list_stock(event: Mapping[str, Any]) -> Response:\n",
                (
                    "def list_stock(event: Mapping[str, Any]) -> Response:\n"
                    "    pricing.COUPONS.update(WELCOME5=None)\n"
                ),
            ),
        ),
        (
            ("app.py", "pricing.COUPONS.update(WELCOME5=None)"),
            ("pricing.py", "percent = COUPONS.get(self.coupon, 0)"),
            ("pricing.py", "percent += BULK_PERCENT"),
            ("pricing.py", "total = goods - goods * percent // 100"),
            ("pricing.py", "def discount_percent(self) -> int:"),
        ),
        _any_order,
    ),
    Incident(
        "time zone",
        "lambda_function",
        (),
        _file(_TRIP, "if dateutil.parser.parse(pickup_date) >= dateutil.parser.parse(return_date)"),
        _in_utc,
    ),
    Incident(
        "rounding",
        "orders",
        (
            (
                "pricing.py",
                "        total = goods - goods * percent // 100\n",
                (
                    "        total = goods - goods * percent // 100\n        if total * 100 != goods * (100 - percent):\n"
                    "            raise RuntimeError('cents are missing')\n"
                ),
            ),
        ),
        (
            ("pricing.py", "total = goods - goods * percent // 100"),
            ("pricing.py", "if total * 100 != goods * (100 - percent):"),
            ("pricing.py", "raise RuntimeError('cents are missing')"),
        ),
        _any_order,
    ),
    Incident(
        "wrong price",
        "lambda_function",
        (
            (
                _TRIP,
                "            price = generate_hotel_price(location, nights, room_type)\n",
                (
                    "            if nights > 7 and room_type == 'king':\n                active_contexts['Nights'] = nights = nights + 1\n"
                    "            price = generate_hotel_price(location, nights, room_type)\n"
                ),
            ),
        ),
        _file(_TRIP, "if nights > 7 and room_type == 'king':", "active_contexts['Nights'] = nights = nights + 1"),
        _whole_stay,
        (
            "@response['sessionState']['activeContexts'][0]['contextAttributes']['Nights'] "
            "!= int(@event['sessionState']['intent']['slots']['Nights']['value']['interpretedValue'])"
        ),
    ),
    Incident(
        "slow",
        "notify_slack",
        (),
        _file(_SLACK, "result = urllib.request.urlopen(req, data)", _SENT),
        _any_notice,
        "@duration_ms > 140",
        partial(Slack, "slow"),
    ),
    Incident(
        "state left by an earlier invocation",
        "notify_slack",
        (
            (_SLACK, "REGION = os.environ.get(", "PAYLOAD = {}\nREGION = os.environ.get("),
            (_SLACK, "    attachment = None\n", "    attachment = None\n    PAYLOAD.update(payload)\n    payload = PAYLOAD\n"),
        ),
        _file(_SLACK, "PAYLOAD.update(payload)", "payload = PAYLOAD", "payload = {**payload, **message}", "def send_slack_notification("),
        _with_texts,
        "json(@response)['code'] != 200",
        Slack,
    ),
)  # fmt: skip
