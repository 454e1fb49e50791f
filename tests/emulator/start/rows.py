"""The rows of the matrix of starts: what may be wrong around a function, one `Row` each.

A row says how the function is laid out, and what hotlog must say about it. It never says what the function answers:
`tests.emulator.start.cells` runs the same function without hotlog, and both must give the same bytes. To add a row,
append a `Row` to one of the tables below, or to one of `tests.emulator.start.surroundings`; each field that is not given has the value of a function that is well.

    Row("own `hotlog.py` at the top", "foreign hotlog", task={"hotlog.py": OTHER}, told="foreign-hotlog", logs=False)

- What lies around the function, with hotlog and without: `task`, `opt`, `variables`, `handler`, `events`.
- What is wrong with hotlog itself, so only with it: `damage` (files of the layer), `settings` (variables).
- What hotlog says: `told`, the code of the one status event that tells an error, and `logs`, whether the rule logs.
- Where the row has no cell: `cannot`, a reason for each deployment.

The handler is made by `app`, from code for its module's top and code for the handler's body. Its answer holds what it was
called with, and what it sees of its environment: whatever hotlog leaves there makes the answer another one.
"""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING, NamedTuple

from hotlog.client.code.packed_sources import pack_sources, unpack_sources

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

LAYER, WRAP, IMAGE = DEPLOYMENTS = ("layer", "wrap", "image")

PROBE = "# <probe>"
MESSAGE = "n={event[n]}"
EVENT = {"n": 7}

_APP = """
import os
import sys
{top}
NAMES = ("hotlog", "bytecode", "watchtower")
SEEN = {{
    "variables": {{name: os.environ.get(name) for name in ("_HANDLER", "PYTHONPATH", "LAMBDA_TASK_ROOT")}},
    "path": list(sys.path),
    "finders": [getattr(finder, "__name__", type(finder).__name__) for finder in sys.meta_path],
    "modules": sorted(name for name in sys.modules if name.partition(".")[0] in NAMES),
}}


def handler(event, context):
    found = None
{inside}
    answer = {{"event": event, "found": found, "seen": SEEN, "path": sys.path, "handler": os.environ.get("_HANDLER")}}
    return answer  # <probe>
"""


def app(top: str = "", inside: str = "") -> str:
    """Return the source of a handler's module.

    Args:
        top: statements at the top of the module.
        inside: statements of the handler; what they assign to `found` is part of the answer.
    """
    body = "\n".join(f"    {line}" for line in inside.splitlines())
    return _APP.format(top=top, inside=body)


class Row(NamedTuple):
    """One thing that may be wrong; see the module's docstring.

    Attributes:
        name: as the table shows it.
        case: the kind of fault that it is a neighbour of.
        task: files of the function's package, by path; `app.py` is there in any case.
        opt: files of other layers, by path below /opt.
        handler: such as `app.handler`.
        variables: of the function, with hotlog and without.
        settings: variables that only hotlog reads.
        damage: what becomes of a file of the layer, by path; None removes it.
        events: payloads, one invocation each.
        told: code of the status event; empty: none may tell an error; None: not looked at.
        logs: whether the rule at the handler's line logs.
        cannot: why there is no cell, by deployment.
        python: the one version it runs on; empty: all.
        quick: whether it belongs to what the usual test run does.
    """

    name: str
    case: str
    task: Mapping[str, str | bytes] = {}
    opt: Mapping[str, str | bytes] = {}
    handler: str = "app.handler"
    variables: Mapping[str, str] = {}
    settings: Mapping[str, str] = {}
    damage: Mapping[str, Callable[[bytes], bytes | None]] = {}
    events: tuple[object, ...] = (EVENT,)
    told: str | None = ""
    logs: bool = True
    cannot: Mapping[str, str] = {}
    python: str = ""
    quick: bool = False


def remove(_: bytes) -> None:
    """Remove the file."""


def cut(content: bytes) -> bytes:
    """Cut the file in half."""
    return content[: len(content) // 2]


def empty(_: bytes) -> bytes:
    """Leave nothing in the file."""
    return b""


def scramble(content: bytes) -> bytes:
    """Replace the file by as many bytes that mean nothing."""
    return bytes((number * 151 + 7) % 256 for number in range(max(64, len(content))))


def flip(content: bytes) -> bytes:
    """Change one byte, in the midst of the file."""
    at = len(content) // 2
    return content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :]


