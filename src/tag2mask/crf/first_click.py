"""The mask of a class that has no pixel yet, from clicks alone.

Votes of the clicks and the prior are combined by a random walk with priors (Grady, CVPR 2005) over
the regions of the photo, once for clicks that reach far and once for clicks that reach less far;
the mask whose border follows edges is chosen. An object of a distinct colour is therefore selected
completely, while a small defect is selected without its uniform background.
"""

from __future__ import annotations

import numpy as np

from tag2mask.crf.click_votes import Reach, fixed_by, votes_of
from tag2mask.crf.photo_regions import PhotoRegions
from tag2mask.crf.region_walk import settle

_NEAR, _FAR = Reach(), Reach(distance=12.0, alike=0.3)

_NEAR_STRENGTH, _FAR_STRENGTH = 3.0, 10.0
"""Weight of a click at its own region, relative to a weight of 1 for the prior."""

_TIE = 0.05
"""Strength of the coupling between similar neighbours, per pixel of common border."""

_MOST = 0.5
"""Fraction of the photo above which the result is considered too large."""

_SHARPER = 1.3
"""Ratio of border contrasts above which the smaller mask is chosen over the larger one."""


def select(regions: PhotoRegions, prior: np.ndarray, seeds: dict[int, bool]) -> np.ndarray:
    """Select the regions that clicks mark.

    Args:
        regions: the n regions of a photo.
        prior: (n,) in [0, 1], the scores of the class; 0 if unknown.
        seeds: clicked regions, and whether the class is there.

    Returns:
        (n,) bool.
    """
    wide = _walk(regions, prior, seeds, _FAR, _FAR_STRENGTH)
    small = _walk(regions, prior, seeds, _NEAR, _NEAR_STRENGTH)
    sharper = _sharpness(regions, small) > _SHARPER * _sharpness(regions, wide)
    too_large = regions.sizes[wide].sum() > _MOST * regions.sizes.sum()
    return small if sharper or too_large else wide


def _walk(
    regions: PhotoRegions, prior: np.ndarray, seeds: dict[int, bool], reach: Reach, strength: float
) -> np.ndarray:
    """Decide each region by the votes and the prior, smoothed over similar neighbours."""
    votes = strength * votes_of(regions, seeds, reach)
    total = 1 + votes.sum(0)
    pull = total * regions.sizes / regions.sizes.mean()
    fixed = fixed_by(regions, seeds)
    return settle(regions, (prior + votes[1]) / total, pull, fixed, _TIE) > 0.5


def _sharpness(regions: PhotoRegions, inside: np.ndarray) -> float:
    """Return the mean contrast along the border of a selection; 0 if it has no border."""
    cut = np.repeat(inside, np.diff(regions.starts)) != inside[regions.neighbours]
    length = float(regions.borders[cut].sum())
    return float((regions.contrasts * regions.borders)[cut].sum()) / length if length else 0.0
