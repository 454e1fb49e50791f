"""`NamedTuple`, for what runs in Lambda: `typing`'s compiles the annotation of each field when a module is imported.

That is two thirds of the 0.1 ms and more that each class costs, and the engine has some forty. Nothing reads the annotations
while hotlog runs; the type checker sees `typing.NamedTuple` itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hotlog import __builtins__

__all__ = ["NamedTuple"]

if TYPE_CHECKING:
    from typing import NamedTuple
else:
    from collections import namedtuple

    class _Maker(type):
        def __new__(cls, name: str, _bases: tuple[type, ...], body: dict[str, object]) -> type:
            fields = body.get("__annotations__", {})
            defaults = [body.pop(field) for field in fields if field in body]
            made = namedtuple(name, fields, defaults=defaults, module=body["__module__"])  # noqa: PYI024  # it is one
            for key, value in body.items():
                setattr(made, key, value)
            return made

    NamedTuple = type.__new__(_Maker, "NamedTuple", (), {})
