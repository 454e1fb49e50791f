"""What is known of a rule before it is stored; and what is wrong with it: every fault at once, each with its way out."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hotlog.client.account.concurrency import UNKNOWN, Concurrency
from hotlog.client.words import escape
from hotlog.errors import HotlogError, LocationError, RuleError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hotlog.client.account.functions import Recipient
    from hotlog.client.adding.resolve_target import TargetInSource
    from hotlog.rules.model import Rule

_SHOWN_CHARS = 40


class Fault(NamedTuple):
    """One thing that is wrong with a rule.

    Attributes:
        field: where it stands, as the option that gave it: `message`, `--if`, `target`; empty: the rule as a whole.
        text: all that was given there.
        column: where in the text, from 0.
        error: what is wrong; its code and its sentence.
    """

    field: str
    text: str
    column: int
    error: HotlogError

    @property
    def code(self) -> str:
        """Return the stable word for it."""
        return self.error.code

    @property
    def message(self) -> str:
        """Return what is wrong, and the way out."""
        return self.error.message


class CheckedRule(NamedTuple):
    """A rule of one function, and all that is known about it at the desk.

    Attributes:
        recipient: the function it goes to.
        rule: what will be stored, or was; with faults, what was asked for as far as it makes sense.
        sighting: where its probe goes; None: nowhere, it looks at the handler, or it has faults.
        captured: what a snapshot finds there: names with their values, and names whose values are redacted.
        notes: what was taken for what was asked, a sentence each.
        warnings: what may be otherwise than the person thinks, a sentence each.
        faults: what is wrong with it; none: it may be stored.
        among: the environments that it may be installed in.
        obstacles: what the function has against it, a sentence each.
        environments: how many of these shall take it, where its share is yet to be computed; 0: the rule's own share counts.
        live: when it goes live, in words that follow `live`.
        cost: how much it may emit at worst, a sentence.
    """

    recipient: Recipient
    rule: Rule
    sighting: TargetInSource | None = None
    captured: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()
    among: Concurrency = UNKNOWN
    obstacles: tuple[str, ...] = ()
    environments: int = 0
    live: str = ""
    cost: str = ""


def error_of(faults: Sequence[Fault]) -> HotlogError:
    """Return one error for all faults of a rule: of a single one its own, with a mark below its column.

    Args:
        faults: at least one.
    """
    if len(faults) == 1:
        return _alone(faults[0])
    kind = LocationError if all(isinstance(each.error, LocationError) for each in faults) else RuleError
    error = kind(faults[0].code, f"{len(faults)} faults, nothing stored.")
    rows = [(fault.field, _quote_part(fault), f"{fault.message} [{fault.code}]") for fault in faults]
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    for field, text, message in rows:
        error.add_note(f"  {field:<{widths[0]}}  {text:<{widths[1]}}  {message}".rstrip())
    return error


def _alone(fault: Fault) -> HotlogError:
    error = fault.error
    if not isinstance(error, RuleError) or fault.field in {"", "target"}:
        return error
    better = RuleError(error.code, f"{fault.field}: {error.message}", column=error.column)
    if error.column is not None:
        begin = fault.text.rfind("\n", 0, fault.column) + 1
        line = escape(fault.text[begin:].partition("\n")[0])
        better.add_note(f"  {line}\n  {' ' * len(escape(fault.text[begin : fault.column]))}^")
    return better


def _quote_part(fault: Fault) -> str:
    """Return the part of the text that is at fault: of a message its hole."""
    text = fault.text
    begin = text.rfind("{", 0, fault.column + 1)
    if fault.field == "message" and begin >= 0:
        end = text.find("}", fault.column)
        text = text[begin : end + 1] if end > 0 else text[begin:]
    text = escape(" ".join(text.split()))
    return text if len(text) <= _SHOWN_CHARS else f"{text[: _SHOWN_CHARS - 1]}…"
