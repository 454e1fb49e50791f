"""A rule: what a person asked for, and its stored form.

`Rule` is what the rest of hotlog works with. An *entry* is the JSON object a document stores for it, with the
defaults left out. `rule_of` and `entry_of` go from one to the other; nothing else knows the keys.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NoReturn, Self

from hotlog import __builtins__, limits
from hotlog.errors import RuleError
from hotlog.namedtuple import NamedTuple
from hotlog.rules.kind import OwnExpression, is_text, is_whole, maps_texts
from hotlog.rules.kinds import DEFAULT, FOREIGN_FIELDS, KINDS
from hotlog.rules.target import SHOWN_MAX_CHARS, Target, brief, parse_target

Entry = Mapping[str, Any]  # a stored rule, as JSON

CAPTURE_CEILINGS: Final = {
    "depth": limits.CAPTURE_MAX_DEPTH,
    "items": limits.CAPTURE_MAX_ITEMS,
    "chars": limits.CAPTURE_MAX_CHARS,
}
ID_ALPHABET: Final = "23456789abcdefghjkmnpqrstuvwxyz"


_OF_KIND: Any = object()  # marks a limit that nobody chose: `Rule` replaces it by the default of its kind


def new_id() -> str:
    """Return four characters that read well aloud; a store draws again where the id is taken."""
    return "".join(ID_ALPHABET[byte % len(ID_ALPHABET)] for byte in os.urandom(4))


def is_id(text: str) -> bool:
    """Return whether a rule may be called so."""
    letters = text.replace("-", "").replace("_", "")
    return 0 < len(text) <= limits.RULE_ID_MAX_CHARS and text.isascii() and (letters.isalnum() or not letters)


class _Fields(NamedTuple):
    """The fields of a rule. No dataclass: `dataclasses` imports `inspect`, a third of what a first rule would cost."""

    at: str = ""
    id: str = ""
    text: str = ""
    function: str = ""
    unanchored: bool = False
    after: bool = False
    kind: str = DEFAULT
    message: str = ""
    condition: str = ""
    watch: Mapping[str, str] = {}  # a NamedTuple's default; nobody writes to it
    snapshot: bool = False
    stack: int = 0
    depth: int = 0
    items: int = 0
    chars: int = 0
    limit: int | None = _OF_KIND
    per_second: float | None = _OF_KIND
    sample: float = 1.0
    environments: float = 1.0
    versions: tuple[str, ...] = ()
    group: str = ""
    properties: bool = False
    created: datetime | None = None
    expires: datetime | None = None
    by: str = ""
    note: str = ""
    via: str = ""
    ring: int = 0
    caught: bool = False
    excepted: tuple[str, ...] = ()
    margin_ms: int = limits.TIMEOUT_MARGIN_MS
    keep: str = "all"
    bad: str = ""
    metric: str = ""
    value: str = ""
    unit: str = "None"
    dimensions: Mapping[str, str] = {}


class Rule(_Fields):
    """What a person asked for. Needs nothing but `at`, where its kind has a target; all else has a default.

    Made with keyword arguments; `_replace` makes a changed one, and checks it likewise.

    Attributes:
        at: the target as written, such as `app.py:42`; empty for a kind that looks at the handler.
        id: unique within one function's rules; 1 to 64 characters of `A-Za-z0-9_-`.
        text: the anchor: first line of the statement, stripped; empty: not anchored yet.
        function: qualified name of the function that held the statement when the rule was added; spelt `in` in the
            document. With it the same text in another function is never taken for the rule's.
        unanchored: may be installed although no source is there to check `text` against.
        after: the probe goes behind the statement, not before it: it sees what the statement has assigned.
        kind: one of `kinds.KINDS`.
        message: template with `{expression}` holes.
        condition: expression that must be true for a hit to be emitted; spelt `if` in the document.
        watch: name to expression, evaluated at each emitted hit.
        snapshot: capture the local variables.
        stack: how many frames of the call stack to capture, 0 to `limits.STACK_MAX_FRAMES`.
        depth: how deep captured values may lie in each other; 0: as deep as the event has room, within bounds.
        items: how many elements of a collection are captured; 0: likewise.
        chars: how many characters of a text are captured; 0: likewise.
        limit: events per environment; None means without limit.
        per_second: events per second and environment; None means without limit.
        sample: share of the requests that emit, 0 to 1.
        environments: share of the environments that take the rule, above 0 to 1; see `rules.fleet`.
        versions: published versions the rule is for; empty: all.
        group: ties rules of several functions together.
        properties: may call properties of the user's objects.
        created: when it was stored, UTC.
        expires: when it becomes inert, UTC; None means never (only for rules given to `Agent` directly).
        by: who added it.
        note: free text.
        via: the program that asked for it on a person's behalf, such as a coding agent; empty: none did.
        ring: keep the last so many hits of an invocation, and emit them only when it fails or times out; 0: emit each.
        caught: tell exceptions of invocations that succeed, too: somebody caught them.
        excepted: classes of exceptions that are not told, with or without their module.
        margin_ms: how long before the deadline of the invocation a `timeout` rule looks.
        keep: which recordings are told: of invocations that `failed`, that took longer (`slow>800ms`), or `all`.
        bad: expression that tells at the end whether a recording is told, too; with `all`, it alone.
        metric: name of the metric.
        value: expression for its value; empty: each hit counts one.
        unit: one of `kinds.UNITS`.
        dimensions: name of a dimension to the expression for its value.

    Raises:
        RuleError: a value is of the wrong type or out of range; the message names the field.
    """

    __slots__ = ()

    if not TYPE_CHECKING:  # the checker knows both from the fields

        def __new__(cls, **values: Any) -> Self:
            """Fill in an id and the limits of the kind, and check."""
            if "id" not in values:
                values["id"] = new_id()
            made = super().__new__(cls, **values)
            defaults = _default_limits(made)
            missing = {name: value for name, value in defaults.items() if getattr(made, name) is _OF_KIND}
            if missing:
                made = _Fields._replace(made, **missing)
            check(made)
            return made

        def _replace(self, **values: Any) -> Rule:
            return Rule(**(self._asdict() | values))

        def __getnewargs_ex__(self) -> tuple[tuple[()], dict[str, Any]]:
            return (), self._asdict()  # for `pickle` and `copy`

    @property
    def target(self) -> Target:
        """Return `at`, taken apart; an empty target where there is none."""
        return parse_target(self.at) if self.at else Target()

    @property
    def own_fields(self) -> dict[str, Any]:
        """The fields that only rules of its kind have, by name."""
        return {name: getattr(self, name) for name in KINDS[self.kind].fields}

    @property
    def own_expressions(self) -> tuple[OwnExpression, ...]:
        """The expressions in these fields."""
        return KINDS[self.kind].expressions(self.own_fields)

    def expired(self, now: datetime) -> bool:
        """Return whether the rule is inert at that time (UTC)."""
        return self.expires is not None and now >= self.expires


_TEXTS = (
    "at", "id", "text", "function", "kind", "message", "condition", "group", "by", "note", "via",
)  # fmt: skip
_FLAGS = ("unanchored", "after", "snapshot", "properties")
_TIMES = ("created", "expires")


def check(rule: Rule) -> None:
    """Refuse a rule with a value of the wrong type or out of range.

    Raises:
        RuleError: `bad-field` or `unknown-kind`, naming the field; `bad-target`.
    """
    for name in _TEXTS:
        if not is_text(getattr(rule, name)):
            _refuse(name, "must be text", rule)
    for name in _FLAGS:
        if not isinstance(getattr(rule, name), bool):
            _refuse(name, "must be true or false", rule)
    for name in _TIMES:
        at = getattr(rule, name)
        _need(
            at is None or (isinstance(at, datetime) and at.tzinfo is not None),
            name,
            "must be a UTC time",
            rule,
        )
    _need(is_id(rule.id), "id", "must be 1 to 64 letters, digits, '-' or '_'", rule)
    if rule.kind not in KINDS:
        raise RuleError(
            "unknown-kind", f"kind {brief(rule.kind)} is not known to this version: use {', '.join(KINDS)}."
        )
    _need(_is_number(rule.sample) and 0 <= rule.sample <= 1, "sample", "must be a number from 0 to 1", rule)
    _need(
        _is_number(rule.environments) and 0 < rule.environments <= 1,
        "environments",
        "must be a number above 0, at most 1",
        rule,
    )
    _need(
        rule.limit is None or (is_whole(rule.limit) and rule.limit > 0),
        "limit",
        "must be a whole number above 0, or none",
        rule,
    )
    _need(
        rule.per_second is None
        or (_is_number(rule.per_second) and 0 < rule.per_second <= limits.RULE_MAX_PER_S),
        "per_second",
        "must be a number above 0, at most a million, or none",
        rule,
    )
    frames = limits.STACK_MAX_FRAMES
    _need(is_whole(rule.stack) and 0 <= rule.stack <= frames, "stack", f"must be 0 to {frames}", rule)
    for name, most in CAPTURE_CEILINGS.items():
        bound = getattr(rule, name)
        _need(
            is_whole(bound) and 0 <= bound <= most, name, f"must be 1 to {most:,}, or 0: what has room", rule
        )
    _need(maps_texts(rule.watch), "watch", "must map names to expressions", rule)
    _need(
        isinstance(rule.versions, tuple) and all(map(is_text, rule.versions)),
        "versions",
        "must be a list of version numbers as text",
        rule,
    )
    _need(
        len(rule.watch) <= limits.WATCHES_MAX, "watch", f"may name {limits.WATCHES_MAX} values at most", rule
    )
    _check_kind(rule)


def _check_kind(rule: Rule) -> None:
    """Refuse a rule that lacks what its kind needs, or has what its kind may not have.

    Raises:
        RuleError: `bad-target` or `bad-field`.
    """
    kind = KINDS[rule.kind]
    if rule.at or kind.target in {"statement", "function"}:
        if kind.target == "none":
            raise RuleError(
                "bad-target", f"a {rule.kind} rule has no target: it looks at the whole invocation."
            )
        parse_target(rule.at)
    for name in FOREIGN_FIELDS[rule.kind]:
        plain, value = _PLAIN[name], getattr(rule, name)
        untouched = type(value) is type(plain) and value == plain
        _need(untouched, name, f"does not belong to a {rule.kind} rule", rule)
    behind = not rule.after or kind.target == "statement"
    _need(behind, "after", f"is for statements, and a rule of kind {rule.kind} has none", rule)
    own = rule.own_fields
    for each in kind.checks:
        _need(each.holds(own), each.field, each.must, rule)


def _default_limits(rule: _Fields) -> dict[str, float | None]:
    """Return the limits of a rule whose author set none. Nothing of it is checked yet."""
    kind = KINDS.get(rule.kind if isinstance(rule.kind, str) else DEFAULT, KINDS[DEFAULT])
    bounds = kind.snapshot_bounds if kind.snapshot_bounds is not None and rule.snapshot else kind.bounds
    is_held = bool(kind.holds and getattr(rule, kind.holds))
    return {"limit": bounds.limit, "per_second": None if is_held else bounds.per_second}


def _need(held: bool, name: str, what: str, rule: Rule) -> None:
    if not held:
        _refuse(name, what, rule)


def _refuse(name: str, what: str, rule: Rule) -> NoReturn:
    key = _KEY_OF.get(name, name)
    raise RuleError("bad-field", f"{key!r} {what}, not {brief(getattr(rule, name))}.")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


# --- the stored form ---------------------------------------------------------------------------------------------

_KEY_OF: Final = {"condition": "if", "function": "in"}
_NAME_OF: Final = {_KEY_OF.get(name, name): name for name in Rule._fields}
_PLAIN: Final = Rule._field_defaults


def entry_of(rule: Rule) -> dict[str, Any]:
    """Return the JSON object that a document stores for the rule: no defaults, times in UTC."""
    plain = _PLAIN | _default_limits(rule)
    entry: dict[str, Any] = {"id": rule.id}
    for (name, default), value in zip(plain.items(), rule, strict=True):
        if value != default and name != "id":
            entry[_KEY_OF.get(name, name)] = _dump(value)
    return entry


def _dump(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, tuple):
        return list(value)
    return dict(value) if isinstance(value, Mapping) else value


def rule_of(entry: Entry) -> Rule:
    """Return the rule that a stored entry stands for.

    A stored rule must say when it was created and when it expires, at most `limits.EXPIRY_MAX_S` later: so holds it
    for entries that somebody wrote by hand, too.

    Raises:
        RuleError: `unknown-field` (written by a newer hotlog: half-applying it would do something else than was
            asked), `bad-field`, `bad-target`, `unknown-kind` or `no-expiry`.
    """
    unknown = sorted(set(entry) - set(_NAME_OF))
    if unknown:
        raise RuleError(
            "unknown-field",
            f"{', '.join(unknown)[:SHOWN_MAX_CHARS]}: not known to this version of hotlog; update it.",
        )
    values = {_NAME_OF[key]: _load(key, value) for key, value in entry.items()}
    if "id" not in values:
        raise RuleError("bad-field", "a stored rule needs 'id'.")
    rule = Rule(**values)
    if rule.created is None or rule.expires is None:
        raise RuleError(
            "no-expiry", "a stored rule needs 'created' and 'expires': add it again with `hotlog add`."
        )
    if rule.expires - rule.created > timedelta(seconds=limits.EXPIRY_MAX_S):
        raise RuleError("no-expiry", "'expires' lies more than 7 days after 'created': add the rule again.")
    return rule


def _load(key: str, value: Any) -> Any:
    if key in _TIMES and isinstance(value, str):
        try:
            at = datetime.fromisoformat(value)
            return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
        except (ValueError, OverflowError) as fault:
            raise RuleError("bad-field", f"{key!r} must be an ISO 8601 time, not {brief(value)}.") from fault
    is_tuple = isinstance(_PLAIN[_NAME_OF[key]], tuple)
    return tuple(value) if is_tuple and isinstance(value, list) else value
