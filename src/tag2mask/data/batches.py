"""Run whole photos through a network: batches of one size, read ahead in threads."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from tag2mask.core.contracts import Backbone
from tag2mask.core.device import moved
from tag2mask.core.processes import own
from tag2mask.data.dataset import Photo
from tag2mask.data.loading import read_ahead
from tag2mask.data.photos import load_photo, photo_size
from tag2mask.data.transforms import fit_within, resize, scale_to, to_images


@dataclass(frozen=True)
class SizedBatch:
    """Photos of one working size.

    Attributes:
        indices: positions of the photos in the input sequence.
        photos: each (h, w, 3) uint8 at the working size.
    """

    indices: np.ndarray
    photos: list[np.ndarray]

    def to_images(self, backbone: Backbone, device: torch.device) -> Tensor:
        """Normalise for `backbone` and move to `device`: (B, 3, h, w), channels-last."""
        images = to_images(self.photos, backbone.pixel_mean, backbone.pixel_std)
        return moved(images, device, channels_last=True)


def thinned(photos: Sequence[Photo], most: int) -> Sequence[Photo]:
    """Return evenly spaced photos, at most `most` of them."""
    return photos[:: -(-len(photos) // most)] if photos else photos


def load_fitted(photo: Photo, long_side: int) -> np.ndarray:
    """Read a photo and shrink it to a maximum long side: (h, w, 3) uint8; never enlarged."""
    pixels = load_photo(photo.path, max_side=2 * long_side, depth=photo.depth)
    return resize(pixels, fit_within((pixels.shape[0], pixels.shape[1]), long_side))


def sized_batches(
    photos: Sequence[Photo], *, long_side: int, batch_size: int, workers: int,
    read: Callable[[Path], np.ndarray] | None = None, shared: bool = False,
) -> Iterator[SizedBatch]:
    """Yield all photos in batches of one working size, read ahead of their use.

    Args:
        photos: in any order.
        long_side: maximum long side of a photo at the working size.
        batch_size: maximum number of photos per batch.
        workers: number of threads that read.
        read: function that reads a photo from its path; by default the file is decoded.
        shared: whether all processes share the batches; the batches are the same for any number of
            processes, and so are the results of a network.
    """
    groups: dict[tuple[int, int], list[int]] = defaultdict(list)
    for index, photo in enumerate(photos):
        groups[scale_to(photo_size(photo.path), long_side)].append(index)
    chunks = [
        (size, members[start : start + batch_size])
        for size, members in groups.items()
        for start in range(0, len(members), batch_size)
    ]

    def load(chunk: tuple[tuple[int, int], list[int]]) -> SizedBatch:
        size, members = chunk
        opened = [
            read(photo.path) if read
            else load_photo(photo.path, max_side=2 * long_side, depth=photo.depth)
            for photo in (photos[i] for i in members)
        ]
        return SizedBatch(np.array(members), [resize(photo, size) for photo in opened])

    read_here = own(chunks) if shared else chunks
    return read_ahead(load, read_here, workers=workers, ahead=2 * max(workers, 1))
