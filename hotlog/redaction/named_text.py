"""Values in text whose name says that they are secret: `password=x`, JSON, XML, SQL, command lines, forms, headers.

All of these are searched for only where a word of the text is a hidden name. Each pattern must be linear in the length of the
text: no nested repetition.
"""

# ruff: noqa: SIM905 -- tables of words read better as text

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from hotlog import __builtins__
from hotlog.coldstart.lazy_regex import Pattern
from hotlog.redaction.secret_names import NAMING_FIELDS, TEXTS, Names
from hotlog.redaction.shown_values import is_shown_text
from hotlog.redaction.statements import secret_values

if TYPE_CHECKING:
    from collections.abc import Iterable

REDACTED: Final = "@redacted"
_OPENING: Final = frozenset("([{")
_QUOTES: Final = frozenset("\"'\\&")
_STAYS_MAX_CHARS: Final = 200
_COLUMN_MAX_CHARS: Final = 40
_COLUMNS_MIN: Final = 2
_SQL_WITH_COLUMNS = Pattern(r"(?i)\b(?:insert\s|update\s|select\s|parameters:)")

# Words that are no names of secrets, and that one of the forms below begins with.
FORM_WORDS: Final = frozenset(
    "basic digest negotiate splunk geniekey identified machine requirepass crypt mysql mysqldump mysqladmin sshpass docker podman "
    "redis-cli passin passout verification recovery unlock api private".split()
)

