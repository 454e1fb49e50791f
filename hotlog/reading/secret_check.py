"""What no operator of an expression may look at: secrets by form, by name and by what stands beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hotlog import __builtins__, limits
from hotlog.coldstart.lazy_regex import Pattern
from hotlog.reading import sizes
from hotlog.reading.budget import Redacted
from hotlog.reading.classes import ById, field_names
from hotlog.redaction.secret_names import HIDDEN, TEXTS
from hotlog.redaction.shown_values import holds_text, is_shown
from hotlog.redaction.text_values import REDACTED

if TYPE_CHECKING:
    from hotlog.reading.budget import Budget
    from hotlog.redaction.redact import Redaction

SMALL: Final = limits.SECRET_NUMBER_MIN
_LARGE: Final = 2**63
UNCHECKED_CHARS: Final = limits.SECRET_MIN_CHARS - 1
_FREE_CHARS: Final = 20
_PAIR: Final = 2
_TRIPLE: Final = 3
_TELLING: Final = ById(list, tuple, str)  # an element of such a type may say what the next ones are
_NAME_MAX_CHARS: Final = 100
_NAME_MAX_BLANKS: Final = 2
_NO_NAME = Pattern(r"[=?@(){}'\"<>,;\n]|://|: ")


class SecretCheck:
    """Decides which values may be looked at: the half of a `Reader` that reads no attribute.

    Attributes:
        redaction: what may not be shown.
        budget: what the hit may still cost.
    """

    __slots__ = ("budget", "redaction")

    budget: Budget
    redaction: Redaction

    def check(self, value: object) -> object:  # noqa: C901, PLR0912 -- the common kinds first, without a call each
        """Return the value, if an operator may look at it.

        Raises:
            Unavailable: it is a secret, text too long to be sure, or a number so large that operators take long.
        """
        kind = type(value)
        if kind is int:
            if -SMALL < value < SMALL:  # type: ignore[operator]
                return value
            if self.redaction.hides_number(value):  # type: ignore[arg-type]
                raise Redacted
            if not -_LARGE < value < _LARGE:  # type: ignore[operator]
                sizes.need_few_digits(value)  # type: ignore[arg-type]
        elif kind is str or kind is bytes or kind is bytearray:
            size = len(value)  # type: ignore[arg-type]
            if size > UNCHECKED_CHARS:
                if value is REDACTED:  # in a copy, instead of what its neighbours hide
                    raise Redacted
                if size > limits.EXPRESSION_MAX_TEXT_CHARS:
                    sizes.need_few_chars(size)
                if size > _FREE_CHARS:
                    self.budget.spend(size // 100)
                if self.redaction.hides_value(value):
                    raise Redacted
        elif kind is tuple or kind is list:
            if self.is_hidden_pair(value, kind):
                raise Redacted
        elif kind is float:
            if value.is_integer() and self.redaction.hides_number(int(value)):  # type: ignore[attr-defined,call-overload]
                raise Redacted
        else:
            plainly = sizes.plainly(kind)
            if plainly is not None:
                plain = plainly(value)
                if (
                    plainly is sizes.write_number
                    and type(plain) is str
                    and self.redaction.hides_written_number(plain)
                ):
                    raise Redacted
                self.check(plain)
        return value

    def is_hidden_pair(self, value: Any, kind: Any) -> bool:
        """Return whether it is `(name, value)` with a secret name, as headers are often stored.

        Or `(name, name, value)`, as libraries keep headers whose case they preserve.

        Args:
            value: a list or tuple, perhaps of a subclass with methods of its own.
            kind: `list` or `tuple`, whose C functions look at it.
        """
        size = kind.__len__(value)
        if size not in (_PAIR, _TRIPLE):
            return False
        name = _as_name(kind.__getitem__(value, 0))
        if size == _TRIPLE and name.lower() != _as_name(kind.__getitem__(value, 1)).lower():
            return False
        last = kind.__getitem__(value, size - 1)
        return last is not REDACTED and self.is_secret(name, last) and not is_shown(last)

    def is_secret(self, name: str, value: object) -> bool:
        """Return whether a name hides this value: `tokens` hides texts, and shows how many there are."""
        says = self.redaction.says(name)
        return says >= HIDDEN or (says == TEXTS and holds_text(value) and not is_shown(value))

    def without_hidden(self, name: str, value: Any, pairs: list[tuple[Any, Any]]) -> Any:
        """Return the value of a name without what stands beside it says is secret.

        Args:
            name: as it is written.
            value: any value.
            pairs: all names and values beside it, its own among them.

        Raises:
            Redacted: all of it is.
        """
        self.budget.look_through(len(pairs))
        shown = self.redaction.neighbours.without(name.lower(), value, pairs)
        if shown is REDACTED:
            raise Redacted(name)
        return shown

    def open_sequence(self, value: Any, kind: Any) -> Any:
        """Return a list or tuple whose elements may be had by their place, as `without_hidden_by_first` does.

        Args:
            value: as `is_hidden_pair`.
            kind: as `is_hidden_pair`.

        Raises:
            Redacted: a field of the named tuple is hidden, it is a hidden pair, or holds an option such as `--password`.
        """
        for place, name in enumerate(field_names(type(value))):
            if self.is_secret(name, kind.__getitem__(value, place)):
                raise Redacted(name)
        if self.is_hidden_pair(value, kind):
            raise Redacted
        for element in kind.__getitem__(value, slice(limits.OPTIONS_LOOKED_MAX)):
            if self.is_hidden_option(element):
                raise Redacted(element)
        return self.without_hidden_by_first(value, kind)

    def without_hidden_by_first(self, value: Any, kind: Any) -> Any:
        """Return a list or tuple without what its first element says is hidden; itself where nothing is.

        The first may be the header of a table with a hidden column, or a statement that has a secret as a parameter.

        Args:
            value: as `is_hidden_pair`.
            kind: as `is_hidden_pair`.
        """
        if self.is_in_order(kind.__getitem__(value, slice(_TRIPLE))):
            return value
        self.budget.spend(kind.__len__(value))
        return kind(self.redaction.neighbours.in_order([*kind.__iter__(value)]))

    def is_in_order(self, first: Any) -> bool:
        """Return whether the first elements of a list or tuple, three at most, say of none behind them that it is hidden."""
        if len(first) < _PAIR or type(first[0]) not in _TELLING:
            return True
        elements = [*first] if type(first[0]) is str else [*first[:_PAIR]]
        return self.redaction.neighbours.in_order(elements) is elements

    def is_hidden_option(self, element: object) -> bool:
        """Return whether it is an option of a command line, such as `--password`, whose value comes next."""
        return type(element) is str and element[:1] == "-" and self.redaction.hides(element)


def _as_name(value: object) -> str:
    """Return text that reads like a name, or the last part of the path that it is; empty for anything else."""
    if type(value) is bytes and len(value) < _NAME_MAX_CHARS:
        value = value.decode("latin-1")
    if type(value) is not str or len(value) >= _NAME_MAX_CHARS:
        return ""
    if value.isidentifier():
        return value
    if _NO_NAME.search(value) or value.count(" ") > _NAME_MAX_BLANKS:
        return ""
    return value.rpartition("/")[2]
