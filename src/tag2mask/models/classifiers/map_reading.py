"""Maps of a batch of photos, each photo's own tags."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from tag2mask.data.batches import SizedBatch
from tag2mask.data.dataset import Photo
from tag2mask.maps import activate
from tag2mask.models.classifiers import Classifier
from tag2mask.models.classifiers.borrowed_likeness import BorrowedLikeness, beside


@dataclass(frozen=True)
class Lender:
    """Who compares the places of photos, for a classifier that sees them painted over."""

    classifier: Classifier
    batch: SizedBatch
    """The photos as they are."""


def read_maps(
    classifier: Classifier, photos: Sequence[Photo], batch: SizedBatch, device: torch.device, *,
    method: str = "cam", layers: tuple[str, ...] = (), scales: Sequence[float] = (1.0,),
    flip: bool = False, lender: Lender | None = None,
) -> np.ndarray:
    """Read the maps of photos that each have a tag.

    Args:
        classifier: on `device`, in evaluation mode.
        photos: those of the batch.
        batch: their pixels.
        device: where to compute.
        method: which reading; see `activation.METHODS`.
        layers: that are read, the last feature where none is named.
        scales: whose maps are averaged.
        flip: average with the mirror image's.
        lender: who compares places, where those of `batch` are painted over.

    Returns:
        (B, k, h, w) in [0, 1], the maps of each photo's own tags first in its row.
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
