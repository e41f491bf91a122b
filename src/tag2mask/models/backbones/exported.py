"""A backbone whose forward pass is computed by ONNX Runtime, for reading only."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

from tag2mask.core.contracts import InputError
from tag2mask.core.onnx_sessions import session_options
from tag2mask.models.backbones.module import BackboneModule

MOST_PIXELS = 2**20
"""Number of pixels that are computed at once: three images of 640 x 480. The features of early
layers take 2 KiB per pixel, and larger batches are not faster."""

Compute = Callable[[np.ndarray], list[np.ndarray]]
"""Maps images (B, 3, H, W) float32, sides multiples of `pads_to`, to the features."""


class ExportedBackbone(BackboneModule):
    """The features of a backbone, computed by another runtime where no gradient is needed.

    Images on another device, and passes that need gradients, are computed by the backbone itself.
    The weights are those at the time of the export.
    """

    def __init__(self, backbone: BackboneModule, compute: Compute) -> None:
        """Initialise from a backbone and its exported form.

        Args:
            backbone: in evaluation mode, on the CPU, in float32.
            compute: computes its features.
        """
        super().__init__()
        self.backbone, self._compute = backbone, compute
        self.channels, self.strides = backbone.channels, backbone.strides
        self.output_stride, self.pads_to = backbone.output_stride, backbone.pads_to
        self.pixel_mean, self.pixel_std = backbone.pixel_mean, backbone.pixel_std
        self.fixed_statistics = backbone.fixed_statistics
        self.training = backbone.training

    def forward(self, images: Tensor) -> list[Tensor]:
        """Return the features of the backbone, high resolution first, in float32."""
        if torch.is_grad_enabled() or images.device.type != "cpu" or images.dtype != torch.float32:
            features: list[Tensor] = self.backbone(images)
            return features
        height, width = images.shape[-2:]
        down, right = (-side % (self.pads_to or 1) for side in (height, width))
        padded = F.pad(images, (0, right, 0, down)) if down or right else images
        pairs = zip(self._features(padded.contiguous().numpy()), self.strides, strict=True)
        return [torch.from_numpy(f)[..., : -(-height // s), : -(-width // s)] for f, s in pairs]

    def _features(self, images: np.ndarray) -> list[np.ndarray]:
        """Compute the features of images, a few at a time."""
        few = max(1, MOST_PIXELS // (images.shape[2] * images.shape[3]))
        parts = [self._compute(images[start : start + few])
                 for start in range(0, len(images), few)]
        if len(parts) == 1:
            return parts[0]
        return [np.concatenate(feature) for feature in zip(*parts, strict=True)]

    @property
    def evidence_channels(self) -> int:
        """See `BackboneModule`."""
        return self.backbone.evidence_channels

    def representation(self, features: list[Tensor]) -> Tensor:
        """See `BackboneModule`."""
        return self.backbone.representation(features)

    def freeze(self, blocks: int) -> None:
        """See `BackboneModule`."""
        self.backbone.freeze(blocks)


def in_onnx_runtime(backbone: BackboneModule) -> ExportedBackbone:
    """Export a backbone and load it into ONNX Runtime, on as many threads as torch uses.

    Args:
        backbone: in evaluation mode.

    Raises:
        InputError: it is not on the CPU, or one graph does not fit all image sizes.
    """
    import onnxruntime

    from tag2mask.models.backbones.export_graph import graph_of  # loads onnx

    first = next(backbone.parameters())
    if first.device.type != "cpu" or first.dtype != torch.float32:
        raise InputError("ONNX Runtime reads features in float32 on the CPU; use --device cpu or "
                         "the runtime eager.")
    session = onnxruntime.InferenceSession(
        graph_of(backbone), session_options(torch.get_num_threads()),
        providers=["CPUExecutionProvider"],
    )

    def compute(images: np.ndarray) -> list[np.ndarray]:
        features: list[np.ndarray] = session.run(None, {"images": images})
        return features

    return ExportedBackbone(backbone, compute)
