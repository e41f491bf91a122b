"""Tags that hardly ever occur apart: train and rail, boat and water.

A classifier that sees A only beside B has no reason to look at A, so A's map may lie on B. Few
photos prove nothing: pairs are judged by the lower end of an interval of their share, so that three
of three photos are not called "always".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

TIED = 0.7
"""From which lower bound of its share on a pair is called tied."""

_LIFT = 1.5
"""B must be so many times as frequent beside A as in all photos to be any hint of A."""


@dataclass(frozen=True, kw_only=True)
class Pair:
    """How often a second tag stands beside a first."""

    tag: int
    """Index of the class that is given, A."""
    other: int
    """Index of the class beside it, B."""
    photos: int
    """Photos with A."""
    together: int
    """Photos with both, 1 or more."""
    others: int
    """Photos with B."""
    low: float
    """Lower end of the 95 % interval of `share`, in [0, 1]."""
    lift: float
    """`share` over the share of all photos that have B."""

    @property
    def share(self) -> float:
        """Of the photos with A those that also have B, above 0 up to 1."""
        return self.together / self.photos


def wilson_low(hits: int, of: int, z: float = 1.96) -> float:
    """Return the lower end of a share's score interval (Wilson, JASA 1927).

    Args:
        hits: 0 up to `of`.
        of: 1 or more.
        z: of the normal distribution; 1.96 for 95 %.

    Returns:
        in [0, 1]; 3 of 3 give 0.44, 100 of 100 give 0.96.
    """
    share, square = hits / of, z * z
    spread = z * float(np.sqrt(share * (1 - share) / of + square / (4 * of * of)))
    return max(0.0, (share + square / (2 * of) - spread) / (1 + square / of))


def co_occurring(tags: np.ndarray) -> list[Pair]:
    """Count every ordered pair of tags that some photo has, most tied first.

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
    """Keep the pairs whose first tag hardly ever occurs without a second that hints at it.

    Args:
        pairs: as `co_occurring` gives them.
        least: the lower bound on the share, in [0, 1].
    """
    return [pair for pair in pairs if pair.low >= least and pair.lift >= _LIFT]
