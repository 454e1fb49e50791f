"""Writing to a place that has versions and no conditional write, such that no writer's rule is lost.

A write says which version its writer had read: its *base*. So each version tells a change, the difference between the
rules that held at its base and the rules it holds itself, and the history is a log of changes. Replaying the log from
its start gives the rules that hold after each version, whatever was overwritten on the way:

- base is the version before: nobody wrote in between, the version holds exactly what it says.
- base is older: its writer did not see what came in between. Its change, rule by rule, is made to the rules that held
  after the version before.
- base is more than `limits.WRITE_BEHIND_MAX` older: the version changes nothing. The history does not go back for ever, and a change
  must mean the same to everybody. Its writer knows the numbers too, and makes its change again.

Everybody who replays the log gets the same rules. A writer whose write landed on a base that was older replays, and
writes what it got, until a version holds what the log says. Should it die before that, the next writer sees the gap
between base and version, and does it.

    v7  base 6   {a, b}        {a, b}
    v8  base 7   {a, b, c}     {a, b, c}      one adds c
    v9  base 7   {b}           {b, c}         another, who had read v7, removes a: c seems lost
    v10 base 9   {b, c}        {b, c}         the second writer, or the next one, puts it right
"""

from __future__ import annotations

import json
import random
import time
from typing import TYPE_CHECKING, Any, Final, Protocol

from hotlog import __builtins__, limits
from hotlog.errors import StoreError
from hotlog.namedtuple import NamedTuple
from hotlog.rules import document as documents
from hotlog.rules.document import BY_HAND, Document
from hotlog.stores import Answer
from hotlog.stores.edit import UNREADABLE, is_later_key, open_document, prune

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from hotlog.stores.edit import Change, Keep

_TRANSIENT: Final = frozenset({"throttled", "unreachable", "contended"})
_ABSENT: Final = object()


class Key(NamedTuple):
    """Names one part of a document; `nth` tells apart entries that wrongly share a name."""

    part: str
    name: str = ""
    nth: int = 0


Rules = dict[Key, Any]  # a document by its parts, in order

_PROOF_KEY: Final = Key("key")
_REFRESH: Final = Key("refresh")


class Parameter(Protocol):
    """One value with versions. Reads may be tried again inside; a write must not be: it would be a new version."""

    def get(self) -> Answer | None:
        """Return the newest version; None where there is none."""

    def history(self) -> list[Answer]:
        """Return the versions that the store keeps, in any order."""

    def text_of(self, document: Document) -> str:
        """Return the document in the form that fits; StoreError `document-too-large` where none does."""

    def put(self, text: str) -> int:
        """Write, whatever is stored; return the number of the new version."""


def update_parameter(
    parameter: Parameter,
    change: Change,
    *,
    keep: Keep | None = None,
    now: Callable[[], float] = time.time,
    sleep: Callable[[float], None] = time.sleep,
) -> Document:
    """Change the parameter's document; return it as it is stored once all concurrent changes are in it.

    Args:
        parameter: where the document is.
        change: pure; from the document as it is to the document as it shall be.
        keep: gets a document that cannot be read, which is then replaced; None: refuse.
        now: the clock that expiry goes by, seconds since the epoch.
        sleep: waits so many seconds.

    Raises:
        StoreError: what the parameter raises; `document-damaged`, `document-newer`, `document-too-large`; `id-taken`
            where a concurrent writer was first to add a rule with the same id; `contended`.
    """
    writer = _Writer(parameter, change, keep, now)
    failures = 0
    for round_ in range(limits.WRITE_ROUNDS_MAX):
        try:
            document = writer.step()
        except StoreError as fault:
            failures += 1
            if fault.code not in _TRANSIENT or not (writer.sent or fault.code == "contended"):
                raise
            if failures == limits.WRITE_FAILURES_MAX:
                raise _unsure(fault) from fault
        else:
            if document is not None:
                return document
            failures = 0
        # Whoever writes undisturbed writes for all. So the more there are, the longer each waits for another to do it:
        # a hundred writes without an undisturbed one would be more than the history can tell.
        longest_s = min(limits.WRITE_PAUSE_MAX_S, limits.WRITE_PAUSE_FIRST_S * writer.crowd * 2**round_)
        sleep(random.uniform(0, longest_s))  # noqa: S311  (only a pause)
    raise StoreError(
        "contended", f"{limits.WRITE_ROUNDS_MAX} writes of others came in between: run the command again."
    )


def _unsure(fault: StoreError) -> StoreError:
    return StoreError(
        fault.code, f"{fault.message} The change may have been stored all the same: look at the rules."
    )


