"""The table of operations: each one of the expression language, on each type, at size 10 and as large as is cheap to make.

The rows are made from the language's own tables of what is allowed, so a function, a method or an operator that is added
there has its cells here. `tests/engine/measuring.py` runs them.
"""

# ruff: noqa: SIM905 -- tables of words read better as text

from __future__ import annotations

import ast
import base64
import functools
import itertools
import json
import warnings
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from hotlog import limits
from hotlog.expressions import arithmetic, comparisons, vocabulary
from hotlog.reading import value_types
from tests.engine.operands import Operand, large_operands, small_operands

if TYPE_CHECKING:
    import types
    from collections.abc import Iterator

NAMES: Final = "abc"  # of the operands, in the expressions
_HOLES: Final = 50  # of a message that shows one value again and again


class Operation(NamedTuple):
    """A row of the table.

    Attributes:
        name: the function, method, operator or syntax that it is about.
        text: the expression, over `a`, `b` and `c`; or the message.
        how: `value`, `condition` or `message`.
    """

    name: str
    text: str
    how: str = "value"


class Cell(NamedTuple):
    """An operation on operands."""

    operation: Operation
    operands: tuple[Operand, ...]

    def __str__(self) -> str:
        text = self.operation.text
        return f"{text if len(text) < 60 else text[:60] + '…'}  with {', '.join(map(str, self.operands))}"


# --- operations --------------------------------------------------------------------------------------------------

# What is written of each node of the syntax, beside the operators, functions and methods that are derived below.
SYNTAX: Final[dict[type[ast.expr], tuple[str, ...]]] = {
    ast.Attribute: ("a.field", "a.missing", "a.value", "a.name"),
    ast.BinOp: (),
    ast.BoolOp: ("a and 1", "a or 1"),
    ast.Call: ("type(a).__name__",),
    ast.Compare: ("1 < a < 3", "a is None"),
    ast.Constant: ("1", "'text'"),
    ast.Dict: ("{1: a}", "{a: 1}"),
    ast.DictComp: ("{x: 1 for x in a}", "{1: x for x in a}", "{x: y for x, y in a}"),
    ast.FormattedValue: (),
    ast.GeneratorExp: (),
    ast.IfExp: ("1 if a else 2",),
    ast.JoinedStr: ("f'{a}'", "f'{a!r}'", "f'{a:>20}'", "f'{a:.2f}'", "f'{a:%Y-%m-%d %H:%M}'", "f'{a}{a}'"),
    ast.List: ("[a]",),
    ast.ListComp: ("[x for x in a]", "[1 for x in a if x]", "[x in a for x in a]", "[x for x, y in a]"),
    ast.Name: ("a",),
    ast.Set: ("{a}", "{a, a}"),
    ast.SetComp: ("{x for x in a}",),
    ast.Subscript: ("a[0]", "a[-1]", "a[1:]", "a[:5]", "a[::2]", "a[::-1]", "a['value']", "a[1.5]"),
    ast.Tuple: ("(a, a)",),
    ast.UnaryOp: (),
}
_SUBSCRIPTS_OF_TWO: Final = ("a[b]", "a[b:]", "a[:b]", "a[::b]")
_FORMATS: Final = (
    "d",
    "x",
    "b",
    "n",
    ",",
    "_",
    "08d",
    ">99",
    ".2f",
    ".99e",
    "g",
    "%",
    "99.99f",
    "s",
    "%Y-%m-%d %H:%M:%S.%f %z %Z",
    "%c %j %U",
)


KEYWORD_CELLS: Final = {
    name: sorted(keys - {"key"}) for name, keys in vocabulary.KEYWORDS.items() if keys - {"key"}
} | {"dict": ["named"]}
_WITH_KEYS: Final = tuple(
    (name, f"{name}(a, key={key})")
    for name in ("sorted", "min", "max")
    for key in (
        "lambda x: x",
        "lambda x: (x, a)",
        "lambda x: 1",
        "len",
        "str",
        "abs",
        "sum",
        "str.upper",
        "None",
    )
)


