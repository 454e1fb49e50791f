"""`NamedTuple`, for what runs in Lambda: a class takes 10 µs to make, where `typing`'s takes 100 and `collections`' 35.

`typing`'s compiles the annotation of each field, and both compile the text of `__new__`, which is here made from one function
for each number of fields by other names of its arguments. A cold start makes fifteen such classes, a first install some forty.
Nothing reads the annotations while hotlog runs; the type checker sees `typing.NamedTuple` itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hotlog import __builtins__

__all__ = ["NamedTuple"]

if TYPE_CHECKING:
    from typing import NamedTuple
else:
    from _collections import _tuplegetter
    from types import FunctionType

    _news: dict[int, FunctionType] = {}  # by the number of fields

    def _new_of(fields: tuple[str, ...], defaults: tuple[Any, ...]) -> FunctionType:
        """Return a `__new__` that takes these arguments."""
        count = len(fields)
        model = _news.get(count)
        if model is None:
            names = "".join(f"a{number}, " for number in range(count))
            scope = {"__builtins__": {}, "new": tuple.__new__}
            model = _news[count] = eval(f"lambda _cls, {names}: new(_cls, ({names}))", scope)  # noqa: S307  # of numbers alone
        code = model.__code__.replace(co_name="__new__", co_qualname="__new__", co_varnames=("_cls", *fields))
        return FunctionType(code, model.__globals__, "__new__", defaults)

    class _Record(tuple):
        """What all of them can do, as those of `collections`."""

        __slots__ = ()
        _fields: tuple[str, ...] = ()

        @classmethod
        def _make(cls, values: Any) -> Any:
            return cls(*values)

        def _replace(self, **changed: Any) -> Any:
            values = tuple(map(changed.pop, self._fields, self))
            if changed:
                raise ValueError(f"Got unexpected field names: {list(changed)!r}")
            return tuple.__new__(type(self), values)

        __replace__ = _replace  # for `copy.replace` of 3.13

        def _asdict(self) -> dict[str, Any]:
            return dict(zip(self._fields, self, strict=True))

        def __getnewargs__(self) -> tuple[Any, ...]:
            return tuple(self)

        def __repr__(self) -> str:
            shown = (f"{field}={value!r}" for field, value in zip(self._fields, self, strict=True))
            return f"{type(self).__name__}({', '.join(shown)})"

    class _Maker(type):
        def __new__(cls, name: str, _bases: tuple[type, ...], body: dict[str, Any]) -> type:
            fields = tuple(body.get("__annotations__", {}))
            defaults = {field: body[field] for field in fields if field in body}
            made = {field: _tuplegetter(at, "") for at, field in enumerate(fields)}
            return type(
                name,
                (_Record,),
                {
                    **body,
                    **made,
                    "__slots__": (),
                    "__new__": _new_of(fields, tuple(defaults.values())),
                    "__match_args__": fields,
                    "_fields": fields,
                    "_field_defaults": defaults,
                },
            )

    NamedTuple = type.__new__(_Maker, "NamedTuple", (), {})