_SCHEMES: Final = ("bearer ", "basic ", "digest ", "negotiate ", "apikey ", "token ", "splunk ", "geniekey ")
_SCHEME = Pattern(
    r"""\b((?i:bearer|basic|digest|negotiate|apikey|token|splunk|geniekey)\s{1,3})"""
    r"""((?!realm=)(?=[A-Za-z]{0,64}(?:[0-9+/=_.~-]|[a-z][A-Z]))[A-Za-z0-9._~+/=-]{6,})"""
)
# JSON within JSON within JSON: a quote has one, three or seven backslashes.
_NAMED = Pattern(
    r"""(?<![\w.])([^\W\d][\w.-]{0,80}+)\\{0,7}+["'`\]]{0,2}+\s{0,40}+(?:=>|->|:=|[:=\uff1a\uff1d])\s{0,40}"""
)
# The same in a part of a URL, once or twice encoded, and in HTML.
_NAMED_ENCODED = Pattern(
    r"""(?:(?<![\w.])|(?<=%[0-9A-Fa-f]{2})|(?<=%25[0-9A-Fa-f]{2}))([^\W\d][\w.-]{0,80})
    (?:\\{0,7}["'\]]{0,2} | %(?:25)?2[27] | &(?:quot|apos|\#3[49]|\#x2[27]);)\s{0,40}(?:=>|[:=]|%(?:25)?3[ADad])\s{0,40}""",
    re.VERBOSE,
)
_ENCODED_HINTS: Final = ("%3", "%253", "&quot;", "&apos;", "&#3", "&#x2")
_VALUE = Pattern(
    r"""[|>][+-]?[ ]?\r?\n\s{1,40}([^\r\n]+) | "{3}([^"]+) | '{3}([^']+)
    | <<[-~]?\w{1,40}\r?\n\s{0,40}([^\r\n]+)
    | b?(\\{1,7}["'])((?:(?!(?<!\\)\5).)*) | (b?")((?:[^"\\]|\\.)*) | (b?\$?')((?:[^'\\]|\\.)*)
    | (&(?:quot|apos|\#3[49]|\#x2[27]);)((?:(?!&(?:quot|apos|\#3[49]|\#x2[27]);).)*)
    | (?:(?:bearer|basic|digest|token|apikey|negotiate|splunk|geniekey|aws4-hmac-sha256)\s{1,3})?[^\s"',;&}\])<>]+""",
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)
_SAID = Pattern(
    r"(?<![\w.])((?:[A-Za-z]{2,20}+\s)?[^\W\d][\w-]{0,40}+)(?:(?:\s(?:for|of)\s\S{1,80})?\s(?:is|was|are)(?:\snow)?(:?)\s{1,3}|(:)\s{1,3}|\s{1,2}(?=[\"']))"
)
_SAID_VALUE = Pattern(r"\"([^\"\r\n]{1,200})\"|'([^'\r\n]{1,200})'|[^\s\"',;]{3,200}")
_ELEMENT = Pattern(
    r"<([^\W\d][\w.:-]{0,80})((?:\s[^<>]{0,200})?>)(?:<!\[CDATA\[[^<>\]]{1,1000}\]\]>|[^<>]+)(?=</)"
)
_SQL = Pattern(
    r"(?i)\b((?:identified\s{1,3}(?:with\s{1,3}\w{1,40}\s{1,3})?by\s{1,3}|crypt\(\s?"
    r"|password\s{1,3}(?:for\s{1,3}\S{1,80}\s{1,3})?(?:=\s{0,3})?)')[^']+"
)
_NETRC = Pattern(r"\b(machine\s{1,3}\S{1,200}\s{1,3}login\s{1,3}\S{1,100}\s{1,3}password\s{1,3})[^\s\"']+")
_OPTION = Pattern(r"(?<!\S)(--([A-Za-z][\w-]{0,60})\s{1,3})([^\s\"'-][^\s\"']*)")
_ARGUMENT = Pattern(
    r"\b(sshpass\s{1,3}-p\s?|(?:mysql|mysqldump|mysqladmin)\b(?:\s{1,3}(?!-p)[^\s|;&]{1,100}){0,20}?\s{1,3}-p"
    r"|(?:docker|podman)\s{1,3}login\b(?:\s{1,3}(?!-p\s)[^\s|;&]{1,100}){0,20}?\s{1,3}-p\s{1,3}"
    r"|redis-cli\b(?:\s{1,3}(?!-a\s)[^\s|;&]{1,100}){0,20}?\s{1,3}-a\s{1,3}"
    r"|requirepass\s{1,3}|passin\s{1,3}pass:|passout\s{1,3}pass:|configure\s{1,3}set\s{1,3}[\w.]{0,40}(?:secret|token)[\w]{0,40}\s{1,3}"
    r"|passw?o?r?d?:)([^\s\"']{3,})"
)
_INDENT = Pattern(r"\n([ \t]+)\Z")
_INDENT_REACH: Final = 41
# Dockerfiles, shells of BSD, routers. A word of small letters alone says what is set about it.
_SET = Pattern(
    r"(?<!\S)((?:ENV|ARG|setenv|set|enable)\s{1,3}([\w.-]{1,80})\s{1,3})(?=[^\s\"'=]{0,60}[^a-z\s\"'=])[^\s\"'=]+"
)
_NEWLINE = r"\r?\n"
_FORM_PART = Pattern(
    rf"""(\bname=["']([\w.\[\]-]{{1,80}})["'][^\r\n]{{0,200}}(?:{_NEWLINE}[^\r\n]{{1,200}}){{0,3}}{_NEWLINE}{_NEWLINE})[^\r\n]+"""
)
_QUOTE = r"\\{0,7}[\"']"
_PAIR = Pattern(
    r"""([(\[]\s?b?(["'])([\w .:-]{1,80})\2,\s?b?)(["'])(?:\\.|(?!\4)[^\\])*\4(?=\s?[)\]])""", re.DOTALL
)
_FIELD = "|".join(sorted(NAMING_FIELDS))
_IS = rf"(?:{_QUOTE})?\s{{0,3}}[:=]\s{{0,3}}"
_NAMING = rf"(?<![\w.-])(?:{_FIELD}){_IS}"
_QUOTED_NAME = rf"{_QUOTE}([\w ./:-]{{1,80}}){_QUOTE}"
_NAME_BESIDE = Pattern(rf"{_NAMING}(?:{_QUOTED_NAME}|([\w./-]{{1,80}}))", re.IGNORECASE)
_NAMED_BESIDE = Pattern(  # JSON, YAML, attributes of XML
    rf"{_NAMING}(?:{_QUOTED_NAME}[^{{}}]{{0,200}}?|[\w./-]{{1,80}}[^{{}}]{{0,50}}?)(?<![\w.-])values?{_IS}",
    re.IGNORECASE,
)
_ELEMENT_NAMED = Pattern(rf"(?<![\w.-])(?:{_FIELD})\s?=\s?[\"']([^\"']{{1,80}})", re.IGNORECASE)
_ELEMENT_BESIDE = Pattern(
    rf"(<(?:{_FIELD})>\s{{0,9}}([\w .:/-]{{1,80}})</\w{{1,20}}>\s{{0,99}}<\w{{1,20}}(?:\s[^<>]{{0,99}})?>)[^<>]+(?=</)",
    re.IGNORECASE,
)
_PROPERTY = Pattern(
    r"(<property\s[^<>]{0,100}?name=[\"']([\w.-]{1,80})[\"'][^<>]{0,100}>\s{0,20}(?:<value>\s{0,20})?)[^<>\s][^<>]*(?=</)"
)
_DEFAULT = Pattern(
    r"(\bvariable\s{1,3}\"([\w-]{1,80})\"\s{0,3}\{[^{}]{0,200}?\bdefault\s{0,20}=\s{0,3}\")[^\"]+"
)
_WHOLE_LINE = Pattern(
    r"(?<![\w-])((?:proxy-)?authorization|(?:set-)?cookie)(\s{0,3}:\s{0,3})(digest\s[^\r\n]+|[^\r\n\"']+)",
    re.IGNORECASE,
)
_MANIFEST = Pattern(r"""(?m)^(\s{0,20})(?:data|stringData):[ ]?\r?\n((?:\1\s+[^\r\n]{1,4000}\r?\n?)+)""")
_MANIFEST_OF_JSON = Pattern(r"""\\{0,7}["'](?:data|stringData)\\{0,7}["']\s{0,3}:\s{0,3}(?=\{)""")
_MANIFEST_VALUE = Pattern(r"""(?m)^(\s+[\w.-]{1,200}:\s{1,3}["']?)[^\s"'][^\r\n"']*""")


