"""What `str()` says of an exception, without running a `__str__` of its own.

The builtin classes have rules of their own, and so have a few classes of the standard library and of pydantic: they are
written down here. The text of any other is made of its arguments, as that of an exception without a `__str__`.
"""

# ruff: noqa: SIM905 -- names of fields

from __future__ import annotations

import sys
from types import FunctionType
from typing import TYPE_CHECKING, Any, Final

from hotlog import __builtins__, limits
from hotlog.capture.exceptions import ARGS_OF, MEMBERS_OF, errors_of_model, notes_of
from hotlog.capture.snapshot import capture
from hotlog.reading.classes import class_attribute, find_loaded, inherits, is_heap, mro_of, type_name
from hotlog.reading.instance_state import MISSING, instance_dict, plain_get, slot
from hotlog.values.text import text_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from hotlog.reading.reader import Reader

_NUMBER_AND_TEXT: Final = 2  # arguments from which an OSError makes a text of its own
_NESTED_MAX: Final = 5  # errors that are the only argument of another, each in the next


def message_of(fault: BaseException, reader: Reader) -> str:
    """Return what `str()` of an exception says, redacted and bounded. No `__str__` of an application runs."""
    for _ in range(_NESTED_MAX):
        words = _say_as_known(fault, reader)
        if words is not None:
            return _fit(words)
        arguments = ARGS_OF(fault)
        if len(arguments) != 1 or not inherits(type(arguments[0]), BaseException):
            break
        fault = arguments[0]  # `RuntimeError(error)` says what that error says
    return _fit(_say_arguments(fault, reader))


def _fit(words: str) -> str:
    """Return a text within the size of a message; a mark says that there is more."""
    most = limits.MESSAGE_MAX_CHARS
    return words if len(words) <= most else f"{words[: most - 1]}…"


def _say_as_known(fault: BaseException, reader: Reader) -> str | None:
    """Return what a class that is known by its name, or keeps its text in a field, says; None where neither does."""
    cls = type(fault)
    for base in mro_of(cls):
        say = _SAYING.get(type_name(base))
        if say is not None and _is_known(base):
            words = say(fault, reader)
            if words is not None:
                return words
    if type(class_attribute(cls, "__str__")[1]) is FunctionType:
        # Its arguments are seldom what it says, and many such classes keep that as `message`.
        message = plain_get(instance_dict(fault) or {}, "message", None)
        return _text(message, reader) if type(message) is str else None
    return None


def notes_in_text(fault: BaseException, reader: Reader) -> list[str]:
    """Return the notes that a traceback prints below an exception, redacted and bounded."""
    notes = captured(notes_of(fault)[: reader.bounds.items], reader)
    return [_fit(text_of(note)) for note in notes] if isinstance(notes, list) else []


def _is_known(cls: type) -> bool:
    """Return whether the class is what its name says: the interpreter's own, or what the module named holds."""
    module, _, name = type_name(cls).rpartition(".")
    return not is_heap(cls) if not module else find_loaded(module, name) is cls


def _say_arguments(fault: BaseException, reader: Reader) -> str:
    arguments = ARGS_OF(fault)
    quoted = len(arguments) > 1
    # Together, as a name among them may say that the next is not to be shown.
    shown = captured(list(arguments[: reader.bounds.items]), reader)
    texts = [text_of(each, quoted=quoted) for each in shown] if isinstance(shown, list) else ["?"]
    return texts[0] if len(texts) == 1 else f"({', '.join(texts)})" if texts else ""


def captured(value: object, reader: Reader) -> Any:
    """Return a value as an event shows it, within the size of a message."""
    return capture(value, reader, room=2 * limits.MESSAGE_MAX_CHARS)


def _text(value: object, reader: Reader, *, quoted: bool = False) -> str:
    return text_of(captured(value, reader), quoted=quoted)


def _field(fault: BaseException, name: str) -> Any:
    """Return a field of an exception, from C or from the instance; None where there is none."""
    found = slot(fault, name)
    return plain_get(instance_dict(fault) or {}, name, None) if found is MISSING else found


def _say_key(fault: BaseException, reader: Reader) -> str | None:
    arguments = ARGS_OF(fault)
    return _text(arguments[0], reader, quoted=True) if len(arguments) == 1 else None


def _say_os(fault: BaseException, reader: Reader) -> str | None:
    number, words, file, other = (
        _field(fault, name) for name in ("errno", "strerror", "filename", "filename2")
    )
    if number is None or (words is None and len(ARGS_OF(fault)) < _NUMBER_AND_TEXT):
        return None
    text = f"[Errno {_text(number, reader)}] {_text(words, reader)}"
    if file is not None:
        text += f": {_text(file, reader, quoted=True)}"
        if other is not None:
            text += f" -> {_text(other, reader, quoted=True)}"
    return text


def _say_import(fault: BaseException, reader: Reader) -> str | None:
    words = _field(fault, "msg")
    return _text(words, reader) if type(words) is str else None


