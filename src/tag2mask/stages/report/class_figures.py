"""Figures with one row per class as inline SVG: bars, and a confusion map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from tag2mask.pages import svg

_STEP, _BAR_LEFT, _BAR_RIGHT = 21, 132, 350
_MAP_LEFT, _MAP_TOP, _MAP_SIDE = 108, 84, 280


@dataclass(frozen=True)
class Bar:
    """One row of a bar chart; `value` and `mark` are shares in [0, 1], or None if unknown."""

    name: str
    value: float | None
    mark: float | None = None
    colour: str = ""
    note: str = ""


def class_bars(bars: Sequence[Bar], *, title: str, value_name: str, mark_name: str = "") -> Markup:
    """Draw one bar per class from 0 to 100 %, with an optional tick for comparison.

    Args:
        bars: one bar per class, in drawing order.
        title: title of the figure, for screen readers.
        value_name: name of the bar's value, e.g. "IoU".
        mark_name: name of the tick's value; "" if no bar has one.
    """
    foot = len(bars) * _STEP + 4
    rule = Markup('<line class="grid" x1="{0}" x2="{0}" y1="0" y2="{1}"/>')
    parts = [rule.format(_across(share), foot) for share in (0, 0.25, 0.5, 0.75, 1)]
    parts += [_bar(bar, 2 + place * _STEP, (value_name, mark_name))
              for place, bar in enumerate(bars)]
    parts += [svg.text(_across(share), foot + 14, f"{100 * share:.0f}", "tick middle")
              for share in (0, 0.5, 1)]
    listed = ", ".join(f"{bar.name} {svg.percent(bar.value)}" for bar in bars)
    return svg.picture(foot + 20, title, f"{value_name}: {listed}", parts)


def confusion_map(shares: np.ndarray, names: Sequence[str], *, title: str) -> Markup:
    """Draw a confusion matrix normalised by true class; the diagonal is correct.

    Args:
        shares: (N, N) in [0, 1], rows truth, columns prediction; NaN is left empty.
        names: (N,) names of the labels, background included.
        title: of the figure, for screen readers.
    """
    cell = max(14, min(44, _MAP_SIDE // max(len(names), 1)))
    parts: list[Markup] = []
    for row, name in enumerate(names):
        middle = row * cell + cell / 2
        parts.append(svg.text(_MAP_LEFT - 6, _MAP_TOP + middle + 4, svg.shorten(name, 15),
                              "tick end"))
        parts.append(svg.slanted(_MAP_LEFT + middle + 3, _MAP_TOP - 6, svg.shorten(name, 13)))
        for column in range(len(names)):
            parts += _cell(float(shares[row, column]), (row, column), names, cell)
    found = [svg.percent(_finite(share)) for share in np.diagonal(shares)]
    listed = ", ".join(f"{name} {share}" for name, share in zip(names, found, strict=True))
    side = len(names) * cell
    return svg.picture(_MAP_TOP + side + 6, title, f"Found, by class: {listed}", parts,
                       width=max(svg.WIDTH, _MAP_LEFT + side + 56))


def _across(share: float) -> float:
    return _BAR_LEFT + share * (_BAR_RIGHT - _BAR_LEFT)


def _bar(bar: Bar, top: float, names: tuple[str, str]) -> Markup:
    """Draw the swatch, name, bar, tick and number of a class."""
    said = f"{bar.name}: {names[0]} {svg.percent(bar.value)}"
    said += f", {names[1]} {svg.percent(bar.mark)}" if bar.mark is not None else ""
    parts = [Markup("<title>{}</title>").format(f"{said}. {bar.note}" if bar.note else said),
             svg.text(_BAR_LEFT - 10, top + 13, svg.shorten(bar.name, 16), "label end")]
    if bar.value is not None:
        parts.append(_rect("bar", _BAR_LEFT, top + 2, (max(1, _across(bar.value) - _BAR_LEFT), 13),
                           bar.colour))
    if bar.mark is not None:
        parts.append(_rect("rival", _across(bar.mark) - 1.25, top - 0.5, (2.5, 18)))
    value = "—" if bar.value is None else f"{100 * bar.value:.1f}"
    parts.append(svg.text(svg.WIDTH - 4, top + 13, value, "label end"))
    return Markup("<g>{}</g>").format(Markup("").join(parts))


def _rect(kind: str, x: float, y: float, size: tuple[float, float], fill: str = "") -> Markup:
    own = Markup(' fill="{}"').format(fill) if fill else Markup("")
    return Markup('<rect class="{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"{}/>'
                  ).format(kind, x, y, *size, own)


def _cell(share: float, place: tuple[int, int], names: Sequence[str], cell: int) -> list[Markup]:
    """Draw one square; its opacity is the square root of the share, because small shares matter."""
    row, column = place
    x, y = _MAP_LEFT + column * cell, _MAP_TOP + row * cell
    parts = [_rect("cell", x + 0.5, y + 0.5, (cell - 1, cell - 1))]
    strength = float(np.sqrt(np.clip(np.nan_to_num(share), 0, 1)))
    if strength < 0.05:
        return parts
    said = f"{names[row]} taken for {names[column]}" if row != column else f"{names[row]} found"
    inked = Markup('<rect class="{}" x="{:.1f}" y="{:.1f}" width="{}" height="{}" '
                   'fill-opacity="{:.2f}"><title>{}: {}</title></rect>')
    parts.append(inked.format("right" if row == column else "wrong", x + 0.5, y + 0.5, cell - 1,
                              cell - 1, strength, said, svg.percent(share)))
    if cell >= 26:
        parts.append(svg.text(x + cell / 2, y + cell / 2 + 4, f"{100 * share:.0f}",
                              "inside middle" if strength > 0.65 else "tick middle"))
    return parts


def _finite(share: float) -> float | None:
    return float(share) if np.isfinite(share) else None
