"""Why nothing comes: what can be seen from here that keeps a function's rules from logging, each with the way out."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from hotlog.addresses import find_readable_store, find_used_sink
from hotlog.client.attaching.bad_addresses import iter_bad_addresses
from hotlog.client.deployed import OURS
from hotlog.client.documents.load import load_document
from hotlog.errors import StoreError
from hotlog.rules import document as documents
from hotlog.rules.document import BadEntry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hotlog.client.account.desk import Desk
    from hotlog.client.deployed import Deployed
    from hotlog.client.options import Options
    from hotlog.rules.document import Document


def list_obstacles(desk: Desk, function: str) -> list[str]:
    """Return a sentence for each thing that stops events from coming, or that must happen before they come.

    Raises:
        StoreError: the rules cannot be read.
    """
    store = desk.open_store()
    return [
        *_of_rules(desk.options, function, load_document(store, function)),
        *_of_function(desk, function, store.url),
        *_of_invocations(desk.options, function),
    ]


def _of_rules(options: Options, function: str, document: Document) -> Iterator[str]:
    if not document.entries:
        yield f"{function} has no rules: `{options.command('add', function, 'TARGET', 'MESSAGE')}` adds one."
        return
    if document.paused:
        yield f"its rules are paused: `{options.command('resume', function)}`."
    now = datetime.now(UTC)
    rules = documents.rules(document)
    over = [rule.id for rule in rules if not isinstance(rule, BadEntry) and rule.expired(now)]
    if len(over) == len(rules):
        yield "all its rules have expired: add them again, with --for if they shall live longer."
    elif over:
        yield f"expired: {', '.join(over)}."


def _of_function(desk: Desk, function: str, store_url: str) -> Iterator[str]:
    """Yield what is wrong with the function's configuration; nothing where the caller may not read it."""
    aws = desk.account()
    if aws is None:
        return
    try:
        deployed = aws.function(function)
    except StoreError as fault:
        if fault.code == "unknown-function":
            yield fault.message
        return
    yield from iter_wrapping_gaps(desk.options, deployed)
    yield from iter_mismatches(deployed, store_url)


def iter_wrapping_gaps(options: Options, deployed: Deployed) -> Iterator[str]:
    """Return whether hotlog runs in the function at all."""
    if not deployed.config.enabled:
        yield "HOTLOG=off is set on the function: hotlog does nothing there."
    elif deployed.wrapper != OURS:
        attach = options.command("attach", deployed.name)
        yield f"the layer is not attached: `{attach}`, unless the code itself has @hotlog.wrap."


def iter_mismatches(deployed: Deployed, store_url: str) -> Iterator[str]:
    """Return whether the function reads its rules where this command writes them, and logs where it reads."""
    settings = deployed.config
    yield from (sentence for _, sentence in iter_bad_addresses(settings.store, settings.sink))
    reads = find_readable_store(settings.store)
    if reads is not None and reads.url != store_url:
        yield f"the function reads its rules from {reads.url} (HOTLOG_STORE), this command uses {store_url}."
    if not find_used_sink(settings.sink).is_read_back:
        yield f"the function sends its events to {settings.sink} (HOTLOG_SINK)."


def _of_invocations(options: Options, function: str) -> Iterator[str]:
    if not options.is_local:
        yield f"rules are read at the next invocation: has {function} been invoked since?"
    else:
        invoke = options.command("invoke", "MODULE.FUNCTION", "--event", "FILE")
        yield f"rules are read at the next invocation: `{invoke}`."
