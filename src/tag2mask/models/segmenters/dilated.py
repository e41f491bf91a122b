"""Networks that keep their resolution by dilation (Yu & Koltun, ICLR 2016; DeepLab).

The encoder stops at stride 16 or 8 and uses dilation from there on; the head is dilated as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from tag2mask.models.backbones import BackboneModule
from tag2mask.models.segmenters.segmenter import Decoder, Segmenter
from tag2mask.models.segmenters.unet import ConvBlock


@dataclass(frozen=True, kw_only=True)
class DilatedSpec:
    """Parameters of the head."""

    rates: tuple[int, ...]
    """Dilations of the 3x3 convolutions at stride 16; doubled at stride 8, halved at 32."""
    pyramid: bool
    """ASPP: all rates in parallel, with a 1x1 convolution and the mean over the photo."""
    width: int = 256
    """Number of channels of every convolution."""


LARGE_FOV = DilatedSpec(rates=(6,), pyramid=False)
"""DeepLab-LargeFOV (Chen et al., PAMI 2018, section 4.1.1): one rate, 12 at stride 8.

Differs from the paper: 256 channels, not 1,024, and batch normalisation.
"""
ASPP = DilatedSpec(rates=(6, 12, 18), pyramid=True)
"""DeepLabv3 (Chen et al., arXiv:1706.05587, section 3.3)."""


class PhotoMean(nn.Module):
    """The mean of a feature over the photo, mixed by a 1x1 convolution, in every cell.

    Differs from the paper: the mean is normalised over its channels, not over the batch. With one
    photo there is a single mean, which batch normalisation would reduce to its offset; with a few
    photos the variance estimate is poor.
    """

    def __init__(self, channels: int, width: int) -> None:
        """Initialise the weights, for `channels` in and `width` out."""
        super().__init__()
        self.mix = nn.Sequential(
            nn.Conv2d(channels, width, 1, bias=False), nn.GroupNorm(1, width), nn.ReLU(inplace=True)
        )

    def forward(self, feature: Tensor) -> Tensor:
        """Map (B, channels, h, w) to (B, width, h, w), the same in every cell."""
        mean: Tensor = self.mix(feature.mean((2, 3), keepdim=True))
        return mean.expand(-1, -1, *feature.shape[-2:])


class Pyramid(nn.Module):
    """Atrous spatial pyramid pooling: parallel convolutions of one feature at several rates."""

    def __init__(self, channels: int, width: int, rates: Sequence[int]) -> None:
        """Initialise the weights, for `channels` in and `width` out."""
        super().__init__()
        self.branches = nn.ModuleList([
            ConvBlock(channels, width, kernel=1),
            *(ConvBlock(channels, width, dilation=rate) for rate in rates),
            PhotoMean(channels, width),
        ])
        self.project = ConvBlock(width * len(self.branches), width, kernel=1)

    def forward(self, feature: Tensor) -> Tensor:
        """Map (B, channels, h, w) to (B, width, h, w)."""
        result: Tensor = self.project(torch.cat([see(feature) for see in self.branches], 1))
        return result


class DilatedDecoder(Decoder):
    """The head over an encoder's last feature, at its resolution."""

    def __init__(self, channels: int, stride: int, *, spec: DilatedSpec) -> None:
        """Initialise the weights.

        Args:
            channels: number of channels of the last feature.
            stride: stride of the last feature, which scales the rates.
            spec: `LARGE_FOV` or `ASPP`, or another.
        """
        super().__init__()
        rates = [max(1, rate * 16 // stride) for rate in spec.rates]
        width = self.channels = spec.width
        self.see: nn.Module
        if spec.pyramid:
            self.see = Pyramid(channels, width, rates)
        else:
            widths = (channels, *(width for _ in rates))
            blocks = [ConvBlock(w, width, dilation=r) for w, r in zip(widths, rates, strict=False)]
            self.see = nn.Sequential(*blocks, ConvBlock(widths[-1], width, kernel=1))

    def forward(self, features: list[Tensor]) -> Tensor:
        """Map the last feature (B, C, h, w) to (B, width, h, w)."""
        result: Tensor = self.see(features[-1])
        return result


def build_dilated(encoder: BackboneModule, num_labels: int, *, spec: DilatedSpec) -> Segmenter:
    """Build a dilated head over an encoder of any output stride."""
    decoder = DilatedDecoder(encoder.channels[-1], encoder.strides[-1], spec=spec)
    return Segmenter(encoder, decoder, num_labels)