def flip_index(content: bytes) -> bytes:
    """Change one byte of what says where each module lies."""
    return content[:40] + bytes([content[40] ^ 0xFF]) + content[41:]


def flip_first(content: bytes) -> bytes:
    """Change the first byte."""
    return bytes([content[0] ^ 0xFF]) + content[1:]


def in_module(path: str, change: Callable[[bytes], bytes | None]) -> Callable[[bytes], bytes]:
    """Return what does something to one of the modules, as if the layer had been built of it."""

    def apply(content: bytes) -> bytes:
        modules = unpack_sources(content)
        changed = change(modules.pop(path))
        return pack_sources(modules if changed is None else {**modules, path: changed})

    return apply


def lengthen(content: bytes) -> bytes:
    """Say that the index is as long as it can be."""
    return content[:12] + b"\xff" * 4 + content[16:]


def of_another_python(content: bytes) -> bytes:
    """Say that it is the bytecode of another Python."""
    return b"\x00\x00\r\n" + content[4:]


SWEPT = "each file of the layer"
NO_LAYER = "no layer"
OWN_PACKAGE = "`import hotlog` of the code is the other one"
IN_THE_TASK = "hotlog is the function's own package"
NO_SCRIPT = "no script: the image names the shim"
NOT_WITHOUT = "the image names the shim: without it there is no image"

# ---------------------------------------------------------------------------------------------------------------------
_LIB = {"lib/helper.py": "VALUE = 5\n"}
_HELPER = app("import helper", "found = helper.VALUE")


def _pythonpath(name: str, value: str, *, quick: bool = False, finds: bool = True) -> Row:
    task = {**_LIB, "app.py": _HELPER if finds else app()}
    return Row(name, "own PYTHONPATH", task=task, variables={"PYTHONPATH": value}, quick=quick)


PYTHONPATH = (
    _pythonpath("`/var/task/lib`", "/var/task/lib", quick=True),
    _pythonpath("two folders, one missing", "/var/task/none:/var/task/lib"),
    _pythonpath("empty", "", finds=False),
    _pythonpath("relative", "lib"),
    _pythonpath("ends with a colon", "/var/task/lib:"),
    _pythonpath("names `/opt/python` itself", "/opt/python:/var/task/lib"),
    _pythonpath("names `/opt/python/` with a slash", "/var/task/lib:/opt/python/"),
)

# ---------------------------------------------------------------------------------------------------------------------
_OTHER = "VALUE = 'another project'\n"
_FOUND = "import hotlog\nfound = hotlog.VALUE"


