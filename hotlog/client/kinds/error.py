"""Errors, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from hotlog.rules.model import Rule

FIELDS: Final = {  # of its events: what they say, where that is not what an earlier kind's do
    "at": "the line of your code that it left; none where the answer alone is known",
    "qualname": "the function that raised it",
    "failure": "without a target: how the invocation failed, and which of its exceptions this is",
    "error": "the exception",
    "frames": "every frame that it left, innermost first, with its variables",
    "response": "the answer, where it says that the invocation failed and no exception is known",
}

EDITOR_FILTERS: Final = {
    "error": {
        "label": "Errors of the function",
        "description": "Captures every frame of an exception that the handler ends in, or that a framework made a 500 of.",
    }
}


def describe(rule: Rule) -> str:
    """Return what the rule does that only its kind does."""
    names = f" except {', '.join(rule.excepted)}" if rule.excepted else ""
    return f"error{', also those that were caught,' if rule.caught else ''}{names}".rstrip(",")


def explain_held(rule: Rule, held: int) -> str:
    """Return a sentence about exceptions that were seen and are not told."""
    if rule.at or rule.caught or not held:
        return ""
    what = "an exception was" if held == 1 else f"{held:,} exceptions were"
    return f"{what} caught and made no invocation fail: --caught tells of invocations that succeed"
