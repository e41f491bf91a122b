"""Seed labels from the confident pixels of a photo's maps, for learning affinities."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tag2mask.core.contracts import BACKGROUND, IGNORE
from tag2mask.crf.crf_inference import preset_kernels
from tag2mask.sharpening.dense_crf import dense_crf

FOREGROUND, SURROUNDINGS = 0.7, 1.5
"""Multiples of the chosen foreground fraction: up to the first, pixels are confident foreground;
beyond the second, confident background."""

_CERTAINTY = 0.7
"""Probability of a label before the CRF, as in IRNet's code."""


def confident_labels(
    photo: np.ndarray, ranks: np.ndarray, classes: Sequence[int], *, share: float
) -> np.ndarray:
    """Label confident foreground and background by two thresholds, each sharpened by a CRF.

    Ahn et al. (CVPR 2019), section 4.3: foreground by a high threshold, background by a low one,
    and 255 in between.

    Differs from the paper: the paper uses thresholds of .30 and .05 on the map values; here they
    are fractions of the pixels, around the foreground fraction that was chosen without masks.

    Args:
        photo: (h, w, 3) uint8.
        ranks: (k, h, w) map ranks in [0, 1].
        classes: (k,) 0-based.
        share: foreground fraction, from `choose_share`.

    Returns:
        (h, w) uint8: 0, class + 1, or 255.
    """
    winner, most = 1 + ranks.argmax(0), ranks.max(0)
    sure = _sharpened(photo, np.where(most > 1 - FOREGROUND * share, winner, 0), len(classes) + 1)
    wide = min(SURROUNDINGS * share, (1 + share) / 2)
    likely = _sharpened(photo, np.where(most > 1 - wide, winner, 0), len(classes) + 1)
    known = np.array([BACKGROUND, *(index + 1 for index in classes)], np.uint8)
    labels: np.ndarray = known[sure]
    labels[(sure == 0) & (likely > 0)] = IGNORE
    return labels


def _sharpened(photo: np.ndarray, labels: np.ndarray, count: int) -> np.ndarray:
    probs = np.full((count, *labels.shape), (1 - _CERTAINTY) / (count - 1), np.float32)
    np.put_along_axis(probs, labels[None], _CERTAINTY, 0)
    gaussian, bilateral = preset_kernels("irn", max(labels.shape))
    marginals = dense_crf(photo, probs, gaussian=gaussian, bilateral=bilateral)
    result: np.ndarray = marginals.argmax(0)
    return result
