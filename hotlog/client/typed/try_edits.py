"""`hotlog try`: log lines that were typed in a working copy, as rules of the deployed function.

    working copy ── find_typed ──> typed lines ── check_rules ──> TriedEdits ── store_rules ──> live
                                        └── other edits: listed, never stored

Each line is taken or refused alone, with a sentence. What is stored is stored in one write.
"""

from __future__ import annotations

import functools
from collections import Counter
from typing import TYPE_CHECKING, Any

from hotlog import config
from hotlog.client.account.function_name import require_one
from hotlog.client.adding.check import check_rules
from hotlog.client.adding.request import make_request
from hotlog.client.adding.store_rules import store_rules
from hotlog.client.code.search import find_functions
from hotlog.client.documents import changes
from hotlog.client.documents.edit import change_document
from hotlog.client.documents.load import load_document
from hotlog.client.rule_line import TYPED_LEVEL
from hotlog.client.typed.deployed_files import find_deployed_file
from hotlog.client.typed.find_typed import OtherEdit, TypedFile, TypedLine, find_typed
from hotlog.client.typed.tried_edits import TriedEdits, TriedLine, UnreadFile
from hotlog.errors import ConfigError, LocationError, RuleError
from hotlog.redaction.secret_names import Names
from hotlog.rules.model import new_id

if TYPE_CHECKING:
    import ast
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from hotlog.client.account.desk import Desk
    from hotlog.client.account.function_name import FunctionName
    from hotlog.client.adding.checked_rule import CheckedRule
    from hotlog.client.code.code_trees import Tree
    from hotlog.client.typed.deployed_files import DeployedFile
    from hotlog.client.typed.tried_edits import TryOptions
    from hotlog.client.typed.unified_diff import TypedDiff
    from hotlog.client.typed.working_copy import EditedFile, WorkingCopy


def look_at_edits(
    desk: Desk, wanted: FunctionName, copy: WorkingCopy | TypedDiff, options: TryOptions
) -> TriedEdits:
    """Return what was typed in a working copy, checked against the deployed code. Nothing is stored.

    Args:
        desk: where the function is.
        wanted: the function.
        copy: the working copy, or a diff in its place.
        options: how lines become rules.

    Raises:
        ConfigError: `bad-base`, `needs-source`.
        StoreError: the code cannot be had.
    """
    require_one(wanted)
    tree, version, hides = find_deployed(desk, wanted, options.source)
    group = options.group or f"try-{new_id()}"
    notes: list[str] = []
    warnings: list[str] = []
    lines: list[TriedLine] = []
    others: list[tuple[str, OtherEdit]] = []
    asked: list[tuple[TriedLine, dict[str, Any]]] = []
    unread: list[UnreadFile] = []
    for file in copy.edited():
        deployed = find_deployed_file(file, tree, wanted.name, functools.partial(copy.namesakes, file))
        if deployed is None:
            if copy.since:
                notes.append(f"{file.name} is in no package of {wanted.name}: left out")
            continue
        try:
            found = _read_file(desk, file, deployed, tree, hides)
        except LocationError as fault:
            unread.append(UnreadFile(file.name, fault.code, fault.message))
            continue
        notes += [deployed.note] if deployed.note and (found.lines or found.others) else []
        if found.ahead:
            first = desk.code.parse(deployed.data, deployed.path).lines[found.ahead_line - 1].strip()
            warnings.append(
                f"{wanted.name} runs another {deployed.path} than the one you edit: it has {found.ahead} statement"
                f"{'' if found.ahead == 1 else 's'} that yours lacks, the first at line {found.ahead_line}: `{first}`"
            )
        others += [(file.name, each) for each in found.others]
        for typed in found.lines:
            line = _line_of(file, typed)
            lines.append(line)
            if typed.read.fault is None:
                asked.append((line, _fields(typed, deployed.path, group, options)))
    checked = _check(desk, wanted, asked, options.source)
    done = _number([checked.get(id(each), each) for each in lines])
    since = copy.since or (str(copy.base) if copy.base else "deployed")
    return TriedEdits(
        wanted.name, version, since, done, tuple(others), tuple(notes), tuple(warnings), group, tuple(unread)
    )


def find_deployed(
    desk: Desk, wanted: FunctionName, source: Path | None
) -> tuple[Tree, str, Callable[[str], bool]]:
    """Return the deployed code, its version where that is known, and what tells which names are redacted.

    Args:
        desk: where the function is.
        wanted: the function.
        source: root of the deployed code on this machine; None: what is deployed.

    Raises:
        ConfigError: `needs-source`.
        StoreError: the code cannot be had.
    """
    settings = config.read()
    if source is not None:
        return desk.code.directory(source), "", Names(settings.redact, settings.redact_keep).hides
    aws = desk.account()
    if aws is None:
        raise ConfigError(
            "needs-source", "without AWS nobody knows which code runs: name its directory with --source DIR."
        )
    deployed = aws.function(wanted.name, wanted.qualifier)
    hides = Names(deployed.config.redact, deployed.config.redact_keep).hides
    return desk.code.package_of(deployed), deployed.version, hides


