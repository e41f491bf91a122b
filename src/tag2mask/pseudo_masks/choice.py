"""How much of the photos is foreground, chosen without masks: what can be learned.

A threshold calls the top share of all pixels foreground. Too small a share leaves out parts that
look like what it takes in; too large a one takes in surroundings that look like what it leaves out.
Either way a pixel's label no longer follows from how the pixel looks. So the share is taken whose
labels are the most predictable from looks: a linear model from a pretrained network's middle
features to foreground and background is fitted on one half of the photos, and the variance that it
explains (R2) measured on the other. The network is the one before it saw the tags and the photos
are others than it was fitted on, so a map cannot vouch for itself. Classes are not told apart:
what separates one class from another is often a part, what separates things from their
surroundings is the whole.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

SHARES = tuple(round(float(share), 4) for share in np.geomspace(0.004, 0.8, 40))
"""Candidates for the share of foreground in tagged photos, finest where objects are small."""

FALLBACK_SHARE = 0.25
"""Taken where nothing can be learned, as from a handful of photos."""

_MOST_FEATURES = 128
_PENALTIES = (0.03, 0.3, 3.0)
_FEWEST_PHOTOS = 4
_NEARLY = 0.96
"""The curve is flat at its top; of what explains this share of the most, the smallest is taken."""
_LEAST_EXPLAINED = 0.01
"""Less than that, on photos it was not fitted on, a model explains by chance."""


@dataclass(frozen=True)
class Sample:
    """One photo as the choice sees it, N cells of it.

    Attributes:
        features: (N, C) of each cell.
        ranks: (k, N) map ranks in [0, 1], one row per tag.
    """

    features: np.ndarray
    ranks: np.ndarray


@dataclass(frozen=True)
class Choice:
    """How much is foreground, and what led to it.

    Attributes:
        share: of foreground among the pixels of tagged photos, in (0, 1).
        shares: (S,) the candidates.
        learnable: (S,) R2 of each on photos that the model was not fitted on.
        found: False where nothing could be learned and the fallback was taken.
    """

    share: float
    shares: tuple[float, ...]
    learnable: tuple[float, ...]
    found: bool


def choose_share(samples: Iterable[Sample], *, shares: tuple[float, ...] = SHARES) -> Choice:
    """Choose the share of foreground whose labels are the most predictable from looks.

    Args:
        samples: photos with at least one tag; each is seen once and not kept.
        shares: candidates.
    """
    halves = _Moments(), _Moments()
    for index, sample in enumerate(samples):
        above = sample.ranks.max(0)[:, None] > 1 - np.asarray(shares)
        halves[index % 2].add(_narrowed(sample.features.astype(np.float64)), above)
    enough = min(half.photos for half in halves) >= _FEWEST_PHOTOS
    curves = [_explained(halves, penalty) for penalty in _PENALTIES] if enough else []
    best = max(curves, key=np.max, default=np.zeros(len(shares)))
    found = bool(best.max() > _LEAST_EXPLAINED)
    nearly = best >= _NEARLY * best.max()
    share = shares[int(nearly.argmax())] if found else FALLBACK_SHARE
    return Choice(share, shares, tuple(best.round(5).tolist()), found)


class _Moments:
    """Sums over cells that a linear model and its error can be computed from."""

    def __init__(self) -> None:
        self.photos = 0
        self.cross: np.ndarray = np.zeros(0)
        self.targets: np.ndarray = np.zeros(0)
        self.squares: np.ndarray = np.zeros(0)

    def add(self, features: np.ndarray, labels: np.ndarray) -> None:
        """Count one photo's cells: features (N, C), labels (N, S) of 0 and 1."""
        inputs = np.concatenate([features, np.ones((len(features), 1))], 1)
        outputs = labels.astype(np.float64)
        cross, targets, squares = inputs.T @ inputs, inputs.T @ outputs, outputs.sum(0)
        if not self.photos:
            self.cross, self.targets, self.squares = cross, targets, squares
        else:
            self.cross += cross
            self.targets += targets
            self.squares += squares
        self.photos += 1

    def fit(self, penalty: float) -> np.ndarray:
        """Return the ridge regression's weights (C + 1, S); the last row is the intercept."""
        count = self.cross[-1, -1]
        spread = np.diag(self.cross) - self.cross[:, -1] ** 2 / count
        ridge = np.diag(penalty * np.maximum(spread, 1e-9 * count))
        ridge[-1, -1] = 0
        weights: np.ndarray = np.linalg.solve(self.cross + ridge, self.targets)
        return weights

    def errors(self, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return squared errors (S,) of the weights here, and of the mean label."""
        fitted = ((self.cross @ weights) * weights).sum(0)
        residual = self.squares - 2 * (self.targets * weights).sum(0) + fitted
        total = self.squares - self.targets[-1] ** 2 / self.cross[-1, -1]
        return residual, total


def _explained(halves: tuple[_Moments, _Moments], penalty: float) -> np.ndarray:
    """Return R2 (S,) on the half that the model was not fitted on, both ways together."""
    first, second = halves
    errors = (second.errors(first.fit(penalty)), first.errors(second.fit(penalty)))
    residual, total = (np.sum(parts, axis=0) for parts in zip(*errors, strict=True))
    # A share under which no cell lies is all background: nothing to explain, so nothing explained.
    explained: np.ndarray = np.where(total > 1e-6, 1 - residual / np.maximum(total, 1e-6), 0.0)
    return explained


def _narrowed(features: np.ndarray) -> np.ndarray:
    """Project very wide features to fewer dimensions, the same way every time."""
    width = features.shape[1]
    if width <= _MOST_FEATURES:
        return features
    directions = np.random.default_rng(0).standard_normal((width, _MOST_FEATURES))
    projected: np.ndarray = features @ directions / np.sqrt(width)
    return projected
