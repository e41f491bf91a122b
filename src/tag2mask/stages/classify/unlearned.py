"""Classes that a trained classifier does not recognise on held-out photos."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from scipy.stats import rankdata

from tag2mask.metrics.average_precision import average_precision

FEWEST = 5
"""Number of held-out photos with a class, and without it, below which nothing can be said."""

LEAST = 1.0
"""Standard deviations by which the rank sum of photos with a class is above that of chance."""


def unlearned(scores: np.ndarray, truth: np.ndarray, classes: Sequence[str]) -> Iterator[str]:
    """Yield a sentence for each class whose photos are not ranked above the others.

    The test is that of Mann and Whitney (1947), with mean ranks for equal scores.

    Args:
        scores: (N, K) probabilities of the held-out photos.
        truth: (N, K) 0 or 1.
        classes: (K,) names.
    """
    for name, own, tagged in zip(classes, scores.T, truth.T.astype(bool), strict=True):
        if min(tagged.sum(), (~tagged).sum()) >= FEWEST and _deviation(own, tagged) < LEAST:
            yield (
                f"The classifier does not recognise '{name}' on held-out photos (average precision "
                f"{average_precision(own, tagged):.0%}, {tagged.mean():.0%} by chance), so its "
                "maps and masks mean little. More photos of it, or a larger classify.size or "
                "classify.epochs, may help."
            )


def _deviation(scores: np.ndarray, tagged: np.ndarray) -> float:
    """Return by how many standard deviations the rank sum of the tagged photos is above chance."""
    ours, others = int(tagged.sum()), int((~tagged).sum())
    expected = ours * (ours + others + 1) / 2
    spread = (ours * others * (ours + others + 1) / 12) ** 0.5
    return float((rankdata(scores)[tagged].sum() - expected) / spread)
