"""What may not be shown, and how it is taken out: by name, by the environment's own secrets, by pattern.

Every pattern below looks for a form that means a secret wherever it stands. They are searched in text of any origin,
so each must be linear in its length: no nested repetition.
"""

# ruff: noqa: SIM905, PLR2004 -- tables of words read better as text; how random text looks is counted

from __future__ import annotations

import binascii
import re
from typing import TYPE_CHECKING, Final

from hotlog import __builtins__, limits
from hotlog.coldstart.lazy_regex import Pattern
from hotlog.redaction.key_cache import KeyCache
from hotlog.redaction.payment_cards import DIGITS, NUMBER, is_card
from hotlog.redaction.secret_names import NAMING_FIELDS, Names

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hotlog.config import Config

REDACTED: Final = "@redacted"

_PATTERN_MIN_CHARS: Final = 13  # the shortest card number: no other form is one word, and shorter
_RUN_MIN_CHARS: Final = 16
_FORM_MIN_CHARS: Final = 12  # the shortest form that none of the marks belongs to: `basic` and six characters
_SEPARATOR: Final = "\x1e"  # for every pattern as good as the end of the text: white space, and no line break
_OPENING: Final = frozenset("([{")
_NO_SECRETS: Final = frozenset({"disabled", "enabled", "default", "development", "production", "localhost"})

# Text that could hold none of the patterns is recognised by these alone, at the speed of a substring search.
_LONG_RUN = Pattern(r"[^\s\"',;]{16}")
_MARKS = Pattern(r"[@'\":=<%]|--")  # each of the other forms has one, however short it is
_TOKENS = Pattern(
    r"""
      \b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b                                 # AWS access keys
    | (?<![\w-])eyJ[\w-]{8,}\.[\w-]*(?:\.[\w-]*){0,3}                                    # JWT, JWE
    | -----BEGIN\ [A-Z0-9 ]{1,40}-----[^-]*(?:-----END\ [A-Z0-9 ]{1,40}-----)? # PEM
    | \bgh[pousr]_[A-Za-z0-9]{20,} | \bgithub_pat_\w{20,}                      # GitHub
    | \bglpat-[\w-]{16,}                                                       # GitLab
    | \bxox[abeoprs]-[\w-]{8,} | \bxapp-[\w-]{10,}                             # Slack
    | hooks\.slack\.com/(?:services|workflows)/[\w/+-]+
    | discord(?:app)?\.com/api/webhooks/[\w/-]+
    | \b[srp]k_(?:live|test)_[A-Za-z0-9]{8,} | \bwhsec_[\w+/=]{16,}            # Stripe
    | \bAIza[\w-]{30,} | \bya29\.[\w.-]{16,} | \bGOCSPX-[\w-]{16,}             # Google
    | \bsk-(?=[\w-]{0,60}[0-9])[\w-]{20,}                                          # OpenAI, Anthropic
    | \bnpm_[A-Za-z0-9]{30,} | \bpypi-[\w-]{30,}                               # package registries
    | \bSG\.[\w-]{16,}\.[\w-]{16,}                                             # SendGrid
    | \b(?:SK|AC)[0-9a-f]{32}\b | \bkey-[0-9a-f]{32}\b                         # Twilio, Mailgun
    | \bshp(?:at|ca|pa|ss)_[0-9a-fA-F]{32} | \bsq0[a-z]{3}-[\w-]{22,}          # Shopify, Square
    | \bdo[opr]_v1_[0-9a-f]{32,} | \bhf_[A-Za-z0-9]{20,} | \bdapi[0-9a-f]{32}  # DigitalOcean, Hugging Face, Databricks
    | \bhv[sb]\.[\w-]{20,} | \bATATT[\w=-]{20,} | \bdp\.pt\.\w{20,}            # Vault, Atlassian, Doppler
    | \bNRAK-[A-Z0-9]{20,} | \blin_api_\w{20,} | \bAGE-SECRET-KEY-1[A-Z0-9]{20,}
    | \b[0-9]{8,10}:AA[\w-]{33}                                                # Telegram
    | \b(?:IQoJb3JpZ2lu|F[wQ]oGZXIvYXdz)[\w+/=%-]{20,}                         # AWS session tokens
    | \b(?:gsk_|xai-|pplx-|ntn_)[A-Za-z0-9]{20,} | \bdckr_pat_[\w-]{20,}       # Groq, xAI, Perplexity, Notion, Docker
    | \bPMAK-[\w-]{20,} | \bsbp_[0-9a-f]{20,} | \bxkeysib-[\w-]{20,}          # Postman, Supabase, Brevo
    | \bpat-[a-z]{2}[0-9]-[0-9a-f-]{30,}                                       # HubSpot
    | \$2[abxy]\$[0-9]{2}\$[./A-Za-z0-9]{53} | \$argon2(?:id|i|d)\$[^\s"']+    # password hashes
    """,
    re.VERBOSE,
)
_TOKEN_HINTS: Final = (
    "AKIA ASIA ABIA ACCA eyJ -----BEGIN ghp_ gho_ ghu_ ghs_ ghr_ github_pat_ glpat- xox xapp- hooks.slack.com discord "
    "k_live_ k_test_ whsec_ AIza ya29. GOCSPX- sk- npm_ pypi- SG. SK AC key- shp sq0 _v1_ hf_ dapi hvs. hvb. ATATT dp.pt. "
    "NRAK- lin_api_ AGE-SECRET :AA $2 $argon2 JpZ2lu oGZXIvYXdz gsk_ xai- pplx- ntn_ dckr_ PMAK- sbp_ xkeysib- pat-"
).split()