class NamedText:
    """Takes the values out of text whose names are hidden.

    Args:
        names: which are.
    """

    __slots__ = ("_hides", "_says")

    def __init__(self, names: Names) -> None:
        self._hides, self._says = names.hides, names.says

    def without(self, text: str) -> str:  # noqa: C901, PLR0912 -- one line per form, each behind its cheap hint
        """Return the text without the values that a name beside them hides."""
        if " " in text and holds_any(text.lower(), _SCHEMES):
            text = _SCHEME.sub(behind_one, text)
        if "'" in text:
            text = _SQL.sub(behind_one, text)
        if "</" in text:
            text = _ELEMENT.sub(self._element, text)
            text = _ELEMENT_BESIDE.sub(self._second, text)
            if "<property" in text:
                text = _PROPERTY.sub(self._second, text)
        if "machine" in text:
            text = _NETRC.sub(behind_one, text)
        if "(" in text and _SQL_WITH_COLUMNS.search(text):
            text = _without_spans(text, secret_values(text, self._hides))
        if "\n" in text:
            text = _without_spans(text, self._columns(text))
        if "--" in text:
            text = _OPTION.sub(self._second, text)
        if " " in text:
            text = _ARGUMENT.sub(behind_one, text)
            text = _SET.sub(self._second, text)
        if ":" in text or "=" in text or "%" in text or "->" in text or "\uff1a" in text or "\uff1d" in text:
            if "form-data" in text:
                text = _FORM_PART.sub(self._second, text)
            if "Secret" in text and "kind" in text and "ata" in text:
                text = _MANIFEST.sub(_manifest, text)
                text = _without_values(text, (found.end() for found in _MANIFEST_OF_JSON.finditer(text)))
            text = _WHOLE_LINE.sub(_whole_line, text)
            text = self._without_named(text)
            if "alue" in text:
                text = self._without_beside(text)
        if "variable" in text:
            text = _DEFAULT.sub(self._second, text)
        if "'," in text or '",' in text:
            text = _PAIR.sub(self._paired, text)
        if " " in text:
            text = _without_values(text, self._said(text))
        return text

    def _element(self, found: re.Match[str]) -> str:
        names = (found[1], *_ELEMENT_NAMED.findall(found[2]))
        return f"<{found[1]}{found[2]}{REDACTED}" if any(map(self._hides, names)) else found[0]

    def _second(self, found: re.Match[str]) -> str:
        """Return what was found without the value behind its first group, where the name in the second is hidden."""
        return f"{found[1]}{REDACTED}" if self._hides(found[2]) else found[0]

    def _paired(self, found: re.Match[str]) -> str:
        return f"{found[1]}{found[4]}{REDACTED}{found[4]}" if self._hides(found[3]) else found[0]

    def _columns(self, text: str) -> Iterable[tuple[int, int]]:
        """Return where the values of a hidden column stand in a table whose first line names the columns."""
        head = text[: text.index("\n")].rstrip("\r")
        separator = max(",;\t|", key=head.count)
        names = [name.strip(" \"'") for name in head.split(separator)]
        hidden = {
            place
            for place, name in enumerate(names)
            if name and len(name) <= _COLUMN_MAX_CHARS and self._hides(name)
        }
        if len(names) < _COLUMNS_MIN or not hidden or any(len(name) > _COLUMN_MAX_CHARS for name in names):
            return
        at = text.index("\n") + 1
        for line in text[at:].splitlines(keepends=True):
            fields = line.split(separator)
            for place, field in enumerate(fields if len(fields) == len(names) else ()):
                value = field.strip(" \"'\r\n")
                if place in hidden and value and value.strip("-:"):
                    start = at + field.index(value)
                    yield start, start + len(value)
                at += len(field) + 1
            if len(fields) == len(names):
                at -= 1
            else:
                at += len(line)

    def _said(self, text: str) -> Iterable[int]:
        """Return where the values start of which a sentence says the name: `password is x`, `password "x"`, `verification code: x`."""
        for found in _SAID.finditer(text):
            if any(map(self._hides, (found[1], found[1].split()[-1]))) and (
                value := _SAID_VALUE.match(text, found.end())
            ):
                quoted, word = value[1] or value[2], value[0].rstrip(".:!")
                # `the token is expected` says nothing.
                if found[1].lower().startswith(_COMPLAINTS):
                    continue
                if quoted or found[2] or found[3] or not (word.isalpha() and word.islower()):
                    yield value.start()

    def _without_named(self, text: str) -> str:
        """Return the text without the values of `name=value` and `"name": value` whose name is hidden."""
        named = _NAMED_ENCODED if holds_any(text, _ENCODED_HINTS) else _NAMED
        starts: list[int] = []
        done = 0  # the end of a long value that holds text: what is named within is not looked at again
        for found in named.finditer(text):
            says = self._says(found[1])
            if says and (_is_about(text, found.start()) or _is_passed_on(text, found)):
                continue
            if says == TEXTS:
                if found.end() < done:
                    continue
                first, end = _value_at(text, found.end())
                if not _holds_text(text[first:end]):
                    continue
                done = end if end - first > _STAYS_MAX_CHARS else done
            if says:
                starts.append(found.end())
        return _without_values(text, starts)

    def _without_beside(self, text: str) -> str:
        """Return the text without the values of `"name": "DB_PASSWORD", "value": …` and its like."""
        return _without_values(
            text, (found.end() for found in _NAMED_BESIDE.finditer(text) if self._names_hidden(found[0]))
        )

    def _names_hidden(self, text: str) -> bool:
        return any(self._hides(name) for names in _NAME_BESIDE.findall(text) for name in names if name)