def _say_syntax(fault: BaseException, reader: Reader) -> str | None:
    words, file, line = (_field(fault, name) for name in ("msg", "filename", "lineno"))
    short = file.rpartition("/")[2] if type(file) is str else None
    at = [*([short] if short else []), *([f"line {line}"] if type(line) is int else [])]
    return reader.redaction.scrub(f"{_text(words, reader)} ({', '.join(at)})") if at else _text(words, reader)


def _say_unicode(fault: BaseException, reader: Reader) -> str | None:
    """Return `str()` of an error of a codec, which looks at what it holds: plain text, plain bytes, whole numbers."""
    names = ["object", "start", "end", "reason"]
    if not inherits(type(fault), UnicodeTranslateError):
        names.append("encoding")
    plain = [_field(fault, name) for name in names]
    kinds = [type(each) for each in plain]
    if not all(kind is str or kind is bytes or kind is int for kind in kinds):
        return None
    base = next(base for base in mro_of(type(fault)) if not is_heap(base))
    return reader.redaction.scrub(str(base.__str__(fault)))  # type: ignore[call-arg]  # in C


def _say_ssl(fault: BaseException, reader: Reader) -> str | None:
    words = _field(fault, "strerror")
    return _text(words, reader) if type(words) is str else _say_arguments(fault, reader)


def _say_answer(fault: BaseException, reader: Reader) -> str | None:
    """Return what werkzeug says of an error that becomes an HTTP answer; without its description where code would make it."""
    fields, cls = instance_dict(fault) or {}, type(fault)
    code, words = (plain_get(fields, name, class_attribute(cls, name)[1]) for name in ("code", "description"))
    statuses = sys.modules.get("http")
    if type(code) is not int or statuses is None:
        return None
    phrase = next((each.phrase for each in statuses.HTTPStatus if each == code), "Unknown Error")
    return f"{code} {phrase}{f': {_text(words, reader)}' if type(words) is str else ''}"


def _say_group(fault: BaseException, reader: Reader) -> str | None:
    count = len(MEMBERS_OF(fault))
    return f"{_text(_field(fault, 'message'), reader)} ({count} sub-exception{'' if count == 1 else 's'})"


def _say_process(fault: BaseException, reader: Reader) -> str | None:
    command, code = _field(fault, "cmd"), _field(fault, "returncode")
    if type(code) is not int:
        return None
    end = f"returned non-zero exit status {code}."
    if code < 0:
        signals = sys.modules.get("signal")
        name = next((each.name for each in signals.Signals if each == -code), "") if signals else ""
        end = f"died with {(name and f'<Signals.{name}: {-code}>') or f'unknown signal {-code}'}."
    return f"Command '{_text(command, reader)}' {end}"


def _say_process_timeout(fault: BaseException, reader: Reader) -> str | None:
    command, after = (_field(fault, name) for name in "cmd timeout".split())
    return f"Command '{_text(command, reader)}' timed out after {_text(after, reader)} seconds"


def _say_http(fault: BaseException, reader: Reader) -> str | None:
    return f"HTTP Error {_text(_field(fault, 'code'), reader)}: {_text(_field(fault, 'msg'), reader)}"


def _say_url(fault: BaseException, reader: Reader) -> str | None:
    reason = _field(fault, "reason")
    words = message_of(reason, reader) if inherits(type(reason), BaseException) else _text(reason, reader)
    return f"<urlopen error {words}>"


def _say_incomplete(fault: BaseException, reader: Reader) -> str | None:
    part, more = _field(fault, "partial"), _field(fault, "expected")
    if type(part) is not bytes:
        return None
    rest = f", {_text(more, reader)} more expected" if more is not None else ""
    return f"IncompleteRead({len(part)} bytes read{rest})"


def _say_model(fault: BaseException, reader: Reader) -> str | None:
    """Return what pydantic says of a model, without the inputs."""
    title, count = slot(fault, "title"), type(fault).error_count(fault)  # type: ignore[attr-defined]  # in Rust
    lines = [f"{count} validation error{'' if count == 1 else 's'} for {title}"]
    for each in captured(errors_of_model(fault), reader):
        if type(each) is dict and "loc" in each:
            place = ".".join(map(str, each["loc"].get("@items", ()))) if type(each["loc"]) is dict else ""
            lines += [*([place] if place else []), f"  {text_of(each['msg'])} [type={text_of(each['type'])}]"]
    return "\n".join(lines)


_SAYING: Final[dict[str, Callable[[Any, Any], str | None]]] = {
    "BaseExceptionGroup": _say_group,
    "ImportError": _say_import,
    "KeyError": _say_key,
    "OSError": _say_os,
    "SyntaxError": _say_syntax,
    "UnicodeDecodeError": _say_unicode,
    "UnicodeEncodeError": _say_unicode,
    "UnicodeTranslateError": _say_unicode,
    "http.client.IncompleteRead": _say_incomplete,
    "pydantic_core._pydantic_core.ValidationError": _say_model,
    "subprocess.CalledProcessError": _say_process,
    "ssl.SSLError": _say_ssl,
    "subprocess.TimeoutExpired": _say_process_timeout,
    "urllib.error.HTTPError": _say_http,
    "urllib.error.URLError": _say_url,
    "werkzeug.exceptions.HTTPException": _say_answer,
}
