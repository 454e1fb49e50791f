"""Why a call is refused, and what to write instead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hotlog import __builtins__
from hotlog.expressions.method_table import METHODS, why_not
from hotlog.expressions.vocabulary import FUNCTIONS, closest

if TYPE_CHECKING:
    import ast

_LIKENESS: Final = 0.8  # a slip of the pen: `lenn`, not `print` for `int`

_STEPS: Final = {
    "__import__": "what is imported is code: log a value of the function",
    "Decimal": "compare with a number, or as text: `str(x) == '19.90'`",
    "Fraction": "compare with a number: `x < 0.75`",
    "UUID": "compare as text: `str(x) == '…'`",
    "breakpoint": "nothing stops in Lambda: --snapshot captures the variables",
    "callable": "write `hasattr(x, 'name')` for a method, or log `type(x)`",
    "date": "compare as text, `str(x) > '2026-12-01'`, or by its parts, such as `x.year`",
    "datetime": "compare as text, `str(x) > '2026-12-01'`, or by its parts, such as `x.year`",
    "delattr": "a rule changes nothing",
    "dir": "write `{x}`, which shows the fields of an object",
    "eval": "write the expression itself",
    "exec": "a rule changes nothing",
    "filter": "write `[x for x in values if …]`",
    "globals": "name the variable that you want",
    "hash": "log the value",
    "id": "compare with `is`, or log the value",
    "input": "nobody types in Lambda",
    "iter": "write `list(x)`, or `next(x for x in values)`",
    "locals": "--snapshot captures all variables",
    "map": "write `[f(x) for x in values]`",
    "memoryview": "log the bytes",
    "object": "log a value of the function",
    "open": "log what your code has read of the file",
    "print": "a message is printed by itself: write the value as `{x}`",
    "setattr": "a rule changes nothing",
    "slice": "write `x[1:3]`",
    "super": "log the attribute: `self.name`",
    "timedelta": "compare seconds: `x.total_seconds() > 3600`",
    "vars": "write `{x}`, which shows the fields of an object",
}
# What people write behind a module, or call a method as in another language.
_OF_MODULES: Final = {
    "math": "write `x != x` for `isnan`, `x ** 0.5` for `sqrt`, `int(x)` for `floor`",
    "os": "variables of the environment are not read: log what your code has made of them",
    "re": "no regular expression runs: write `'text' in x`, `x.startswith('…')` or `x.split('…')[1]`",
}
_MADE: Final = frozenset(
    {"Decimal", "Fraction", "UUID", "date", "datetime", "timedelta"}
)  # `decimal.Decimal('1')`
_OF_METHODS: Final = {
    "contains": "write `'text' in x`",
    "has_key": "write `'key' in x`",
    "includes": "write `'text' in x`",
    "mean": "write `sum(x) / len(x)`",
    "most_common": "write `sorted(x.items(), key=lambda pair: -pair[1])`",
    "size": "write `len(x)`",
    "toString": "write `str(x)`",
    "tolist": "write `list(x)`",
}


def of_function(name: str, node: ast.Call) -> str:
    """Return the sentences for a call of something else than a function of the list.

    Args:
        name: of what is called; empty where it is no name.
        node: the call.
    """
    if step := _rewritten(node) or _STEPS.get(name, ""):
        return f"`{name}` cannot be called: {step}."
    listed = ", ".join(sorted(FUNCTIONS))
    return (
        f"`{name or 'this'}` cannot be called: an expression runs none of your code, only {listed} "
        f"and methods of builtin types.{closest(name, FUNCTIONS, _LIKENESS)}"
    )


def of_method(name: str, node: ast.Call) -> str:
    """Return the sentences for a call of a method that no plain type has, or that is not pure.

    Args:
        name: of the method.
        node: the call.
    """
    if hint := _rewritten(node):
        return f"`.{name}()` cannot be called: {hint}."
    owner = getattr(getattr(node.func, "value", None), "id", "")
    made = _STEPS.get(name, "") if name in _MADE else ""
    if reason := _OF_MODULES.get(owner) or why_not(name) or _OF_METHODS.get(name) or made:
        return f"`.{name}()` cannot be called: {reason}."
    return (
        f"`.{name}()` cannot be called: it is code that would run, and a rule runs none. Log what it reads."
        f"{closest(name, METHODS, _LIKENESS)}"
    )


def of_attribute(node: ast.Attribute) -> str:
    """Return the sentences for an attribute of the form `__x__`."""
    step = _rewritten(node)
    return f"`{node.attr}`: names that start with `__` cannot be read{f': {step}' if step else ''}."


def _rewritten(node: ast.Attribute | ast.Call) -> str:
    """Return what to write for what has an exact reading."""
    # Only a fault needs it; a rule that is right must not pay for the import.
    from hotlog.expressions.rewritings import inside_dumps, rewrite_tree, write

    dumped = inside_dumps(node)
    if dumped is not None:
        return f"write `{{{write(dumped)}!j}}` in a message"
    tree, notes = rewrite_tree(node, is_whole=True)
    return f"write `{write(tree)}`" if notes else ""


_TITLES: Final = {
    "TemplateStr": "a t-string",
    "NamedExpr": "an assignment (`:=`)",
    "Lambda": "a lambda, except as `key=`,",
    "Await": "`await`",
    "Yield": "`yield`",
    "YieldFrom": "`yield from`",
    "Starred": "`*`",
    "Slice": "a slice of several dimensions",
}
_INSTEAD: Final = {
    "Await": ": read what your code has awaited",
    "Lambda": ": write the value itself",
    "NamedExpr": ": write its value wherever it is needed",
    "Starred": ": write each value, or `list(x)`",
}


def of_syntax(node: ast.expr) -> str:
    """Return the sentence for a kind of syntax that is no part of the language."""
    name = type(node).__name__
    return f"{_TITLES.get(name, name)} cannot be part of an expression{_INSTEAD.get(name, '')}."
