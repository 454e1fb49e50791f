"""`add_rules` and `remove_rules`: rules of an agent, checked all at once, stored in one write, never anybody else's.

asked ── prepare ──> Prepared ── consent ──> store

`prepare` and `store` take time and run in a thread; who must be asked between them is decided by `consent`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from hotlog.client.adding.fixes import suggest_fix
from hotlog.client.agents.asked import (
    SENSITIVE_SYMBOLS,
    content_of,
    describe_asked,
    digest_of,
    is_sensitive,
    make_agent_request,
    matches_any,
)
from hotlog.client.rule_line import describe_rule
from hotlog.client.words import count_of, format_clock
from hotlog.errors import HotlogError, RuleError, StoreError
from hotlog.mcp.answer import ToolText, call
from hotlog.rules.kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hotlog.client.adding.checked_rule import CheckedRule
    from hotlog.mcp.desk import AgentDesk
    from hotlog.rules.model import Rule

DEFAULT_MINUTES: Final = 10
_REMOVE_ROUNDS: Final = 3


class Prepared(NamedTuple):
    """Rules that may be stored, if whoever must be asked says yes.

    Attributes:
        function: that they are for.
        asked: as the agent has asked for each of them.
        checked: what is known of each.
        there: those of the same content that this server has live already.
        refused: a line for each that is refused, and stays away.
        where: Region and account.
        group: that they will have.
        reason: for people.
        via: name of the agent's program.
        minutes: how long they live.
        digest: what a yes is bound to.
        question: what a person is asked.
        earlier: groups of this server that have live rules already.
        labels: what each is called in an answer, beside its place; empty where its place says it.
        besides: what else an answer shows, as data.
        needs_person: nobody's yes can be taken for granted here.
    """

    function: str
    asked: tuple[Mapping[str, Any], ...]
    checked: tuple[CheckedRule, ...]
    there: tuple[Rule, ...]
    refused: tuple[str, ...]
    where: str
    group: str
    reason: str
    via: str
    minutes: int
    digest: str = ""
    question: str = ""
    needs_person: bool = True
    earlier: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    besides: tuple[str, ...] = ()


def prepare(
    desk: AgentDesk, asked: Mapping[str, Any], via: str, group: str, labels: Sequence[str] = ()
) -> Prepared | ToolText:
    """Check all rules at once; return them ready to be stored, or the answer where nothing is to be stored.

    Args:
        desk: of this server.
        asked: the arguments of `add_rules`.
        via: name of the agent's program.
        group: for the rules.
        labels: what each is called in the answer; empty: by its place in the list.
    """
    function, rules = asked["function"], asked["rules"]
    reason, minutes = asked["reason"], asked.get("minutes", DEFAULT_MINUTES)
    if desk.settings.mode == "read":
        return only_looks()
    desk.name_of(function)  # a pattern is refused: an agent works on one function at a time
    faults, checked = _check_each(desk, asked, via, group)
    good = [index for index in checked if index not in faults]
    if faults and (not good or not asked.get("partial")):
        return _refuse(len(rules), faults)
    where = desk.client.describe_where()
    live = _live_contents(desk, function)
    there = [rule for index in good if (rule := live.get(content_of(checked[index].rule))) is not None]
    contents = {content_of(checked[index].rule): index for index in reversed(good)}  # one twice: the first
    new = sorted(index for content, index in contents.items() if content not in live)
    refused = tuple(line for index in sorted(faults) for line in faults[index])
    prepared = Prepared(
        function,
        tuple(rules[index] for index in new),
        tuple(checked[index] for index in new),
        tuple(there),
        refused,
        where,
        group,
        reason,
        via,
        minutes,
        earlier=tuple(sorted({rule.group for rule in live.values()})),
        labels=tuple(labels[index] for index in new) if labels else (),
    )
    if not new:
        return _answer_of(
            prepared,
            [],
            f"{count_of(len(there), 'rule')} of the same content {'is' if len(there) == 1 else 'are'} there already.",
        )
    desk.require_room(len(new))
    each = prepared.checked
    return prepared._replace(
        digest=digest_of(function, where, [one.rule for one in each], minutes, reason),
        question=describe_asked(each, where, via, reason),
        needs_person=_needs_person(desk, function, each),
    )


def only_looks() -> ToolText:
    """Return the answer of a server that places no rule."""
    return ToolText(
        "0 rules placed: this server only looks (HOTLOG_MCP=read).",
        next="find_places and read_code; or ask the person to start `hotlog mcp` with HOTLOG_MCP=ask",
        refused=True,
    )


def _check_each(
    desk: AgentDesk, asked: Mapping[str, Any], via: str, group: str
) -> tuple[dict[int, list[str]], dict[int, CheckedRule]]:
    """Return what is wrong with each rule, by its place in the list, and what is known of each that makes sense."""
    faults: dict[int, list[str]] = {}
    requests = {}
    minutes = asked.get("minutes", DEFAULT_MINUTES)
    for index, rule in enumerate(asked["rules"]):
        try:
            requests[index] = make_agent_request(
                rule, group=group, reason=asked["reason"], via=via, minutes=minutes
            )
        except RuleError as fault:
            faults[index] = [f"  [{index}] {fault.code}: {fault.message}"]
    found: Sequence[CheckedRule] = ()
    if requests:
        found = desk.client.check(asked["function"], [*requests.values()], desk.settings.source or None)
    of_id = {request.draft.id: index for index, request in requests.items()}
    checked = {of_id[each.rule.id]: each for each in found}
    for index, each in checked.items():
        if each.faults:
            faults[index] = [_fault_line(index, each, number) for number in range(len(each.faults))]
    return faults, checked


def _fault_line(index: int, checked: CheckedRule, number: int) -> str:
    fault = checked.faults[number]
    field, value = suggest_fix(checked, fault)
    name = {"--if": "when"}.get(field, field)
    fix = f'  use {name} "{value}"' if field else ""
    return f"  [{index}] {fault.code}: {fault.message}{fix}"


def _refuse(total: int, faults: Mapping[int, list[str]]) -> ToolText:
    lines: list[str] = []
    for index in range(total):
        lines += faults.get(index, [f"  [{index}] ok"])
    others = len(faults) < total
    return ToolText(
        f"0 of {count_of(total, 'rule')} placed.",
        tuple(lines),
        next=f"add_rules again with {count_of(len(faults), 'rule')} corrected{', or partial=true' if others else ''}",
        refused=True,
    )


def _needs_person(desk: AgentDesk, function: str, checked: Sequence[CheckedRule]) -> bool:
    files: Sequence[str] = ()
    if any(KINDS[each.rule.kind].alarms for each in checked):  # their frames may be any of the function's own
        root = desk.settings.source or None
        try:
            files = desk.client.code(function, root).files()
            if desk.client.find(function, SENSITIVE_SYMBOLS, 1, root):
                return True
        except HotlogError:  # nobody knows them
            return True
    if is_sensitive(function, checked, files):
        return True
    if desk.is_granted(function):
        return False
    return desk.settings.mode != "auto" or not matches_any(checked[0].recipient.name, desk.settings.auto)


def store(desk: AgentDesk, prepared: Prepared, allowed: str) -> ToolText:
    """Store prepared rules in one write.

    Args:
        desk: of this server.
        prepared: the rules; somebody has said yes to these very ones.
        allowed: who, as a sentence.
    """
    with desk.placing:
        prepared = _without_stored(desk, prepared)
        if not prepared.checked:
            return _answer_of(prepared, [], allowed)
        desk.require_room(len(prepared.checked))
        desk.own(prepared.group, prepared.function)
        done = desk.client.store(prepared.checked)
    return _answer_of(prepared, done.rules, allowed, paused=bool(done.paused))


def _without_stored(desk: AgentDesk, prepared: Prepared) -> Prepared:
    """Return the rules without those that another call of this server has stored since they were checked."""
    live = _live_contents(desk, prepared.function)
    found = [live.get(content_of(each.rule)) for each in prepared.checked]
    return prepared._replace(
        checked=tuple(each for each, rule in zip(prepared.checked, found, strict=True) if rule is None),
        labels=tuple(each for each, rule in zip(prepared.labels, found, strict=False) if rule is None),
        there=(*prepared.there, *(rule for rule in found if rule is not None)),
    )


def _live_contents(desk: AgentDesk, function: str) -> dict[str, Rule]:
    """Return this server's live rules of a function by what they do."""
    now = datetime.now(UTC)
    return {content_of(rule): rule for rule in desk.own_rules(function) if not rule.expired(now)}


