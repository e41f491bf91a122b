"""CAM averaged over similar cells of a photo, so that it covers whole objects.

A class activation map highlights the most discriminative part. Earlier features encode which cells
belong together, independent of the class, so each cell gets the mean of the map over all cells of
the photo, weighted by feature similarity. This is the arithmetic of SEAM's pixel
correlation module (Wang et al., CVPR 2020, section 3.3) without trained parameters.

Differs from the paper: cells are compared by untransformed features, and similarity is squared.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

from tag2mask.core.contracts import InputError
from tag2mask.maps.cam import cam_of_layer, refuse_target
from tag2mask.maps.correlation import correlate
from tag2mask.maps.recording import run_keeping
from tag2mask.maps.request import Request, refuse_layers
from tag2mask.maps.targets import pick

POWER = 2.0
"""Exponent of the similarity. On voc12, 1, 2 and 3 are equal; on drawn scenes, 1 is too wide."""


@runtime_checkable
class HasLikeness(Protocol):
    """A classifier that provides the feature by which cells are compared."""

    def maps_and_likeness(self, images: Tensor, classes: Tensor | None) -> tuple[Tensor, Tensor]:
        """Map images (B, 3, H, W) to maps (B, K, h, w) and a feature (B, C, h', w')."""
        ...


def correlated_cam(request: Request, images: Tensor) -> list[Tensor]:
    """Compute CAM and average it over similar cells.

    Args:
        request: for a foreign model, it has two layers: the one by which cells are compared, and
            the input of the class layer. A single layer is used for both.
        images: (B, 3, H, W), normalised.

    Returns:
        one (B, k, h, w), 0 or more.

    Raises:
        InputError: more than two layers, or any for a model that provides the feature; or CAM
            cannot be computed.
    """
    refuse_target(request)
    if isinstance(request.model, HasLikeness):
        refuse_layers(request, "correlated_cam", "the class evidence and an earlier feature")
        maps, likeness = request.model.maps_and_likeness(images, request.classes)
        return [shared(pick(maps, request.classes), likeness)]
    if len(request.layers) not in (1, 2):
        raise InputError("correlated_cam reads two layers: one to compare cells by, and the last.")
    output, grids = run_keeping(request, images)
    return [shared(cam_of_layer(request, output, grids[-1].final), grids[0].grid)]


def shared(maps: Tensor, likeness: Tensor) -> Tensor:
    """Average the maps (B, k, h, w), negative values set to 0, over similar cells."""
    with torch.autocast(maps.device.type, enabled=False):
        pooled = F.adaptive_avg_pool2d(likeness.to(maps.dtype), (maps.shape[2], maps.shape[3]))
        return correlate(pooled, maps.clamp_min(0), power=POWER)
