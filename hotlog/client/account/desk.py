"""One desk: a store, an account and the code that was looked into, each opened once, at its first use; and who is at it."""

from __future__ import annotations

import functools
import threading
from typing import TYPE_CHECKING

from hotlog.addresses import find_store
from hotlog.client.code.library import CodeLibrary
from hotlog.client.talk import SILENCE
from hotlog.errors import ConfigError, StoreError
from hotlog.stores import StoreOpening

if TYPE_CHECKING:
    from hotlog.addresses import StoreAddress
    from hotlog.client.account.aws import Aws
    from hotlog.client.account.function_name import FunctionName
    from hotlog.client.options import Options
    from hotlog.client.talk import Talk
    from hotlog.stores import Store


class Desk:
    """What is open at one desk. Several threads may work at it.

    Args:
        options: which rules, and which account.
        talk: gets what happens meanwhile.

    Attributes:
        options: as given.
        talk: as given.
        code: deployed packages, each fetched and parsed once.
        remembers: what AWS says of a function counts for some seconds: somebody asks again with each key.
    """

    remembers = False

    def __init__(self, options: Options, talk: Talk = SILENCE) -> None:
        self.options = options
        self.talk = talk
        self.code = CodeLibrary(talk)
        self._lock = threading.Lock()
        self._store: Store | None = None
        self._aws: Aws | None = None

    def open_store(self) -> Store:
        """Return the store that holds the rules."""
        with self._lock:
            if self._store is None:
                said, address = self.options, self._address
                opening = StoreOpening(address.rest, said.region, said.profile, said.advanced)
                self._store = address.scheme.open(opening)
            return self._store

    def aws(self) -> Aws:
        """Return the AWS account. boto3 is loaded now: files need none of it."""
        from hotlog.client.account.aws import Aws
        from hotlog.client.account.remembering import RememberingAws

        with self._lock:
            if self._aws is None:
                kind = RememberingAws if self.remembers else Aws
                self._aws = kind(self.options, code=self.code)
            return self._aws

    def take(self, function: str | FunctionName) -> FunctionName:
        """Take FUNCTION apart; refuse an ARN of another Region, account or partition than those in use.

        It comes before any read or write, because a namesake in one's own account is another function. Of rules in files
        an ARN says the name alone.

        Raises:
            ConfigError: `bad-function`, `other-region`.
            StoreError: `other-account`; or AWS does not say whose the credentials are.
        """
        from hotlog.client.account.function_name import FunctionName, parse_function

        if not isinstance(function, str | FunctionName):
            raise ConfigError(
                "bad-function", f"{function!r} is no name of a function: write text, as 'orders'."
            )
        wanted = parse_function(function) if isinstance(function, str) else function
        if not (wanted.region or wanted.account):
            return wanted
        try:
            aws = self.account()
        except ConfigError:  # the address of the store makes no sense: who opens it says so
            aws = self.aws()
        if aws is None:
            return wanted
        if wanted.region and wanted.region != (region := aws.region()):
            raise ConfigError(
                "other-region",
                f"the ARN is of {wanted.region}, and {region} is in use: name that Region, or none.",
            )
        if wanted.account:
            arn, account = aws.caller()
            partition = arn.split(":")[1]
            if wanted.account != account:
                raise StoreError(
                    "other-account",
                    f"the ARN is of account {wanted.account}, and your credentials are of another: use --profile.",
                )
            if wanted.partition not in {"", partition}:
                raise StoreError(
                    "other-account",
                    f"the ARN is of the partition {wanted.partition}, and your credentials are of {partition}: use --profile.",
                )
        return wanted

    def account(self) -> Aws | None:
        """Return the AWS account that holds the rules; None where they are in files."""
        return None if self._address.scheme.is_local else self.aws()

    @functools.cached_property
    def _address(self) -> StoreAddress:
        return find_store(self.options.url)

    @functools.cached_property
    def refresh(self) -> int | str | None:
        """Return what documents tell environments whose policy is `auto`; None where nothing is known. Asked once."""
        from hotlog.client.account.load import find_refresh  # few functions have that policy

        aws = self.account()
        return None if aws is None else find_refresh(aws)

    def describe_where(self) -> str:
        """Return Region and account in use, the account by its last digits; of rules in files, where these are."""
        aws = self.account()
        if aws is None:
            return f"rules in {self.options.url}"
        region = aws.region()
        try:
            return f"{region}, account …{aws.caller()[1][-4:]}"
        except StoreError:  # who may not ask whose the credentials are may still work with them
            return f"{region}, account not known"

    def identity(self) -> str:
        """Return who writes a rule: the ARN of the AWS identity, else `user@machine`.

        It is a courtesy to the reader of `hotlog ls`, no proof: that is CloudTrail's and the parameter history's. So a
        caller who may not ask is no reason to fail.
        """
        aws = self.account()
        return ("" if aws is None else _aws_caller(aws)) or _local_user()


def _aws_caller(aws: Aws) -> str:
    try:
        return aws.caller()[0]
    except StoreError:
        return ""


def _local_user() -> str:
    import getpass  # only who writes needs a name
    import socket

    try:
        user = getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container's user need not have a name
        user = "unknown"
    return f"{user}@{socket.gethostname()}"
