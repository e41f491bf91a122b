"""Thumbnails and pretrained features of all photos, computed in one pass."""

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
"""The pretrained backbone; its weights are part of the installation."""

_LONG_SIDE, _BATCH = 256, 16


@dataclass(frozen=True)
class PhotoFeatures:
    """Features of N photos.

    Attributes:
        thumbs: (N, 32, 32) float32 grey, 0..255.
        aspects: (N,) width over height.
        features: (N, 2 C) float32, the mean and the maximum of each channel of the backbone's last
            feature map.
    """

    thumbs: np.ndarray
    aspects: np.ndarray
    features: np.ndarray


@torch.inference_mode()
def compute_features(
    photos: Sequence[Photo], *, device: torch.device, workers: int, progress: Progress,
) -> PhotoFeatures:
    """Read every photo once and compute its thumbnail and features.

    Args:
        photos: N photos in any order.
        device: where to compute.
        workers: threads that read photos.
        progress: reports progress.
    """
    backbone = create_backbone(BACKBONE, weights="pretrained")
    fold_all(backbone.eval())
    channels_last(backbone, device)
    found = PhotoFeatures(np.zeros((len(photos), SIDE, SIDE), np.float32), np.ones(len(photos)),
                          np.zeros((len(photos), 2 * backbone.evidence_channels), np.float32))
    with progress.stage("features", total=len(photos)) as bar:
        for batch in sized_batches(
            photos, long_side=_LONG_SIDE, batch_size=_BATCH, workers=workers
        ):
            found.thumbs[batch.indices] = [thumbnail(pixels) for pixels in batch.photos]
            found.aspects[batch.indices] = [p.shape[1] / p.shape[0] for p in batch.photos]
            last = backbone.representation(backbone(batch.to_images(backbone, device)))
            found.features[batch.indices] = _pooled(last.float()).cpu().numpy()
            bar.advance(len(batch.indices))
    return found


def _pooled(feature: Tensor) -> Tensor:
    return torch.cat([feature.mean((2, 3)), feature.amax((2, 3))], 1)