class _Writer:
    """One change that is being written into the log.

    Attributes:
        sent: each text that was sent, and its base. A write that fails may have been made all the same.
        crowd: how many others wrote between our last read and write; at least 1.
    """

    def __init__(
        self, parameter: Parameter, change: Change, keep: Keep | None, now: Callable[[], float]
    ) -> None:
        self.sent: dict[str, int] = {}
        self.crowd = 1
        self._parameter = parameter
        self._change = change
        self._keep = keep
        self._now = now
        self._log = Log()
        self._newest = 0  # the newest version that we know of
        self._mine = 0  # the version that holds our change; 0: it is not in the log yet
        self._fault: StoreError | None = None  # why our change was taken back

    def step(self) -> Document | None:
        """Read, and write what is missing; return the document once all is stored, else None."""
        found = self._parameter.get()
        version = found.version if found else 0
        if version < self._newest:
            raise StoreError(
                "contended", f"version {self._newest} was written, and version {version} is read: try again."
            )
        self._newest = version
        stored = open_document(found, self._keep)
        current = self._current(found, stored)
        wanted = current if self._mine else self._change(current)
        # What is stored may be as wanted by accident, while the log says otherwise: then it has to be written, too.
        if stored is not None and rules_of(wanted) == rules_of(current) == rules_of(stored):
            return self._settle(stored)
        document, text = self._fit(prune(wanted, self._now())._replace(base=version))
        self.sent[text] = version
        number = self._parameter.put(text)
        self._newest = max(version, number)
        self.crowd = max(1, number - version - 1)
        self._log.learn([Answer(text, number, 0.0)])
        self._mine = self._mine or self._log.find(self.sent)
        return self._settle(document) if number == version + 1 else None

    def _current(self, found: Answer | None, stored: Document | None) -> Document:
        """Return the document that results from all logged changes."""
        if found is None or stored is None:
            self._mine = 0  # what was there is gone, our change with it
            return Document()
        self._log.learn([found])
        if not self.sent and _follows(stored, found.version):
            return stored
        history = self._parameter.history()
        self._log.learn(history)
        kept = min((answer.version for answer in history), default=found.version)
        self._log.forget(kept)
        self._log.check(since=min([stored.base, *self.sent.values()]), kept=kept, until=found.version)
        self._mine = self._mine or self._log.find(self.sent)
        return document_of(self._log.replay().rules[found.version], base=stored.base)

    def _fit(self, document: Document) -> tuple[Document, str]:
        """Return the document with its text, without our change where all together are too large."""
        try:
            return document, self._parameter.text_of(document)
        except StoreError as fault:
            if fault.code != "document-too-large" or not self._mine:
                raise
            self._fault = fault
        smaller = document_of(self._log.without(self._mine, rules_of(document)), base=document.base)
        return smaller, self._parameter.text_of(smaller)

    def _settle(self, document: Document) -> Document:
        if self._fault:
            raise self._fault
        taken = self._log.replay().taken.get(self._mine)
        if taken:
            raise StoreError(
                "id-taken", f"somebody else added {', '.join(taken)} at the same time: choose another id."
            )
        return document


# --- the log ----------------------------------------------------------------------------------------------------


class Replay(NamedTuple):
    """What the log says.

    Attributes:
        rules: the rules that hold after each version.
        taken: by version, the ids that it wanted to add and that a concurrent writer had added first.
    """

    rules: dict[int, Rules]
    taken: dict[int, list[str]]


