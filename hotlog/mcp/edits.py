"""`try_edits` and `promote_rules`: log statements that were typed, as rules; and rules, as log statements.

Both know the working copy where the server was started, and nothing above or beside it. Neither writes a file.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from hotlog.client import desk_limits
from hotlog.client.agents.asked import SNAPSHOT
from hotlog.client.words import count_of, escape
from hotlog.errors import ConfigError
from hotlog.mcp.answer import ToolText, call, cut
from hotlog.mcp.placing import Prepared, only_looks, prepare
from hotlog.rules.kinds import DEFAULT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hotlog.client.typed.tried_edits import TriedEdits
    from hotlog.mcp.desk import AgentDesk
    from hotlog.rules.model import Rule


def prepare_edits(desk: AgentDesk, asked: Mapping[str, Any], via: str, group: str) -> Prepared | ToolText:
    """Find the log lines that were typed, and check them as rules; return these, or the answer where there are none.

    Args:
        desk: of this server.
        asked: the arguments of `try_edits`.
        via: name of the agent's program.
        group: for the rules.
    """
    if desk.settings.mode == "read":
        return only_looks()
    if ("folder" in asked) is ("diff" in asked):
        return ToolText(
            "0 rules placed: say where the log lines were typed, in one way.",
            next=f"{call('try_edits', function=asked['function'], folder='.', reason='…')}, or with diff in the place of folder",
            refused=True,
        )
    tried = _look(desk, asked)
    besides = _list_besides(tried)
    if not tried.taken:
        return _nothing_taken(desk, asked, tried, besides)
    rules = [_asked_of(each.checked.rule) for each in tried.taken if each.checked is not None]
    labels = [f"{each.at}: {cut(each.typed.text, desk_limits.AGENT_LINE_MAX_CHARS)}" for each in tried.taken]
    placing = {**asked, "rules": rules, "partial": True}
    prepared = prepare(desk, placing, via, group, labels)
    if isinstance(prepared, Prepared):
        return prepared._replace(besides=besides)
    then = (
        "try_edits again, once what was typed is corrected and saved" if prepared.refused else prepared.next
    )
    return prepared._replace(data=(*prepared.data, *besides), next=then)


def _look(desk: AgentDesk, asked: Mapping[str, Any]) -> TriedEdits:
    from hotlog.client.typed.tried_edits import TryOptions  # what reads typed lines, when some are there

    source = desk.settings.source
    options = TryOptions(source=Path(source) if source else None)
    if "diff" in asked:
        return desk.client.try_edits(asked["function"], diff=asked["diff"], options=options, dry_run=True)
    folder = _require_inside(desk, asked["folder"])
    return desk.client.try_edits(asked["function"], [folder], options=options, dry_run=True)


def _require_inside(desk: AgentDesk, name: str) -> Path:
    """Return a folder of the working copy.

    Raises:
        ConfigError: `bad-base`: it lies elsewhere; what stands there is not the agent's to see.
    """
    roots = _list_roots(desk)
    try:
        folder = Path(name).resolve()
        is_inside = any(folder.is_relative_to(root) for root in roots)
    except (OSError, ValueError):  # what no path can be called
        is_inside = False
    if not is_inside:
        raise ConfigError(
            "bad-base",
            f"{name} is not inside {roots[0]}, where this server was started: pass what you typed as a unified diff.",
        )
    return folder


def _list_roots(desk: AgentDesk) -> list[Path]:
    """Return the folders that this server may look into: where it was started, and the root of the code that it was given."""
    named = [Path(desk.settings.source).resolve()] if desk.settings.source else []
    return list(dict.fromkeys([Path.cwd().resolve(), *named]))


def _asked_of(rule: Rule) -> dict[str, Any]:
    """Return a rule as an entry of `add_rules`, so that it is checked, shown and stored as those are."""
    entry = {
        "target": rule.at,
        "message": rule.message,
        "kind": SNAPSHOT if rule.snapshot else DEFAULT,
        "when": rule.condition,
        "after": rule.after,
        "watch": dict(rule.watch),
        "stack": rule.stack,
        "limit": desk_limits.AGENT_TYPED_LINES,
    }
    return {key: value for key, value in entry.items() if value}


def _list_besides(tried: TriedEdits) -> tuple[str, ...]:
    """Return what was not taken, with the way out, what reads otherwise, and the other edits."""
    most = desk_limits.AGENT_LINE_MAX_CHARS
    lines = [
        f"not taken: {each.at}  {cut(each.typed.text, most)}\n  {each.code}: {each.say}"
        for each in tried.refused
    ]
    lines += [f"{each.at} reads otherwise: {mark}" for each in tried.taken for mark in each.typed.read.marks]
    lines += [f"not read: {each.say} [{each.code}]" for each in tried.unread]
    lines += [f"note: {each}" for each in (*tried.warnings, *tried.notes)]
    lines += [
        f"other edit, not in the running code: {name}:{each.line}  {cut(each.text, most)}{' (removed)' if each.is_gone else ''}"
        for name, each in tried.others
        if not each.is_helper
    ]
    return tuple(part for line in lines for part in line.split("\n"))


def _nothing_taken(
    desk: AgentDesk, asked: Mapping[str, Any], tried: TriedEdits, besides: tuple[str, ...]
) -> ToolText:
    function, where = asked["function"], desk.client.describe_where()
    if tried.refused:
        lines = count_of(len(tried.refused), "log line")
        verdict = (
            f"0 rules placed on {function} ({where}): {lines} typed, and none can be a rule as it stands."
        )
        then = "correct what was typed, save it, and try_edits again; or add_rules with the names that read_code lists"
    elif tried.unread:
        verdict = f"0 rules placed on {function} ({where}): {count_of(len(tried.unread), 'file')} could not be read."
        then = "correct the file, save it, and try_edits again"
    else:
        since = "since the last commit" if tried.since == "HEAD" else "that the running code does not have"
        place = "in the diff" if "diff" in asked else f"in {asked['folder']} {since}"
        verdict = f"0 rules placed on {function} ({where}): no log line was typed {place}."
        then = 'type print(f"{total=}") or logger.info(…) where you want it, save, and try_edits again; what is committed already comes as a diff; or add_rules'
    return ToolText(verdict, data=besides, next=then, refused=True)


def promote_rules(desk: AgentDesk, asked: Mapping[str, Any]) -> ToolText:
    """Return a diff that writes rules into the source of the working copy; nothing is written and nothing stored."""
    from hotlog.client.typed.working_copy import find_top  # with subprocess

    function, names, style = asked["function"], asked["rules"], asked.get("style", "auto")
    for top in _list_roots(desk):  # a root of the code that is no working copy comes last
        done = desk.client.promote(function, names, top, style)
        if done.files:
            break
    where = desk.client.describe_where()
    said = [f"left out: {name}: {fault.message} [{fault.code}]" for name, fault in done.left_out]
    said += [f"note: {note}" for note in done.notes]
    diff = done.diff.removesuffix("\n").split("\n") if done.diff else []
    by_hand = f"hotlog promote {function} {' '.join(names)} --write"
    bent = any(escape(line) != line for line in diff)
    tail = (
        [
            f"Characters that nobody sees are spelt out above, so it does not apply as it stands. A person runs: {by_hand}"
        ]
        if bent
        else []
    )
    files = ", ".join(file.path.name for file in done.files)
    verdict = (
        f"{count_of(len(diff), 'line')} of diff for {files}; nothing is written. Its paths begin at {find_top(top)}."
        if diff
        else f"No statement below {top} for {count_of(len(names), 'rule')} of {function} ({where})."
    )
    return ToolText(
        verdict,
        data=(*said, *diff),
        tail=tuple(tail),
        next=f"write it into the files (git apply), then {call('remove_rules', function=function)}"
        if diff
        else "find_places says where the deployed code has the line",
        more=f"fewer rules at once; or a person runs {by_hand}",
        refused=not diff,
    )
