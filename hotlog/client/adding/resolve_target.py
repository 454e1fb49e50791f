"""From a target to its statement, in the source that the command can see: before a rule is stored."""

from __future__ import annotations

import difflib
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final, NamedTuple

from hotlog.client.code.code_trees import Directory
from hotlog.errors import ConfigError, LocationError
from hotlog.rules.kinds import KINDS
from hotlog.source.locate import for_kind
from hotlog.source.statements import Source

if TYPE_CHECKING:
    from hotlog.client.code.code_trees import Tree
    from hotlog.rules.model import Rule
    from hotlog.rules.target import Target
    from hotlog.source.statements import Location


_LISTED: Final = 5  # files that a sentence names


class TargetInSource(NamedTuple):
    """A target, found in the source.

    Attributes:
        at: the target as a rule stores it: a search for text has become a line.
        file: path of the file, relative to the root, with `/`.
        source: the file, parsed.
        place: where the probe goes.
        tree: where the file was found.
    """

    at: str
    file: str
    source: Source
    place: Location
    tree: Tree


def open_directory(path: Path) -> Directory:
    """Return the source tree below the directory that `--source` names.

    Raises:
        ConfigError: `bad-source`, where it is none.
    """
    if not path.is_dir():
        raise ConfigError("bad-source", f"--source {path} is no directory.")
    return Directory(path)


def find_target(rule: Rule, tree: Tree) -> TargetInSource:
    """Find the target of a rule below a root; where the rule has an anchor, its statement may have moved.

    Args:
        rule: with its target.
        tree: the root of the function's code.

    Raises:
        LocationError: `no-such-file`, or whatever `Source` finds wrong with the place.
    """
    target = rule.target
    file = target.file or module_file(target.module, tree)
    data = tree.read(file) if file else None
    if data is None:
        raise LocationError("no-such-file", _missing(target, tree))
    source = Source(data, file)
    if target.function:
        return TargetInSource(rule.at, file, source, source.function(target.function), tree)
    if target.text:
        place = source.search(target.text)
    elif rule.text:
        place = source.follow(target.line, rule.text, rule.function)
    else:
        place = source.place(target.line)
        if KINDS[rule.kind].target == "statement":
            return TargetInSource(f"{file}:{target.line}", file, source, place, tree)
    place = for_kind(rule.kind, place, source)
    return TargetInSource(f"{file}:{place.line}", file, source, place, tree)


def module_file(module: str, tree: Tree) -> str:
    """Return the file of a module; empty where the tree has none."""
    path = module.replace(".", "/")
    return next((file for file in (f"{path}.py", f"{path}/__init__.py") if tree.has(file)), "")


def _missing(target: Target, tree: Tree) -> str:
    """Say that the file is not there, and where a file of that name is."""
    wanted = target.file or target.module.replace(".", "/") + ".py"
    files = list(tree.files())
    missing = f"there is no {wanted} in {tree.name}."
    if tree.has(f"{wanted}c"):
        return f"{missing} It has the compiled {wanted}c alone: --unanchored adds the rule unchecked."
    below = [file for file in files if file.endswith(f"/{wanted}")][:3]
    if below and isinstance(tree, Directory):
        roots = [Directory(tree.path / file.removesuffix(f"/{wanted}")).name for file in below]
        return f"{missing} Add {' or '.join(f'--source {root}' for root in roots)}."
    names = {PurePosixPath(file).name: file for file in files}
    near = below or [
        names[name] for name in difflib.get_close_matches(PurePosixPath(wanted).name, names, n=3)
    ]
    if near:
        return f"{missing} Did you mean {' or '.join(near)}?"
    return f"{missing} {_elsewhere(tree, files)}"


def _elsewhere(tree: Tree, files: list[str]) -> str:
    if isinstance(tree, Directory):
        return "Name the directory of the code with --source."
    some = ", ".join(files[:_LISTED]) + (", …" if len(files) > _LISTED else "")
    return f"It has {some}." if files else "It has no Python source."
