"""Containers, where looking into them runs no user code: length, elements, items, and what is plain all the way down."""

from __future__ import annotations

from itertools import islice
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from hotlog import __builtins__, limits
from hotlog.reading import value_types
from hotlog.reading.budget import Redacted, Unavailable
from hotlog.reading.classes import (
    COLLECTIONS,
    TEXTS,
    ById,
    builtin_behaviour,
    class_attribute,
    defines,
    find_loaded,
    module_of,
    type_name,
)
from hotlog.reading.parts import dict_of_view, parts_of
from hotlog.reading.secret_check import SMALL
from hotlog.reading.sizes import need_few_digits
from hotlog.redaction.neighbours import BESIDE, BESIDE_MAX_CHARS, PAIRS_MAX
from hotlog.redaction.shown_values import CLAIMED, is_decoded_token
from hotlog.redaction.text_values import REDACTED

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from hotlog.reading.reader import Reader
    from hotlog.reading.record_parts import Parts

CONTAINERS: Final = (list, tuple, dict, set, frozenset, str, bytes, bytearray, range)
_TABLES: Final = ("numpy", "pandas")  # whose lengths are those of their shapes
_DEPTH_MAX: Final = 30
_KEYS_AT_ONCE: Final = 4_096
_MISSING: Final = object()
_VIEWS: Final = ById(type({}.keys()), type({}.values()), type({}.items()), MappingProxyType)


def is_atom(value: object) -> bool:
    """Return whether the value is an exact builtin scalar: its operators are C, and look at nothing else."""
    kind = type(value)
    return (
        kind is int
        or kind is str
        or kind is float
        or kind is bool
        or value is None
        or kind is bytes
        or kind is complex
    )


class Generator:
    """A generator expression on its way into the call that uses it up."""

    __slots__ = ("values",)

    def __init__(self, values: Iterator[object]) -> None:
        self.values = values


def length(value: Any) -> int:
    """Return `len(value)` where that runs no user code."""
    cls = type(value)
    if builtin_behaviour(cls, "__len__") in CONTAINERS:
        return len(value)
    if cls in _VIEWS and (mapping := dict_of_view(value)) is not None:
        return dict.__len__(mapping)
    known = parts_of(value)
    if known is not None and not known.is_record:
        return known.size
    owner = class_attribute(cls, "__len__")[0]
    array = (
        value_types.describe_value(value)
        if owner is not None and module_of(owner).startswith(_TABLES)
        else None
    )
    if array and "shape" in array and array["shape"]:
        return array["shape"][0]  # type: ignore[index,no-any-return]
    if not defines(cls, "__len__"):
        raise Unavailable(f"TypeError: object of type {type_name(cls)!r} has no len()")
    raise Unavailable(f"its length is computed by code of {type_name(cls)}")


def iterate_all(value: Any, reader: Reader) -> Iterator[Any]:
    """Yield the elements as `iterate`, and `REDACTED` for what is hidden: whoever takes them looks at none unasked."""
    if type(value) is list or type(value) is tuple:
        opened = reader.open_sequence(value, type(value))
        return _steps(iter(opened), reader, lambda each: each if each is REDACTED else reader.check(each))
    return iterate(value, reader)


def iterate(value: Any, reader: Reader) -> Iterator[Any]:
    """Yield the elements, each for one step of the budget."""
    if type(value) is Generator:
        return value.values
    cls = type(value)
    owner = builtin_behaviour(cls, "__iter__")
    if owner not in CONTAINERS and (known := parts_of(value)) is not None and not known.is_record:
        return _steps(iter(_elements(known, reader)), reader)
    if owner not in CONTAINERS and (owner is None or owner is not find_loaded("collections", "OrderedDict")):
        raise Unavailable(f"{type_name(cls)} cannot be iterated without running its code")
    if owner is tuple or owner is list:
        value = reader.open_sequence(value, owner)
    return _steps(owner.__iter__(value), reader)  # type: ignore[attr-defined]


