"""What stands in a hole of a typed line, as an expression of the rule language.

    vars(order)            -> order                         shown by its fields
    json.dumps(event)      -> event
    context.aws_request_id -> @request_id
    json.loads(text)       -> json(text)
    next(iter(items))      -> list(items)[0]

What runs code of somebody's is not taken, and the sentence says what that code reads. Each rewriting whose text may read
otherwise than what was typed leaves a mark.
"""

# ruff: noqa: SIM905 -- tables of words read better as text

from __future__ import annotations

import ast
import copy
from typing import TYPE_CHECKING, Final

from hotlog.client.typed.inputs import describe_inputs
from hotlog.client.typed.not_taken import NotTakenError
from hotlog.errors import RuleError
from hotlog.expressions.grammar import parse
from hotlog.expressions.syntax import MARK
from hotlog.expressions.vocabulary import FUNCTIONS, METHODS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hotlog.client.typed.inputs import Surroundings

_FIELDS_OF: Final = frozenset(
    {"_asdict", "model_dump", "model_dump_json", "dict", "to_dict", "as_dict", "to_json"}
)
_FIELDS_BY: Final = frozenset({"vars", "asdict", "astuple", "dir"})
_CONTEXT: Final = {
    "aws_request_id": "request_id",
    "function_name": "function",
    "function_version": "version",
    "get_remaining_time_in_millis": "remaining_ms",
}
_CLOCKS: Final = frozenset(
    "time.time time.monotonic time.perf_counter time.time_ns datetime.now datetime.utcnow datetime.datetime.now "
    "datetime.datetime.utcnow datetime.today date.today".split()
)  # fmt: skip
_OUT_OF_REACH: Final = frozenset({"os.environ", "sys.modules", "sys.path", "os.getenv"})
_TRACEBACKS: Final = frozenset({"traceback.format_exc", "sys.exc_info", "traceback.format_exception"})


