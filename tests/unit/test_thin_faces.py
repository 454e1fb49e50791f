"""A command is a face: its options, a call or two of the client, and what it prints."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import pytest

from tests.support.places import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST = 40
COMMANDS = ROOT / "hotlog" / "cli" / "commands"


def commands() -> Iterator[tuple[str, ast.FunctionDef]]:
    """Every function that click calls, by the module it is in."""
    for path in sorted(COMMANDS.glob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and any(
                "command(" in ast.unparse(each) for each in node.decorator_list
            ):
                yield f"{path.stem}.{node.name}", node


FOUND = dict(commands())


def test_every_command_is_looked_at() -> None:
    assert len(FOUND) > 25
    assert {"add.add", "attach.attach", "pages.help", "schema.schema"} <= FOUND.keys()


@pytest.mark.parametrize("name", FOUND)
def test_a_command_has_at_most_40_statements_outside_its_options(name: str) -> None:
    statements = sum(isinstance(node, ast.stmt) for node in ast.walk(FOUND[name])) - 1
    assert statements <= MOST


def test_faces_name_no_part_of_the_account() -> None:
    """Nothing that a method of boto3 is called by stands in a command."""
    text = "".join(path.read_text(encoding="utf-8") for path in COMMANDS.glob("*.py"))
    for word in ("get_paginator", ".client(", "get_parameter", "put_parameter", "open(", "ast.parse"):
        assert word not in text.replace("Path.open(", ""), word
