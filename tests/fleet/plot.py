"""A line plot as SVG: small enough to be committed, readable in GitHub's light and dark."""

from __future__ import annotations

from html import escape
from typing import NamedTuple

WIDTH, HEIGHT, LEFT, TOP, GAP = 420, 240, 46, 64, 60
COLOURS = ("#1f77b4", "#d62728", "#2ca02c", "#ff7f0e")
INK = "#777"
TICKS = 4


class Curve(NamedTuple):
    name: str
    points: list[tuple[float, float]]


class Panel(NamedTuple):
    """One coordinate system, from 0 to a maximum on both axes."""

    title: str
    x_title: str
    x_max: float
    y_max: float
    curves: list[Curve]


def svg(panels: list[Panel], title: str) -> str:
    """The panels side by side, one legend for all: their curves have the same names."""
    width = LEFT + len(panels) * (WIDTH + GAP)
    height = TOP + HEIGHT + 50 + 16 * len(panels[0].curves)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12" fill="{INK}">',
        f'<text x="{LEFT}" y="20" font-size="15">{escape(title)}</text>',
    ]
    for number, panel in enumerate(panels):
        parts += _panel(panel, LEFT + number * (WIDTH + GAP))
    for number, curve in enumerate(panels[0].curves):
        y = TOP + HEIGHT + 56 + 16 * number
        parts.append(f'<path d="M{LEFT} {y - 4}h24" stroke="{COLOURS[number]}" stroke-width="2"/>')
        parts.append(f'<text x="{LEFT + 32}" y="{y}">{escape(curve.name)}</text>')
    return "\n".join([*parts, "</svg>", ""])


def _panel(panel: Panel, left: float) -> list[str]:
    bottom = TOP + HEIGHT
    parts = [
        f'<text x="{left}" y="{TOP - 14}">{escape(panel.title)}</text>',
        f'<text x="{left + WIDTH}" y="{bottom + 34}" text-anchor="end">{escape(panel.x_title)}</text>',
        f'<path d="M{left} {TOP}V{bottom}H{left + WIDTH}" fill="none" stroke="{INK}"/>',
    ]
    for tick in range(TICKS + 1):
        x, y = left + WIDTH * tick / TICKS, bottom - HEIGHT * tick / TICKS
        parts.append(
            f'<text x="{x:g}" y="{bottom + 16}" text-anchor="middle">{panel.x_max * tick / TICKS:g}</text>'
        )
        parts.append(
            f'<text x="{left - 6}" y="{y + 4:g}" text-anchor="end">{panel.y_max * tick / TICKS:g}</text>'
        )
    for number, curve in enumerate(panel.curves):
        places = [
            f"{left + WIDTH * x / panel.x_max:.1f},{bottom - HEIGHT * y / panel.y_max:.1f}"
            for x, y in curve.points
            if x <= panel.x_max
        ]
        parts.append(
            f'<polyline points="{" ".join(places)}" fill="none" stroke="{COLOURS[number]}" stroke-width="1.5"/>'
        )
    return parts
