"""HRNet's representations as decoders (Wang et al., PAMI 2020, section 3.3), and its classifier.

The trunk is the same; V1 uses only the finest stream, V2 all of them, and V2p builds a pyramid from
V2's feature.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

from tag2mask.models.backbones.hrnet_fusion import relu_unit
from tag2mask.models.backbones.hrnet_parts import bottleneck
from tag2mask.models.segmenters.segmenter import Decoder

_PYRAMID_WIDTH, _PYRAMID_LEVELS = 256, 4


def together(streams: Sequence[Tensor]) -> Tensor:
    """Resize every stream to the size of the first, bilinearly, and concatenate them.

    Args:
        streams: (B, C_i, h_i, w_i), high resolution first.

    Returns:
        (B, sum of C_i, h_0, w_0).
    """
    size = streams[0].shape[-2:]
    coarser = [F.interpolate(s, size, mode="bilinear", align_corners=False) for s in streams[1:]]
    return torch.cat([streams[0], *coarser], 1)


class V1Decoder(Decoder):
    """The finest stream alone, which contains the results of the trunk's fusions."""

    def __init__(self, channels: Sequence[int]) -> None:
        """Initialise the weights; `channels` are those of the streams."""
        super().__init__()
        self.mix = relu_unit(channels[0], channels[0])
        self.channels = channels[0]

    def forward(self, features: list[Tensor]) -> Tensor:
        """Map the streams to (B, channels[0], h, w) of the first one's size."""
        mixed: Tensor = self.mix(features[0])
        return mixed


class V2Decoder(Decoder):
    """All streams together, mixed by a 1x1 convolution of the same width."""

    def __init__(self, channels: Sequence[int]) -> None:
        """Initialise the weights; `channels` are those of the streams."""
        super().__init__()
        self.channels = sum(channels)
        self.mix = relu_unit(self.channels, self.channels)

    def forward(self, features: list[Tensor]) -> Tensor:
        """Map the streams to (B, sum of channels, h, w) of the first one's size."""
        mixed: Tensor = self.mix(together(features))
        return mixed


class FeaturePyramid(nn.Module):
    """V2p: V2's feature, narrowed, and averaged down to a pyramid for detectors."""

    def __init__(
        self, channels: Sequence[int], *, width: int = _PYRAMID_WIDTH, levels: int = _PYRAMID_LEVELS
    ) -> None:
        """Initialise the weights.

        Args:
            channels: numbers of channels of the streams, high resolution first.
            width: channels of every level.
            levels: number of levels, each of half the resolution of the previous one.
        """
        super().__init__()
        self.narrow = relu_unit(sum(channels), width, activation=None)
        self.smooth = nn.ModuleList(nn.Conv2d(width, width, 3, padding=1) for _ in range(levels))

    def forward(self, features: list[Tensor]) -> list[Tensor]:
        """Map the streams to levels (B, width, ceil(h / 2^i), ceil(w / 2^i))."""
        level = self.narrow(together(features))
        levels = []
        for index, smooth in enumerate(self.smooth):
            if index:
                level = F.avg_pool2d(level, 2, ceil_mode=True, count_include_pad=False)
            levels.append(smooth(level))
        return levels


class V2pDecoder(Decoder):
    """The upsampled and summed levels of the pyramid, as in Kirillov et al. (2019).

    Differs from the paper: there, detectors use the separate levels; masks need one feature.
    """

    def __init__(self, channels: Sequence[int], *, width: int = _PYRAMID_WIDTH) -> None:
        """Initialise the weights; `channels` are those of the streams."""
        super().__init__()
        self.pyramid = FeaturePyramid(channels, width=width)
        self.channels = width

    def forward(self, features: list[Tensor]) -> Tensor:
        """Map the streams to (B, width, h, w) of the first one's size."""
        first, *rest = self.pyramid(features)
        size = first.shape[-2:]
        for level in rest:
            first = first + F.interpolate(level, size, mode="bilinear", align_corners=False)
        return F.relu(first)


class ImageNetHead(nn.Module):
    """The classification head: streams are widened, successively downsampled and averaged.

    Figure 11 of the paper. Its tensors are named as in the published weights.
    """

    def __init__(self, channels: Sequence[int], num_classes: int = 1000) -> None:
        """Initialise the weights; `channels` are those of the streams."""
        super().__init__()
        widths = [128 * 2**index for index in range(len(channels))]
        self.incre_modules = nn.ModuleList(
            bottleneck(stream, width // 4) for stream, width in zip(channels, widths, strict=True)
        )
        self.downsamp_modules = nn.ModuleList(
            _step(fine, coarse, kernel=3)
            for fine, coarse in pairwise(widths)
        )
        self.final_layer = _step(widths[-1], 2048, kernel=1)
        self.classifier = nn.Linear(2048, num_classes)

    def forward(self, features: list[Tensor]) -> Tensor:
        """Map the streams to class logits (B, num_classes)."""
        result: Tensor = self.incre_modules[0](features[0])
        for down, wider, feature in zip(
            self.downsamp_modules, self.incre_modules[1:], features[1:], strict=True
        ):
            result = wider(feature) + down(result)
        logits: Tensor = self.classifier(self.final_layer(result).mean((2, 3)))
        return logits


def _step(channels_in: int, channels_out: int, *, kernel: int) -> nn.Sequential:
    """Build a convolution of stride 2, or 1 for 1x1, with bias, normalisation and ReLU."""
    return nn.Sequential(
        nn.Conv2d(
            channels_in, channels_out, kernel, stride=2 if kernel > 1 else 1, padding=kernel // 2
        ),
        nn.BatchNorm2d(channels_out),
        nn.ReLU(inplace=True),
    )