def _zipped(files: Mapping[str, str]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return data.getvalue()


def _foreign(
    name: str,
    task: Mapping[str, str | bytes],
    *,
    top: str = "",
    inside: str = _FOUND,
    opt: Mapping[str, str] | None = None,
    aside: bool = True,
    quick: bool = False,
) -> Row:
    return Row(
        name,
        "foreign hotlog",
        task={**task, "app.py": app(top, inside)},
        opt=opt or {},
        told="foreign-hotlog" if aside else "",
        logs=not aside,
        cannot={WRAP: OWN_PACKAGE},
        quick=quick,
    )


_ADD = "sys.path.{how}'/var/task/late')"
FOREIGN = (
    _foreign("`hotlog.py`, imported at the top", {"hotlog.py": _OTHER}, top="import hotlog", quick=True),
    _foreign("`hotlog.py`, imported in the handler", {"hotlog.py": _OTHER}),
    _foreign("package with modules", {"hotlog/__init__.py": _OTHER, "hotlog/part.py": ""}, inside=f"import hotlog.part\n{_FOUND}"),
    _foreign("package without `__init__.py`", {"hotlog/part.py": _OTHER}, inside="import hotlog.part\nfound = hotlog.part.VALUE"),
    _foreign("folder that the module puts in front", {"late/hotlog.py": _OTHER}, top=_ADD.format(how="insert(0, "), quick=True),
    _foreign("folder that the module appends", {"late/hotlog.py": _OTHER}, top=_ADD.format(how="append(")),
    _foreign("folder that the handler puts in front", {"late/hotlog.py": _OTHER}, inside=f"{_ADD.format(how='insert(0, ')}\n{_FOUND}", aside=False, quick=True),
    _foreign("folder that the handler appends", {"late/hotlog.py": _OTHER}, inside=f"{_ADD.format(how='append(')}\n{_FOUND}", aside=False),
    _foreign("in a zip on the path", {"late.zip": _zipped({"hotlog/__init__.py": _OTHER})}, top="sys.path.append('/var/task/late.zip')"),
    _foreign("in another layer", {}, opt={"python/hotlog.py": _OTHER}),
    _foreign("made by the module itself, without a file", {}, top="import types\nsys.modules['hotlog'] = types.SimpleNamespace(VALUE=1, __spec__=None)"),
    _foreign("folder `hotlog` that holds data", {"hotlog/rates.json": "{}"}, inside="found = os.listdir('/var/task/hotlog')", aside=False),
    _foreign("its use is optional", {}, inside="try:\n    import hotlog\nexcept ImportError as error:\n    found = str(error)", aside=False),
    _foreign("use of bytecode is optional", {}, inside="try:\n    import bytecode\nexcept ImportError as error:\n    found = str(error)", aside=False),
    _foreign("own `bytecode.py` and `watchtower.py`", {"bytecode.py": _OTHER, "watchtower.py": _OTHER}, inside="import bytecode, watchtower\nfound = [bytecode.VALUE, watchtower.VALUE]", aside=False),
)  # fmt: skip

# ---------------------------------------------------------------------------------------------------------------------
COPY = "<copy of hotlog-lambda>"  # `cells` lays the package out where this is a file's content
_OLDER = """
__distribution__ = "hotlog-lambda"
__version__ = "0.0.1"
import os


def wrap(handler):
    def invoke(event, context):
        os.write(1, b'{"hotlog":"log","message":"n=7"}\\n')
        return handler(event, context)

    return invoke
"""
_MARKED = '__distribution__ = "hotlog-lambda"\n'


def _copied(name: str, init: str, *, told: str = "", quick: bool = False, code: str | None = None) -> Row:
    return Row(
        name,
        "own hotlog-lambda",
        task={"hotlog/__init__.py": init, "app.py": code or app()},
        told=told,
        logs=not told,
        cannot={WRAP: IN_THE_TASK},
        quick=quick,
    )


OWN_COPY = (
    _copied("another version of it", COPY, quick=True),
    _copied("an older one, whose `wrap` knows less", _OLDER, quick=True),
    _copied("one without `wrap`", _MARKED, told="own-copy-failed"),
    _copied("one that cannot be imported", f"{_MARKED}import nothing_of_this_name\n", told="own-copy-failed", quick=True),
    _copied("one that ends the process", f"{_MARKED}raise SystemExit(3)\n", told="own-copy-failed"),
    _copied("one whose `wrap` raises", f"{_MARKED}def wrap(handler): return handler.nothing\n", told="own-copy-failed"),
    _copied("one whose `wrap` returns nothing", f"{_MARKED}def wrap(handler): pass\n", told="own-copy-failed"),
    _copied("one that its module imports", COPY, code=app("import hotlog", "found = hotlog.__distribution__")),
)  # fmt: skip

# ---------------------------------------------------------------------------------------------------------------------
_SHIM, _START, _SOURCES = (
    "python/hotlog_handler.py",
    "hotlog-packages/hotlog_start.py",
    "hotlog-packages/sources",
)
_SOURCES_TOO = "hotlog-packages/source*"  # with bytecode beside it, as all that have a star
_BYTECODE, _START_BYTECODE = "hotlog-packages/compiled.cpython-*", "hotlog-packages/hotlog_start.cpython-*"


def _damaged(
    name: str,
    path: str,
    how: Callable[[bytes], bytes | None],
    *,
    off: bool = False,
    told: str | None = "layer-damaged",
    quick: bool = False,
) -> Row:
    """A damaged file of the layer's start, which the code alone has not, and of which the image is nothing without the shim."""
    return Row(
        name + (", `HOTLOG=off`" if off else ""),
        "damaged layer",
        damage={path: how},
        settings={"HOTLOG": "off"} if off else {},
        told="" if off else told,
        logs=told == "",
        cannot={WRAP: NO_LAYER, **({IMAGE: NOT_WITHOUT} if path == _SHIM else {})},
        quick=quick,
    )


DAMAGED = (
    _damaged("shim missing", _SHIM, remove, quick=True),
    _damaged("shim cut in half", _SHIM, cut, quick=True),
    _damaged("shim empty", _SHIM, empty),
    _damaged("shim replaced", _SHIM, scramble),
    _damaged("shim missing", _SHIM, remove, off=True),
    _damaged("shim replaced", _SHIM, scramble, off=True),
    _damaged("second stage missing", _START, remove),
    _damaged("second stage cut in half", _START, cut),
    _damaged("second stage replaced", _START, scramble, off=True),
    _damaged("the sources missing", _SOURCES, remove, quick=True),
    _damaged("the sources missing", _SOURCES, remove, off=True),
    _damaged("all packages missing", "hotlog-packages/", remove),
    _damaged("the sources replaced", _SOURCES, scramble),
    _damaged("the sources cut in half", _SOURCES, cut, quick=True),
    _damaged("the sources cut to a byte", _SOURCES, lambda content: content[:1]),
    _damaged("the sources empty", _SOURCES, empty),
    _damaged("a byte of the sources changed", _SOURCES, flip),
    _damaged("a byte of the sources' hash changed", _SOURCES, flip_first),
    _damaged("the sources missing beside the bytecode", _SOURCES_TOO, remove),
    _damaged("the sources empty beside the bytecode", _SOURCES_TOO, empty),
    _damaged("a byte of the sources changed beside the bytecode", _SOURCES_TOO, flip, told=""),
    _damaged("a byte of the sources' hash changed beside the bytecode", _SOURCES_TOO, flip_first),
    _damaged("`hotlog/__init__.py` replaced", _SOURCES, in_module("hotlog/__init__.py", scramble)),
    _damaged("`hotlog/runtime/wrapper.py` missing", _SOURCES, in_module("hotlog/runtime/wrapper.py", remove)),
    _damaged("`hotlog/agent/agent.py` empty", _SOURCES, in_module("hotlog/agent/agent.py", empty)),
    _damaged("the bytecode cut in half", _BYTECODE, cut, told=None, quick=True),
    _damaged("the bytecode cut to a byte", _BYTECODE, lambda content: content[:1]),
    _damaged("the bytecode empty", _BYTECODE, empty),
    _damaged("the bytecode replaced", _BYTECODE, scramble, told="", quick=True),
    _damaged("a byte of the bytecode changed", _BYTECODE, flip, told=None),
    _damaged("a byte of the bytecode's index changed", _BYTECODE, flip_index, quick=True),
    _damaged("the bytecode's index too long", _BYTECODE, lengthen),
    _damaged("the bytecode missing", _BYTECODE, remove, told="", quick=True),
    _damaged("the bytecode of another Python", _BYTECODE, of_another_python, told="", quick=True),
    _damaged("the bytecode of the second stage missing", _START_BYTECODE, remove, told=""),
    _damaged("the bytecode of the second stage empty", _START_BYTECODE, empty, told=""),
    _damaged("the bytecode of the second stage cut in half", _START_BYTECODE, cut),
    _damaged("a byte of the second stage's bytecode changed", _START_BYTECODE, flip, quick=True),
    _damaged("the bytecode of the second stage of another Python", _START_BYTECODE, of_another_python, told=""),
)  # fmt: skip

# ---------------------------------------------------------------------------------------------------------------------
_NEXT = '#!/bin/sh\nexport STAGE=next\nexec "$@"\n'  # fmt: skip


def _chained(
    name: str,
    named: str,
    script: str = "",
    *,
    off: bool = False,
    told: str = "no-next-wrapper",
    quick: bool = False,
) -> Row:
    return Row(
        name + (", `HOTLOG=off`" if off else ""),
        "next wrapper",
        opt={"next": script} if script else {},
        settings={"HOTLOG_EXEC_NEXT": named, **({"HOTLOG": "off"} if off else {})},
        told=told,
        logs=not off,
        cannot={WRAP: NO_LAYER, IMAGE: NO_SCRIPT},
        quick=quick,
    )


CHAINED = (
    _chained("missing", "/opt/gone", quick=True),
    _chained("missing", "/opt/gone", off=True, quick=True),
    _chained("not executable", "/opt/python/hotlog_handler.py"),
    _chained("not executable", "/opt/python/hotlog_handler.py", off=True),
    _chained("a folder", "/opt"),
    _chained("its program is missing", "/opt/next", "#!/no/such/shell\n"),
    _chained("its program is missing", "/opt/next", "#!/no/such/shell\n", off=True),
    _chained("its program is missing, by `env`", "/opt/next", "#!/usr/bin/env no-such-shell\n"),
    _chained("written on Windows", "/opt/next", _NEXT.replace("\n", "\r\n")),
    _chained("itself", "/opt/hotlog-exec", told=""),
    _chained("one that comes back", "/opt/next", '#!/bin/sh\nexec /opt/hotlog-exec "$@"\n', told=""),
    _chained("one that is well", "/opt/next", _NEXT, told=""),
    _chained("relative, missing", "gone"),
)


# ---------------------------------------------------------------------------------------------------------------------
def _set(
    name: str, value: str, *, told: str | None = "bad-setting", logs: bool = True, quick: bool = False
) -> Row:
    shown = value if len(value) < 20 else f"{value[:3]}… ({len(value)} digits)"
    return Row(
        f"`{name}={shown}`", "wrong setting", settings={name: value}, told=told, logs=logs, quick=quick
    )


SETTINGS = (
    _set("HOTLOG_MAX_FOR", "²h", quick=True),
    _set("HOTLOG_MAX_FOR", "9" * 30),
    _set("HOTLOG_MAX_FOR", "-1h"),
    _set("HOTLOG_REFRESH_TIMEOUT_MS", "²", quick=True),
    _set("HOTLOG_REFRESH_TIMEOUT_MS", "9" * 30),
    _set("HOTLOG_REFRESH_TIMEOUT_MS", "nan"),
    _set("HOTLOG_REFRESH", "²"),
    _set("HOTLOG_REFRESH", "9" * 400),
    _set("HOTLOG_REFRESH", "inf"),
    _set("HOTLOG_BACKEND", "magic"),
    _set("HOTLOG_STORE", "s3://bucket/rules", told="bad-store", logs=False),
    _set("HOTLOG_STORE", "file:/proc/none", told="", logs=False),
    _set("HOTLOG_SINK", "cloudwach:/g", told="bad-sink"),
    _set("HOTLOG_CODE_ROOTS", ":::\u0001", told=""),
    _set("HOTLOG_REDACT", ",,\u00b2,", told=""),
    _set("AWS_LAMBDA_LOG_LEVEL", "\u00b2", told=""),
    _set("AWS_LAMBDA_INITIALIZATION_TYPE", "snap-stop", told=""),
    _set("HOTLOG", "OFF", told="", logs=False),
    _set("HOTLOG", " 0 ", told="", logs=False),
    _set("HOTLOG", "of", told=""),
)


# ---------------------------------------------------------------------------------------------------------------------
def _appended(addition: bytes) -> dict[str, Callable[[bytes], bytes | None]]:
    """A line at the end of the module that knows the Pythons."""
    return {_SOURCES: in_module("hotlog/interpreter/supported.py", lambda content: content + addition)}


_UNTESTED = _appended(b"TESTED_PYTHONS = ()\n")
_FREE_THREADED = _appended(b"sys._is_gil_enabled = lambda: False\n")
_OLD = "pip refuses to install hotlog there"
INTERPRETERS = (
    Row("too new: a Python that hotlog does not know", "interpreter", damage=_UNTESTED, told="unsupported-interpreter", logs=False, cannot={WRAP: "told of the rule, when there is one"}, quick=True),
    Row("free-threaded", "interpreter", damage=_FREE_THREADED, told="unsupported-interpreter", logs=False, cannot={WRAP: "told of the rule, when there is one"}),
    Row("too old: 3.10", "interpreter", told="unsupported-interpreter", logs=False, cannot={WRAP: _OLD}, python="3.10", quick=True),
    Row("too old: 3.9", "interpreter", told="unsupported-interpreter", logs=False, cannot={WRAP: _OLD}, python="3.9"),
    Row("too old: 3.10, `HOTLOG=off`", "interpreter", settings={"HOTLOG": "off"}, logs=False, cannot={WRAP: _OLD}, python="3.10"),
    Row("too old: 3.10, own PYTHONPATH", "interpreter", task={**_LIB, "app.py": _HELPER}, variables={"PYTHONPATH": "/var/task/lib"}, told="unsupported-interpreter", logs=False, cannot={WRAP: _OLD}, python="3.10"),
)  # fmt: skip


# ---------------------------------------------------------------------------------------------------------------------
def _fails(
    name: str, handler: str = "app.handler", task: Mapping[str, str] | None = None, *, quick: bool = False
) -> Row:
    cannot = {WRAP: "the code ends before it wraps"}
    return Row(
        name, "handler not found", task=task or {}, handler=handler, logs=False, cannot=cannot, quick=quick
    )


def _module(source: str) -> dict[str, str]:
    return {"app.py": source}


_PART = "pk.part.handler"
_CHAIN = "try:\n    {}['a']\nexcept KeyError as error:\n    raise ValueError('b') from error\n"
_FROZEN = "import dataclasses\n\n@dataclasses.dataclass(frozen=True)\nclass Frozen({}):\n    code: int\n"
NOT_FOUND = (
    _fails("no such module", "gone.handler", quick=True),
    _fails("no such function", "app.nobody", quick=True),
    _fails("no dot in the name", "app"),
    _fails("a builtin module", "sys.exit"),
    _fails("its module imports what is missing", task=_module("import nothing_of_this_name\n")),
    _fails("its module does not parse", task=_module("def handler(:\n")),
    _fails("its module raises", task=_module("def f():\n    return 1 / 0\n\nf()\n"), quick=True),
    _fails("its module raises AttributeError", task=_module("import os\n\nos.nothing\n"), quick=True),
    _fails("its module raises a frozen dataclass", task=_module(_FROZEN.format("Exception") + "raise Frozen(7)\n"), quick=True),
    _fails("its module raises an AttributeError that is a frozen dataclass", task=_module(_FROZEN.format("AttributeError") + "raise Frozen(7)\n")),
    _fails("its module raises from another", task=_module(_CHAIN)),
    _fails("its module ends the process", task=_module("import sys\n\nsys.exit(3)\n")),
    _fails("its package raises", _PART, {"pk/__init__.py": "raise KeyError('pk')\n", "pk/part.py": ""}),
    _fails("a module of its package raises AttributeError", _PART, {"pk/__init__.py": "", "pk/part.py": "print.nothing\n"}),
    _fails("its path has slashes, and it raises", "pk/part.handler", {"pk/__init__.py": "", "pk/part.py": "1 / 0\n"}),
)  # fmt: skip

# ---------------------------------------------------------------------------------------------------------------------
_RAISES = "if event == 'raise':\n    raise KeyError(event)"
ENVIRONMENT = (
    Row("nothing wrong", "environment", events=(EVENT, EVENT), quick=True),
    Row("it raises", "environment", task={"app.py": app("", _RAISES)}, events=(EVENT, "raise", EVENT), quick=True),
    Row("it raises a frozen dataclass", "environment", task={"app.py": app(_FROZEN.format("Exception"), "if event == 'raise':\n    raise Frozen(7)")}, events=(EVENT, "raise", EVENT), quick=True),
    Row("handler in a package", "environment", task={"pk/__init__.py": "", "pk/part.py": "from app import handler\n"}, handler="pk/part.handler", cannot={WRAP: "wrapped in another module than its own"}),
    Row("warnings are errors", "environment", variables={"PYTHONWARNINGS": "error"}),
    Row("asserts are off", "environment", variables={"PYTHONOPTIMIZE": "2"}),
    Row("safe path", "environment", variables={"PYTHONSAFEPATH": "1"}),
    Row("development mode", "environment", variables={"PYTHONDEVMODE": "1"}),
    Row("ASCII locale", "environment", variables={"LANG": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}),
    Row("starts another Python", "environment", task={"app.py": app("import subprocess", "found = subprocess.run([sys.executable, '-c', 'import os, sys; print(os.environ.get(\"PYTHONPATH\"), sys.path)'], capture_output=True, text=True).stdout")}, variables={"PYTHONPATH": "/var/task/lib"}, quick=True),
    Row("its module changes the working directory", "environment", task={"app.py": app("os.chdir('/tmp')")}),
    Row("its module empties the environment", "environment", task={"app.py": app("os.environ.clear()")}, logs=False, cannot={WRAP: "hotlog reads no settings there"}),
    Row("its module replaces `__import__`", "environment", task={"app.py": app("import builtins\nreal = builtins.__import__\nbuiltins.__import__ = lambda *a, **k: real(*a, **k)")}),
    Row("its module clears the caches of the path", "environment", task={"app.py": app("import importlib\nsys.path_importer_cache.clear()", "importlib.invalidate_caches()")}),
)  # fmt: skip


# ---------------------------------------------------------------------------------------------------------------------
_EXITS = "import os\nos.write(1, b'it was run\\n')\nraise SystemExit(3)\n"
_RAISES_AT_IMPORT = "import os\nos.write(1, b'it was run\\n')\nraise KeyError('of the application')\n"
_WAITS = "import time\ntime.sleep(60)\n"
_USED = "try:\n    import {0}\n    found = {0}.__file__\nexcept (Exception, SystemExit) as error:\n    found = repr(error)"


def _shadowing(
    name: str,
    task: Mapping[str, str],
    *,
    top: str = "",
    inside: str = "",
    told: str = "shadowed-module",
    quick: bool = False,
) -> Row:
    return Row(
        name,
        "module with a name of Python's own",
        task={**task, "app.py": app(top, inside)},
        events=(EVENT, EVENT, EVENT, EVENT),
        told=told,
        logs=not told,
        quick=quick,
    )


_UNCOMPILED = {"hotlog-packages/*.cpython-*": remove}
_LAYER_ALONE = {WRAP: NO_LAYER, IMAGE: "as the layer"}
SHADOWING = (
    _shadowing("`ast.py`, which ends the process", {"ast.py": _EXITS}, quick=True),
    _shadowing("`bisect.py`, which raises", {"bisect.py": _RAISES_AT_IMPORT}),
    _shadowing("`opcode.py`, which never ends", {"opcode.py": _WAITS}),
    _shadowing("`typing.py`, which the start would import", {"typing.py": _EXITS}, quick=True),
    _shadowing("`socket.py`, which the start would import", {"socket.py": _RAISES_AT_IMPORT}),
    _shadowing("package `dataclasses`", {"dataclasses/__init__.py": _EXITS}),
    _shadowing("`ast.py`, which the module imports", {"ast.py": "VALUE = 5\n"}, top="import ast", inside="found = ast.VALUE"),
    _shadowing("`bisect.py`, which the handler imports", {"bisect.py": "VALUE = 5\n"}, inside=_USED.format("bisect")),
    _shadowing("`ast.py` that ends the process, which the handler imports", {"ast.py": _EXITS}, inside=_USED.format("ast")),
    _shadowing("`ast.py` in a folder that the module puts in front", {"late/ast.py": _EXITS}, top=_ADD.format(how="insert(0, ")),
    _shadowing("`queue.py`, which hotlog does not need", {"queue.py": _EXITS}, told="", inside=_USED.format("queue")),
    _shadowing("folder `ast` that holds data", {"ast/notes.txt": ""}, told="", inside=_USED.format("ast")),
    _shadowing("`bz2.py` and what it imports, without bytecode", dict.fromkeys(("bz2.py", "_bz2.py", "_compression.py"), _EXITS), told="", inside=_USED.format("bz2"), quick=True)._replace(damage=_UNCOMPILED, cannot=_LAYER_ALONE),
    _shadowing("`typing.py`, which the answer to a verification would import", {"typing.py": _EXITS}, quick=True)._replace(settings={"HOTLOG_ATTACHED": "verify=token:1"}, cannot=_LAYER_ALONE),
)  # fmt: skip


BYTECODE = (_BYTECODE, _START_BYTECODE, "hotlog-packages/hotlog_verify.cpython-*")


def sweep(paths: Iterable[str]) -> list[Row]:
    """Return a row for each file of the layer and each way to damage it. What hotlog says depends on when it needs the file.

    The script itself is not among them: Lambda starts it in the interpreter's place, so without it nothing starts. Nor is one byte of the
    shim: the script looks for its last line alone. The zip that Lambda unpacks has a sum of each file.
    """
    ways = {"missing": remove, "cut in half": cut, "replaced": scramble, "one byte changed": flip}
    cannot = {WRAP: NO_LAYER, IMAGE: "as the layer"}
    return [
        Row(f"{path} {way}", SWEPT, damage={path: change}, told=None, cannot=cannot)
        for path in (*paths, *BYTECODE)
        for way, change in ways.items()
        if path != "hotlog-exec" and (path, change) != (_SHIM, flip)
    ]


ROWS: tuple[Row, ...] = (
    *PYTHONPATH, *FOREIGN, *OWN_COPY, *DAMAGED, *CHAINED, *SETTINGS, *INTERPRETERS, *SHADOWING, *NOT_FOUND, *ENVIRONMENT,
)  # fmt: skip
