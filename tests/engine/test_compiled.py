"""A module that was compiled to machine code, with its source beside it: the rule's status says so, and names the file."""

from __future__ import annotations

import importlib.util
import shutil
import sys
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import hotlog
from hotlog.config import Config

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCE = "def bisect_right(a, x):\n    n = len(a)\n    return n\n"
_LIBRARY = next(
    Path(str(sysconfig.get_config_var("DESTSHARED"))).glob("_bisect.*so"), None
)  # an extension module that needs no compiler
pytestmark = pytest.mark.skipif(_LIBRARY is None, reason="this Python has its extensions built in")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    assert _LIBRARY is not None
    (tmp_path / "fast").mkdir()
    shutil.copy(_LIBRARY, tmp_path / "fast")
    (tmp_path / "fast" / "_bisect.py").write_text(SOURCE)
    (tmp_path / "plain.py").write_text(SOURCE)
    return tmp_path


@pytest.fixture
def agent(root: Path) -> Iterator[hotlog.Agent]:
    with hotlog.Agent(sink=lambda _: None, root=str(root), config=Config()) as made:
        yield made


def load(root: Path, file: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = importlib.util.spec_from_file_location(name, root / file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, name, module)
    spec.loader.exec_module(module)


@pytest.mark.parametrize(
    "fields",
    [
        {"at": "fast/_bisect.py:2"},
        {"at": "fast/_bisect.py:2", "unanchored": True},
        {"at": "fast._bisect:bisect_right", "kind": "call"},
        {"at": "fast._bisect:bisect_right"},
    ],
    ids=str,
)
def test_the_status_names_what_runs(
    root: Path, agent: hotlog.Agent, fields: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _LIBRARY is not None
    load(root, f"fast/{_LIBRARY.name}", "fast._bisect", monkeypatch)
    agent.apply([hotlog.Rule(id="r", **fields)])  # type: ignore[arg-type]
    status = agent.status()["r"]
    assert (status.state, status.code) == ("error", "compiled")
    assert status.reason.startswith(f"fast/{_LIBRARY.name} is compiled")


def test_it_is_pending_until_it_is_imported(
    root: Path, agent: hotlog.Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _LIBRARY is not None
    agent.apply([hotlog.Rule(id="r", at="fast/_bisect.py:2")])
    assert agent.status()["r"].state == "pending"
    load(root, f"fast/{_LIBRARY.name}", "fast._bisect", monkeypatch)
    agent.apply([hotlog.Rule(id="r", at="fast/_bisect.py:2")])
    assert agent.status()["r"].code == "compiled"


def test_the_source_is_taken_where_it_is_what_was_imported(
    root: Path, agent: hotlog.Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _LIBRARY is not None
    load(root, f"fast/{_LIBRARY.name}", "fast._bisect", monkeypatch)
    load(root, "fast/_bisect.py", "by_its_source", monkeypatch)
    load(root, "plain.py", "plain", monkeypatch)
    agent.apply([hotlog.Rule(id="r", at="fast/_bisect.py:2"), hotlog.Rule(id="s", at="plain.py:2")])
    assert [status.state for status in agent.status().values()] == ["installed", "installed"]
