"""The traps of compiling a source again, one test each: as if inserted, or a status that says why not."""

from __future__ import annotations

import bdb
import copy
import importlib
import inspect
import marshal
import os
import pickle
import sys
import traceback
import warnings
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

import hotlog
from hotlog.config import Config
from tests.support.growth import count_growth
from tests.support.places import ROOT
from tests.support.processes import run_python
from tests.support.sample import Sample

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import FrameType, ModuleType

    from hotlog.events import Event


class Probed:
    """One module with its events."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.events: list[Event] = []
        self.agent = hotlog.Agent(sink=self.events.append, root=str(folder), config=Config())
        self._loaded: list[str] = []
        self._path = list(sys.path)

    def load(self, name: str, source: str | bytes, *, where: Path | None = None) -> ModuleType:
        """Write a module and import it."""
        path = (where or self.folder) / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(source if isinstance(source, bytes) else source.encode())
        return self.imported(name, str(path.parent))

    def imported(self, name: str, place: str) -> ModuleType:
        sys.path.insert(0, place)
        importlib.invalidate_caches()
        self._loaded.append(name)
        return importlib.import_module(name)

    def probe(self, at: str, message: str = "hit", **more: Any) -> hotlog.Status:
        rule = hotlog.Rule(id="r", at=at, message=message, limit=None, per_second=None, **more)
        self.agent.apply([rule])
        return self.agent.status()["r"]

    def messages(self) -> list[str]:
        found = [event["message"] for event in self.events if event["hotlog"] == "log"]
        self.events.clear()
        return found

    def close(self) -> None:
        self.agent.close()
        sys.path[:] = self._path
        for name in self._loaded:
            for key in [key for key in sys.modules if key == name or key.startswith(f"{name}.")]:
                del sys.modules[key]


@pytest.fixture
def probed(tmp_path: Path) -> Iterator[Probed]:
    probed = Probed(tmp_path)
    yield probed
    probed.close()


# --- what compiles again -------------------------------------------------------------------------------------------

LONG = "def f(x):\n    if x == 0: return 0\n" + "".join(
    f"    elif x == {number}:\n        return {number}\n" for number in range(1, 1_001)
)
DEEP = (
    "def f(x):\n"
    + "".join("    " * (depth + 1) + "if x:\n" for depth in range(18))
    + "    " * 19
    + "return x\n"
)
BLOCKS = (
    "def f(x):\n"
    + "".join("    " * (depth + 1) + "for _ in (1,):\n" for depth in range(18))
    + "    " * 19
    + "x += 1\n    return x\n"
)

# source, line of the probe, message, argument of `f`, messages
SHAPES: dict[str, tuple[str | bytes, int, str, object, list[str]]] = {
    "latin-1": (
        "# -*- coding: latin-1 -*-\ndef f(x):\n    s = 'é'\n    return s\n".encode("latin-1"),
        4,
        "{s}",
        1,
        ["é"],
    ),
    "byte order mark": (b"\xef\xbb\xbfdef f(x):\n    return x\n", 2, "{x}", 1, ["1"]),
    "windows lines": (b"def f(x):\r\n    y = x\r\n    return y\r\n", 3, "{y}", 1, ["1"]),
    "form feed": ("\f\ndef f(x):\n\f\n    return x\n", 4, "{x}", 1, ["1"]),
    "docstring": ('def f(x):\n    """Says."""\n    return f.__doc__\n', 1, "{x}", 1, ["1"]),
    "docstring asked for": ('def f(x):\n    """Says."""\n    return f.__doc__\n', 2, "{x}", 1, ["1"]),
    "docstring only": ('def f(x):\n    """Says."""\n', 1, "{x}", 1, ["1"]),
    "global": ("y = 5\ndef f(x):\n    global y\n    y = x\n    return y\n", 4, "{y}", 1, ["1"]),
    "later global": (
        "y = 5\ndef f(x):\n    z = x\n    global y\n    y = x\n    return z\n",
        3,
        "{y}",
        1,
        ["1"],
    ),
    "nonlocal": (
        "def g():\n    y = 3\n    def f(x):\n        nonlocal y\n        y += x\n        return y\n    return f\nf = g()\n",
        5,
        "{y}",
        1,
        ["4"],
    ),
    "not closed over": (
        "def g():\n    y = 3\n    def f(x):\n        return x\n    return f\nf = g()\n",
        4,
        "{x}",
        1,
        ["1"],
    ),
    "mangled": ("class C:\n    def m(self, __x):\n        return __x\nf = C().m\n", 3, "hit", 1, ["hit"]),
    "class cell": (
        "class C:\n    def m(self, x):\n        return __class__\nf = C().m\n",
        3,
        "{x}",
        1,
        ["1"],
    ),
    "future": (
        "from __future__ import annotations\ndef f(x: no.such) -> thing:\n    return x\n",
        3,
        "{x}",
        1,
        ["1"],
    ),
    "asserts": ("def f(x):\n    assert x, 'why'\n    return x\n", 2, "{x}", 1, ["1"]),
    "debug": ("def f(x):\n    if __debug__:\n        y = 1\n    return x\n", 4, "{x}", 1, ["1"]),
    "string that looks like a sentinel": (
        "def f(x):\n    return 'hotlog:0123456789abcdef'\n",
        2,
        "{x}",
        1,
        ["1"],
    ),
    "1,000 elifs": (LONG, 2_001, "{x}", 1_000, ["1000"]),
    "18 blocks": (DEEP, 20, "{x}", 1, ["1"]),
    "18 loops": (BLOCKS, 20, "{x}", 1, ["1"]),
    "one line": ("def f(x): return x\n", 1, "{x}", 1, ["1"]),
    "no last newline": ("def f(x):\n    return x", 2, "{x}", 1, ["1"]),
    "unbound": ("def f(x):\n    if not x:\n        y = 1\n    return x\n", 4, "{y}", 1, ["?"]),
    "deleted": ("def f(x):\n    y = x\n    del y\n    return x\n", 4, "{y}", 1, ["?"]),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.long
def test_a_shape_is_probed_as_if_typed(probed: Probed, shape: str) -> None:
    source, line, message, argument, expected = SHAPES[shape]
    module: Any = probed.load("shape_" + "".join(filter(str.isalnum, shape)), source)
    plain = module.f(argument)
    code, backend = module.f.__code__, "recompile"
    status = probed.probe(f"{module.__name__}.py:{line}", message)
    if shape == "1,000 elifs" and sys.version_info < (3, 12):
        # 3.11 cannot compile a tree that deep (a text it can): then the status says so, and `splice` takes it.
        assert "maximum recursion depth" in status.reason
        backend = "splice"
    assert (status.state, status.backend) == ("installed", backend), status
    assert module.f(argument) == plain or shape == "nonlocal"
    found = probed.messages()
    assert len(found) == 1
    if expected == ["?"]:
        assert "unavailable" in found[0] or "Error" in found[0], found
    else:
        assert found == expected
    probed.agent.close()
    assert module.f.__code__ is code


# --- no warning, whatever the settings -----------------------------------------------------------------------------

WARNS = """
def f(x):
    s = "\\\\d"
    if x is 1:
        s = "same"
    assert (x, "always")
    return s
