"""FUNCTION as people write it, taken apart: a name, a qualifier, and what an ARN, whole or in part, says of its place.

    orders   orders:prod   orders:7   orders:$LATEST   'orders-*'
    arn:aws:lambda:eu-west-1:123456789012:function:orders:prod
    123456789012:function:orders   123456789012:orders   function:orders

The forms are those that Lambda's own API takes for `FunctionName`, and patterns beside them. `Desk.take` holds what an ARN says
against the credentials and the Region in use, before anything is read or written.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from hotlog.errors import ConfigError

LATEST: Final = "$LATEST"

# AWS Lambda, GetFunction: FunctionName. Of what stands before the name, each part may be left out.
_PLACE = re.compile(
    r"(?:arn:(?P<partition>aws[a-z-]*):lambda:)?"
    r"(?:(?P<region>[a-z]{2,4}(?:-[a-z]+)+-\d{1,2}):(?=\d{12}:))?"
    r"(?:(?P<account>\d{12}):)?"
    r"(?P<word>function:)?"
)
# AWS Lambda, CreateFunction and CreateAlias.
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_PATTERN = re.compile(r"[A-Za-z0-9_*?\[\]!-]{1,64}")
_QUALIFIER = re.compile(r"\$LATEST|[A-Za-z0-9_-]{1,128}")


class FunctionName(NamedTuple):
    """FUNCTION, taken apart.

    Attributes:
        name: of the function, or a pattern of names.
        qualifier: alias or version; empty: none.
        region: of an ARN; empty: none was said.
        account: of an ARN; empty: none was said.
        partition: of an ARN, such as `aws-cn`; empty: none was said.
    """

    name: str
    qualifier: str = ""
    region: str = ""
    account: str = ""
    partition: str = ""

    @property
    def is_pattern(self) -> bool:
        """Return whether the name stands for several functions."""
        return any(sign in self.name for sign in "*?[")


def parse_function(text: str) -> FunctionName:
    """Take FUNCTION apart.

    Raises:
        ConfigError: `bad-function`, where it has none of the forms.
    """
    said = _PLACE.match(text)
    place = said.groupdict("") if said else {}
    rest = text[said.end() :] if said else text
    partition, region, account = (place.get(part, "") for part in ("partition", "region", "account"))
    name, colon, qualifier = rest.partition(":")
    is_plain = rest == text
    fits = _NAME.fullmatch(name) or (is_plain and not colon and _PATTERN.fullmatch(name))
    is_whole = not partition or (region and account and place["word"])
    if not (fits and is_whole) or (colon and not _QUALIFIER.fullmatch(qualifier)):
        raise ConfigError(
            "bad-function",
            f"{text!r} is no function: write its name, its ARN, NAME:ALIAS, NAME:VERSION or a pattern such as 'orders-*'.",
        )
    if partition and partition != partition_of(region):
        raise ConfigError(
            "bad-function",
            f"{text!r} is no ARN: the Region {region} belongs to {partition_of(region)}, not to {partition}.",
        )
    return FunctionName(name, qualifier, region, account, partition)


def partition_of(region: str) -> str:
    """Return the partition of AWS that a Region belongs to, as botocore knows it; `aws` for a Region that it does not know."""
    from botocore.exceptions import UnknownRegionError  # most words name no partition
    from botocore.session import Session

    try:
        return str(Session().get_partition_for_region(region))
    except UnknownRegionError:
        return "aws"


def require_one(wanted: FunctionName) -> FunctionName:
    """Refuse a pattern, where one function is asked for.

    Raises:
        ConfigError: `bad-function`.
    """
    if wanted.is_pattern:
        raise ConfigError(
            "bad-function", f"{wanted.name!r}: give one function; `hotlog ls` says which have rules."
        )
    return wanted


def require_unqualified(wanted: FunctionName) -> str:
    """Return the name of one function, whatever its versions: what is done to its rules is done to those of all versions.

    Raises:
        ConfigError: `bad-function`, for a pattern, an alias or a version.
    """
    if require_one(wanted).qualifier:
        raise ConfigError(
            "bad-function",
            f"'{wanted.name}:{wanted.qualifier}': rules are kept per function, whatever its versions and aliases: give "
            f"{wanted.name} alone.",
        )
    return wanted.name
