"""What the documents say is what the code does."""

from __future__ import annotations

import ast
import json
import re
import tomllib
from typing import TYPE_CHECKING

import pytest

import hotlog
from tests.support.places import ROOT

if TYPE_CHECKING:
    from pathlib import Path

README = (ROOT / "README.md").read_text(encoding="utf-8")
SOURCES = sorted((ROOT / "hotlog").rglob("*.py"))
README_MAX_LINES, PAGE_MAX_LINES = 170, 300
SENTENCE_MAX_WORDS = 55  # a longer one needs a second reading
WRAPPER = [ROOT / "wrapper" / "hotlog-exec", *(ROOT / "wrapper").rglob("*.py")]


def source_text() -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in SOURCES)


def page_text(name: str) -> str:
    return (ROOT / "hotlog" / "docs" / f"{name}.md").read_text(encoding="utf-8")


def test_ci_runs_exactly_the_readmes_test_command() -> None:
    (command,) = re.findall(r"^python3 -m venv .*pytest$", README, re.MULTILINE)
    assert f"\n{command}\n" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_the_quick_start_is_the_one_that_is_promised() -> None:
    assert "python3 -m venv .venv && .venv/bin/pip install '.[cli]' && .venv/bin/hotlog demo\n" in README


@pytest.mark.parametrize("name", ["reference", "troubleshooting", "events", "exit-codes", "settings"])
def test_what_is_made_from_the_code_is_what_the_code_says(name: str) -> None:
    from hotlog.cli.reference import WRITERS  # needs click, which the engine's environments have not

    assert len(WRITERS) == 5
    assert WRITERS[name](page_text(name)) == page_text(name), "run: python -m hotlog.cli.reference"


def test_the_reference_names_each_command() -> None:
    from hotlog.cli.listing import list_commands  # as above

    page = page_text("reference")
    assert all(f"| `{words} " in page or f"| `{words}`" in page for words in list_commands())


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("troubleshooting", "\nCPython 3.11, "),
        ("troubleshooting", "| `no-source` |"),
        ("events", "| `trace` | `lines` |"),
        ("exit-codes", "| `doctor` |"),
        ("settings", "`log`, `call`"),
    ],
)
def test_what_the_code_says_is_written_over_what_a_page_said(name: str, row: str) -> None:
    from hotlog.cli.reference import WRITERS  # as above

    page = page_text(name)
    assert page.count(row) == 1
    lost = page.replace(
        row, "\nCPython 3.9, " if "CPython" in row else "`old`" if "," in row else "| `old` | `x` |"
    )
    assert WRITERS[name](lost) == page


def test_the_readme_is_a_page_that_is_read() -> None:
    assert len(README.splitlines()) <= README_MAX_LINES
    assert "<!--" not in README, "nothing in it is generated"


@pytest.mark.parametrize("page", sorted((ROOT / "hotlog" / "docs").glob("*.md")), ids=lambda page: page.stem)
def test_no_page_is_longer_than_one_reads(page: Path) -> None:
    assert len(page.read_text(encoding="utf-8").splitlines()) <= PAGE_MAX_LINES


@pytest.mark.parametrize(
    "page", [ROOT / "README.md", *sorted((ROOT / "hotlog" / "docs").glob("*.md"))], ids=lambda page: page.stem
)
def test_no_sentence_needs_a_second_reading(page: Path) -> None:
    prose = re.sub(
        r"(?ms)^```.*?^```$|^\|.*?$|^    .*?$|<!--.*?-->", "\n\n", page.read_text(encoding="utf-8")
    )
    blocks = re.split(r"\n\s*\n|\n(?=[-#\d])", prose)
    sentences = [each for block in blocks for each in re.split(r"(?<=[.!?])\s+(?=[A-Z`*])", block)]
    assert [each for each in sentences if len(each.split()) > SENTENCE_MAX_WORDS] == []


def test_the_version_is_the_same_wherever_it_stands() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    editor = ROOT / "hotlog" / "client" / "editors" / "shipped" / "package.json"
    assert project == hotlog.__version__ == json.loads(editor.read_text(encoding="utf-8"))["version"]
    assert re.search(rf"^## {re.escape(project)}\b", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)


def test_every_setting_is_documented_and_no_other() -> None:
    read = set(re.findall(r'"(HOTLOG[A-Z_]*)"', (ROOT / "hotlog" / "config.py").read_text(encoding="utf-8")))
    table = page_text("settings").partition("## Of the command")[0]
    documented = set(re.findall(r"^\| `(HOTLOG[A-Z_]*)` \|", table, re.MULTILINE))
    assert documented == read - {"HOTLOG_HANDLER"}, "which the layer's script sets"


