"""Rank photos for annotation: difficult, typical of many others, unlike the annotated ones.

Uncertainty alone selects outliers, and typicality alone selects easy photos; their product is
information density (Settles and Craven, EMNLP 2008, section 3), here with the trust in a pseudo
mask in place of the entropy. Photos are selected one after the other, and each counts as annotated
from then on, so that the next one differs from it. The doubt has the largest exponent: on drawn
scenes the masks improved more this way than with equal exponents.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

_NEIGHBOURS = 10
"""Number of nearest neighbours that determine how typical a photo is."""

_DOUBT, _FAR = 2.0, 0.5
"""Exponents of the doubt, and of the distance to annotated photos, relative to typicality."""


@dataclass(frozen=True, eq=False)
class Candidates:
    """N photos that are not annotated yet, and the features of those that are.

    Attributes:
        doubt: (N,) in 0..1, higher for less confident masks.
        features: (N, C), image features of the photos.
        tags: class indices of each photo, from 0.
        annotated: (M, C), image features of the annotated photos.
    """

    doubt: npt.NDArray[np.float64]
    features: npt.NDArray[np.float64]
    tags: Sequence[tuple[int, ...]]
    annotated: npt.NDArray[np.float64]


def rank(candidates: Candidates, number: int) -> list[tuple[int, float, float]]:
    """Select photos, the most helpful first.

    Args:
        candidates: photos to select from.
        number: maximum number of photos to select.

    Returns:
        The index, the score at the time of selection and the typicality (0..1) of each photo.
    """
    features = _normed(candidates.features)
    typical = _typical(features)
    far = _distance(features, _normed(candidates.annotated))
    doubt = 0.05 + _ranks(candidates.doubt)
    taken: dict[int, int] = {}
    chosen: list[tuple[int, float, float]] = []
    free = np.ones(len(features), bool)
    for _ in range(min(number, len(features))):
        score = doubt**_DOUBT * typical * far**_FAR * _balance(candidates.tags, taken)
        score[~free] = -1
        best = int(score.argmax())
        chosen.append((best, float(score[best]), float(typical[best])))
        free[best] = False
        far = np.minimum(far, _distance(features, features[best : best + 1]))
        for tag in candidates.tags[best]:
            taken[tag] = taken.get(tag, 0) + 1
    return chosen


def draw(
    doubt: npt.NDArray[np.float64], tags: Sequence[tuple[int, ...]], number: int,
    random: np.random.Generator,
) -> list[tuple[int, float]]:
    """Draw photos at random from the less trusted half, of the classes in turn.

    Clicks leave most of a mask to the maps, which learn from all clicks, so the clicked photos
    should resemble the others more than the most doubtful ones do.

    Args:
        doubt: (N,) in 0..1, higher for less confident masks.
        tags: class indices of each photo, from 0.
        number: maximum number of photos; if it is more than half of them, so many of the most
            doubtful ones are drawn from.
        random: the source of chance.

    Returns:
        The index and the weight at the time of the draw of each photo.
    """
    least = np.argsort(-doubt, kind="stable")[: max(number, -(-len(doubt) // 2))]
    weight = np.zeros(len(doubt))
    weight[least] = 1
    taken: dict[int, int] = {}
    chosen: list[tuple[int, float]] = []
    for _ in range(min(number, len(doubt))):
        score = weight * _balance(tags, taken)
        place = int(random.choice(np.flatnonzero(score == score.max())))
        chosen.append((place, float(score[place])))
        weight[place] = 0
        for tag in tags[place]:
            taken[tag] = taken.get(tag, 0) + 1
    return chosen


def _normed(features: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    lengths = np.linalg.norm(features, axis=1, keepdims=True)
    return np.asarray(features / np.maximum(lengths, 1e-9))


def _typical(features: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the mean similarity to the nearest neighbours as a rank in 0..1, (N,)."""
    alike = features @ features.T
    np.fill_diagonal(alike, -1)
    count = min(_NEIGHBOURS, max(len(features) - 1, 1))
    nearest = np.partition(alike, -count, axis=1)[:, -count:]
    return 0.05 + _ranks(nearest.mean(axis=1))


def _distance(
    features: npt.NDArray[np.float64], others: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Return the distance to the nearest of `others`, (N,); 1 where `others` is empty."""
    if not len(others):
        return np.ones(len(features))
    return np.asarray(np.clip(1 - (features @ others.T).max(axis=1), 1e-3, 1))


def _balance(tags: Sequence[tuple[int, ...]], taken: dict[int, int]) -> npt.NDArray[np.float64]:
    """Return a weight per photo, (N,), lower for classes that were selected often already."""
    least = [min((taken.get(tag, 0) for tag in own), default=0) for own in tags]
    return np.asarray(1 / (1 + np.array(least, np.float64)))


def _ranks(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the rank of each value in 0..1, (N,), 0 for the smallest."""
    order = np.asarray(values).argsort(kind="stable").argsort(kind="stable")
    return np.asarray(order / max(len(order) - 1, 1))
