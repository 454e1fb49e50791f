"""From a target to its statement, in the source that the desk can see: before a rule is stored."""

from __future__ import annotations

import difflib
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final, NamedTuple

from hotlog.client.code.code_trees import Directory
from hotlog.errors import LocationError
from hotlog.rules.kinds import KINDS
from hotlog.source.locate import for_kind

if TYPE_CHECKING:
    from hotlog.client.code.code_trees import Tree
    from hotlog.client.code.library import CodeLibrary
    from hotlog.rules.model import Rule
    from hotlog.rules.target import Target
    from hotlog.source.statements import Location, Source


_LISTED: Final = 5  # files that a sentence names


class TargetInSource(NamedTuple):
    """A target, found in the source.

    Attributes:
        at: the target as a rule stores it: a search for text has become a line.
        file: path of the file, relative to the root, with `/`.
        lines: of the file.
        place: where the probe goes.
        mark_at: the line that a log line would be typed before: for an entry, below header and docstring.
        tree: how a sentence calls what the file was found in.
    """

    at: str
    file: str
    lines: tuple[str, ...]
    place: Location
    mark_at: int
    tree: str


class Found(NamedTuple):
    """A target and the parsed file that holds it, while the rule is checked."""

    sighting: TargetInSource
    source: Source
    tree: Tree


def find_target(rule: Rule, tree: Tree, code: CodeLibrary) -> Found:
    """Find the target of a rule below a root; where the rule has an anchor, its statement may have moved.

    Args:
        rule: with its target.
        tree: the root of the function's code.
        code: parses.

    Raises:
        LocationError: `no-such-file`, or whatever `Source` finds wrong with the place.
    """
    target = rule.target
    file = target.file or module_file(target.module, tree)
    data = tree.read(file) if file else None
    if data is None:
        raise LocationError("no-such-file", _missing(target, tree))
    source = code.parse(data, file)
    at, place = _place(rule, target, file, source)
    mark_at = place.line
    if place.kind != "statement":
        block, index, *_ = source.spot(place)
        mark_at = block[min(index, len(block) - 1)].lineno
    return Found(TargetInSource(at, file, source.lines, place, mark_at, tree.name), source, tree)


def _place(rule: Rule, target: Target, file: str, source: Source) -> tuple[str, Location]:
    if target.function:
        return rule.at, source.function(target.function)
    if target.text:
        place = source.search(target.text)
    elif rule.text:
        place = source.follow(target.line, rule.text, rule.function)
    else:
        place = source.place(target.line)
        if KINDS[rule.kind].target == "statement":
            return f"{file}:{target.line}", place
    place = for_kind(rule.kind, place, source)
    return f"{file}:{place.line}", place


def module_file(module: str, tree: Tree) -> str:
    """Return the file of a module; empty where the tree has none."""
    path = module.replace(".", "/")
    return next((file for file in (f"{path}.py", f"{path}/__init__.py") if tree.has(file)), "")


def _missing(target: Target, tree: Tree) -> str:
    """Say that the file is not there, and where one of a similar name is."""
    wanted = target.file or target.module.replace(".", "/") + ".py"
    files = list(tree.files())
    missing = f"there is no {wanted} in {tree.name}."
    if tree.has(f"{wanted}c"):
        return f"{missing} It has the compiled {wanted}c alone: --unanchored adds the rule unchecked."
    names = {PurePosixPath(file).name: file for file in files}
    near = [names[name] for name in difflib.get_close_matches(PurePosixPath(wanted).name, names, n=3)]
    if near:
        return f"{missing} Did you mean {' or '.join(near)}?"
    return f"{missing} {_elsewhere(tree, files)}"


def _elsewhere(tree: Tree, files: list[str]) -> str:
    if isinstance(tree, Directory):
        return "Name the directory of the code with --source."
    some = ", ".join(files[:_LISTED]) + (", …" if len(files) > _LISTED else "")
    return f"It has {some}." if files else "It has no Python source."
