"""Which photos to annotate next: hard ones that are typical of many, and unlike what is annotated.

Uncertainty alone picks odd photos, and typicality alone easy ones; their product is information
density (Settles and Craven, EMNLP 2008, section 3), here with the trust in a pseudo mask in place
of the entropy. Photos are taken one after the other, each counted as annotated from then on, so
that the next one is of something else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

_NEIGHBOURS = 10
"""Photos that a typical one is close to."""


@dataclass(frozen=True, eq=False)
class Candidates:
    """N photos that can be annotated.

    Attributes:
        doubt: (N,) in 0..1, higher for less sure masks.
        features: (N, C), what the photos look like.
        tags: for each photo, its classes from 0.
        annotated: (M, C), what the photos look like that are annotated.
    """

    doubt: npt.NDArray[np.float64]
    features: npt.NDArray[np.float64]
    tags: Sequence[tuple[int, ...]]
    annotated: npt.NDArray[np.float64]


def rank(candidates: Candidates, number: int) -> list[tuple[int, float, float]]:
    """Choose photos, the most helpful first.

    Args:
        candidates: to choose from.
        number: how many; fewer where there are no more.

    Returns:
        for each, its index, its score when it was chosen, and how typical it is, in 0..1.
    """
    features = _normed(candidates.features)
    typical = _typical(features)
    far = _distance(features, _normed(candidates.annotated))
    doubt = 0.05 + _ranks(candidates.doubt)
    taken: dict[int, int] = {}
    chosen: list[tuple[int, float, float]] = []
    free = np.ones(len(features), bool)
    for _ in range(min(number, len(features))):
        score = doubt * typical * far * _balance(candidates.tags, taken)
        score[~free] = -1
        best = int(score.argmax())
        chosen.append((best, float(score[best]), float(typical[best])))
        free[best] = False
        far = np.minimum(far, _distance(features, features[best : best + 1]))
        for tag in candidates.tags[best]:
            taken[tag] = taken.get(tag, 0) + 1
    return chosen


def _normed(features: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    lengths = np.linalg.norm(features, axis=1, keepdims=True)
    return np.asarray(features / np.maximum(lengths, 1e-9))


def _typical(features: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return (N,) in 0..1: the mean likeness to the nearest others, as a rank."""
    alike = features @ features.T
    np.fill_diagonal(alike, -1)
    count = min(_NEIGHBOURS, max(len(features) - 1, 1))
    nearest = np.partition(alike, -count, axis=1)[:, -count:]
    return 0.05 + _ranks(nearest.mean(axis=1))


def _distance(
    features: npt.NDArray[np.float64], others: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Return (N,): how far the nearest of the others is, 1 where there are none."""
    if not len(others):
        return np.ones(len(features))
    return np.asarray(np.clip(1 - (features @ others.T).max(axis=1), 1e-3, 1))


def _balance(tags: Sequence[tuple[int, ...]], taken: dict[int, int]) -> npt.NDArray[np.float64]:
    """Return (N,): less for photos whose classes were chosen often already."""
    least = [min((taken.get(tag, 0) for tag in own), default=0) for own in tags]
    return np.asarray(1 / (1 + np.array(least, np.float64)))


def _ranks(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return (N,) in 0..1: the place in the order, 0 for the smallest."""
    order = np.asarray(values).argsort(kind="stable").argsort(kind="stable")
    return np.asarray(order / max(len(order) - 1, 1))
