"""A function's rules <-> one versioned JSON document.

The document keeps every entry as it was written: an entry that this version cannot read is carried along untouched,
is reported as an error of that rule alone, and is never lost in a rewrite.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hotlog import __builtins__, limits
from hotlog.errors import RuleError, StoreError
from hotlog.namedtuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hotlog.rules.model import Rule

COMPRESSED_MARK = "hotlog:z:"
BY_HAND = -1  # the base of a document that names none: somebody wrote it by hand, and means all of it
EACH = "each"  # of `refresh`: read at each invocation
_KNOWN = frozenset({"v", "base", "paused", "key", "refresh", "rules"})


class Document(NamedTuple):
    """What one parameter holds.

    Attributes:
        entries: the stored rules as JSON objects, in order.
        base: the parameter version its writer had read; 0 where it found none, `BY_HAND` where it does not say.
        paused: all rules are switched off, and kept.
        key: as stored, what events are proven with (`rules.proof`): its number and its secret. None where there is none.
        extra: top-level keys of newer versions, kept on rewrite.
        refresh: as stored, how often environments shall read whose policy is `auto`: seconds or `EACH`; None: it does not say.
    """

    entries: tuple[Mapping[str, Any], ...] = ()
    base: int = 0
    paused: bool = False
    key: Mapping[str, Any] | None = None
    extra: tuple[tuple[str, Any], ...] = ()
    refresh: object = None

    @property
    def every_s(self) -> float:
        """Return the seconds between the reads of an environment whose policy is `auto`; 0: at each invocation."""
        said = self.refresh
        if said == EACH:
            return 0.0
        makes_sense = type(said) in {int, float} and 0 < said <= limits.AUTO_REFRESH_MAX_S  # type: ignore[operator]  # a number, as the line says
        return float(said) if makes_sense else limits.AUTO_REFRESH_S  # type: ignore[arg-type]


class BadEntry(NamedTuple):
    """An entry that stands for no rule in this version, and why."""

    id: str
    fault: RuleError


def loads(text: str) -> Document:
    """Return the document in a parameter's value.

    Raises:
        StoreError: `document-damaged` where it is no hotlog document, `document-newer` where a newer hotlog wrote it.
    """
    try:
        plain = _decompress(text) if text.startswith(COMPRESSED_MARK) else text
        plain.encode()  # bytes that are no UTF-8 reach us as lone surrogates
        content = json.loads(plain, parse_constant=_no_number, parse_float=_finite)
    except (ValueError, RecursionError) as fault:
        raise _make_error(f"it is no JSON: {fault}") from fault
    if not isinstance(content, dict) or not _is_whole(content.get("v")):
        raise _make_error("it has no version 'v'")
    if content["v"] > limits.DOCUMENT_VERSION:
        raise StoreError(
            "document-newer",
            f"the rules were written by a newer hotlog (document version {content['v']}): update this one.",
        )
    entries, base, paused = (
        content.get("rules", []),
        content.get("base", BY_HAND),
        content.get("paused", False),
    )
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise _make_error("'rules' is no list of objects")
    if not _is_whole(base) or not isinstance(paused, bool):
        raise _make_error("'base' or 'paused' has the wrong type")
    key = content.get("key")
    extra = tuple((name, value) for name, value in content.items() if name not in _KNOWN)
    return Document(
        tuple(entries), base, paused, key if isinstance(key, dict) else None, extra, content.get("refresh")
    )


def dumps(document: Document, *, compress: bool = False) -> str:
    """Return the document as text, on one line; `compress` gives the marked form that `loads` reads too."""
    content = {
        "v": limits.DOCUMENT_VERSION,
        "base": document.base,
        "paused": document.paused,
        **({} if document.key is None else {"key": dict(document.key)}),
        **({} if document.refresh is None else {"refresh": document.refresh}),
        "rules": list(document.entries),
        **dict(document.extra),
    }
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    if not _encodable(text):  # half of a surrogate pair, as `\ud800`, can be kept as an escape only
        text = json.dumps(content, separators=(",", ":"))
    return _compress(text) if compress else text


def rules(document: Document, most: int | None = None) -> list[Rule | BadEntry]:
    """Return each entry as its rule, or as the reason why it stands for none.

    Args:
        document: the document.
        most: how many entries are looked at; all others are one bad one. None: all are.
    """
    from hotlog.rules.model import is_id, rule_of  # a document without rules needs none of it: cold start

    result: list[Rule | BadEntry] = []
    seen: set[str] = set()
    for number, entry in enumerate(document.entries[:most], 1):
        name = entry.get("id")
        key = name if isinstance(name, str) and is_id(name) else f"#{number}"
        if key in seen:
            fault = RuleError("bad-field", f"the id {key!r} stands twice in the document.")
            result.append(BadEntry(key, fault))
            continue
        seen.add(key)
        try:
            result.append(rule_of(entry))
        except RuleError as fault:
            result.append(BadEntry(key, fault))
    excess = len(document.entries) - (most or len(document.entries))
    if excess > 0:
        why = f"the document holds {excess:,} rules more than the {most:,} that it may: they are left out."
        result.append(BadEntry(f"#{len(document.entries) - excess + 1}", RuleError("too-many-rules", why)))
    return result


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no JSON number")


def _finite(digits: str) -> float:
    """Return the number; refuse one that reads as infinite, as 1e400: JSON could not hold it again."""
    number = float(digits)
    return number if number - number == 0 else _no_number(digits)


def _make_error(why: str) -> StoreError:
    return StoreError(
        "document-damaged",
        f"the stored rules cannot be read: {why}. `hotlog clear FUNCTION --force` starts anew, and keeps a copy.",
    )


def _compress(text: str) -> str:
    import base64
    import zlib

    return COMPRESSED_MARK + base64.b64encode(zlib.compress(text.encode(), 9)).decode()


def _decompress(text: str) -> str:
    """Decompress within a bound: a few kilobytes of compressed zeros could become gigabytes in Lambda."""
    import base64
    import zlib

    data = base64.b64decode(text.removeprefix(COMPRESSED_MARK), validate=True)
    inflate = zlib.decompressobj()
    try:
        plain = inflate.decompress(data, limits.DOCUMENT_PLAIN_MAX_BYTES)
    except zlib.error as fault:
        raise _make_error(f"its compressed form is broken: {fault}") from fault
    if not inflate.eof:
        raise _make_error("its compressed form is cut off, or too large")
    return plain.decode()
