"""Tags that are probably wrong, given probabilities from a classifier that did not see them.

As in confident learning (Northcutt et al., JAIR 2021), the held-out probability of each photo is
compared with a threshold of its own for each tag, which compensates for tags that are hard to
predict. A given tag is suspicious where it is no more probable than on most photos without it. A
missing tag is suspicious where it is as probable as on most photos with it.

Differs from the paper: thresholds are quantiles instead of means, which a few confident photos
would shift; and a missing tag is always suspicious where its probability is 0.9 or more.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

FEWEST = 10
"""Fewest photos that must have a tag, and must lack it, for the tag to be checked: so that each
fold has about two of either."""

_MOST, _LIKELY = 0.6, 0.7
"""Quantile of the photos without the tag, or with it, that sets its threshold; and the lowest
threshold of a missing tag."""

_SURE, _RARER = 0.9, 0.1
"""The highest threshold of a missing tag; and the lowest of a given tag, as a multiple of the tag's
frequency."""


@dataclass(frozen=True)
class Suspect:
    """A tag of a photo that is probably wrong.

    Attributes:
        photo: index of the photo.
        tag: index of the class.
        given: True where the photo has the tag and probably should not; False where it is probably
            missing.
        probability: held-out probability of the tag, in [0, 1].
        bar: the threshold of the probability.
    """

    photo: int
    tag: int
    given: bool
    probability: float
    bar: float

    @property
    def surprise(self) -> float:
        """The cross-entropy of the tag as it is, in nats."""
        right = self.probability if self.given else 1 - self.probability
        return float(-np.log(max(right, 1e-6)))


def checkable(tags: np.ndarray) -> np.ndarray:
    """Return which tags can be checked: (K,) bool of (N, K) tags."""
    counts = tags.sum(0)
    return np.asarray((counts >= FEWEST) & (len(tags) - counts >= FEWEST))


def suspects(tags: np.ndarray, probabilities: np.ndarray) -> list[Suspect]:
    """Return the tags that are probably wrong, most surprising first.

    Args:
        tags: (N, K), 1 where photo n has tag k, else 0.
        probabilities: (N, K), in [0, 1], from `predict_held_out`.
    """
    given, found = tags > 0, []
    for k in np.nonzero(checkable(tags))[0].tolist():
        own = probabilities[:, k]
        bars = _thresholds(given[:, k], own)
        suspicious = np.where(given[:, k], own <= bars[True], own >= bars[False])
        found += [Suspect(n, k, bool(given[n, k]), float(own[n]), bars[bool(given[n, k])])
                  for n in np.nonzero(suspicious)[0].tolist()]
    return sorted(found, key=lambda suspect: (-suspect.surprise, suspect.photo, suspect.tag))


def _thresholds(given: np.ndarray, probabilities: np.ndarray) -> dict[bool, float]:
    """Return the thresholds of one tag where it is given (True) and where it is not (False)."""
    without, having = (float(np.quantile(probabilities[~given], _MOST)),
                       float(np.quantile(probabilities[given], 1 - _MOST)))
    return {True: max(without, _RARER * float(given.mean())),
            False: max(_LIKELY, min(_SURE, having))}
