"""Pseudo masks from maps: all decisions on background and undecided pixels are made here."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tag2mask.pseudo_masks.checking import check_maps
from tag2mask.pseudo_masks.choice import Choice, Sample, choose_share
from tag2mask.pseudo_masks.deciding import Cut, add_background, decide, over_background, upscale
from tag2mask.pseudo_masks.guiding import clamp, guide, obey
from tag2mask.pseudo_masks.learnable import Learnable, first_near_best
from tag2mask.pseudo_masks.probabilities import to_probabilities, to_scores
from tag2mask.pseudo_masks.ranks import MapRanks, quantiles

__all__ = [
    "Choice", "Cut", "Learnable", "MapRanks", "Sample", "add_background", "choose_share", "clamp",
    "decide", "first_near_best", "guide", "obey", "over_background", "quantiles", "to_mask",
    "to_probabilities", "to_scores", "upscale",
]


def to_mask(
    maps: np.ndarray, *, classes: Sequence[int], size: tuple[int, int], threshold: float,
    band: float = 0.0,
) -> np.ndarray:
    """Turn the maps of one photo into a mask.

    Args:
        maps: (k, h, w) in [0, 1].
        classes: (k,) 0-based class of each map.
        size: height and width of the mask.
        threshold: minimum map value of foreground pixels, greater than 0; the threshold that a run
            chose without masks is in its `metrics.json`.
        band: half-width of the interval around the threshold in which pixels are undecided, as a
            fraction of the distance from the threshold to 1.

    Returns:
        (H, W) uint8: 0, class + 1, or 255.

    Raises:
        InputError: maps, classes, size or threshold have an invalid shape or range.
    """
    maps = check_maps(maps, tuple(classes), tuple(size), threshold=threshold, band=band)
    planes = upscale(maps, size)
    background = np.full((1, *size), threshold, np.float32)
    margin = band * (1 - threshold) / threshold
    cut = Cut(1.0, 1 - margin, 1 + margin)
    return decide(np.concatenate([background, planes]), classes, cut)
