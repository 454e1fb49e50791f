"""Brings in the engine, what puts rules into code, piece by piece.

It comes with the first rule. On a whole CPU all of it takes some 20 ms; on a tenth of one a fifth of a second and more,
in the middle of somebody's request. So there is a limit to what one invocation waits for; the next one goes on.
"""

from __future__ import annotations

import time
from typing import Final

from hotlog import __builtins__
from hotlog.coldstart import standard_library

# What comes before is there when the next is imported, so that none takes more than a few milliseconds.
PIECES: Final = (
    "ast",
    "hotlog.redaction.secret_names",
    "hotlog.redaction.neighbours",
    "hotlog.reading.classes",
    "hotlog.reading.parts",
    "hotlog.reading.reader",
    "hotlog.expressions.arithmetic",
    "hotlog.expressions.comparisons",
    "hotlog.interpreter.compiling",
    "hotlog.expressions.grammar",
    "hotlog.expressions.template",
    "hotlog.redaction.sentences",
    "hotlog.redaction.named_text",
    "hotlog.redaction.redact",
    "hotlog.capture.scalars",
    "hotlog.capture.snapshot",
    "hotlog.expressions.safe_builtins",
    "hotlog.expressions.compiler",
    "hotlog.expressions.evaluate",
    "hotlog.hits.rate_limit",
    "hotlog.capture.frames",
    "hotlog.expressions.fast_message",
    "hotlog.hits.false_operands",
    "hotlog.hits.gates",
    "hotlog.hits.rule_handler",
    "hotlog.kinds.log",
    "hotlog.source.statements",
    "hotlog.source.locate",
    "hotlog.probes.running_frames",
    "hotlog.interpreter.code_objects",
    "hotlog.probes.recompile.backend",
    "hotlog.probes.registry",
    "hotlog.hits.invocation_context",
    "hotlog.agent.rule_reports",
    "hotlog.agent.reconcile",
)
# For a condition, or a hole of a message that is no name.
COMPILED: Final = (
    "hotlog.expressions.compiled.plain_fields",
    "hotlog.expressions.compiled.condition_test",
    "hotlog.hits.compiled_condition",
    "hotlog.probes.recompile.inline_condition",
)
SHADOWED: Final = standard_library.CODE
_imported: set[str] = set()


def find_obstacle() -> str:
    """Return why the engine must not be imported; empty where it may."""
    return standard_library.find_shadow([*standard_library.START, *standard_library.ENGINE])


def load(until_s: float, *, compiles: bool) -> bool:
    """Import what is missing: one piece in any case.

    Args:
        until_s: when, in monotonic seconds, no further piece is begun.
        compiles: whether a rule has an expression that is compiled.

    Returns:
        Whether all of them are there.
    """
    missing = [name for name in (*PIECES, *(COMPILED if compiles else ())) if name not in _imported]
    for number, name in enumerate(missing, 1):
        __import__(name)  # not importlib: in the layer it is the layer's own
        _imported.add(name)
        if number < len(missing) and time.monotonic() >= until_s:
            return False
    return True
