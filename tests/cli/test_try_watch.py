"""`hotlog try --watch`: saves, commits and branches of a working copy that is followed."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hotlog.client import desk_limits
from hotlog.client.client import Client
from hotlog.client.typed.tried_edits import TryOptions
from tests.support.cli import hotlog
from tests.support.working_desk import TOTAL, Desk

if TYPE_CHECKING:
    from hotlog.client.typed.watch import EditWatch, SavedEdits

pytestmark = pytest.mark.process


class Watched:
    """A watch, and how often the store was written."""

    def __init__(self, desk: Desk, for_s: int = desk_limits.TRY_DEFAULT_S) -> None:
        self.client = Client(store=desk.store)
        options = TryOptions(source=desk.running, for_s=for_s)
        tried = self.client.try_edits("orders", options=options)
        self.watch: EditWatch = self.client.watch_edits(
            "orders", self.client.open_working_copy(), options, tried
        )
        self._path = Path(desk.store.removeprefix("file:"), "orders.json")

    def settle(self) -> list[SavedEdits]:
        """Look until nothing changes any more."""
        found = [each for _ in range(4) if (each := self.watch.look()) is not None]
        assert self.watch.look() is None
        return found

    def version(self) -> int:
        return int(self._path.stat().st_mtime_ns) if self._path.exists() else 0


@pytest.mark.long
def test_each_save_is_one_write_and_never_a_rule_that_is_not_in_the_file(desk: Desk) -> None:
    watched = Watched(desk)
    plain = (desk.work / "pricing.py").read_text()
    for number in range(50):
        lines = "".join(f"        print('n{each}', goods)\n" for each in range(number % 4))
        whole = plain.replace(TOTAL, f"{lines}{TOTAL}")
        before = watched.version()
        if number % 3 == 1:  # an editor that writes in pieces: each look finds another half
            for part in (len(whole) // 3, len(whole) // 2):
                (desk.work / "pricing.py").write_text(whole[:part])
                assert watched.watch.look() is None
                assert watched.version() == before
        if number % 3 == 2:  # one that renames
            (desk.work / "pricing.py~").write_text(whole)
            (desk.work / "pricing.py~").replace(desk.work / "pricing.py")
        else:
            (desk.work / "pricing.py").write_text(whole)
        saved = watched.settle()
        assert len(saved) <= 1
        assert [each["message"] for each in desk.rules()] == [
            f"n{each} {{goods}}" for each in range(number % 4)
        ]


def test_half_a_file_leaves_the_rules_as_they_were(desk: Desk) -> None:
    desk.edit("pricing.py", TOTAL, f"        print(goods)\n{TOTAL}")
    watched = Watched(desk)
    ids = [each["id"] for each in desk.rules()]
    desk.edit("pricing.py", "print(goods)", "print(goods, (percent)")
    [saved] = watched.settle()
    assert "was never closed" in saved.trouble
    assert [each["id"] for each in desk.rules()] == ids
    desk.edit("pricing.py", "print(goods, (percent)", "print(goods)")
    [again] = watched.settle()
    assert (again.trouble, again.added, again.removed) == ("", 0, 0)
    assert [each["id"] for each in desk.rules()] == ids


def test_another_branch_brings_its_own_lines(desk: Desk) -> None:
    desk.git("branch", "other")
    desk.edit("pricing.py", TOTAL, f"        print(goods)\n{TOTAL}")
    watched = Watched(desk)
    assert len(desk.rules()) == 1
    desk.git("stash")
    desk.git("checkout", "-q", "other")
    [saved] = watched.settle()
    assert (saved.branch, saved.removed) == (("main", "other"), 1)
    assert desk.rules() == []


PRINT = f"        print(goods)\n{TOTAL}"


def test_a_typed_line_that_is_committed_stays_a_rule(desk: Desk) -> None:
    desk.edit("pricing.py", TOTAL, PRINT)
    watched = Watched(desk)
    [rule] = desk.rules()
    written = watched.version()
    desk.commit()
    assert watched.settle() == []
    desk.git("commit", "-q", "--amend", "-m", "y")
    assert watched.settle() == []
    desk.git("checkout", "-q", "-b", "feature")
    [switched] = watched.settle()
    assert (switched.branch, switched.names) == (("main", "feature"), ())
    assert desk.rules() == [rule]
    assert watched.version() == written
    desk.edit("pricing.py", PRINT, f"        print(percent)\n{PRINT}")
    [saved] = watched.settle()
    assert (saved.added, saved.removed) == (1, 0)
    assert [each["message"] for each in desk.rules()] == ["{percent}", "{goods}"]
    desk.edit("pricing.py", "        print(goods)\n", "")
    desk.commit()
    watched.settle()
    assert [each["message"] for each in desk.rules()] == ["{percent}"]


def test_what_others_have_committed_was_not_typed(desk: Desk) -> None:
    watched = Watched(desk)
    desk.git("checkout", "-q", "-b", "theirs")
    desk.edit("pricing.py", TOTAL, PRINT)
    desk.commit()
    desk.git("checkout", "-q", "main")
    watched.settle()
    assert desk.rules() == []
    desk.git("merge", "-q", "theirs")
    watched.settle()
    assert desk.rules() == []
    desk.edit("pricing.py", "        print(goods)\n", "        print(goods)\n        print(percent)\n")
    [saved] = watched.settle()
    assert (saved.added, saved.removed) == (1, 0)
    assert [each["message"] for each in desk.rules()] == ["{percent}"]
    desk.git("stash", "-q")
    [saved] = watched.settle()
    assert saved.removed == 1
    desk.git("stash", "pop", "-q")
    [saved] = watched.settle()
    assert saved.added == 1


def test_a_linked_work_tree_is_followed_too(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = tmp_path / "tree"
    desk.git("worktree", "add", "-q", "-b", "linked", str(tree))
    desk.git("branch", "other")
    monkeypatch.chdir(tree)
    desk.work = tree
    desk.edit("pricing.py", TOTAL, PRINT)
    watched = Watched(desk)
    [rule] = desk.rules()
    desk.commit()
    assert watched.settle() == []
    assert desk.rules() == [rule]
    desk.git("checkout", "-q", "other")
    [saved] = watched.settle()
    assert (saved.branch, saved.removed) == (("linked", "other"), 1)


def test_without_gits_own_log_nothing_counts_that_may_be_anothers(desk: Desk) -> None:
    desk.git("config", "core.logAllRefUpdates", "false")
    shutil.rmtree(desk.work / ".git" / "logs")
    desk.edit("pricing.py", TOTAL, PRINT)
    watched = Watched(desk)
    assert len(desk.rules()) == 1
    desk.commit()
    desk.git("checkout", "-q", "-b", "other")
    [saved] = watched.settle()
    assert (saved.branch, saved.removed) == (("main", "other"), 1)


def test_a_broken_file_stops_no_other_file(desk: Desk) -> None:
    desk.edit("pricing.py", TOTAL, PRINT)
    watched = Watched(desk)
    [rule] = desk.rules()
    desk.edit("pricing.py", "print(goods)", "print(goods")
    desk.edit(
        "stock.py",
        "        if taken.rowcount == 0:",
        "        print('taken')\n        if taken.rowcount == 0:",
    )
    [saved] = watched.settle()
    assert (saved.added, saved.removed) == (1, 0)
    assert "'(' was never closed" in saved.trouble
    assert "its rules stay as they were" in saved.trouble
    assert [each["message"] for each in desk.rules()] == ["{goods}", "taken"]
    assert desk.rules()[0] == rule
    desk.edit("stock.py", "        print('taken')\n", "")
    [saved] = watched.settle()
    assert (saved.removed, saved.trouble) == (1, "")  # told once
    desk.edit("pricing.py", "print(goods", "print(goods)")
    assert [(each.added, each.removed) for each in watched.settle()] == [(0, 0)]
    assert desk.rules() == [rule]


def test_an_editors_own_files_change_nothing(desk: Desk) -> None:
    watched = Watched(desk)
    (desk.work / ".#pricing.py").symlink_to("ana@host.1:2")
    (desk.work / "#pricing.py#").write_text("print(1)\n")
    (desk.work / "4913").touch()
    assert watched.settle() == []
    assert desk.rules() == []


def test_a_rule_that_another_has_removed_stops_no_save(desk: Desk) -> None:
    desk.edit("pricing.py", TOTAL, PRINT)
    watched = Watched(desk)
    [rule] = desk.rules()
    near = f"{rule['id']}x"  # whose id begins as that of the rule that is gone
    assert hotlog("rm", "orders", rule["id"], "--store", desk.store).code == 0
    assert hotlog("add", "orders", "pricing.py:30", "mine", "--id", near, *desk.said).code == 0
    desk.edit("pricing.py", "        print(goods)\n", "")
    [saved] = watched.settle()
    assert saved.removed == 1
    assert [each["id"] for each in desk.rules()] == [near]


def test_a_save_places_rules_again_whose_time_is_over(desk: Desk) -> None:
    desk.edit("pricing.py", TOTAL, PRINT)
    watched = Watched(desk, for_s=1)
    [rule] = desk.rules()
    time.sleep(1.1)
    (desk.work / "pricing.py").touch()
    [saved] = watched.settle()
    assert (saved.added, saved.removed) == (1, 0)
    assert [each["message"] for each in desk.rules()] == ["{goods}"]
    assert desk.rules()[0]["id"] != rule["id"]
