"""From a place in any words to its statement: in what is deployed, or in source of this machine."""

from __future__ import annotations

import difflib
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final, NamedTuple

from hotlog.client.adding.places import resolve_place
from hotlog.client.code.code_trees import Directory, has_blanks
from hotlog.client.code.zip_tree import is_among
from hotlog.errors import LocationError, StoreError
from hotlog.interpreter.supported import RUNNING, TESTED_PYTHONS
from hotlog.rules.kinds import KINDS
from hotlog.rules.target import parse_target
from hotlog.source.locate import for_kind

if TYPE_CHECKING:
    from pathlib import Path

    from hotlog.client.account.aws import Aws
    from hotlog.client.account.desk import Desk
    from hotlog.client.account.functions import Recipient
    from hotlog.client.code.code_trees import Tree
    from hotlog.client.code.library import CodeLibrary
    from hotlog.client.deployed import Deployed
    from hotlog.rules.model import Rule
    from hotlog.rules.target import Target
    from hotlog.source.statements import Location, Source


_EXTENSIONS: Final = (  # of what mypyc and Cython make of a source file, for Lambda
    *(
        f".cpython-{major}{minor}-{machine}-linux-gnu.so"
        for major, minor in TESTED_PYTHONS
        for machine in ("x86_64", "aarch64")
    ),
    ".abi3.so",
    ".so",
)
_LISTED: Final = 5  # files that a sentence names