_SCHEMES: Final = ("bearer ", "basic ", "digest ", "negotiate ", "apikey ", "token ")
_SCHEME = Pattern(
    r"""\b((?i:bearer|basic|digest|negotiate|apikey|token)\s{1,3})"""
    r"""((?=[A-Za-z]{0,64}(?:[0-9+/=_.~-]|[a-z][A-Z]))[A-Za-z0-9._~+/=-]{6,})"""
)
_URL_PASSWORD = Pattern(r"(://[^\s/:@\"']{0,200}:)([^\s/\"']{1,400})(?=@)")
_URL_TOKEN = Pattern(r"(://)([^\s/:@\"']{16,400}(?=@)|[^\s/:@\"']{6,400}(?=:@))")
# JSON within JSON within JSON: a quote has one, three or seven backslashes.
_NAMED = Pattern(r"""(?<![\w.])([A-Za-z_][\w.-]{0,80})\\{0,7}["'\]]{0,2}\s{0,40}(?:=>|[:=])\s{0,40}""")
# The same in a part of a URL, once or twice encoded, and in HTML.
_NAMED_ENCODED = Pattern(
    r"""(?:(?<![\w.])|(?<=%[0-9A-Fa-f]{2})|(?<=%25[0-9A-Fa-f]{2}))([A-Za-z_][\w.-]{0,80})
    (?:\\{0,7}["'\]]{0,2} | %(?:25)?2[27] | &(?:quot|apos|\#3[49]);)\s{0,40}(?:=>|[:=]|%(?:25)?3[ADad])\s{0,40}""",
    re.VERBOSE,
)
_ENCODED_HINTS: Final = ("%3", "%253", "&quot;", "&apos;", "&#3")
_VALUE = Pattern(
    r""""{3}([^"]+) | '{3}([^']+)
    | b?(\\{1,7}["'])((?:(?!(?<!\\)\3).)*) | (b?")((?:[^"\\]|\\.)*) | (b?\$?')((?:[^'\\]|\\.)*)
    | (&(?:quot|apos|\#3[49]);)((?:(?!&(?:quot|apos|\#3[49]);).)*)
    | (?:(?:bearer|basic|digest|token|apikey|negotiate|aws4-hmac-sha256)\s{1,3})?[^\s"',;&}\])<>]+""",
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)
_ELEMENT = Pattern(r"<([A-Za-z_][\w.:-]{0,80})((?:\s[^<>]{0,200})?>)([^<>]+)(?=</)")
_LOGIN = Pattern(
    r"(?!mailto:|sips?:|xmpp:|acct:)([^\s:@/\"']{0,200}:)[^\s@\"']{1,400}(?=@[^\s@/\"']{1,300}\Z)"
)
_SQL = Pattern(r"(?i)\b((?:identified\s{1,3}by|password)\s{1,3}')[^']+")
_NETRC = Pattern(r"\b(machine\s{1,3}\S{1,200}\s{1,3}login\s{1,3}\S{1,100}\s{1,3}password\s{1,3})[^\s\"']+")
_OPTION = Pattern(r"(?<!\S)(--([A-Za-z][\w-]{0,60})\s{1,3})([^\s\"'-][^\s\"']*)")
_NEWLINE = r"\r?\n"
_FORM_PART = Pattern(
    rf"""(\bname=["']([\w.\[\]-]{{1,80}})["'][^\r\n]{{0,200}}(?:{_NEWLINE}[^\r\n]{{1,200}}){{0,3}}{_NEWLINE}{_NEWLINE})[^\r\n]+"""
)
_CURL = Pattern(r"(?<!\S)((?:-u|--user)[\s=]{1,3}[^\s:]{1,100}:)[^\s]+")
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
    rf"{_NAMING}(?:{_QUOTED_NAME}[^{{}}]{{0,200}}?|[\w./-]{{1,80}}[^{{}}]{{0,50}}?)(?<![\w.-])value{_IS}",
    re.IGNORECASE,
)
_ELEMENT_NAMED = Pattern(rf"(?<![\w.-])(?:{_FIELD})\s?=\s?[\"']([^\"']{{1,80}})", re.IGNORECASE)
_ELEMENT_BESIDE = Pattern(
    rf"(<(?:{_FIELD})>\s{{0,9}}([\w .:/-]{{1,80}})</\w{{1,20}}>\s{{0,99}}<\w{{1,20}}(?:\s[^<>]{{0,99}})?>)[^<>]+(?=</)",
    re.IGNORECASE,
)
_WHOLE_LINE = Pattern(
    r"(?<![\w-])((?:proxy-)?authorization|(?:set-)?cookie)(\s{0,3}:\s{0,3})([^\r\n\"']+)", re.IGNORECASE
)
_AWS_SECRET = Pattern(r"(?<![A-Za-z0-9/+=])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])")
_PII = Pattern(
    r"""
      [\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}               # e-mail
    | \b[A-Z]{2}[0-9]{2}(?:[ ]?[A-Z0-9]{4}){2,7}(?:[ ]?[A-Z0-9]{1,3})?\b  # IBAN
    | (?<![\w.+-])(?:\+[0-9]{1,3}[ .-]?)?(?:\([0-9]{2,4}\)[ .-]?|[0-9]{2,4}[ .-])[0-9]{3,4}[ .-]?[0-9]{3,4}(?![\w-])
    | \+[0-9]{8,15}\b                                               # phone
    """,
    re.VERBOSE,
)


