"""The cookbook is played: what each incident shows is what its commands print.

`python -m tests.cli.test_cookbook` writes what they print now into the page.
"""

from __future__ import annotations

import sqlite3
import tempfile
from pathlib import Path

import pytest

from tests.support.cli import settle_in
from tests.support.places import ROOT
from tests.support.stories import Section, Story, lines_of, play, request, sections

PAGE = ROOT / "hotlog" / "docs" / "cookbook.md"
INCIDENTS = 20
NO_TIME, TRIES = "… (time)", 5
BULK, GOOD, FAILS = request("order-wrong-total"), request("order-ok"), request("order-raises")
TWO_LINES = [*lines_of(("tea-assam", 1)), {"sku": "cup-glass", "quantity": "4"}]


def save_slowly() -> None:
    """Deploy a function that is slow for one customer."""
    file = Path("storage.py")
    text = file.read_text().replace("import tempfile\n", "import tempfile\nimport time\n")
    slow = "    time.sleep(0.2 if cart.customer == 'ben' else 0)\n"
    file.write_text(text.replace("    lines = json.dumps(", f"{slow}    lines = json.dumps("))


def hold_the_table() -> None:
    """Keep the table locked, as long as the process lives."""
    table = sqlite3.connect("../orders.db", check_same_thread=False)
    table.execute("BEGIN EXCLUSIVE")
    HELD.append(table)


HELD: list[sqlite3.Connection] = []
ORDINARY = Story((BULK, GOOD))
STORIES = {
    1: ORDINARY._replace(is_brief=False),
    2: ORDINARY._replace(ends=True),
    3: Story((GOOD, FAILS)),
    4: Story((GOOD, request(customer="eve", lines=lines_of(("tea-earl-grey", 1))))),
    5: Story((GOOD,), type=hold_the_table, timeout_s=0.8),
    6: ORDINARY._replace(prepare=save_slowly),
    8: Story((GOOD, request("order-wrong-total", {"x-debug": "1"}))),
    9: Story((GOOD, request(customer="eve", lines=TWO_LINES))),
    12: Story((GOOD, GOOD)),
    17: Story((request(headers={"authorization": "Bearer 3f9c1d", "cookie": "theme=dark"}),)),
    18: Story((GOOD, GOOD)),
}


def number_of(section: Section) -> int:
    return int(section.title.partition(".")[0])


def incidents() -> list[Section]:
    return sections(PAGE.read_text(encoding="utf-8"))


def play_incident(section: Section, folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Play it; again where hotlog says itself that it had no time to read a value, which a busy machine brings about."""
    text = ""
    for number in range(TRIES):
        place = folder / str(number)
        place.mkdir()
        settle_in(place, monkeypatch)
        try:
            text = play(section, STORIES.get(number_of(section), ORDINARY), place, monkeypatch)
        finally:
            while HELD:
                HELD.pop().close()
        if NO_TIME not in text:
            break
    return text


def test_there_are_as_many_as_the_page_says() -> None:
    assert [number_of(section) for section in incidents()] == list(range(1, INCIDENTS + 1))


@pytest.mark.long
@pytest.mark.parametrize("section", incidents(), ids=lambda section: section.title)
def test_an_incident_goes_as_it_is_told(
    section: Section, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert play_incident(section, tmp_path, monkeypatch) == section.text, (
        "run: python -m tests.cli.test_cookbook"
    )


def write() -> None:
    """Write into the page what its commands print now."""
    text = PAGE.read_text(encoding="utf-8")
    for section in incidents():
        with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as monkeypatch:
            text = text.replace(section.text, play_incident(section, Path(folder).resolve(), monkeypatch))
    PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write()
