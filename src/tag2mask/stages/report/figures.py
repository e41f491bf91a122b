"""Curves as inline SVG: training curves, threshold curves and calibration."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from markupsafe import Markup

from tag2mask.pages import svg, words
from tag2mask.pages.svg import Panel


def training_curve(epochs: Sequence[float], losses: Sequence[float | None],
                   scores: Sequence[float | None], *, score_name: str, title: str) -> Markup:
    """Draw the score over the epochs, and below it the loss.

    Args:
        epochs: (n,) ascending.
        losses: (n,) in any range; None is skipped.
        scores: (n,) scores in [0, 1], drawn as percent; None is skipped.
        score_name: name of the score, e.g. "average precision".
        title: of the figure, for screen readers.
    """
    span = (min(epochs, default=0), max(epochs, default=1))
    scored = [value for value in scores if value is not None]
    top = max((value for value in losses if value is not None), default=1) or 1
    lower = Panel(182 if scored else 26, 62, span, (0, top * 1.1))
    parts = _score_panel(Panel(26, 116, span, (0, 1)), epochs, scores, score_name) if scored else []
    parts += [svg.text(svg.LEFT, lower.top - 8, "loss", "name"), svg.level(lower, 0, "0"),
              svg.level(lower, top, f"{top:.2g}"), svg.line(lower, epochs, losses, "loss"),
              *svg.dots(lower, epochs, losses, "loss", "{:.3g}"), *_epoch_ticks(lower, epochs)]
    last = f" The last {score_name} is {svg.percent(scored[-1])}." if scored else ""
    return svg.picture(lower.foot + 24, title, f"{words.count(len(epochs), 'epoch')}.{last}", parts)


def threshold_curve(thresholds: Sequence[float], scores: Sequence[float | None], *,
                    chosen: float | None, oracle: float | None, title: str,
                    chosen_name: str = "chosen without masks") -> Markup:
    """Draw the score at every threshold, and mark the chosen and the best threshold.

    Args:
        thresholds: (n,) ascending, in [0, 1].
        scores: (n,) mIoU in [0, 1], drawn as percent; None is skipped.
        chosen: the threshold that the run uses, or None.
        oracle: the threshold with the best score, or None.
        title: of the figure, for screen readers.
        chosen_name: label of the chosen threshold in the legend.
    """
    best = max((score for score in scores if score is not None), default=1)
    panel = Panel(58, 150, (0, max([*thresholds, 0.5])), (0, _ceiling(best)))
    parts = [svg.text(svg.LEFT, 46, "mIoU", "name"), *svg.percent_levels(panel),
             svg.line(panel, thresholds, scores, "score"), *_threshold_ticks(panel)]
    marks = []
    for kind, name, place in (("oracle", "oracle, needs masks", oracle),
                              ("chosen", chosen_name, chosen)):
        score = _score_at(thresholds, scores, place)
        if place is not None and score is not None:
            parts.append(svg.mark(panel, place, score, kind))
            marks.append((kind, name, f"{100 * score:.1f} at {place:.2f}"))
    return svg.picture(246, title, "; ".join(f"{name}: {text}" for _, name, text in marks),
                       [*parts, *_key(marks[::-1])])


def calibration_plot(confidence: Sequence[float], accuracy: Sequence[float]) -> Markup:
    """Draw accuracy against confidence; a perfectly calibrated network is on the diagonal.

    Args:
        confidence: (n,) mean confidence of each bin with pixels, ascending, in [0, 1].
        accuracy: (n,) share of correct pixels in each bin, in [0, 1].
    """
    panel = Panel(26, 190, (0, 1), (0, 1))
    rings = [svg.ring(*panel.at(x, y), "chosen")
             for x, y in zip(confidence, accuracy, strict=True)]
    ticks = [svg.text(panel.at(x, 0)[0], panel.foot + 17, f"{100 * x:.0f}", "tick middle")
             for x in (0, 0.25, 0.5, 0.75, 1)]
    middle = (svg.LEFT + svg.WIDTH - svg.RIGHT) / 2
    parts = [svg.text(svg.LEFT, 14, "right, %", "name"), *svg.percent_levels(panel),
             svg.line(panel, (0, 1), (0, 1), "loss"),
             svg.line(panel, confidence, accuracy, "score"), *rings, *ticks,
             svg.text(middle, panel.foot + 34, "sure, %", "tick middle")]
    listed = "; ".join(f"{svg.percent(x)} sure, {svg.percent(y)} right"
                     for x, y in zip(confidence, accuracy, strict=True))
    return svg.picture(panel.foot + 44, "Calibration", listed, parts)


def _score_panel(panel: Panel, epochs: Sequence[float], scores: Sequence[float | None],
                 name: str) -> list[Markup]:
    return [svg.text(svg.LEFT, 14, f"{name}, %", "name"), *svg.percent_levels(panel),
            svg.line(panel, epochs, scores, "score"),
            *svg.dots(panel, epochs, scores, "score", "{:.1%}")]


def _epoch_ticks(panel: Panel, epochs: Sequence[float]) -> list[Markup]:
    """Label the first, a middle and the last epoch below the panel."""
    if not epochs:
        return []
    y, last = panel.foot + 17, epochs[-1]
    inner = sorted({epochs[0], epochs[len(epochs) // 2]} - {last})
    parts = [svg.text(panel.at(x, 0)[0], y, f"{x:g}", "tick middle") for x in inner]
    side = "end" if inner else "start"
    shift = 4 if inner else -4
    return [*parts, svg.text(panel.at(last, 0)[0] + shift, y, f"epoch {last:g}", f"tick {side}")]


def _threshold_ticks(panel: Panel) -> list[Markup]:
    step = 0.1 if panel.x[1] <= 0.6 else 0.2
    ticks = [svg.text(panel.at(x, 0)[0], panel.foot + 17, f"{x:.1f}", "tick middle")
             for x in np.arange(0, panel.x[1] + 0.001, step)]
    middle = (svg.LEFT + svg.WIDTH - svg.RIGHT) / 2
    return [*ticks, svg.text(middle, panel.foot + 34, "threshold", "tick middle")]


def _key(marks: Sequence[tuple[str, str, str]]) -> list[Markup]:
    """Draw the legend above the panel, from kind, name and score of each mark."""
    parts = []
    for place, (kind, name, text) in enumerate(marks):
        x, y = svg.LEFT + 6 + 180 * place, 9
        parts += [svg.ring(x, y, kind), svg.text(x + 11, y + 4, name, "tick strong"),
                  svg.text(x + 11, y + 18, text, "tick")]
    return parts


def _score_at(thresholds: Sequence[float], scores: Sequence[float | None],
              place: float | None) -> float | None:
    """Return the score at the measured threshold nearest to `place`."""
    known = [] if place is None else [
        (abs(threshold - place), score)
        for threshold, score in zip(thresholds, scores, strict=False) if score is not None]
    return min(known)[1] if known else None


def _ceiling(value: float) -> float:
    """Return a multiple of 0.1 slightly above the value, at most 1."""
    return float(min(1.0, max(0.1, np.ceil(value * 10 + 0.25) / 10)))