def _looks_random(text: str) -> bool:
    """Return whether 40 characters of base64 look drawn at random: a path or a hex digest does not."""
    upper = sum(map(str.isupper, text))
    digits = sum(map(str.isdigit, text))
    lower = sum(map(str.islower, text))
    return upper >= 6 and lower >= 6 and digits >= 2


class Redaction:
    """Decides what may be shown, and takes the rest out of text.

    Args:
        config: the owner's additions (`redact`, `redact_pii`), exceptions (`redact_keep`) and the values of the
            environment's own credentials (`secrets`).
    """

    __slots__ = ("_bytes", "_encoded", "_numbers", "_pii", "_secrets", "hides", "keys", "longest")

    def __init__(self, config: Config) -> None:
        self.hides = Names(config.redact, config.redact_keep).hides
        self.keys = KeyCache(self)
        self._pii = config.redact_pii
        self._secrets = _spellings(config.secrets)
        self._encoded = _encodings(config.secrets)
        self._bytes = tuple(secret.encode(errors="surrogateescape") for secret in self._secrets)
        self._numbers = frozenset(
            int(secret)
            for secret in self._secrets
            if secret.isascii() and secret.isdigit() and len(secret) <= limits.INT_MAX_DIGITS
        )
        self.longest = max(map(len, (*self._secrets, *self._encoded)), default=0)

    def hides_value(self, value: object) -> bool:
        """Return whether a plain value is or holds a secret. Only exact builtin scalars can."""
        kind = type(value)
        if kind is str:
            return self.scrub(value) != value  # type: ignore[arg-type]
        if kind is int:
            return self.hides_number(value)  # type: ignore[arg-type]
        if kind is bytes or kind is bytearray:
            return self.hides_bytes(bytes(value))  # type: ignore[call-overload]
        return False

    def hides_number(self, number: int) -> bool:
        """Return whether a whole number is a card number, or a secret of the environment."""
        if -limits.SECRET_NUMBER_MIN < number < limits.SECRET_NUMBER_MIN:
            return False
        if number.bit_length() > limits.INT_MAX_BITS:
            return False  # never shown; and hashing it takes as long as it is
        if number in self._numbers:
            return True
        return 10**12 < number < 10**19 and is_card(str(number))

    def hides_bytes(self, data: bytes) -> bool:
        """Return whether bytes hold a secret."""
        if self.holds_secret(data):
            return True
        text = data.decode("latin-1")
        return self.scrub(text) != text

    def holds_secret(self, data: bytes) -> bool:
        """Return whether bytes hold a secret of the environment."""
        return any(secret in data for secret in self._bytes)

    def scrub(self, text: str) -> str:  # noqa: C901, PLR0912 -- one line per form, each behind its cheap hint
        """Return the text with everything secret in it replaced by `@redacted`."""
        if len(text) < limits.SECRET_MIN_CHARS:
            return text
        for secret in self._secrets:
            if secret in text:
                text = text.replace(secret, REDACTED)
        if len(text) < _PATTERN_MIN_CHARS and (text.isalnum() or text.isidentifier()):
            return text
        if len(text) >= _RUN_MIN_CHARS and (_LONG_RUN.search(text) or "-----BEGIN" in text):
            for secret in self._encoded:
                if secret in text:
                    text = text.replace(secret, REDACTED)
            if _holds_any(text, _TOKEN_HINTS):
                text = _TOKENS.sub(REDACTED, text)
            text = _AWS_SECRET.sub(_aws_secret, text)
        if " " in text and _holds_any(text.lower(), _SCHEMES):
            text = _SCHEME.sub(_behind_one, text)
        if "@" in text and "://" in text:
            text = _URL_PASSWORD.sub(_behind_one, text)
            text = _URL_TOKEN.sub(_behind_one, text)
        elif "@" in text and ":" in text and (found := _LOGIN.match(text)):
            text = found[1] + REDACTED + text[found.end() :]
        if "'" in text and " '" in text:
            text = _SQL.sub(_behind_one, text)
        if "-u" in text:
            text = _CURL.sub(_behind_one, text)
        if "</" in text:
            text = _ELEMENT.sub(self._element, text)
            text = _ELEMENT_BESIDE.sub(self._named_second, text)
        if "machine" in text:
            text = _NETRC.sub(_behind_one, text)
        if "--" in text:
            text = _OPTION.sub(self._named_second, text)
        if ":" in text or "=" in text or "%" in text:
            if "form-data" in text:
                text = _FORM_PART.sub(self._named_second, text)
            text = _WHOLE_LINE.sub(_behind_two, text)
            text = self._without_named(text)
            if "alue" in text:
                text = self._without_beside(text)
        if "'," in text or '",' in text:
            text = _PAIR.sub(self._paired, text)
        if len(text) >= _PATTERN_MIN_CHARS and DIGITS.search(text):
            text = NUMBER.sub(lambda found: REDACTED if is_card(found[0]) else found[0], text)
        if self._pii:
            text = _PII.sub(REDACTED, text)
        return text

    def find_doubtful(self, texts: Sequence[str]) -> Sequence[int]:
        """Return the indexes of the texts that may hold a secret: `scrub` changes none of the others.

        Most hold nothing, and one search in all of them takes less than a search in each.
        """
        joined = _SEPARATOR.join(texts)
        if self._pii or _holds_any(joined, self._secrets) or joined.count(_SEPARATOR) >= len(texts):
            return range(len(texts))
        found = _marked(joined)
        long = [text for text in texts if len(text) >= _FORM_MIN_CHARS]
        if long and self._may_hold_form(_SEPARATOR.join(long)):
            found |= {place for place, text in enumerate(texts) if len(text) >= _FORM_MIN_CHARS}
        return sorted(found)

    def _may_hold_form(self, text: str) -> bool:
        """Return whether text may hold a form without any of the marks."""
        if (_LONG_RUN.search(text) or "-----BEGIN" in text) and (
            _holds_any(text, self._encoded) or _holds_any(text, _TOKEN_HINTS) or _AWS_SECRET.search(text)
        ):
            return True
        return "machine" in text or _holds_any(text.lower(), _SCHEMES) or DIGITS.search(text) is not None

    def _element(self, found: re.Match[str]) -> str:
        names = (found[1], *_ELEMENT_NAMED.findall(found[2]))
        return f"<{found[1]}{found[2]}{REDACTED}" if any(map(self.hides, names)) else found[0]

    def _named_second(self, found: re.Match[str]) -> str:
        """Return a match without the value behind its first group, where its second is a secret name."""
        return f"{found[1]}{REDACTED}" if self.hides(found[2]) else found[0]

    def _paired(self, found: re.Match[str]) -> str:
        return f"{found[1]}{found[4]}{REDACTED}{found[4]}" if self.hides(found[3]) else found[0]

    def _without_named(self, text: str) -> str:
        """Return the text without the values of `name=value` and `"name": value` whose name is secret."""
        named = _NAMED_ENCODED if _holds_any(text, _ENCODED_HINTS) else _NAMED
        return _without_values(text, (found.end() for found in named.finditer(text) if self.hides(found[1])))

    def _without_beside(self, text: str) -> str:
        """Return the text without the values of `"name": "DB_PASSWORD", "value": …` and its like."""
        return _without_values(
            text, (found.end() for found in _NAMED_BESIDE.finditer(text) if self._names_hidden(found[0]))
        )

    def _names_hidden(self, text: str) -> bool:
        return any(self.hides(name) for names in _NAME_BESIDE.findall(text) for name in names if name)


