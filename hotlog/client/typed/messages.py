"""The text that a typed call writes, as the message of a rule: f-strings, `%`, `str.format`, sums of texts, values.

f"total={total:.2f}"        -> total={total:.2f}
"%s of %d" % (a, b)         -> {a} of {int(b)}
"{} {o.total}".format(a)    -> {a} {o.total}
"""

from __future__ import annotations

import ast
import re
import string
from typing import TYPE_CHECKING, Final

from hotlog import limits
from hotlog.client.typed.expressions import dotted
from hotlog.client.typed.not_taken import NotTakenError
from hotlog.errors import RuleError
from hotlog.events import REDACTED
from hotlog.expressions import template
from hotlog.interpreter.compiling import parse_expression

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hotlog.client.typed.expressions import HoleRewriter

_PERCENT: Final = re.compile(
    r"%(?:\((?P<key>[^)]*)\))?(?P<flags>[-+ #0]*)(?P<width>\d*)(?:\.(?P<precision>\d+))?[hlL]?(?P<kind>[diouxXeEfFgGrsa%])"
)
_ASCII: Final = "characters beyond ASCII are shown as they are"
_NESTED: Final = "a format with a hole of its own: write the number."


class MessageWriter:
    """Writes the message of one typed line.

    Args:
        holes: rewrites what stands in its holes.

    Attributes:
        captures: the line shows all variables: `locals()`.
    """

    def __init__(self, holes: HoleRewriter) -> None:
        self._holes = holes
        self.captures = False

    def text(self, node: ast.expr) -> str:  # noqa: PLR0911  # a table of shapes
        """Return what a value writes, as part of a message.

        Raises:
            NotTakenError: no rule can write it.
        """
        node = self._holes.resolve(node)
        folded = fold(node)
        if folded is not None:
            return escape(folded)
        if isinstance(node, ast.Constant):
            return escape(str(node.value))
        if isinstance(node, ast.JoinedStr):
            return "".join(self._part(each) for each in node.values)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod) and _is_text(node.left):
            values = node.right.elts if isinstance(node.right, ast.Tuple) else [node.right]
            return self.percent(_text_of(node.left), values, node)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add) and _is_sum_of_texts(node):
            return self.text(node.left) + self.text(node.right)
        if isinstance(node, ast.Call):
            return self._call(node)
        return self.hole(node)

    def join(self, nodes: Sequence[ast.expr], separator: str = " ") -> str:
        """Return what several values write with something between them; a clock among them is left out."""
        texts = []
        for node in nodes:
            if self._holes.is_clock(node):
                self._holes.mark(f"{ast.unparse(node)} is left out: each event has its time")
            elif _is_locals(node):
                self.captures = True
            elif isinstance(node, ast.Starred):
                values = self._write(node.value)
                texts.append(
                    f"{{{separator!r}.join([str(each) for each in {values}])}}" if values else REDACTED
                )
            else:
                texts.append(self.text(node))
        return escape(separator).join(texts)

    def fields(self, pairs: Sequence[tuple[ast.expr | None, ast.expr]]) -> str:
        """Return named values as `name={value!r}`; of `**values`, which have no name here, the whole."""
        texts = [
            self.hole(value) if name is None else f"{self.text(name)}={self.hole(value, 'r')}"
            for name, value in pairs
        ]
        return " ".join(filter(None, texts))

    def hole(self, node: ast.expr, conversion: str = "", form: str = "") -> str:
        """Return the hole for a value."""
        if _is_locals(node):
            self.captures = True
            return ""
        written = self._write(node)
        if not written:
            return REDACTED
        tree = parse_expression(written.replace("@", "_"))
        if (
            isinstance(tree, ast.Call)
            and dotted(tree.func) in {"repr", "str"}
            and len(tree.args) == 1
            and not form
        ):
            plain = written[written.index("(") + 1 : -1]
            conversion = "r" if dotted(tree.func) == "repr" else conversion
            written = plain
        plain = f"{{{written}{f'!{conversion}' if conversion else ''}"
        if form:
            try:
                template.parse(f"{plain}:{form}}}")
            except RuleError:
                self._holes.mark(f"{written} is shown without its format")
            else:
                return f"{plain}:{form}}}"
        return f"{plain}}}"

    def _write(self, node: ast.expr) -> str:
        """Return a value as an expression of the rule language; empty where it is hidden, which leaves a mark."""
        try:
            return self._holes.write(node)
        except NotTakenError as fault:
            if fault.code != "redacted-name":
                raise
        self._holes.mark(f"{ast.unparse(node)} is hidden: {REDACTED} stands there")
        return ""

    def _part(self, node: ast.expr) -> str:
        """Return a part of an f-string."""
        if not isinstance(node, ast.FormattedValue):
            return self.text(node)
        form = ""
        if node.format_spec is not None:
            specs = node.format_spec.values if isinstance(node.format_spec, ast.JoinedStr) else []
            if not all(isinstance(each, ast.Constant) for each in specs):
                raise NotTakenError("bad-template", _NESTED, node)
            form = "".join(str(each.value) for each in specs if isinstance(each, ast.Constant))
        conversion = chr(node.conversion) if node.conversion > 0 else ""
        if conversion == "a":
            self._holes.mark(_ASCII)
            conversion = "r"
        return self.hole(node.value, conversion, form)

    def _call(self, node: ast.Call) -> str:
        function = node.func
        if isinstance(function, ast.Attribute) and function.attr == "format" and _is_text(function.value):
            named = {each.arg: each.value for each in node.keywords if each.arg}
            return self.braces(
                _text_of(function.value), node.args, named, node, every=len(named) < len(node.keywords)
            )
        return self.hole(node)

    # --- formats -------------------------------------------------------------------------------------------------------

    def percent(self, text: str, values: Sequence[ast.expr], node: ast.AST) -> str:
        """Return a `%` format with its values as a message."""
        found: list[str] = []
        at, taken = 0, 0
        by_key = any(match["key"] is not None for match in _PERCENT.finditer(text))
        for match in _PERCENT.finditer(text):
            found.append(_plain(text[at : match.start()], node))
            at = match.end()
            if match["kind"] == "%":
                found.append("%")
                continue
            if by_key:
                value = _item(values[0], match["key"] or "") if values else None
            else:
                value = values[taken] if taken < len(values) else None
                taken += 1
            if value is None:
                is_unknown = isinstance(node, ast.BinOp) and not isinstance(node.right, ast.Tuple)
                sentence = (
                    "the values are known when it runs only: write them out."
                    if is_unknown
                    else "the format has more holes than values: logging would fail, too."
                )
                raise NotTakenError("bad-template", sentence, node)
            found.append(self._percent_hole(match, value))
        rest = _plain(text[at:], node)
        if not by_key and taken < len(values):
            raise NotTakenError(
                "bad-template", "the format has fewer holes than values: logging would fail, too.", node
            )
        return "".join(found) + rest

    def _percent_hole(self, match: re.Match[str], value: ast.expr) -> str:
        kind, flags, width, precision = match["kind"], match["flags"], match["width"], match["precision"]
        if kind == "a":
            self._holes.mark(_ASCII)
        if kind in "diuoxX" and precision is not None:
            sentence = f"a rule has no number of digits for whole numbers: write `%0{precision}{kind}`."
            raise NotTakenError("bad-template", sentence, value)
        if kind in "sra":
            if not width and precision is None:
                return self.hole(value, "" if kind == "s" else "r")
            name = "str" if kind == "s" else "repr"
            text: ast.expr = ast.Call(ast.Name(name, ast.Load()), [value], [])
            if precision is not None:
                text = ast.Subscript(text, ast.Slice(None, ast.Constant(int(precision)), None), ast.Load())
            return self.hole(text, "", f"{'<' if '-' in flags else '>'}{width}" if width else "")
        sign = "<" if "-" in flags else ""
        rest = "".join(each for each in "+ #0" if each in flags and not (sign and each == "0"))
        if kind in "diu":
            whole = isinstance(value, ast.Call) and dotted(value.func) in {"len", "int"}
            value = value if whole else ast.Call(ast.Name("int", ast.Load()), [value], [])
            form = f"{sign}{rest}{width}"
            return self.hole(value, "", f"{form}d" if form else "")
        return self.hole(
            value, "", f"{sign}{rest}{width}{f'.{precision}' if precision is not None else ''}{kind}"
        )

    def braces(
        self,
        text: str,
        values: Sequence[ast.expr],
        named: Mapping[str, ast.expr],
        node: ast.AST,
        *,
        every: bool = False,
    ) -> str:
        """Return a `{}` format with its values as a message.

        Args:
            text: the format.
            values: by position.
            named: by name.
            node: the whole, for a refusal.
            every: other names are variables: `**locals()`.
        """
        found: list[str] = []
        number = 0
        try:
            parts = list(string.Formatter().parse(text))
        except ValueError as fault:
            raise NotTakenError("bad-template", f"the format is none: {fault}.", node) from None
        for literal, name, form, conversion in parts:
            found.append(escape(literal))
            if name is None:
                continue
            first, rest = re.match(r"([^.\[]*)(.*)", name, re.DOTALL).groups()  # type: ignore[union-attr]  # it always matches
            if not first:
                first, number = str(number), number + 1
            value = self._of_name(first, values, named, every=every)
            if "{" in (form or ""):
                raise NotTakenError("bad-template", _NESTED, node)
            if value is None:
                raise NotTakenError(
                    "bad-template", f"the format has no value for `{first}`: it would fail, too.", node
                )
            for attribute, key in re.findall(r"\.([^.\[]+)|\[([^\]]+)\]", rest):
                index = ast.Constant(int(key) if key.isdigit() else key)
                value = (
                    ast.Attribute(value, attribute, ast.Load())
                    if attribute
                    else ast.Subscript(value, index, ast.Load())
                )
            if conversion == "a":
                self._holes.mark(_ASCII)
            found.append(self.hole(value, "r" if conversion in {"r", "a"} else "", form or ""))
        return "".join(found)

    def _of_name(
        self, name: str, values: Sequence[ast.expr], named: Mapping[str, ast.expr], *, every: bool
    ) -> ast.expr | None:
        if name.isdigit():
            return values[int(name)] if int(name) < len(values) else None
        return named.get(name) or (ast.Name(name, ast.Load()) if every else None)


