"""Names whose values are never shown: the list, and the test for one name.

Names are compared lower-cased, without `_`, `-` and other separators: whole, or as a run of words, so that
`db_password`, `stripeSecretKey` and `X-Api-Key` are found, and `author`, `pinned` and `monkey` are not. The list starts
from what Datadog's and Sentry's debuggers redact by default (their documentation, November 2026).
"""

# ruff: noqa: SIM905 -- tables of words read better as text

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from hotlog import __builtins__

if TYPE_CHECKING:
    from collections.abc import Iterable

REDACTED_NAMES: Final = frozenset(
    """
    2fa accesskey accesskeyid accesstoken accountkey aiohttpsession apikey apisecret apisignature apitoken appkey
    applicationkey appsecret auth authkey authorization authtoken bearer cardnumber ccnumber certificatepin cipher
    clientid clientsecret connectionstring connectsid connstring cookie cookies credential credentials creditcard csrf
    csrftoken cvc cvv databaseurl dburl dsn encryptionkey encryptionkeyid geolocation gpgkey hmackey idtoken
    ipaddress jti jwt keypass licensekey masterkey mfa mfacode mongourl mysqlpwd nonce oauth oauthtoken otp passcode
    passhash passphrase passwd password passwordb pemfile pgpkey phpsessid pin pincode pkcs8 plaintext privatekey proxyauthorization
    publickey pwd recaptchakey redisurl refreshtoken remoteaddr routingnumber salt sastoken secret secretaccesskey
    secretkey secrettoken securestring securityanswer securitycode securityquestion securitytoken serviceaccountcredentials session
    sessionid sessionkey sessiontoken setcookie sharedkey signature signaturekey signingkey socialsecuritynumber sshkey ssn
    subscriptionkey symfony token totp transactionid twiliotoken usersession voterid webhooksecret xapikey xauthtoken
    xcsrftoken xforwardedfor xrealip xsrf xsrftoken
    """.split()
)

# Too short or too common to be looked for inside a longer name (`pass_count`, `sig_digits`).
WHOLE_NAMES: Final = frozenset(
    "pass pw sig psw passw dbpass dbpw userpass smtppass mailpass rootpass adminpass".split()
)

# Long enough that they mean what they say even glued to other letters, as in `dbpassword`.
GLUED_ENDINGS: Final = (
    "password",
    "passwd",
    "passphrase",
    "secretkey",
    "privatekey",
    "accesskey",
    "apikey",
    "clientsecret",
    "accesstoken",
    "authtoken",
    "refreshtoken",
    "sessiontoken",
    "credentials",
)

# A name that ends so tells something *about* a secret: `token_count`, `password_length`, `session_expires`.
INNOCENT_ENDINGS: Final = frozenset(
    """
    age algorithm attempts count counts days duration enabled expires expiry len length limit method ms policy
    provider required seconds size status total ttl type types
    """.split()
)

# `tokens` alone counts what a language model reads; the plural of any other name is as secret as the singular.
_PLAIN_PLURALS: Final = frozenset({"tokens"})

# Fields that say what the field `value` beside them means: `{"name": "DB_PASSWORD", "value": …}`, and what Parameter Store
# says of a secret, `{"Type": "SecureString", "Value": …}`.
NAMING_FIELDS: Final = frozenset(
    "attribute field header key label name option param parameter property type variable".split()
)
NAMING_MAX_CHARS: Final = max(map(len, NAMING_FIELDS))

_NAME_MAX_CHARS: Final = 256
_RUN_MAX_WORDS: Final = 5
_MEMO_MAX: Final = 20_000
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|[^\W\d_]+")


def normalize(name: str) -> str:
    """Return the name lower-cased, without anything but letters and digits."""
    return "".join(filter(str.isalnum, name.lower()))


def words_of(name: str) -> list[str]:
    """Return the words of a name in snake_case, kebab-case, camelCase or with dots, lower-cased."""
    return [word.lower() for word in _WORD.findall(name)]


class Names:
    """The names to hide: the list, with the owner's additions and exceptions.

    Args:
        extra: further names to hide.
        keep: names to show although the list has them; they are compared whole, and an entry that is itself in the
            list stops being looked for.
    """

    __slots__ = ("_added", "_hidden", "_keep", "_memo", "_whole")

    def __init__(self, extra: Iterable[str] = (), keep: Iterable[str] = ()) -> None:
        self._keep = frozenset(map(normalize, keep))
        self._added = frozenset(filter(None, map(normalize, extra)))
        self._hidden = (REDACTED_NAMES - self._keep) | self._added
        self._whole = WHOLE_NAMES - self._keep
        self._memo: dict[str, bool] = {}

    def hides(self, name: str) -> bool:
        """Return whether the value behind this name may not be shown."""
        if len(name) > _NAME_MAX_CHARS:
            name = name[:_NAME_MAX_CHARS]
        known = self._memo.get(name)
        if known is None:
            if len(self._memo) >= _MEMO_MAX:
                self._memo.clear()
            known = self._memo[name] = self._decide(name)
        return known

    def _decide(self, name: str) -> bool:
        whole = normalize(name)
        if whole in self._keep:
            return False
        if self._matches(whole) or whole in self._whole:
            return True
        words = words_of(name)
        runs = [
            "".join(words[start:end])
            for start in range(len(words))
            for end in range(start + 1, min(start + _RUN_MAX_WORDS, len(words)) + 1)
        ]
        if words and words[-1] in INNOCENT_ENDINGS:
            return any(run in self._added for run in runs)
        if any(
            whole.rstrip("0123456789").endswith(ending) for ending in GLUED_ENDINGS if ending in self._hidden
        ):
            return True
        return any(map(self._matches, runs))

    def _matches(self, text: str) -> bool:
        if text in self._hidden:
            return True
        bare = text.rstrip("0123456789")
        if bare != text and bare in self._hidden:
            return True
        return text not in _PLAIN_PLURALS and text.endswith("s") and text[:-1] in self._hidden


is_redacted = Names().hides
"""The test for a redacted name with nothing added and nothing kept: what the CLI knows of."""