def _without_values(text: str, starts: Iterable[int]) -> str:
    """Return the text without the values that start at these places."""
    kept: list[str] = []
    done = 0
    for start in starts:
        if start > done:
            first, end = _value_at(text, start)
            if end > first and not text.startswith(REDACTED, first):
                kept += (text[done:first], REDACTED)
                done = end
    return "".join((*kept, text[done:])) if kept else text


def _marked(joined: str) -> set[int]:
    """Return the indexes of the texts that have a mark."""
    places: set[int] = set()
    at = place = 0
    while at >= 0 and (found := _MARKS.search(joined, at)):
        start = found.start()
        place += joined.count(_SEPARATOR, at, start)
        places.add(place)
        at = joined.find(_SEPARATOR, start)
    return places


def _value_at(text: str, start: int) -> tuple[int, int]:
    """Return where the value that starts there begins and ends, without its quotes."""
    if text[start : start + 1] in _OPENING:
        return start, _end_of_brackets(text, start)
    found = _VALUE.match(text, start)
    if found is None:
        return start, start
    group = found.lastindex
    return (found.start(), found.end()) if group is None else found.span(group)


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


def _holds_any(text: str, parts: Iterable[str]) -> bool:
    for part in parts:  # noqa: SIM110 -- three times as fast as any(…), on the path of every text
        if part in text:
            return True
    return False


