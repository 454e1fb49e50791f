"""A diff goes where its own lines stand in the deployed code, whatever its numbers say; else it says why not."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotlog.client import desk_limits
from hotlog.client.code.code_trees import Directory
from hotlog.client.typed.unified_diff import apply_diff, read_diff
from hotlog.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

CODE = "def total(goods):\n    rate = 2\n    price = goods * rate\n    return price\n\n\ndef other():\n    rate = 2\n    return rate\n"
HEAD = "--- a/app.py\n+++ b/app.py\n"


def applied(diff: str, folder: Path, code: str = CODE) -> tuple[str, tuple[str, ...]]:
    """Return the only file as it would be, and the notes."""
    (folder / "app.py").write_text(code, newline="")
    found = apply_diff(diff, Directory(folder))
    files = {file.path: file.data.decode() for file in found.edited()}
    assert (folder / "app.py").read_bytes().decode() == code, "nothing is written"
    return files.get("app.py", code), found.notes


@pytest.mark.parametrize(
    ("hunk", "line", "after"),
    [
        ("@@ -2,2 +2,3 @@\n     rate = 2\n+    print(1)\n     price = goods * rate\n", "    print(1)", 2),
        ("@@ -900,2 +900,3 @@\n     rate = 2\n+    print(1)\n     price = goods * rate\n", "    print(1)", 2),
        ("@@\n     price = goods * rate\n+    print(1)\n     return price\n", "    print(1)", 3),
        # The line alone stands twice: the number says which one.
        ("@@ -8,1 +8,2 @@\n     rate = 2\n+    print(1)\n", "    print(1)", 8),
        # What surrounds it differs here and there; what it stands beside does not.
        ("@@ -1,3 +1,4 @@\n def totals(goods):\n     rate = 2\n+    print(1)\n     price = goods * rate\n", "    print(1)", 2),
        # An editor has stripped the space of the empty lines.
        ("@@ -4,4 +4,5 @@\n     return price\n\n\n+print(1)\n def other():\n", "print(1)", 6),
    ],
)  # fmt: skip
def test_a_hunk_goes_where_its_lines_stand(hunk: str, line: str, after: int, tmp_path: Path) -> None:
    lines = CODE.split("\n")
    lines.insert(after, line)
    assert applied(HEAD + hunk, tmp_path) == ("\n".join(lines), ())


@pytest.mark.parametrize(
    "hunk",
    [
        "@@ -1 +1,2 @@\n nothing of the kind\n+print(1)\n",
        "@@ -99 +99,2 @@\n     rate = 2\n+    print(1)\n",  # twice, and the number is of no use
        "@@ -3,0 +4 @@\n+    print(1)\n",  # without context its place is a guess
        "@@ -1,2 +1,2 @@\n def total(goods):\n-    rate = 3\n+    print(1)\n     price = goods * rate\n",
    ],
)
def test_what_has_no_place_is_left_out_and_said(hunk: str, tmp_path: Path) -> None:
    code, [note] = applied(HEAD + hunk, tmp_path)
    assert code == CODE
    assert note.startswith("app.py: ")
    assert note.endswith("in the deployed app.py: left out")


def test_two_hunks_that_change_the_same_line_are_not_both_taken(tmp_path: Path) -> None:
    hunk = "@@ -3 +3,2 @@\n-    price = goods * rate\n+    price = goods * {}\n"
    code, notes = applied(HEAD + hunk.format(7) + hunk.format(8), tmp_path)
    assert code.count("price = goods *") == 1
    assert len(notes) == 1


def test_each_of_several_files_is_found_by_what_it_says(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "app.py").write_text(f"x = '{name}'\ny = 1\n")
    diff = "--- services/b/app.py\n+++ services/b/app.py\n@@ -1,2 +1,3 @@\n x = 'a'\n+print(x)\n y = 1\n"
    [file] = apply_diff(diff, Directory(tmp_path)).edited()
    assert (file.path, file.name) == ("a/app.py", "services/b/app.py")
    same = diff.replace(" x = 'a'\n", "").replace("1,2 +1,3", "2,1 +2,2")
    [file] = apply_diff(same, Directory(tmp_path)).edited()  # both fit: the path says which
    assert file.path == "b/app.py"
    found = apply_diff("--- a/new.py\n+++ b/new.py\n@@ -0,0 +1 @@\n+print(1)\n", Directory(tmp_path))
    assert (found.files, found.notes) == ((), ("new.py is in no package of this function: left out",))


def test_line_ends_stay_as_they_are(tmp_path: Path) -> None:
    hunk = "@@ -2,2 +2,3 @@\n     rate = 2\n+    print(1)\n     price = goods * rate\n"
    code, notes = applied(HEAD + hunk, tmp_path, CODE.replace("\n", "\r\n"))
    assert notes == ()
    assert code.count("\r\n") == code.count("\n") == CODE.count("\n") + 1


@pytest.mark.parametrize(
    "text",
    ["", "x", HEAD, HEAD + "@@ -1 +1 @@\n", "+++ b/app.py\n", "*** Begin Patch\n", "@@ -1 +1 @@\n+x\n", "\x00\ud800"],
)  # fmt: skip
def test_what_is_no_diff_is_refused(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_diff(text)
    assert caught.value.code == "bad-diff"


def test_a_diff_that_nobody_typed_is_refused() -> None:
    with pytest.raises(ConfigError, match="has at most"):
        read_diff(HEAD + "@@ -1 +1 @@\n" + "+x\n" * (desk_limits.DIFF_MAX_CHARS // 3))


@given(
    st.lists(
        st.sampled_from(["a = 1", "b = 2", "", "    c", "-- d", "++ e", "@@ f"]), min_size=1, max_size=12
    ),
    st.data(),
)
def test_what_a_diff_was_made_of_is_what_it_makes(tmp_path_factory: pytest.TempPathFactory, lines: list[str], data: st.DataObject) -> None:  # fmt: skip
    folder = tmp_path_factory.mktemp("diff")
    new = list(lines)
    new.insert(data.draw(st.integers(0, len(new))), "print(1)")
    old_text, new_text = ("\n".join([*each, ""]) for each in (lines, new))
    diff = "".join(
        difflib.unified_diff(old_text.splitlines(True), new_text.splitlines(True), "a/app.py", "b/app.py")
    )
    code, notes = applied(diff, folder, old_text)
    assert (code, notes) == (new_text, ())
