"""Live values to JSON-safe data: bounded, redacted, eager. Nothing of what comes out is a live object.

    None, bool, int, float, str, list, dict   stay themselves
    anything else                             {"@type": "app.Order", "id": 7}
    what was cut says so where it was cut     {"@cut": "depth" | "items" | "chars" | "fields" | "size" | "time", "@len": n}
    an object that it is part of              {"@ref": "app.Order"}
    not to be shown                           "@redacted"
    cannot be read                            {"@type": …, "@unavailable": reason}

A key of the application's own that starts with `@` gets a second one, so that it cannot be taken for one of these.

How a value is captured (`Walk`), breadth first, so that what is large is cut evenly and what is small is whole:

1. A variable, field or key with a secret name becomes `@redacted` at once, unless its value says that there is none; what
   stands beside a value may hide a part of it (`neighbours`). So each value is judged where its name, its parent and its
   neighbours are at hand: what waits has been judged.
2. A scalar is copied: text is scrubbed, numbers are checked against card numbers and the environment's secrets (`scalars`).
   Each pays for its size in the event (`budget.output_bytes`).
3. Anything else waits (`_wait`): an empty dict or list stands in its place. It is a mark instead where the object contains
   itself, or lies too deep.
4. `run` goes through what waits, level by level, and gives each an even share of the room that is left (`floor`). A dict, list
   or object fills in its parts: `pairs` and `items` handle the common kinds in line, since a call for each would double the
   time, and call `put` for the others. `objects.describer` knows all other classes. The clock is looked at once in
   `_LOOK_EVERY_BYTES` of output, as it is not free.
5. Between the parts, `pairs` and `items` stop with a mark as soon as the share is spent. Of many records that are alike only so
   many are begun as will have room (`_fitting`).
   What has few elements is filled in at once while most of the event is empty: it has room in any order, and need not wait.
   The plain pairs that a small dict begins with, most often all, are copied in one go (`copy_plain`).
6. Short texts in containers that are not known yet are held, with their places in the result: `settle` looks through all of them in one search at
   the end. Long texts wait until everything else has its place, and share what is left. Nothing of the result may be shown
   before that.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from hotlog import __builtins__, limits
from hotlog.capture.objects import describer
from hotlog.capture.placed_values import PlacedValues
from hotlog.capture.scalars import as_python_writes
from hotlog.capture.shares import (
    COMPOUND_BYTES,
    FEW,
    SCALAR_BYTES,
    are_small,
    count_fitting,
    is_small,
    length_of,
    mark_cut,
)
from hotlog.reading.budget import Unavailable
from hotlog.reading.classes import ById, type_name
from hotlog.reading.secret_check import SMALL, UNCHECKED_CHARS
from hotlog.redaction.key_cache import KEY_MAX_CHARS
from hotlog.redaction.redact import REDACTED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hotlog.reading.reader import Reader

_PLENTY_BYTES: Final = (
    limits.EVENT_MAX_BYTES // 2
)  # while so much is left, what is small has room whatever comes
_SMALL_ITEMS: Final = 12
_WHOLE_BYTES: Final = 9  # a small whole number, with what stands between two of them
_RECORDS: Final = ById(dict, list, tuple)
_LOOK_EVERY_BYTES: Final = 256  # the time is looked at again after so much of what is shown: some 10 µs


def capture(value: object, reader: Reader, name: str = "", room: int = limits.EVENT_MAX_BYTES) -> Any:
    """Return one value as JSON-safe data.

    Args:
        value: any live object.
        reader: reads it, and knows what may be shown and what the hit may still cost.
        name: what it is called where it comes from: decides redaction by name.
        room: bytes that it may take of the event.
    """
    budget = reader.budget
    kept = max(0, budget.output_bytes - room)  # for what else the event holds
    budget.output_bytes -= kept
    walk = Walk(reader)
    shown: list[Any] = [None]
    if name:
        walk.put_named(shown, 0, name, value)
    else:
        walk.put(shown, 0, value)
    walk.finish()
    budget.output_bytes += kept
    return shown[0]


def capture_vars(variables: Mapping[str, object], reader: Reader) -> dict[str, Any]:
    """Return captured variables by name, at most `limits.VARIABLES_MAX`."""
    walk = Walk(reader)
    shown = walk.variables(variables)
    walk.finish()
    return shown


class Walk(PlacedValues):
    """Captures values and all values inside them. Nothing may be shown before `finish`.

    Args:
        reader: as `capture`.

    Attributes:
        reader: the same.
        few: a dict of no more pairs is copied in one go, as far as it is plain.
        look_at_bytes: the time is looked at again when the budget has no more bytes left than these.
        held: texts that are still to be looked through for secrets: what holds each, the place in it, and itself.
    """

    __slots__ = ("few", "held", "look_at_bytes")

    def __init__(self, reader: Reader) -> None:
        super().__init__(reader)
        self.few = min(_SMALL_ITEMS, self.most)
        self.look_at_bytes = self.budget.output_bytes
        self.held: list[tuple[Any, Any, str]] = []

    def variables(self, variables: Mapping[str, object]) -> dict[str, Any]:
        """Return the variables by name, each filled in by `finish`."""
        keys, plain, put = self.keys, self.keys.plain, self.put
        self.above, self.floor = (), 0
        shown: dict[str, Any] = {}
        pairs = list(variables.items())
        for name, value in pairs:
            if not name.isidentifier():
                continue  # `.0`, the iterator of a comprehension
            if len(shown) >= limits.VARIABLES_MAX:
                shown.update({"@cut": "items", "@len": len(variables)})
                break
            if name not in plain and ((key := keys(name)).says or key.is_beside):
                self.put_judged(shown, name, key, name, value, pairs)
            else:
                put(shown, name, value)
        return shown

    def finish(self) -> None:
        """Fill in all that waits, and take the secrets out of all texts."""
        if self.waiting:
            self.run()
        if self.long:
            self.show_long()
        self.settle()

    def fill(self, shown: Any, value: Any, kind: type, above: tuple[int, ...]) -> None:
        """Fill in one value."""
        if self.budget.output_bytes <= self.look_at_bytes and self._is_over(shown, value, kind):
            return
        try:
            if kind is dict and len(value) <= self.few:
                pairs = list(value.items())
                copied = self.copy_plain(pairs, shown)
                if copied < len(pairs):
                    self.above = (*above, id(value))
                    self.pairs(pairs, shown, copied)
                return
            self.above = (*above, id(value))
            if kind is dict:
                self.mapping(value, shown)
            elif kind is list:
                self.items(value[: self.most], len(value), shown)
            else:
                describer(kind)(value, self, shown)
        except Unavailable as why:
            mark_cut(shown, {"@type": type_name(kind), "@unavailable": self.scrub(why.reason)})
        except RuntimeError as fault:
            # What the interpreter says when another thread changes a container that is being iterated.
            if "during iteration" not in str(fault):
                raise
            mark_cut(shown, {"@type": type_name(kind), "@unavailable": "changed while it was read"})

    def _is_over(self, shown: Any, value: Any, kind: type) -> bool:
        """Return whether the event is full, or the time is over; the value is marked then."""
        left = self.budget.output_bytes
        if left < 0:
            mark_cut(shown, {"@cut": "size", **length_of(value, kind)})
            return True
        if self.budget.late:
            mark_cut(shown, {"@cut": "time"})
            return True
        self.look_at_bytes = max(0, left - _LOOK_EVERY_BYTES)
        return False

    def settle(self) -> None:
        """Take the secrets out of all texts that are held: nothing of the walk may be shown before."""
        # Step 6: one search over all held texts names those that may hold a secret; only these are scrubbed.
        held = self.held
        for at in self.reader.redaction.find_doubtful([text for _, _, text in held]) if held else ():
            holder, place, text = held[at]
            holder[place] = {"@cut": "time", "@len": len(text)} if self.budget.late else self.scrub(text)

    def mapping(self, value: dict[Any, Any], shown: dict[str, Any]) -> None:
        """Write the captured items of a dict, or of an instance of a subclass, into `shown`."""
        size = dict.__len__(value)
        self.pairs(list(islice(dict.items(value), self.most)), shown)
        if size > self.most and "@cut" not in shown:
            shown.update({"@cut": "items", "@len": size})

    def pairs(self, pairs: list[tuple[Any, Any]], shown: dict[str, Any], done: int = 0) -> None:  # noqa: C901, PLR0912 -- the common kinds first
        """Write keys and values, or names and fields, into `shown`, which the first so many are in."""
        budget, plain, known, hold = self.budget, self.keys.plain, self.known, self.held.append
        left, longest, least, most = budget.output_bytes, limits.STRING_MAX_CHARS, -SMALL, SMALL
        floor = self.floor
        begun, paid, waits = len(pairs), 0, len(self.waiting)
        if begun > _SMALL_ITEMS and type(pairs[1][1]) in _RECORDS:
            begun, paid = count_fitting([value for _, value in pairs], left - floor)
        above, wait, deep = self.above, self.waiting.append, len(self.above) >= self.deepest
        for key, element in pairs if not done and begun == len(pairs) else pairs[done:begun]:
            # Step 5: the share of the event is spent.
            if left < floor:
                begun = 0
                break
            key_bytes = plain.get(key) if type(key) is str else None
            kind = type(element)
            # Step 1: a key that is not known as harmless is looked at by itself.
            if key_bytes is None or key in shown:
                budget.output_bytes = left
                self._pair(key, element, pairs, shown)
                left = budget.output_bytes
            # Step 4: the common kinds as `put` would, without the call: half of what a row of a table takes.
            elif kind is str and len(element) <= longest and element.isascii():
                shown[key] = element
                if len(element) > UNCHECKED_CHARS and element not in known:
                    hold((shown, key, element))  # step 6
                left -= key_bytes + len(element) + 4
            elif (
                ((kind is int or kind is float) and least < element < most) or kind is bool or element is None
            ):
                shown[key] = element
                left -= key_bytes + SCALAR_BYTES
            elif kind is dict or kind is list:
                left -= key_bytes + COMPOUND_BYTES
                if deep or id(element) in above:
                    shown[key] = self._wait(element, kind)
                else:
                    made: Any = {} if kind is dict else []
                    shown[key] = made
                    if left > _PLENTY_BYTES and not paid and len(element) <= _SMALL_ITEMS:
                        budget.output_bytes = left
                        self.fill(made, element, kind, above)
                        self.above, left = above, budget.output_bytes
                    else:
                        wait((made, element, kind, above, 0))
            else:
                budget.output_bytes = left
                self.put(shown, key, element)
                left = budget.output_bytes - key_bytes
        if begun < len(pairs):
            shown.update({"@cut": "size", "@len": len(pairs)})
        budget.output_bytes = left
        if paid:
            self._pay_ahead(waits, paid)

    def _pair(self, key: Any, element: Any, pairs: list[tuple[Any, Any]], shown: dict[str, Any]) -> None:
        """Write into `shown` a pair whose key the cache does not know as plain."""
        # The key as it is shown, made unique: two keys may be the same text once they are cut or converted.
        short = type(key) is str and len(key) < KEY_MAX_CHARS
        found = self.keys(key if short else self.key_text(key))
        text, says, size, is_beside = found
        while text in shown:
            text += "'"
        if not short and text[:1] != "@":
            text = as_python_writes(key, text)
        # Step 1: a secret name, or one whose neighbours may say more.
        if says or is_beside or type(key) is tuple:
            self.put_judged(shown, text, found, key, element, pairs)
        elif is_small(element):
            shown[text] = element
            size += SCALAR_BYTES
        else:
            self.put(shown, text, element)
        self.budget.output_bytes -= size

    def items(self, elements: list[Any], size: int, shown: list[Any]) -> None:  # noqa: C901, PLR0912, PLR0915 -- the common kinds first, without a call each
        """Write the elements of a sequence or set into `shown`; marked as cut where `size` is larger."""
        # Step 1: `[name, value]` with a secret name, and rows below a header with one.
        if size == len(elements) and self.reader.is_hidden_pair(elements, list):
            for element in elements[:-1]:
                shown.append(None)
                self.put(shown, len(shown) - 1, element)
            shown.append(REDACTED)
            return
        if len(elements) > 1:
            elements = self.neighbours.in_order(elements)
        budget, known, hold, floor = self.budget, self.known, self.held.append, self.floor
        left = budget.output_bytes
        if are_small(elements):
            fit = max(FEW, (left - floor) // _WHOLE_BYTES)
            budget.output_bytes = left - _WHOLE_BYTES * min(fit, len(elements))
            shown += elements[:fit]
            if size > len(shown):
                shown.append({"@cut": "items" if fit >= len(elements) else "size", "@len": size})
            return
        longest, least, most = limits.STRING_MAX_CHARS, -SMALL, SMALL
        begun, paid, waits = len(elements), 0, len(self.waiting)
        if begun > _SMALL_ITEMS and type(elements[1]) in _RECORDS:
            begun, paid = count_fitting(elements, left - floor)
        # Step 4. `hidden`: the element before is an option such as `--password`, whose value comes now (step 1).
        hidden = False
        above, wait, deep = self.above, self.waiting.append, len(self.above) >= self.deepest
        for element in elements if begun == len(elements) else elements[:begun]:
            # Step 5: the share of the event is spent.
            if left < floor:
                begun = 0
                break
            kind = type(element)
            if hidden:
                shown.append(REDACTED)
                hidden = self.reader.is_hidden_option(element)
            elif kind is int and least < element < most:
                shown.append(element)
                left -= _WHOLE_BYTES
            elif kind is str and len(element) <= longest and element.isascii():
                if len(element) > UNCHECKED_CHARS and element not in known:
                    hold((shown, len(shown), element))
                shown.append(element)
                left -= len(element) + 4
                hidden = element[:1] == "-" and self.hides(element)
            elif kind is dict or kind is list:
                left -= COMPOUND_BYTES
                if deep or id(element) in above:
                    shown.append(self._wait(element, kind))
                else:
                    made: Any = {} if kind is dict else []
                    shown.append(made)
                    if left > _PLENTY_BYTES and not paid and len(element) <= _SMALL_ITEMS:
                        budget.output_bytes = left
                        self.fill(made, element, kind, above)
                        self.above, left = above, budget.output_bytes
                    else:
                        wait((made, element, kind, above, 0))
            else:
                budget.output_bytes = left
                shown.append(None)
                self.put(shown, len(shown) - 1, element)
                left = budget.output_bytes
                hidden = kind is str and self.reader.is_hidden_option(element)
        if begun < len(elements):
            shown.append({"@cut": "size", "@len": size})
        elif size > len(elements):
            shown.append({"@cut": "items", "@len": size})
        budget.output_bytes = left
        if paid:
            self._pay_ahead(waits, paid)
