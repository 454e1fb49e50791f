"""The results as tables for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence


def table(results: Sequence[dict[str, Any]]) -> str:
    """Raw figures, for now."""
    lines = []
    for result in results:
        lines.append(f"Python {result['python']}, import bytecode {result['import_bytecode_ms']:.1f} ms")
        for name, tool in result["tools"].items():
            for key, figures in tool["figures"].items():
                shown = "  ".join(
                    f"{figure}={value:.3f}"
                    for figure, value in figures.items()
                    if figure not in {"fired", "due"}
                )
                lines.append(f"  {name:12} {key:16} {shown}")
    return "\n".join(lines)
