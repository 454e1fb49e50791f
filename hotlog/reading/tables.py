"""Scalars of numpy, and how large its arrays and the tables of pandas are and what they are made of.

pandas is Python: all of its ways to a shape run its code, and perhaps that of an application's own column type. So a table is
looked at where pandas itself keeps it, in arrays of numpy and fields in C; neither library is imported for it.
"""

from __future__ import annotations

import sys
from itertools import islice
from typing import Any, Final

from hotlog import __builtins__
from hotlog.namedtuple import NamedTuple
from hotlog.reading.classes import NUMBERS, WHOLES, ById, find_loaded, inherits, type_name
from hotlog.reading.instance_state import MISSING, instance_dict, plain_get, slot

SCALAR_MAX_BYTES: Final = 10_000  # numpy's text and records are scalars of any size
_BLOCKS_MAX: Final = 1_000
_TYPES_MAX: Final = 20
# Where a column or an index of a type of pandas' own keeps its arrays: dates, categories and text; numbers that may be
# missing; intervals; values that are mostly the same.
_INNER_ARRAYS: Final = ("_ndarray", "_data", "_left", "_sparse_values")

_TEXTS: Final = ById(str, bytes)
_PLAIN_KINDS: Final = ("b", "f", "i", "u", "U")  # numpy's codes of numbers and texts


class Made(NamedTuple):
    """What an array is made of.

    Attributes:
        shape: elements along each axis; None where it cannot be had.
        kind: type of the elements: numpy's code, or the name of pandas' type; may be empty.
    """

    shape: tuple[int, ...] | None
    kind: str


def describe_scalar(value: Any) -> dict[str, object]:
    """Return a scalar of numpy: a whole one as a number, any other as numpy writes it."""
    numpy = sys.modules["numpy"]
    generic = numpy.generic
    if generic.nbytes.__get__(value) > SCALAR_MAX_BYTES:
        return {"@cut": "chars"}
    kind = type(value)
    if kind is numpy.datetime64 or kind is numpy.timedelta64:
        return {"@value": str(value)}  # both are functions in C
    plain = generic.item(value)
    # A whole float stays a number: it may be that of a card.
    if type(plain) in WHOLES or type(plain) in _TEXTS or (type(plain) is float and plain.is_integer()):
        return {"@value": plain}
    if any(kind is known for known in (numpy.float16, numpy.float32, numpy.longdouble, numpy.clongdouble)):
        return {"@value": str(value)}  # with as many digits as it has
    return {"@value": repr(plain)} if type(plain) in NUMBERS else {}


def describe_array(value: Any) -> dict[str, object]:
    """Return shape and dtype of a numpy array; its value where it has no axes."""
    made = _of_numpy(value)
    if made is None:
        return {}
    shown: dict[str, object] = {"shape": list(made.shape or ()), "dtype": made.kind}
    if made.shape == () and made.kind[1:2] in _PLAIN_KINDS:
        shown["@value"] = sys.modules["numpy"].ndarray.item(value)
    return shown


def describe_table(value: Any) -> dict[str, object]:
    """Return shape and column types of a pandas DataFrame or Series, read from its block manager."""
    manager = _get_kept(value, "_mgr")
    axes, blocks = _get_kept(manager, "axes"), _get_kept(manager, "blocks")
    if type(axes) is not list or type(blocks) is not tuple:
        return {}
    made = [_of_column(_get_kept(block, "values")) for block in islice(blocks, _BLOCKS_MAX)]
    # The manager has rows last. Where an axis does not tell its length, what lies along it may.
    lengths = [_of_index(axis).shape for axis in axes]
    shape = [length[0] if length else None for length in reversed(lengths)]
    if shape[0] is None:
        shape[0] = next((one.shape[-1] for one in made if one.shape), None)
    if shape[-1] is None and len(blocks) <= _BLOCKS_MAX:
        shape[-1] = sum(one.shape[0] if one.shape and len(one.shape) == len(axes) else 1 for one in made)
    kinds = sorted({one.kind for one in made if one.kind})[:_TYPES_MAX]
    return _describe(None if None in shape else shape, kinds[0] if len(kinds) == 1 else kinds)


def describe_index(value: Any) -> dict[str, object]:
    """Return length and type of a pandas Index."""
    made = _of_index(value)
    return _describe(list(made.shape) if made.shape else None, made.kind)


def _describe(shape: object, kinds: object) -> dict[str, object]:
    return {**({"shape": shape} if shape is not None else {}), **({"dtype": kinds} if kinds else {})}


def _get_kept(value: object, name: str) -> Any:
    """Return what an object holds in its `__dict__` or in a C field under this name."""
    found = plain_get(instance_dict(value) or {}, name, MISSING)
    return slot(value, name) if found is MISSING else found


def _of_numpy(value: object) -> Made | None:
    array = find_loaded("numpy", "ndarray")  # another thread may still be importing it
    if array is None or not inherits(type(value), array):
        return None
    return Made(array.shape.__get__(value), _kind_of(array.dtype.__get__(value)))


def _kind_of(dtype: object) -> str:
    numpy = sys.modules["numpy"]
    if inherits(type(dtype), numpy.dtype):
        return str(numpy.dtype.str.__get__(dtype))
    return type_name(type(dtype)).rpartition(".")[2]


def _of_column(values: object) -> Made:
    """Return what the values of columns are made of: a numpy array, or pandas' wrapper around one."""
    made = _of_numpy(values)
    if made is not None:
        return made
    dtype = _get_kept(values, "_dtype")
    kind = _kind_of(dtype) if type_name(type(dtype)).startswith(("pandas.", "numpy.")) else ""
    for name in _INNER_ARRAYS:
        inner = _of_numpy(_get_kept(values, name))
        if inner is not None:
            return Made(inner.shape, kind or inner.kind)
    return Made(None, kind)


def _of_index(value: object) -> Made:
    span = _get_kept(value, "_range")
    if type(span) is range:
        return Made((len(span),), "")
    codes = _get_kept(value, "_codes")  # of several levels
    if inherits(type(codes), list) and list.__len__(codes):
        made = _of_numpy(list.__getitem__(codes, 0))
        return Made(made.shape if made else None, "")
    return _of_column(_get_kept(value, "_data"))