"""

QUIET = """
import warnings, sys
shown = []
warnings.showwarning = lambda message, *rest: shown.append(str(message))
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import noisy
def own():
    warnings.warn("of the user", UserWarning)
if "error" not in sys.warnoptions:
    for _ in range(2):
        own()
before = list(warnings.filters)
import hotlog
from hotlog.config import Config
events = []
agent = hotlog.Agent(sink=events.append, root=".", config=Config())
agent.apply([hotlog.Rule(id="r", at="noisy.py:7", message="{s}")])
print(agent.status()["r"].state, agent.status()["r"].backend, noisy.f(1))
if "error" not in sys.warnoptions:
    for _ in range(2):
        own()
agent.close()
assert warnings.filters == before, warnings.filters
print([event["message"] for event in events if event["hotlog"] == "log"], shown)
"""


@pytest.mark.process
@pytest.mark.parametrize(
    "flags", [[], ["-W", "error"], ["-W", "always::SyntaxWarning"], ["-W", "once"]], ids=str
)
def test_no_warning_of_the_source_shows_again(tmp_path: Path, flags: list[str]) -> None:
    (tmp_path / "noisy.py").write_text(WARNS)
    done = run_python(*flags, "-c", QUIET, folder=tmp_path)
    shown = [] if "error" in flags else ["of the user"]
    assert done.stdout.split("\n")[:2] == ["installed recompile same", f"{['same']} {shown}"], done.stderr
    assert not done.stderr


# --- interpreters started otherwise --------------------------------------------------------------------------------

PLAIN = """
def f(x):
    '''A docstring.'''
    assert x != 99, "never"
    y = x + 1
    return y
