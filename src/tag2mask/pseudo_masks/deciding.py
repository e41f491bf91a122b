"""From scores to labels: the background row, the choice per pixel, and what is left open."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

from tag2mask.contracts import BACKGROUND, IGNORE


def add_background(ranks: np.ndarray, *, share: float) -> np.ndarray:
    """Write row 0: a background that wins everywhere but on the top `share` of all pixels.

    Args:
        ranks: (k, h, w) in [0, 1].
        share: of foreground, from `choose_share`.

    Returns:
        Scores (1 + k, h, w).
    """
    background = np.full((1, *ranks.shape[1:]), 1 - share, np.float32)
    return np.concatenate([background, ranks])


def upscale(planes: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Bring (k, h, w) float32 planes to `size` = (height, width), bilinearly."""
    grid = torch.from_numpy(np.ascontiguousarray(planes, np.float32))[None]
    full = F.interpolate(grid, size, mode="bilinear", align_corners=False)[0]
    result: np.ndarray = full.numpy()
    return result


def decide(
    scores: np.ndarray, classes: Sequence[int], *, factor: float = 1.0, band: float = 0.0
) -> np.ndarray:
    """Give every pixel its label, or 255 where foreground and background are close.

    Args:
        scores: (1 + k, h, w), row 0 the background, 0 or more.
        classes: (k,) 0-based class of the other rows.
        factor: the background is multiplied by it; 1 leaves the choice as it was made.
        band: half-width of the open band around equal scores, as a share of the way from the
            background score up to 1, so that it suits small objects and large ones.

    Returns:
        (h, w) uint8: 0, class + 1, or 255.
    """
    if not len(classes):
        return np.full(scores.shape[1:], BACKGROUND, np.uint8)
    labels = np.asarray(classes, np.uint8) + 1
    background, best = factor * scores[0], scores[1:].max(0)
    mask = np.where(best > background, labels[scores[1:].argmax(0)], BACKGROUND).astype(np.uint8)
    mask[np.abs(best - background) < band * (1 - background)] = IGNORE
    return mask
