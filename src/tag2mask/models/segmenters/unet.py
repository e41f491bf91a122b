"""U-Net's decoder over any backbone (Ronneberger et al., MICCAI 2015).

Each step doubles the resolution, concatenates the backbone's feature of that resolution, and fuses
both by two 3x3 convolutions.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

from tag2mask.models.backbones.batch_norm import SteadyBatchNorm2d
from tag2mask.models.segmenters.segmenter import Decoder


class ConvBlock(nn.Sequential):
    """A convolution, 3x3 by default, with batch normalisation and ReLU."""

    def __init__(
        self, channels_in: int, channels_out: int, *, kernel: int = 3, dilation: int = 1
    ) -> None:
        """Initialise the weights, with a kernel of odd side `kernel` and dilation `dilation`."""
        padding = dilation * (kernel // 2)
        super().__init__(
            nn.Conv2d(
                channels_in, channels_out, kernel, padding=padding, dilation=dilation, bias=False
            ),
            SteadyBatchNorm2d(channels_out),
            nn.ReLU(inplace=True),
        )


class UNetDecoder(Decoder):
    """Maps a backbone's last features to one feature at the highest of their resolutions."""

    def __init__(self, channels: Sequence[int], widths: Sequence[int]) -> None:
        """Initialise the weights.

        Args:
            channels: numbers of channels of the concatenated features, high resolution first.
            widths: widths of the decoder's steps, high resolution first, one per feature; the last
                is the width to which the deepest feature is reduced.
        """
        super().__init__()
        self.bottom = ConvBlock(channels[-1], widths[-1], kernel=1)
        self.steps = nn.ModuleList(
            nn.Sequential(ConvBlock(below + skip, width), ConvBlock(width, width))
            for skip, width, below in zip(
                reversed(channels[:-1]), reversed(widths[:-1]), reversed(widths[1:]), strict=True
            )
        )
        self.channels = widths[0]
        self._joined = len(channels)

    def forward(self, features: list[Tensor]) -> Tensor:
        """Map features, high resolution first, to (B, widths[0], h, w).

        Only the last `len(channels)` of them are used; the result has the size of the first used.
        """
        joined = features[-self._joined :]
        result: Tensor = self.bottom(joined[-1])
        for step, skip in zip(self.steps, reversed(joined[:-1]), strict=True):
            above = F.interpolate(result, skip.shape[-2:], mode="bilinear", align_corners=False)
            result = step(torch.cat([above, skip], 1))
        return result
