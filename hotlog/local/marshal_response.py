"""A handler's response as Lambda sends it: by the runtime's own marshaller where that is installed, else by its equal.

What Lambda's encoder (`awslambdaric`, which sits on `simplejson`) does otherwise than `json`: a Decimal is a number with the
digits that it has, a named tuple is an object, bytes are text in UTF-8, and from Python 3.12 on text stays as it is.
"""

from __future__ import annotations

from decimal import Decimal
from json.encoder import encode_basestring, encode_basestring_ascii
from typing import TYPE_CHECKING, Any, Final

from hotlog import __builtins__
from hotlog.config import runtime_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_ASCII_BELOW: Final = "AWS_Lambda_python3.12"


def marshal_response(response: object) -> str | bytes:
    """Return what Lambda answers where a handler returns this.

    Raises:
        Exception: it cannot be sent: Lambda reports its text.
    """
    if isinstance(response, bytes):
        return response
    try:
        # Its encoder reads the variables of the environment as it is made.
        from awslambdaric.lambda_runtime_marshaller import to_json
    except ImportError:
        return encode(response)
    return str(to_json(response))


def encode(value: object) -> str:
    """Return the JSON that Lambda's encoder makes of a value.

    Raises:
        TypeError: JSON cannot carry it.
        ValueError: it contains itself.
        RecursionError: it is nested too deeply.
    """
    quote = encode_basestring_ascii if _is_ascii() else encode_basestring
    return "".join(_encode(value, quote, set()))


def _is_ascii() -> bool:
    """Return whether text beyond ASCII is escaped: in runtimes before Python 3.12, and outside of Lambda's."""
    runtime = runtime_name()
    return not (runtime.startswith(_ASCII_BELOW[:-2]) and runtime >= _ASCII_BELOW)


def _encode(value: Any, quote: Callable[[str], str], above: set[int]) -> Iterator[str]:
    text = _scalar(value, quote)
    if text is not None:
        yield text
        return
    if id(value) in above:
        raise ValueError("Circular reference detected")
    above.add(id(value))
    fields = _fields(value)
    if fields is not None:
        yield from _encode_object(fields, quote, above)
    elif isinstance(value, list | tuple):
        yield from _encode_list(value, quote, above)
    elif isinstance(value, dict):
        yield from _encode_object(value, quote, above)
    elif isinstance(value, Decimal):
        yield "NaN" if value.is_nan() else str(value)
    else:
        raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")
    above.discard(id(value))


def _scalar(value: Any, quote: Callable[[str], str]) -> str | None:
    """Return the JSON of text, a number or a constant; None for any other value."""
    if isinstance(value, str):
        return quote(value)
    if isinstance(value, bytes):
        return quote(str(value, "utf-8"))
    if value is None:
        return "null"
    if value is True or value is False:
        return "true" if value else "false"
    if isinstance(value, int):
        return int.__repr__(value)
    return _float(value) if isinstance(value, float) else None


def _float(value: float) -> str:
    if value != value:  # noqa: PLR0124 -- only NaN is not itself
        return "NaN"
    if value in {float("inf"), float("-inf")}:
        return "Infinity" if value > 0 else "-Infinity"
    return float.__repr__(value)


def _fields(value: Any) -> Mapping[Any, Any] | None:
    """Return what `_asdict` of a named tuple, or of any object that has one, gives; None where there is none."""
    method = getattr(value, "_asdict", None)
    if not callable(method):
        return None
    try:
        fields = method()
    except TypeError:  # it takes arguments: of a class, as a rule
        return None
    if not isinstance(fields, dict):
        raise TypeError(f"_asdict() must return a dict, not {type(fields).__name__}")
    return fields


def _encode_list(
    values: list[Any] | tuple[Any, ...], quote: Callable[[str], str], above: set[int]
) -> Iterator[str]:
    before = "["
    for value in values:
        yield before
        yield from _encode(value, quote, above)
        before = ", "
    yield "]" if before == ", " else "[]"


def _encode_object(fields: Mapping[Any, Any], quote: Callable[[str], str], above: set[int]) -> Iterator[str]:
    before = "{"
    for key, value in fields.items():
        yield f"{before}{quote(_key(key))}: "
        yield from _encode(value, quote, above)
        before = ", "
    yield "}" if before == ", " else "{}"


def _key(key: Any) -> str:
    if isinstance(key, str):
        return key
    if isinstance(key, bytes):
        return str(key, "utf-8")
    if isinstance(key, float):
        return _float(key)
    if key is None or key is True or key is False:
        return {None: "null", True: "true", False: "false"}[key]
    if isinstance(key, int):
        return int.__repr__(key)
    raise TypeError(f"keys must be str, int, float, bool or None, not {type(key).__name__}")
