"""What it means that an invocation has failed: one definition for errors, rings and whatever else asks.

It has failed when the handler raises, when its time runs out, or when its answer says so. A framework catches what a
handler's own code raises, and answers 500; a batch names the records that shall come again. What an answer says is read
from plain dicts and lists alone: nothing of the application's runs for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hotlog import __builtins__, limits
from hotlog.namedtuple import NamedTuple
from hotlog.reading.budget import Unavailable
from hotlog.reading.classes import inherits, mro_of, type_name
from hotlog.reading.instance_state import plain_get

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

RAISED: Final = "raised"  # the handler raised an exception
INIT: Final = "init"  # the import of the handler's module raised it: there is no invocation
OUT_OF_TIME: Final = "out-of-time"  # its time is nearly up, and Lambda will end it
ANSWERED: Final = "answered"  # its answer has a status of 500 or more
BATCH: Final = "batch"  # its answer names records that failed
ERROR: Final = "error"  # its answer is an error, as Step Functions and AppSync understand it
SUCCEEDED: Final = "succeeded"  # no failure: somebody caught what was raised

_SERVER_ERROR: Final = 500
_STATUS_DIGITS: Final = 3


class Failure(NamedTuple):
    """How an invocation has failed.

    Attributes:
        how: one of the words above.
        status: the answer's status; None where it has none.
        failed: of a batch, the ids of the records that failed, as the answer names them.
    """

    how: str
    status: int | None = None
    failed: tuple[str, ...] = ()


def find_status(answer: object) -> int | None:
    """Return the answer's `statusCode`; None where it has none."""
    found = _get(answer, "statusCode")
    if type(found) is str and len(found) == _STATUS_DIGITS and found.isascii() and found.isdigit():
        return int(found)  # API Gateway takes it as text, too
    return int.__add__(found, 0) if inherits(type(found), int) and type(found) is not bool else None


def find_failure(answer: object) -> Failure | None:
    """Return how an answer says that the invocation has failed; None where it does not."""
    status = find_status(answer)
    if status is not None and status >= _SERVER_ERROR:
        return Failure(ANSWERED, status)
    failed = tuple(_iter_failed(_get(answer, "batchItemFailures")))
    if failed:
        return Failure(BATCH, status, failed)
    if status is not None:
        return None  # an answer to HTTP below 500: what else it holds is for the caller
    answers = list.__iter__(answer) if type(answer) is list else iter((answer,))
    return Failure(ERROR) if any(map(_is_error, _first(answers))) else None


def is_left_out(fault: BaseException, names: tuple[str, ...]) -> bool:
    """Return whether an exception is one of those that a rule leaves out: by its class, or one that it is derived from.

    Args:
        fault: the exception.
        names: of classes, with or without their module: `KeyError`, `app.NotFound`.
    """
    if not names:
        return False
    known = {type_name(cls) for cls in mro_of(type(fault))}
    known |= {name.rpartition(".")[2] for name in known}
    return not known.isdisjoint(names)


def _is_error(answer: object) -> bool:
    """Return whether a part of an answer is an error of Step Functions, of an AppSync resolver or of GraphQL."""
    if _is_text(_get(answer, "errorMessage")) or (
        _is_text(_get(answer, "Error")) and type(_get(answer, "Cause")) is str
    ):
        return True
    errors = _get(answer, "errors")
    return type(errors) is list and any(_is_text(_get(each, "message")) for each in _first(errors))


def _iter_failed(failures: object) -> Iterator[str]:
    if type(failures) is list:
        for each in _first(failures, limits.BATCH_MAX_RECORDS):
            found = _get(each, "itemIdentifier")
            yield found if type(found) is str else ""


def find_item(payload: object, identifier: str) -> tuple[int, int] | None:
    """Return which record of a batch has that id, counted from 1, and how many there are; None where none has."""
    records = _get(payload, "Records")
    if type(records) is not list or not identifier:
        return None
    for number, record in enumerate(_first(records, limits.BATCH_MAX_RECORDS), 1):
        stream = _get(record, "kinesis"), _get(record, "dynamodb")
        ids = _get(record, "messageId"), _get(stream[0], "sequenceNumber"), _get(stream[1], "SequenceNumber")
        if any(type(each) is str and each == identifier for each in ids):
            return number, len(records)
    return None


def _first(values: Iterable[Any], most: int = limits.CAPTURE_ITEMS) -> list[Any]:
    return [value for _, value in zip(range(most), values, strict=False)]


def _is_text(value: object) -> bool:
    return type(value) is str and bool(value)


def _get(value: object, name: str) -> Any:
    """Return what a dict, or an instance of a subclass, holds under a name; None for all else."""
    if not inherits(type(value), dict):
        return None
    try:
        return plain_get(value, name, None)  # type: ignore[arg-type]  # it is a dict
    except Unavailable:
        return None
