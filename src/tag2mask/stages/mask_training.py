"""The training of a segmentation network on pseudo masks: batches, loss and score."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

from tag2mask.classification import Classifier
from tag2mask.contracts import IGNORE, InputError
from tag2mask.data.dataset import Photo
from tag2mask.evaluation.confusion import ConfusionMatrix
from tag2mask.segmentation import Segmenter
from tag2mask.segmentation.sec_loss import sec_loss
from tag2mask.stages.context import Context
from tag2mask.stages.masked_crops import MaskBatch, MaskedCrops, centres_of
from tag2mask.training.device import make_accelerator

JUDGES = 100
"""Photos that an epoch is judged by; more cost more than they tell."""


class MaskTraining:
    """What the training loop is given: batches, a loss, and a score."""

    def __init__(
        self, context: Context, network: Segmenter, photos: tuple[Photo, ...],
        device: torch.device, *, size: int, batch_size: int,
        mask_path: Callable[[Photo], Path] | None = None, loss: str = "cross_entropy",
    ) -> None:
        """Prepare the reading of photos and masks.

        Args:
            context: the run.
            network: what is trained, on `device`.
            photos: those with pseudo masks to learn from.
            device: where it is trained.
            size: side of the crops, in pixels; whole photos are read at 1.25 times that.
            batch_size: crops per step.
            mask_path: tells where a photo's mask is; the run's pseudo masks when left out.
            loss: one of `LOSSES`.
        """
        self._score, self._size = LOSSES[loss], size
        self._context, self._network = context, network
        self._photos, self._device = photos, device
        self._crops = MaskedCrops(
            context, photos, network.encoder, mask_path or self._mask_path, size=size,
            batch_size=batch_size, name="segment",
        )
        self.sampler, self.batches = self._crops.sampler, self._crops.batches
        self._num_labels = len(context.dataset.classes) + 1

    def loss(self, batch: MaskBatch) -> Tensor:
        """Score every pixel that a pseudo mask decides."""
        images = batch.images.to(self._device, memory_format=torch.channels_last)
        masks = batch.masks.to(self._device)
        graded = self._network.graded_logits(images)
        encoder, side = self._network.encoder, round(1.25 * self._size)
        mean, std = (torch.tensor(v, device=self._device).view(1, 3, 1, 1)
                     for v in (encoder.pixel_mean, encoder.pixel_std))
        seen = _Crops(masks=masks, pixels=images * std + mean, side=side)
        return torch.stack([weight * self._score(logits, seen) for logits, weight in graded]).sum()

    @torch.inference_mode()
    def evidence(self, classifier: Classifier) -> Iterator[tuple[Tensor, Tensor]]:
        """Give class evidence and pseudo masks of some training photos, cell by cell."""
        photos = self._photos[:: -(-len(self._photos) // JUDGES)]
        for batch in self._crops.whole(photos):
            found = classifier.evidence(batch.to_images(self._network.encoder, self._device)).cpu()
            size = (found.shape[2], found.shape[3])
            cells = np.stack([self._crops.mask(photos[index], size) for index in batch.indices])
            yield found.clone(), torch.from_numpy(cells)

    @torch.inference_mode()
    def agreement(self, photos: tuple[Photo, ...]) -> float:
        """Return the mIoU of the network with the pseudo masks, where these decide."""
        confusion = ConfusionMatrix(self._num_labels)
        autocast = make_accelerator(self._context.device).autocast
        for batch in self._crops.whole(photos):
            with autocast():
                logits = self._network(batch.to_images(self._network.encoder, self._device))
            found = logits.argmax(1).to(torch.uint8).cpu().numpy()
            for index, labels in zip(batch.indices, found, strict=True):
                size = (labels.shape[0], labels.shape[1])
                confusion.add(self._crops.mask(photos[index], size), labels)
        return confusion.miou()

    def _mask_path(self, photo: Photo) -> Path:
        path = self._context.run.mask_file(photo.name)
        if not path.exists():
            raise InputError(f"{path} is missing; run `tag2mask label {self._context.run.root}`.")
        return path


@dataclass(frozen=True)
class _Crops:
    """What a loss may look at.

    Attributes:
        masks: (B, H, W) int64, labels and 255.
        pixels: (B, 3, H, W) in 0..255.
        side: long side of the whole photos, in pixels of the crops.
    """

    masks: Tensor
    pixels: Tensor
    side: int


def _pixel_loss(logits: Tensor, seen: _Crops) -> Tensor:
    """Score logits (B, K + 1, h, w) at their own resolution, a quarter of the work or less."""
    centres, logits = _matched(logits, seen.masks)
    total = F.cross_entropy(logits.float(), centres, ignore_index=IGNORE, reduction="sum")
    return total / (centres != IGNORE).sum().clamp_min(1)


def _sec(logits: Tensor, seen: _Crops) -> Tensor:
    """Take what masks decide as seeds."""
    centres, logits = _matched(logits, seen.masks)
    pixels = F.interpolate(seen.pixels, logits.shape[2:], mode="area")
    side = round(seen.side * logits.shape[3] / seen.masks.shape[2])
    return sec_loss(logits, centres, pixels, side=side)


def _matched(logits: Tensor, masks: Tensor) -> tuple[Tensor, Tensor]:
    """Give the labels at the middle of the logits' cells, and the logits of those."""
    centres = centres_of(masks, (logits.shape[2], logits.shape[3]))
    return centres, logits[..., : centres.shape[-2], : centres.shape[-1]]


LOSSES: dict[str, Callable[[Tensor, _Crops], Tensor]] = {
    "cross_entropy": _pixel_loss, "sec": _sec,
}
"""What `segment.loss` takes."""
