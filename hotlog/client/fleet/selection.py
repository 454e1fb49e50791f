"""Which functions several words, patterns and tags stand for."""

from __future__ import annotations

import fnmatch
from typing import TYPE_CHECKING, NamedTuple

from hotlog.client.account.function_name import require_unqualified
from hotlog.errors import ConfigError, StoreError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hotlog.client.account.aws import Aws
    from hotlog.client.account.desk import Desk
    from hotlog.client.account.function_name import FunctionName


class Selection(NamedTuple):
    """FUNCTION... and --tag of a command line.

    Attributes:
        words: names and patterns.
        tags: each `KEY` or `KEY=VALUE`, whose value may be empty; a function must have all of them.
        is_list: the names were read from a list: it means several, however long it is.
    """

    words: tuple[FunctionName, ...]
    tags: tuple[str, ...] = ()
    is_list: bool = False

    @property
    def one(self) -> FunctionName | None:
        """Return the function, where one is named; None where several are meant."""
        is_one = len(self.words) == 1 and not (self.tags or self.is_list or self.words[0].is_pattern)
        return self.words[0] if is_one else None

    def __str__(self) -> str:
        """Return how a sentence calls them."""
        few = 3
        words = [*(word.name for word in self.words[:few]), *(f"--tag {tag}" for tag in self.tags)]
        return ", ".join(words) + (f" and {len(self.words) - few} more" if len(self.words) > few else "")


def select_functions(desk: Desk, wanted: Selection, known: Iterable[str] | None = None) -> list[str]:
    """Return the names of the functions that are meant, sorted.

    Args:
        desk: names the account and the store.
        wanted: words and tags.
        known: names that a pattern may stand for; None: those of all functions of the account.

    Raises:
        StoreError: `unknown-function`, where a pattern matches none; `denied`, ...
        ConfigError: `bad-function`, for an alias, a version, a tag without a key, or one without AWS.
    """
    for word in wanted.words:
        if not word.is_pattern:
            require_unqualified(desk.take(word))
    patterns = [word.name for word in wanted.words if word.is_pattern]
    names = {word.name for word in wanted.words if not word.is_pattern}
    aws = desk.account()
    if patterns or (wanted.tags and not names):
        if known is None:
            known = desk.open_store().functions() if aws is None else aws.functions()
        known = list(known)
        for pattern in patterns or ["*"]:
            matched = fnmatch.filter(known, pattern)
            if not matched:
                raise StoreError("unknown-function", f"no function matches {pattern!r}.")
            names.update(matched)
    if wanted.tags:
        if aws is None:
            raise ConfigError("bad-function", "only functions of AWS have tags.")
        names &= _find_tagged(aws, wanted.tags)
        if not names:
            raise StoreError(
                "unknown-function", f"no function of these has the tags {', '.join(wanted.tags)}."
            )
    return sorted(names)


def _find_tagged(aws: Aws, tags: Sequence[str]) -> set[str]:
    """Return the names of the functions that have all these tags."""
    from hotlog.stores.ssm.boto import translate_errors

    filters = []
    for tag in tags:
        key, sign, value = tag.partition("=")
        if not key:
            raise ConfigError("bad-function", f"--tag {tag!r} names no tag: write KEY or KEY=VALUE.")
        filters.append({"Key": key, "Values": [value]} if sign else {"Key": key})
    with translate_errors("tag:GetResources", "*"):
        pages = (
            aws.client("resourcegroupstaggingapi")
            .get_paginator("get_resources")
            .paginate(ResourceTypeFilters=["lambda:function"], TagFilters=filters)
        )
        arns = [found["ResourceARN"] for page in pages for found in page["ResourceTagMappingList"]]
    return {arn.split(":")[6] for arn in arns}
