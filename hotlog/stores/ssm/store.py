"""Rules in AWS Systems Manager Parameter Store: one parameter per function, `<prefix>/<function>`.

Lambda's half is one GetParameter within a deadline: `hotlog.stores.ssm.signed_reader` where the credentials stand in the environment,
boto3 where they come from elsewhere. The half of the commands takes its time, tries again, and merges with whoever
writes at the same time (`hotlog.stores.ssm.version_log`).
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

from hotlog import __builtins__, config, limits
from hotlog.errors import ConfigError, StoreError
from hotlog.stores import StoreScheme, Version
from hotlog.stores.edit import check_function

if TYPE_CHECKING:
    from boto3 import Session
    from mypy_boto3_ssm import SSMClient
    from mypy_boto3_ssm.type_defs import ParameterTypeDef, PutParameterRequestTypeDef

    from hotlog.rules.document import Document
    from hotlog.stores import Answer, Permission, StoreOpening
    from hotlog.stores.edit import Change, Keep
    from hotlog.stores.ssm.boto_reader import BotoReader
    from hotlog.stores.ssm.signed_reader import SignedReader

DEFAULT_PREFIX: Final = "/hotlog"

_LARGEST_SHOWN: Final = 3
_SECURE: Final = "SecureString"
_ACCOUNTS_KEY: Final = "alias/aws/ssm"


class SsmStore:
    """A store in Parameter Store. Nothing is asked of AWS before the first use.

    Args:
        prefix: path of the parameters, such as `/hotlog`.
        region: AWS Region; empty: from the environment or the profile.
        profile: AWS profile; empty: the default chain.
        advanced: a document may take 8 KB in a parameter of the advanced tier, which costs money and stays advanced.

    Raises:
        ConfigError: `bad-store` where the prefix is none.
    """

    def __init__(
        self,
        prefix: str = DEFAULT_PREFIX,
        *,
        region: str = "",
        profile: str = "",
        advanced: bool = False,
    ) -> None:
        self._prefix = check_prefix(prefix)
        self._region = region
        self._profile = profile
        self._advanced = advanced
        self._reader = _Reader(region, profile)
        self._boto: Session | None = None
        self._clients: dict[int, SSMClient] = {}  # by the number of attempts
        self._lock = threading.Lock()  # clients are for any thread, what makes them is not
        self.url = f"ssm:{self._prefix}"

    def read(self, function: str, timeout_ms: int | None = None) -> Answer:
        """Return the function's document; see `Store.read`. Only a read without a deadline is tried again."""
        name = self._name(function)
        if timeout_ms is not None:
            return self._reader.read(name, timeout_ms)
        from hotlog.stores.ssm.boto import get_parameter  # with boto3, which is only loaded now

        return get_parameter(self._client(), name)

    def update(self, function: str, change: Change, *, keep: Keep | None = None) -> Document:
        """Read, change, write; see `Store.update` and `hotlog.stores.ssm.version_log`."""
        from hotlog.stores.edit import give_key  # readers start without both
        from hotlog.stores.ssm import version_log

        parameter = _Parameter(
            self._client(), self._client(attempts=1), self._name(function), advanced=self._advanced
        )
        return version_log.update_parameter(parameter, give_key(change), keep=keep)

    def functions(self) -> list[str]:
        """Return the names of the functions that have a document, sorted."""
        return sorted(self._list(decrypted=False))

    def answers(self) -> dict[str, Answer | StoreError]:
        """Return what is stored for each function, by its name, or why it cannot be read: ten of them are one request.

        One parameter whose key may not be used makes AWS refuse the whole listing: then each that is encrypted is read for itself.
        """
        from hotlog.stores.ssm.boto import answer_of

        try:
            found = self._list(decrypted=True)
        except StoreError as fault:
            if fault.code not in {"denied", "refused"}:
                raise
            found = self._list(decrypted=False)
        else:
            return {name: answer_of(parameter) for name, parameter in found.items()}
        return {
            name: self._try_read(name) if parameter["Type"] == _SECURE else answer_of(parameter)
            for name, parameter in found.items()
        }

    def _try_read(self, function: str) -> Answer | StoreError:
        try:
            return self.read(function)
        except StoreError as fault:
            return fault

    def _list(self, *, decrypted: bool) -> dict[str, ParameterTypeDef]:
        from hotlog.stores.ssm.boto import translate_errors

        with translate_errors("ssm:GetParametersByPath", self._prefix):
            pages = (
                self._client()
                .get_paginator("get_parameters_by_path")
                .paginate(Path=self._prefix, WithDecryption=decrypted)
            )
            return {
                parameter["Name"].removeprefix(f"{self._prefix}/"): parameter
                for page in pages
                for parameter in page["Parameters"]
            }

    def forget(self, function: str) -> None:
        """Delete the function's document, its history with it."""
        from hotlog.stores.ssm.boto import translate_errors

        name = self._name(function)
        with translate_errors("ssm:DeleteParameter", name):
            self._client().delete_parameter(Name=name)

    def history(self, function: str) -> list[Version]:
        """Return the versions of the function's document that Parameter Store keeps, oldest first.

        Raises:
            StoreError: as `read`.
        """
        return _history(self._client(), self._name(function))

    def _name(self, function: str) -> str:
        return f"{self._prefix}/{check_function(function)}"

    def _client(self, attempts: int = limits.STORE_ATTEMPTS_MAX) -> SSMClient:
        with self._lock:
            client = self._clients.get(attempts)
            if client is None:
                from botocore.config import Config  # with boto3, which is only loaded now

                from hotlog.stores.ssm.boto import open_session, ssm_client

                settings = Config(
                    connect_timeout=limits.STORE_CONNECT_TIMEOUT_S,
                    read_timeout=limits.STORE_READ_TIMEOUT_S,
                    retries={
                        "total_max_attempts": attempts,
                        "mode": "adaptive" if attempts > 1 else "standard",
                    },
                )
                if self._boto is None:
                    self._boto = open_session(self._region, self._profile)
                client = self._clients[attempts] = ssm_client(self._boto, settings)
            return client


