"""hotlog adds log lines to Python functions that are already running in AWS Lambda.

    import hotlog

    @hotlog.wrap
    def handler(event, context): ...

Everything here is imported at its first use (PEP 562): `import hotlog` alone costs nothing.
"""

import builtins

TYPE_CHECKING = False  # not that of `typing`: the application may have a module of that name
if TYPE_CHECKING:
    from hotlog.agent.agent import Agent
    from hotlog.client.client import Client
    from hotlog.errors import (
        ConfigError,
        HotlogError,
        InstallError,
        LocationError,
        RuleError,
        SinkError,
        StoreError,
    )
    from hotlog.events import Status
    from hotlog.rules.model import Rule
    from hotlog.runtime.wrapper import wrap

# The builtins as they are now; in the layer, as they were before the application was imported. A function takes its builtins
# from `__builtins__` of its module, at its definition. Modules that import this one have functions that go on to work when the
# application, or a test of it, replaces `len` or deletes `open`, and that never call what stands in for them. A lookup costs what
# it always does.
# Their `import` statements lead to hotlog's own modules, which no import hook of the application rewrites: `own_import` is itself
# loaded past all hooks. In the layer that is the layer's own `__import__`; an archive has none of it.
_given = globals()["__builtins__"]
__builtins__ = {**(_given if type(_given) is dict else vars(builtins)), "__import__": __import__}  # type: ignore[assignment]  # CPython takes a dict or a module
if __import__ is builtins.__import__:
    try:
        from _frozen_importlib import _load  # type: ignore[attr-defined]
        from _frozen_importlib_external import (
            BYTECODE_SUFFIXES,
            SOURCE_SUFFIXES,
            FileFinder,
            SourceFileLoader,
            SourcelessFileLoader,
        )
    except ImportError:  # they are the interpreter's own business
        pass
    else:
        _loaders = ((SourceFileLoader, SOURCE_SUFFIXES), (SourcelessFileLoader, BYTECODE_SUFFIXES))
        _spec = FileFinder(f"{__path__[0]}/coldstart", *_loaders).find_spec(
            f"{__name__}.coldstart.own_import"
        )
        if _spec is not None:
            __builtins__ = _load(_spec).__builtins__

__version__ = "0.2.0"
__distribution__ = "hotlog-lambda"  # tells the layer that a `hotlog` is this project's, whatever its version

_HOME = {
    "Agent": "hotlog.agent.agent",
    "Client": "hotlog.client.client",
    "ConfigError": "hotlog.errors",
    "HotlogError": "hotlog.errors",
    "InstallError": "hotlog.errors",
    "LocationError": "hotlog.errors",
    "Rule": "hotlog.rules.model",
    "RuleError": "hotlog.errors",
    "SinkError": "hotlog.errors",
    "Status": "hotlog.events",
    "StoreError": "hotlog.errors",
    "wrap": "hotlog.runtime.wrapper",
}

__all__ = [
    "Agent",
    "Client",
    "ConfigError",
    "HotlogError",
    "InstallError",
    "LocationError",
    "Rule",
    "RuleError",
    "SinkError",
    "Status",
    "StoreError",
    "__version__",
    "wrap",
]


def __getattr__(name: str) -> object:
    home = _HOME.get(name)
    if home is None or (name == "Client" and name in _find_lacking()):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    # Not importlib: in the layer `__import__` is the layer's own.
    value = _find_wrap(home) if name == "wrap" else getattr(__import__(home, fromlist=(name,)), name)
    globals()[name] = value
    return value


def _find_wrap(home: str) -> object:
    """Return `wrap`; in a function where hotlog cannot be imported, for want of memory or whatever else, one that wraps nothing."""
    library = __import__("hotlog.coldstart.standard_library", fromlist=("find_shadow",))
    if reason := library.find_shadow(library.START):
        return library.step_aside(library.CODE, reason)
    try:
        return __import__(home, fromlist=("wrap",)).wrap
    except Exception as fault:
        if __name__ != "hotlog" or not library.is_in_lambda():  # the layer tells it itself
            raise
        said = f"{type(fault).__name__}: {fault}"
        return library.step_aside("own-copy-failed", f"hotlog cannot be imported here: {said}")


def __dir__() -> list[str]:
    return sorted({*__all__} - _find_lacking())


def _find_lacking() -> set[str]:
    """Return what this copy does not have: in the layer, among others, it holds the function's half alone."""
    from importlib.machinery import PathFinder  # in an archive there are no folders to look for

    return set() if PathFinder.find_spec(f"{__name__}.client", __path__) else {"Client"}