def _aws_secret(found: re.Match[str]) -> str:
    return REDACTED if _looks_random(found[0]) else found[0]


# Functions, no templates: `re` works those out in Python, and would call what stands in for a builtin.
def _behind_one(found: re.Match[str]) -> str:
    return f"{found[1]}{REDACTED}"


def _behind_two(found: re.Match[str]) -> str:
    return f"{found[1]}{found[2]}{REDACTED}"


def _encodings(secrets: Iterable[str]) -> tuple[str, ...]:
    """Return the secrets as longer base64 and hex texts hold them; too short ones are left out."""
    found: set[str] = set()
    for secret in secrets:
        data = secret.encode(errors="surrogateescape")
        for shift in range(3):
            # The characters at both ends hold bits of what stands beside the secret, too.
            text = binascii.b2a_base64(b"\0" * shift + data, newline=False).decode().rstrip("=")
            inner = text[(0, 2, 3)[shift] : len(text) - (1 if (shift + len(data)) % 3 else 0)]
            found |= {inner, inner.replace("+", "-").replace("/", "_")}
        found |= {data.hex(), data.hex().upper()}
    return tuple(
        sorted((text for text in found if len(text) >= _RUN_MIN_CHARS), key=lambda text: (-len(text), text))
    )


def _spellings(secrets: Iterable[str]) -> tuple[str, ...]:
    """Return the secrets as they may turn up: plain, percent-encoded, escaped in JSON; longest first."""
    spelt: set[str] = set()
    for secret in secrets:
        if len(secret) < limits.SECRET_MIN_CHARS or secret.lower() in _NO_SECRETS:
            continue
        encoded = "".join(
            sign
            if sign.isascii() and (sign.isalnum() or sign in "-._~")
            else "".join(f"%{byte:02X}" for byte in sign.encode(errors="replace"))
            for sign in secret
        )
        escaped = secret.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        spelt |= {secret, encoded, encoded.replace("%2F", "/"), escaped, escaped.replace("/", "\\/")}
    return tuple(sorted(spelt, key=lambda text: (-len(text), text)))
