"""Tags that rarely occur apart, such as train and rail, or boat and water.

If A occurs only together with B, a classifier can predict A from B, and the map of A may highlight
B. Pairs are compared by the lower bound of a confidence interval of their share, so that three of
three photos do not count as "always".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

TIED = 0.7
"""A pair is tied if the lower bound of its share is at least this."""

_LIFT = 1.5
"""Least lift of a tied pair; with a lower one, B says little about A."""


@dataclass(frozen=True, kw_only=True)
class Pair:
    """How often a tag A occurs together with another tag B."""

    tag: int
    """Index of class A."""
    other: int
    """Index of class B."""
    photos: int
    """Photos with A."""
    together: int
    """Photos with both, 1 or more."""
    others: int
    """Photos with B."""
    low: float
    """Lower bound of the 95 % confidence interval of `share`, in [0, 1]."""
    lift: float
    """`share` divided by the share of all photos that have B."""

    @property
    def share(self) -> float:
        """The share of the photos with A that also have B, in (0, 1]."""
        return self.together / self.photos


def wilson_low(hits: int, of: int, z: float = 1.96) -> float:
    """Return the lower bound of the score interval of a share (Wilson, JASA 1927).

    Args:
        hits: 0 to `of`.
        of: 1 or more.
        z: quantile of the normal distribution; 1.96 for 95 %.

    Returns:
        the bound in [0, 1]; 0.44 for 3 of 3, 0.96 for 100 of 100.
    """
    share, square = hits / of, z * z
    spread = z * float(np.sqrt(share * (1 - share) / of + square / (4 * of * of)))
    return max(0.0, (share + square / (2 * of) - spread) / (1 + square / of))


def co_occurring(tags: np.ndarray) -> list[Pair]:
    """Count every ordered pair of tags that occurs, the highest lower bound first.

    Args:
        tags: (N, K), 1 where photo n has tag k, else 0.
    """
    both = tags.astype(np.int64).T @ tags.astype(np.int64)
    pairs = [
        Pair(tag=int(i), other=int(j), photos=int(both[i, i]), together=int(both[i, j]),
             others=int(both[j, j]), low=wilson_low(int(both[i, j]), int(both[i, i])),
             lift=float(both[i, j]) * len(tags) / float(both[i, i] * both[j, j]))
        for i, j in np.argwhere(both) if i != j
    ]
    return sorted(pairs, key=lambda pair: (-pair.low, pair.tag, pair.other))


def tied(pairs: Sequence[Pair], least: float = TIED) -> list[Pair]:
    """Return the pairs whose first tag rarely occurs without the second.

    Args:
        pairs: from `co_occurring`.
        least: the lower bound of the share is at least this, in [0, 1].
    """
    return [pair for pair in pairs if pair.low >= least and pair.lift >= _LIFT]
