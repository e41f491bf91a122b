"""The ONNX graph of a backbone, for any batch size and image size."""

from __future__ import annotations

import torch

from tag2mask.core.contracts import InputError
from tag2mask.models.backbones.module import BackboneModule
from tag2mask.models.backbones.onnx_graph import traced


def graph_of(backbone: BackboneModule) -> bytes:
    """Export a backbone: input `images` (B, 3, H, W), one output per feature.

    Args:
        backbone: on the CPU, in evaluation mode. H and W are multiples of its `pads_to`.

    Raises:
        InputError: one graph does not fit all image sizes.
    """
    if backbone.pads_to is None:
        raise InputError(f"A {type(backbone).__name__} depends on the size of the photos, so it "
                         "cannot be exported for all sizes; use the runtime eager.")
    side = 2 * max(32, backbone.pads_to or 1)
    names = [f"feature_{index}" for index in range(len(backbone.channels))]
    axes = {name: {0: "batch", 2: f"{name}_h", 3: f"{name}_w"} for name in ("images", *names)}
    images = torch.zeros(2, 3, side, side + side // 2)
    content: bytes = traced(backbone, images, outputs=names, axes=axes).SerializeToString()
    return content
