"""Compiles the layer's modules into one file: a program for the interpreter whose bytecode it is.

    python -I -B -X no_debug_ranges layer_compiler.py FOLDER

Nothing of hotlog's is imported here: that interpreter may have none. Docstrings, columns and what only a type checker reads (`lighten`)
are left out. Lines stay: an internal error names one. What `compiled.TAG` holds:

    4 bytes   the magic number of the bytecode: another Python leaves the file alone
    8 bytes   hash of the index
    4 bytes   length of the index
    index     marshalled: the hash that `sources` begins with, and by each module's path its offset from here, its length, its hash
    modules   marshalled code objects

`hotlog_start.TAG` and `hotlog_verify.TAG` are for the shim: the magic number, the hash of the source, that of the code object, and it.
Each hash is asked before `marshal` sees a byte: what is damaged there may take the whole process with it.
"""

from __future__ import annotations

import _imp
import ast
import marshal
import os
import sys
from _frozen_importlib_external import MAGIC_NUMBER
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import CodeType

ALONE = ("hotlog_start", "hotlog_verify")
SOURCES = "sources"


def main(folder: str) -> None:
    """Compile what lies in the folder, and put the files beside."""
    tag = sys.implementation.cache_tag
    index: dict[str, tuple[int, int, bytes]] = {}
    blobs: list[bytes] = []
    at = 0
    for path in sorted(_modules(folder)):
        blob = marshal.dumps(_compile(folder, path))
        if path[:-3] in ALONE:
            source = hash_of(_read(f"{folder}/{path}"))
            _write(f"{folder}/{path[:-3]}.{tag}", MAGIC_NUMBER, source, hash_of(blob), blob)
            continue
        index[path] = (at, len(blob), hash_of(blob))
        blobs.append(blob)
        at += len(blob)
    listed = marshal.dumps((_read(f"{folder}/{SOURCES}")[:8], index))
    _write(
        f"{folder}/compiled.{tag}",
        MAGIC_NUMBER,
        hash_of(listed),
        len(listed).to_bytes(4, "little"),
        listed,
        *blobs,
    )


def hash_of(data: bytes) -> bytes:
    """Return the hash that the interpreter itself has for sources: 8 bytes."""
    return _imp.source_hash(0, data)


def lighten(module: ast.Module) -> ast.Module:
    """Return the tree of a module without what only a type checker reads; records keep the annotations of their fields.

    What is left of `from typing import …` is what runs: the module takes 3 ms of a cold start, and most programs need it for no more.
    """
    body: list[ast.stmt] = []
    for node in _without_annotations(module.body):
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            body += node.orelse
        else:
            body.append(node)
    module.body = body
    module = _Untyped().visit(module)
    for part in ast.walk(module):
        if isinstance(part, ast.arg):
            part.annotation = None
        elif isinstance(part, (ast.FunctionDef, ast.AsyncFunctionDef)):
            part.returns = None
    _keep_used(module)
    return module


class _Untyped(ast.NodeTransformer):
    """Takes away `cast`, type variables, overloads, and `Protocol` and `Generic` as bases; `Any` is `object`."""

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if not isinstance(node.ctx, ast.Load) or node.id not in {"Any", "TYPE_CHECKING"}:
            return node
        made = ast.Name("object", ast.Load()) if node.id == "Any" else ast.Constant(False)
        return ast.copy_location(made, node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        return node.args[1] if _is_name(node.func, "cast") else node

    def visit_Assign(self, node: ast.Assign) -> ast.AST | None:
        self.generic_visit(node)
        return None if isinstance(node.value, ast.Call) and _is_name(node.value.func, "TypeVar") else node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST | None:
        self.generic_visit(node)
        return None if any(_is_name(each, "overload") for each in node.decorator_list) else node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        self.generic_visit(node)
        node.bases = [base for base in node.bases if not _is_name(base, "Protocol") and not _is_generic(base)]
        if not any(_is_name(base, "NamedTuple") for base in node.bases):
            node.body = list(_without_annotations(node.body)) or [ast.copy_location(ast.Pass(), node)]
        return node


def _without_annotations(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements of a module or class; of a name that is only declared, nothing."""
    for node in body:
        if not isinstance(node, ast.AnnAssign) or not isinstance(node.target, ast.Name):
            yield node
        elif node.value is not None:
            yield ast.copy_location(ast.Assign([node.target], node.value), node)


def _is_generic(node: ast.expr) -> bool:
    return isinstance(node, ast.Subscript) and _is_name(node.value, "Generic")


def _is_name(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _keep_used(module: ast.Module) -> None:
    """Leave out the names that a module imports from `typing` and does not run; the annotations of fields are text."""
    fields = {
        id(part)
        for node in ast.walk(module)
        if isinstance(node, ast.AnnAssign)
        for part in ast.walk(node.annotation)
    }
    used = {node.id for node in ast.walk(module) if isinstance(node, ast.Name) and id(node) not in fields}
    for node in list(module.body):
        if isinstance(node, ast.ImportFrom) and node.module == "typing":
            node.names = [each for each in node.names if each.name in used]
            if not node.names:
                module.body.remove(node)


def _compile(folder: str, path: str) -> CodeType:
    own = path.startswith("hotlog")
    tree = ast.parse(_read(f"{folder}/{path}"))
    # Asserts of the other packages stay: they may be meant.
    return compile(lighten(tree) if own else tree, path, "exec", dont_inherit=True, optimize=2 if own else 0)


def _modules(folder: str) -> Iterator[str]:
    for place, _, names in os.walk(folder):
        for name in names:
            if name.endswith(".py"):
                yield os.path.relpath(os.path.join(place, name), folder).replace(os.sep, "/")


def _read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def _write(path: str, *parts: bytes) -> None:
    with open(path, "wb") as file:
        file.write(b"".join(parts))


if __name__ == "__main__":
    main(sys.argv[1])
