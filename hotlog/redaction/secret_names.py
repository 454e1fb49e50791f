"""Names whose values are never shown: the list, and the test for one name.

Names are compared lower-cased, without `_`, `-` and other separators: whole, or as a run of words, so that
`db_password`, `stripeSecretKey` and `X-Api-Key` are found, and `author`, `pinned` and `monkey` are not. The list starts
from what Datadog's and Sentry's debuggers redact by default (their documentation, November 2026).
"""

# ruff: noqa: SIM905, RUF001 -- tables of words, of many languages, read better as text

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from hotlog import __builtins__

if TYPE_CHECKING:
    from collections.abc import Iterable

REDACTED_NAMES: Final = frozenset(
    """
    2fa accesskey accesskeyid accesstoken accountkey aeskey aiohttpsession apikey apisecret apisignature apitoken appkey
    applicationkey appsecret auth authkey authorization authtoken backupcode bearer cardno cardnumber ccnumber certificatepin
    challengeanswer cipher clientassertion clientkeydata clientsecret codeverifier connectionstring connectsid connstring consumersecret cookie
    cookies credential credentials creditcard csrf csrftoken cvc cvv databaseurl datakey dburl decryptionkey doorcode dsn
    encryptionkey encryptionkeyid geolocation gpgkey hmackey idtoken invitetoken ipaddress jsessionid jwt keypass licensekey
    magiclink mapskey masterkey mfa mfacode mnemonic mongodburi mongouri mongourl mothersmaidenname mysqlpwd nonce oauth
    oauthtoken onetimecode otp passcode passhash passphrase passwd password passwordb passwoerter passwörter pemfile pgpkey phpsessid pin pincode pkcs8
    plaintext privatekey proxyauthorization pwd recaptchakey recoverycode recoverykey redisurl refreshtoken remoteaddr
    routingnumber salt samlassertion samlresponse sastoken secret secretaccesskey secretkey secretstring secrettoken
    securestring securityanswer securitycode securityquestion securitytoken seedphrase serviceaccountcredentials
    serviceaccountkey session sessionid sessionkey sessiontoken setcookie sharedaccesskey sharedkey signature signaturekey
    signingkey smscode socialsecuritynumber sshkey ssn storagekey storepass subscriptionkey symfony token totp twiliotoken
    unlockcode activationcode resetcode csrfmiddlewaretoken enablesecret enablepassword functionskey xfunctionskey idtokenhint presharedkey
    privatepem pswd snmpcommunity communitystring wifipsk wpapsk userinfo userpass usersession validationkey verificationcode voterid walletkey webhooksecret xapikey xauthtoken
    xcsrftoken xforwardedfor xrealip xsrf xsrftoken

    algoliakey anthropickey awskey azurekey datadogkey fcmkey firebasekey geminikey googlekey gptkey mailchimpkey mailgunkey openaikey
    paypalkey sendgridkey sentrykey slackkey stripekey supabasekey twiliokey

    passwort kennwort kennung geheimnis zugangscode zugangsdaten privaterschluessel privaterschlüssel zugangsschluessel zugangsschlüssel zugriffstoken apischluessel apischlüssel
    contraseña contrasena clavesecreta claveapi claveprivada llaveprivada llavesecreta claveacceso secreto palabraclave senha segredo chaveapi chavesecreta
    chaveprivada palavrapasse motdepasse codesecret cleapi cléapi clesecrete clésecrète cleprivee cléprivée jeton parolachiave parolasegreta
    chiaveapi chiavesegreta segreto wachtwoord geheim toegangscode lösenord losenord passord adgangskode kodeord salasana
    tunnusluku hasło haslo heslo jelszó jelszo parola şifre sifre lozinka geslo slaptažodis parole пароль секрет ключдоступа
    κωδικός 密码 密碼 口令 密钥 パスワード 暗証番号 비밀번호 암호 katasandi sandi matkhau mậtkhẩu סיסמה كلمةالمرور كلمةالسر पसवरड รหสผาน
    """.split()
)

# Hidden with `HOTLOG_REDACT_PII=1` only: numbers that say who somebody is, and open nothing.
PERSONAL_NAMES: Final = frozenset(
    "accountnumber bankaccount bankaccountnumber bic birthdate dateofbirth email emailaddress iban kontonummer mobile "
    "nationalid passportnumber phone phonenumber sortcode steuernummer swift swiftcode taxid".split()
)

