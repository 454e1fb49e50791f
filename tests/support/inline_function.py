"""The test that a backend writes into a function, as a function of its own."""

from __future__ import annotations

import ast
import warnings
from typing import TYPE_CHECKING, Any

from hotlog.expressions.grammar import parse
from hotlog.hits.compiled_condition import CompiledCondition
from hotlog.probes.recompile.inline_condition import InlineTest, make_inline_test
from hotlog.probes.recompile.inline_guards import Keeper, NamesThere

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hotlog.reading.reader import Reader

    Test = Callable[..., bool]


def inline_function(
    make: Callable[[Callable[[object], str]], InlineTest | None],
    names: Sequence[str],
    space: dict[str, Any],
) -> Test | None:
    """Return the written test as a function of these variables, in these globals; None where there is none.

    Args:
        make: is given what keeps constants, and makes the test.
        names: of the variables.
        space: the globals of the function.
    """
    constants: dict[str, object] = {}
    sentinels: dict[str, str] = {}
    made = make(Keeper(constants, sentinels, "sentinel-"))
    if made is None:
        return None
    module = ast.parse(f"def test({', '.join(names)}):\n    return 0")
    module.body[0].body[0].value = made.test  # type: ignore[attr-defined]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)
        code = compile(ast.fix_missing_locations(module), "test", "exec")
    of_sentinel = {sentinels[name]: constant for name, constant in constants.items()}
    exec(code, space)  # noqa: S102 -- as a backend does
    function = space.pop("test")
    inner = function.__code__
    consts = tuple(of_sentinel.get(each, each) if type(each) is str else each for each in inner.co_consts)
    function.__code__ = inner.replace(co_consts=consts)
    hash(function.__code__)  # the application may have it in a set
    test: Test = function
    return test


def inline_form_of(
    text: str, names: Sequence[str], reader: Reader, space: dict[str, Any], *, has_builtins: bool = True
) -> Test:
    """Return the whole test of a condition, with what it asks where its guards do not hold."""
    expression = parse(text.strip())
    test = CompiledCondition(expression, reader).test
    there = NamesThere(frozenset(), frozenset(names), has_builtins=has_builtins)
    function = inline_function(
        lambda keep: make_inline_test(expression.tree, test, frozenset(names), there, keep), names, space
    )
    assert function is not None
    return function
