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

# The builtins as they are now. A function takes its builtins from `__builtins__` of its module, at its definition. Modules
# that import this one have functions that go on to work when the application, or a test of it, replaces `len` or deletes
# `open`, and that never call what stands in for them. A lookup costs what it always does.
# `__import__` stays the one that this module itself has: in the layer it leads to the layer's own modules.
__builtins__ = {**vars(builtins), "__import__": __import__}  # type: ignore[assignment]  # CPython takes a dict or a module

__version__ = "0.1.0"
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
    if name == "wrap":
        library = __import__("hotlog.coldstart.standard_library", fromlist=("find_shadow",))
        if reason := library.find_shadow(library.START):
            globals()[name] = library.step_aside(reason)
            return globals()[name]
    value = getattr(__import__(home, fromlist=(name,)), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*__all__} - _find_lacking())


def _find_lacking() -> set[str]:
    """Return what this copy does not have: in the layer, among others, it holds the function's half alone."""
    from importlib.machinery import PathFinder  # in an archive there are no folders to look for

    return set() if PathFinder.find_spec(f"{__name__}.client", __path__) else {"Client"}
