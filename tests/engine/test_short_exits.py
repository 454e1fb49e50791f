"""Short blocks that the compiler copies, and statements behind something else on their line: one hit each time, as typed."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from hotlog.probes.backends import choose_backends
from hotlog.probes.probe import Probe
from hotlog.probes.registry import Registry, WantedProbes
from hotlog.source.statements import Source
from tests.programs.inserted import CALL, with_calls

if TYPE_CHECKING:
    from collections.abc import Callable

    from hotlog.probes.probe import Hook

BRANCHES = "    if s: e = ValueError(1)\n    else: e = KeyError(1)\n"
LONG = "    if s:\n        e = ValueError(1)\n    elif s is None:\n        e = OSError()\n    else:\n        e = KeyError(1)\n"

# Bodies of `f(s)`, which is called with 0, 1 and None.
SHAPES = {
    "two handlers": f"{BRANCHES}    try: raise e\n    except ValueError as q: return 1\n    except KeyError as q: return 2\n",
    "three branches": f"{LONG}    try:\n        raise e\n    except ValueError:\n        return 1\n    except KeyError: return 2\n",
    "a finally": f"{BRANCHES}    try:\n        raise e\n    finally:\n        return 3\n",
    "a return and a finally": f"{BRANCHES}    try: return e\n    finally: s = 2\n",
    "a with": f"{BRANCHES}    with quiet: raise e\n",
    "a with that returns": f"{LONG}    with quiet:\n        return e\n",
    "a for": f"{BRANCHES}    for _ in (1, 2): return e\n",
    "a for that fails": f"{LONG}    for _ in (1, 2):\n        raise e\n    return 3\n",
    "a while": f"{BRANCHES}    while True: return e\n",
    "a match": f"{BRANCHES}    match e:\n        case ValueError(): return 1\n        case KeyError(): return 2\n        case _: raise e\n",
    "an if": f"{LONG}    if e: raise e\n    return s\n",
    "in a loop": "    for x in (1, 2):\n"
    "        if s: e = ValueError(x)\n        else: e = KeyError(x)\n"
    "        try: raise e\n        except ValueError: continue\n        except KeyError: break\n    return x\n",
    "in a loop, with a finally": "    for x in (1, 2):\n"
    "        if s:\n            e = 1\n        else:\n            e = 2\n"
    "        try:\n            continue\n        finally:\n            e = 3\n    return e\n",
    "in a try": "    try:\n        if s: e = ValueError(1)\n        else: e = KeyError(1)\n"
    "        try: raise e\n        except ValueError: return 1\n    except KeyError as q: return 2\n    finally: s = 3\n",
    "twice": f"{BRANCHES}    try: raise e\n    except ValueError: s = 5\n    except KeyError: s = 0\n"
    "    if s: e = OSError()\n    try: raise e\n    except OSError: return 4\n",
    "handlers on one line": "    try: raise KeyError(s)\n    except ValueError: s = 1\n    except (OSError, KeyError): s = 2\n    return s\n",
    "handlers that nothing fits": "    try: raise TypeError(s)\n    except ValueError: return 1\n    except KeyError: return 2\n",
    "cases on one line": "    match s:\n        case 0: return 1\n        case 1 if s > 1: return 2\n        case _: return 3\n",
    "groups on one line": "    try: raise ExceptionGroup('g', [KeyError(s)])\n    except* ValueError: s = 1\n    except* KeyError: s = 2\n    return s\n",
    "a word of two bytes before it": "    match s:\n        case 'é' | 0: s = 'é'; return 1\n        case _: return 3\n",
}
HEAD = """
class Quiet:
    def __enter__(self): return self
    def __exit__(self, *_): return True

quiet = Quiet()

def f(s):
"""


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    made = ModuleType("short_exits")
    made.__file__ = "/short/exits.py"
    monkeypatch.setitem(sys.modules, made.__name__, made)
    return made


def _lines_hit(call: Callable[[Any], object], hits: list[int]) -> list[object]:
    found: list[object] = []
    for s in (0, 1, None):
        hits.clear()
        try:
            found.append(repr(call(s)))
        except Exception as fault:  # noqa: BLE001  # whatever it is, it is compared
            found.append(repr(fault))
        found.append(tuple(hits))
    return found


def _load(module: ModuleType, code: Any) -> Callable[[Any], object]:
    exec(compile(code, module.__file__ or "", "exec", dont_inherit=True), vars(module))  # noqa: S102
    called: Callable[[Any], object] = vars(module)["f"]
    return called


def _hook(line: int, hits: list[int]) -> Callable[[tuple[str, ...]], Hook]:
    return lambda _: lambda **_: hits.append(line)


@pytest.mark.parametrize("backend", ["recompile", "splice", "monitor"])
@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.long
def test_it_is_hit_as_often_as_typed(module: ModuleType, name: str, backend: str) -> None:
    text = HEAD + SHAPES[name]
    hits: list[int] = []
    tree, _ = with_calls(text)
    vars(module)[CALL] = hits.append
    typed = _lines_hit(_load(module, tree), hits)
    source = Source(text.encode(), "exits.py")
    call = _load(module, text)
    inside = [place for place in source.places() if place.function == "f" and place.kind == "statement"]
    probes = tuple(Probe(str(place.line), place, frozenset(), _hook(place.line, hits)) for place in inside)
    registry = Registry(choose_backends(backend))
    try:
        outcomes = registry.set([WantedProbes(module, source, probes)])
        taken = {int(key) for key, outcome in outcomes.items() if outcome.fault is None}
        if backend != "monitor":  # no event tells of some instructions
            assert taken == {place.line for place in inside}
        found = _lines_hit(call, hits)
    finally:
        registry.close()
    assert found == [
        tuple(line for line in each if line in taken) if isinstance(each, tuple) else each for each in typed
    ]


def test_code_behind_it_that_nothing_reaches_keeps_no_rule_away(module: ModuleType) -> None:
    """3.11 drops the last constants of a function where only such code uses them, unless a probe stands behind it."""
    text = (
        HEAD
        + "    try: raise KeyError(s)\n    finally: s = 1\n    assert {y: s for y in s}, 'why'\n    return s\n"
    )
    source = Source(text.encode(), "exits.py")
    call = _load(module, text)
    hits: list[int] = []
    inside = [place for place in source.places() if place.function == "f"]
    probes = tuple(Probe(str(place.line), place, frozenset(), _hook(place.line, hits)) for place in inside)
    registry = Registry(choose_backends("recompile"))
    try:
        outcomes = registry.set([WantedProbes(module, source, probes)])
        assert {outcome.fault for outcome in outcomes.values()} == {None}
        _lines_hit(call, hits)
    finally:
        registry.close()
    assert len(hits) == 3
    assert {key for key, outcome in outcomes.items() if outcome.unreachable} == {
        str(place.line) for place in inside[3:]
    }
