"""Labels from scores: the background row, the label per pixel, and undecided pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tag2mask.core.contracts import BACKGROUND, IGNORE


def add_background(ranks: np.ndarray, *, share: float) -> np.ndarray:
    """Prepend a background row that is largest everywhere but on the top `share` of all pixels.

    Args:
        ranks: (k, h, w) in [0, 1].
        share: foreground fraction, from `choose_share`.

    Returns:
        Scores (1 + k, h, w).
    """
    background = np.full((1, *ranks.shape[1:]), 1 - share, np.float32)
    return np.concatenate([background, ranks])


def over_background(scores: np.ndarray) -> np.ndarray:
    """Return the ratios of class scores to the background: (1 + k, h, w) to (k, h, w)."""
    ratios: np.ndarray = scores[1:] / np.maximum(scores[:1], 1e-6)
    return ratios


def upscale(planes: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Resize (k, h, w) float32 planes to `size` = (height, width), bilinearly."""
    import torch  # loaded late: prediction with an exported network does without it
    from torch.nn import functional as F  # noqa: N812  (the field's name for it)

    grid = torch.from_numpy(np.ascontiguousarray(planes, np.float32))[None]
    full = F.interpolate(grid, size, mode="bilinear", align_corners=False)[0]
    result: np.ndarray = full.numpy()
    return result


@dataclass(frozen=True)
class Cut:
    """Thresholds for foreground and undecided pixels, as multiples of the background score.

    Multiples are comparable even if a sharpening step changed the scale of the scores.
    """

    level: float = 1.0
    """Pixels above it are foreground."""
    open_above: float = 1.0
    """At or below `level`; pixels between this and `open_to` are undecided."""
    open_to: float = 1.0
    """At or above `level`."""


def decide(scores: np.ndarray, classes: Sequence[int], cut: Cut = Cut()) -> np.ndarray:
    """Assign a label to every pixel, or 255 where foreground and background are close.

    Args:
        scores: (1 + k, h, w), row 0 the background, 0 or more.
        classes: (k,) 0-based class of the other rows.
        cut: thresholds; with the default the largest score wins and no pixel is undecided.

    Returns:
        (h, w) uint8: 0, class + 1, or 255.
    """
    if not len(classes):
        return np.full(scores.shape[1:], BACKGROUND, np.uint8)
    labels = np.asarray(classes, np.uint8) + 1
    background, best = scores[0], scores[1:].max(0)
    foreground = best > cut.level * background
    mask = np.where(foreground, labels[scores[1:].argmax(0)], BACKGROUND).astype(np.uint8)
    mask[(best > cut.open_above * background) & (best < cut.open_to * background)] = IGNORE
    return mask
