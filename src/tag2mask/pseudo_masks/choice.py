"""The share of foreground, chosen without masks: by how well labels can be predicted.

A threshold calls the top share of all pixels foreground. Too small a share leaves out parts that
resemble what it includes; too large a one includes surroundings that resemble what it leaves out.
Either way, labels become harder to predict from appearance. So the share is chosen whose labels
are the most predictable: a linear model from the middle features of a pretrained network to
foreground and background is fitted on one half of the photos, and the variance that it explains
(R2) is measured on the other half. The features come from the network before it was trained on the
tags, and R2 is measured on other photos, so a map cannot confirm itself. All classes are pooled:
what separates classes from each other is often a part, what separates objects from their
surroundings is the whole object.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from tag2mask.pseudo_masks.learnable import Learnable, first_near_best

SHARES = tuple(round(float(share), 4) for share in np.geomspace(0.004, 0.8, 40))
"""Candidates for the share of foreground in tagged photos, finest where objects are small."""

FALLBACK_SHARE = 0.25
"""Taken where nothing can be learned, as from a handful of photos."""

_NEARLY = 0.96
"""The curve is flat at its top; of what explains this share of the most, the smallest is taken."""


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
    learnable = Learnable()
    for sample in samples:
        above = sample.ranks.max(0)[:, None] > 1 - np.asarray(shares)
        learnable.add(sample.features, above)
    curve = learnable.curve()
    if curve is None:
        curve = np.zeros(len(shares))
    chosen = first_near_best(curve, _NEARLY)
    share = FALLBACK_SHARE if chosen is None else shares[chosen]
    return Choice(share, shares, tuple(curve.round(5).tolist()), chosen is not None)
