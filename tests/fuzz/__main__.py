"""`python -m tests.fuzz [--seconds N] [--seed N]`: let atheris look for what breaks the path of a document."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
import warnings
from datetime import UTC, datetime, timedelta
from typing import Any

import atheris

with atheris.instrument_imports(include=["hotlog", "json"], enable_loader_override=False):
    from tests.fuzz.path import through

NOW = datetime.now(UTC)
EXPRESSIONS = """
a|b|c|total|0|-2.5|'x'|None|@hits|@event|@request_id|[x for x in a]|len(a)|sorted(b)|str(c)|a.items()|b.value|a[0]|b['0']|a + b|a == c|a < b|not a|a if b else c|{a: b}|a[1:]|repr(a)|password|(|)
""".strip().split("|")
PIECES = [
    "total={",
    "}",
    "{a}",
    "{b!r}",
    "{c:.2f}",
    "{c:>9}",
    "{{",
    "[",
    "]",
    "(",
    ")",
    ".",
    "!r}",
    ":x}",
    " and ",
    " == ",
    "Bearer ",
    "://a:b@c",
    "AKIA",
    "<password>",
    "</",
    "-----BEGIN ",
    "4111111111111111",
    "eyJ",
    "\ud800",
]
COUNTS = {"inputs": 0, "documents": 0, "logs": 0}


class Text(str):
    """Text of another class."""

    __slots__ = ()


def one_input(data: bytes) -> None:
    """A document and values out of the fuzzer's bytes."""
    provider = atheris.FuzzedDataProvider(data)
    COUNTS["inputs"] += 1
    text = provider.ConsumeUnicode(200) if provider.ConsumeProbability() < 0.2 else _document(provider)
    events = through(text, {name: _value(provider, 3) for name in "abc"})
    if events is not None:
        COUNTS["documents"] += 1
        COUNTS["logs"] += sum(event["hotlog"] == "log" for event in events)


def _text(provider: atheris.FuzzedDataProvider, pieces: list[str]) -> str:
    """A few of the pieces, with whatever the fuzzer likes between them."""
    several = [provider.PickValueInList(pieces) for _ in range(provider.ConsumeIntInRange(0, 3))]
    return provider.ConsumeUnicode(8).join(several) if provider.ConsumeBool() else "".join(several)


def _document(provider: atheris.FuzzedDataProvider) -> str:
    rule: dict[str, Any] = {
        "id": "k3f9", "at": "app.py:1", "created": NOW.isoformat(), "expires": (NOW + timedelta(hours=1)).isoformat(),
        "message": _text(provider, PIECES), "if": provider.PickValueInList(EXPRESSIONS), "watch": {provider.ConsumeUnicode(4): _text(provider, EXPRESSIONS)},
        "snapshot": provider.ConsumeBool(), "stack": provider.ConsumeIntInRange(-1, 21), "note": provider.ConsumeUnicode(20),
    }  # fmt: skip
    for field in ("message", "if", "watch"):
        if provider.ConsumeBool():
            del rule[field]
    if provider.ConsumeBool():
        rule[provider.PickValueInList(sorted(rule))] = _value(provider, 2)
    try:
        return json.dumps({"v": 1, "rules": [rule]})
    except (TypeError, ValueError):
        return ""


def _value(provider: atheris.FuzzedDataProvider, depth: int) -> Any:
    kind = provider.ConsumeIntInRange(0, 9 if depth else 6)
    if kind >= 7:
        elements = [_value(provider, depth - 1) for _ in range(provider.ConsumeIntInRange(0, 3))]
        if kind == 7:
            return elements
        return tuple(elements) if kind == 8 else {str(at): each for at, each in enumerate(elements)}
    makers = (
        lambda: None, provider.ConsumeBool, lambda: provider.ConsumeInt(9), provider.ConsumeFloat,
        lambda: provider.ConsumeUnicode(40), lambda: provider.ConsumeBytes(20), lambda: Text(provider.ConsumeUnicode(20)),
    )  # fmt: skip
    return makers[kind]()


def main() -> None:
    """Run for a while. Ends with the traceback where something fails."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    warnings.simplefilter("error")
    start_s = time.monotonic()

    def counted(data: bytes) -> None:
        one_input(data)
        if time.monotonic() - start_s > options.seconds:
            _end()

    with tempfile.TemporaryDirectory() as folder:
        atheris.Setup(
            [
                sys.argv[0],
                f"-seed={options.seed}",
                "-max_len=2000",
                "-len_control=0",
                f"-artifact_prefix={folder}/",
            ],
            counted,
        )
        atheris.Fuzz()


def _end() -> None:
    sys.stdout.write(f"{json.dumps(COUNTS)} none failed\n")
    sys.stdout.flush()
    os._exit(0)  # libFuzzer has no other way to end well


if __name__ == "__main__":
    main()
