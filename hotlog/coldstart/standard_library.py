"""Finds modules of the application that have a name of the standard library's: hotlog must never run them.

The function's folder comes first on `sys.path`. So an `ast.py` of the application's own is what `import ast` finds, in
hotlog too, and in the standard library itself. It may do anything: end the process, wait, ask a service. And the real
one cannot be loaded in its place: from then on the application's `import ast` would find that.

So hotlog looks before it imports, and stays out where it would meet such a module. Nothing is imported for a look, and
no look runs code of the application's, but for the finders that it has put into `sys.meta_path`: they are asked by
every import.

This module itself needs nothing that is not loaded in each process.
"""

# ruff: noqa: SIM905 -- tables of words read better as text

from __future__ import annotations

import os
import sys
from importlib.machinery import PathFinder

from hotlog import __builtins__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from importlib.machinery import ModuleSpec
    from typing import Any

CODE = "shadowed-module"

# What the standard library loads for hotlog, of all Pythons. A test compares this with what a new process loads.
START = (
    "__future__ _blake2 _datetime _hashlib _hmac _json _socket _ssl _struct _typing _weakrefset array base64 binascii contextlib "
    "datetime fcntl fnmatch glob grp hashlib hmac ipaddress json math ntpath pathlib pwd select selectors socket ssl struct threading "
    "typing urllib weakref zlib"
).split()
ENGINE = (
    "_bisect _contextvars _heapq _opcode _opcode_metadata _random _sha2 _sha512 ast bisect contextvars copy dataclasses difflib dis heapq inspect "
    "linecache opcode random symtable sysconfig token tokenize"
).split()
# And for boto3 and watchtower, with a client that has made a call.
BOTO3 = (
    "__future__ _bisect _blake2 _bz2 _colorize _compat_pickle _compression _contextvars _csv _datetime _decimal "
    "_elementtree _hashlib _heapq _hmac _interpreters _json _lzma _markupbase _multiprocessing _opcode _opcode_metadata _pickle _posixshmem "
    "_posixsubprocess _py_warnings _queue _random _sha2 _sha512 _socket _ssl _struct _typing _uuid _weakrefset _zstd annotationlib array ast base64 "
    "binascii bisect bz2 calendar collections compression concurrent configparser contextlib contextvars copy copyreg csv dataclasses "
    "datetime decimal dis email enum fcntl fnmatch functools getpass glob grp gzip hashlib heapq hmac html http importlib "
    "inspect ipaddress json keyword linecache locale logging lzma math mimetypes mmap multiprocessing ntpath numbers "
    "opcode operator pathlib pickle platform pyexpat queue quopri random re reprlib runpy secrets select selectors shlex "
    "shutil signal socket ssl string stringprep struct subprocess tempfile termios textwrap threading token tokenize "
    "traceback types typing unicodedata urllib uuid warnings weakref xml zipfile zlib"
).split()

_FOLDER = os.path.dirname(os.__file__)
_BELOW = _FOLDER + os.sep
_INSTALLED = (f"site-packages{os.sep}", f"dist-packages{os.sep}")  # lie there too, and are not part of it


def find_shadow(names: Iterable[str]) -> str:
    """Return a sentence about a module that stands in for one of the standard library; empty where none does.

    Args:
        names: of modules of the standard library, without a dot; those that this Python has not are left out.
    """
    ahead = _Ahead()
    for name in names:
        if name not in sys.stdlib_module_names:
            continue
        found = _origin_of(name, ahead)
        if found and not is_standard(found):
            return (
                f"{found} has the name of Python's own module {name}, which hotlog needs and would run in its place; "
                "hotlog stays out until it has another name"
            )
    return ""


def find_shadow_for_boto3() -> str:
    """Return what `find_shadow` does, of what boto3 imports; empty where it is loaded."""
    return "" if "boto3" in sys.modules else find_shadow(BOTO3)


def is_standard(origin: str) -> bool:
    """Return whether a module with that origin belongs to the standard library."""
    if origin in {"built-in", "frozen"}:
        return True
    if not origin.startswith(_BELOW):
        origin = os.path.abspath(origin)
    return origin.startswith(_BELOW) and not origin.startswith(_INSTALLED, len(_BELOW))


def is_in_lambda() -> bool:
    """Return whether this process is a function's."""
    return "AWS_LAMBDA_FUNCTION_NAME" in os.environ


def step_aside(code: str, reason: str) -> Callable[..., Any]:
    """Return what stands in for `hotlog.wrap` and wraps nothing; in Lambda write one status event that says why.

    Args:
        code: stable word, such as `shadowed-module`.
        reason: a sentence for people.
    """

    def wrap(handler: Any = None, **_: object) -> Any:
        return (lambda found: found) if handler is None else handler

    if is_in_lambda() and os.environ.get("HOTLOG", "").strip().lower() not in _OFF:
        try:
            os.write(1, _EVENT.format(code, _escape(reason)).encode("utf-8", "replace"))
        except OSError:  # nobody listens: the function runs all the same
            return wrap
    return wrap


_OFF = ("off", "0", "false", "no")  # values of HOTLOG, as in hotlog/config.py, which needs more modules
_EVENT = '{{"hotlog":"status","v":2,"rule":"","state":"error","code":"{}","reason":"{}","level":"INFO"}}\n'


def _escape(text: str) -> str:
    """Return the text as it stands in a string of JSON, whose own module may be what is shadowed."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return "".join(character for character in escaped if character >= " ")


class _Ahead:
    """The entries of the path that come before the standard library's folder.

    Attributes:
        entries: of `sys.path`.
        names: of what lies in those that are folders, up to the first dot: one listing instead of a look for each name.
        has_others: there are entries that cannot be listed, such as zips.
    """

    def __init__(self) -> None:
        self.entries: list[str] = []
        self.names: set[str] = set()
        self.has_others = False
        for entry in sys.path:
            if type(entry) is not str:
                continue
            if entry == _FOLDER or os.path.abspath(entry) == _FOLDER:
                break
            self.entries.append(entry)
            try:
                self.names.update([name.partition(".")[0] for name in os.listdir(entry or os.curdir)])
            except (FileNotFoundError, ValueError):  # no name that a file can have
                continue
            except OSError:
                self.has_others = True

    def find(self, name: str) -> ModuleSpec | None:
        """Return what an import would find there; None for nothing."""
        if name in self.names or self.has_others:
            return PathFinder.find_spec(name, self.entries)
        return None


def _origin_of(name: str, ahead: _Ahead) -> str:
    """Return where the module comes from, or would; empty where it is the standard library's."""
    if name in sys.modules:
        return _find_loaded_origin(sys.modules[name])
    for finder in sys.meta_path:
        if finder is PathFinder:
            return _place_of(ahead.find(name))
        find = getattr(finder, "find_spec", None)
        if find is not None and (place := _place_of(find(name, None))):
            return place
    return ""


def _place_of(spec: ModuleSpec | None) -> str:
    """Return where a found module lies; empty for none, and for a folder without `__init__.py`, which shadows nothing."""
    if spec is None or spec.loader is None:
        return ""
    return spec.origin or "a module without a file"


def _find_loaded_origin(module: object) -> str:
    """Return where a loaded module comes from. It may be an object of anybody's, whose attributes are not asked for."""
    try:
        fields = object.__getattribute__(module, "__dict__")
    except AttributeError:
        fields = {}
    origin = getattr(fields.get("__spec__"), "origin", None) or fields.get("__file__")
    return origin if type(origin) is str else "an object without a file, put into sys.modules,"
