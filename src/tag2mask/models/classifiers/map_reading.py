"""Maps of a batch of photos, for the tags of each photo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from tag2mask.data.batches import SizedBatch
from tag2mask.data.dataset import Photo
from tag2mask.maps import activate
from tag2mask.models.backbones.reading import for_reading
from tag2mask.models.classifiers import Classifier
from tag2mask.models.classifiers.borrowed_likeness import BorrowedLikeness, beside


@dataclass(frozen=True)
class Lender:
    """Classifier that compares the cells of whole photos, for one that reads erased photos."""

    classifier: Classifier
    batch: SizedBatch
    """The unchanged photos."""


def faster_reader(
    classifier: Classifier, *, pixels: float, runtime: str = "auto"
) -> Classifier:
    """Return a classifier with the same features and head that is faster to read.

    Args:
        classifier: in evaluation mode; its weights must not change afterwards.
        pixels: number of pixels of all images that will be read.
        runtime: see `for_reading`.

    Raises:
        InputError: see `for_reading`.
    """
    backbone = for_reading(classifier.backbone, pixels=pixels, runtime=runtime)
    if backbone is classifier.backbone:
        return classifier
    return Classifier(backbone, classifier.head, classifier.spec).eval()


def read_maps(
    classifier: Classifier, photos: Sequence[Photo], batch: SizedBatch, device: torch.device, *,
    method: str = "cam", layers: tuple[str, ...] = (), scales: Sequence[float] = (1.0,),
    flip: bool = False, lender: Lender | None = None,
) -> np.ndarray:
    """Compute the maps of photos that each have at least one tag.

    Args:
        classifier: on `device`, in evaluation mode.
        photos: photos of the batch.
        batch: pixels of the photos.
        device: device to compute on.
        method: map method; see `activation.METHODS`.
        layers: layers to read; the last feature if empty.
        scales: relative image sizes whose maps are averaged.
        flip: average with the maps of the mirrored images.
        lender: compares cells on the whole photos, if those of `batch` have erased parts.

    Returns:
        (B, k, h, w) in [0, 1]; the maps of each photo's own tags are first in its row.
    """
    most = max(len(photo.tags) for photo in photos)
    classes = [(photo.tags * most)[:most] for photo in photos]  # rows of one length
    model: nn.Module = classifier
    images = batch.to_images(classifier.backbone, device)
    if lender:
        whole = lender.batch.to_images(classifier.backbone, device)
        images, model = beside(images, whole), BorrowedLikeness(classifier, lender.classifier)
    maps = activate(
        model, images, method=method, layer=layers, classes=classes, scales=scales, flip=flip,
    )
    planes: np.ndarray = maps.float().cpu().numpy()
    return planes
