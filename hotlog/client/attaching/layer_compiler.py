"""Compiles the layer's modules into one file: a program for the interpreter whose bytecode it is.

    python -I -B -X no_debug_ranges layer_compiler.py FOLDER

Nothing of hotlog's is imported here: that interpreter may have none. Docstrings, columns, and the annotations of functions and of
modules' names are left out: nobody reads them. Lines stay: an internal error names one. What `compiled.TAG` holds:

    4 bytes   the magic number of the bytecode: another Python leaves the file alone
    8 bytes   hash of the index
    4 bytes   length of the index
    index     marshalled: the hash of `sizes`, and by each module's path its offset from here, its length, its hash
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
SIZES = "sizes"


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
    listed = marshal.dumps((hash_of(_read(f"{folder}/{SIZES}")), index))
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
    """Return the tree of a module without what only a type checker reads; classes keep the annotations of their fields."""
    body: list[ast.stmt] = []
    for node in module.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            if node.value is not None:
                made = ast.Assign([node.target], node.value)
                body.append(ast.copy_location(made, node))
        elif isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            body += node.orelse
        else:
            body.append(node)
    module.body = body
    for part in ast.walk(module):
        if isinstance(part, ast.arg):
            part.annotation = None
        elif isinstance(part, (ast.FunctionDef, ast.AsyncFunctionDef)):
            part.returns = None
    return module


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
