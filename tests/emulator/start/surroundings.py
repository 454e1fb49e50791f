"""Rows of the matrix about what a function does to its own process: hotlog stands in the middle of it.

Each row is made as those in `tests.emulator.start.rows`. Where something that the function has broken keeps the rule from
logging, `told` is None: only the answers, the payloads of errors and the lines of the log count.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.emulator.start.rows import EVENT, NO_LAYER, PROBE, ROWS, WRAP, Row, app

if TYPE_CHECKING:
    from collections.abc import Mapping

_CASE = "what the function does to its process"


def _does(
    name: str,
    top: str = "",
    inside: str = "",
    *,
    events: tuple[object, ...] = (EVENT, EVENT),
    logs: bool | None = True,
    variables: Mapping[str, str] | None = None,
    quick: bool = False,
) -> Row:
    """Make a row of a function that does something; `logs` None: it may keep hotlog from logging."""
    return Row(
        name,
        _CASE,
        task={"app.py": app(top, inside)},
        variables=variables or {},
        events=events,
        told=None if logs is None else "",
        logs=bool(logs),
        quick=quick,
    )


def _is(name: str, source: str, *, events: tuple[object, ...] = (EVENT, EVENT), quick: bool = False) -> Row:
    """Make a row of a module of its own."""
    return Row(name, "what the handler is", task={"app.py": source}, events=events, told=None, quick=quick)


_CALLED = f"    def __call__(self, event, context):\n        return event  {PROBE}\n"
HANDLERS = (
    _is("a class", f"class handler(dict):\n    def __init__(self, event, context):\n        super().__init__(event)  {PROBE}\n", quick=True),
    _is("an object", f"class Handler:\n{_CALLED}\nhandler = Handler()\n"),
    _is("an object with slots", f"class Handler:\n    __slots__ = ()\n{_CALLED}\nhandler = Handler()\n"),
    _is("an object that never answers for an attribute", f"class Handler:\n    def __getattr__(self, name):\n        while True:\n            pass\n\n{_CALLED}\nhandler = Handler()\n", quick=True),
    _is("a coroutine function", f"async def handler(event, context):\n    return event  {PROBE}\n")._replace(variables={"PYTHONWARNINGS": "ignore"}),
    _is("a generator function", f"def handler(event, context):\n    yield event  {PROBE}\n"),
    _is("a partial", f"import functools\n\ndef work(extra, event, context):\n    return [extra, event]  {PROBE}\n\nhandler = functools.partial(work, 1)\n"),
    _is("a lambda", f"handler = lambda event, context: event  {PROBE}\n"),
    _is("a bound method", f"class Work:\n    def run(self, event, context):\n        return event  {PROBE}\n\nhandler = Work().run\n"),
    _is("a builtin", "handler = max\n", events=([1], [2])),
    _is("one that takes no context", f"def handler(event):\n    return event  {PROBE}\n"),
    _is("one with keyword parameters alone", f"def handler(*, event, context):\n    return event  {PROBE}\n"),
    _is("of a module that replaces itself", f"import sys\n\nclass Module:\n    __name__ = 'app'\n\n    def handler(self, event, context):\n        return event  {PROBE}\n\nhandler = Module().handler\nsys.modules[__name__] = Module()\n"),
    _is("of a module that takes itself out of `sys.modules`", f"import sys\n\ndef handler(event, context):\n    return __name__  {PROBE}\n\ndel sys.modules[__name__]\n"),
    _is("not there, and the module makes any name", "def __getattr__(name):\n    if name == 'handler':\n        return lambda event, context: event\n    raise AttributeError(name)\n") ._replace(cannot={WRAP: "the code has no handler to wrap"}),
    _is("one that returns what is no JSON", f"def handler(event, context):\n    return {{1, 2}}  {PROBE}\n"),
    _is("one that returns NaN", f"def handler(event, context):\n    return float('nan')  {PROBE}\n"),
    _is("one that raises what is no Exception", f"class Stop(BaseException):\n    pass\n\ndef handler(event, context):\n    raise Stop('now')  {PROBE}\n"),
    _is("one that raises KeyboardInterrupt", f"def handler(event, context):\n    raise KeyboardInterrupt  {PROBE}\n"),
    _is("one that exits", f"import sys\n\ndef handler(event, context):\n    sys.exit(3)  {PROBE}\n"),
    _is("one that ends the process", f"import os\n\ndef handler(event, context):\n    os._exit(3)  {PROBE}\n"),
    _is("one that is ended by a signal", f"import os, signal\n\ndef handler(event, context):\n    os.kill(os.getpid(), signal.SIGTERM)\n    return event  {PROBE}\n"),
)  # fmt: skip

_NO_IMPORT = "no import of the code works any more, also not of hotlog"
_FINDER = "class Finder:\n    def find_spec(self, name, path=None, target=None):\n        if name in ('ast', 'bisect', 'opcode', 'symtable'):\n            raise RuntimeError(name)\n\nsys.meta_path.insert(0, Finder())"
_REWRITES = """import ast, builtins, typing
from importlib.machinery import EXTENSION_SUFFIXES, SOURCE_SUFFIXES, ExtensionFileLoader, FileFinder, SourceFileLoader

