"""What values of known types consist of: elements, or names and values. Read in C, or from where the type itself keeps them.

As in `value_types` the table holds names, not classes: nothing is imported for it, and a class that only claims to be one of
these is none. Snapshots, messages and expressions all ask here.
"""

from __future__ import annotations

import gc
import sys
from functools import partial
from itertools import islice
from types import CellType, FunctionType
from typing import TYPE_CHECKING, Any, Final

from hotlog import __builtins__, limits
from hotlog.reading.classes import (
    ByClass,
    class_attribute,
    find_loaded,
    inherits,
    is_heap,
    mro_of,
    type_name,
)
from hotlog.reading.instance_state import MISSING, instance_dict, plain_get, slot
from hotlog.reading.record_parts import (
    Parts,
    dict_inside,
    fields,
    members,
    name_parts,
    read_bound,
    read_condition,
    read_context_variable,
    read_headers,
    read_namespace,
    read_stream,
)

if TYPE_CHECKING:
    from collections.abc import Callable

_MOST: Final = limits.CAPTURE_MAX_ITEMS
_PLAIN_ARRAYS: Final = frozenset("biufcSUMm")  # kinds of numpy's elements that hold no objects
_ARRAY_MAX_BYTES: Final = 64_000
_PAIR: Final = 2
_PROXY: Final = "_LocalProxy__wrapped"


def parts_of(value: object) -> Parts | None:
    """Return what a value of a known type consists of; None of any other, or where it cannot be had."""
    read = reader_of(type(value))
    return None if read is None else read(value)


@ByClass
def reader_of(cls: type) -> Callable[[Any], Parts | None] | None:
    """Return the function that reads the parts of a class's instances; None where the class is not known."""
    for base in mro_of(cls):
        name = type_name(base)
        read = _READERS.get(name)
        if read is None or not (base is cls or name in _WITH_SUBCLASSES):
            continue
        module, _, short = name.rpartition(".")
        if not module:  # of the interpreter itself, whose types no module holds
            return read if not is_heap(base) else None
        if find_loaded(module, short) is base:
            return read
    names = _structure_names(cls) if inherits(cls, tuple) else ()
    return partial(_structure, names) if names else None


def dict_of_view(view: object) -> Any:
    """Return the dict that a view, or a mapping proxy, looks at; None where it is no dict."""
    held = gc.get_referents(view)
    return held[0] if len(held) == 1 and inherits(type(held[0]), dict) else None


def proxied(value: object) -> Any:
    """Return the object that a proxy of werkzeug stands for in this context; `MISSING` where none is bound, or code would run."""
    local = slot(value, _PROXY)
    current = slot(value, "_get_current_object")
    if type(local) is not find_loaded("_contextvars", "ContextVar") or type(current) is not FunctionType:
        return MISSING
    found = local.get(MISSING)
    cells = current.__closure__ or ()
    for name, cell in zip(current.__code__.co_freevars, cells, strict=False):
        if name == "get_name" and type(cell) is CellType:
            return _get_by(cell.cell_contents, found)
    return MISSING


def _get_by(get_name: Any, found: object) -> Any:
    """Return what `operator.attrgetter(name)` would, where that is a stored attribute; the object itself where nothing is asked for."""
    if type(get_name) is FunctionType:  # werkzeug's `_identity`
        return found
    if found is MISSING or type(get_name) is not find_loaded("operator", "attrgetter"):
        return MISSING
    _, names = get_name.__reduce__()
    if len(names) != 1 or type(names[0]) is not str:
        return MISSING
    stored = plain_get(instance_dict(found) or {}, names[0], MISSING)
    return slot(found, names[0]) if stored is MISSING else stored


# --- elements ----------------------------------------------------------------------------------------------------


def _iterated(base_name: str) -> Callable[[Any], Parts]:
    """Return a reader of what a class in C gives, one by one."""

    def read(value: Any) -> Parts:
        base: Any = _base(value, base_name)
        found = Parts(base.__len__(value), list(islice(base.__iter__(value), _MOST)))
        most = slot(value, "maxlen")
        return found._replace(beside={"maxlen": most}) if type(most) is int else found

    return read


def _base(value: object, name: str) -> type:
    return next(base for base in mro_of(type(value)) if type_name(base) == name)


def _keys(view: Any) -> Parts | None:
    mapping = dict_of_view(view)
    return (
        None if mapping is None else Parts(dict.__len__(mapping), list(islice(dict.__iter__(mapping), _MOST)))
    )