def test_every_code_that_is_explained_exists() -> None:
    rows = re.findall(r"^\| (`[^|]*) \|", page_text("codes"), re.MULTILINE)
    codes = {code for row in rows for code in re.findall(r"`([a-z-]+)`", row)}
    assert len(codes) > 100
    text = source_text() + "".join(path.read_text(encoding="utf-8") for path in WRAPPER)
    spelt = set(re.findall(r'(?:"|\[|\bsay )([a-z-]+)', text))  # in Python, and in the layer's script
    assert codes - spelt == set()


def test_a_module_has_one_idea_and_at_most_500_lines() -> None:
    long = {path.name for path in SOURCES if len(path.read_text(encoding="utf-8").splitlines()) > 500}
    assert long == set()


def handlers_of_everything(tree: ast.AST) -> list[int]:
    """Lines of `except:`, `except Exception:` and `except BaseException:` that do not end in a bare `raise`."""
    found = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.ExceptHandler):
            continue
        names = (
            {name.id for name in ast.walk(node.type) if isinstance(name, ast.Name)}
            if node.type
            else {"Exception"}
        )
        last = node.body[-1]
        if names & {"Exception", "BaseException"} and not (isinstance(last, ast.Raise) and last.exc is None):
            found.append(node.lineno)
    return found


def asks_takes_first(handler: ast.ExceptHandler) -> bool:
    """Whether it begins with `if not internal_errors.takes(...): raise`."""
    first = handler.body[0]
    return (
        isinstance(first, ast.If)
        and ast.unparse(first.test).startswith("not internal_errors.takes(")
        and [ast.unparse(line) for line in first.body] == ["raise"]
    )


@pytest.mark.long
def test_there_is_one_broad_except_in_one_place() -> None:
    """And where a call more would be felt in each hit, it is written out: `internal_errors.takes` decides there too."""
    found = {}
    for path in SOURCES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        lines = set(handlers_of_everything(tree))
        handlers = {
            each.lineno: each
            for each in ast.walk(tree)
            if isinstance(each, ast.ExceptHandler) and each.lineno in lines
        }
        if handlers:
            found[path.relative_to(ROOT).as_posix()] = list(handlers.values())
    # hotlog/local/environment.py stands in for Lambda, which catches whatever a handler or its import raises.
    found.pop("hotlog/local/environment.py", None)
    # `hotlog.wrap` in a function where hotlog cannot be imported: `internal_errors` may be what cannot.
    assert len(found.pop("hotlog/__init__.py")) == 1
    # Around hotlog's work within the application; in the hook itself, so that a hit is not passed on once more, and in
    # callbacks that are told of all code; around what is
    # told of faults; and around the look at whose they are.
    assert len(found.pop("hotlog/internal_errors.py")) == 5
    assert {file: len(handlers) for file, handlers in found.items()} == {
        "hotlog/hits/line_hook.py": 1,
        "hotlog/interpreter/way_events.py": 2,
        "hotlog/interpreter/raise_events.py": 2,
        "hotlog/kinds/recording/lines.py": 1,
        "hotlog/sinks/emitter.py": 1,
    }
    assert all(asks_takes_first(each) for handlers in found.values() for each in handlers)


def test_there_is_one_reader_of_the_environment() -> None:
    readers = {
        path.relative_to(ROOT).as_posix()
        for path in SOURCES
        if re.search(r"\bos\.(environ|getenv)\b", path.read_text(encoding="utf-8"))
    }
    # hotlog/local/environment.py sets the variables that Lambda would set, and puts the old ones back; standard_library.py runs where
    # what config.py imports cannot be trusted; expressions.py names what no rule may read.
    others = {
        "hotlog/local/environment.py",
        "hotlog/coldstart/standard_library.py",
        "hotlog/client/typed/expressions.py",
    }
    assert readers - others == {"hotlog/config.py"}


PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "tests" / "README.md",
    *(ROOT / "hotlog" / "docs").glob("*.md"),
]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_a_page_names_is_there(page: Path) -> None:
    """Files and folders in backquotes are relative to the checkout or to the package; links to the page."""
    text = page.read_text(encoding="utf-8")
    named = re.findall(r"`((?:[a-z_]+/)+(?:[a-z_]+\.(?:py|md|toml))?)`", text)
    bases = (ROOT, ROOT / "hotlog", page.parent)
    assert [name for name in named if not any((base / name).exists() for base in bases)] == []
    prose = re.sub(r"(?ms)^```.*?^```$", "", text)
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", prose)
    assert [link for link in links if not (page.parent / link).exists()] == []