def _elements(known: Parts, reader: Reader) -> list[Any]:
    """Return what iterating a value of a known type gives.

    Raises:
        Unavailable: there is more of it than is read at once, or a name hides a part.
    """
    if known.size > len(known.elements):
        raise Unavailable(f"it has {known.size:,} elements")
    reader.budget.spend(known.size // 16 + 1)
    if known.is_mapping:
        return known.names or []
    for name, value in known.pairs:
        _need_shown(name, value, known, reader)
    return reader.open_sequence(known.elements, list) if known.names is None else known.elements


def _need_shown(name: object, value: object, known: Parts, reader: Reader) -> None:
    """Refuse a part whose name, or what stands beside it, hides it."""
    for part in name if type(name) is tuple else (name,):
        if type(part) is str and reader.is_secret(part, value):
            raise Redacted(part)
    if type(name) is str and len(name) <= BESIDE_MAX_CHARS and name.lower() in BESIDE:
        shown = reader.redaction.neighbours.without(name.lower(), value, known.pairs[:PAIRS_MAX])
        if shown is not value:
            raise Redacted(name)


def _part(known: Parts, key: Any, reader: Reader, default: Any) -> Any:
    """Return the part of a value of a known type that a key or a place stands for."""
    need_plain(key, reader)
    reader.budget.spend(len(known.elements) // 16 + 1)
    place: Any = key
    if known.is_mapping or (known.names is not None and type(key) is str):
        place = _MISSING
        for number, name in enumerate(known.names or ()):
            if type(name) is type(key) and is_atom(name) and name == key:
                place = number
                break
        if place is _MISSING:
            if default is not _MISSING:
                return default
            raise Unavailable(f"KeyError: {key!r}"[:200])
    if type(place) is not int or not -len(known.elements) <= place < len(known.elements):
        raise Unavailable("IndexError: it has no such element")
    if place < 0 and known.size > len(known.elements):
        raise Unavailable(f"it has {known.size:,} elements")
    if known.names is None:
        return reader.open_sequence(known.elements, list)[place]
    _need_shown(known.names[place], known.elements[place], known, reader)
    return known.elements[place]


def _steps(values: Iterator[Any], reader: Reader, check: Callable[[Any], Any] | None = None) -> Iterator[Any]:
    spend = reader.budget.spend
    checked = check or reader.check
    for value in values:
        spend(1)
        yield checked(value)


def collect(value: Any, reader: Reader) -> list[Any]:
    """Return the elements as a list of our own."""
    built: list[Any] = []
    for element in iterate(value, reader):
        reader.budget.build(items=1)
        built.append(element)
    return built


def need_plain(value: Any, reader: Reader, depth: int = 0) -> Any:
    """Return the value, if it consists of exact builtin values all the way down and holds nothing secret.

    Then comparing, hashing, sorting or printing it is the interpreter's own work alone.
    """
    if is_atom(value):
        return reader.check(value)
    cls = type(value)
    if depth > _DEPTH_MAX:
        raise Unavailable("nested too deeply")
    if cls is list or cls is tuple or cls is set or cls is frozenset:
        if (cls is list or cls is tuple) and reader.open_sequence(value, cls) is not value:
            raise Redacted
        reader.budget.spend(len(value) + 1)
        _need_all_plain(value, reader, depth + 1)
        if cls is set or cls is frozenset:
            need_few_of_a_hash(value, reader)
        return value
    if cls is dict:
        _need_plain_items(value, reader, depth + 1)
        return value
    if cls is range or cls is bytearray:
        return reader.check(value)
    name = value_types.named(cls)
    if name in _COMPARABLE and (name not in value_types.ZONED or value_types.safe_zone(value)):
        return reader.check(value)
    raise Unavailable(f"it holds a {type_name(cls)}, whose code would run")


def _need_plain_items(value: dict[Any, Any], reader: Reader, depth: int) -> None:
    """Call `need_plain` for all keys and values, and refuse a key that says its value is secret."""
    reader.budget.spend(len(value) + 1)
    for key, element in value.items():
        reader.budget.spend(0)
        need_plain(key, reader, depth)
        for part in key if type(key) is tuple else ():
            if type(part) is str and reader.redaction.hides(part):
                raise Redacted(part)
        if type(key) is str and (reader.is_secret(key, element) or hidden_beside(value, key, reader)):
            raise Redacted(key)
        need_plain(element, reader, depth)
    need_few_of_a_hash(value, reader)


def _need_all_plain(elements: Iterable[Any], reader: Reader, depth: int) -> None:
    """Call `need_plain` for each; the steps are paid for, the time to look for secrets is not."""
    for element in elements:
        if type(element) is int and -SMALL < element < SMALL:
            continue
        reader.budget.spend(0)
        need_plain(element, reader, depth)


def need_few_of_a_hash(values: Collection[Any], reader: Reader) -> None:
    """Refuse values that share a hash too often: a set compares each with all the others.

    Text has hashes of its own in each process; numbers have not, and can be chosen to share one.
    """
    if len(values) <= limits.EXPRESSION_MAX_SAME_HASH:
        return
    found: dict[int, int] = {}
    for value in values:
        number = hash(value)
        count = found[number] = found.get(number, 0) + 1
        if count > limits.EXPRESSION_MAX_SAME_HASH:
            raise Unavailable(f"more than {limits.EXPRESSION_MAX_SAME_HASH} values have the same hash")
    reader.budget.spend(0)


def printed_size(value: Any) -> int:
    """Estimate how many characters `repr` of a plain value takes.

    Raises:
        Unavailable: it holds a whole number that takes long to print.
    """
    if type(value) is int:
        if value.bit_length() > limits.INT_MAX_BITS:
            raise Unavailable(f"a number of more than {limits.INT_MAX_DIGITS} digits")
        return limits.INT_MAX_DIGITS // 4
    if type(value) in TEXTS:
        return len(value) * 2 + 3
    if type(value) in COLLECTIONS:
        return sum(printed_size(element) + 2 for element in value) + 12
    if type(value) is dict:
        return sum(printed_size(key) + printed_size(element) + 4 for key, element in value.items()) + 2
    return 60


_COMPARABLE: Final = {
    "datetime.date", "datetime.datetime", "datetime.time", "datetime.timedelta", "decimal.Decimal", "uuid.UUID",
}  # fmt: skip


def hidden_beside(mapping: Any, key: str, reader: Reader) -> bool:
    """Return whether what stands beside `key` hides its value or a part of it: `{"name": …, "value": …}`, `{"sql": …, "params": …}`."""
    if len(key) > BESIDE_MAX_CHARS or (name := key.lower()) not in BESIDE:
        return False
    value, pairs = dict.get(mapping, key), [*islice(dict.items(mapping), PAIRS_MAX)]
    return reader.redaction.neighbours.without(name, value, pairs) is not value


def check_keys(mapping: dict[Any, Any], reader: Reader) -> None:
    """Refuse a dict with a key that is no exact builtin value: a lookup could call the key's own `__eq__`."""
    reader.budget.spend(dict.__len__(mapping) // 16 + 1)
    keys = dict.__iter__(mapping)
    while some := list(islice(keys, _KEYS_AT_ONCE)):
        for key in some:
            kind = type(key)
            if kind is not str and kind is not int and not is_atom(key):
                reader.budget.spend(0)
                need_plain(key, reader)
        reader.budget.spend(0)


def item(value: Any, key: Any, reader: Reader, default: Any = _MISSING) -> Any:
    """Return `value[key]`; with a default, `value.get(key, default)`."""
    cls = type(value)
    owner = builtin_behaviour(cls, "__getitem__")
    if owner is dict:
        return _mapping_item(value, key, reader, default)
    if owner in (list, tuple, str, bytes, range, bytearray):
        if type(key) is not int and type(key) is not slice and type(key) is not bool:
            raise Unavailable(
                f"TypeError: an index must be a whole number or a slice, not {type_name(type(key))}"
            )
        if owner is list or owner is tuple:
            value = reader.open_sequence(value, owner)
        else:
            reader.check(value)
        if type(key) is slice:
            _need_plain_bounds(key)
        if type(key) is slice and owner is not range:  # whose slice is a range of the same few bytes
            size = len(range(*key.indices(owner.__len__(value))))
            reader.budget.build(**{"chars" if owner in (str, bytes, bytearray) else "items": size})
        return owner.__getitem__(value, key)
    known = parts_of(value) if defines(cls, "__getitem__") else None
    if known is not None and not known.is_record:
        return _part(known, key, reader, default)
    if owner is None and not defines(cls, "__getitem__") and not defines(cls, "__class_getitem__"):
        raise Unavailable(f"TypeError: {type_name(cls)!r} object is not subscriptable")
    raise Unavailable(f"its items are computed by code of {type_name(cls)}")


def _need_plain_bounds(key: slice) -> None:
    """Refuse a slice that the application has made of something else than whole numbers of a common size."""
    for bound in (key.start, key.stop, key.step):
        if type(bound) is int:
            need_few_digits(bound)
        elif bound is not None:
            raise Unavailable("TypeError: a slice takes whole numbers")


def _holds_claims(value: Any, name: str, reader: Reader) -> bool:
    """Return whether under this name stands what an authorizer has read in a token: a snapshot shows it too."""
    if name != CLAIMED:
        return False
    check_keys(value, reader)
    found = dict.get(value, name)
    return type(found) is dict and is_decoded_token(found)


def _mapping_item(value: Any, key: Any, reader: Reader, default: Any) -> Any:
    need_plain(key, reader)
    name = key.decode("latin-1") if type(key) is bytes else key
    for part in key if type(key) is tuple else ():
        if type(part) is str and reader.redaction.hides(part):
            raise Redacted(part)
    if type(name) is str and (
        (reader.redaction.hides(name) and not _holds_claims(value, name, reader))
        or hidden_beside(value, name, reader)
    ):
        raise Redacted(name)
    check_keys(value, reader)
    found = dict.get(value, key, _MISSING)
    if found is not _MISSING:
        if type(name) is str and reader.is_secret(name, found) and not _holds_claims(value, name, reader):
            raise Redacted(name)
        return found
    if default is not _MISSING:
        return default
    printed_size(key)
    if type(value) is not dict and defines(type(value), "__missing__"):
        raise Unavailable(
            f"the key is missing, and __missing__ of {type_name(type(value))} would run: write `.get(…)`"
        )
    raise Unavailable(f"KeyError: {key!r}"[:200])
