"""Which photos an epoch sees, in which batches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tag2mask.data.dataset import Photo
from tag2mask.data.transforms import generator


@dataclass(frozen=True, kw_only=True)
class EpochSampler:
    """Every tagged photo once per epoch, and no more photos without a tag than with one.

    Of defects and rare finds most photos show nothing, and one more of them teaches little; each
    epoch draws others.

    Args:
        photos: to choose from.
        batch_size: most photos in a batch; the batches of an epoch are of one size, give or take
            one photo.
        key: what the order depends on, besides the epoch.
    """

    photos: Sequence[Photo]
    batch_size: int
    key: tuple[int | str, ...]

    @property
    def steps(self) -> int:
        """Batches in an epoch."""
        return -(-sum(self._counts()) // self.batch_size)

    def batches(self, epoch: int) -> list[np.ndarray]:
        """Return the indices of each batch, in an order drawn from key and epoch."""
        rng = generator(*self.key, epoch)
        has_tag = np.array([bool(photo.tags) for photo in self.photos])
        drawn = [
            rng.permutation(np.flatnonzero(has_tag == group))[:count]
            for group, count in zip((True, False), self._counts(), strict=True)
        ]
        return np.array_split(rng.permutation(np.concatenate(drawn)), self.steps)

    def _counts(self) -> tuple[int, int]:
        tagged = sum(bool(photo.tags) for photo in self.photos)
        untagged = len(self.photos) - tagged
        return tagged, min(untagged, tagged) if tagged else untagged
