"""Selection of the foreground fraction without masks, by the predictability of the labels.

A threshold assigns the top fraction of all pixels to the foreground. If the fraction is too small,
object parts that resemble the foreground become background; if it is too large, surroundings that
resemble the background become foreground. Either way, labels become harder to predict from
appearance. The fraction with the most predictable labels is therefore chosen: a linear model from
intermediate features of a pretrained network to foreground and background is fitted on one half of
the photos, and the variance that it explains (R2) is measured on the other half. The features come
from the network before its training on the tags, and R2 is measured on other photos, so a map
cannot confirm itself. All classes are pooled: classes often differ from each other only in parts,
whereas whole objects differ from their surroundings.

Photos without a tag show background alone, so they separate an object from what it is on, as spots
from their leaf: a fraction that takes the leaf contradicts the leaves without spots. Where maps
follow the leaf closely, leaves may still be the more predictable. The curve then has two peaks, of
which the photos without a tag lower the second one far more: the first one is the object.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from tag2mask.pseudo_masks.learnable import Learnable, first_near_best

SHARES = tuple(round(float(share), 4) for share in np.geomspace(0.004, 0.8, 40))
"""Candidate foreground fractions in tagged photos, spaced more finely for small objects."""

FALLBACK_SHARE = 0.25
"""Used if no model can be fitted, for example with very few photos."""

_NEARLY = 0.96
"""The curve is flat at its maximum; the smallest candidate above this fraction of it is chosen."""

_PEAK, _DIP, _LEFT = 0.8, 0.99, 0.75
"""The first rise of the curve is a peak of its own if it reaches the first fraction of the maximum,
and the curve then falls to the second fraction of the peak before it rises again. It is the object
if photos without a tag leave of the maximum less than the third fraction of what they leave of it.
"""


@dataclass(frozen=True)
class Sample:
    """The input of the selection for one photo, a sample of N cells.

    Attributes:
        features: (N, C), features of each cell.
        ranks: (k, N) map ranks in [0, 1], one row per tag; no row if the photo has no tag.
    """

    features: np.ndarray
    ranks: np.ndarray


@dataclass(frozen=True)
class Choice:
    """The chosen foreground fraction and the scores it is based on.

    Attributes:
        share: fraction of foreground among the pixels of tagged photos, in (0, 1).
        shares: (S,) candidate fractions.
        learnable: (S,) R2 of each candidate on photos that the model was not fitted on.
        found: False if no model could be fitted and the fallback was used.
    """

    share: float
    shares: tuple[float, ...]
    learnable: tuple[float, ...]
    found: bool


def choose_share(samples: Iterable[Sample], *, shares: tuple[float, ...] = SHARES) -> Choice:
    """Choose the foreground fraction whose labels are the most predictable from appearance.

    Args:
        samples: photos, at least some of them with a tag; each is processed once and not stored.
        shares: candidate fractions.
    """
    learnable, tagged = Learnable(), Learnable()
    for sample in samples:
        above = sample.ranks.max(0, initial=0)[:, None] > 1 - np.asarray(shares)
        learnable.add(sample.features, above)
        if len(sample.ranks):
            tagged.add(sample.features, above)
    curve = learnable.curve()
    if curve is None:
        curve = np.zeros(len(shares))
    chosen = first_near_best(_uncontradicted(curve, tagged.curve()), _NEARLY)
    share = FALLBACK_SHARE if chosen is None else shares[chosen]
    return Choice(share, shares, tuple(curve.round(5).tolist()), chosen is not None)


def first_share(choice: Choice, most: float) -> float:
    """Return the share that is chosen from the same curve among shares up to a limit.

    Args:
        choice: a choice whose curve was found.
        most: the limit; if no candidate is below it, the smallest one is returned.
    """
    count = max(1, sum(share <= most for share in choice.shares))
    chosen = first_near_best(np.array(choice.learnable[:count]), _NEARLY)
    return choice.shares[count - 1 if chosen is None else chosen]


def _uncontradicted(curve: np.ndarray, tagged: np.ndarray | None) -> np.ndarray:
    """Return the curve up to the end of its first peak, or all of it.

    Args:
        curve: (S,) R2 of all photos.
        tagged: (S,) R2 of those with a tag alone; None if they are too few.
    """
    highest = np.maximum.accumulate(curve)
    fallen = (highest >= _PEAK * curve.max()) & (curve < _DIP * highest)
    if tagged is None or not fallen.any():
        return curve
    end, best = int(fallen.argmax()), int(curve.argmax())
    peak = int(curve[:end].argmax())
    left = curve[[peak, best]] / np.maximum(tagged[[peak, best]], 1e-6)
    return curve[:end] if left[1] < _LEFT * left[0] else curve
