"""Tables of hundreds of rows that take microseconds each: one test checks them all, and names each row that is wrong.

As tests of their own they would cost more to collect, to hand out and to report than to run.
"""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_SHOWN_CHARS = 200


def each_row(columns: str | tuple[str, ...], rows: Iterable[Any]) -> Callable[[Callable[..., None]], Any]:
    """Call a test for each row within one test; use it as `pytest.mark.parametrize`.

    Args:
        columns: parameter that takes the row; several: those that take its fields. All others are fixtures.
        rows: what is checked. They share the fixtures.
    """
    table = list(rows)
    names = (columns,) if isinstance(columns, str) else columns

    def decorate(check: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(check)
        def test(**fixtures: Any) -> None:
            assert table, "a table without rows proves nothing"
            wrong: list[Exception] = []
            for row in table:
                fields = (row,) if isinstance(columns, str) else row
                try:
                    check(**dict(zip(names, fields, strict=True)), **fixtures)
                except Exception as fault:  # noqa: BLE001  # told below, with all others
                    fault.add_note(f"in the row {repr(row)[:_SHOWN_CHARS]}")
                    wrong.append(fault)
            if wrong:
                raise ExceptionGroup(f"{len(wrong)} of {len(table)} rows are wrong", wrong)

        taken = inspect.signature(check)
        left = [each for each in taken.parameters.values() if each.name not in names]
        test.__signature__ = taken.replace(parameters=left)  # type: ignore[attr-defined]  # pytest asks it for fixtures
        return test

    return decorate
