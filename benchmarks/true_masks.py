"""Photos that can be scored, and their true masks; used by the benchmarks of a run."""

from __future__ import annotations

import numpy as np

from tag2mask.data.dataset import Dataset, Photo
from tag2mask.data.masks import load_mask


def scorable(dataset: Dataset, split: str = "train") -> list[Photo]:
    """Return the photos of a split that have a tag and a mask."""
    return [photo for photo in dataset.split(split) if photo.mask and photo.tags]


def true_mask(
    photo: Photo, dataset: Dataset, *, size: tuple[int, int] | None = None
) -> np.ndarray:
    """Return the true mask of a photo of a data set, (H, W) uint8; it must have a `size` given."""
    assert photo.mask is not None, "only photos with masks are scored"
    return load_mask(photo.mask, size=size, num_labels=len(dataset.classes) + 1)