def checked(function):
    typing.get_type_hints(function)
    return function

builtins.checked = checked

class Loader(SourceFileLoader):
    def get_code(self, name):
        tree = ast.parse(self.get_data(self.path))
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and "hotlog" in self.path:
                node.decorator_list.append(ast.Name("checked", ast.Load()))
        return compile(ast.fix_missing_locations(tree), self.path, "exec", dont_inherit=True)

import sys
sys.path_hooks.insert(0, FileFinder.path_hook((ExtensionFileLoader, EXTENSION_SUFFIXES), (Loader, SOURCE_SUFFIXES)))
sys.path_importer_cache.clear()
"""
_RAISER = "def broken(*_, **__):\n    raise RuntimeError('broken')"
_COUNTS = """
import builtins
seen = set()

def counted(real):
    def call(*args, **named):
        caller = sys._getframe(1).f_code
        if 'hotlog' in caller.co_filename:
            seen.add(f'{caller.co_filename}: {caller.co_name}')
        return real(*args, **named)
    return call

for name in 'open exec compile len isinstance getattr setattr hasattr sorted any max min'.split():
    setattr(builtins, name, counted(getattr(builtins, name)))
"""
_OWN_START = "import importlib.util, hotlog_start\nfound = [hotlog_start.V, importlib.util.find_spec('hotlog_verify') is None]"
_WORKS = "import multiprocessing\nvars(sys.modules['__main__']).pop('__file__', None)  # it is not run again in a child"
_IMPORTS = f"{_WORKS}\ndef work(pipe, n):\n    pipe.send(n * 2)"
_CHILD = "context = multiprocessing.get_context('{}')\nours, theirs = context.Pipe()\nchild = context.Process(target=globals().get('work', print), args=(theirs, 21) if 'work' in globals() else ())\nchild.start()\nfound = [ours.recv() if 'work' in globals() else None, child.join(), child.exitcode]"
_INTERPRETERS = "try:\n    import _interpreters as interpreters\nexcept ImportError:\n    import _xxsubinterpreters as interpreters\ndef run(text):\n    number = interpreters.create()\n    try:\n        return str(interpreters.run_string(number, text))\n    except Exception as error:\n        return repr(error)\n    finally:\n        interpreters.destroy(number)"
PROCESS = (
    _does("a working directory that is gone", "import tempfile\nplace = tempfile.mkdtemp()\nos.chdir(place)\nos.rmdir(place)", quick=True),
    _does("no room for files", "import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))", logs=None),
    _does("no more open files", "", "import resource\nresource.setrlimit(resource.RLIMIT_NOFILE, (3, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))", events=(EVENT,), logs=None),
    _does("no more threads", f"import _thread, threading\n{_RAISER}\n_thread.start_new_thread = threading._start_new_thread = broken"),
    _does("no more memory", "", "import resource\nresource.setrlimit(resource.RLIMIT_AS, (resource.getpagesize() * int(open('/proc/self/statm').read().split()[0]) + 2**20, resource.RLIM_INFINITY))\ntry:\n    bytearray(2**30)\nexcept MemoryError as error:\n    found = repr(error)", events=(EVENT, EVENT, EVENT), logs=None),
    _does("a small recursion limit", "sys.setrecursionlimit(90)", events=(EVENT, EVENT, EVENT), logs=None),
    _does("it recurses to the limit", "def deeper(n):\n    return deeper(n + 1)", "try:\n    deeper(0)\nexcept RecursionError as error:\n    found = str(error)[:30]", quick=True),
    _does("no HOME", "os.environ.pop('HOME', None)", variables={"HOME": ""}),
    _does("a locale that is not there", variables={"LC_ALL": "xx_YY.none", "LANG": "xx_YY.none"}),
    _does("a time zone that is not there", "import time\ntime.tzset()", variables={"TZ": "Nowhere/None"}),
    _does("a folder for temporary files that is not there", variables={"TMPDIR": "/none", "TEMP": "/none"}),
    _does("an environment of 100 KB", variables={f"LARGE_{n}": "x" * 10_000 for n in range(10)}),
    _does("`os.environ` is a dict", "os.environ = dict(os.environ)"),
    _does("the task's root is unset in the module", "os.environ.pop('LAMBDA_TASK_ROOT', None)", logs=None),
    _does("umask 777", "os.umask(0o777)"),
    _does("standard input is closed", "os.close(0)"),
    _does("standard output is closed", "os.close(1)", logs=None),
    _does("`sys.stdout` is None", "sys.stdout = None"),
    _does("`sys.stdout` raises", f"{_RAISER}\nsys.stdout = type('Out', (), {{'write': broken, 'flush': broken}})()"),
    _does("`sys.stderr` is closed", "sys.stderr.close()", logs=None),
    _does("SIGTERM is ignored", "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)"),
    _does("SIGTERM in INIT", "import signal\nos.kill(os.getpid(), signal.SIGTERM)")._replace(logs=False, told=None),
    _does("an alarm that rings in the handler", "import signal, time\nsignal.signal(signal.SIGALRM, lambda *_: 1 / 0)", "signal.setitimer(signal.ITIMER_REAL, 0.05)\ntry:\n    time.sleep(5)\nexcept ZeroDivisionError as error:\n    found = str(error)"),
    _does("it forks, and the child ends", "", "child = os.fork()\nif child == 0:\n    os._exit(7)\nfound = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])", quick=True),
    _does("it forks, and the child calls it again", "", "if event != 'child':\n    child = os.fork()\n    if child == 0:\n        handler('child', None)\n        os._exit(5)\n    found = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])", events=(EVENT,), logs=None),
    _does("a pool of processes", "import multiprocessing\ndef double(n):\n    return 2 * n", "with multiprocessing.get_context('fork').Pool(2) as pool:\n    found = pool.map(double, [1, 2])"),
    _does("threads that go on", "import threading, time", "threading.Thread(target=time.sleep, args=(1,)).start()\nfound = threading.active_count() > 1"),
    _does("it lists its threads", "import threading", "found = sorted(thread.name for thread in threading.enumerate())"),
    _does("it runs a loop of asyncio", "import asyncio\nasync def work():\n    await asyncio.sleep(0)\n    return 5", "found = asyncio.run(work())"),
    _does("`isinstance` is another", "import builtins\nreal = builtins.isinstance\nbuiltins.isinstance = lambda value, kind: real(value, kind)"),
    _does("it has replaced builtins, and counts what hotlog calls of them", _COUNTS, "found = sorted(seen)", events=(EVENT, EVENT, EVENT), quick=True)._replace(cannot={WRAP: "hotlog is imported after they are replaced"}),
    _does("`open` raises", f"import builtins\n{_RAISER}\nbuiltins.open = broken", logs=None),
    _does("`print` raises", f"import builtins\n{_RAISER}\nbuiltins.print = broken"),
    _does("`compile` and `exec` raise", f"import builtins\n{_RAISER}\nbuiltins.compile = builtins.exec = broken", logs=None)._replace(cannot={WRAP: _NO_IMPORT}),
    _does("`time` raises", f"import time\n{_RAISER}\ntime.time = time.monotonic = time.monotonic_ns = time.perf_counter = broken", logs=None),
    _does("`time` stands still", "import time\ntime.time = lambda: 1.0\ntime.monotonic = lambda: 1.0\ntime.monotonic_ns = lambda: 1", logs=None),
    _does("`os` raises", f"{_RAISER}\nos.getpid = os.urandom = os.stat = os.write = os.listdir = os.fstat = broken", logs=None, quick=True)._replace(cannot={WRAP: _NO_IMPORT}),
    _does("`json` is another", "import json\nreal = json.dumps\njson.dumps = lambda value, **named: real(value, **named).replace('n', 'n')\njson.loads = lambda text, **named: {'n': 7}", logs=None),
    _does("`socket` and `ssl` raise", f"import socket, ssl\n{_RAISER}\nsocket.socket = socket.create_connection = socket.getaddrinfo = ssl.create_default_context = broken"),
    _does("`threading` is another", "import threading\nthreading.Thread = threading.RLock = threading.Lock = None", logs=None),
    _does("`sys._getframe` is gone", "del sys._getframe", logs=None),
    _does("it is traced", "counted = []\ndef trace(frame, event, argument):\n    if frame.f_code.co_filename == __file__ and event in ('call', 'return'):\n        counted.append((frame.f_code.co_name, event))\n    return trace", "found = counted[:]\nsys.settrace(trace)", events=(EVENT, EVENT, EVENT), logs=None),
    _does("it is profiled", "counted = []\ndef profile(frame, event, argument):\n    if frame.f_code.co_filename == __file__ and event in ('call', 'return'):\n        counted.append((frame.f_code.co_name, event))", "found = counted[:]\nsys.setprofile(profile)", events=(EVENT, EVENT, EVENT)),
    _does("warnings are errors, set by its module", "import warnings\nwarnings.simplefilter('error')"),
    _does("warnings are recorded", "import warnings\nseen = []\nwarnings.simplefilter('always')\nwarnings.showwarning = lambda *args, **named: seen.append(str(args[0]))", "found = seen"),
    _does("objects are frozen, and nothing is collected", "import gc\ngc.collect()\ngc.freeze()\ngc.disable()"),
    _does("everything is collected all the time", "import gc\ngc.set_threshold(1, 1, 1)"),
    _does("a callback of the collector raises", f"import gc\n{_RAISER}\ngc.callbacks.append(broken)\ngc.set_threshold(1)\nsys.unraisablehook = lambda _: None"),
    _does("errors that nobody can raise are counted", "seen = []\nsys.unraisablehook = lambda argument: seen.append(str(argument.exc_value))", "found = seen"),
    _does("a finder that raises", _FINDER, logs=None, quick=True),
    _does("a finder that raises what is no exception", "import asyncio\nclass Finder:\n    def find_spec(self, name, path=None, target=None):\n        if name in ('hotlog', 'ast'):\n            raise asyncio.CancelledError(name)\n\nsys.meta_path.insert(0, Finder())", logs=None)._replace(cannot={WRAP: _NO_IMPORT}),
    _does("an audit hook that cancels what a hit does", "import asyncio\narmed = False\n\ndef hook(name, arguments):\n    if armed and name in ('sys._getframe', 'object.__getattr__', 'builtins.id'):\n        raise asyncio.CancelledError(name)\n\nsys.addaudithook(hook)", "global armed\narmed = True", logs=None),
    _does("it warns of its caller", "import warnings\nseen = []\nwarnings.simplefilter('always')\nwarnings.showwarning = lambda text, kind, file, line, *_: seen.append(f'{text} {file} {line}')\nwarnings.warn('top', stacklevel=2)", "warnings.warn('inside', stacklevel=2)\nfound = seen"),
    _does("it logs its caller", "import logging\nseen = []\nclass Keeps(logging.Handler):\n    def emit(self, record):\n        seen.append([record.filename, record.lineno, record.funcName])\n\nlogging.getLogger('own').addHandler(Keeps())\nlogging.getLogger('own').propagate = False\nlogging.getLogger('own').error('top', stacklevel=2)", "logging.getLogger('own').error('inside', stacklevel=2)\nfound = seen"),
    _does("it looks at all of all modules", "import inspect", "for module in list(sys.modules.values()):\n    inspect.getmembers(module)\nfound = 'looked'", quick=True),
    _does("it has its own `hotlog_start`, and no `hotlog_verify`", "", _OWN_START)._replace(task={"app.py": app("", _OWN_START), "hotlog_start.py": "V = 1\n"}),
    _does("a hook that rewrites what is imported, as type checkers do", _REWRITES, quick=True),
    _does("the same hook, before the start", variables={"PYTHONPATH": "/opt/site"}, quick=True)._replace(opt={"site/sitecustomize.py": _REWRITES}),
    _does("no finders", "", "sys.meta_path.clear()", events=(EVENT, EVENT)),
    _does("an empty path", "sys.path.clear()", logs=None)._replace(cannot={WRAP: _NO_IMPORT}),
    _does("no hooks for the path", "", "sys.path_hooks.clear()\nsys.path_importer_cache.clear()"),
    _does("a path of odd entries", "import pathlib\nsys.path[:0] = ['', '/none', '\\x00', None, pathlib.Path('/none')]", logs=None)._replace(cannot={WRAP: _NO_IMPORT}),
    _does("`sys.modules` is of a class of its own", "class Modules(dict):\n    pass\n\nsys.modules = Modules(sys.modules)", logs=None)._replace(cannot={WRAP: _NO_IMPORT}),
    _does("an audit hook that forbids to compile", "def hook(name, arguments):\n    if name in ('compile', 'object.__setattr__', 'sys._getframe', 'code.__new__'):\n        raise RuntimeError(name)\n\nsys.addaudithook(hook)", logs=None)._replace(cannot={WRAP: _NO_IMPORT}),
    _does("numbers of few digits", "sys.set_int_max_str_digits(640)\nsys.setswitchinterval(1e-6)"),
    _does("logging is off, and has no handlers", "import logging\nlogging.disable(logging.CRITICAL)\nlogging.getLogger().handlers.clear()"),
    _does("its module is imported anew", "import importlib", "import app\nif event['n'] == 7:\n    importlib.reload(app)")._replace(cannot={WRAP: "the code itself imports hotlog, and lists that"}),
    _does("a process that is spawned", _WORKS, _CHILD.format("spawn")),
    _does("a process that is spawned, with hotlog in it", _IMPORTS, _CHILD.format("spawn")),
    _does("a server that forks", _WORKS, _CHILD.format("forkserver")),
    _does("a forked process that goes on after the answer", "import time", "if os.fork() == 0:\n    time.sleep(0.2)\n    os._exit(0)", events=(EVENT, EVENT, EVENT)),
    _does("a handler of SIGTERM that runs in the handler", "import signal\nseen = []\nsignal.signal(signal.SIGTERM, lambda *_: seen.append(len(seen)))", "os.kill(os.getpid(), signal.SIGTERM)\nfound = seen"),
    _does("it ends at SIGTERM, as an extension has it", "import atexit, signal\nsignal.signal(signal.SIGTERM, lambda *_: sys.exit(0))\natexit.register(print, 'bye')", "if event == 'end':\n    os.kill(os.getpid(), signal.SIGTERM)", events=(EVENT, "end", EVENT)),
    _does("`/tmp` is read-only", "import ctypes\nmount = ctypes.CDLL(None).mount\nmounted = mount(b'/tmp', b'/tmp', None, 4096, None), mount(None, b'/tmp', None, 4096 | 32 | 1, None)", "try:\n    open('/tmp/own', 'w')\nexcept OSError as error:\n    found = [mounted, str(error)]"),
    _does("another interpreter in its process", _INTERPRETERS, "found = run('import sys; x = 1 + 1; assert x == 2')"),
    _does("another interpreter that calls it", _INTERPRETERS, "if event != 'inner':\n    found = run('import sys; sys.path[:] = ' + repr(sys.path) + '; import app; app.handler(\\'inner\\', None)')", logs=None),
    _does("its code is monitored", "seen = []\nif hasattr(sys, 'monitoring'):\n    sys.monitoring.use_tool_id(sys.monitoring.COVERAGE_ID, 'own')\n    sys.monitoring.register_callback(sys.monitoring.COVERAGE_ID, sys.monitoring.events.PY_START, lambda code, _: seen.append(code.co_name) if code.co_filename == __file__ else None)\n    sys.monitoring.set_events(sys.monitoring.COVERAGE_ID, sys.monitoring.events.PY_START)", "found = seen[:]"),
    _does("threads are traced and profiled", "import threading\nthreading.settrace(lambda *_: None)\nthreading.setprofile(lambda *_: None)", "thread = threading.Thread(target=len, args=('',))\nthread.start()\nthread.join()"),
    _does("a callback of the collector walks all objects", "import gc\nseen = []\ngc.callbacks.append(lambda phase, _: seen.append(len(gc.get_objects()) > 0))\ngc.set_threshold(50)"),
    _does("all is frozen in each invocation", "import gc", "gc.freeze()", events=(EVENT, EVENT, EVENT)),
    _does("modules of one name, and one without", "import types\nfor key in 'abc':\n    sys.modules['plugin_' + key] = module = types.ModuleType('plugin')\n    module.__file__ = key + '.py'\ndel module.__name__"),
    _does("modules that are None, or no modules", "sys.modules.update(numpy=None, asyncio=None, decimal=7, signal=object())" ),
    _does("a payload of a megabyte", events=({"n": 7, "text": "x" * 1_000_000},)),
    _does("payloads of any kind", events=(None, "", [], 0, {"n": None})),
)  # fmt: skip

_VARIABLES: dict[str, Mapping[str, str]] = {
    "PYTHONMALLOC=debug": {"PYTHONMALLOC": "debug"},
    "PYTHONINTMAXSTRDIGITS=640": {"PYTHONINTMAXSTRDIGITS": "640"},
    "PYTHONDONTWRITEBYTECODE=1": {"PYTHONDONTWRITEBYTECODE": "1"},
    "PYTHONPYCACHEPREFIX=/proc/none": {"PYTHONPYCACHEPREFIX": "/proc/none"},
    "PYTHONTRACEMALLOC=5": {"PYTHONTRACEMALLOC": "5"},
    "PYTHONFAULTHANDLER=1": {"PYTHONFAULTHANDLER": "1"},
    "PYTHONIOENCODING=ascii": {"PYTHONIOENCODING": "ascii"},
    "PYTHONNODEBUGRANGES=1": {"PYTHONNODEBUGRANGES": "1"},
    "PYTHONASYNCIODEBUG=1": {"PYTHONASYNCIODEBUG": "1"},
}
VARIABLES = tuple(_does(f"`{name}`", variables=values) for name, values in _VARIABLES.items())

# What `attach --verify` leaves on a function: its token stays, and the shim's answer stands around each invocation.
_VERIFIED = {
    "HOTLOG_ATTACHED": "arn:aws:lambda:eu-west-1:1:layer:hotlog:1 AWS_LAMBDA_EXEC_WRAPPER verify=k7Jx:4102444800"
}
_AGAIN = (
    "nothing wrong", "it raises", "it raises a frozen dataclass", "a class", "an object that never answers for an attribute", "a coroutine function",
    "one that takes no context", "one that raises what is no Exception", "one that exits", "it warns of its caller", "it logs its caller", "`time` raises",
    "`os` raises", "`json` is another", "`sys.stdout` raises", "standard output is closed", "it is traced", "payloads of any kind", "shim cut in half",
    "package `hotlog` missing", "package with modules", "one whose `wrap` raises",
)  # fmt: skip
_SILENT = "an object that never answers for an attribute"
VERIFIED = tuple(
    row._replace(
        case="attached with `--verify`",
        settings=_VERIFIED,
        cannot={**row.cannot, WRAP: NO_LAYER},
        quick=row.name in {"it warns of its caller", _SILENT},
    )
    for row in (*ROWS, *HANDLERS, *PROCESS)
    if row.name in _AGAIN
)
# Where hotlog steps aside, the handler is the application's own object.
VERIFIED += tuple(
    row._replace(name=f"{row.name}, beside another `hotlog.py`", task={**row.task, "hotlog.py": "V = 1\n"}, told="foreign-hotlog", logs=False)
    for row in VERIFIED
    if row.name in {_SILENT, "a class", "it warns of its caller"}
)  # fmt: skip

ALL_ROWS: tuple[Row, ...] = (*ROWS, *HANDLERS, *PROCESS, *VARIABLES, *VERIFIED)
