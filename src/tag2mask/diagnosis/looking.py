"""Every photo looked at once: its thumbnail, and what the pretrained backbone makes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from tag2mask.core.device import channels_last
from tag2mask.core.progress import Progress
from tag2mask.data.batches import sized_batches
from tag2mask.data.dataset import Photo
from tag2mask.diagnosis.near_duplicates import SIDE, thumbnail
from tag2mask.models.backbones import create_backbone
from tag2mask.models.backbones.conv_norm import fold_all

BACKBONE = "efficientnet_lite0"
"""Whose pretrained features tags are told by; its weights come with the installation."""

_LONG_SIDE, _BATCH = 256, 16


@dataclass(frozen=True)
class Looks:
    """What N photos look like.

    Attributes:
        thumbs: (N, 32, 32) float32 grey, 0..255.
        aspects: (N,) width over height.
        features: (N, 2 C) float32, the mean and the largest value of each channel of the backbone's
            last feature.
    """

    thumbs: np.ndarray
    aspects: np.ndarray
    features: np.ndarray


@torch.inference_mode()
def look(
    photos: Sequence[Photo], *, device: torch.device, workers: int, progress: Progress,
) -> Looks:
    """Look at every photo once.

    Args:
        photos: in any order.
        device: where to compute.
        workers: threads that read.
        progress: told of every photo.
    """
    backbone = create_backbone(BACKBONE, weights="pretrained")
    fold_all(backbone.eval())
    channels_last(backbone, device)
    seen = Looks(np.zeros((len(photos), SIDE, SIDE), np.float32), np.ones(len(photos)),
                 np.zeros((len(photos), 2 * backbone.evidence_channels), np.float32))
    with progress.stage("look", total=len(photos)) as bar:
        for batch in sized_batches(
            photos, long_side=_LONG_SIDE, batch_size=_BATCH, workers=workers
        ):
            seen.thumbs[batch.indices] = [thumbnail(pixels) for pixels in batch.photos]
            seen.aspects[batch.indices] = [p.shape[1] / p.shape[0] for p in batch.photos]
            last = backbone.representation(backbone(batch.to_images(backbone, device)))
            seen.features[batch.indices] = _pooled(last.float()).cpu().numpy()
            bar.advance(len(batch.indices))
    return seen


def _pooled(feature: Tensor) -> Tensor:
    return torch.cat([feature.mean((2, 3)), feature.amax((2, 3))], 1)
