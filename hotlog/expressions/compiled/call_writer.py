"""Writes the calls of a condition: methods of text and dicts, and the builtin functions, loops included."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from hotlog import __builtins__, limits
from hotlog.expressions.compiled.code_writer import LARGE, Unknown, Value
from hotlog.expressions.compiled.exact_kinds import METHODS, MISSING
from hotlog.expressions.compiled.value_writer import ValueWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class CallWriter(ValueWriter):
    """Writes values, those of calls too."""

    def _call(self, node: ast.Call) -> Value:
        if node.keywords:
            raise Unknown
        if isinstance(node.func, ast.Attribute):
            return self._method(node, node.func)
        if not isinstance(node.func, ast.Name) or node.func.id not in self._called:
            raise Unknown
        write = getattr(self, f"_call_{node.func.id}", None)
        if write is None:
            raise Unknown
        found: Value = write(node)
        return found

    def _method(self, node: ast.Call, function: ast.Attribute) -> Value:
        name = function.attr
        if name == "get":
            return self._get(node, function)
        if name not in METHODS:
            raise Unknown
        value = self._text(self.value(function.value))
        given = []
        for argument in node.args:
            if isinstance(argument, ast.Tuple) and name in {"startswith", "endswith"}:
                texts = [
                    part.value
                    for part in argument.elts
                    if isinstance(part, ast.Constant) and type(part.value) is str
                ]
                if len(texts) != len(argument.elts) or not all(map(self._reads.shows, texts)):
                    raise Unknown
                given.append(self._keep(tuple(texts)))
                continue
            found = self.value(argument)
            given.append(found.code if type(found.literal) is int else self._text(found))
        return Value(self._new(f"{value}.{name}({', '.join(given)})"), METHODS[name])

    def _text(self, value: Value) -> str:
        """Return a value that is proven to be an exact text without a secret."""
        if value.literal is not MISSING:
            if type(value.literal) is not str or not self._reads.shows(value.literal):
                raise Unknown
            return value.code
        if value.kind is not str:
            doubt = f"type({value.code}) is not str"
            if value.is_read:
                doubt += (
                    f" or len({value.code}) > 5 and {value.code} not in shown and not shows({value.code})"
                )
            self._ask_where(doubt)
        return value.code

    def _get(self, node: ast.Call, function: ast.Attribute) -> Value:
        if not 1 <= len(node.args) <= 2:  # noqa: PLR2004 -- a key and a default
            raise Unknown
        inner, key = self.value(function.value).code, self.value(node.args[0])
        default = "None"
        if len(node.args) > 1:
            given = node.args[1]
            is_empty = (isinstance(given, ast.Dict) and not given.keys) or (
                isinstance(given, ast.List) and not given.elts
            )
            default = ast.unparse(given) if is_empty else self._opened(self.value(given)).code
        if type(key.literal) is str and self._is_plain_key(key.literal):
            self._ask_where(
                f"type({inner}) is not dict or not ({inner}.__sizeof__() in TEXT_KEYED or has_text_keys({inner}))"
            )
            return Value(self._new(f"{inner}.get({key.code}, {default})"), is_read=True)
        return self._read(f"get_item({inner}, {self._key(key)}, {default})")

    def _argument(self, node: ast.Call) -> ast.expr:
        if len(node.args) != 1:
            raise Unknown
        return node.args[0]

    def _call_len(self, node: ast.Call) -> Value:
        argument = self._argument(node)
        if isinstance(argument, ast.ListComp):
            return Value(self._loop(argument.elt, argument.generators, "0", self._counting), int)
        code = self.value(argument).code
        self._line(f"t = type({code})")
        found = self._fresh()
        self._line(f"if t is list or t is dict or t is tuple: {found} = len({code})")
        self._line("else:")
        self._line(f"    {found} = length({code})")
        self._line(f"    if {found} is NO: return ASK")
        return Value(found, int)

    def _call_isinstance(self, node: ast.Call) -> Value:
        if len(node.args) != 2:  # noqa: PLR2004 -- a value and a class
            raise Unknown
        code = self.value(node.args[0]).code
        kinds = node.args[1].elts if isinstance(node.args[1], ast.Tuple) else [node.args[1]]
        found = self._fresh()
        self._line(f"{found} = False")
        for kind in kinds:
            if not isinstance(kind, ast.Name):
                raise Unknown
            cls = self.value(kind).code
            self._line(f"if not {found}:")
            self._line(f"    if type({cls}) is not type: return ASK")
            self._line(f"    {found} = issubclass(type({code}), {cls})")
            self._line(f"    if not {found} and id(type({code})) not in SCALARS:")
            self._line(f"        {found} = is_instance({code}, {cls})")
            self._line(f"        if {found} is NO: return ASK")
        return Value(found, bool)

    def _call_type(self, node: ast.Call) -> Value:
        return Value(self._new(f"type({self.value(self._argument(node)).code})"), type)

    def _call_hasattr(self, node: ast.Call) -> Value:
        value, name = node.args
        if not isinstance(name, ast.Constant) or not isinstance(name.value, str):
            raise Unknown
        has = self._keep(self._fields.presence(name.value))
        return Value(self._read(f"{has}({self.value(value).code})").code, bool)

    def _call_abs(self, node: ast.Call) -> Value:
        return Value(self._new(f"abs({self._number(self.value(self._argument(node)))})"))

    def _call_round(self, node: ast.Call) -> Value:
        if not 1 <= len(node.args) <= 2:  # noqa: PLR2004 -- a number and its digits
            raise Unknown
        digits = node.args[1] if len(node.args) > 1 else None
        if digits is not None and not (
            isinstance(digits, ast.Constant)
            and type(digits.value) is int
            and digits.value < limits.INT_MAX_DIGITS
        ):
            raise Unknown
        more = f", {digits.value!r}" if isinstance(digits, ast.Constant) else ""
        return Value(self._new(f"round({self._number(self.value(node.args[0]))}{more})"))

    def _call_bool(self, node: ast.Call) -> Value:
        return Value(self._new(f"bool({self.truth(self._argument(node))})"), bool)

    def _call_int(self, node: ast.Call) -> Value:
        return Value(self._converted("int", node), int)

    def _call_float(self, node: ast.Call) -> Value:
        return Value(self._converted("float", node), float)

    def _converted(self, name: str, node: ast.Call) -> str:
        code = self._opened(self.value(self._argument(node))).code
        self._ask_where(
            f"type({code}) is not int and type({code}) is not float and (type({code}) is not str or len({code}) > {limits.INT_MAX_DIGITS // 2})"
            f" or type({code}) is float and not -{LARGE} < {code} < {LARGE}"
        )
        return self._new(f"{name}({code})")

    def _call_str(self, node: ast.Call) -> Value:
        code = self._opened(self.value(self._argument(node))).code
        self._ask_where(f"id(type({code})) not in SCALARS")
        self._ask_where(f"type({code}) is int and not -{LARGE} < {code} < {LARGE}")
        return Value(self._new(f"str({code})"), str)

    def _call_any(self, node: ast.Call) -> Value:
        return self._every(node, "True")

    def _call_all(self, node: ast.Call) -> Value:
        return self._every(node, "False")

    def _every(self, node: ast.Call, stop: str) -> Value:
        argument = self._argument(node)
        if not isinstance(argument, ast.GeneratorExp | ast.ListComp):
            raise Unknown

        def step(found: str, element: ast.expr) -> None:
            test = self.truth(element)
            self._line(f"if {'' if stop == 'True' else 'not '}({test}):")
            self._line(f"    {found} = {stop}")
            if isinstance(argument, ast.GeneratorExp):  # a list is made whole before anything is asked of it
                self._line("    break")

        return Value(self._loop(argument.elt, argument.generators, str(stop != "True"), step), bool)

    def _call_sum(self, node: ast.Call) -> Value:
        argument = self._argument(node)
        if isinstance(argument, ast.GeneratorExp | ast.ListComp):

            def step(found: str, element: ast.expr) -> None:
                self._line(f"{found} += {self._number(self.value(element))}")

            return Value(self._loop(argument.elt, argument.generators, "0", step))
        return Value(self._new(f"sum({self._numbers(argument)})"))

    def _call_max(self, node: ast.Call) -> Value:
        return self._extreme("max", node)

    def _call_min(self, node: ast.Call) -> Value:
        return self._extreme("min", node)

    def _extreme(self, name: str, node: ast.Call) -> Value:
        if len(node.args) > 1:
            return Value(
                self._new(f"{name}({', '.join(self._number(self.value(each)) for each in node.args)})")
            )
        return Value(self._new(f"{name}({self._numbers(self._argument(node))})"))

    def _numbers(self, node: ast.expr) -> str:
        return self._read(f"elements({self.value(node).code})").code

    def _counting(self, found: str, element: ast.expr) -> None:
        self.value(element)
        self._line(f"{found} += 1")

    def _loop(
        self,
        element: ast.expr,
        generators: Sequence[ast.comprehension],
        start: str,
        step: Callable[[str, ast.expr], None],
    ) -> str:
        """Write a loop over an exact list or tuple; return the variable that it fills."""
        part = generators[0]
        if len(generators) != 1 or not isinstance(part.target, ast.Name):
            raise Unknown
        values = self.value(part.iter).code
        weight = 1 + sum(1 for _ in ast.walk(element)) + sum(1 for test in part.ifs for _ in ast.walk(test))
        most = min(limits.COMPILED_ELEMENTS_MAX, limits.EXPRESSION_MAX_STEPS // (weight + 8))
        self._ask_where(
            f"type({values}) is not list and type({values}) is not tuple or len({values}) > {most}"
        )
        first = f"type({values}[0])"
        self._ask_where(
            f"len({values}) in (2, 3) and ({first} is str or {first} is bytes) and not is_open_sequence({values})"
        )
        self._count += 1
        found, each, last = f"v{self._count}", f"e{self._count}", f"h{self._count}"
        self._line(f"{found} = {start}")
        self._line(f"{last} = None")
        self._line(f"for {each} in {values}:")
        self._depth += 1
        # Each element is looked at as it is read; where the last one's class holds no secret, the next one's does not.
        self._line(f"t = type({each})")
        self._line(f"if t is not {last}:")
        self._line("    if t is str:")
        self._line(f"        if {each}[:1] == '-' or not shows({each}): return ASK")
        self._line("    elif t is int or t is float:")
        self._line(f"        if not -{self._below} < {each} < {self._below}: return ASK")
        self._line(f"    elif {each} is not None and t is not bool:")
        self._line("        if not is_harmless(t): return ASK")
        self._line(f"        {last} = t")
        before, was_in_loop = dict(self._names), self._in_loop
        self._names[part.target.id] = each
        self._open.add(each)
        self._in_loop = True
        for test in part.ifs:
            self._line(f"if not ({self.truth(test)}): continue")
        step(found, element)
        self._depth -= 1
        self._names, self._in_loop = before, was_in_loop
        return found
