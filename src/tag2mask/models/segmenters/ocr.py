"""OCR: pixels are classified with their object regions (Yuan, Chen & Wang, ECCV 2020).

A first, auxiliary segmentation predicts a soft region per class; the pixels of a region are
averaged to its feature; and every pixel is augmented by the features of the regions that it
resembles.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

from tag2mask.models.backbones.hrnet_fusion import relu_unit
from tag2mask.models.segmenters.hrnet_heads import together
from tag2mask.models.segmenters.segmenter import AuxiliaryDecoder


class ObjectContext(nn.Module):
    """Attention from pixels to regions: queries from pixels, keys and values from regions."""

    def __init__(self, channels: int, key_channels: int) -> None:
        """Initialise the weights.

        Args:
            channels: number of channels of pixels and regions.
            key_channels: number of channels of queries, keys and values.
        """
        super().__init__()
        self.query = _two_layers(channels, key_channels)
        self.key = _two_layers(channels, key_channels)
        self.value = relu_unit(channels, key_channels)
        self.up = relu_unit(key_channels, channels)

    def forward(self, pixels: Tensor, regions: Tensor) -> Tensor:
        """Compute the object context of each pixel.

        Args:
            pixels: (B, C, h, w).
            regions: (B, C, K, 1).

        Returns:
            (B, C, h, w).
        """
        query, key, value = self.query(pixels), self.key(regions), self.value(regions)
        similar = query.flatten(2).transpose(1, 2) @ key.flatten(2)
        weights = (similar.float() * key.shape[1] ** -0.5).softmax(2).to(value.dtype)
        context = (weights @ value.flatten(2).transpose(1, 2)).transpose(1, 2)
        result: Tensor = self.up(context.reshape_as(query))
        return result


class OCRDecoder(AuxiliaryDecoder):
    """OCR on HRNetV2's feature.

    Attributes:
        auxiliary_weight: weight of the auxiliary segmentation's loss, 0.4 as in the paper.
    """

    auxiliary_weight = 0.4

    def __init__(
        self, channels: Sequence[int], num_labels: int, *, width: int = 512, key_channels: int = 256
    ) -> None:
        """Initialise the weights.

        Args:
            channels: numbers of channels of the streams, high resolution first.
            num_labels: K + 1; the background is a region too.
            width: number of channels of pixels and regions.
            key_channels: number of channels of the attention.
        """
        super().__init__()
        total = sum(channels)
        self.auxiliary = nn.Sequential(relu_unit(total, total), nn.Conv2d(total, num_labels, 1))
        self.narrow = relu_unit(total, width, kernel=3)
        self.context = ObjectContext(width, key_channels)
        self.mix = nn.Sequential(relu_unit(2 * width, width), nn.Dropout2d(0.05))
        self.channels = width

    def forward(self, features: list[Tensor]) -> Tensor:
        """Map the streams to (B, width, h, w) of the first one's size."""
        return self.with_auxiliary(features)[0]

    def with_auxiliary(self, features: list[Tensor]) -> tuple[Tensor, Tensor]:
        """Return the feature, and the first segmentation's logits (B, K + 1, h, w)."""
        joined = together(features)
        logits: Tensor = self.auxiliary(joined)
        pixels = self.narrow(joined)
        context = self.context(pixels, gather_regions(pixels, logits))
        return self.mix(torch.cat([context, pixels], 1)), logits


def gather_regions(pixels: Tensor, logits: Tensor) -> Tensor:
    """Average the pixels of every label, weighted by its predicted probability.

    Equations 2 and 3 of the paper: the weights are a softmax over all pixels of the photo.

    Args:
        pixels: (B, C, h, w).
        logits: (B, K, h, w).

    Returns:
        (B, C, K, 1).
    """
    weights = F.softmax(logits.float().flatten(2), 2).to(pixels.dtype)
    return (pixels.flatten(2) @ weights.transpose(1, 2))[..., None]


def _two_layers(channels: int, key_channels: int) -> nn.Sequential:
    return nn.Sequential(
        relu_unit(channels, key_channels), relu_unit(key_channels, key_channels)
    )