def _answer_of(
    prepared: Prepared, stored: Sequence[CheckedRule], allowed: str, *, paused: bool = False
) -> ToolText:
    lines: list[str] = []
    for number, each in enumerate(stored):
        rule = each.rule
        label = f"    typed at {prepared.labels[number]}" if prepared.labels else ""
        lines.append(f"  {rule.id}  {_goes(each)}    {describe_rule(rule)}{label}")
        lines += [f"    note: {note}" for note in (*each.notes, *each.warnings)]
    lines += [
        f"  {rule.id}  {rule.at or 'the handler'}    {describe_rule(rule)}    there already"
        for rule in prepared.there
    ]
    lines += prepared.refused
    obstacles = dict.fromkeys(text for each in stored for text in each.obstacles)
    lines += [f"  obstacle: {text}" for text in obstacles]
    lines += (
        ["  all rules of this function are paused: a person switches them on with `hotlog resume`"]
        if paused
        else []
    )
    rules = [*(each.rule for each in stored), *prepared.there]
    until = max((rule.expires for rule in rules if rule.expires), default=None)
    group = stored[0].rule.group if stored else prepared.there[0].group
    live = f"live {stored[0].live}" if stored else "live"
    ends = f", until {format_clock(until, utc=False)}" if until else ""
    cost = stored[0].cost if stored else ""
    cost = f"Each rule: {cost}" if len(stored) > 1 else f"{cost[:1].upper()}{cost[1:]}"
    others = [name for name in prepared.earlier if name != group]
    return ToolText(
        f"{count_of(len(rules), 'rule')} on {prepared.function} ({prepared.where}), {live}{ends}. {allowed}",
        data=(*lines, *prepared.besides),
        tail=(
            f"group {group}. {cost}".rstrip(),
            f"Live as well, by you: {', '.join(others)}." if others else "",
        ),
        next=call("wait_for_events", function=prepared.function, group=group),
    )


