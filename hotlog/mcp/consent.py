"""Who must be asked before an agent's rules are stored, and how each era of the protocol asks.

    2026-07-28   the server returns the question; the client calls again with the answer and the state that it was given
    before       the server asks the client while the call waits

A yes is bound to the very rules by a digest, counts once, and for `desk_limits.CONSENT_MAX_S` seconds. A client that can ask nobody gets
a refusal that names `hotlog approve`.
"""

from __future__ import annotations

import secrets
import threading
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple

import anyio
import mcp_types as types
from mcp.shared.exceptions import MCPError
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from hotlog.client import desk_limits
from hotlog.client.agents.asked import GROUP
from hotlog.client.agents.proposals import Proposal, propose
from hotlog.client.words import count_of, format_clock
from hotlog.mcp.answer import ToolText, call

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from mcp.server.context import ServerRequestContext

    from hotlog.client.adding.checked_rule import CheckedRule
    from hotlog.mcp.desk import AgentDesk
    from hotlog.mcp.placing import Prepared

ONCE: Final = "once"
FOR_A_WHILE: Final = f"this function for {desk_limits.CONSENT_GRANT_S // 60} minutes, at most {desk_limits.AGENT_RULES_MAX} rules"
NO: Final = "no"
_QUESTION: Final = "consent"  # its key among a result's questions
_STATE_BYTES: Final = 16
_SCHEMA: Final = {
    "type": "object",
    "properties": {"answer": {"type": "string", "title": "Allow this?", "enum": [ONCE, FOR_A_WHILE, NO]}},
    "required": ["answer"],
}


class Question(NamedTuple):
    """A question that was asked.

    Attributes:
        digest: of the rules that it is about.
        group: that they will have.
        told: the rules, as they were when the person was asked.
        until_s: monotonic seconds; an answer that comes later counts for nothing.
    """

    digest: str
    group: str
    told: tuple[CheckedRule, ...]
    until_s: float


class Questions:
    """The questions of one server that wait for an answer."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[str, Question] = {}

    def ask(self, prepared: Prepared) -> str:
        """Remember a question; return what the client must bring back with the answer."""
        state = secrets.token_urlsafe(_STATE_BYTES)
        now = time.monotonic()
        with self._lock:
            self._waiting = {key: each for key, each in self._waiting.items() if each.until_s > now}
            self._waiting[state] = Question(
                prepared.digest, prepared.group, prepared.checked, now + desk_limits.CONSENT_MAX_S
            )
        return state

    def take(self, state: str | None) -> Question | None:
        """Return the question that a state belongs to, once; None where it is none of ours, answered already or too old."""
        with self._lock:
            question = self._waiting.pop(state or "", None)
        return question if question is not None and time.monotonic() < question.until_s else None


def can_ask(ctx: ServerRequestContext[Any, Any]) -> bool:
    """Return whether the client can put a form before a person."""
    capabilities = ctx.session.client_capabilities
    asks = capabilities.elicitation if capabilities is not None else None
    return asks is not None and (asks.form is not None or asks.url is None)


def is_modern(ctx: ServerRequestContext[Any, Any]) -> bool:
    """Return whether questions are returned, as since July 2026, and not sent."""
    return ctx.protocol_version in MODERN_PROTOCOL_VERSIONS


def return_question(questions: Questions, prepared: Prepared) -> types.InputRequiredResult:
    """Return the question as the result of the call."""
    params = types.ElicitRequestFormParams(message=prepared.question, requested_schema=_SCHEMA)
    return types.InputRequiredResult(
        input_requests={_QUESTION: types.ElicitRequest(params=params)},
        request_state=questions.ask(prepared),
    )


async def send_question(ctx: ServerRequestContext[Any, Any], prepared: Prepared) -> types.ElicitResult | None:
    """Ask the client while the call waits; None where no answer came in time, or the client failed to ask."""
    try:
        with anyio.move_on_after(desk_limits.CONSENT_MAX_S):
            return await ctx.session.elicit_form(prepared.question, _SCHEMA, ctx.request_id)
    except MCPError:
        return None
    return None


def answered(responses: Mapping[str, object] | None) -> types.ElicitResult | None:
    """Return the answer among those that the client has brought; None where it is not among them."""
    found = (responses or {}).get(_QUESTION)
    return found if isinstance(found, types.ElicitResult) else None


def said_yes(result: types.ElicitResult | None) -> str:
    """Return the choice, where it is a yes; else empty. What is no clear yes is a no."""
    if result is None or result.action != "accept":
        return ""
    choice = (result.content or {}).get("answer")
    return choice if isinstance(choice, str) and choice in {ONCE, FOR_A_WHILE} else ""


def say_allowed() -> str:
    """Return who has said yes, as the answer tells it."""
    return f"Allowed by the person at {format_clock(datetime.now(UTC), utc=False)}."


def refuse(why: str, prepared: Prepared) -> ToolText:
    """Return the answer where nothing was stored for want of a yes."""
    return ToolText(
        f"0 rules placed on {prepared.function} ({prepared.where}): {why}",
        next="say what you would learn from these lines, and let the person decide; find_places and read_code need no yes",
        refused=True,
    )


def propose_rules(desk: AgentDesk, prepared: Prepared) -> ToolText:
    """Lay the rules where a person can approve them; return the refusal that says how."""
    options = desk.client.desk.options
    name = prepared.group.removeprefix(GROUP)
    with desk.placing:
        desk.require_room(len(prepared.checked))
        propose(
            Proposal(
                id=name,
                function=prepared.function,
                rules=prepared.asked,
                reason=prepared.reason,
                via=prepared.via,
                minutes=prepared.minutes,
                digest=prepared.digest,
                until=time.time() + desk_limits.PROPOSAL_MAX_S,
                url=options.url,
                region=options.region,
                profile=options.profile,
                source=desk.settings.source,
            )
        )
        desk.wait_for(name, prepared.group, prepared.function)
    places = ", ".join(each.rule.at or "the handler" for each in prepared.checked)
    most = sum(each.rule.limit or 0 for each in prepared.checked)
    shows = f"shows {count_of(len(prepared.checked), 'rule')}: {places}; at most {count_of(most, 'line')}; {prepared.minutes} min"
    wait = call("wait_for_events", function=prepared.function, group=prepared.group)
    return ToolText(
        f"0 rules placed: adding rules to {prepared.function} ({prepared.where}) needs a person's yes, and this client cannot ask.",
        data=prepared.besides,
        tail=(f"Ask the person to run:   hotlog approve {name}        ({shows})",),
        next=f"{wait} finds them once approved",
        refused=True,
    )
