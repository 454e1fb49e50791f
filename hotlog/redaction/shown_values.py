"""What may be shown although its name is that of a secret: that there is none, that it must be given, where it is kept."""

# ruff: noqa: SIM905 -- tables of words read better as text

from __future__ import annotations

from typing import Final

from hotlog import __builtins__
from hotlog.coldstart.lazy_regex import Pattern
from hotlog.redaction.secret_names import INNOCENT_ENDINGS, words_of

# Said in the place of a value, or as the first word of a sentence about it.
_WORDS: Final = frozenset(
    """
    true false null none nil undefined yes no on off enabled disabled required optional missing invalid valid empty unset set
    must should cannot can't is was has not expired incorrect wrong changed unknown redacted masked filtered
    ok basic digest closed opened failed denied granted succeeded refreshed rotated revoked
    read write list create update delete get put view edit manage admin revoke rotate
    accepted expected rejected allowed needed loaded same-origin include omit
    removed string str text bytes int n/a todo varchar varchar2 char must_change a the this that your
    """.split()
)
_ABOUT: Final = frozenset(
    "must should cannot required invalid missing expired empty blank not short long characters incorrect wrong allowed needed".split()
)
_PROSE_MIN_WORDS: Final = 2
_MASK_MIN: Final = 2
# `${DB_PASSWORD}`, `{{ vault }}`, `<your key>`, `%(password)s`, `$1`, `:password`, `?`, `****`, `[FILTERED]`, `(hidden)`, `{password}`, `!vault`, `%s`.
_PLACEHOLDER = Pattern(
    r"\$\{[^{}]*\}?|\{\{[^{}]*(?:\}\})?|<[^<>]*>?|%\(\w+\)s|%s|\$[0-9]{1,3}|\$[A-Z_]{3,40}|:[a-z_]{1,30}|\?|[*•xX.]{3,}|\[[A-Za-z ]+\]?|\([A-Za-z ]+\)|\{[A-Za-z_]{1,30}\}|!(?:vault|secret|env_var|Ref|Sub|GetAtt|ImportValue)|os\.environ\S*|process\.env\S*|[A-Za-z_][\w.]*\([^()\"\']*\)?|[A-Z][A-Za-z]{1,30}\[[A-Za-z, |]{0,60}\]?"
)
_ADDRESS: Final = ("arn:aws", "alias/", "/run/secrets/")
_MOST_CHARS: Final = 200
_MOST_ELEMENTS: Final = 10
_KEY_MAX_CHARS: Final = 40
CLAIMED: Final = "jwt"  # where an authorizer puts what it has read in a token, and under which names
OF_TOKEN: Final = frozenset({"claims", "scopes"})
_SCHEMA_TYPES: Final = frozenset(
    "string object integer number boolean array null apikey http oauth2 openidconnect mutualtls".split()
)
# What a field of an object is called that tells of a secret. An id may be one.
_TELLING: Final = (INNOCENT_ENDINGS | {"expires", "kind"}) - {
    "id",
    "ids",
    "index",
    "serial",
    "name",
    "names",
    "source",
    "string",
}
# Fields of what says where secrets are kept: `{"name": "DB_PASSWORD", "valueFrom": "arn:…"}`.
_REFERENCE_FIELDS: Final = frozenset(
    "arn createddate description id kmskeyid lastaccesseddate lastchangeddate lastrotateddate name owningservice path primaryregion "
    "rotationenabled rotationlambdaarn secretname secrettype tags type valuefrom version versionid".split()
)
# Values that may themselves be the secret, or hold it as plain data. Of others the type may be shown.
BUILTINS: Final = (str, bytes, bytearray, int, float, complex, dict, list, tuple, set, frozenset, memoryview)


def is_shown_text(text: str) -> bool:
    """Return whether text under the name of a secret is none: empty, a placeholder, the name of a place, words about it."""
    text = text.strip()
    if not any(map(str.isalnum, text)):
        return True
    if len(text) > _MOST_CHARS:
        return False
    lower = text.lower()
    if lower.rstrip(".,;:!") in _WORDS or text.startswith(_ADDRESS):
        return True
    if text.isalnum():
        return not text.strip("xX") and len(text) > _MASK_MIN
    return _PLACEHOLDER.fullmatch(text) is not None or _is_prose(lower)


def _is_prose(lower: str) -> bool:
    """Return whether it is a sentence about what the value must be."""
    words = lower.rstrip(".!").replace(",", " ").replace("'", "").split()
    return (
        len(words) >= _PROSE_MIN_WORDS
        and not _ABOUT.isdisjoint(words)
        and all(word.isalpha() or word.isdigit() for word in words)
    )


def is_shown(value: object) -> bool:
    """Return whether a value may be shown whatever it is called. Only exact builtin values can."""
    kind = type(value)
    if value is None or kind is bool:
        return True
    if kind is str:
        return is_shown_text(value)  # type: ignore[arg-type]
    if kind is list or kind is tuple:
        return len(value) <= _MOST_ELEMENTS and all(  # type: ignore[arg-type]
            is_shown_text(element) if type(element) is str else _is_reference(element)
            for element in value  # type: ignore[attr-defined]
        )
    return kind is dict and _is_shown_dict(value)  # type: ignore[arg-type]


def _is_shown_dict(value: dict[object, object]) -> bool:
    return not value or _is_schema(value) or _tells_about(value) or is_decoded_token(value)


def _tells_about(value: dict[object, object]) -> bool:
    """Return whether it only says what is to be known of a secret: `{"type": "oauth2", "enabled": True}`."""
    for key, element in value.items():
        kind = type(element)
        if element is None or kind is bool:
            continue
        if type(key) is not str or (kind is not str and kind is not int and kind is not float):
            return False
        words = words_of(key[:_KEY_MAX_CHARS])
        if not words or words[-1] not in _TELLING:
            return False
    return True


def is_decoded_token(value: dict[object, object]) -> bool:
    """Return whether it is what an authorizer has read in a token, under `jwt`, and no token: each claim is judged by itself."""
    return all(type(key) is str and key in OF_TOKEN for key in value) and type(value.get("claims")) is dict


def _is_reference(value: object) -> bool:
    """Return whether it says where a secret is kept, and holds none: what it has is judged by itself."""
    return type(value) is dict and all(
        type(key) is str and len(key) <= _KEY_MAX_CHARS and key.lower() in _REFERENCE_FIELDS for key in value
    )


def _is_schema(value: dict[object, object]) -> bool:
    """Return whether it says of which type a field must be: `{"type": "string", "minLength": 12}`."""
    kind = value.get("type") if all(type(key) is str for key in value) else None
    return (
        type(kind) is str
        and kind.lower() in _SCHEMA_TYPES
        and not {"value", "default", "example"} & value.keys()
    )


def is_count(value: object) -> bool:
    """Return whether it is a number: under a name in the plural it says how many there are."""
    kind = type(value)
    return kind is int or kind is float


def holds_text(value: object, depth: int = 3) -> bool:
    """Return whether a value is, or may hold, anything but numbers."""
    kind = type(value)
    if value is None or kind is bool or kind is int or kind is float:
        return False
    if depth and (kind is list or kind is tuple):
        return len(value) > _MOST_ELEMENTS or any(holds_text(each, depth - 1) for each in value)  # type: ignore[arg-type,attr-defined]
    if depth and kind is dict:
        return len(value) > _MOST_ELEMENTS or any(holds_text(each, depth - 1) for each in value.values())  # type: ignore[arg-type,attr-defined]
    return True
