"""What the hotlog on a function knows of rules: read from the code of its layer, or of its package, without running any.

A desk may be newer than the layer. A rule with a field that the layer has not heard of would be refused there, where nobody
is watching; here it is refused while somebody is.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Final, NamedTuple

from hotlog.client.code.packed_sources import unpack_sources
from hotlog.errors import LocationError, StoreError
from hotlog.interpreter.compiling import parse_module
from hotlog.rules.model import entry_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hotlog.client.account.aws import Aws
    from hotlog.client.code.zip_tree import Zip
    from hotlog.client.deployed import Deployed
    from hotlog.rules.model import Rule

_SOURCES: Final = "hotlog-packages/sources"  # of the layer
_FOLDERS: Final = (
    "hotlog-packages/hotlog",
    "hotlog",
)  # of a layer that has each module as a file, of a package
_VERSION: Final = re.compile(rb'^__version__ = "([^"]+)"', re.MULTILINE)
_KEYS: Final = {"condition": "if", "function": "in"}  # fields that are spelt otherwise in a document


class KnownRules(NamedTuple):
    """What one hotlog knows.

    Attributes:
        version: of it.
        place: where it is, such as `the layer arn:…`.
        fields: keys of a rule, as documents have them.
        kinds: of rules.
    """

    version: str
    place: str
    fields: frozenset[str]
    kinds: frozenset[str]

    def unknown(self, rule: Rule) -> list[str]:
        """Return what a rule asks for that this hotlog has not heard of: fields, or its kind."""
        found = [f"`{key}`" for key in entry_of(rule) if key not in self.fields]
        return found if rule.kind in self.kinds else [*found, f"rules of the kind {rule.kind}"]


def read_known_rules(aws: Aws, deployed: Deployed) -> KnownRules | None:
    """Return what the hotlog on a function knows; None where there is none, or it cannot be looked at."""
    try:
        return next((found for tree in _trees(aws, deployed) if (found := _read(tree)) is not None), None)
    except (StoreError, LocationError):
        return None  # nothing is proven: the function itself will say


def _trees(aws: Aws, deployed: Deployed) -> Iterator[Zip]:
    """Yield what may hold hotlog, what wins first: a copy of the function's own, then the layer."""
    if deployed.package is not None:
        yield aws.code.package_of(deployed)
    for arn in reversed(deployed.layers):
        if "hotlog" in arn.partition(":layer:")[2]:
            yield aws.code.open_layer(aws.layer(arn))


def _read(tree: Zip) -> KnownRules | None:
    packed = unpack_sources(tree.read(_SOURCES) or b"")
    for folder in _FOLDERS:
        read = packed.get if packed else tree.read
        model, kinds = (read(f"{folder}/rules/{name}.py") for name in ("model", "kinds"))
        if model is None or kinds is None:
            continue
        version = _VERSION.search(read(f"{folder}/__init__.py") or b"")
        fields = frozenset(_KEYS.get(name, name) for name in _fields_of(model))
        known = frozenset(_kinds_of(kinds))
        if fields and known:
            return KnownRules(version[1].decode() if version else "", tree.name, fields, known)
    return None


def _fields_of(model: bytes) -> Iterator[str]:
    """Yield the annotated names of the class that has a rule's fields."""
    for node in parse_module(model).body:
        if isinstance(node, ast.ClassDef) and node.name in {"_Fields", "Rule"}:
            for each in node.body:
                if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name):
                    yield each.target.id


def _kinds_of(kinds: bytes) -> Iterator[str]:
    """Yield the keys of the table `KINDS`."""
    for node in parse_module(kinds).body:
        target = node.target if isinstance(node, ast.AnnAssign) else None
        if isinstance(node, ast.AnnAssign) and isinstance(target, ast.Name) and target.id == "KINDS":
            for key in node.value.keys if isinstance(node.value, ast.Dict) else ():
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    yield key.value
