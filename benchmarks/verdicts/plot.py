"""The result as a picture: plain SVG, written by hand, no library. Delays of every rule, on a scale of powers of two."""

from __future__ import annotations

import math
from html import escape

from benchmarks.verdicts.rows import Row

WIDTH, LEFT, RIGHT, TOP, STEP = 900, 250, 40, 70, 34
LOW, HIGH = 5.0, 1440.0
MARKS = {
    "ours": ("#1a5fb4", "circle"),
    "three in a row (runbook)": ("#c64600", "square"),
    "three failed checks (Argo, Flagger)": ("#813d9c", "diamond"),
    "Mann-Whitney (Kayenta)": ("#26a269", "triangle"),
}


def svg(rows: list[Row]) -> str:
    """The delays of the cases with a control of 19x, a line a case; at the right edge: not within a day."""
    cases = [row for row in rows if row.unit == "min" and "control 19x" in row.name and row.others]
    height = TOP + STEP * len(cases) + 50
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="12" role="img">',
        "<title>Minutes until a worse canary is seen, 95th percentile</title>",
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        '<text x="16" y="22" font-size="15">Minutes until a worse canary is seen, 95th percentile (logarithmic; right edge: not within a day)</text>',
    ]
    for place, (name, (colour, shape)) in enumerate(MARKS.items()):
        left = 24 + 210 * place
        parts += [_mark(left, 42, colour, shape), f'<text x="{left + 12}" y="46">{escape(name)}</text>']
    for minutes in (5, 10, 20, 40, 80, 160, 320, 640, 1440):
        x = _x(minutes)
        parts.append(f'<line x1="{x:.1f}" y1="{TOP - 10}" x2="{x:.1f}" y2="{height - 40}" stroke="#dddddd"/>')
        parts.append(f'<text x="{x:.1f}" y="{height - 22}" text-anchor="middle">{minutes}</text>')
    for place, row in enumerate(cases):
        y = TOP + STEP * place + 12
        parts.append(f'<text x="16" y="{y + 4}">{escape(row.name.replace(", control 19x", ""))}</text>')
        parts.append(f'<line x1="{LEFT}" y1="{y}" x2="{WIDTH - RIGHT}" y2="{y}" stroke="#eeeeee"/>')
        for name, (colour, shape) in reversed(MARKS.items()):
            parts.append(_mark(_x(row.value if name == "ours" else row.others[name]), y, colour, shape))
    return "\n".join([*parts, "</svg>"]) + "\n"


def _x(minutes: float) -> float:
    inside = min(max(minutes, LOW), HIGH)
    return LEFT + (WIDTH - LEFT - RIGHT) * math.log(inside / LOW) / math.log(HIGH / LOW)


def _mark(x: float, y: float, colour: str, shape: str) -> str:
    if shape == "circle":
        return f'<circle cx="{x:.1f}" cy="{y}" r="6" fill="{colour}"/>'
    corners = {
        "square": ((-5, -5), (5, -5), (5, 5), (-5, 5)),
        "diamond": ((0, -6), (6, 0), (0, 6), (-6, 0)),
        "triangle": ((0, -6), (6, 5), (-6, 5)),
    }
    points = " ".join(f"{x + dx:.1f},{y + dy}" for dx, dy in corners[shape])
    return f'<polygon points="{points}" fill="{colour}" fill-opacity="0.85"/>'
