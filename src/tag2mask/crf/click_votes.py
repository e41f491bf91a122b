"""How far clicks reach over the regions of a photo.

The weight of a click decreases with the geodesic distance over the regions (Bai & Sapiro, ICCV
2007), in which crossing an edge is expensive, and with the difference in colour.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tag2mask.crf.photo_regions import PhotoRegions
from tag2mask.crf.region_walk import geodesic

_FAR = 1e3
"""Cost at which the weight of a click is practically zero."""


@dataclass(frozen=True)
class Click:
    """One click on a photo."""

    y: float
    """Row, in pixels of the photo; the top row is 0."""
    x: float
    """Column, in pixels of the photo; the leftmost column is 0."""
    positive: bool = True
    """True if the class is present at this pixel, False if it is absent."""


@dataclass(frozen=True)
class Reach:
    """How far a click reaches; the defaults suit a mask that is mostly correct."""

    distance: float = 6.0
    """Geodesic distance, in units of the typical contrast, at which a click's weight is 1/e."""
    alike: float = 0.15
    """Distance in OKLab from the clicked region at which a click's weight is 1/e."""
    patience: float = 0.12
    """Constant cost of each step in addition to its contrast, which limits the reach of a click in
    uniform areas."""


def seeds_of(regions: PhotoRegions, clicks: Sequence[Click]) -> dict[int, bool]:
    """Return the clicked regions, the latest last; of two clicks on one the later one counts."""
    seeds: dict[int, bool] = {}
    for click in clicks:
        region = int(regions.labels[int(click.y), int(click.x)])
        seeds.pop(region, None)
        seeds[region] = click.positive
    return seeds


def votes_of(regions: PhotoRegions, seeds: dict[int, bool], reach: Reach) -> np.ndarray:
    """Compute the votes of the clicks against and for each region: (2, n) float32 in [0, 1].

    Between contradictory clicks the nearer one dominates: the votes of each side are multiplied by
    its relative nearness.
    """
    costs = np.full((2, len(regions.sizes)), np.inf, np.float32)
    for region, positive in seeds.items():
        side = costs[int(positive)]
        np.minimum(side, _cost(regions, region, reach), out=side)
    votes = np.exp(-costs)
    if np.isfinite(costs).any(1).all():
        finite = np.minimum(costs, _FAR)
        votes *= finite[::-1] / np.maximum(finite.sum(0), 1e-9)
    return np.asarray(votes, np.float32)


def fixed_by(regions: PhotoRegions, seeds: dict[int, bool]) -> np.ndarray:
    """Return the regions that clicks decide, (n,) int8: 0 or 1 for clicked regions, else -1."""
    fixed = np.full(len(regions.sizes), -1, np.int8)
    fixed[list(seeds)] = list(seeds.values())
    return fixed


def _cost(regions: PhotoRegions, region: int, reach: Reach) -> np.ndarray:
    """Compute the cost of each region from its distance and colour difference: (n,) float32."""
    far = geodesic(regions, region, reach.patience, 3 * reach.distance) / reach.distance
    apart = np.linalg.norm(regions.looks - regions.looks[region], axis=1) / reach.alike
    return np.asarray(far * far + apart * apart, np.float32)
