"""Weights of the pixels in the loss of the network: annotated ones 1, others by confidence."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, lru_cache

import numpy as np

from tag2mask.core.contracts import BACKGROUND
from tag2mask.core.json_records import need_record
from tag2mask.data.annotations import load_constraint
from tag2mask.data.dataset import Photo
from tag2mask.data.transforms import fit_within, resize
from tag2mask.pseudo_masks import MapRanks, upscale
from tag2mask.run_folder.context import Context
from tag2mask.run_folder.planes import read_planes
from tag2mask.run_folder.records import BackgroundChoice

LEAST = 0.5
"""Weight of a pixel whose map is at the threshold between foreground and background."""

_CELLS = 64
"""Cells along the long side of a photo; enough for weights, and little memory for many photos."""


class PixelWeights:
    """Weights of the pixels of pseudo masks, for data sets with annotations.

    An annotated pixel has the weight 1. Any other pixel of a photo with tags has a weight from
    `LEAST` to 1, the higher the further the rank of its map is from the threshold, on the side of
    its label. Photos without tags are background by their tags, so their pixels have the weight 1.
    """

    def __init__(self, context: Context, photos: Sequence[Photo]) -> None:
        """Find the annotated photos; maps are read when the first weight is needed.

        Args:
            context: the run.
            photos: the training photos.
        """
        self._context, self._photos = context, photos
        self._cells = lru_cache(maxsize=None)(self._coarse)

    @property
    def any(self) -> bool:
        """Whether any photo has a pixel with a certain label."""
        return any(photo.annotation and photo.annotation.certain for photo in self._photos)

    def __call__(self, photo: Photo, mask: np.ndarray) -> np.ndarray:
        """Return the weights of a photo times 255: (h, w) uint8, the size of its mask."""
        known, sure = self._cells(photo)
        size = (mask.shape[0], mask.shape[1])
        thing = mask != BACKGROUND
        found = np.where(thing, resize(sure[1], size), resize(sure[0], size))
        return np.where(resize(known, size, nearest=True) > 0, np.uint8(255), found)

    def _coarse(self, photo: Photo) -> tuple[np.ndarray, np.ndarray]:
        """Return on a coarse grid where a label is certain, and the weights of both labels.

        Returns:
            (a, b) uint8, 255 at certain cells; (2, a, b) uint8, weights as background and as
            foreground.
        """
        if not photo.tags:
            return np.full((1, 1), 255, np.uint8), np.full((2, 1, 1), 255, np.uint8)
        maps, _ = read_planes(self._context.run.scored_file(photo.name))
        constraint = load_constraint(photo, len(self._context.dataset.classes) + 1)
        size = fit_within((maps.shape[1], maps.shape[2]) if constraint is None
                          else constraint.size, _CELLS)
        known = np.zeros(size, np.uint8) if constraint is None else \
            np.where(constraint.at(size).known, np.uint8(255), np.uint8(0))
        return known, confidence(upscale(self._ranks(maps), size).max(0), self._share)

    @cached_property
    def _ranks(self) -> MapRanks:
        run = self._context.run
        return MapRanks(read_planes(run.scored_file(photo.name))[0]
                        for photo in self._photos if photo.tags)

    @cached_property
    def _share(self) -> float:
        run = self._context.run
        fix = f"delete {run.background.parent} and run `tag2mask sharpen {run.root}`"
        return need_record(run.background, BackgroundChoice, fix=fix).share


def confidence(ranks: np.ndarray, share: float) -> np.ndarray:
    """Return the weights of cells as background and as foreground, times 255: (2, a, b) uint8.

    Args:
        ranks: (a, b) in 0..1, the highest rank of any map.
        share: share of foreground.
    """
    level = 1 - share
    margins = np.stack([(level - ranks) / max(level, 1e-6), (ranks - level) / max(share, 1e-6)])
    weights = LEAST + (1 - LEAST) * np.clip(margins, 0, 1)
    result: np.ndarray = np.round(255 * weights).astype(np.uint8)
    return result
