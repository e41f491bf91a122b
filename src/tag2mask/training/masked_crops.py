"""Photos with masks: crops for training, whole photos for validation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from tag2mask.core.contracts import Backbone
from tag2mask.core.processes.batch_share import BatchShare
from tag2mask.data.batches import SizedBatch, sized_batches
from tag2mask.data.dataset import Photo
from tag2mask.data.loading import PhotoCache, read_ahead
from tag2mask.data.masks import load_mask
from tag2mask.data.reading_rules import depth_of
from tag2mask.data.sampling import EpochSampler, often_seen
from tag2mask.data.transforms import RandomCrop, fit_within, generator, resize, to_images
from tag2mask.run_folder.context import Context


@dataclass(frozen=True)
class MaskBatch:
    """Crops with their masks.

    Attributes:
        images: (B, 3, size, size), normalised.
        masks: (B, size, size) int64, labels and 255.
        indices: (B,) indices of their photos.
        share: the photos of the batch that these are, if several processes train.
        weights: (B, size, size) float32 in 0..1, of the pixels in the loss; None for equal weights.
        whole: all crops of the process, if these are a part of them.
    """

    images: Tensor
    masks: Tensor
    indices: np.ndarray
    share: BatchShare | None = None
    weights: Tensor | None = None
    whole: MaskBatch | None = None

    def parts(self, at_once: int) -> list[MaskBatch]:
        """Divide the crops into parts of at most `at_once`; 0 for a single part."""
        share = self.share or BatchShare.of(len(self.images))
        parts = share.parts(at_once)
        return [self] if len(parts) == 1 else [self._part(part) for part in parts]

    def _part(self, part: BatchShare) -> MaskBatch:
        rows = part.rows_within
        return MaskBatch(
            self.images[rows], self.masks[rows], self.indices[rows], part,
            None if self.weights is None else self.weights[rows], whole=self,
        )


class MaskedCrops:
    """Reads photos and masks, caches the decoded files, and crops both identically."""

    def __init__(
        self, context: Context, photos: Sequence[Photo], backbone: Backbone,
        mask_path: Callable[[Photo], Path], *, size: int, batch_size: int, name: str,
        weights: Callable[[Photo, np.ndarray], np.ndarray] | None = None,
    ) -> None:
        """Prepare the reading.

        Args:
            context: the run.
            photos: the training photos.
            backbone: backbone whose normalisation is applied to the images.
            mask_path: returns the file of a photo's mask.
            size: side of the crops, in pixels; whole photos are read at 1.25 times that.
            batch_size: crops per step.
            name: name of the training, which seeds its random choices.
            weights: returns the weights of a photo's pixels, uint8, given its mask; None for equal
                weights.
        """
        self._context, self._photos, self._backbone = context, photos, backbone
        self._mask_path, self._size, self._name = mask_path, size, name
        self._weights = weights
        self.sampler = EpochSampler(
            photos=photos, batch_size=batch_size, key=(context.seed, name),
            often=often_seen(photos),
        )
        self._cache = PhotoCache(max_side=2 * size, depth=depth_of(context.dataset))
        self._masks = PhotoCache(max_side=2 * size, megabytes=128, read=self._read_mask)
        self._crop = RandomCrop(size=size)
        self._num_labels = len(context.dataset.classes) + 1

    def batches(self, epoch: int) -> Iterator[MaskBatch]:
        """Yield the photos of an epoch, read and cropped in advance."""
        workers = self._context.workers
        return read_ahead(
            partial(self._batch, epoch), self.sampler.batches(epoch),
            workers=workers, ahead=2 * workers,
        )

    def whole(self, photos: Sequence[Photo], *, shared: bool = False) -> Iterator[SizedBatch]:
        """Yield whole photos in batches of one size; with `shared`, those of this process."""
        return sized_batches(
            photos, long_side=round(1.25 * self._size), batch_size=8,
            workers=self._context.workers, read=self._cache, shared=shared,
        )

    def mask(self, photo: Photo, size: tuple[int, int]) -> np.ndarray:
        """Return a photo's mask at `size`: (h, w) uint8."""
        return resize(self._masks(self._mask_path(photo)), size, nearest=True)

    def labels(self, photo: Photo) -> list[int]:
        """Return the labels in a photo's mask, without 255."""
        mask = self._masks(self._mask_path(photo))
        return np.flatnonzero(np.bincount(mask.ravel())[: self._num_labels]).tolist()

    def _batch(self, epoch: int, indices: np.ndarray) -> MaskBatch:
        rng = generator(self._context.seed, "crops", epoch, *map(int, indices))
        share = BatchShare.of(len(indices))
        own, pairs = range(len(indices))[share.rows], []
        for place, photo in enumerate(self._photos[i] for i in indices):
            if place in own:
                pairs.append(self._crop(self._cache(photo.path), rng, self._weighted_mask(photo)))
            else:
                self._crop.skip(self._cache.size(photo.path), rng)
        images = to_images(
            [crop for crop, _ in pairs], self._backbone.pixel_mean, self._backbone.pixel_std
        )
        masks = torch.from_numpy(np.stack([mask for _, mask in pairs if mask is not None]))
        mine = indices[share.rows]
        if self._weights is None:
            return MaskBatch(images, masks.long(), mine, share)
        weights = masks[..., 1].float() / 255
        return MaskBatch(images, masks[..., 0].long(), mine, share, weights)

    def _weighted_mask(self, photo: Photo) -> np.ndarray:
        """Return a photo's mask (h, w), or mask and weights (h, w, 2)."""
        mask = self._masks(self._mask_path(photo))
        return mask if self._weights is None else np.dstack([mask, self._weights(photo, mask)])

    def _read_mask(self, path: Path) -> np.ndarray:
        mask = load_mask(path, size=None, num_labels=self._num_labels)
        size = fit_within((mask.shape[0], mask.shape[1]), 2 * self._size)
        return resize(mask, size, nearest=True)


def centres_of(masks: Tensor, size: tuple[int, int]) -> Tensor:
    """Return the labels at the centres of a network's cells: (B, H, W) to (B, *size) or less."""
    stride = round(masks.shape[-1] / size[1])
    centres = masks[:, stride // 2 :: stride, stride // 2 :: stride]
    return centres[:, : size[0], : size[1]]
