"""CAM shared among the places of a photo that look alike: blobs become things.

A class activation map peaks where the class is told, and fades. The features before the last one
know which places belong together, whatever class they are of; so each place gets the mean of the
photo's map, weighed by how alike the two places are. This is the arithmetic of SEAM's pixel
correlation module (Wang et al., CVPR 2020, section 3.3) with nothing trained for it.

Differs from the paper: places are compared by the features as they are, and similarity is squared.
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
from tag2mask.maps.request import Request
from tag2mask.maps.targets import pick

POWER = 2.0
"""Of the similarity. On voc12, 1, 2 and 3 are alike; on drawn scenes, 1 shares too widely."""


@runtime_checkable
class HasLikeness(Protocol):
    """A classifier that says itself what its places are compared by."""

    def maps_and_likeness(self, images: Tensor, classes: Tensor | None) -> tuple[Tensor, Tensor]:
        """Map images (B, 3, H, W) to maps (B, K, h, w) and a feature (B, C, h', w')."""
        ...


def correlated_cam(request: Request, images: Tensor) -> list[Tensor]:
    """Read CAM, and let places that look alike share it.

    Args:
        request: of a foreign model, two layers: what places are compared by, and, last, what the
            class layer sees. Of one layer, it is both.
        images: (B, 3, H, W), normalised.

    Returns:
        one (B, k, h, w), 0 or more.

    Raises:
        InputError: more than two layers, or CAM cannot be read.
    """
    refuse_target(request)
    if isinstance(request.model, HasLikeness):
        maps, likeness = request.model.maps_and_likeness(images, request.classes)
        return [shared(pick(maps, request.classes), likeness)]
    if len(request.layers) not in (1, 2):
        raise InputError("correlated_cam reads two layers: one to compare places by, and the last.")
    output, grids = run_keeping(request, images)
    return [shared(cam_of_layer(request, output, grids[-1].final), grids[0].grid)]


def shared(maps: Tensor, likeness: Tensor) -> Tensor:
    """Give each cell of the maps (B, k, h, w) the mean over those alike; values under 0 are 0."""
    with torch.autocast(maps.device.type, enabled=False):
        seen = F.adaptive_avg_pool2d(likeness.to(maps.dtype), (maps.shape[2], maps.shape[3]))
        return correlate(seen, maps.clamp_min(0), power=POWER)