def check_prefix(prefix: str) -> str:
    """Return the prefix with one slash at its beginning and none at its end.

    Raises:
        ConfigError: `bad-store` where it is none.
    """
    parts = prefix.strip("/").split("/")
    fits = all(
        part and all(char.isascii() and (char.isalnum() or char in "_.-") for char in part) for part in parts
    )
    if not fits or parts[0].lower().startswith(("aws", "ssm")):
        raise ConfigError(
            "bad-store",
            f"{prefix!r} is no prefix: write a path such as {DEFAULT_PREFIX}, of letters, digits and '_.-', that does "
            "not start with 'aws' or 'ssm'.",
        )
    return "/" + "/".join(parts)


# --- its address ------------------------------------------------------------------------------------------------


_ACTIONS: Final[dict[str, tuple[str, ...]]] = {
    "function": ("GetParameter",),
    "reader": ("GetParameter", "GetParameterHistory"),
    "operator": ("PutParameter",),
    "lister": ("GetParametersByPath",),
    "keeper": ("DeleteParameter",),
}


def _open(opening: StoreOpening) -> SsmStore:
    return SsmStore(
        opening.rest or DEFAULT_PREFIX,
        region=opening.region,
        profile=opening.profile,
        advanced=opening.advanced,
    )


def _url(rest: str) -> str:
    return f"ssm:{check_prefix(rest or DEFAULT_PREFIX)}"


def _permissions(rest: str, arn: str, who: str) -> tuple[Permission, ...]:
    """Return what each must be allowed. AWS grants the path to who lists it: that one reads all rules below."""
    _, partition, _, region, account, _, function = arn.split(":")[:7]
    prefix = check_prefix(rest or DEFAULT_PREFIX)
    path = prefix if who == "lister" else f"{prefix}/{function}"
    actions = tuple(f"ssm:{action}" for action in _ACTIONS[who])
    one = (actions, f"arn:{partition}:ssm:{region}:{account}:parameter{path}")
    # The key of an encrypted parameter is told by a listing, which AWS grants for all or none.
    return (one, (("ssm:DescribeParameters",), "*")) if who == "operator" else (one,)


SCHEME: Final = StoreScheme(_open, url=_url, permissions=_permissions)


# --- reading, in Lambda -----------------------------------------------------------------------------------------


class _Reader:
    """Reads one parameter within a deadline, by the way that the environment allows at the first read."""

    def __init__(self, region: str, profile: str) -> None:
        self._region = region
        self._profile = profile
        self._reader: SignedReader | BotoReader | None = None

    def read(self, name: str, timeout_ms: int) -> Answer:
        if self._reader is None:
            self._reader = self._signed_reader() or self._boto_reader()
        return self._reader.read(name, timeout_ms)

    def _boto_reader(self) -> BotoReader:
        from hotlog.stores.ssm.boto_reader import BotoReader  # where the other reader cannot go

        return BotoReader(self._region, self._profile)

    def _signed_reader(self) -> SignedReader | None:
        """Return the reader without boto3; None where the environment needs boto3's own way."""
        from hotlog.stores.ssm import signed_reader  # the commands do without

        aws = config.aws()
        region = self._region or aws.region
        place = signed_reader.find_endpoint(aws, region) if region and not self._profile else None
        return None if place is None else signed_reader.SignedReader(place, region)


# --- writing ----------------------------------------------------------------------------------------------------


