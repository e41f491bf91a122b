"""Predictability of labels from appearance: a linear model, fitted on one half of the photos.

Several labellings of the same cells are compared at once. The variance that the model explains (R2)
is measured by two-fold cross-validation over photos, so that no labelling can confirm itself.
"""

from __future__ import annotations

import numpy as np

_MOST_FEATURES = 128
_PENALTIES = (0.03, 0.3, 3.0)
_FEWEST_PHOTOS = 4
_LEAST_EXPLAINED = 0.01
"""R2 on held-out photos below this value is attributed to chance."""


class Learnable:
    """Accumulates the statistics of photos one at a time; no photo is stored."""

    def __init__(self) -> None:
        """Initialise without photos."""
        self._halves = Moments(), Moments()

    def add(self, features: np.ndarray, labels: np.ndarray) -> None:
        """Add one photo.

        Args:
            features: (N, C), features of its cells.
            labels: (N, S) of 0 and 1, one column per labelling.
        """
        first, second = self._halves
        half = second if second.photos < first.photos else first
        half.add(narrowed(features.astype(np.float64)), labels)

    def curve(self) -> np.ndarray | None:
        """Return R2 (S,) at the best penalty strength; None if there are too few photos."""
        if min(half.photos for half in self._halves) < _FEWEST_PHOTOS:
            return None
        curves = [_explained(self._halves, penalty) for penalty in _PENALTIES]
        return max(curves, key=np.max)


def first_near_best(curve: np.ndarray, nearly: float) -> int | None:
    """Find the first candidate near the maximum of a curve that is flat at its top.

    Args:
        curve: (S,) R2.
        nearly: minimum fraction of the maximum that counts as near.

    Returns:
        the index; None if all R2 are at chance level.
    """
    best = curve.max()
    return int((curve >= nearly * best).argmax()) if best > _LEAST_EXPLAINED else None


class Moments:
    """Sums over cells that suffice to fit a linear model and compute its error."""

    def __init__(self) -> None:
        """Initialise without cells."""
        self.photos = 0
        self.cross: np.ndarray = np.zeros(0)
        self.targets: np.ndarray = np.zeros(0)
        self.squares: np.ndarray = np.zeros(0)

    def add(self, features: np.ndarray, labels: np.ndarray) -> None:
        """Add the cells of one photo: features (N, C), labels (N, S) of 0 and 1."""
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
        """Return the squared errors (S,) of the weights and of the mean label on these cells."""
        fitted = ((self.cross @ weights) * weights).sum(0)
        residual = self.squares - 2 * (self.targets * weights).sum(0) + fitted
        total = self.squares - self.targets[-1] ** 2 / self.cross[-1, -1]
        return residual, total


def _explained(halves: tuple[Moments, Moments], penalty: float) -> np.ndarray:
    """Return the two-fold cross-validated R2 (S,)."""
    first, second = halves
    errors = (second.errors(first.fit(penalty)), first.errors(second.fit(penalty)))
    residual, total = (np.sum(parts, axis=0) for parts in zip(*errors, strict=True))
    # A share that selects no cell has no variance to explain.
    explained: np.ndarray = np.where(total > 1e-6, 1 - residual / np.maximum(total, 1e-6), 0.0)
    return explained


def narrowed(features: np.ndarray) -> np.ndarray:
    """Project very wide features (N, C) to 128 dimensions, deterministically."""
    width = features.shape[1]
    if width <= _MOST_FEATURES:
        return features
    directions = np.random.default_rng(0).standard_normal((width, _MOST_FEATURES))
    projected: np.ndarray = features @ directions / np.sqrt(width)
    return projected
