"""Drawings of a comparison: quality against time, and the colours of scores."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from markupsafe import Markup

from tag2mask.comparison.ledger import Row
from tag2mask.pages.svg import Panel, level, picture, text
from tag2mask.pictures.colours import css, ramp

_HEIGHT = 230
_DARK = 0.55
"""Below this share the colour ramp is dark enough for light text."""


def pareto(rows: Sequence[Row], measure: str) -> Markup:
    """Draw quality against training time; a line joins the recipes on the Pareto front.

    Args:
        rows: of one table or several.
        measure: the name of the figure on the vertical axis.
    """
    points = [(row.figures["minutes"].mean, row.figures[measure].mean, row) for row in rows
              if measure in row.figures and "minutes" in row.figures]
    if not points:
        return Markup("")
    times, scores = [point[0] for point in points], [point[1] for point in points]
    low, high = np.floor(min(scores) / 4) * 4, np.ceil(max(scores) / 4 + 0.01) * 4
    panel = Panel(16, _HEIGHT - 56, (0, 1.05 * max(times)), (float(low), float(high)))
    best = _front([(time, score) for time, score, _ in points])
    steps = np.linspace(low, high, 5)
    shapes = [level(panel, float(step), f"{step:.0f}") for step in steps]
    shapes += [_ticks(panel), _staircase(panel, best)]
    shapes += [_point(panel, time, score, row, (time, score) in best)
               for time, score, row in points]
    return picture(_HEIGHT, "Quality against time",
                   f"{len(points)} recipes; for {len(best)} of them no other is as fast and better",
                   shapes)


def heat_colour(share: float | None) -> str:
    """Return the background and text colour of a score in [0, 1] as CSS; "" for None."""
    if share is None:
        return ""
    ink = "#ffffff" if share < _DARK else "#1d2125"
    return f"background:{css(ramp(np.array(share)))};color:{ink}"


def _front(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return the points that no other is as fast as and better than, time and score rising."""
    kept: list[tuple[float, float]] = []
    for time, score in sorted(points, key=lambda point: (point[0], -point[1])):
        if not kept or score > kept[-1][1]:
            kept.append((time, score))
    return kept


def _staircase(panel: Panel, points: Sequence[tuple[float, float]]) -> Markup:
    corners: list[tuple[float, float]] = []
    for time, score in points:
        corners += [(time, corners[-1][1])] if corners else []
        corners.append((time, score))
    path = " ".join("{:.1f},{:.1f}".format(*panel.at(*corner)) for corner in corners)
    return Markup('<polyline class="line score" points="{}"/>').format(path)


def _point(panel: Panel, time: float, score: float, row: Row, best: bool) -> Markup:
    dot = Markup('<circle class="dot {}" cx="{:.1f}" cy="{:.1f}" r="4.5">'
                 "<title>{}: {:.1f} in {:.1f} min</title></circle>")
    return dot.format("score" if best else "loss", *panel.at(time, score), row.recipe.name, score,
                      time)


def _ticks(panel: Panel) -> Markup:
    numbers = [text(*_below(panel, share), f"{share * panel.x[1]:.2g}", "tick middle")
               for share in (0, 0.25, 0.5, 0.75, 1)]
    name = text(200, panel.foot + 34, "minutes on this machine, without evaluation", "name middle")
    return Markup("").join([*numbers, name])


def _below(panel: Panel, share: float) -> tuple[float, float]:
    x, _ = panel.at(share * panel.x[1], panel.y[0])
    return x, panel.foot + 16
