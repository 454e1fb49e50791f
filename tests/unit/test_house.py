"""The layout of the package: no circles, few modules at the root, no name with two meanings."""

from __future__ import annotations

import ast
from graphlib import CycleError, TopologicalSorter

import pytest

from hotlog.cli.root import COMMANDS
from hotlog.rules.kinds import DEFAULT, KINDS
from tests.support.places import ROOT

FILES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in (ROOT / "hotlog").rglob("*.py")
    if not path.is_relative_to(ROOT / "hotlog" / "_examples")
}
ROOT_MODULES_MAX = 8


def imported_by(module: str) -> set[str]:
    """The modules of hotlog that a module imports anywhere: in functions and for annotations, too."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(FILES[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {
                full if (full := f"{node.module}.{each.name}") in FILES else node.module
                for each in node.names
            }
        elif isinstance(node, ast.Import):
            found |= {each.name for each in node.names}
    return {each for each in found if each in FILES} - {module}


def test_nothing_goes_in_circles() -> None:
    graph = {module: imported_by(module) for module in FILES if module != "hotlog"}
    graph = {module: others - {"hotlog"} for module, others in graph.items()}
    assert any(graph.values())
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as fault:
        pytest.fail(" -> ".join(fault.args[1]))


def test_few_modules_lie_at_the_root() -> None:
    assert len(list((ROOT / "hotlog").glob("*.py"))) <= ROOT_MODULES_MAX


def test_the_page_on_the_house_names_every_room() -> None:
    page = (ROOT / "hotlog" / "docs" / "architecture.md").read_text(encoding="utf-8")
    rooms = {path.parent.name for path in FILES.values() if path.name == "__init__.py"} - {"hotlog"}
    assert {room for room in rooms if f"{room}/" not in page} == set()


@pytest.mark.long
def test_no_class_has_a_name_with_two_meanings() -> None:
    homes: dict[str, set[str]] = {}
    for module, path in FILES.items():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                homes.setdefault(node.name, set()).add(module)
    assert homes
    assert {name: sorted(found) for name, found in homes.items() if len(found) > 1} == {}


def test_folders_of_what_runs_in_lambda_load_nothing_with_their_init() -> None:
    """A package's `__init__` runs whenever one of its modules is imported: at a cold start, too."""
    desk = ("hotlog.cli", "hotlog.client", "hotlog.local", "hotlog.mcp", "hotlog.dap", "hotlog.ui")
    light = {
        "hotlog",
        "hotlog.config",
        "hotlog.errors",
        "hotlog.namedtuple",
        "hotlog.events",
        "hotlog.limits",
    }
    for module, path in FILES.items():
        if path.name == "__init__.py" and module != "hotlog" and not module.startswith(desk):
            top = ast.parse(path.read_text(encoding="utf-8")).body
            imports = {node.module or "" for node in top if isinstance(node, ast.ImportFrom)}
            assert {each for each in imports if each.startswith("hotlog")} <= light, module


OF_A_KIND = (
    *("hotlog.kinds.", "hotlog.cli.kinds.", "hotlog.client.kinds."),
    "hotlog.client.events.recordings",  # its steps are calls, too
)
OF_LIBRARIES = {"call", "trace", "timeout"}  # attributes of theirs
# States, logs, what an assignment binds, a module's code, what a log holds, a choice, a count, a command.
OTHER_MEANINGS = {"error", "log", "value", "unit", "record", "keep", "bad", "suspects"}


def words_of(module: str) -> set[str]:
    """The texts in a module's code, and the attributes that it reads."""
    nodes = list(ast.walk(ast.parse(FILES[module].read_text(encoding="utf-8"))))
    texts = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return texts | {node.attr for node in nodes if isinstance(node, ast.Attribute)} - OF_LIBRARIES


def test_only_the_table_knows_which_kinds_of_rules_there_are() -> None:
    """By name, or by a field that only one kind has; `rules.model` has the fields' types and defaults."""
    words = {word for name, kind in KINDS.items() for word in (name, *kind.fields)} - OTHER_MEANINGS
    assert {"call", "metric", "ring", "margin_ms"} <= words
    knowing = {module for module in FILES if not module.startswith(OF_A_KIND) and words_of(module) & words}
    assert knowing == {"hotlog.rules.kinds"}


def test_the_settings_name_every_kind_that_an_owner_can_allow() -> None:
    page = (ROOT / "hotlog" / "docs" / "settings.md").read_text(encoding="utf-8")
    [row] = [line for line in page.splitlines() if line.startswith("| `HOTLOG_ALLOW` |")]
    assert [name for name in KINDS if f"`{name}`" not in row] == []


def test_every_kind_has_its_modules() -> None:
    assert DEFAULT in KINDS
    for name in KINDS:
        assert {
            f"hotlog.kinds.{name}",
            f"hotlog.cli.kinds.{name}",
            f"hotlog.client.kinds.{name}",
        } <= FILES.keys()
    assert {module.rpartition(".")[2] for module in FILES if module.startswith("hotlog.cli.kinds.")} == set(
        KINDS
    )


@pytest.mark.long
def test_every_command_is_registered_in_one_place() -> None:
    """A module of commands is named by the table of the root alone, and reached through it."""
    modules = {module for module in FILES if module.startswith("hotlog.cli.commands.")}
    assert {f"hotlog.cli.commands.{home}" for home, _ in COMMANDS.values()} == modules
    below = {
        module for module in FILES if not module.startswith(("hotlog.cli.commands", "hotlog.cli.reference"))
    }
    assert not [module for module in below if imported_by(module) & modules]