def _read_file(
    desk: Desk, file: EditedFile, found: DeployedFile, tree: Tree, hides: Callable[[str], bool]
) -> TypedFile:
    """Return what was typed into a file.

    Raises:
        LocationError: `source-unreadable`: it is not Python yet.
    """
    code = desk.code
    if file.trouble:
        raise LocationError("source-unreadable", f"{file.name} {file.trouble}")
    deployed = code.parse(found.data, found.path)
    work = code.parse(file.data, file.name)
    before = file.before
    try:
        base = deployed if before is None or before == found.data else code.parse(before, file.name)
    except LocationError:
        base = deployed  # it was no Python at the commit: as without git, what is deployed is what it was

    def elsewhere(name: str) -> Iterator[ast.Module]:
        for other in {each: None for each, _, _ in find_functions(code, tree, name)}:
            if other != found.path:
                yield code.parse(tree.read(other) or b"", other).tree

    return find_typed(work, base, deployed, hides, elsewhere)


def _line_of(file: EditedFile, typed: TypedLine) -> TriedLine:
    fault = typed.read.fault
    at = f"{file.name}:{typed.line}"
    if fault is None:
        return TriedLine(at, typed, None)
    return TriedLine(at, typed, None, fault.code, fault.message, typed.column)


def _fields(typed: TypedLine, path: str, group: str, options: TryOptions) -> dict[str, Any]:
    """Return the fields of the rule that a typed line stands for."""
    log = typed.read.log
    if log is None:
        raise TypeError("a line that is taken logs something")
    tests = [each for each in (typed.read.condition, options.condition) if each]
    condition = " and ".join(f"({each})" for each in tests) if len(tests) > 1 else "".join(tests)
    fields: dict[str, Any] = {
        "at": f"{path}:{typed.at}",
        "after": typed.after,
        "message": log.message,
        "condition": condition,
        "snapshot": log.snapshot,
        "stack": log.stack,
        "group": group,
        "for_s": options.for_s,
        "properties": options.properties,
    }
    if log.level:
        fields["watch"] = {TYPED_LEVEL: repr(log.level)}
    return fields | ({"limit": None, "per_second": None} if options.unlimited else {})


def _check(
    desk: Desk, wanted: FunctionName, asked: Sequence[tuple[TriedLine, dict[str, Any]]], source: Path | None
) -> dict[int, TriedLine]:
    """Return, by the id of each line that was asked for, the line with its rule, or with what is wrong with that."""
    requests = []
    found: dict[int, TriedLine] = {}
    of_request: list[TriedLine] = []
    for line, fields in asked:
        try:
            requests.append(make_request(fields))
        except RuleError as fault:
            found[id(line)] = line._replace(code=fault.code, say=fault.message)
        else:
            of_request.append(line)
    if not requests:
        return found
    for line, checked in zip(of_request, check_rules(desk, wanted, requests, source), strict=True):
        if not checked.faults:
            found[id(line)] = line._replace(checked=checked)
            continue
        say = " ".join(fault.message for fault in checked.faults)
        found[id(line)] = line._replace(code=checked.faults[0].code, say=say)
    return found


def _number(lines: Sequence[TriedLine]) -> tuple[TriedLine, ...]:
    """Return the lines, with those numbered that say the same at the same place."""
    seen: Counter[tuple[object, ...]] = Counter()
    found = []
    for line in lines:
        found.append(line._replace(nth=seen[line.key]))
        seen[line.key] += 1
    return tuple(found)


def store_edits(desk: Desk, tried: TriedEdits, before: TriedEdits | None = None) -> TriedEdits:
    """Store the rules of typed lines in one write: those that were not there before, without those that are gone.

    Args:
        desk: where they are stored.
        tried: what was typed.
        before: what this has stored already; None: nothing.

    Returns:
        The same with the rules as they are stored; where nothing has changed, nothing is written.
    """
    known = {line.key: line for line in (before.taken if before else [])}
    wanted = [line.key for line in tried.taken]
    changed = {line.place for line in tried.taken if line.key not in known}
    changed |= {line.place for key, line in known.items() if key not in wanted}
    # Rules of one place fire in the document's order: where one is new there, all are written anew.
    keeps = {line.key for line in tried.taken if line.key in known and line.place not in changed}
    fresh = [line for line in tried.taken if line.key not in keeps]
    gone = [
        line.checked.rule.id for key, line in known.items() if key not in keeps and line.checked is not None
    ]
    if gone:  # some may have gone already, by another's hand
        there = frozenset(changes.list_ids(load_document(desk.open_store(), tried.function)))
        gone = [key for key in gone if key in there]
    stored: list[CheckedRule] = []
    if fresh:
        rules = [line.checked for line in fresh if line.checked is not None]
        stored = list(store_rules(desk, rules, keep_ids=False, remove=gone).rules)
    elif gone:
        change_document(desk, tried.function, lambda document: changes.remove_rules(document, gone))
    new = iter(stored)
    lines = tuple(
        line
        if line.checked is None
        else line._replace(checked=known[line.key].checked if line.key in keeps else next(new))
        for line in tried.lines
    )
    return tried._replace(lines=lines)
