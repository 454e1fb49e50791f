"""The statement of each frame of an error: its text, and the part of it that was running; notes, groups and chains with theirs."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

import hotlog
from hotlog import limits
from hotlog.capture.failing_statement import statement_at
from tests.support.probed import Probed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Each function fails in one statement; the text and the failing part are those below, in STATEMENTS.
SHOP = (
    '''
def plain(event):
    return event["order"]["id"]

def comprehended(event):
    lines = [(line["sku"], line["quantity"]) for line in event.get("lines", [])]
    return lines

def over_lines(event):
    for _ in range(2):
        try:
            total = sum(
                [
                    1,
                    event["price"],  # the price
                ]
            )
        finally:
            event.clear()
    return total

def in_loop(event):
    for n in range(3):
        if n:
            pass
        elif event["elif"]:
            pass

def in_condition(event):
    while (event["a"]
           > 2):
        pass

def in_with(event):
    with open(event["missing"]) as file:
        return file

def in_f_string(event):
    return f"""
        {event['größe']} and {event['länge']}
    """

def two_in_a_line(event):
    a = 1; b = event["b"]; return a + b

def wide(event):
    return "日本語" + event["name"]

def raised(event):
    raise ValueError(
        "no",
    )

async def awaited(event):
    return event["x"]

def in_lambda(event):
    get = lambda key: event[key]
    return get("lambda")

def matched(event):
    match event:
        case {"a": 1}:
            pass
        case _:
            return event["case"]

def asserted(event):
    assert event.get("order"), "an order"

def long(event):
    return [
'''
    + "".join(f"        {n},\n" for n in range(30))
    + """        event["late"],
    ]

def secret(event):
    return event["AKIA" "IOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLE"]

def chained(event):
    try:
        return event["order"]
    except KeyError as fault:
        raise ValueError("no order") from fault

def noted(event):
    try:
        int("x")
    except ValueError as fault:
        fault.add_note("row 7")
        fault.add_note("token=hunter2hunter2")
        raise

def number_of(row):
    return int(row)

def grouped(event):
    faults = []
    for row in ("x", "yy"):
        try:
            number_of(row)
        except ValueError as fault:
            fault.add_note("row " + row)
            faults.append(fault)
    inner = ExceptionGroup("inner", [TypeError("deep")])
    raise ExceptionGroup("rows", [*faults, inner])

def crowded(event):
    raise ExceptionGroup("many", [ValueError(n) for n in range(9)])
