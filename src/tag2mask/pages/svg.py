"""SVG shapes for figures; all text is escaped.

Strokes and fills are CSS classes defined in `page.css`, so that figures follow the light or dark
theme of the page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

WIDTH = 400
"""Width in drawing units; one is about a pixel on a phone, so that text is legible there."""

LEFT, RIGHT = 38, 12
"""Margins left and right of a panel, for the numbers of its scale."""


@dataclass(frozen=True)
class Panel:
    """A rectangle with the scales `x` and `y`, each (lowest, highest), in drawing units."""

    top: float
    height: float
    x: tuple[float, float]
    y: tuple[float, float]

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Convert a data point to drawing units; a scale of length 0 maps to its start."""
        across = (x - self.x[0]) / ((self.x[1] - self.x[0]) or 1)
        up = (y - self.y[0]) / ((self.y[1] - self.y[0]) or 1)
        return LEFT + across * (WIDTH - LEFT - RIGHT), self.top + self.height * (1 - up)

    @property
    def foot(self) -> float:
        """The lower edge of the panel."""
        return self.top + self.height


def picture(height: float, title: str, description: str, parts: Sequence[Markup], *,
            width: float = WIDTH) -> Markup:
    """Wrap shapes into one `<svg>` with a title and a description for screen readers."""
    return Markup('<svg viewBox="0 0 {} {}" width="{}" height="{}" role="img" aria-label="{}">'
                  "<desc>{}</desc>{}</svg>").format(
        width, height, width, height, f"{title}. {description}", description,
        Markup("").join(parts))


def text(x: float, y: float, words: str, kind: str) -> Markup:
    """Draw one line of text; `kind` is one or more CSS classes."""
    return Markup('<text class="{}" x="{:.1f}" y="{:.1f}">{}</text>').format(kind, x, y, words)


def slanted(x: float, y: float, words: str) -> Markup:
    """Draw slanted text, as the title of a narrow column."""
    return Markup('<text class="tick" transform="translate({:.1f} {:.1f}) rotate(-65)">{}</text>'
                  ).format(x, y, words)


def level(panel: Panel, value: float, words: str) -> Markup:
    """Draw a thin line across the panel at `value`, with a label on the left."""
    y = panel.at(panel.x[0], value)[1]
    rule = Markup('<line class="grid" x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}"/>')
    return rule.format(LEFT, WIDTH - RIGHT, y, y) + text(LEFT - 6, y + 4, words, "tick end")


def percent_levels(panel: Panel) -> list[Markup]:
    """Draw lines at round percentages of a scale that starts at 0."""
    step = 0.25 if panel.y[1] == 1 else 0.1
    shares = np.arange(0, panel.y[1] + 0.001, step)
    return [level(panel, float(share), f"{100 * share:.0f}") for share in shares]


def line(panel: Panel, xs: Sequence[float], ys: Sequence[float | None], kind: str) -> Markup:
    """Draw a line through the known points."""
    points = [panel.at(x, y) for x, y in zip(xs, ys, strict=False) if y is not None]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return Markup('<polyline class="line {}" points="{}"/>').format(kind, path)


def dots(panel: Panel, xs: Sequence[float], ys: Sequence[float | None], kind: str,
         form: str, *, at: str = "epoch {:g}") -> list[Markup]:
    """Draw a dot at each known point, with its position and value as a tooltip.

    `form` is the format of the value, `at` of the position.
    """
    dot = Markup('<circle class="dot {}" cx="{:.1f}" cy="{:.1f}" r="3"><title>{}: {}</title>'
                 "</circle>")
    return [dot.format(kind, *panel.at(x, y), at.format(x), form.format(y))
            for x, y in zip(xs, ys, strict=False) if y is not None]


def mark(panel: Panel, x: float, y: float, kind: str) -> Markup:
    """Draw a ring at a point, and a line from it to the lower edge of the panel."""
    across, down = panel.at(x, y)
    drop = Markup('<line class="drop {}" x1="{:.1f}" x2="{:.1f}" y1="{:.1f}" y2="{:.1f}"/>')
    return drop.format(kind, across, across, down, panel.foot) + ring(across, down, kind)


def ring(x: float, y: float, kind: str) -> Markup:
    """Draw a small ring, as at a marked point and in the legend."""
    return Markup('<circle class="mark {}" cx="{:.1f}" cy="{:.1f}" r="5"/>').format(kind, x, y)


def shorten(words: str, length: int) -> str:
    """Shorten to `length` characters, the last of which is an ellipsis."""
    return words if len(words) <= length else words[:length - 1] + "…"


def percent(share: float | None) -> str:
    """Format a share in [0, 1] as "41.0 %", or None as "not there"."""
    return "not there" if share is None else f"{100 * share:.1f} %"