# Functions, no templates: `re` works those out in Python, and would call what stands in for a builtin.
def behind_one(found: re.Match[str]) -> str:
    """Return what was found with all but its first group hidden."""
    return f"{found[1]}{REDACTED}"


def _whole_line(found: re.Match[str]) -> str:
    return found[0] if is_shown_text(found[3]) else f"{found[1]}{found[2]}{REDACTED}"


def holds_any(text: str, parts: Iterable[str]) -> bool:
    """Return whether the text holds one of the parts."""
    for part in parts:  # noqa: SIM110 -- three times as fast as any(…), on the path of every text
        if part in text:
            return True
    return False


_IN_VALUES: Final = frozenset("_-.+/@=!#$%&*~^")
_COMPLAINTS: Final = ("invalid ", "unexpected ", "missing ", "unknown ", "expired ")
_ARN_MAX_CHARS: Final = 120


def _is_about(text: str, start: int) -> bool:
    """Return whether the name that stands there is a part of an ARN, or what a message complains about."""
    before = text[max(0, start - _ARN_MAX_CHARS) : start]
    if before.endswith(":"):
        return "arn:" in before and " " not in before[before.rindex("arn:") :]
    return before.lower().endswith(_COMPLAINTS)


def _is_passed_on(text: str, found: re.Match[str]) -> bool:
    """Return whether code gives a name the value of its namesake: `self.password = password`."""
    name, end = found[1].rpartition(".")[2], found.end()
    after = end + len(name)
    return text.startswith(name, end) and not (
        text[after : after + 1].isalnum() or text[after : after + 1] in _IN_VALUES
    )