def unary_operations() -> list[Operation]:
    """Derive what is done with one value."""
    rows = [Operation(kind.__name__, text) for kind, texts in SYNTAX.items() for text in texts]
    of_errors = {"args", "errno", "strerror", "filename", "code", "value", "name", "start", "end", "reason"}
    attributes = of_errors.union(*value_types._ATTRIBUTES.values())
    rows += [Operation("Attribute", f"a.{name}") for name in sorted(attributes)]
    rows += [
        Operation(kind.__name__, ast.unparse(ast.UnaryOp(kind(), ast.Name("a"))))
        for kind in ast.unaryop.__subclasses__()
    ]
    functions = sorted(vocabulary.FUNCTIONS - {"hasattr", "getattr", "next"})
    rows += [Operation(name, f"{name}(a)") for name in functions if vocabulary.ARITY[name][0] <= 1]
    rows += [
        Operation("getattr", f"getattr(a, {name!r}, 1)") for name in ("field", "missing", "value", "real")
    ]
    rows += [Operation(name, text) for name, text in _WITH_KEYS]
    rows.append(Operation("strftime", "a.strftime('%Y-%m-%d %H:%M:%S.%f %Z %z')"))
    rows += [Operation("hasattr", f"hasattr(a, {name!r})") for name in ("field", "missing")]
    consumers = sorted(vocabulary.CONSUMERS)
    rows += [
        Operation(name, "'-'.join(x for x in a)" if name == "join" else f"{name}(x for x in a)")
        for name in consumers
    ]
    rows += [Operation(name, f"a.{name}()") for name in sorted(vocabulary.METHODS)]
    rows += [Operation("condition", text, "condition") for text in ("a", "not a", "a == a", "a is not None")]
    forms = ["{a}", "{a!r}", "{a!s}", *(f"{{a:{form}}}" for form in _FORMATS)]
    return rows + [Operation("message", form, "message") for form in forms]


def binary_operations() -> list[Operation]:
    """Derive what is done with two values."""
    rows = [Operation("Subscript", text) for text in _SUBSCRIPTS_OF_TWO]
    for name in arithmetic.BINARY:
        node: ast.expr = ast.BinOp(ast.Name("a"), getattr(ast, name)(), ast.Name("b"))
        rows.append(Operation(name, ast.unparse(node)))
    for name in comparisons.COMPARE:
        node = ast.Compare(ast.Name("a"), [getattr(ast, name)()], [ast.Name("b")])
        rows.append(Operation(name, ast.unparse(node)))
    return rows


def calls_of_two() -> list[Operation]:
    """Derive the calls of functions with two values, and of methods with one."""
    functions = sorted(vocabulary.FUNCTIONS - {"hasattr", "getattr", "next"})
    rows = [Operation(name, f"{name}(a, b)") for name in functions if vocabulary.ARITY[name][1] > 1]
    rows += [
        Operation(name, f"{name}(a, {key}=b)")
        for name, keys in sorted(KEYWORD_CELLS.items())
        for key in sorted(keys)
    ]
    return rows + [Operation(name, f"a.{name}(b)") for name in sorted(vocabulary.METHODS)]


def calls_of_three() -> list[Operation]:
    """Derive the calls of functions with three values, and of methods with two."""
    functions = [
        name for name in sorted(vocabulary.FUNCTIONS) if vocabulary.ARITY[name][1] > 2 and name != "getattr"
    ]
    rows = [Operation(name, f"{name}(a, b, c)") for name in functions]
    return rows + [Operation(name, f"a.{name}(b, c)") for name in sorted(vocabulary.METHODS)]


def repeated(operation: Operation) -> tuple[Operation, int]:
    """Write the operation as often as the language allows, and tell how often: what is not paid for adds up."""
    name, text, how = operation
    if how == "message":
        return Operation(name, text * _HOLES, how), _HOLES
    nodes = sum(1 for _ in ast.walk(ast.parse(text, mode="eval")))
    count = min(
        (limits.EXPRESSION_MAX_CHARS - 10) // (len(text) + 4), (limits.EXPRESSION_MAX_NODES - 10) // nodes
    )
    return Operation(name, f"[{', '.join([f'({text})'] * count)}]", how), count


