"""The two blocks of residual networks (He et al., CVPR 2016, figure 5)."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

EXPANSION = 4
"""Ratio of the output width of a bottleneck to the width of its 3x3 convolution."""


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions, or 1x1, 3x3, 1x1, whose result is added to their input.

    Differs from the paper: a bottleneck strides in its 3x3 convolution, not in the first 1x1,
    which would skip three cells of four; the published weights were trained so.

    Attributes:
        channels: of the result.
    """

    def __init__(
        self,
        channels_in: int,
        width: int,
        *,
        bottleneck: bool,
        stride: int = 1,
        dilations: tuple[int, int] = (1, 1),
    ) -> None:
        """Initialise the weights; the block starts as the identity.

        Args:
            channels_in: number of input channels.
            width: of the 3x3 convolutions.
            bottleneck: 1x1, 3x3, 1x1 instead of 3x3, 3x3.
            stride: 1 or 2, of the first 3x3 convolution.
            dilations: dilation of the first 3x3 convolution, and of the second if there is one.
        """
        super().__init__()
        first, second = dilations
        self.bottleneck, self.channels = bottleneck, width * (EXPANSION if bottleneck else 1)
        if bottleneck:
            self.conv1 = conv(channels_in, width, 1)
            self.conv2 = conv(width, width, 3, stride=stride, dilation=first)
            self.conv3 = conv(width, self.channels, 1)
            self.bn3 = nn.BatchNorm2d(self.channels)
        else:
            self.conv1 = conv(channels_in, width, 3, stride=stride, dilation=first)
            self.conv2 = conv(width, width, 3, dilation=second)
        self.bn1, self.bn2 = nn.BatchNorm2d(width), nn.BatchNorm2d(width)
        self.downsample: nn.Module = nn.Identity()
        if stride > 1 or channels_in != self.channels:
            self.downsample = nn.Sequential(
                conv(channels_in, self.channels, 1, stride=stride), nn.BatchNorm2d(self.channels)
            )
        # Start as the identity: Goyal et al., arXiv:1706.02677, section 5.1.
        nn.init.zeros_((self.bn3 if bottleneck else self.bn2).weight)

    def forward(self, images: Tensor) -> Tensor:
        """Map (B, C, H, W) to (B, channels, ceil(H / stride), ceil(W / stride))."""
        result: Tensor = F.relu(self.bn1(self.conv1(images)), inplace=True)
        result = self.bn2(self.conv2(result))
        if self.bottleneck:
            result = self.bn3(self.conv3(F.relu(result, inplace=True)))
        return F.relu(result + self.downsample(images), inplace=True)


def conv(
    channels_in: int, channels_out: int, kernel: int, *, stride: int = 1, dilation: int = 1
) -> nn.Conv2d:
    """Create a convolution without bias, padded for an output of ceil(H / stride) cells.

    Its weights are initialised as in He et al. (ICCV 2015, section 2.2) for ReLU.
    """
    padding = dilation * (kernel // 2)
    layer = nn.Conv2d(
        channels_in, channels_out, kernel, stride, padding, dilation=dilation, bias=False
    )
    nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
    return layer
