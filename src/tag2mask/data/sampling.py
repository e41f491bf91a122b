"""Sample the photos of each epoch, and group them into batches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tag2mask.data.dataset import Photo
from tag2mask.data.transforms import generator

SHARE, REPEATS = 1 / 3, 4
"""Share of an epoch for photos with complete masks, and the maximum number of repeats of such a
photo, which limits the share if there are few."""


def often_seen(photos: Sequence[Photo]) -> frozenset[int]:
    """Return the indices of the photos whose given masks are nearly complete.

    Empty if all photos have one, as weighting is pointless then.
    """
    whole = frozenset(
        index for index, photo in enumerate(photos)
        if photo.annotation is not None and photo.annotation.nearly_complete
    )
    return whole if len(whole) < len(photos) else frozenset()


@dataclass(frozen=True, kw_only=True)
class EpochSampler:
    """Samples every tagged photo once per epoch, and at most as many photos without tags.

    In data sets of defects and rare objects most photos have no tag, and further ones contribute
    little; each epoch draws a different subset of them.

    Args:
        photos: photos to sample from.
        batch_size: maximum number of photos in a batch; batches of an epoch differ in size by at
            most one photo.
        key: seed of the order, together with the epoch.
        often: indices of photos that are repeated within an epoch, in place of others, which are
            redrawn each epoch; see `REPEATS`.
    """

    photos: Sequence[Photo]
    batch_size: int
    key: tuple[int | str, ...]
    often: frozenset[int] = frozenset()

    @property
    def steps(self) -> int:
        """Number of batches in an epoch."""
        return -(-sum(self._counts()) // self.batch_size)

    def batches(self, epoch: int) -> list[np.ndarray]:
        """Return the indices of each batch, in a random order seeded by key and epoch."""
        rng = generator(*self.key, epoch)
        if self.often:
            return np.array_split(self._with_repeats(rng), self.steps)
        has_tag = np.array([bool(photo.tags) for photo in self.photos])
        drawn = [
            rng.permutation(np.flatnonzero(has_tag == group))[:count]
            for group, count in zip((True, False), self._counts(), strict=True)
        ]
        return np.array_split(rng.permutation(np.concatenate(drawn)), self.steps)

    def _with_repeats(self, rng: np.random.Generator) -> np.ndarray:
        """Draw an epoch of the usual length with repeated photos."""
        total = sum(self._counts())
        own = np.array(sorted(self.often))
        times = min(max(1, round(SHARE * total / len(own))), REPEATS)
        repeated = np.tile(own, times)[:total]
        others = np.setdiff1d(np.arange(len(self.photos)), own)
        has_tag = np.array([bool(photo.tags) for photo in self.photos])
        tagged, untagged = (rng.permutation(others[has_tag[others] == group])
                            for group in (True, False))
        rest = np.concatenate([tagged, untagged[: max(len(tagged), 1)]])
        drawn = np.concatenate([repeated, rng.permutation(rest)[: total - len(repeated)]])
        return rng.permutation(drawn)

    def _counts(self) -> tuple[int, int]:
        tagged = sum(bool(photo.tags) for photo in self.photos)
        untagged = len(self.photos) - tagged
        return tagged, min(untagged, tagged) if tagged else untagged
