"""Thresholds on sharpened scores, used by `label` and `evaluate`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from tag2mask.core.processes import interleaved, own
from tag2mask.data.batches import thinned
from tag2mask.data.dataset import Photo
from tag2mask.pseudo_masks import Cut, over_background, quantiles, upscale
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.planes import read_planes

FACTORS = np.geomspace(0.4, 1.6, 49)
"""Multiples of the background score that an oracle may choose from."""

MOST = 4000
"""Number of photos, evenly spaced, that levels are found from: memory then stays constant, and the
standard error of a share is below 0.01."""

_COARSE = (48, 64)
_TIE = 1e-4
"""Relative difference below which multiples are considered equal up to rounding."""


def relative_scores(
    run: RunFolder, photo: Photo, size: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """Return the ratios of class scores to the background (k, *size), and the classes."""
    if not photo.tags:
        return np.zeros((0, *size), np.float32), np.zeros(0, np.int64)
    return _relative(run.sharp_file(photo.name), size)


class Levels:
    """Relation of multiples of the background score to the fraction of pixels exceeding them.

    A sharpening step changes the scale of scores (a CRF makes nearly all of them confident) and the
    fraction above the background; its useful output is the order of the pixels.
    """

    def __init__(self, photos: Iterable[Photo], score_file: Callable[[str], Path]) -> None:
        """Read the scores.

        Args:
            photos: those without a tag do not count.
            score_file: returns the file of a photo's scores, given its name.
        """
        values = [*interleaved(
            quantiles(_relative(score_file(photo.name), _COARSE)[0].max(0))
            for photo in own(thinned(_deciding(photos), MOST))
        )]
        self._values = np.sort(np.concatenate(values)) if values else np.ones(1)

    def above(self, share: float) -> float:
        """Return the multiple that `share` of the pixels exceed; tied pixels are all excluded."""
        return float(np.quantile(self._values, 1 - np.clip(share, 0, 1))) * (1 + _TIE)

    def share(self, multiple: float) -> float:
        """Return the fraction of pixels that exceed a multiple."""
        return float((self._values > multiple).mean())

    def cut(self, multiple: float, band: float) -> Cut:
        """Return the thresholds at a multiple, with the least confident pixels undecided.

        Args:
            multiple: multiple of the background score.
            band: undecided pixels on either side, as a fraction of the foreground, or of the
                background where that is smaller.
        """
        share = self.share(multiple)
        width = band * min(share, 1 - share)
        below, above = self.above(share + width), self.above(share - width) * (1 - 2 * _TIE)
        # If many pixels are equally confident, the level of a fraction may be beyond the multiple.
        return Cut(multiple, min(below, multiple), max(above, multiple))


def _deciding(photos: Iterable[Photo]) -> list[Photo]:
    """Return the photos whose scores determine a level.

    Photos with complete masks have nothing to decide, and boxes set their own level; both are used
    only if there are no other photos.
    """
    tagged = [photo for photo in photos if photo.tags]
    free = [p for p in tagged
            if not (p.annotation and (p.annotation.complete or p.annotation.boxes))]
    return free or tagged


def foreground_share(photos: Iterable[Photo], score_file: Callable[[str], Path]) -> float:
    """Return the fraction of pixels of tagged photos that score above the background.

    Args:
        photos: those without a tag do not count.
        score_file: returns the file of a photo's scores, given its name.
    """
    shares = [*interleaved(
        float((_relative(score_file(photo.name), _COARSE)[0].max(0) > 1).mean())
        for photo in own([photo for photo in photos if photo.tags])
    )]
    return float(np.clip(np.mean(shares), 1e-3, 1 - 1e-3)) if shares else 0.5


def _relative(path: Path, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    scores, classes = read_planes(path)
    return over_background(upscale(scores, size)), classes
