"""What CloudWatch takes as an embedded metric, as a JSON schema.

After the specification in the CloudWatch user guide, "Specification: Embedded metric format", read in November 2026.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jsonschema import Draft202012Validator

from hotlog.rules.kinds import UNITS

if TYPE_CHECKING:
    from hotlog.events import Event


def text(longest: int) -> dict[str, Any]:
    return {"type": "string", "minLength": 1, "maxLength": longest}


DEFINITION = {
    "type": "object",
    "required": ["Name"],
    "additionalProperties": False,
    "properties": {
        "Name": text(1_024),
        "Unit": {"enum": list(UNITS)},
        "StorageResolution": {"enum": [1, 60]},
    },
}
DIRECTIVE = {
    "type": "object",
    "required": ["Namespace", "Dimensions", "Metrics"],
    "additionalProperties": False,
    "properties": {
        "Namespace": {**text(1_024), "pattern": "^[^:]"},
        "Dimensions": {
            "type": "array",
            "minItems": 1,
            "items": {"type": "array", "maxItems": 30, "uniqueItems": True, "items": text(250)},
        },
        "Metrics": {"type": "array", "maxItems": 100, "items": DEFINITION},
    },
}
SCHEMA = {
    "type": "object",
    "required": ["_aws"],
    "properties": {
        "_aws": {
            "type": "object",
            "required": ["Timestamp", "CloudWatchMetrics"],
            "properties": {
                "Timestamp": {"type": "integer"},
                "CloudWatchMetrics": {"type": "array", "items": DIRECTIVE},
            },
        }
    },
}


def check(event: Event) -> None:
    """Refuse an event that CloudWatch would make no metric of: its targets must be members of the event, too."""
    Draft202012Validator(SCHEMA).validate(event)
    for directive in event["_aws"]["CloudWatchMetrics"]:
        for metric in directive["Metrics"]:
            values = event[metric["Name"]]
            values = values if isinstance(values, list) else [values]
            assert 0 < len(values) <= 100
            assert all(type(value) in {int, float} for value in values)
        for dimensions in directive["Dimensions"]:
            for name in dimensions:
                Draft202012Validator(text(1_024)).validate(event[name])
