"""Maps weighed by what the cells of all photos have in common: a discriminant of each class.

A map is read from one photo. What a class looks like, and what it is confused with, is better known
from all photos that show it: the cells where its maps are strongest are surely of the class, and
those where the maps of a photo are weakest are its usual context. The direction of the features
that separates the two best, Fisher's linear discriminant ("The Use of Multiple Measurements in
Taxonomic Problems", 1936), says of every cell of every photo how much it is like the class and
unlike the context. The maps are multiplied by that, which gives surer cells, and so on.

Class and context prototypes from all photos are those of LPCAM (Chen and Sun, "Extracting Class
Activation Maps from Non-Discriminative Features as well", CVPR 2023, section 3): the map of a cell
is there its mean cosine similarity to the class's prototypes minus that to the prototypes of its
context, which is the projection onto the difference of two mean vectors.

Differs from the paper: there is one mean in place of twelve clusters, which made no difference; the
difference is whitened by the covariance of the features; it weighs the maps instead of replacing
them; cells are compared by an earlier feature; and all is repeated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

from tag2mask.maps.normalising import normalise_max

ROUNDS = 3
"""How often cells are chosen and compared; maps hardly change after that."""

SURE, WEAK = 0.8, 0.25
"""Cells of a map above this fraction of its peak are of the class. Cells where no map of the photo
is above this are context, or the weakest fifth of the photo if those are more."""

WEAKEST = 0.2
"""Fraction of the cells of a photo that are context in any case."""

SHRINKAGE = 0.3
"""Part of the covariance that is replaced by its mean variance in all directions."""

_ENDS = 0.02
"""Fraction of a class's cells whose weight is 0, and of those whose weight is 1."""


@dataclass(frozen=True, eq=False)
class Cells:
    """The cells of one photo.

    Attributes:
        features: (C, n), of length 1 each.
        maps: (k, n), the map of each class of the photo, with a peak of 1.
        classes: (k,), 0-based.
        certain: (n,) bool, cells whose maps are annotated: 1 for their class, 0 for all others.
    """

    features: Tensor
    maps: Tensor
    classes: Sequence[int]
    certain: Tensor | None = None

    def weighed_by(self, found: Discriminant) -> Tensor:
        """Return the maps weighed by a discriminant, (k, n), those of certain cells as they are."""
        weighed = self.maps * found.weights(self.features, self.classes)
        weighed = weighed / weighed.amax(1, keepdim=True).clamp_min(1e-8)
        return weighed if self.certain is None else torch.where(self.certain, self.maps, weighed)


@dataclass(frozen=True, eq=False)
class Discriminant:
    """How cells of each class differ from its context.

    Attributes:
        directions: (K, C).
        lows: (K,), projection from which a cell has a weight above 0.
        highs: (K,), projection from which it has the weight 1; as `lows` for a class without sure
            cells, whose maps are not weighed.
    """

    directions: Tensor
    lows: Tensor
    highs: Tensor

    def weights(self, features: Tensor, classes: Sequence[int]) -> Tensor:
        """Return how much cells (C, ...) are like some classes and unlike their context.

        Returns:
            (k, ...) in 0..1.
        """
        rows = list(classes)
        shape = (len(rows), *[1] * (features.dim() - 1))
        lows, highs = self.lows[rows].view(shape), self.highs[rows].view(shape)
        # Rounded to float32 at the end, sums do not depend on how they are computed.
        found = torch.tensordot(self.directions[rows].double(), features.double(), 1).float()
        weights = ((found - lows) / (highs - lows).clamp_min(1e-9)).clamp(0, 1)
        return torch.where(highs > lows, weights, torch.ones_like(weights))

    def weigh(self, maps: Tensor, features: Tensor, classes: Sequence[int]) -> Tensor:
        """Multiply the maps of one photo by the weights of its cells.

        Args:
            maps: (k, H, W), 0 or more.
            features: (C, h, w), of length 1 each, any size.
            classes: (k,), 0-based.

        Returns:
            (k, H, W) with a peak of 1. A map that would become 0 everywhere is only normalised.
        """
        weights = self.weights(features, classes)[None]
        full = F.interpolate(weights, maps.shape[1:], mode="bilinear", align_corners=False)
        weighed = normalise_max(maps[None]) * full
        lost = weighed.amax((2, 3), keepdim=True) <= 0
        return normalise_max(torch.where(lost, maps[None], weighed))[0]


def fit_discriminant(photos: Sequence[Cells], num_classes: int) -> Discriminant:
    """Find the discriminant of each class in the cells of photos with tags.

    Args:
        photos: one or more.
        num_classes: K.
    """
    maps = [photo.maps for photo in photos]
    for _ in range(ROUNDS):
        found = _fit(photos, maps, num_classes)
        maps = [photo.weighed_by(found) for photo in photos]
    return found


def _fit(photos: Sequence[Cells], maps: Sequence[Tensor], num_classes: int) -> Discriminant:
    channels = photos[0].features.shape[0]
    counts = torch.zeros(2, num_classes, dtype=torch.float64)
    sums = torch.zeros(2, num_classes, channels, dtype=torch.float64)
    products = torch.zeros(channels, channels, dtype=torch.float64)
    for photo, weighed in zip(photos, maps, strict=True):
        context = _context(weighed)
        for row, label in zip(weighed, photo.classes, strict=True):
            for side, chosen in enumerate((context, row > SURE)):
                cells = photo.features[:, chosen].double()
                counts[side, label] += cells.shape[1]
                sums[side, label] += cells.sum(1)
                products += cells @ cells.T
    means = sums / counts.clamp_min(1)[..., None]
    flat, weight = means.flatten(0, 1), counts.flatten()[:, None]
    covariance = (products - (weight * flat).T @ flat) / counts.sum().clamp_min(1)
    variance = covariance.diagonal().mean().clamp_min(1e-12)
    shrunk = (1 - SHRINKAGE) * covariance + SHRINKAGE * variance * torch.eye(channels).double()
    directions = torch.linalg.solve(shrunk, (means[1] - means[0]).T).T.float()
    directions[counts.amin(0) == 0] = 0
    return Discriminant(directions, *_ends(photos, directions))


def _context(maps: Tensor) -> Tensor:
    """Return which cells of a photo are context, given its maps (k, n)."""
    strongest = maps.amax(0)
    return strongest <= strongest.quantile(WEAKEST).clamp_min(WEAK)


def _ends(photos: Sequence[Cells], directions: Tensor) -> tuple[Tensor, Tensor]:
    """Return the projections of each class's photos below and above which few cells are."""
    found: list[list[Tensor]] = [[] for _ in directions]
    for photo in photos:
        for label in photo.classes:
            found[label].append(directions[label].double() @ photo.features.double())
    ends = torch.zeros(2, len(directions))
    for label, parts in enumerate(found):
        if parts and directions[label].any():
            # numpy's: torch limits the number of values
            values = torch.cat(parts).numpy()
            ends[:, label] = torch.from_numpy(np.quantile(values, (_ENDS, 1 - _ENDS)))
    return ends[0], ends[1]