def _goes(checked: CheckedRule) -> str:
    sighting = checked.sighting
    if sighting is None:
        return checked.rule.at or "the handler"
    place = sighting.place
    asked = checked.rule.at.rpartition(":")[2]
    slid = f" (you said {asked}: {place.note})" if place.note else ""
    side = "after" if checked.rule.after else "before"
    where = "at the entry of" if place.kind == "entry" else f"{side} `{place.text}`, in"
    return f"{sighting.file}:{place.line}{slid}  {where} {place.function or 'the module'}"


def remove_rules(desk: AgentDesk, asked: Mapping[str, Any]) -> ToolText:
    """Remove rules of this server: by group, by id, or all of a function. Others' rules stay."""
    function = asked["function"]
    group, names = asked.get("group", ""), list(asked.get("rules", ()))
    where = desk.client.describe_where()
    if desk.settings.mode == "read":
        return ToolText("Nothing removed: this server only looks (HOTLOG_MCP=read).", refused=True)
    if group and not desk.owns(group, function):
        return _not_own(function, f"the group {group}", f"hotlog rm {function} --group {group}")
    wanted = [rule for rule in desk.own_rules(function) if not group or rule.group == group]
    missing: list[str] = []
    if names:
        missing = [name for name in names if not any(rule.id == name for rule in wanted)]
        foreign = [rule.id for rule in desk.rules_of(function) if rule.id in missing]
        if foreign:
            return _not_own(function, ", ".join(foreign), f"hotlog rm {function} {' '.join(foreign)}")
        wanted = [rule for rule in wanted if rule.id in names]
    gone = _remove(desk, function, [rule.id for rule in wanted])
    own, left = len(desk.own_rules(function)), len(desk.rules_of(function))
    if gone:
        after = "the original code is back at the next invocation"
    else:
        after = f"there is no {', '.join(missing)}" if missing else "none of yours is there"
    said = [f"{count_of(own, 'rule')} of yours {'stays' if own == 1 else 'stay'}."] if own else []
    if left > own:
        said.append(f"{count_of(left - own, 'rule')} of others {'stays' if left - own == 1 else 'stay'}.")
    return ToolText(
        f"{count_of(len(gone), 'rule')} removed from {function} ({where}); {after}.",
        tuple(f"  {name}" for name in gone),
        tail=(" ".join(said) or "No rule is left.",),
    )


def _not_own(function: str, what: str, command: str) -> ToolText:
    return ToolText(
        f"Nothing removed: {what} of {function} was not added by this server, and others' rules need a person.",
        tail=(f"Ask the person to run:   {command}",),
        next=call("remove_rules", function=function) + " removes your own",
        refused=True,
    )


def _remove(desk: AgentDesk, function: str, ids: list[str]) -> list[str]:
    """Remove rules in one write; one that went meanwhile, as its time was over, is no fault."""
    for _ in range(_REMOVE_ROUNDS):
        there = {rule.id for rule in desk.own_rules(function)}
        ids = [name for name in ids if name in there]
        if not ids:
            return []
        try:
            desk.client.remove(desk.name_of(function), ids)
        except StoreError as fault:
            if fault.code != "unknown-rule":
                raise
            continue
        return ids
    raise HotlogError("contended", f"the rules of {function} change all the time: try again.")