def _manifest(found: re.Match[str]) -> str:
    """Return the data of a Kubernetes Secret, whatever its keys are."""
    return found[0].replace(found[2], _MANIFEST_VALUE.sub(behind_one, found[2]))


def _holds_text(value: str) -> bool:
    """Return whether a value is, or holds, text and not just numbers."""
    return any(map(str.isalpha, value.replace("null", "")))


def _without_values(text: str, starts: Iterable[int]) -> str:
    """Return the text without the values that start at these places."""
    kept: list[str] = []
    done = 0
    for start in starts:
        if start > done:
            first, end = _value_at(text, start)
            if end > first and not text.startswith(REDACTED, first) and not _may_stay(text, first, end):
                kept += (text[done:first], REDACTED)
                done = end
    return "".join((*kept, text[done:])) if kept else text


def _without_spans(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """Return the text without what stands there."""
    kept: list[str] = []
    done = 0
    for start, end in spans:
        if start >= done and not is_shown_text(text[start:end]):
            kept += (text[done:start], REDACTED)
            done = end
    return "".join((*kept, text[done:])) if kept else text


def _may_stay(text: str, first: int, end: int) -> bool:
    """Return whether the value may be seen although its name is hidden: it says that there is none, or what it must be."""
    if end - first > _STAYS_MAX_CHARS:
        return False
    value = text[first:end]
    if value[0] in _OPENING:
        inner = value[1:-1].strip()
        return is_shown_text(value) or is_shown_text(inner.strip("\"'\\"))
    return is_shown_text(value)


def _value_at(text: str, start: int) -> tuple[int, int]:
    """Return where the value that starts there begins and ends, without its quotes."""
    if text[start : start + 1] in _OPENING:
        return start, _end_of_brackets(text, start)
    indent = text[start : start + 1] not in _QUOTES and _INDENT.search(
        text, max(0, start - _INDENT_REACH), start
    )
    if indent:
        return start, _end_of_block(text, start, indent[1])
    found = _VALUE.match(text, start)
    if found is None:
        return start, start
    group = found.lastindex
    return (found.start(), found.end()) if group is None else found.span(group)


def _end_of_block(text: str, start: int, indent: str) -> int:
    """Return where the block of YAML ends that starts there: the last line which is indented as far."""
    end = text.find("\n", start)
    while end >= 0 and text.startswith(indent, end + 1):
        end = text.find("\n", end + 1)
    return len(text.rstrip()) if end < 0 else end


def _end_of_brackets(text: str, start: int) -> int:
    """Return where the bracket that opens there is closed; the end of the text where it is cut off."""
    depth = 0
    for at in range(start, len(text)):
        if text[at] in "([{":
            depth += 1
        elif text[at] in ")]}":
            depth -= 1
            if depth == 0:
                return at + 1
    return len(text)
