"""Decides which hotlog wraps the handler, and loads the layer's own so that the application never meets it.

The handler's module is imported by now, so the path is as the application wants it. Three cases:

1. The application can import another project's `hotlog`: nothing is wrapped, and a status event says so.
2. It can import hotlog-lambda, which it has brought along, of whatever version: that copy wraps the handler.
3. It can import none, the usual case: the layer's copy wraps the handler.

The layer's copy is not on `sys.path`, and its modules stand in `sys.modules` under names of their own,
`hotlog_layer.hotlog.config`. So whatever folder the application adds to the path later, even in the handler, its
`import hotlog` and `import bytecode` find what they would have found without the layer. For that each module
of the layer gets an `__import__` that leads to the layer's own modules, past all import hooks; see `LayerPackages`.
"""

from __future__ import annotations

import _imp
import builtins
import marshal
import os
import sys
from _frozen_importlib_external import MAGIC_NUMBER
from importlib.machinery import (
    EXTENSION_SUFFIXES,
    BuiltinImporter,
    ExtensionFileLoader,
    FileFinder,
    ModuleSpec,
    SourceFileLoader,
)
from threading import RLock, get_ident

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import CodeType, ModuleType
    from typing import Any

    Handler = Callable[..., Any]
    StepAside = Callable[[Handler, str, str], Handler]

ALIAS = "hotlog_layer"
NAMES = frozenset({"bytecode", "hotlog", "watchtower"})
DISTRIBUTION = (
    b"hotlog-lambda"  # `__distribution__` of the package: what tells it from other projects called hotlog
)
_HEAD = 16  # bytes before the index of compiled modules
_INDEX_MAX = 1_000_000  # bytes; what is more is no length
_HASH = 8  # bytes
_run, _compile = exec, compile  # the application may replace them
_given = globals()["__builtins__"]  # by the shim: as they were before the application was imported
_builtins: dict[str, Any] = _given if type(_given) is dict else vars(builtins)


def wrap(found: Handler, folder: str, step_aside: StepAside) -> Handler:
    """Return the handler wrapped by the hotlog that it shall have; as it is where it shall have none.

    Args:
        found: the function's handler.
        folder: where the layer's packages lie.
        step_aside: returns the handler as it is and tells a code and a reason.
    """
    other = find_applications_own()
    if other is not None:
        place = other.origin or ", ".join(other.submodule_search_locations or ())
        if not is_hotlog_lambda(other):
            return step_aside(
                found,
                "foreign-hotlog",
                f"{place} is another project's hotlog: the function runs without this one",
            )
        return wrap_with_copy(found, place, step_aside)
    layer = LayerPackages(folder)
    library = layer.load("hotlog.coldstart.standard_library")
    reason = library.find_shadow(library.START)
    if reason:
        return step_aside(found, library.CODE, reason)
    reason = layer.load("hotlog.interpreter.supported").why_unsupported()
    if reason:
        return step_aside(found, "unsupported-interpreter", reason)
    wrapped: Handler = layer.load("hotlog").wrap(found)
    return wrapped


def tell_failed_init(fault: BaseException, folder: str) -> None:
    """Tell the rules that ask why the function fails of what the import of its handler raised.

    Where the application has a `hotlog` of its own, nothing is told: nobody knows what that is able to do.

    Args:
        fault: the exception.
        folder: where the layer's packages lie.
    """
    if find_applications_own() is not None:
        return
    layer = LayerPackages(folder)
    library = layer.load("hotlog.coldstart.standard_library")
    if library.find_shadow(library.START) or layer.load("hotlog.interpreter.supported").why_unsupported():
        return
    layer.load("hotlog.runtime.failed_init").tell_failed_init(fault)


def find_applications_own() -> ModuleSpec | None:
    """Return the `hotlog` that the application has imported, or would; None where there is none."""
    loaded = sys.modules.get("hotlog")
    if loaded is not None:
        own: ModuleSpec | None = getattr(loaded, "__spec__", None)  # it need not be a module
        return own or ModuleSpec("hotlog", None, origin=getattr(loaded, "__file__", None))
    for finder in sys.meta_path:
        find = getattr(finder, "find_spec", None)
        spec: ModuleSpec | None = find("hotlog", None) if find is not None else None
        if spec is not None and (spec.loader is not None or _holds_code(spec)):
            return spec
    return None


def _holds_code(spec: ModuleSpec) -> bool:
    """Return whether a folder without `__init__.py` has modules in it; one with data alone is no package."""
    for folder in spec.submodule_search_locations or ():
        for _, _, files in os.walk(folder):
            if any(file.endswith((".py", ".pyc", ".so")) for file in files):
                return True
    return False


def is_hotlog_lambda(spec: ModuleSpec) -> bool:
    """Return whether it is this project's package. Nothing of it is run: another project's may do anything then."""
    read = getattr(spec.loader, "get_data", None)
    if read is None or not spec.origin:
        return False
    try:
        data: bytes = read(spec.origin)
    except OSError:
        return False
    return DISTRIBUTION in data


