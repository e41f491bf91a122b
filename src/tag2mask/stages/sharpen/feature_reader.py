"""Read features of photos by the backbone of a run as it was before training on the tags."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

from tag2mask.core.processes import interleaved
from tag2mask.core.progress import Bar
from tag2mask.data.batches import sized_batches
from tag2mask.data.dataset import Photo
from tag2mask.models.backbones.reading import for_reading
from tag2mask.run_folder.context import Context
from tag2mask.strategies.loading import load_classifier, load_untrained_backbone

_SIDE, _CELL = 320, 10
"""Long side of the photos, and side of the cells that are compared, in pixels."""

_BATCH = 16

Take = Callable[[list[Tensor], tuple[int, int]], Tensor]
"""Reduces the features of images, at all strides, and their height and width to what is kept."""


class FeatureReader:
    """Reads photos with a long side of 320 pixels.

    Attributes:
        strides: of the features of the backbone.
    """

    def __init__(self, context: Context, device: torch.device, *, photos: int) -> None:
        """Load the backbone.

        Args:
            context: the run.
            device: the device to compute on.
            photos: number of photos that will be read.
        """
        classifier = load_classifier(context.run.root, device=device)
        untrained = load_untrained_backbone(classifier.spec)
        backbone = classifier.backbone if untrained is None else untrained.to(device)
        self._context, self._device = context, device
        self._backbone = for_reading(backbone, pixels=photos * _SIDE**2)
        self.strides = self._backbone.strides

    def stage(self, name: str, photos: Sequence[Photo]) -> AbstractContextManager[Bar]:
        """Open the progress bar of a pass; its end waits for the other processes."""
        return self._context.progress.stage(name, total=len(photos), shared=True)

    @torch.inference_mode()
    def read(
        self, photos: Sequence[Photo], take: Take, bar: Bar
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Read the photos of this process; those of the same size are grouped.

        Args:
            photos: in any order.
            take: reduces the features of a batch to one row per photo.
            bar: progress of the pass.

        Yields:
            what is kept of a batch, (B, ...) float32, and the places of its photos (B,).
        """
        for batch in sized_batches(
            photos, long_side=_SIDE, batch_size=_BATCH, workers=self._context.workers, shared=True
        ):
            images = batch.to_images(self._backbone, self._device)
            size = images.shape[2], images.shape[3]
            yield take(self._backbone(images), size).float().cpu().numpy(), batch.indices
            bar.advance(len(batch.indices))


def looks(
    context: Context, photos: Sequence[Photo], device: torch.device,
    which: Callable[[Sequence[int]], int], *, name: str = "threshold",
) -> Iterator[tuple[Photo, np.ndarray]]:
    """Read one feature of photos, averaged over coarse cells, in all processes.

    Args:
        context: the run.
        photos: in any order.
        device: the device to compute on.
        which: selects the index of the feature, given the strides of all.
        name: name of the progress bar.

    Yields:
        each photo, and the feature of its cells, (a, b, C) float32.
    """
    reader = FeatureReader(context, device, photos=len(photos))
    index = which(reader.strides)

    def pooled(features: list[Tensor], size: tuple[int, int]) -> Tensor:
        cells = -(-size[0] // _CELL), -(-size[1] // _CELL)
        return F.adaptive_avg_pool2d(features[index].float(), cells).permute(0, 2, 3, 1)

    with reader.stage(name, photos) as bar:
        for rows, places in interleaved(reader.read(photos, pooled, bar)):
            for row, place in zip(rows, places, strict=True):
                yield photos[place], row


def coarse_feature(strides: Sequence[int]) -> int:
    """Return the index of the feature that shows whole objects, the second-to-last."""
    return len(strides) - 2
