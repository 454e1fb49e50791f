"""The cookbook and the tour are played, and the README's picture is taken: what they show is what their commands print.

`python -m tests.cli.test_cookbook` writes what they print now into the pages.
"""

from __future__ import annotations

import sqlite3
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.cli import settle_in
from tests.support.picture import draw, run_on_screen
from tests.support.places import ROOT
from tests.support.stories import FENCE, Section, Story, lines_of, play, request, sections

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.stories import Teller

PAGE = ROOT / "hotlog" / "docs" / "cookbook.md"
TOUR = ROOT / "hotlog" / "docs" / "tour.md"
PICTURE = ROOT / "hotlog" / "docs" / "error.svg"
SPINNER_GONE = "\x1b[2K"
INCIDENTS = 20
NO_TIME, TRIES = "… (time)", 5
BULK, GOOD, FAILS = request("order-wrong-total"), request("order-ok"), request("order-raises")
TWO_LINES = [*lines_of(("tea-assam", 1)), {"sku": "cup-glass", "quantity": "4"}]


def save_slowly() -> None:
    """Deploy a function that is slow for one customer."""
    file = Path("storage.py")
    text = file.read_text().replace("import tempfile\n", "import tempfile\nimport time\n")
    slow = "    time.sleep(0.75 if cart.customer == 'ben' else 0)\n"
    file.write_text(text.replace("    lines = json.dumps(", f"{slow}    lines = json.dumps("))


def wait_shortly() -> None:
    """Deploy a function that waits for a locked table as long as the story needs: sqlite's own five seconds prove no more."""
    file = Path("storage.py")
    file.write_text(file.read_text().replace("connect(path)", "connect(path, timeout=1.5)"))


def hold_the_table() -> None:
    """Keep the table locked, as long as the process lives."""
    table = sqlite3.connect("../orders.db", check_same_thread=False)
    table.execute("BEGIN EXCLUSIVE")
    HELD.append(table)


HELD: list[sqlite3.Connection] = []
ORDINARY = Story((BULK, GOOD))
STORIES = {
    0: Story(runs=False, is_brief=False),
    1: ORDINARY._replace(is_brief=False),
    2: ORDINARY._replace(ends=True),
    3: Story((GOOD, FAILS)),
    4: Story((GOOD, request(customer="eve", lines=lines_of(("tea-earl-grey", 1))))),
    5: Story((GOOD,), prepare=wait_shortly, type=hold_the_table, timeout_s=0.8),
    6: ORDINARY._replace(prepare=save_slowly, took_ms="1,012.4"),
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


def play_incident(
    section: Section,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    look: Callable[[Teller], str] = lambda _: "",
) -> tuple[str, str]:
    """Play it, and look at the end; again where hotlog says itself that it had no time, which a busy machine brings about."""
    text = seen = ""
    for number in range(TRIES):
        place = folder / str(number)
        place.mkdir()
        settle_in(place, monkeypatch)
        looked: list[str] = []
        try:
            story = STORIES.get(number_of(section), ORDINARY)
            text = play(section, story, place, monkeypatch, lambda teller: looked.append(look(teller)))  # noqa: B023
        finally:
            while HELD:
                HELD.pop().close()
        (seen,) = looked
        if NO_TIME not in text + seen:
            break
    return text, seen


def test_there_are_as_many_as_the_page_says() -> None:
    assert [number_of(section) for section in incidents()] == list(range(1, INCIDENTS + 1))


@pytest.mark.long
@pytest.mark.parametrize("section", incidents(), ids=lambda section: section.title)
def test_an_incident_goes_as_it_is_told(
    section: Section, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert play_incident(section, tmp_path, monkeypatch)[0] == section.text, (
        "run: python -m tests.cli.test_cookbook"
    )


@pytest.mark.long
def test_the_tour_goes_as_it_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = TOUR.read_text(encoding="utf-8")
    assert play_incident(Section("0. Tour", told), tmp_path, monkeypatch)[0] == told, (
        "run: python -m tests.cli.test_cookbook"
    )


def take_picture(folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return what a terminal shows of the failure in incident 3, as a picture."""
    block = f"{FENCE}\n$ hotlog add orders --on-error\n{FENCE}\n"

    def look(teller: Teller) -> str:
        told = run_on_screen("tail", "orders", "--no-follow", "--local").rpartition(SPINNER_GONE)[2]
        return teller.alike(told)

    _, shown = play_incident(Section("3.", block), folder, monkeypatch, look)
    typed = ("add orders --on-error", "tail orders")
    return draw("".join(f"\x1b[1m$ hotlog {words}\x1b[0m\n" for words in typed) + shown, "hotlog")


@pytest.mark.long
def test_the_picture_of_the_readme_is_what_a_terminal_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = take_picture(tmp_path, monkeypatch)
    assert drawn == PICTURE.read_text(encoding="utf-8"), "run: python -m tests.cli.test_cookbook"


def write() -> None:
    """Write into the pages what their commands print now."""
    text = PAGE.read_text(encoding="utf-8")
    tour = Section("0. Tour", TOUR.read_text(encoding="utf-8"))
    for section in [tour, *incidents()]:
        with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as monkeypatch:
            played, _ = play_incident(section, Path(folder).resolve(), monkeypatch)
        if section is tour:
            TOUR.write_text(played, encoding="utf-8")
        text = text.replace(section.text, played)
    PAGE.write_text(text, encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as monkeypatch:
        PICTURE.write_text(take_picture(Path(folder).resolve(), monkeypatch), encoding="utf-8")


if __name__ == "__main__":
    write()