def _plain(text: str, node: ast.AST) -> str:
    """Return what stands between two holes of a `%` format, as a message has it.

    Raises:
        NotTakenError: a hole is left in it that no rule knows, such as `%c`.
    """
    at = text.find("%")
    if at >= 0:
        sentence = f"no rule knows the format `{text[at : at + 2]}`: write %s, %r, %d or %.2f, and a percent sign as %%."
        raise NotTakenError("bad-template", sentence, node)
    return escape(text)


def escape(text: str) -> str:
    """Return a text as a message has it: a brace is doubled."""
    return text.replace("{", "{{").replace("}", "}}")


def fold(node: ast.expr) -> str | None:
    """Return a text that is known: `'=' * 40`, `'a' + 'b'`."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if not isinstance(node, ast.BinOp):
        return None
    left, right = fold(node.left), fold(node.right)
    if isinstance(node.op, ast.Add) and left is not None and right is not None:
        return left + right
    for text, other in ((left, node.right), (right, node.left)):
        if isinstance(node.op, ast.Mult) and text is not None and isinstance(other, ast.Constant):
            count = other.value
            if isinstance(count, int) and 0 <= count * len(text) <= limits.MESSAGE_MAX_CHARS:
                return text * count
    return None


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _text_of(node: ast.expr) -> str:
    return str(node.value) if isinstance(node, ast.Constant) else ""


def _is_sum_of_texts(node: ast.expr) -> bool:
    """Return whether a sum puts texts together: one of its parts is certainly one."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _is_sum_of_texts(node.left) or _is_sum_of_texts(node.right)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
        return _is_text(node.left)
    return _is_text(node) or isinstance(node, ast.JoinedStr) or fold(node) is not None


def _is_locals(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and dotted(node.func) in {"locals", "vars"} and not node.args


def _item(mapping: ast.expr, key: str) -> ast.expr | None:
    """Return the value of a key: of a dict that is written out, else a subscript."""
    if isinstance(mapping, ast.Dict):
        pairs = zip(mapping.keys, mapping.values, strict=True)
        return next(
            (value for name, value in pairs if isinstance(name, ast.Constant) and name.value == key), None
        )
    if _is_locals(mapping):
        return ast.Name(key, ast.Load())
    return ast.Subscript(mapping, ast.Constant(key), ast.Load())