class Log:
    """The versions of one parameter, as far as they are known."""

    def __init__(self) -> None:
        self._texts: dict[int, str] = {}
        self._documents: dict[int, Document | None] = {}  # None: cannot be read, changes nothing
        self._newer: set[int] = set()

    def learn(self, answers: Iterable[Answer]) -> None:
        """Add versions."""
        for answer in answers:
            if self._texts.get(answer.version) == answer.text:
                continue
            self._texts[answer.version] = answer.text
            try:
                self._documents[answer.version] = documents.loads(answer.text)
            except StoreError as fault:
                if fault.code not in UNREADABLE:
                    raise
                self._documents[answer.version] = None
                if fault.code == "document-newer":
                    self._newer.add(answer.version)

    def forget(self, kept: int) -> None:
        """Drop what lies before a version: what others no longer see must not lead to other results here."""
        for version in [version for version in self._texts if version < kept]:
            del self._texts[version], self._documents[version]

    def find(self, texts: Iterable[str]) -> int:
        """Return the first valid version with one of these texts; 0 where there is none."""
        wanted = set(texts)
        found = [version for version, text in self._texts.items() if text in wanted]
        return min(
            (version for version in found if not _too_late(self._documents[version], version)), default=0
        )

    def check(self, *, since: int, kept: int, until: int) -> None:
        """Refuse to replay what is not all there.

        Args:
            since: the base of the oldest change that matters.
            kept: the oldest version that the history still has.
            until: the newest version.

        Raises:
            StoreError: `document-newer` where a newer hotlog wrote in between; `contended` where the history has a
                hole that a later look may fill.
        """
        for version in range(max(since + 1, kept), until + 1):
            if version in self._newer:
                raise StoreError(
                    "document-newer", f"a newer hotlog wrote version {version} of the rules: update this one."
                )
            if version not in self._texts:
                raise StoreError("contended", f"version {version} is not in the history yet: try again.")

    def replay(self) -> Replay:
        """Make all changes, oldest first. Of what lies before the oldest known version nothing is assumed."""
        nothing = rules_of(Document())
        result = Replay({0: nothing}, {})
        before = None if min(self._texts, default=1) > 1 else nothing
        for version in sorted(self._documents):
            document = self._documents[version]
            if document is None:
                after = before or nothing
            elif before is None or _follows(document, version):
                after = rules_of(document)
            elif _too_late(document, version) or document.base not in result.rules:
                after = before
            else:
                since = [rules for number, rules in result.rules.items() if number > document.base]
                base = result.rules[document.base]
                after, result.taken[version] = rebase(before, base, rules_of(document), since)
            result.rules[version] = before = after
        return result

    def without(self, version: int, rules: Rules) -> Rules:
        """Return `rules` without the change that a version made."""
        document = self._documents.get(version)
        if document is None:
            return rules
        base = self.replay().rules.get(document.base, rules)
        return rebase(rules, rules_of(document), base, [])[0]


def rebase(before: Rules, base: Rules, wanted: Rules, since: list[Rules]) -> tuple[Rules, list[str]]:
    """Make the change from `base` to `wanted` to other rules.

    Args:
        before: the rules to change.
        base: the rules that the writer had read.
        wanted: the rules that the writer wrote.
        since: the rules that held at each version in between. A change that had been made by then is not made again:
            a request that was sent twice must not bring back what has been removed in between.

    Returns:
        The changed rules, and the ids that could not be added because they were there already.
    """
    after = dict(before)
    taken: list[str] = []
    for key in {**base, **wanted}:
        old, new, now = (rules.get(key, _ABSENT) for rules in (base, wanted, before))
        if old == new or any(rules.get(key, _ABSENT) == new for rules in since):
            continue
        if key == _PROOF_KEY:
            after.update(
                {key: new} if is_later_key(new, now) else {}
            )  # of two first writers the first one's stays
        elif new is _ABSENT:
            after.pop(key, None)
        elif old is _ABSENT and now is not _ABSENT:
            taken.append(key.name)
        elif old is not _ABSENT and now is _ABSENT:
            continue  # somebody removed what was only edited here: it stays away
        else:
            after[key] = new
    return after, taken


def rules_of(document: Document) -> Rules:
    """Return the document's parts by key, so that changes can be replayed rule by rule."""
    rules: Rules = {Key("paused"): document.paused, _REFRESH: document.refresh}
    if document.key is not None:
        rules[_PROOF_KEY] = document.key
    rules.update((Key("extra", name), value) for name, value in document.extra)
    for entry in document.entries:
        key = _key_of(entry)
        while key in rules:
            key = key._replace(nth=key.nth + 1)
        rules[key] = entry
    return rules


def document_of(rules: Rules, base: int) -> Document:
    """Return the document put together again from its parts."""
    return Document(
        entries=tuple(value for key, value in rules.items() if key.part in {"rule", "entry"}),
        base=base,
        paused=rules[Key("paused")],
        key=rules.get(_PROOF_KEY),
        extra=tuple((key.name, value) for key, value in rules.items() if key.part == "extra"),
        refresh=rules.get(_REFRESH),
    )


def _key_of(entry: Mapping[str, Any]) -> Key:
    name = entry.get("id")
    if isinstance(name, str):
        return Key("rule", name)
    return Key("entry", json.dumps(entry, sort_keys=True))


def _too_late(document: Document | None, version: int) -> bool:
    return (
        document is not None
        and document.base != BY_HAND
        and version - document.base > limits.WRITE_BEHIND_MAX
    )


def _follows(document: Document, version: int) -> bool:
    """Return whether a version lost no change: its writer had read the one before, or versions restarted."""
    return document.base in {version - 1, BY_HAND} or document.base >= version