"""

LOOKS = """
import hotlog, app
from hotlog.config import Config
events = []
code = app.f.__code__
plain = app.f(1)
agent = hotlog.Agent(sink=events.append, root=".", config=Config())
agent.apply([hotlog.Rule(id="r", at="app.py:6", message="{y}"), hotlog.Rule(id="a", at="app.py:4", message="assert")])
status = agent.status()["r"]
same = app.f(1) == plain
agent.close()
same = same and app.f.__code__ is code
print(same, status.state, status.backend, status.code, [e["message"] for e in events if e["hotlog"] == "log"])
"""


@pytest.mark.process
@pytest.mark.parametrize(
    "flags",
    [
        ["-O"],
        ["-OO"],
        ["-X", "no_debug_ranges"],
        ["-B"],
        ["-I", "-X", "utf8=0"],
        ["-X", "dev"],
        ["-X", "importtime"],
    ],
    ids=str,
)
def test_an_interpreter_started_otherwise(tmp_path: Path, flags: list[str]) -> None:
    (tmp_path / "app.py").write_text(PLAIN)
    program = f"import sys; sys.path[:0] = [{str(ROOT)!r}, {str(tmp_path)!r}]\n{LOOKS}"
    for _ in range(2):  # without and with the module's .pyc
        done = run_python(*flags, "-c", program, folder=tmp_path)
        assert done.stdout.strip() == "True installed recompile  ['assert', '2']", done.stderr


def test_a_module_compiled_under_other_options_is_not_taken_for_its_source(probed: Probed) -> None:
    """What runs is not what the source compiles to here: nothing is claimed."""
    names: dict[str, Any] = {}
    module = probed.load("optimized", PLAIN)
    code = compile(PLAIN, module.__file__ or "", "exec", optimize=2, dont_inherit=True)
    exec(code, names)  # noqa: S102
    vars(module)["f"].__code__ = names["f"].__code__
    del names
    status = probed.probe("optimized.py:6", "{y}")
    assert_right_or_refused(probed, module, status)


def assert_right_or_refused(probed: Probed, module: Any, status: hotlog.Status) -> None:
    """Not by `recompile`: either another backend has it right, or the status says why nothing was done."""
    code = module.f.__code__
    assert module.f(1) == 2
    if status.state == "installed":
        assert status.backend != "recompile"
        assert status.reason
        assert probed.messages() == ["2"]
    else:
        assert (status.state, status.code) != ("error", "")
        assert status.reason
        assert "hook" not in repr(code.co_consts)
        assert probed.messages() == []


# --- where the source is -------------------------------------------------------------------------------------------


def test_a_zip_archive(probed: Probed) -> None:
    archive = probed.folder / "packed.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("inside.py", b"# coding: latin-1\ndef f(x):\n    y = '\xe9'\n    return x\n")
    module: Any = probed.imported("inside", str(archive))
    status = probed.probe("packed.zip/inside.py:4", "{y}")
    assert (status.state, status.backend) == ("installed", "recompile"), status
    assert module.f(1) == 1
    assert probed.messages() == ["é"]


def test_a_root_behind_a_symbolic_link(probed: Probed) -> None:
    real = probed.folder / "real"
    linked = probed.folder / "linked"
    real.mkdir()
    linked.symlink_to(real)
    (real / "behind.py").write_text(PLAIN)
    module: Any = probed.imported("behind", str(linked))
    for file in ("linked/behind.py", "real/behind.py"):
        assert probed.probe(f"{file}:6", "{y}").backend == "recompile"
        assert module.f(1) == 2
        assert probed.messages() == ["2"]


def test_files_of_one_name_in_two_packages(probed: Probed) -> None:
    modules: dict[str, Any] = {}
    for package in ("first", "second"):
        (probed.folder / package).mkdir()
        (probed.folder / package / "__init__.py").write_text("")
        (probed.folder / package / "util.py").write_text(PLAIN)
        modules[package] = probed.imported(f"{package}.util", str(probed.folder))
        probed._loaded.append(package)
    assert probed.probe("second/util.py:6", "{y}").state == "installed"
    assert [modules["first"].f(1), modules["second"].f(2)] == [2, 3]
    assert probed.messages() == ["3"]
    assert probed.probe("util.py:6", "{y}").state == "pending"


def test_a_file_edited_after_its_import(probed: Probed) -> None:
    module: Any = probed.load("edited", PLAIN)
    path = probed.folder / "edited.py"
    path.write_text(PLAIN.replace("x + 1", "x + 2"))
    status = probed.probe("edited.py:6", "{y}")
    assert_right_or_refused(probed, module, status)
    probed.agent.apply([])
    path.write_text("# one line more\n" + PLAIN)
    assert_right_or_refused(probed, module, probed.probe("edited.py:7", "{y}"))
    probed.agent.apply([])
    path.write_text(PLAIN)
    assert probed.probe("edited.py:6", "{y}").backend == "recompile"


def test_a_comment_edited_after_the_import_changes_nothing(probed: Probed) -> None:
    module: Any = probed.load("commented", PLAIN)
    (probed.folder / "commented.py").write_text(PLAIN + "# the end\n")
    assert probed.probe("commented.py:6", "{y}").backend == "recompile"
    assert module.f(1) == 2
    assert probed.messages() == ["2"]


def test_a_file_that_is_gone_or_broken(probed: Probed) -> None:
    module: Any = probed.load("broken", PLAIN)
    (probed.folder / "broken.py").write_text("def f(:\n")
    status = probed.probe("broken.py:6", "{y}")
    assert status.code == "source-unreadable"
    probed.agent.apply([])
    (probed.folder / "broken.py").unlink()
    assert probed.probe("broken.py:6", "{y}").code == "no-source"
    assert module.f(1) == 2


# --- who else touches the function ---------------------------------------------------------------------------------


def test_code_that_somebody_else_replaced_stays_theirs(probed: Probed) -> None:
    module: Any = probed.load("replaced", PLAIN)

    def theirs(x: int) -> int:
        return -x

    theirs_code = theirs.__code__
    probed.probe("replaced.py:6", "{y}")
    module.f.__code__ = theirs_code
    assert module.f(1) == -1
    probed.agent.apply([])
    assert module.f.__code__ is theirs_code
    status = probed.probe("replaced.py:6", "{y}")
    assert status.state == "error", status
    assert status.reason
    assert module.f.__code__ is theirs_code


def test_a_copy_of_probed_code_comes_back_too(probed: Probed) -> None:
    """A tool that derives its code from a probed one keeps the hook: it is silent once the rule is gone."""
    module: Any = probed.load("derived", PLAIN)
    probed.probe("derived.py:6", "{y}")
    module.f.__code__ = module.f.__code__.replace(co_name="renamed")
    assert module.f(1) == 2
    probed.agent.apply([])
    probed.messages()
    assert module.f(1) == 2
    assert probed.messages() == []


def test_a_module_run_twice_has_each_function_restored_to_its_own(probed: Probed) -> None:
    module: Any = probed.load("again", PLAIN)
    first, first_code = module.f, module.f.__code__
    importlib.reload(module)
    second, second_code = module.f, module.f.__code__
    assert first is not second
    assert probed.probe("again.py:6", "{y}").state == "installed"
    assert [first(1), second(2)] == [2, 3]
    assert probed.messages() == ["2", "3"]
    probed.agent.apply([])
    assert first.__code__ is first_code
    assert second.__code__ is second_code


def test_a_module_reloaded_while_probed(probed: Probed) -> None:
    module: Any = probed.load("reloaded", PLAIN)
    probed.probe("reloaded.py:6", "{y}")
    old = module.f
    (probed.folder / "reloaded.py").write_text(PLAIN.replace("x + 1", "x + 10"))
    os.utime(probed.folder / "reloaded.py", (1, 1))
    importlib.reload(module)
    probed.agent.settle()
    assert module.f(1) == 11
    assert probed.messages() == ["11"]
    assert old(1) == 2
    probed.agent.close()
    assert old(1) == 2
    assert "hook" not in repr([*old.__code__.co_consts, *module.f.__code__.co_consts])


# --- tools that look -----------------------------------------------------------------------------------------------

LOOKED_AT = '''
import functools

def f(x: int = 1, *rest, key: str = "k") -> int:
    """A docstring."""
    y = x + 1  # <first>
    if y > 99:
        raise ValueError(
            "too much",
        )  # <raise>
    return y

@functools.wraps(f)
def g(*args):
    return f(*args)
'''


def test_inspect_sees_the_same(probed: Probed) -> None:
    module: Any = probed.load("looked", LOOKED_AT)

    def looks() -> list[object]:
        f = module.f
        code = f.__code__
        return [
            inspect.getsource(f),
            str(inspect.signature(f)),
            inspect.getdoc(f),
            inspect.getfile(f),
            f.__defaults__,
            f.__kwdefaults__,
            f.__annotations__,
            (
                code.co_firstlineno,
                code.co_qualname,
                code.co_flags,
                code.co_varnames,
                code.co_cellvars,
                code.co_freevars,
            ),
            inspect.getsource(module.g),
            inspect.iscoroutinefunction(f),
        ]

    plain = looks()
    probed.probe("looked.py:6", "{x}")
    assert looks() == plain
    probed.probe("looked.py:4", "{x}")
    assert looks() == plain


def test_a_traceback_is_the_same(probed: Probed) -> None:
    module: Any = probed.load("raises", LOOKED_AT)

    def text() -> str:
        try:
            module.f(100)
        except ValueError:
            return traceback.format_exc()
        return ""

    plain = text()
    for line in (4, 6, 7, 8):
        probed.probe(f"raises.py:{line}", "{x}")
        assert text() == plain
        assert probed.messages() == ["100"]


def test_pickling_goes_by_reference_and_marshalling_does_not_go(probed: Probed) -> None:
    module: Any = probed.load("pickled", PLAIN)
    probed.probe("pickled.py:6", "{y}")
    assert pickle.loads(pickle.dumps(module.f)) is module.f  # noqa: S301
    assert copy.deepcopy(module.f) is module.f
    with pytest.raises(ValueError, match="unmarshallable"):
        marshal.dumps(module.f.__code__)
    probed.agent.apply([])
    assert marshal.dumps(module.f.__code__)


class Steps(bdb.Bdb):
    """A debugger that steps through everything and writes down where it stopped."""

    def __init__(self, file: str) -> None:
        super().__init__()
        self.file, self.stops = file, list[tuple[str, int]]()

    def user_line(self, frame: FrameType) -> None:
        if frame.f_code.co_filename == self.file:
            self.stops.append((frame.f_code.co_name, frame.f_lineno))
        self.set_step()


LOOPS = """
def f(n):
    '''Says nothing.'''
    total = 0
    for i in range(n):
        if i % 2:
            total += i
        else:
            total -= i
    while total > 0:
        total -= 1
    try:
        1 / n
    except ZeroDivisionError:
        total = -1
    finally:
        n = 0
    with open(__file__) as file:
        file.close()
    return total
