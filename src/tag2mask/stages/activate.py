"""Read one activation map per tag out of the classifier."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from tag2mask.activation import METHODS, activate
from tag2mask.classification.classifier import Classifier
from tag2mask.data.artifacts import write_planes
from tag2mask.data.dataset import Photo
from tag2mask.stages.context import Context, Record
from tag2mask.stages.photos import SizedBatch, sized_batches
from tag2mask.strategies.loading import load_classifier
from tag2mask.training.device import make_accelerator


@dataclass(frozen=True, kw_only=True)
class ActivateConfig:
    """How maps are read."""

    method: str = "cam"
    """Which reading of the classifier."""
    scales: tuple[float, ...] = (1.0, 1.5, 2.0)
    """Sizes of the photo whose maps are averaged; 1 is 1.25 times the training crop."""
    flip: bool = True
    """Average with the maps of the mirror image."""
    output_stride: int = 0
    """Pixels per cell of the feature that is read; the weights fit all. 0 is that of training."""
    batch_size: int = 8
    """Photos of one size per forward pass."""

    def __post_init__(self) -> None:
        """Refuse what cannot be read."""
        if self.method not in METHODS:
            raise ValueError(f"method must be one of {', '.join(METHODS)}")
        if self.output_stride not in (0, 4, 8, 16, 32):
            raise ValueError("output_stride must be 0, 4, 8, 16 or 32")
        if not self.scales or min(self.scales) <= 0:
            raise ValueError("scales must be one or more numbers over 0")


def activate_photos(context: Context, config: ActivateConfig, record: Record) -> None:
    """Write `maps/<photo>.npz` for every photo that has a tag and no maps yet."""
    accelerator = make_accelerator(context.device)
    classifier = load_classifier(
        context.run.root, device=accelerator.device, output_stride=config.output_stride
    )
    tagged = [photo for photo in context.dataset.photos if photo.tags]
    todo = [photo for photo in tagged if not context.run.map_file(photo.name).exists()]
    with context.progress.stage(
        "activate", total=len(tagged), done=len(tagged) - len(todo)
    ) as bar:
        for batch in sized_batches(
            todo, long_side=classifier.spec.long_side, batch_size=config.batch_size,
            workers=context.workers,
        ):
            with accelerator.autocast():
                _read_batch(context, config, classifier, todo, batch, accelerator.device)
            bar.advance(len(batch.indices))
    record.about |= {"scales": list(config.scales), "flip": config.flip,
                     "method": config.method, "pretraining": classifier.spec.pretraining}


def _read_batch(
    context: Context, config: ActivateConfig, classifier: Classifier, photos: list[Photo],
    batch: SizedBatch, device: torch.device,
) -> None:
    images = batch.to_images(classifier.backbone, device)
    maps = activate(
        classifier, images, method=config.method, scales=config.scales, flip=config.flip
    )
    for row, index in zip(maps.float().cpu().numpy(), batch.indices, strict=True):
        tags = np.array(photos[index].tags)
        write_planes(context.run.map_file(photos[index].name), row[tags], tags)
