"""Read one activation map per tag out of the classifier."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from tag2mask.activation import activate, find_method
from tag2mask.classification.classifier import Classifier
from tag2mask.contracts import InputError
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
    """Which reading of the classifier: cam, grad_cam, grad_cam_pp, layer_cam, hires_cam,
    xgrad_cam, eigen_cam, score_cam, ablation_cam, attention, attention_rollout or
    gradient_attention."""
    layers: tuple[str, ...] = ()
    """Names of the layers that are read, as in backbone.blocks.10; of several the mean is taken.
    The last feature where none is given; cam reads no other."""
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
        try:
            find_method(self.method)
        except InputError as error:
            raise ValueError(f"method: {error}") from error
        if self.output_stride not in (0, 4, 8, 16, 32):
            raise ValueError("output_stride must be 0, 4, 8, 16 or 32")
        if not self.scales or min(self.scales) <= 0:
            raise ValueError("scales must be one or more numbers over 0")
        if self.batch_size < 1:
            raise ValueError("batch_size must be 1 or more")


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
            photos = [todo[index] for index in batch.indices]
            with accelerator.autocast():
                maps = _read_batch(config, classifier, photos, batch, accelerator.device)
            for photo, planes in zip(photos, maps, strict=True):
                tags = np.array(photo.tags)
                write_planes(context.run.map_file(photo.name), planes[: len(tags)], tags)
            bar.advance(len(photos))
    record.about |= {"scales": list(config.scales), "flip": config.flip,
                     "method": config.method, "pretraining": classifier.spec.pretraining}
    if config.layers:
        record.about["layers"] = list(config.layers)


def _read_batch(
    config: ActivateConfig, classifier: Classifier, photos: list[Photo], batch: SizedBatch,
    device: torch.device,
) -> np.ndarray:
    """Give (B, k, h, w), the maps of each photo's own tags first in its row."""
    most = max(len(photo.tags) for photo in photos)
    classes = [(photo.tags * most)[:most] for photo in photos]  # rows of one length
    maps = activate(
        classifier, batch.to_images(classifier.backbone, device), method=config.method,
        layer=config.layers, classes=classes, scales=config.scales, flip=config.flip,
    )
    planes: np.ndarray = maps.float().cpu().numpy()
    return planes
