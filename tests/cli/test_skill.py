"""`hotlog skill install`: a short page that names what there is, and manifests that start what there is."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from hotlog.cli.listing import list_commands
from hotlog.client.pages import read_page
from hotlog.mcp.server import TOOLS
from tests.support.cli import hotlog, settle_in

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_LINES = 80
NAMES = {tool["name"] for tool in TOOLS}


@pytest.fixture(autouse=True)
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    settle_in(tmp_path, monkeypatch)
    ran = hotlog("skill", "install")
    assert (ran.code, ran.err) == (0, "")
    assert all(Path(line).is_file() for line in ran.out.splitlines())
    return tmp_path / ".claude" / "skills" / "hotlog"


def test_the_skill_is_short_and_names_the_tools_that_there_are(installed: Path) -> None:
    text = (installed / "SKILL.md").read_text()
    assert len(text.splitlines()) <= MOST_LINES
    head = re.match(r"---\nname: hotlog\ndescription: .{50,1000}\n---\n", text)
    assert head is not None
    named = set(re.findall(r"`([a-z]+_[a-z_]+)`", text))
    assert named <= NAMES
    assert {"find_places", "read_code", "add_rules", "wait_for_events", "remove_rules"} <= named


def starts(installed: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each manifest, with how it starts the server."""
    folder = installed / "manifests"
    yield "claude", json.loads((folder / "claude-code.mcp.json").read_text())["mcpServers"]["hotlog"]
    yield "vscode", json.loads((folder / "vscode.mcp.json").read_text())["servers"]["hotlog"]
    yield "codex", tomllib.loads((folder / "codex.config.toml").read_text())["mcp_servers"]["hotlog"]


def test_the_manifests_start_the_server_and_have_a_person_asked(installed: Path) -> None:
    found = dict(starts(installed))
    assert len(found) == len(list((installed / "manifests").iterdir())) == 3
    for program in found.values():
        words = " ".join([program["command"], *program["args"]])
        assert words in list_commands()
        assert program["env"] == {"HOTLOG_MCP": "ask"}


def test_it_goes_where_it_is_told_and_says_where_it_cannot(tmp_path: Path) -> None:
    there = hotlog("skill", "install", "--dir", str(tmp_path / "other"), "--json")
    assert json.loads(there.out)["folder"] == str(tmp_path / "other")
    assert (tmp_path / "other" / "hotlog" / "SKILL.md").is_file()
    (tmp_path / "file").write_text("")
    refused = hotlog("skill", "install", "--dir", str(tmp_path / "file"))
    assert refused.code == 2
    assert refused.err.rstrip().endswith("[bad-folder]")


def test_the_page_begins_with_what_it_cannot_do_and_names_each_tool() -> None:
    page = read_page("agents")
    first = page.split("\n\n")[1]
    assert first.startswith(
        "Against an agent that has a shell and a person's credentials only IAM and the ceilings"
    )
    assert {name for name in NAMES if f"| `{name}` |" not in page} == set()