def _values(view: Any) -> Parts | None:
    parts = _mapping(view)
    return None if parts is None else parts._replace(shows_names=False, is_mapping=False)


def _items(view: Any) -> Parts | None:
    mapping = dict_of_view(view)
    if mapping is None:
        return None
    return Parts(dict.__len__(mapping), list(islice(dict.items(mapping), _MOST)))


def _array(value: Any) -> Parts | None:
    base: Any = _base(value, "array.array")
    if slot(value, "typecode") in {"u", "w"}:
        return None  # a text, which shows as one
    some = base.__getitem__(value, slice(_MOST))
    return Parts(base.__len__(value), base.tolist(some), beside={"typecode": slot(value, "typecode")})


def _list_inside(value: Any) -> Parts | None:
    inner = plain_get(instance_dict(value) or {}, "data", None)
    return Parts(len(inner), inner[:_MOST]) if type(inner) is list else None


def _numpy_array(value: Any) -> Parts | None:
    numpy = sys.modules["numpy"]
    dtype = numpy.ndarray.dtype.__get__(value)
    shape = numpy.ndarray.shape.__get__(value)
    if (
        not inherits(type(dtype), numpy.dtype)
        or numpy.dtype.kind.__get__(dtype) not in _PLAIN_ARRAYS
        or numpy.ndarray.nbytes.__get__(value) > _ARRAY_MAX_BYTES
        or not shape
    ):
        return None
    elements: list[Any] = numpy.ndarray.tolist(value)
    return Parts(
        shape[0],
        elements[:_MOST],
        beside={"shape": list(shape), "dtype": str(numpy.dtype.str.__get__(dtype))},
    )


# --- names and values --------------------------------------------------------------------------------------------


def _mapping(view: Any) -> Parts | None:
    mapping = dict_of_view(view)
    if mapping is None:
        return None
    return name_parts(dict.items(mapping), dict.__len__(mapping))._replace(is_mapping=True)


def _chain(value: Any) -> Parts | None:
    maps = plain_get(instance_dict(value) or {}, "maps", None)
    if type(maps) is not list or len(maps) > _MOST or not all(type(each) is dict for each in maps):
        return None
    if not all(type(key) is str for each in maps for key in islice(each, _MOST)):
        return None
    merged: dict[str, Any] = {}
    for each in reversed(maps):
        if len(each) > _MOST:
            return None
        merged.update(each)
    return name_parts(merged.items(), len(merged))._replace(is_mapping=True)


def _headers(value: Any) -> Parts | None:
    headers = plain_get(instance_dict(value) or {}, "_headers", None)
    if type(headers) is not list or not all(
        type(each) is tuple and len(each) == _PAIR for each in headers[:_MOST]
    ):
        return None
    return name_parts(headers, len(headers))


def _sqlite_row(value: Any) -> Parts:
    names, size = value.keys(), len(value)
    return name_parts(((name, value[place]) for place, name in enumerate(names)), size)


def _sqlalchemy_row(value: Any) -> Parts | None:
    data, places = slot(value, "_data"), slot(value, "_key_to_index")
    if type(data) is not tuple or type(places) is not dict or len(places) > _MOST:
        return None
    names: dict[int, str] = {}
    for name, place in places.items():
        if type(name) is str and type(place) is int and 0 <= place < len(data):
            names.setdefault(place, name)
    return name_parts(((names.get(place, str(place)), each) for place, each in enumerate(data)), len(data))


@ByClass
def _structure_names(cls: type) -> tuple[str, ...]:
    """Return the names of the fields of a structure in C, such as `time.struct_time`; empty for any other class."""
    names = (
        class_attribute(cls, "__match_args__")[1] if class_attribute(cls, "n_sequence_fields")[0] else None
    )
    return names if type(names) is tuple and all(type(name) is str for name in names) else ()


def _row_mapping(value: Any) -> Parts | None:
    row = _sqlalchemy_row(value)
    return None if row is None else row._replace(is_mapping=True)


def _structure(names: tuple[str, ...], value: Any) -> Parts:
    return name_parts(zip(names, tuple.__iter__(value), strict=False), min(len(names), tuple.__len__(value)))


