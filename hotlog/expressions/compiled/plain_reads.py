"""What a compiled test may read without the reader: proofs that no code of the application's runs, and nothing is a secret.

Each function here gives the value that the evaluator would read, or `NO` where it does not know at once.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, Final

from hotlog import __builtins__, limits
from hotlog.expressions import arithmetic, comparisons
from hotlog.expressions.exact_numbers import exact_decimal
from hotlog.reading import sizes, value_types
from hotlog.reading.budget import Unavailable
from hotlog.reading.classes import class_attribute, inherits, is_heap, mro_of, namespace_of, type_name
from hotlog.reading.containers import length
from hotlog.reading.secret_check import UNCHECKED_CHARS
from hotlog.redaction.neighbours import BESIDE, find_telling

if TYPE_CHECKING:
    from collections.abc import Callable

    from hotlog.reading.reader import Reader

NO: Final = object()

SCALARS: Final = frozenset(map(id, (int, float, bool, str, type(None))))
_CLASSES_MAX: Final = 20
_LARGE: Final = 2**63
_POINTER_BYTES: Final = 8
_SHARED_NAMES_MAX: Final = 30  # Objects/dictobject.c, SHARED_KEYS_MAX_SIZE
_PAIRED: Final = (2, 3)  # elements of a list that may be a name and its value


def _sizes_of_text_keys() -> frozenset[int]:
    """Return the sizes of dicts that have text keys alone; empty where this interpreter does not tell them by their size.

    CPython's dicts have smaller entries while all keys are exact `str` (Objects/dictobject.c, DICT_KEYS_UNICODE).
    """
    texts: set[int] = set()
    others: set[int] = set()
    text_keys: dict[str, None] = {}
    other_keys: dict[object, None] = {0: None}
    del other_keys[0]
    for number in range(limits.COMPILED_ELEMENTS_MAX):
        text_keys[str(number)] = other_keys[number] = None
        texts.add(dict.__sizeof__(text_keys))
        others.add(dict.__sizeof__(other_keys))
    if not texts.isdisjoint(others):
        return frozenset()
    # Those of instances hold the values alone, a pointer each: their class keeps the names, which are exact text.
    empty = dict.__sizeof__({})
    return frozenset(
        texts | {empty + _POINTER_BYTES * fields for fields in range(_SHARED_NAMES_MAX + 1)} - others
    )


TEXT_KEYED: Final = _sizes_of_text_keys()


def has_text_keys(mapping: dict[Any, Any]) -> bool:
    """Return whether all keys of an exact dict are exact builtin scalars: a lookup compares nothing else."""
    if len(mapping) > limits.COMPILED_ELEMENTS_MAX:
        return False
    for key in mapping:  # noqa: SIM110 -- any(…) takes three times as long
        if id(type(key)) not in SCALARS:
            return False
    return True


class PlainReads:
    """The reads of one rule's test.

    Args:
        reader: tells what is redacted, and whose a class is.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._redaction = reader.redaction
        self.shown = reader.redaction.shown_texts
        self._below = reader.redaction.shown_below
        self._constant: Any = None  # a set that was looked through
        self.decimal: list[type | None] = [None]  # the class, once a value of it was seen
        self._classes: list[Any] = [
            (None, ())
        ]  # the one that was seen last, and how many names each of its line has
        self._harmless: type | None = None  # the one that was seen last
        self._named: dict[int, tuple[type, str]] = {}  # classes that are kept alive, and their names

    def _name_of(self, cls: type) -> str:
        """Return the name of a known class, as `value_types.named`, from memory."""
        known = self._named.get(id(cls))
        if known is not None:
            return known[1]
        name = value_types.named(cls)
        if name == "decimal.Decimal":
            self.decimal[0] = cls
        if name and len(self._named) < _CLASSES_MAX:
            self._named[id(cls)] = (cls, name)
        return name

    def shows(self, text: str) -> bool:
        """Return whether an exact text holds no secret; what was found so is kept until the secrets change."""
        size = len(text)
        if size <= UNCHECKED_CHARS or text in self.shown:
            return True
        if size > limits.EXPRESSION_MAX_TEXT_CHARS or self._redaction.scrub(text) != text:
            return False
        if len(self.shown) >= limits.COMPILED_TEXTS_MAX:
            self.shown.clear()
        self.shown.add(text)
        return True

    def is_open(self, value: Any) -> bool:  # noqa: PLR0911 -- the common kinds first
        """Return whether an operator may look at the value: what `Reader.check` says."""
        kind = type(value)
        if kind is int and -_LARGE < value < _LARGE:
            return not self._redaction.hides_number(value)
        if kind is str:
            return self.shows(value)
        if kind is bool or value is None:
            return True
        name = self._name_of(kind)
        if name == "decimal.Decimal" and value.__sizeof__() <= _DECIMAL_BYTES:
            return self.shows(str(value))
        if name in _COMPARED and name != "decimal.Decimal":  # dates
            return True
        if kind is not float and self.is_harmless(kind):
            return True
        try:
            self._reader.for_hit().check(value)
        except Unavailable:
            return False
        return True

    def is_open_sequence(self, value: Any) -> bool:
        """Return whether the elements of an exact list or tuple may be had by their place: what `Reader.open_sequence` says."""
        size = len(value)
        for element in value if size <= limits.OPTIONS_LOOKED_MAX else value[: limits.OPTIONS_LOOKED_MAX]:
            if type(element) is str and element[:1] == "-" and self._redaction.hides(element):
                return False
        first = type(value[0]) if size > 1 else None
        if first is list or first is tuple:
            return self._reader.is_in_order(value[: _PAIRED[0]])
        if size not in _PAIRED or (first is not str and first is not bytes):
            return True
        if value[0] in self._redaction.keys.plain:
            return True
        if type(value[0]) is str:
            self._redaction.keys(value[0])  # next time it is known
        return not self._reader.is_hidden_pair(value, type(value)) and self._reader.is_in_order(value)

    def is_harmless(self, cls: type) -> bool:
        """Return whether no value of the class stands for text, a number, or a pair: nothing in it is looked at."""
        if cls is self._harmless:
            return True
        if inherits(cls, tuple) or inherits(cls, list) or sizes.plainly(cls) is not None:
            return False
        self._harmless = cls  # what it inherits from in C stays
        return True

    def item(self, value: Any, key: Any) -> Any:
        """Return `value[key]`; the key is a whole number, or a text that may be shown."""
        kind = type(value)
        if (kind is list or kind is tuple) and type(key) is int:
            return value[key] if -len(value) <= key < len(value) and self.is_open_sequence(value) else NO
        if kind is dict:
            if not (value.__sizeof__() in TEXT_KEYED or has_text_keys(value)) or not self._may_be_key(
                value, key
            ):
                return NO
            return value.get(key, NO)
        if type(key) is not int or not -(2**40) < key < 2**40:
            return NO
        if kind is str and self.shows(value) and -len(value) <= key < len(value):
            return value[key]
        return NO

    def _may_be_key(self, mapping: dict[Any, Any], key: Any) -> bool:
        if type(key) is not str or key in self._redaction.keys.plain:
            return True
        if self._redaction.says(key):
            return False
        self._redaction.keys(key)  # next time it is known
        return key.lower() not in BESIDE or self.stands_alone(mapping, key.lower())

    def reader_beside(self, key: str, quiet: set[str]) -> Callable[[Any], Any]:
        """Return a function that reads an exact dict under this key, one of `BESIDE`, where nothing beside it says what that is.

        Args:
            key: in the dict.
            quiet: takes the keys that say nothing of it.
        """
        telling = find_telling(key.lower())

        def read(mapping: Any) -> Any:
            if (
                type(mapping) is not dict
                or mapping.__sizeof__() not in TEXT_KEYED
                or len(mapping) > limits.COMPILED_BESIDE_MAX
            ):
                return NO
            for other in mapping:
                if other not in quiet:
                    if other.lower() in telling:
                        return NO
                    if len(quiet) >= limits.COMPILED_TEXTS_MAX:
                        quiet.clear()
                    quiet.add(other)
            return mapping.get(key, NO)

        return read

    def get(self, value: Any, key: Any, default: Any = None) -> Any:
        """Return `value.get(key, default)` of an exact dict."""
        if type(value) is not dict or not (value.__sizeof__() in TEXT_KEYED or has_text_keys(value)):
            return NO
        return value.get(key, default) if self._may_be_key(value, key) else NO

    def slice_of(self, value: Any, low: Any, high: Any) -> Any:
        """Return `value[low:high]` of an exact text, list or tuple."""
        kind = type(value)
        if (kind is str and self.shows(value)) or (
            (kind is list or kind is tuple)
            and len(value) <= limits.COMPILED_ELEMENTS_MAX
            and self.is_open_sequence(value)
        ):
            return value[low:high]
        return NO

    def stands_alone(self, mapping: dict[Any, Any], name: str) -> bool:
        """Return whether nothing beside a value of this name says what it is: `Neighbours.without` would give it as it is.

        Args:
            mapping: an exact dict with plain keys.
            name: in small letters, one of `BESIDE`.
        """
        if len(mapping) > limits.COMPILED_BESIDE_MAX:
            return False
        telling = find_telling(name)
        return not any(type(key) is str and key.lower() in telling for key in mapping)

    def contains(self, element: Any, container: Any) -> Any:  # noqa: PLR0911 -- one kind after the other
        """Return `element in container`, of an element that is a plain number or text, and may be looked at."""
        kind = type(container)
        if kind is str:
            return element in container if type(element) is str and self.shows(container) else NO
        if kind is dict:
            keyed = container.__sizeof__() in TEXT_KEYED or has_text_keys(container)
            return element in container if keyed else NO
        if kind is frozenset and container is self._constant:  # it cannot change, nor what is in it
            return element in container
        if kind is list or kind is tuple or kind is set or kind is frozenset:
            if len(container) > limits.COMPILED_ELEMENTS_MAX or (
                (kind is list or kind is tuple) and not self.is_open_sequence(container)
            ):
                return NO
            shown, below = self.shown, self._below
            for each in container:
                inner = type(each)
                if inner is str:
                    if len(each) > UNCHECKED_CHARS and each not in shown and not self.shows(each):
                        return NO
                elif (
                    not ((inner is int or inner is float) and -below < each < below)
                    and inner is not bool
                    and each is not None
                ):
                    return NO
            self._constant = container if kind is frozenset else None
            return element in container
        return NO

    def length(self, value: Any) -> Any:
        """Return `len(value)`."""
        kind = type(value)
        if kind is str:
            return len(value) if self.shows(value) else NO
        if kind is list or kind is tuple or kind is dict or kind is set or kind is frozenset:
            return len(value)
        if is_heap(kind) or kind is bytes or kind is bytearray:
            return NO
        try:
            return length(value)
        except Unavailable:
            return NO

    def elements(self, value: Any) -> Any:
        """Return a list or tuple whose elements are numbers or texts, and may be looked at."""
        kind = type(value)
        if (
            (kind is not list and kind is not tuple)
            or len(value) > limits.COMPILED_ELEMENTS_MAX
            or not self.is_open_sequence(value)
        ):
            return NO
        for each in value:
            if not ((type(each) is int or type(each) is float) and -self._below < each < self._below):
                return NO
        return value

    def truth(self, value: Any) -> Any:
        """Return `bool(value)`."""
        kind = type(value)
        if (
            kind is list
            or kind is tuple
            or kind is dict
            or kind is set
            or kind is frozenset
            or id(kind) in SCALARS
        ):
            return bool(value)
        if not self.is_harmless(kind):
            return NO
        try:
            return comparisons.truth(value)
        except Unavailable:
            return NO

    def compare(self, symbol: str, left: Any, right: Any) -> Any:
        """Return the comparison of values of which one is no plain number or text, such as a Decimal or a date."""
        one, other = self._name_of(type(left)), self._name_of(type(right))
        if one == "decimal.Decimal" or other == "decimal.Decimal":
            left, right = self._decimal(left, one), self._decimal(right, other)
            return NO if left is NO or right is NO else _APPLIED[symbol](left, right)
        if one != other or one not in _COMPARED:
            return NO
        if one in value_types.ZONED and not (value_types.safe_zone(left) and value_types.safe_zone(right)):
            return NO
        return _APPLIED[symbol](left, right)

    def compute(self, operator_name: str, left: Any, right: Any) -> Any:
        """Return what arithmetic on other values than small plain numbers gives, as the evaluator computes it."""
        if not (self.is_open(left) and self.is_open(right)):
            return NO
        try:
            return arithmetic.BINARY[operator_name](left, right, self._reader.for_hit())
        except (Unavailable, ArithmeticError):
            return NO

    def _decimal(self, side: Any, name: str) -> Any:
        """Return a side of a comparison with a Decimal such that comparing notes nothing in the application's decimal context."""
        if type(side) is int or type(side) is float:
            if side != side or not self.is_open(side):  # noqa: PLR0124 -- a NaN
                return NO
            return exact_decimal(side) if type(side) is float else side
        if name != "decimal.Decimal" or side.is_nan() or side.__sizeof__() > _DECIMAL_BYTES:
            return NO
        return side

    def short_name(self, value: Any) -> str:
        """Return `type(value).__name__`."""
        return type_name(type(value)).rpartition(".")[2]

    def is_instance(self, value: Any, kind: Any) -> Any:
        """Return `isinstance(value, kind)` for a class whose own class is `type`."""
        if type(kind) is not type:
            return NO
        cls = type(value)
        if issubclass(cls, kind):
            return True
        seen, checks = self._classes[0]
        if cls is seen:
            for names, size in checks:
                if len(names) != size:
                    break
            else:
                return False
        if class_attribute(cls, "__class__")[0] is not object:
            return NO
        line = tuple((namespace_of(base), len(namespace_of(base))) for base in mro_of(cls) if is_heap(base))
        self._classes[0] = (cls, line)
        return False


_COMPARED: Final = frozenset(
    {"decimal.Decimal", "datetime.date", "datetime.datetime", "datetime.timedelta", "datetime.time"}
)
_DECIMAL_BYTES: Final = 200
_APPLIED: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