# Too short or too common to be looked for inside a longer name (`pass_count`, `sig_digits`).
WHOLE_NAMES: Final = frozenset(
    """
    pass pw sig psw passw dbpass dbpw userpass smtppass mailpass ftppass rootpass adminpass adminpw rootpw dbpwd pan primaryaccountnumber
    track1 track2 track1data track2data mdp pgpass psk creds awscreds dbcreds jwk authorizationcode invitecode sid mima clave
    """.split()
)

# Whose `pass` is a password, and no pass through data: `db_pass`, `TF_VAR_DB_PASS`, `ansible_ssh_pass`.
_HOLDERS: Final = frozenset(
    "admin auth become db email ftp http imap keystore ldap login mail mysql pg postgres proxy rabbitmq redis root service smtp ssh sudo "
    "user vault wifi".split()
)

# Long enough that they mean what they say even glued to other letters, as in `dbpassword`.
GLUED_ENDINGS: Final = (
    "password passwd passphrase secretkey privatekey accesskey apikey clientsecret accesstoken authtoken refreshtoken "
    "sessiontoken credentials passwort kennwort passwords passwörter passwoerter"
).split()

# A name that ends so tells something *about* a secret: `token_count`, `password_length`, `session_expires`.
INNOCENT_ENDINGS: Final = frozenset(
    """
    action actions age alg algorithm algorithms arn at attempts changed consent count counts create created days delete deleted denied domain duration enabled endpoint env error errors exists
    expired expires expiry expiration failed failure field fields file format hint id ids in index invalid issued issuer hasher hashers laenge last len length level levels
    limit limits location lockout manage manager max message method min missing mode ms name names needed on operation operations path period permission permissions policies policy prompt provider
    providers read ref refs region required reset revoke rotate rotated rules scope scopes seconds sent serial set size source start started state status stdin
    strategy strength template time timeout total ttl type types updated uri url usage use used valid valida valide validity verified version
    versions write area balance category class color colour date icon price santa sauce speaker symbol water
    java js kt php py rb
    """.split()
)

# A name that begins so asks whether there is one: `has_password`, `isTokenValid`.
INNOCENT_STARTS: Final = frozenset(
    "accept allow allows can disable does enable had has hide is must need needs no not num number require requires should show skip use "
    "uses with without".split()
)

# Tokens that only say that two requests are the same.
_OF_REQUESTS: Final = frozenset({"clientrequesttoken", "idempotencytoken"})

# What stands before `token` where it says which page of a listing comes next.
_PAGING: Final = frozenset(
    "continuation cursor marker next page pagination paging scroll start starting sync".split()
)

# Objects are called so too, whose type says what they are; texts are hidden.
AMBIGUOUS_NAMES: Final = frozenset(
    "aiohttpsession auth bearer cipher cookie cookies credential credentials creds csrf dsn jwt mfa oauth otp secret secrets "
    "session signature token totp usersession".split()
)

# `tokens` alone counts what a language model reads; the plural of any other name is as secret as the singular.
_PLAIN_PLURALS: Final = frozenset({"tokens"})

# A part of each name that is hidden, in small letters: text without any of them names nothing secret.
STEMS: Final = (
    "2fa access activ addr challenge aes assert auth bearer bank card ccn cert ciph code conn cook cred csrf cvc cvv data decr door dsn encr forw geo gpg "
    "hmac invite jwk jwt key licen link maiden mfa mnem mongo nonce otp pan pass pem pgp phpsess pin pkcs plain psk psw pw real "
    "recapt redis remote reset response routing salt saml sastok secre secur seed sess sid sig sms snmp communitys soc ssh ssn storag store subscr symf tok "
    "totp track unlock userinfo valid voter wallet webhook xsrf "
    "kenn geheim zugang zugriff schlu schlü contrase clave llave palabra senha segre chave passe mdp cle clé jeton parol chiave wacht toegang lösen "
    "losen adgang kodeord salas tunnus has heslo jelsz şifre sifre lozin geslo slapt mima sandi khau khẩu "
    "парол секрет ключ κωδ 密 口令 パス 暗 비밀 암호 סיס كلم पस รหส"
).split()
_STEMS_OF_PERSONS: Final = (
    "account iban bic birth mail konto mobile national passport phone sort steuer swift tax".split()
)
_STEM_CHARS: Final = 3