"""
)
STATEMENTS: list[tuple[str, str, str]] = [
    ("plain", 'return event["order"]["id"]', 'event["order"]'),
    (
        "comprehended",
        'lines = [(line["sku"], line["quantity"]) for line in event.get("lines", [])]',
        'line["quantity"]',
    ),
    (
        "over_lines",
        'total = sum(\n    [\n        1,\n        event["price"],  # the price\n    ]\n)',
        'event["price"]',
    ),
    ("in_loop", 'elif event["elif"]:', 'event["elif"]'),
    ("in_condition", 'while (event["a"]\n       > 2):', 'event["a"]'),
    ("in_with", 'with open(event["missing"]) as file:', 'event["missing"]'),
    ("two_in_a_line", 'a = 1; b = event["b"]; return a + b', 'event["b"]'),
    ("wide", 'return "日本語" + event["name"]', 'event["name"]'),
    ("raised", 'raise ValueError(\n    "no",\n)', 'raise ValueError(\n    "no",\n)'),
    ("in_lambda", "get = lambda key: event[key]", "event[key]"),
    ("matched", 'return event["case"]', 'event["case"]'),
    ("asserted", 'assert event.get("order"), "an order"', 'assert event.get("order"), "an order"'),
]
EVENT = {"lines": [{"sku": "tea"}]}


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Probed]:
    with Probed(tmp_path, SHOP) as probed:
        probed.apply(hotlog.Rule(id="e1kd", kind="error"))
        yield probed


def told(app: Probed, name: str) -> dict[str, Any]:
    app.invoke(lambda: getattr(app.module, name)(dict(EVENT)), event=EVENT)
    [event] = [each for each in app.events if each["hotlog"] == "error"]
    return event


def marked(frame: dict[str, Any]) -> str:
    begin, end = frame["mark"]
    text: str = frame["text"][begin:end]
    return text


@pytest.mark.parametrize(("name", "text", "part"), STATEMENTS, ids=lambda value: str(value)[:20])
def test_a_frame_shows_its_statement_and_the_part_that_failed(
    app: Probed, name: str, text: str, part: str
) -> None:
    frame = told(app, name)["frames"][0]
    assert frame["text"] == text
    # Of an assertion, 3.13 marks the condition alone.
    assert marked(frame) == (
        part if name != "asserted" or sys.version_info < (3, 13) else 'event.get("order")'
    )
    assert list(frame)[:4] == ["at", "qualname", "text", "mark"]


def test_a_text_over_several_lines_is_shown_with_them(app: Probed) -> None:
    frame = told(app, "in_f_string")["frames"][0]
    assert frame["text"] == 'return f"""\n    {event[\'größe\']} and {event[\'länge\']}\n"""'
    assert marked(frame) in {"event['größe']", frame["text"].removeprefix("return ")}


def test_a_long_statement_is_shown_up_to_where_it_failed(app: Probed) -> None:
    frame = told(app, "long")["frames"][0]
    lines = frame["text"].split("\n")
    assert (len(lines), lines[-1].strip()) == (limits.STATEMENT_MAX_LINES, 'event["late"],')
    assert marked(frame) == 'event["late"]'


def test_a_secret_in_a_statement_is_hidden_and_the_part_is_not_said(app: Probed) -> None:
    frame = told(app, "secret")["frames"][0]
    assert "AKIAIOSFODNN7EXAMPLE" not in frame["text"]
    assert frame["text"].startswith("return event[")
    assert "mark" not in frame


def test_a_function_s_rule_shows_the_statement_although_its_code_is_patched(app: Probed) -> None:
    app.apply(hotlog.Rule(id="m2pp", kind="error", at=app.at("plain")))
    frame = told(app, "plain")["frames"][0]
    assert frame["text"] == 'return event["order"]["id"]'
    assert marked(frame) == 'event["order"]'


def test_each_exception_of_a_chain_says_where_it_was_raised(app: Probed) -> None:
    [earlier] = told(app, "chained")["error"]["chain"]
    assert (earlier["how"], earlier["type"], earlier["qualname"]) == ("cause", "KeyError", "chained")
    assert (earlier["text"], marked(earlier)) == ('return event["order"]', 'event["order"]')


def test_notes_are_told_without_secrets(app: Probed) -> None:
    notes = told(app, "noted")["error"]["notes"]
    assert notes[0] == "row 7"
    assert "hunter2" not in notes[1]


def test_a_group_tells_of_its_members_with_their_frames(app: Probed) -> None:
    error = told(app, "grouped")["error"]
    first, second, inner = error["members"]
    assert error["message"] == "rows (3 sub-exceptions)"
    assert [each["notes"] for each in (first, second)] == [["row x"], ["row yy"]]
    for each, row in ((first, "x"), (second, "yy")):
        inside, outside = each["frames"]
        assert (inside["qualname"], inside["text"], inside["vars"]) == (
            "number_of",
            "return int(row)",
            {"row": row},
        )
        assert (outside["qualname"], outside["text"]) == ("grouped", "number_of(row)")
        assert "vars" not in outside, "it has gone on since: the row is another"
    assert [each["message"] for each in inner["members"]] == ["deep"]
    assert inner["frames"] == [], "nobody raised it"


def test_of_a_large_group_the_first_members_are_told(app: Probed) -> None:
    *members, cut = told(app, "crowded")["error"]["members"]
    assert [each["message"] for each in members] == [str(n) for n in range(limits.ERROR_MAX_MEMBERS)]
    assert cut == {"@cut": "items", "@len": 9}


def test_code_without_a_file_has_no_statement(tmp_path: Path) -> None:
    def code_of(file: str, text: bytes) -> Any:
        (tmp_path / "other.py").write_bytes(text)
        return compile("1\n1 / 0", file, "exec")

    place = str(tmp_path / "other.py")
    assert statement_at(code_of(place, b"1\n1 / 0\n"), 2).text in {"1", "1 / 0"}
    for number, (file, text) in enumerate(
        [
            (place, b"# coding: latin-1\n1 / 0 # \xe9\n"),
            (place, b"1\n1 / \xff\n"),
            (place, b""),
            (str(tmp_path), b""),
            (str(tmp_path / "gone.py"), b""),
            ("<string>", b""),
        ]
    ):
        code = code_of(file, text)
        found = [statement_at(code, offset).text for offset in range(-1, len(code.co_code), 2)]
        assert [each for each in found if "\xff" in each or "1 / 0 #" in each] == [], number
        if text != b"1\n1 / \xff\n":
            assert not any(found), number
