"""What a photo's maps are sure of: labels to learn affinities from."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tag2mask.core.contracts import BACKGROUND, IGNORE
from tag2mask.crf.crf_inference import preset_kernels
from tag2mask.sharpening.dense_crf import dense_crf

FOREGROUND, SURROUNDINGS = 0.7, 1.5
"""Of the share of foreground that was chosen: what counts as foreground for sure, and beyond what
the background begins."""

_CERTAINTY = 0.7
"""Of a label before the CRF, as in IRNet's code."""


def confident_labels(
    photo: np.ndarray, ranks: np.ndarray, classes: Sequence[int], *, share: float
) -> np.ndarray:
    """Label what is foreground or background under two thresholds, each sharpened by a CRF.

    Ahn et al. (CVPR 2019), section 4.3: foreground is what a high threshold calls so, background
    what a low one does, and between them nothing is said.

    Differs from the paper: thresholds of .30 and .05 on the maps' values there are shares of the
    pixels here, around the one that was chosen without masks.

    Args:
        photo: (h, w, 3) uint8.
        ranks: (k, h, w) map ranks in [0, 1].
        classes: (k,) 0-based.
        share: of foreground, from `choose_share`.

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