def wrap_with_copy(found: Handler, place: str, step_aside: StepAside) -> Handler:
    """Return the handler wrapped by the copy of hotlog-lambda that the function brings along.

    Args:
        found: the function's handler.
        place: where the copy lies.
        step_aside: as for `wrap`; told `own-copy-failed` where the copy does not do it.
    """
    before = set(sys.modules)
    try:
        import hotlog

        wrapped: Handler = hotlog.wrap(found)
        if not callable(wrapped):
            raise TypeError(f"wrap returned {type(wrapped).__name__}")  # noqa: TRY301  # told as all others
    except BaseException as fault:  # noqa: BLE001  # any version may fail in any way
        for name in set(sys.modules) - before:
            if name.partition(".")[0] == "hotlog":  # the application imports it anew, as without the layer
                del sys.modules[name]
        said = f"{type(fault).__name__}: {fault}"
        return step_aside(
            found, "own-copy-failed", f"{place}, the function's own hotlog, does not work: {said}"
        )
    return wrapped


class LayerPackages:
    """Imports the layer's packages under names that nobody else uses.

    `import` asks the builtins of the module that it stands in for `__import__`. The modules of the layer have
    builtins of their own, whose `__import__` leads `hotlog`, `bytecode` and `watchtower` to the layer's folder and
    everything else to where it always leads.

    Args:
        folder: where the packages lie.

    Raises:
        OSError: a file is missing.
        ImportError: one is damaged.
    """

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._builtins = {**_builtins, "__import__": self._import}
        self._modules = open_modules(folder)
        self._loaded: dict[str, ModuleType] = {}  # whole: whoever finds one here need not wait
        self._under_way: dict[str, int] = {}  # by names in `sys.modules`: the thread that runs the module
        self._lock = RLock()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._begin_child)

    def load(self, name: str) -> ModuleType:
        """Return a module of the layer, imported where it is not.

        Args:
            name: as its own code spells it, such as `hotlog.config`.

        Raises:
            ModuleNotFoundError: the layer has none of that name.
        """
        module = self._loaded.get(name)
        if module is not None:
            return module
        with self._lock:
            # A module that is under way in this thread is returned as far as it is: they import each other in circles.
            module = self._loaded.get(name) or sys.modules.get(f"{ALIAS}.{name}")
            return module if module is not None else self._execute(name)

    def _execute(self, name: str) -> ModuleType:
        parent_name, _, last = name.rpartition(".")
        parent = self.load(parent_name) if parent_name else None
        known = self._loaded.get(name)
        if known is not None:  # its package has imported it
            return known
        path = self._modules.find(name)
        if path is None:
            raise ModuleNotFoundError(f"the layer has no module {name!r}", name=name)
        code = self._modules.read(path)
        spec = self._spec_of(name, path)
        module = _module_of(spec)
        vars(module)["__builtins__"] = self._builtins
        sys.modules[spec.name] = module
        self._under_way[spec.name] = get_ident()
        try:
            _run(code, vars(module))
        except BaseException:
            sys.modules.pop(spec.name, None)  # the application may have emptied it
            raise
        finally:
            self._under_way.pop(spec.name, None)
        self._loaded[name] = module
        if parent is not None:
            setattr(parent, last, module)
        return module

    def _spec_of(self, name: str, path: str) -> ModuleSpec:
        """Return what says of a module where it would lie, were it a file of its own."""
        alias, origin = f"{ALIAS}.{name}", f"{self._folder}/{path}"
        spec = ModuleSpec(alias, SourceFileLoader(alias, origin), origin=origin)
        if path.endswith("/__init__.py"):
            spec.submodule_search_locations = [os.path.dirname(origin)]
        return spec

    def _import(
        self,
        name: str,
        globals: Mapping[str, object] | None = None,  # noqa: A002  # as `__import__` names them
        locals: Mapping[str, object] | None = None,  # noqa: A002
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> ModuleType:
        """Stand in for `__import__` in the layer's own modules."""
        if level:
            package = str((globals or {})["__package__"]).removeprefix(f"{ALIAS}.").split(".")
            name = ".".join([*package[: len(package) - level + 1], *([name] if name else [])])
        top = name.partition(".")[0]
        if top not in NAMES:
            return builtins.__import__(name, globals, locals, fromlist or (), level)
        module = self.load(name)
        if not fromlist:
            return self.load(top)
        if hasattr(module, "__path__"):
            for wanted in fromlist:
                self._load_if_module(module, f"{name}.{wanted}", wanted)
        return module

    def _load_if_module(self, package: ModuleType, name: str, last: str) -> None:
        """Import what a `from package import last` names, where that is no attribute; the statement itself complains."""
        if hasattr(package, last):
            return
        try:
            self.load(name)
        except ModuleNotFoundError as fault:
            if fault.name != name:
                raise

    def _begin_child(self) -> None:
        """Forget, in a forked child, what threads had begun that do not run there: a lock that is held, modules half run."""
        for name, thread in list(self._under_way.items()):
            if thread != get_ident():
                del self._under_way[name]
                sys.modules.pop(name, None)
        self._lock = RLock()


def open_modules(folder: str) -> CompiledModules | SourceModules:
    """Return the layer's modules, compiled where this Python's bytecode is there.

    Args:
        folder: where the packages lie.

    Raises:
        OSError: a file is missing.
        ImportError: one is damaged.
    """
    sources = os.path.join(folder, "sources")
    with open(sources, "rb", 0) as file:
        known = file.read(_HASH)
    compiled = CompiledModules(folder, known)
    return compiled if compiled.holds_modules else SourceModules(sources)


class Modules:
    """The layer's modules in one file: nothing is looked up in folders.

    Attributes:
        index: the modules, by their paths below the layer's folder.
    """

    index: Mapping[str, object]

    def find(self, name: str) -> str | None:
        """Return the path of a module; None for none."""
        path = name.replace(".", "/")
        return next((known for known in (f"{path}.py", f"{path}/__init__.py") if known in self.index), None)


class CompiledModules(Modules):
    """The layer's modules as one file of bytecode has them: nothing is compiled.

    Its format is that of `hotlog/client/attaching/layer_compiler.py`. None are held where it is for another Python, or for other
    sources than those beside it: the layers of a function are unpacked over each other.

    Args:
        folder: where the packages lie.
        sources: the hash of the sources beside it.

    Attributes:
        holds_modules: whether the modules are taken from here.

    Raises:
        ImportError: the file is damaged.
    """

    index: dict[str, tuple[int, int, bytes]]

    def __init__(self, folder: str, sources: bytes) -> None:
        self._folder = folder
        self._path = os.path.join(folder, f"compiled.{sys.implementation.cache_tag}")
        self._start = 0
        self.index = {}
        self.holds_modules = False
        try:
            file = open(self._path, "rb")  # noqa: SIM115  # closed below
        except FileNotFoundError:
            return
        with file:
            head = file.read(_HEAD)
            size = int.from_bytes(head[12:], "little")
            index = file.read(size) if size < _INDEX_MAX else b""
        if len(head) == _HEAD and head[:4] != MAGIC_NUMBER:
            return
        if len(head) != _HEAD or _imp.source_hash(0, index) != head[4:12]:
            raise ImportError(f"{self._path} is not whole")
        known, self.index = marshal.loads(index)  # noqa: S302  # as it was written
        self._start = _HEAD + size
        self.holds_modules = known == sources

    def read(self, path: str) -> CodeType:
        """Return the code of a module.

        Args:
            path: what `find` has returned.

        Raises:
            ImportError: it is not what was written.
        """
        at, size, known = self.index[path]
        with open(self._path, "rb", 0) as file:
            file.seek(self._start + at)
            blob = file.read(size)
        if _imp.source_hash(0, blob) != known:
            raise ImportError(f"{self._path} is damaged: {path} is not as it was written")
        code: CodeType = marshal.loads(blob)  # noqa: S302  # as it was written
        _imp._fix_co_filename(code, f"{self._folder}/{path}")  # type: ignore[attr-defined]  # noqa: SLF001  # as import does
        return code


class SourceModules(Modules):
    """The sources of the layer's modules. Its format is that of `hotlog/client/code/packed_sources.py`.

    Args:
        file: where they are.

    Raises:
        ImportError: the file is damaged.
    """

    index: dict[str, bytes]

    def __init__(self, file: str) -> None:
        self._folder = os.path.dirname(file)
        with open(file, "rb") as opened:
            known, packed = opened.read(_HASH), opened.read()
        if _imp.source_hash(0, packed) != known:
            raise ImportError(f"{file} is not whole")
        lines, _, rest = _load_bz2().BZ2Decompressor().decompress(packed).partition(b"\n\n")
        self.index = {}
        at = 0
        for line in lines.decode().splitlines():
            size, _, path = line.partition(" ")
            self.index[path] = rest[at : at + int(size)]
            at += int(size)

    def read(self, path: str) -> CodeType:
        """Return the code of a module: see `CompiledModules.read`."""
        code: CodeType = _compile(self.index[path], f"{self._folder}/{path}", "exec", dont_inherit=True)
        return code


def _load_bz2() -> ModuleType:
    """Return the part of `bz2` that is in C, as Python has it: the application may have a module of either name."""
    folder = os.path.join(os.path.dirname(os.__file__), "lib-dynload")
    finder = FileFinder(folder, (ExtensionFileLoader, EXTENSION_SUFFIXES))
    spec: Any = BuiltinImporter.find_spec("_bz2") or finder.find_spec("_bz2")
    if spec is None:
        raise ModuleNotFoundError("this Python has no _bz2, and the layer no bytecode for it", name="_bz2")
    module: ModuleType = spec.loader.create_module(spec)
    spec.loader.exec_module(module)
    return module


def _module_of(spec: ModuleSpec) -> ModuleType:
    """Return an empty module for the spec, as importlib makes one (`importlib.util` alone costs a start a millisecond)."""
    module = type(sys)(spec.name)
    module.__spec__ = spec
    module.__loader__ = spec.loader
    module.__package__ = spec.parent
    module.__file__ = spec.origin
    if spec.submodule_search_locations is not None:
        module.__path__ = spec.submodule_search_locations
    return module