# --- cells -------------------------------------------------------------------------------------------------------


_MISFITS: Final = frozenset({"index", "list"})  # stand for all in the cells that Python refuses
_COMMON: Final = frozenset("None index str bytes list tuple set dict range timedelta".split())
_FURTHER: Final = "index str bytes list tuple set range dict None".split()


def cells() -> Iterator[Cell]:
    """Make the cells, always in the same order."""
    small, large = small_operands(), large_operands()
    by_kind = {operand.kind: [operand] for operand in small}
    for operand in large:
        by_kind[operand.kind].append(operand)
    for operation in unary_operations():
        yield from (Cell(operation, (operand,)) for operand in (*small, *large))
    for operation in (*binary_operations(), *calls_of_two()):
        yield from _of_two(operation, small, by_kind)
    for operation in calls_of_three():
        yield from _of_three(operation, small, by_kind)


def _of_two(operation: Operation, small: list[Operand], by_kind: dict[str, list[Operand]]) -> Iterator[Cell]:
    partners = small if "=b" not in operation.text else [one for one in small if one.kind in _MISFITS]
    for left, right in itertools.product(small, partners):
        if (left is not right and _COMMON.isdisjoint((left.kind, right.kind))) or not _takes(
            operation, left.value
        ):
            continue
        sizes = [by_kind[left.kind], by_kind[right.kind]]
        if _python_takes(operation.text, (left, right)):
            yield from _sizes(operation, sizes)
        elif {left.kind, right.kind} & _MISFITS:
            yield from (Cell(operation, (left, one)) for one in sizes[1][:2])


def _of_three(
    operation: Operation, small: list[Operand], by_kind: dict[str, list[Operand]]
) -> Iterator[Cell]:
    further = [by_kind[kind][0] for kind in _FURTHER]
    for left in small:
        for right, third in itertools.product(further, further) if _takes(operation, left.value) else ():
            if _python_takes(operation.text, (left, right, third)):
                yield from _sizes(operation, [by_kind[one.kind] for one in (left, right, third)])


def _takes(operation: Operation, value: object) -> bool:
    """Whether the value has the method; functions take anything."""
    return "." not in operation.text or hasattr(type(value), operation.name)


def _python_takes(text: str, operands: tuple[Operand, ...]) -> bool:
    return not isinstance(in_python(text, operands), Exception)


def _sizes(operation: Operation, choices: list[list[Operand]]) -> Iterator[Cell]:
    """Give all of size 10, one of them large beside common ones of size 10, and all of them large."""
    small = [sizes[0] for sizes in choices]
    yield Cell(operation, tuple(small))
    for place, sizes in enumerate(choices):
        beside = [operand.kind for other, operand in enumerate(small) if other != place]
        if _COMMON.issuperset(beside):
            for operand in sizes[1:]:
                yield Cell(operation, (*small[:place], operand, *small[place + 1 :]))
    if choices[0] is choices[-1] or ("." in operation.text and len(choices) == 2):
        yield from (
            Cell(operation, operands) for operands in itertools.product(*(sizes[1:] for sizes in choices))
        )


def in_python(text: str, operands: tuple[Operand, ...]) -> Any:
    """Return Python's own answer; the exception where it raises."""
    values: dict[str, Any] = {name: operand.value for name, operand in zip(NAMES, operands, strict=False)}
    values |= {"json": json.loads, "base64": _decoded}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return eval(_compiled(text), values)
        except Exception as fault:  # noqa: BLE001 -- whatever it raises is the answer
            return fault


def _decoded(text: str) -> str:
    return base64.b64decode(text, validate=True).decode()


@functools.cache
def _compiled(text: str) -> types.CodeType:
    return compile(text, "<python>", "eval")


def name_of(number: int) -> str:
    """Name the cell with that number."""
    return str(next(itertools.islice(cells(), number, None)))