# Fields that say what the field `value` beside them means: `{"name": "DB_PASSWORD", "value": …}`, and what Parameter Store
# says of a secret, `{"Type": "SecureString", "Value": …}`.
NAMING_FIELDS: Final = frozenset(
    "_orig_key attr attr_name attribute attribute_name attributename col column column_name columnname env env_name field field_name fieldname h "
    "header header_name headername k key key_name label n name option option_name param param_name parameter parameter_name parameterkey "
    "parametername path prop property property_name propertyname setting setting_name settingname type var var_name variable "
    "variable_name variablename".split()
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


# What a name says of its value.
OPEN: Final = 0
TEXTS: Final = 1  # numbers are shown, texts are not, and the name itself may be asked for
HIDDEN: Final = 2
OBJECTS: Final = 3  # of an object the type is shown; all else is hidden


class Names:
    """The names to hide: the list, with the owner's additions and exceptions.

    Args:
        extra: further names to hide.
        keep: names to show although the list has them; they are compared whole, and an entry that is itself in the
            list stops being looked for.
        personal: whether the names of personal data are hidden too.

    Attributes:
        stems: each text which holds a hidden name holds one of these, in small letters.
    """

    __slots__ = ("_added", "_hidden", "_keep", "_memo", "_whole", "stems")

    def __init__(
        self, extra: Iterable[str] = (), keep: Iterable[str] = (), *, personal: bool = False
    ) -> None:
        extra = tuple(extra)
        self._keep = frozenset(map(normalize, keep))
        self._added = frozenset(filter(None, map(normalize, extra)))
        listed = REDACTED_NAMES | PERSONAL_NAMES if personal else REDACTED_NAMES
        self._hidden = (listed - self._keep) | self._added
        self._whole = WHOLE_NAMES - self._keep
        self._memo: dict[str, int] = {}
        first = {words_of(name)[0][:_STEM_CHARS] for name in extra if words_of(name)}
        self.stems = {*STEMS, *(_STEMS_OF_PERSONS if personal else ()), *first}

    def hides(self, name: str) -> bool:
        """Return whether the value behind this name may not be shown."""
        return self.says(name) >= HIDDEN

    def says(self, name: str) -> int:
        """Return what the name says of its value: `OPEN`, `TEXTS`, `HIDDEN` or `OBJECTS`."""
        if len(name) > _NAME_MAX_CHARS:
            name = name[:_NAME_MAX_CHARS]
        known = self._memo.get(name)
        if known is None:
            if len(self._memo) >= _MEMO_MAX:
                self._memo.clear()
            known = self._memo[name] = self._decide(name)
        return known

    def _decide(self, name: str) -> int:
        whole = normalize(name)
        if whole in self._keep or whole in _OF_REQUESTS:
            return OPEN
        words = words_of(name)
        if (
            whole in self._whole
            or words[-1:] == ["pw"]
            or (words[-1:] == ["pass"] and words[-2:-1] and words[-2] in _HOLDERS)
        ):
            return HIDDEN
        found = self._match(whole)
        if not found and words and self._is_about(words):
            return OPEN
        if not found and any(map(whole.rstrip("0123456789").endswith, self._iter_glued_endings())):
            return HIDDEN
        matched = {found} if found else {self._match(run) for run in _runs(words)} - {""}
        if not matched:
            return TEXTS if words and words[-1] in _PLAIN_PLURALS and "token" in self._hidden else OPEN
        return OBJECTS if matched <= AMBIGUOUS_NAMES - self._added else HIDDEN

    def _is_about(self, words: list[str]) -> bool:
        """Return whether the words of a name say something *about* a secret, and no run of them that counts is hidden."""
        last = len(words)
        if words[-1] in INNOCENT_ENDINGS:
            # `session_id` and `access_key_id` are in the list with their endings.
            counts = [run for start in range(last) if (run := "".join(words[start:]))]
        elif last > 1 and words[0] in INNOCENT_STARTS:
            counts = []
        elif last > 1 and words[-1] in {"token", "tokens"} and words[-2] in _PAGING:
            counts = list(_runs(words[:-2]))
        else:
            return False
        added = any(run in self._added for run in _runs(words))
        return not added and not any(map(self._match, counts))

    def _iter_glued_endings(self) -> Iterable[str]:
        return (
            ending for ending in GLUED_ENDINGS if ending in self._hidden or ending.rstrip("s") in self._hidden
        )

    def _match(self, text: str) -> str:
        """Return the hidden name that the text is, perhaps with a number or in the plural; empty where it is none."""
        bare = text.rstrip("0123456789")
        for each in (text, bare):
            if each in self._hidden:
                return each
            if each not in _PLAIN_PLURALS and each.endswith("s") and each[:-1] in self._hidden:
                return each[:-1]
        return ""


def _runs(words: list[str]) -> Iterable[str]:
    """Return the runs of words, joined."""
    for start in range(len(words)):
        for end in range(start + 1, min(start + _RUN_MAX_WORDS, len(words)) + 1):
            yield "".join(words[start:end])


is_redacted = Names().hides
"""The test for a redacted name with nothing added and nothing kept: what the CLI knows of."""
