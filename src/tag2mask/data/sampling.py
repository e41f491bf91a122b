"""Which photos an epoch sees, in which batches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tag2mask.data.dataset import Photo
from tag2mask.data.transforms import generator

SHARE, REPEATS = 1 / 3, 4
"""Photos with complete masks make up that share of an epoch, unless they are so few that each would
be seen more often than that many times."""


def often_seen(photos: Sequence[Photo]) -> frozenset[int]:
    """Return the indices of the photos whose masks are given nearly whole.

    None where all photos have one: then nothing is to be weighed.
    """
    whole = frozenset(
        index for index, photo in enumerate(photos)
        if photo.annotation is not None and photo.annotation.nearly_complete
    )
    return whole if len(whole) < len(photos) else frozenset()


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
        often: indices of photos that are seen several times per epoch, in place of others, which
            are drawn anew each epoch; see `REPEATS`.
    """

    photos: Sequence[Photo]
    batch_size: int
    key: tuple[int | str, ...]
    often: frozenset[int] = frozenset()

    @property
    def steps(self) -> int:
        """Batches in an epoch."""
        return -(-sum(self._counts()) // self.batch_size)

    def batches(self, epoch: int) -> list[np.ndarray]:
        """Return the indices of each batch, in an order drawn from key and epoch."""
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
        """Draw an epoch of the usual length, in which some photos come several times."""
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
