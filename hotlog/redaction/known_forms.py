"""Forms of secrets that show themselves: keys and hashes, logins in addresses and commands, personal data."""

# ruff: noqa: PLR2004 -- how random text looks is counted

from __future__ import annotations

import re

from hotlog import __builtins__
from hotlog.coldstart.lazy_regex import Pattern
from hotlog.redaction.encodings import text_in_base64
from hotlog.redaction.named_text import behind_one
from hotlog.redaction.text_values import REDACTED
from hotlog.redaction.token_forms import is_drawn

KEY_OR_HASH = Pattern(
    r"""
      -----BEGIN\ (?![A-Z0-9 ]{0,40}(?:PUBLIC\ KEY|CERTIFICATE)(?:\ BLOCK)?-)(?=[A-Z0-9 ]{0,40}(?:KEY|PRIVATE|PGP|SSH))[A-Z0-9 ]{1,40}-----(?:[^-]|-(?!----))*(?:-----END\ [A-Z0-9 ]{1,40}-----)?  # PEM
    | \$2[abxy]\$[0-9]{2}\$[./A-Za-z0-9]{53} | \$argon2(?:id|i|d)\$[^\s"']+ | \$scrypt\$[^\s"']+   # hashes of passwords
    | \$(?:apr1|1|5|6|y)\$[^\s"':]{8,} | pbkdf2_sha\d{1,3}\$[^\s"']+ | \$ANSIBLE_VAULT;[^"']+
    | %?B[0-9]{13,19}\^[^\s"']{0,80}                                                             # magnetic stripe
    """,
    re.VERBOSE,
)
_URL_PASSWORD = Pattern(r"(://[^\s/:@\"']{0,200}:)([^\s/\"']{1,400})(?=@)")
_URL_TOKEN = Pattern(r"(://)([^\s/:@\"']{16,400}(?=@)|[^\s/:@\"']{6,400}(?=:@))")
_URL_OF_ORACLE = Pattern(r"(jdbc:oracle:thin:[^\s/@:]{1,100}/)[^\s@\"']{1,200}(?=@)")
_URL_CLOUDINARY = Pattern(r"(cloudinary://)[^\s@\"']{1,200}(?=@)")
URL_CODE = Pattern(r"([?&]code=)[\w%.~+/=-]{16,}")
_LOGIN = Pattern(
    r"(?!mailto:|sips?:|xmpp:|acct:)([^\s:@/\"']{0,200}:)[^\s@\"']{1,400}(?=@[^\s@/\"']{1,300}\Z)"
)
PASSWORD_FILE = Pattern(r"(?m)^([\w.*-]{1,200}:(?:[0-9]{1,5}|\*):[\w*-]{1,100}:[\w*-]{1,100}:)[^\s:]{1,200}$")
CURL = Pattern(r"(?<!\S)((?:-u|--user|--auth|-a)[\s=]{1,3}(?!\d{1,9}:\d{1,9}(?!\S))[^\s:]{1,100}:)[^\s]+")
AWS_SECRET = Pattern(r"(?<![A-Za-z0-9/+])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])")
AZURE_KEY = Pattern(r"(?<![A-Za-z0-9/+-])[A-Za-z0-9/+]{86}==")
JWK = Pattern(r"""(\\{0,3}"(?:d|p|q|dp|dq|qi|k)\\{0,3}"\s{0,3}:\s{0,3}\\{0,3}")[\w-]{20,}""")
STRICT = Pattern(r"(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{20,}")
PII = Pattern(
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


def without_logins(text: str) -> str:
    """Return the text without the passwords and tokens in addresses."""
    if "://" in text:
        text = _URL_CLOUDINARY.sub(behind_one, text) if "cloudinary:" in text else text
        text = _URL_PASSWORD.sub(behind_one, text)
        return _URL_TOKEN.sub(behind_one, text)
    if "jdbc:oracle" in text:
        return _URL_OF_ORACLE.sub(behind_one, text)
    if ":" in text and (found := _LOGIN.match(text)):
        return found[1] + REDACTED + text[found.end() :]
    return text


def redact_drawn(found: re.Match[str]) -> str:
    """Return `@redacted` for characters that look drawn at random."""
    return REDACTED if is_drawn(found[0]) else found[0]


def redact_aws_secret(found: re.Match[str]) -> str:
    """Return `@redacted` for 40 characters that look like the secret key of AWS."""
    # What is text in base64 is looked through as such.
    return REDACTED if _looks_random(found[0]) and not text_in_base64(found[0]) else found[0]