class TargetInSource(NamedTuple):
    """A target, found in the source.

    Attributes:
        at: the target as a rule stores it: a search for text has become a line.
        file: path of the file, relative to the root, with `/`.
        lines: of the file.
        place: where the probe goes.
        mark_at: the line that a log line would be typed before: for an entry, below header and docstring; one past the
            last line of the file, where it would be typed at its end.
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


class Placed(NamedTuple):
    """A request at a place that was found."""

    found: Found
    notes: tuple[str, ...]
    warnings: tuple[str, ...]


def _find_target(at: str, rule: Rule, tree: Tree, code: CodeLibrary) -> Found:
    """Find the target of a rule below a root; where the rule has an anchor, its statement may have moved.

    Args:
        at: the target.
        rule: all the rest of it.
        tree: the root of the function's code.
        code: parses.

    Raises:
        LocationError: `no-such-file`, or whatever `Source` finds wrong with the place.
        RuleError: `bad-target`.
    """
    target, name = parse_target(at), tree.name
    file = target.file or _module_file(target.module, tree)
    data = tree.read(file) if file else None
    if data is None:
        raise LocationError("no-such-file", _missing(target, tree))
    source = code.parse(data, file)
    at, place = _statement_of(at, rule, target, file, source)
    if rule.after:
        place = source.behind(place)
    mark_at = place.end + 1 if place.after else place.line
    if place.kind != "statement":
        block, index, *_ = source.spot(place)
        mark_at = block[min(index, len(block) - 1)].lineno
    return Found(TargetInSource(at, file, source.lines, place, mark_at, name), source, tree)


def _statement_of(at: str, rule: Rule, target: Target, file: str, source: Source) -> tuple[str, Location]:
    if target.function:
        return at, source.function(target.function)
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


def _module_file(module: str, tree: Tree) -> str:
    """Return the file of a module; empty where the tree has none."""
    path = module.replace(".", "/")
    return next((file for file in (f"{path}.py", f"{path}/__init__.py") if tree.has(file)), "")


def _missing(target: Target, tree: Tree) -> str:
    """Say that the file is not there, and where one of a similar name is."""
    wanted = target.file or target.module.replace(".", "/") + ".py"
    files = [file for file in tree.files() if not has_blanks(file)]
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


def find_place(desk: Desk, at: str, rule: Rule, recipient: Recipient, source: Path | None) -> Placed:
    """Return where the request goes: in what is deployed, or in source of this machine beside what is deployed.

    Raises:
        LocationError: it leads nowhere, or to several places.
        RuleError: `bad-target`.
        ConfigError: `bad-source`.
        StoreError: `needs-source`, `denied`, `unreachable`, ...
    """
    code = desk.code
    if source is None and recipient.deployed:
        aws = desk.aws()  # which said how it is deployed
        first, *others = recipient.deployed
        found, notes, warnings = _in_package(at, rule, aws, first)
        for other in others:
            warnings += tuple(_unlike(found, code.package_of(other), code, f"version {other.version}"))
        return Placed(found, notes, warnings)
    found, notes = _in_tree(at, rule, code.directory(source), code)
    warnings = ()
    for each in recipient.deployed:
        name = f"version {each.version}" if recipient.versions else "what is deployed"
        warnings += tuple(_compare_with_deployed(found, each, code, name))
    return Placed(found, notes, warnings)


def _in_tree(at: str, rule: Rule, tree: Tree, code: CodeLibrary) -> tuple[Found, tuple[str, ...]]:
    """Return where a request goes in one tree, and what was taken for its place."""
    place = resolve_place(at, tree, code)
    found = _find_target(place.at, rule, tree, code)
    return found, tuple(filter(None, (place.note, _say_what_is_imported(found.sighting.file, tree))))


def _say_what_is_imported(file: str, tree: Tree) -> str:
    """Return a sentence on the extension module that Python prefers to a source file; empty where none lies beside it."""
    stem = file.removesuffix(".py").removesuffix("/__init__")
    for ending in _EXTENSIONS:
        if tree.has(stem + ending):
            return f"{stem}{ending} lies beside {file}: a Python that can load it runs that, and takes no rule (`compiled`)"
    return ""


# --- in the code that is deployed ----------------------------------------------------------------------------------


def _in_package(
    at: str, rule: Rule, aws: Aws, deployed: Deployed
) -> tuple[Found, tuple[str, ...], tuple[str, ...]]:
    """Return where the package or a layer holds the target, what was taken for it, and the obstacles to a probe there."""
    package = aws.code.package_of(deployed)
    try:
        found, notes = _in_tree(at, rule, package, aws.code)
    except LocationError as fault:
        here = f"python{RUNNING}"
        if fault.code == "source-unreadable" and deployed.runtime not in {"", here}:
            fault.add_note(
                f"The function runs {deployed.runtime}, this command {here}: do they have the same syntax?"
            )
        if fault.code != "no-such-file" or not deployed.layers:
            raise
        found = _in_layers(at, rule, aws, deployed, fault)
        if any(folder.startswith("/opt") for folder in deployed.config.code_roots):
            return found, (), ()
        return found, (), (f"{found.sighting.file} lies in {found.tree.name}: {_MUST_OPEN}.",)
    file = found.sighting.file
    place = is_among(file, package.installed())
    opened = any(file.startswith(folder.removeprefix("/var/task/")) for folder in deployed.config.code_roots)
    if place and not opened:
        raise LocationError(
            "not-allowed",
            f"No probe may go there: {place} belongs to an installed distribution; {_MUST_OPEN}.",
        )
    return found, notes, ()


_MUST_OPEN: Final = "the function's owner must open it with HOTLOG_CODE_ROOTS first"


def _in_layers(at: str, rule: Rule, aws: Aws, deployed: Deployed, fault: LocationError) -> Found:
    target = parse_target(at)
    for layer in aws.layers_of(deployed):
        if target.module and _module_file(target.module, layer):
            return _find_target(at, rule, layer, aws.code)
        if target.file and layer.has(target.file):
            module = target.file.removesuffix(".py").replace("/", ".")
            raise LocationError(
                "no-such-file",
                f"{target.file} lies in {layer.name}, where no line can be named: write {module}:FUNCTION instead.",
            )
    raise fault


# --- whether two trees agree ---------------------------------------------------------------------------------------


def _compare_with_deployed(found: Found, deployed: Deployed, code: CodeLibrary, name: str) -> list[str]:
    """Return how source of this machine differs from what is deployed."""
    try:
        return _unlike(found, code.package_of(deployed), code, name)
    except StoreError as fault:  # a container image, or the network
        return [f"nobody could compare {found.sighting.file} with {name}: {fault.message}"]


def _unlike(found: Found, tree: Tree, code: CodeLibrary, name: str) -> list[str]:
    """Return how a file differs between two trees, where that matters to the rule; else empty."""
    file, place = found.sighting.file, found.sighting.place
    data = tree.read(file)
    if data is None:
        return [f"{name} has no {file}: the rule will be pending there, or an error."]
    if data.splitlines() == found.source.data.splitlines():
        return []
    differs = f"{file} in {found.tree.name} differs from {name}"
    try:
        other = code.parse(data, file).follow(place.line, place.text, place.function)
        if place.after:
            code.parse(data, file).behind(other)
    except LocationError as fault:
        return [f"{differs}: {fault.message}"]
    if other.line == place.line:
        return [f"{differs}, though not at this statement."]
    return [f"{differs}: there the statement is at line {other.line}, and the rule follows it."]