class _Parameter:
    """One parameter, as `version_log.update_parameter` needs it.

    Args:
        patient: client that tries again.
        once: client that does not: a write that is made twice, the second time late, runs over all that came in
            between. `merge` reads anew before it tries again.
        name: of the parameter.
        advanced: whether it may be of the advanced tier.
    """

    def __init__(self, patient: SSMClient, once: SSMClient, name: str, *, advanced: bool) -> None:
        self._patient = patient
        self._once = once
        self._name = name
        self._max_bytes = limits.DOCUMENT_ADVANCED_MAX_BYTES if advanced else limits.DOCUMENT_MAX_BYTES
        self._key = ""  # of KMS, that a SecureString is encrypted with

    def get(self) -> Answer | None:
        from hotlog.stores.ssm.boto import answer_of, translate_errors

        try:
            with translate_errors("ssm:GetParameter", self._name):
                parameter = self._patient.get_parameter(Name=self._name, WithDecryption=True)["Parameter"]
                found = answer_of(parameter)
        except StoreError as fault:
            if fault.code != "missing":
                raise
            return None
        if parameter.get("Type") == _SECURE and not self._key:
            self._key = self._find_key()
        if len(found.text.encode()) > limits.DOCUMENT_MAX_BYTES:
            self._max_bytes = (
                limits.DOCUMENT_ADVANCED_MAX_BYTES
            )  # it is advanced, and stays so: no more is to pay
        return found

    def history(self) -> list[Answer]:
        return [version.answer for version in _history(self._patient, self._name)]

    def text_of(self, document: Document) -> str:
        return fit_document(document, self._max_bytes)

    def put(self, text: str) -> int:
        from hotlog.stores.ssm.boto import translate_errors

        request: PutParameterRequestTypeDef = {
            "Name": self._name,
            "Value": text,
            "Type": "String",
            "Overwrite": True,
        }
        if self._key:  # without its name a write would take the account's own key; tags stay in any case
            request |= {"Type": _SECURE, "KeyId": self._key}
        # A tier is named only where the size asks for it: an advanced parameter cannot go back, naming it would fail.
        if len(text.encode()) > limits.DOCUMENT_MAX_BYTES:
            request["Tier"] = "Advanced"
        with translate_errors("ssm:PutParameter", self._name):
            return self._once.put_parameter(**request)["Version"]

    def _find_key(self) -> str:
        """Return the key of KMS that the parameter is encrypted with; whoever may not ask may not write it."""
        from hotlog.stores.ssm.boto import translate_errors

        with translate_errors("ssm:DescribeParameters", self._name):
            found = self._patient.describe_parameters(
                ParameterFilters=[{"Key": "Name", "Option": "Equals", "Values": [self._name]}]
            )["Parameters"]
            return next((parameter["KeyId"] for parameter in found), _ACCOUNTS_KEY)


def _history(client: SSMClient, name: str) -> list[Version]:
    from hotlog.stores.ssm.boto import answer_of, translate_errors

    with translate_errors("ssm:GetParameterHistory", name):
        pages = client.get_paginator("get_parameter_history").paginate(Name=name, WithDecryption=True)
        return [
            Version(answer_of(version), version.get("LastModifiedUser", ""))
            for page in pages
            for version in page["Parameters"]
        ]


def fit_document(document: Document, max_bytes: int) -> str:
    """Return the document as Parameter Store takes it: plain if the standard tier holds it, else compressed.

    Raises:
        StoreError: `document-too-large`, with the size and what to remove.
    """
    from hotlog.rules import document as documents

    text = _without_references(documents.dumps(document))
    plain_bytes = len(text.encode())
    if plain_bytes <= limits.DOCUMENT_MAX_BYTES:
        return text
    packed = documents.dumps(document, compress=True)
    if len(packed) <= max_bytes and plain_bytes <= limits.DOCUMENT_PLAIN_MAX_BYTES:
        return packed
    raise StoreError("document-too-large", _too_large(document, plain_bytes, len(packed), max_bytes))


def _without_references(text: str) -> str:
    """Return the text with `{{` escaped: AWS takes `{{…}}` for a reference to another parameter.

    In JSON two opening braces can only stand inside a string, where one of them can be written as an escape.
    """
    return text.replace("{{", "{\\u007b")


def _too_large(document: Document, plain_bytes: int, packed_bytes: int, max_bytes: int) -> str:
    sizes = sorted(((len(str(entry)), str(entry.get("id"))) for entry in document.entries), reverse=True)
    largest = ", ".join(f"{name} ({size} bytes)" for size, name in sizes[:_LARGEST_SHOWN])
    more_room = (
        "" if max_bytes > limits.DOCUMENT_MAX_BYTES else ", or allow 8 KB with --advanced (it costs money)"
    )
    return (
        f"{len(document.entries)} rules take {plain_bytes} bytes, compressed {packed_bytes}, and the parameter holds "
        f"{max_bytes}: remove some with `hotlog rm`{more_room}. The largest: {largest}."
    )