"""


@pytest.mark.long
def test_a_debugger_steps_over_the_same_lines(probed: Probed) -> None:
    module: Any = probed.load("stepped", LOOPS)

    def stops() -> list[tuple[str, int]]:
        steps = Steps(module.__file__)
        before = sys.gettrace()
        try:
            steps.runcall(module.f, 3)
        finally:
            sys.settrace(before)
        return steps.stops

    plain = stops()
    assert len(plain) > 15
    for line in sorted({line for _, line in plain} | {2}):
        assert probed.probe(f"stepped.py:{line}").state == "installed"
        probed.messages()
        assert stops() == plain, line
        assert probed.messages(), line


def test_coverage_by_tracing_and_by_monitoring_go_on(probed: Probed) -> None:
    module: Any = probed.load("covered", LOOPS)
    seen: list[int] = []

    def trace(frame: FrameType, event: str, _: object) -> Any:
        if frame.f_code.co_filename != module.__file__:
            return None
        if event == "line":
            seen.append(frame.f_lineno)
        return trace

    def covered() -> list[int]:
        seen.clear()
        before = sys.gettrace()
        sys.settrace(trace)
        try:
            module.f(3)
        finally:
            sys.settrace(before)
        return list(seen)

    plain = covered()
    probed.probe("covered.py:6", "{i}")
    assert covered() == plain
    assert probed.messages() == ["0", "1", "2"]
    if sys.version_info >= (3, 12):
        assert monitored(probed, module) == [0, 0]


def monitored(probed: Probed, module: Any) -> list[int]:
    """Lines that a tool of `sys.monitoring` sees with the probe and not without, and the other way round."""
    monitoring: Any = vars(sys)["monitoring"]
    tool = next(number for number in range(5) if monitoring.get_tool(number) is None)
    events = monitoring.events
    lines: set[int] = set()

    def line(code: Any, number: int) -> Any:
        if code.co_filename == module.__file__:
            lines.add(number)
        return monitoring.DISABLE

    monitoring.use_tool_id(tool, "coverage")
    monitoring.register_callback(tool, events.LINE, line)
    monitoring.set_events(tool, events.LINE)
    try:
        module.f(3)
        with_probe = set(lines)
        assert probed.messages() == ["0", "1", "2"]
        probed.agent.apply([])
        lines.clear()
        monitoring.restart_events()
        module.f(3)
        return [len(with_probe - lines), len(lines - with_probe)]
    finally:
        monitoring.set_events(tool, 0)
        monitoring.register_callback(tool, events.LINE, None)
        monitoring.free_tool_id(tool)


# --- what a probe can change ---------------------------------------------------------------------------------------

LOCALS = """
def passed(x):
    kept = locals()
    y = 2
    z = 3  # <passed>
    return sorted(kept)