class HoleRewriter:
    """Turns expressions of one typed line into those of the rule language.

    Args:
        around: what is known of the place.
        helpers: variables that the edit makes, by name, with what they stand for.

    Attributes:
        marks: what reads otherwise than typed, a sentence each.
    """

    def __init__(self, around: Surroundings, helpers: Mapping[str, ast.expr]) -> None:
        self._around, self._helpers = around, helpers
        self.marks: list[str] = []

    def write(self, node: ast.expr) -> str:
        """Return the text of an expression in the rule language.

        Raises:
            NotTakenError: no rule can stand for it.
        """
        tree = self._visit(copy.deepcopy(node))
        text = ast.unparse(ast.fix_missing_locations(tree)).replace(MARK, "@")
        if text.startswith("{"):
            text = f"({text})"  # `{{` would be a brace
        if isinstance(node, ast.Name) and node.id in self._around.objects:
            self.mark(f"{node.id}: an object of yours is shown by its fields")
        try:
            parse(text, self._around.hides)
        except RuleError as fault:
            raise NotTakenError(fault.code, fault.message, node) from None
        return text

    def resolve(self, node: ast.expr) -> ast.expr:
        """Return what a variable of the edit stands for; anything else as it is."""
        while isinstance(node, ast.Name) and node.id in self._helpers:
            node = self._helpers[node.id]
        return node

    def mark(self, sentence: str) -> None:
        """Note what reads otherwise than typed, once."""
        if sentence not in self.marks:
            self.marks.append(sentence)

    def is_loguru(self, name: str) -> bool:
        """Return whether a name is loguru's logger, which fills formats in its own way."""
        return bool(name) and self._around.comes_from(name, "loguru")

    def is_clock(self, node: ast.expr) -> bool:
        """Return whether it reads the clock: each event has its time anyway."""
        return isinstance(node, ast.Call) and dotted(node.func) in _CLOCKS

    def _visit(self, node: ast.expr) -> ast.expr:
        if isinstance(node, ast.Name) and node.id in self._helpers:
            return self._visit(copy.deepcopy(self._helpers[node.id]))
        found = self._respell(node)
        if found is not None:
            return found
        for name, value in ast.iter_fields(node):
            if isinstance(value, ast.expr):
                setattr(node, name, self._visit(value))
            elif isinstance(value, list):
                value[:] = [
                    self._visit(each) if isinstance(each, ast.expr) else self._inside(each) for each in value
                ]
        return node

    def _respell(self, node: ast.expr) -> ast.expr | None:
        """Return what the language says instead of an expression; None where it stays, and its parts are looked at."""
        if isinstance(node, ast.Call):
            return self._call(node)
        if isinstance(node, ast.Attribute):
            return self._attribute(node)
        if isinstance(node, ast.Await):
            sentence = "`await` runs code, and a rule runs none: log its result after it."
            raise NotTakenError("refused-syntax", sentence, node)
        if isinstance(node, ast.BinOp) and (self.is_clock(node.left) or self.is_clock(node.right)):
            rest = ast.unparse(node.right if self.is_clock(node.left) else node.left)
            sentence = f"a rule reads no clock: each event has its time. Log the rest: {rest}"
            raise NotTakenError("refused-call", sentence, node)
        return None

    def _inside(self, node: ast.AST) -> ast.AST:
        """Go through a part of an expression that is none itself, such as the `for` of a comprehension."""
        if isinstance(node, ast.comprehension):
            node.iter = self._visit(node.iter)
            node.ifs = [self._visit(each) for each in node.ifs]
        elif isinstance(node, ast.keyword):
            node.value = self._visit(node.value)
        return node

    def _attribute(self, node: ast.Attribute) -> ast.expr | None:
        if dotted(node) in _OUT_OF_REACH:
            raise _out_of_reach(node, dotted(node))
        if (
            isinstance(node.value, ast.Name)
            and node.value.id in self._around.contexts
            and node.attr in _CONTEXT
        ):
            return ast.Name(MARK + _CONTEXT[node.attr], ast.Load())
        if node.attr == "__dict__":
            return self._by_fields(node, node.value)
        if node.attr == "__class__":
            return ast.Call(ast.Name("type", ast.Load()), [self._visit(node.value)], [])
        return None

    def _by_fields(self, node: ast.expr, value: ast.expr) -> ast.expr:
        inner = self._visit(value)
        self.mark(f"{ast.unparse(node)} is shown as {{{ast.unparse(inner)}}}")
        return inner

    def _call(self, node: ast.Call) -> ast.expr | None:
        name = dotted(node.func)
        if name in _CLOCKS:
            raise NotTakenError("refused-call", "a rule reads no clock: each event has its time.", node)
        if name in _OUT_OF_REACH or any(name.startswith(f"{each}.") for each in _OUT_OF_REACH):
            raise _out_of_reach(node, name.removesuffix(".get"))
        if name in _TRACEBACKS:
            return self._traceback(node)
        short = name.rpartition(".")[2]
        spellings = {
            "dumps": self._dumps,
            "loads": self._loads,
            "pformat": self._pformat,
            "next": self._next,
        }
        if short in spellings:
            return spellings[short](node)
        if isinstance(node.func, ast.Attribute):
            return self._method(node, node.func)
        if short in _FIELDS_BY and len(node.args) == 1:
            return self._by_fields(node, node.args[0])
        if short not in FUNCTIONS:
            self._refuse_call(node, short or "this")
        return None

    def _method(self, node: ast.Call, function: ast.Attribute) -> ast.expr | None:
        value, name = function.value, function.attr
        if isinstance(value, ast.Name) and value.id in self._around.contexts and name in _CONTEXT:
            return ast.Name(MARK + _CONTEXT[name], ast.Load())
        if name in _FIELDS_OF:
            return self._by_fields(node, value)
        if name in _FIELDS_BY and len(node.args) == 1:
            return self._by_fields(node, node.args[0])
        if name not in METHODS or self._around.defines(name):
            self._refuse_call(node, name)
        return None

    def _refuse_call(self, node: ast.Call, name: str) -> None:
        inputs = describe_inputs(node, name, self._around)
        if inputs:
            raise NotTakenError(
                "refused-call", f"{name}() is your code, and a rule runs none. {inputs}", node
            )
        after = self._around.names_of(node)
        raise NotTakenError(
            "refused-call", f"{name}() is code that would run, and a rule runs none.{after}", node
        )

    def _traceback(self, node: ast.Call) -> ast.expr:
        name = self._around.exception
        if not name:
            raise NotTakenError(
                "refused-call",
                "write `except … as e:` and log `{e!r}`: a rule reads the exception by its name.",
                node,
            )
        self.mark(f"the traceback is shown as {{{name}!r}}")
        return ast.Call(ast.Name("repr", ast.Load()), [ast.Name(name, ast.Load())], [])

    # --- calls that have a spelling in the language --------------------------------------------------------------------

    def _dumps(self, node: ast.Call) -> ast.expr | None:
        inner = self._visit(node.args[0]) if node.args else None
        if inner is not None:
            self.mark(f"{dotted(node.func)}(…) is shown as {{{ast.unparse(inner)}}}")
        return inner

    def _loads(self, node: ast.Call) -> ast.expr | None:
        return ast.Call(ast.Name("json", ast.Load()), [self._visit(node.args[0])], []) if node.args else None

    def _pformat(self, node: ast.Call) -> ast.expr | None:
        if not node.args:
            return None
        self.mark(f"{ast.unparse(node.args[0])} is shown in one line")
        return ast.Call(ast.Name("repr", ast.Load()), [self._visit(node.args[0])], [])

    def _next(self, node: ast.Call) -> ast.expr | None:
        values = node.args[0] if len(node.args) == 1 else None
        if not isinstance(values, ast.Call) or dotted(values.func) != "iter":
            return None  # of a generator the language has it
        listed = ast.Call(ast.Name("list", ast.Load()), [self._visit(values.args[0])], [])
        return ast.Subscript(listed, ast.Constant(0), ast.Load())


def dotted(node: ast.expr) -> str:
    """Return `a.b.c` for a name with attributes; empty for anything else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""


def _out_of_reach(node: ast.AST, name: str) -> NotTakenError:
    sentence = f"{name} is out of a rule's reach: it may hold secrets. Log what your code has read of it."
    return NotTakenError("refused-name", sentence, node)