_READERS: Final[dict[str, Callable[[Any], Parts | None]]] = {
    "_asyncio.Future": members("_state", "_result", "_exception"),
    "_asyncio.Task": members("_state", "_result", "_exception", "_coro"),
    "_contextvars.ContextVar": read_context_variable,
    "_io.BytesIO": read_stream,
    "argparse.Namespace": read_namespace,
    "array.array": _array,
    "asyncio.locks.Event": fields("_value"),
    "asyncio.locks.Lock": fields("_locked"),
    "asyncio.locks.Semaphore": fields("_value"),
    "asyncio.queues.Queue": fields("_maxsize", "_queue"),
    "aws_lambda_powertools.utilities.data_classes.common.DictWrapper": dict_inside("_data"),
    "boto3.dynamodb.conditions.Attr": fields("name"),
    "boto3.dynamodb.conditions.ConditionBase": read_condition,
    "boto3.dynamodb.conditions.Key": fields("name"),
    "boto3.dynamodb.types.Binary": fields("value"),
    "botocore.config.Config": dict_inside("_user_provided_options", is_record=True),
    "botocore.response.StreamingBody": fields("_amount_read", "_content_length"),
    "collections.ChainMap": _chain,
    "collections.UserDict": dict_inside("data"),
    "collections.UserList": _list_inside,
    "collections.deque": _iterated("collections.deque"),
    "concurrent.futures._base.Future": fields("_state", "_result", "_exception"),
    "configparser.ConfigParser": dict_inside("_sections", is_record=True),
    "csv.DictReader": fields("_fieldnames", "line_num"),
    "dict_items": _items,
    "dict_keys": _keys,
    "dict_values": _values,
    "email.message.Message": _headers,
    "functools.partial": members("func", "args", "keywords"),
    "http.client.HTTPConnection": fields("host", "port"),
    "http.client.HTTPResponse": fields("status", "reason", "headers", "length"),
    "http.client.HTTPSConnection": fields("host", "port"),
    "httpx.Headers": read_headers,
    "httpx2.Headers": read_headers,
    "logging.Logger": fields("name", "level", "disabled"),
    "logging.LogRecord": fields("name", "levelname", "msg", "args", "pathname", "lineno"),
    "mappingproxy": _mapping,
    "numpy.ndarray": _numpy_array,
    "odict_items": _items,
    "odict_keys": _keys,
    "odict_values": _values,
    "optparse.Values": read_namespace,
    "queue.LifoQueue": fields("maxsize", "queue"),
    "queue.PriorityQueue": fields("maxsize", "queue"),
    "queue.Queue": fields("maxsize", "queue"),
    "slice": members("start", "stop", "step"),
    "sqlalchemy.engine.row.Row": _sqlalchemy_row,
    "sqlalchemy.engine.row.RowMapping": _row_mapping,
    "sqlalchemy.sql.elements.BindParameter": read_bound,
    "sqlite3.Cursor": members("rowcount", "lastrowid", "description"),
    "sqlite3.Row": _sqlite_row,
    "starlette.datastructures.Headers": read_headers,
    "starlette.datastructures.State": dict_inside("_state", is_record=True),
    "string.Template": fields("template"),
    "subprocess.CompletedProcess": fields("args", "returncode", "stdout", "stderr"),
    "subprocess.Popen": fields("args", "pid", "returncode"),
    "tarfile.TarInfo": members("name", "size", "mtime", "mode"),
    "tempfile.TemporaryDirectory": fields("name"),
    "tempfile._TemporaryFileWrapper": fields("name", "delete"),
    "threading.Event": fields("_flag"),
    "threading.Semaphore": fields("_value"),
    "urllib.request.Request": fields("_full_url", "method", "_data", "headers"),
    "werkzeug.datastructures.headers.Headers": read_headers,
    "zipfile.ZipFile": fields("filename", "mode"),
    "zipfile.ZipInfo": members("filename", "file_size", "compress_size", "date_time"),
}
# Their readers look at fields or use functions in C: they take an instance of a subclass as well.
_WITH_SUBCLASSES: Final = frozenset(
    {
        "array.array",
        "aws_lambda_powertools.utilities.data_classes.common.DictWrapper",
        "boto3.dynamodb.conditions.ConditionBase",
        "collections.ChainMap",
        "collections.UserDict",
        "collections.UserList",
        "collections.deque",
        "email.message.Message",
        "numpy.ndarray",
        "sqlalchemy.engine.row.Row",
        "starlette.datastructures.Headers",
    }
)
