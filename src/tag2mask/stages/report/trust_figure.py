"""The reliability plot: true score against trust."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from tag2mask.pages import svg
from tag2mask.pages.svg import Panel


def reliability_plot(bins: Sequence[tuple[float, float, int]], *, title: str) -> Markup:
    """Draw the true score of photos against the trust in their masks.

    Args:
        bins: (trust, true mean IoU, number of photos) of bins of equal size, lowest trust first;
            both scores in [0, 1], drawn as percent.
        title: of the figure, for screen readers.
    """
    scores, truths = [score for score, *_ in bins], [truth for _, truth, _ in bins]
    low, high = min(scores, default=0), max(scores, default=1)
    panel = Panel(30, 170, (low, high), (0, 1))
    ticks = sorted({low, (low + high) / 2, high})
    middle = (svg.LEFT + svg.WIDTH - svg.RIGHT) / 2
    parts = [
        svg.text(svg.LEFT, 14, "true mean IoU of the pseudo mask, %", "name"),
        *svg.percent_levels(panel), svg.line(panel, scores, truths, "score"),
        *svg.dots(panel, scores, truths, "score", "{:.1%} true", at="trust {:.2f}"),
        *(svg.text(panel.at(tick, 0)[0], panel.foot + 17, f"{tick:.2f}", "tick middle")
          for tick in ticks),
        svg.text(middle, panel.foot + 34, "trust", "tick middle"),
    ]
    listed = "; ".join(f"trust {score:.2f}: {svg.percent(truth)}" for score, truth, _ in bins)
    return svg.picture(panel.foot + 44, title, listed, parts)
