"""The training of a segmentation network on pseudo masks: batches, loss and score."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

from tag2mask.classification import Classifier
from tag2mask.contracts import IGNORE, InputError
from tag2mask.data.dataset import Photo
from tag2mask.data.loading import PhotoCache, read_ahead
from tag2mask.data.masks import load_mask
from tag2mask.data.sampling import EpochSampler
from tag2mask.data.transforms import RandomCrop, fit_within, generator, resize, to_images
from tag2mask.evaluation.confusion import ConfusionMatrix
from tag2mask.segmentation import Segmenter
from tag2mask.stages.context import Context
from tag2mask.stages.photos import SizedBatch, sized_batches
from tag2mask.training.device import make_accelerator

JUDGES = 100
"""Photos that an epoch is judged by; more cost more than they tell."""


@dataclass(frozen=True)
class MaskBatch:
    """Crops and what their pixels are.

    Attributes:
        images: (B, 3, size, size), normalised.
        masks: (B, size, size) int64, labels and 255.
    """

    images: Tensor
    masks: Tensor


class MaskTraining:
    """What the training loop is given: batches, a loss, and a score."""

    def __init__(
        self, context: Context, network: Segmenter, photos: tuple[Photo, ...],
        device: torch.device, *, size: int, batch_size: int,
    ) -> None:
        """Prepare the reading of photos and masks.

        Args:
            context: the run.
            network: what is trained, on `device`.
            photos: those with pseudo masks to learn from.
            device: where it is trained.
            size: side of the crops, in pixels; whole photos are read at 1.25 times that.
            batch_size: crops per step.
        """
        self._context, self._network, self._size = context, network, size
        self._photos, self._device = photos, device
        self.sampler = EpochSampler(
            photos=photos, batch_size=batch_size, key=(context.seed, "segment")
        )
        self._cache = PhotoCache(max_side=2 * size)
        self._masks = PhotoCache(max_side=2 * size, megabytes=128, read=self._read_mask)
        self._crop = RandomCrop(size=size)
        self._num_labels = len(context.dataset.classes) + 1

    def batches(self, epoch: int) -> Iterator[MaskBatch]:
        """Give the training photos of an epoch, read and cropped ahead of their turn."""
        workers = self._context.workers
        return read_ahead(
            partial(self._batch, epoch), self.sampler.batches(epoch),
            workers=workers, ahead=2 * workers,
        )

    def loss(self, batch: MaskBatch) -> Tensor:
        """Score every pixel that a pseudo mask decides."""
        images = batch.images.to(self._device, memory_format=torch.channels_last)
        masks = batch.masks.to(self._device)
        graded = self._network.graded_logits(images)
        return torch.stack([weight * _pixel_loss(logits, masks) for logits, weight in graded]).sum()

    @torch.inference_mode()
    def evidence(self, classifier: Classifier) -> Iterator[tuple[Tensor, Tensor]]:
        """Give class evidence and pseudo masks of some training photos, cell by cell."""
        photos = self._photos[:: -(-len(self._photos) // JUDGES)]
        for batch in self._whole(photos):
            found = classifier.evidence(batch.to_images(self._network.encoder, self._device)).cpu()
            size = (found.shape[2], found.shape[3])
            masks = [self._masks(self._mask_path(photos[index])) for index in batch.indices]
            cells = np.stack([resize(mask, size, nearest=True) for mask in masks])
            yield found.clone(), torch.from_numpy(cells)

    @torch.inference_mode()
    def agreement(self, photos: tuple[Photo, ...]) -> float:
        """Return the mIoU of the network with the pseudo masks, where these decide."""
        confusion = ConfusionMatrix(self._num_labels)
        autocast = make_accelerator(self._context.device).autocast
        for batch in self._whole(photos):
            with autocast():
                logits = self._network(batch.to_images(self._network.encoder, self._device))
            found = logits.argmax(1).to(torch.uint8).cpu().numpy()
            for index, labels in zip(batch.indices, found, strict=True):
                mask = self._masks(self._mask_path(photos[index]))
                size = (labels.shape[0], labels.shape[1])
                confusion.add(resize(mask, size, nearest=True), labels)
        return confusion.miou()

    def _whole(self, photos: tuple[Photo, ...]) -> Iterator[SizedBatch]:
        return sized_batches(
            photos, long_side=round(1.25 * self._size), batch_size=8,
            workers=self._context.workers, read=self._cache,
        )

    def _batch(self, epoch: int, indices: np.ndarray) -> MaskBatch:
        rng = generator(self._context.seed, "crops", epoch, *map(int, indices))
        pairs = [
            self._crop(self._cache(photo.path), rng, self._masks(self._mask_path(photo)))
            for photo in (self._photos[i] for i in indices)
        ]
        encoder = self._network.encoder
        images = to_images([crop for crop, _ in pairs], encoder.pixel_mean, encoder.pixel_std)
        masks = torch.from_numpy(np.stack([mask for _, mask in pairs if mask is not None]))
        return MaskBatch(images, masks.long())

    def _mask_path(self, photo: Photo) -> Path:
        path = self._context.run.mask_file(photo.name)
        if not path.exists():
            raise InputError(f"{path} is missing; run `tag2mask label {self._context.run.root}`.")
        return path

    def _read_mask(self, path: Path) -> np.ndarray:
        mask = load_mask(path, size=None, num_labels=self._num_labels)
        size = fit_within((mask.shape[0], mask.shape[1]), 2 * self._size)
        return resize(mask, size, nearest=True)


def _pixel_loss(logits: Tensor, masks: Tensor) -> Tensor:
    """Score logits (B, K + 1, h, w) at their own resolution, a quarter of the work or less."""
    stride = round(masks.shape[-1] / logits.shape[-1])
    centres = masks[:, stride // 2 :: stride, stride // 2 :: stride]
    centres = centres[:, : logits.shape[-2], : logits.shape[-1]]
    logits = logits[..., : centres.shape[-2], : centres.shape[-1]]
    total = F.cross_entropy(logits.float(), centres, ignore_index=IGNORE, reduction="sum")
    return total / (centres != IGNORE).sum().clamp_min(1)
