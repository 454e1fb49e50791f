"""Which `hotlog` a function brings along, in its package or its layers: what its start will do with it.

    none                  the layer's wraps the handler
    hotlog-lambda         that copy wraps it, of whatever version it is
    another project's     nothing is wrapped, and the function runs as without hotlog

It is the question that `hotlog_start` asks in the function, answered from the deployed files. What the code puts on
`sys.path` by itself cannot be seen from here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hotlog import __distribution__

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hotlog.client.account.aws import Aws
    from hotlog.client.code.zip_tree import Zip
    from hotlog.client.deployed import Deployed

_CODE = (".py", ".pyc", ".so")


class OwnHotlog(NamedTuple):
    """A `hotlog` that the function's code can import.

    Attributes:
        place: where it is, such as `hotlog/__init__.py of the package of orders`.
        is_ours: whether it is hotlog-lambda.
    """

    place: str
    is_ours: bool


def find_own_hotlog(aws: Aws, deployed: Deployed) -> OwnHotlog | None:
    """Return the first `hotlog` on the path that the function starts with; None where there is none.

    Raises:
        StoreError: the code cannot be fetched: `needs-source` for a container image, `denied`, `unreachable`, ...
        LocationError: `source-unreadable`, what was fetched is damaged.
    """
    return next((found for tree in _trees(aws, deployed) if (found := _look_in(tree)) is not None), None)


def _trees(aws: Aws, deployed: Deployed) -> Iterator[Zip]:
    """Yield the function's package and layers, but for hotlog's own layer, which adds nothing to the path."""
    yield aws.code.package_of(deployed)
    others = tuple(arn for arn in deployed.layers if "hotlog" not in arn.partition(":layer:")[2])
    yield from aws.layers_of(deployed._replace(layers=others))


def _look_in(tree: Zip) -> OwnHotlog | None:
    """Look as the import system does: for a package, a module, then a folder without `__init__.py`."""
    for file in ("hotlog/__init__.py", "hotlog/__init__.pyc", "hotlog.py", "hotlog.pyc"):
        content = tree.read(file)
        if content is not None:
            return OwnHotlog(f"{file} of {tree.name}", is_ours=__distribution__.encode() in content)
    loose = next((name for name in tree.below("hotlog/") if name.endswith(_CODE)), None)
    return None if loose is None else OwnHotlog(f"{loose} of {tree.name}", is_ours=False)
