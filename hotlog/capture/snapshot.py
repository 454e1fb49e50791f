"""Live values to JSON-safe data: bounded, redacted, eager. Nothing of what comes out is a live object.

    None, bool, int, float, str, list, dict   stay themselves
    anything else                             {"@type": "app.Order", "id": 7}
    what was cut says so where it was cut     {"@cut": "depth" | "items" | "chars" | "fields" | "size" | "time", "@len": n}
    an object that it is part of              {"@ref": "app.Order"}
    not to be shown                           "@redacted"
    cannot be read                            {"@type": …, "@unavailable": reason}

A key of the application's own that starts with `@` gets a second one, so that it cannot be taken for one of these.

How a value is captured (`Walk`), depth first:

1. A variable, field or key with a secret name becomes `@redacted` at once, unless its value says that there is none; what
   stands beside a value may hide a part of it (`neighbours`).
2. A scalar is copied: text is scrubbed and cut, numbers are checked against card numbers and the environment's secrets
   (`scalars`).
   Each pays for its size in the event (`budget.output_bytes`).
3. Anything else is a compound (`_compound`). It is replaced by a mark where the event is full, the time is over, the object
   contains itself, or lies too deep. The clock is looked at once in `_LOOK_EVERY_BYTES` of output, as it is not free.
4. A dict, list or object goes down into its parts: `pairs` and `items` handle the common kinds in line, since a call for
   each would double the time, and call `value` for the others. `objects.describer` knows all other classes.
5. Between the parts, `pairs` and `items` stop with a mark as soon as the event is full.
6. Short texts in containers are held, with their places in the result: `settle` looks through all of them in one search at
   the end. Nothing of the result may be shown before that.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from hotlog import __builtins__, limits
from hotlog.capture.objects import describer
from hotlog.capture.scalars import ScalarCapture, spell_not_finite
from hotlog.reading.budget import Unavailable
from hotlog.reading.classes import inherits, type_name
from hotlog.reading.reader import SMALL, UNCHECKED_CHARS, Reader
from hotlog.redaction.key_cache import KEY_MAX_CHARS, drop_surrogates
from hotlog.redaction.redact import REDACTED
from hotlog.redaction.secret_names import OBJECTS, TEXTS
from hotlog.redaction.shown_values import BUILTINS, holds_text, is_count, is_shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hotlog.redaction.key_cache import ShownKey

_SCALAR_BYTES: Final = 24
_LOOK_EVERY_BYTES: Final = 256  # the time is looked at again after so much of what is shown: some 10 µs
_STATEMENT_SIZE: Final = 2  # a statement and its parameters
_TYPE_BYTES: Final = 60


def capture(value: object, reader: Reader, name: str = "") -> Any:
    """Return one value as JSON-safe data.

    Args:
        value: any live object.
        reader: reads it, and knows what may be shown and what the hit may still cost.
        name: what it is called where it comes from: decides redaction by name.
    """
    walk = Walk(reader)
    shown = walk.named(name, value) if name else walk.value(value)
    walk.settle()  # step 6
    return shown


def capture_vars(variables: Mapping[str, object], reader: Reader) -> dict[str, Any]:
    """Return captured variables by name, at most `limits.VARIABLES_MAX`."""
    walk = Walk(reader)
    keys, show = walk.keys, walk.value
    shown: dict[str, Any] = {}
    pairs = list(variables.items())
    for name, value in pairs:
        if not name.isidentifier():
            continue  # `.0`, the iterator of a comprehension
        if len(shown) >= limits.VARIABLES_MAX:
            shown.update({"@cut": "items", "@len": len(variables)})
            break
        key = keys(name)
        shown[name] = walk.judged(key, name, value, pairs) if key.says or key.is_beside else show(value)
    walk.settle()
    return shown


class Walk(ScalarCapture):
    """Captures one value and all values inside it.

    Args:
        reader: as `capture`.

    Attributes:
        reader: the same.
        above: ids of the objects that the one at hand is part of; as many as it is deep.
        look_at_bytes: the time is looked at again when the budget has no more bytes left than these.
        held: texts that are still to be looked through for secrets: what holds each, the place in it, and itself.
    """

    __slots__ = ("above", "held", "keys", "look_at_bytes", "neighbours")

    def __init__(self, reader: Reader) -> None:
        super().__init__(reader)
        self.keys = reader.redaction.keys
        self.neighbours = reader.redaction.neighbours
        self.above: list[int] = []
        self.look_at_bytes = self.budget.output_bytes
        self.held: list[tuple[Any, Any, str]] = []

    def settle(self) -> None:
        """Take the secrets out of all texts that are held: nothing of the walk may be shown before."""
        # Step 6: one search over all held texts names those that may hold a secret; only these are scrubbed.
        held = self.held
        for at in self.reader.redaction.find_doubtful([text for _, _, text in held]) if held else ():
            holder, place, text = held[at]
            holder[place] = {"@cut": "time", "@len": len(text)} if self.budget.late else self.scrub(text)

    def named(self, name: str, value: Any) -> Any:
        """Return the captured value of a name; redacted where the name is secret."""
        says = self.reader.redaction.says(name)
        return self._behind(says, name, value) if says else self.value(value)  # step 1

    def judged(self, key: ShownKey, name: Any, value: Any, pairs: list[tuple[Any, Any]]) -> Any:
        """Return the captured value of a key that, or whose neighbours, may hide it or a part of it."""
        if key.says:
            return self._behind(key.says, key.text, value)
        if self.has_secret_part(name):  # a tuple with a secret name in it
            return REDACTED
        if key.is_beside:  # a `value` beside a secret `name`, and its like
            value = self.neighbours.without(key.text.lower(), value, pairs)
        return self.value(value)

    def _behind(self, says: int, name: str, value: Any) -> Any:
        """Return the value of a secret name: shown where it says that there is none, or tells of it."""
        if (
            is_shown(value)
            or (name[-1:] in "sS" and is_count(value))
            or (says == TEXTS and not holds_text(value))
        ):
            return self.value(value)
        if says == OBJECTS and not any(inherits(type(value), base) for base in BUILTINS):
            self.budget.output_bytes -= _TYPE_BYTES
            return {"@type": type_name(type(value))}
        return REDACTED

    def value(self, value: Any) -> Any:  # noqa: PLR0911 -- the common kinds first, without a call each
        """Return any value as JSON-safe data."""
        # Step 2: scalars, the most frequent first.
        kind = type(value)
        budget = self.budget
        if kind is str:
            size = len(value)
            if size > limits.STRING_MAX_CHARS:
                return self.long_text(value)
            shown = self.scrub(value)
            if shown.isascii():
                budget.output_bytes -= size + 4
                return shown
            budget.output_bytes -= size * 6
            return drop_surrogates(shown)
        if kind is int:
            if -SMALL < value < SMALL:
                budget.output_bytes -= 8
                return value
            return self.whole_number(value)
        if value is None or kind is bool:
            budget.output_bytes -= 6
            return value
        if kind is float:
            budget.output_bytes -= _SCALAR_BYTES
            if -SMALL < value < SMALL:
                return value
            return self.large_number(value) if value - value == 0 else spell_not_finite(value)
        return self._compound(value, kind)  # step 3

    def _compound(self, value: Any, kind: type) -> Any:  # noqa: C901, PLR0911, PLR0912 -- the ways to be cut, and no call for a dict
        # Step 3: the marks, the cheapest test first: the event is full, the time is over ...
        budget = self.budget
        left = budget.output_bytes
        if left < 0:
            return {"@cut": "size"}
        if left <= self.look_at_bytes:
            if budget.clock() > budget.deadline_ns:
                return {"@cut": "time"}
            self.look_at_bytes = left - _LOOK_EVERY_BYTES
        budget.output_bytes = left - 40
        if kind is bytes or kind is bytearray:
            return self.bytes_of(value, kind)
        # ... it contains itself, or lies too deep.
        above, identity = self.above, id(value)
        if identity in above:
            return {"@ref": type_name(kind)}
        if len(above) >= limits.VALUE_MAX_DEPTH:
            return _too_deep(value, kind)
        # Step 4: down into the parts, with this object on the path.
        above.append(identity)
        try:
            if kind is dict:
                shown: dict[str, Any] = {}
                if len(value) <= limits.COLLECTION_MAX_ITEMS:
                    self.pairs(list(value.items()), shown)
                else:
                    self.mapping(value, shown)
                return shown
            if kind is list:
                return self.items(value[: limits.COLLECTION_MAX_ITEMS], len(value))
            return describer(kind)(value, self)
        except Unavailable as why:
            return {"@type": type_name(kind), "@unavailable": self.scrub(why.reason)}
        except RuntimeError as fault:
            # What the interpreter says when another thread changes a container that is being iterated.
            if "during iteration" not in str(fault):
                raise
            return {"@type": type_name(kind), "@unavailable": "changed while it was read"}
        finally:
            above.pop()

    def mapping(self, value: dict[Any, Any], shown: dict[str, Any]) -> None:
        """Write the captured items of a dict, or of an instance of a subclass, into `shown`."""
        size = dict.__len__(value)
        self.pairs(list(islice(dict.items(value), limits.COLLECTION_MAX_ITEMS)), shown)
        if size > limits.COLLECTION_MAX_ITEMS:
            shown.update({"@cut": "items", "@len": size})

    def pairs(self, pairs: list[tuple[Any, Any]], shown: dict[str, Any]) -> None:
        """Write keys and values, or names and fields, into `shown`."""
        budget, plain, hold = self.budget, self.keys.plain, self.held.append
        left, longest, least, most = budget.output_bytes, limits.STRING_MAX_CHARS, -SMALL, SMALL
        for key, element in pairs:
            key_bytes = plain.get(key) if type(key) is str else None
            kind = type(element)
            # Step 1: a key that is not known as harmless is looked at by itself.
            if key_bytes is None or key in shown:
                budget.output_bytes = left
                self._pair(key, element, pairs, shown)
                left = budget.output_bytes
            # Step 4: the common kinds as `value` would, without the call: half of what a row of a table takes.
            elif kind is str and len(element) <= longest and element.isascii():
                shown[key] = element
                if len(element) > UNCHECKED_CHARS:
                    hold((shown, key, element))  # step 6
                left -= key_bytes + len(element) + 4
            elif (
                ((kind is int or kind is float) and least < element < most) or kind is bool or element is None
            ):
                shown[key] = element
                left -= key_bytes + _SCALAR_BYTES
            else:
                budget.output_bytes = left
                shown[key] = (
                    self._compound(element, kind) if kind is dict or kind is list else self.value(element)
                )
                left = budget.output_bytes - key_bytes
            # Step 5: the event is full.
            if left < 0:
                shown["@cut"] = "size"
                break
        budget.output_bytes = left

    def _pair(self, key: Any, element: Any, pairs: list[tuple[Any, Any]], shown: dict[str, Any]) -> None:
        """Write into `shown` a pair whose key the cache does not know as plain."""
        # The key as it is shown, made unique: two keys may be the same text once they are cut or converted.
        short = type(key) is str and len(key) < KEY_MAX_CHARS
        found = self.keys(key if short else self.key_text(key))
        text, says, size, is_beside = found
        while text in shown:
            text += "'"
        # Step 1: a secret name, or one whose neighbours may say more.
        if says or is_beside or type(key) is tuple:
            shown[text] = self.judged(found, key, element, pairs)
        elif _is_small(element):
            shown[text] = element
            size += _SCALAR_BYTES
        else:
            shown[text] = self.value(element)
        self.budget.output_bytes -= size

    def items(self, elements: list[Any], size: int) -> list[Any]:  # noqa: C901 -- the common kinds first, without a call each
        """Return the captured elements of a sequence or set; marked as cut where `size` is larger."""
        # Step 1: `[name, value]` with a secret name, and rows below a header with one.
        if size == len(elements) and self.reader.is_hidden_pair(elements, list):
            return [*map(self.value, elements[:-1]), REDACTED]
        first = type(elements[0]) if len(elements) > 1 else None
        if first is list or first is tuple:
            elements = self.neighbours.below_header(elements)
        elif size == _STATEMENT_SIZE and type(elements[0]) is str and _is_plain_container(elements[1]):
            elements = [elements[0], self.neighbours.behind_statement(*elements)]
        budget, hold = self.budget, self.held.append
        if _are_small(elements):
            budget.output_bytes -= _SCALAR_BYTES * len(elements)
            return [*elements, {"@cut": "items", "@len": size}] if size > len(elements) else elements
        left, longest, least, most = budget.output_bytes, limits.STRING_MAX_CHARS, -SMALL, SMALL
        shown: list[Any] = []
        # Step 4. `hidden`: the element before is an option such as `--password`, whose value comes now (step 1).
        hidden = False
        for element in elements:
            kind = type(element)
            if hidden:
                shown.append(REDACTED)
                hidden = self.reader.is_hidden_option(element)
            elif kind is int and least < element < most:
                shown.append(element)
                left -= _SCALAR_BYTES
                continue
            elif kind is str and len(element) <= longest and element.isascii():
                if len(element) > UNCHECKED_CHARS:
                    hold((shown, len(shown), element))
                shown.append(element)
                left -= len(element) + 4
                hidden = element[:1] == "-" and self.hides(element)
            else:
                budget.output_bytes = left
                shown.append(self._compound(element, kind) if kind is dict else self.value(element))
                left = budget.output_bytes
                hidden = kind is str and self.reader.is_hidden_option(element)
            # Step 5: the event is full.
            if left < 0:
                shown.append({"@cut": "size", "@len": size})
                budget.output_bytes = left
                return shown
        budget.output_bytes = left
        if size > len(elements):
            shown.append({"@cut": "items", "@len": size})
        return shown


def _is_small(value: Any) -> bool:
    """Return whether it is a number, or something else of the kind, that is shown as it is."""
    kind = type(value)
    return ((kind is int or kind is float) and -SMALL < value < SMALL) or kind is bool or value is None


def _are_small(elements: list[Any]) -> bool:
    """Return whether they are all small whole numbers, as a list of ids."""
    least, most = -SMALL, SMALL
    for element in elements:  # noqa: SIM110 -- any(…) takes twice as long
        if type(element) is not int or not least < element < most:
            return False
    return True


def _is_plain_container(value: Any) -> bool:
    kind = type(value)
    return kind is list or kind is tuple or kind is dict


def _too_deep(value: Any, kind: type) -> dict[str, Any]:
    if kind is dict or kind is list or kind is tuple or kind is set:
        return {"@cut": "depth", "@len": len(value)}
    return {"@type": type_name(kind), "@cut": "depth"}