def looked_up(x):
    kept = locals()
    if x:
        y = 2
    z = 3  # <looked>
    return sorted(kept)
"""


def test_what_is_passed_leaves_locals_alone(tmp_path: Path) -> None:
    """A certainly bound name goes as an argument: the frame is not touched.

    What must be looked up in the frame refreshes, on 3.11 and 3.12, the dict that an earlier `locals()` returned
    (there it is one per frame); from 3.13 on each call returns its own (PEP 667).
    """
    sample = Sample(tmp_path, LOCALS)
    module: Any = sample.module
    with hotlog.Agent(sink=lambda _: None, root=str(tmp_path), config=Config()) as agent:
        agent.apply([hotlog.Rule(id="a", at=sample.at("passed"), message="{y}")])
        assert module.passed(1) == ["x"]
        agent.apply([hotlog.Rule(id="a", at=sample.at("looked"), message="{y}")])
        assert module.looked_up(1) == (["x"] if sys.version_info >= (3, 13) else ["kept", "x", "y"])
    assert module.looked_up(1) == ["x"]
    sample.forget()


@pytest.mark.long
def test_nothing_grows(probed: Probed) -> None:
    module: Any = probed.load("grown", PLAIN)
    rules = [
        hotlog.Rule(id=str(line), at=f"grown.py:{line}", message="{x}", limit=None) for line in (2, 5, 6)
    ]

    def flip(times: int) -> None:
        for _ in range(times):
            probed.agent.apply(rules)
            module.f(1)
            probed.agent.apply([])
            probed.events.clear()

    assert count_growth(flip, 20, 60) < 20


def test_output_of_a_probed_program_is_its_own(probed: Probed, capfd: pytest.CaptureFixture[str]) -> None:
    module: Any = probed.load(
        "said",
        WARNS.replace("\\\\d", "plain").replace("x is 1", "x == 1").replace('assert (x, "always")', "pass"),
    )
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        probed.probe("said.py:7", "{s}")
        module.f(1)
        probed.agent.apply([])
    assert not caught
    assert capfd.readouterr() == ("", "")
