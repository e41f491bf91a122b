"""Scores weighted by how far the cells of a photo are from those of photos without a tag.

Photos without a tag show what is normal. What their cells have nothing like is worth more: scores
of every class are multiplied by a weight that grows with the distance of a cell to the nearest one
of these photos, in features of a network that was not trained on the tags, as in Roth et al.,
"Towards Total Recall in Industrial Anomaly Detection" (PatchCore, CVPR 2022, sections 3.1 and 3.3).

Differs from the paper: the distance weighs scores that already know the class, and is no mask by
itself; the memory is drawn at random where the paper keeps a coreset; distances of the memory to
itself, which say how far normal cells are apart, are those between two halves of the photos; the
distance is not scaled by the density around the nearest cell.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

from tag2mask.pseudo_masks import upscale

STRIDES = (8, 16)
"""Strides of the features that are compared, as in the paper; the largest ones below these where a
network has no such stride."""

POWER = 0.5
"""Exponent of the weights: scores know more than the distance does."""

_LEAST = 0.02
"""The smallest weight before the exponent; a cell that is normal is not excluded."""

_AT_ONCE = 4096
"""Number of cells whose distances are computed at once."""


@dataclass(frozen=True, eq=False)
class NormalCells:
    """Cells of photos without a tag.

    Attributes:
        halves: (n, C) and (m, C), cells of every other photo and of those between.
    """

    halves: tuple[Tensor, Tensor]

    def distances(self, features: Tensor) -> Tensor:
        """Return the distance of cells (C, h, w) to the nearest one of all, (h, w)."""
        cells = features.flatten(1).T
        nearest = torch.minimum(*(_nearest(cells, half) for half in self.halves))
        return nearest.view(features.shape[1:])

    def among_themselves(self) -> Tensor:
        """Return the distance of every cell to the nearest one of other photos, (n + m,)."""
        first, second = self.halves
        return torch.cat([_nearest(first, second), _nearest(second, first)])


@dataclass(frozen=True)
class Distances:
    """Which distances are normal, and which are not.

    Attributes:
        low: up to which a cell has the smallest weight.
        high: from which a cell has the weight 1.
    """

    low: float
    high: float

    def weights(self, distances: np.ndarray) -> np.ndarray:
        """Return the weights of the cells of a photo, of any shape.

        Between photos they differ half as much as within one: a photo with a tag shows something,
        however little unusual it is.
        """
        weights = ((distances - self.low) / max(self.high - self.low, 1e-9)).clip(_LEAST)
        scaled: np.ndarray = (weights / weights.max() ** 0.5).clip(_LEAST) ** POWER
        return scaled


@dataclass(kw_only=True)
class Normality:
    """The step `normality`, which leaves scores as they are while it has no weights.

    Attributes:
        weights: returns the weights of the cells of a photo (a, b), given its name.
        judged_at: share of foreground at which a run decides whether the step is used; None if it
            was asked for.
    """

    weights: Callable[[str], np.ndarray] | None = None
    judged_at: float | None = None

    def __call__(
        self, photo: np.ndarray, scores: np.ndarray, *, device: torch.device, name: str = ""
    ) -> np.ndarray:
        """Multiply the scores (1 + k, h, w) of the photo `name`, but the background's."""
        return scores if self.weights is None else weigh(scores, self.weights(name))


def weigh(scores: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Multiply scores (1 + k, h, w), but the background's, by the weights of cells (a, b)."""
    result = scores.copy()
    result[1:] *= upscale(weights[None].astype(np.float32), (scores.shape[1], scores.shape[2]))
    return result


def compared(strides: Sequence[int]) -> list[int]:
    """Return the indices of the features that are compared, without repetition."""
    found = {max((stride for stride in strides if stride <= most), default=min(strides))
             for most in STRIDES}
    return [list(strides).index(stride) for stride in sorted(found)]


def join(features: Sequence[Tensor]) -> Tensor:
    """Join features of several strides to one vector of length 1 per cell, as PatchCore does.

    Args:
        features: each (B, C, h, w), high resolution first.

    Returns:
        (B, sum of C, h, w) at the size of the first.
    """
    size = features[0].shape[2:]
    parts = []
    for feature in features:
        around = F.avg_pool2d(feature.float(), 3, 1, 1, count_include_pad=False)
        full = F.interpolate(around, size, mode="bilinear", align_corners=False)
        parts.append(F.normalize(full))
    joined: Tensor = torch.cat(parts, 1) / len(parts) ** 0.5
    return joined


def _nearest(cells: Tensor, memory: Tensor) -> Tensor:
    """Return the distance of cells (n, C) to the nearest of a memory (m, C), (n,)."""
    return torch.cat([torch.cdist(part, memory).amin(1)
                      for part in torch.split(cells, _AT_ONCE)])
