"""Convolution and batch normalisation as one unit, folded into one convolution while frozen."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

from tag2mask.backbones.depthwise import depthwise_conv2d

EARLY, LATE = "early", "late"
"""Which cells a strided convolution keeps: padding (k // 2, k // 2 - 1) or (k // 2 - 1, k // 2)."""


class ConvNorm(nn.Module):
    """Convolution, batch normalisation, and ReLU6 by choice.

    Inputs of a strided layer have even sides (the backbone pads), so that every output cell stands
    for `stride` input cells and none is cut off.
    """

    def __init__(
        self,
        channels_in: int,
        channels_out: int,
        *,
        kernel: int = 1,
        stride: int = 1,
        dilation: int = 1,
        depthwise: bool = False,
        phase: str = LATE,
        activate: bool = True,
    ) -> None:
        super().__init__()
        groups = channels_in if depthwise else 1
        self.convolution = nn.Conv2d(
            channels_in, channels_out, kernel, stride, dilation=dilation, groups=groups, bias=False
        )
        self.norm = nn.BatchNorm2d(channels_out, eps=1e-3, momentum=0.01)
        self.activate = activate
        half = dilation * (kernel // 2)
        before, after = half, half
        if stride > 1:
            before, after = (half, half - 1) if phase == EARLY else (half - 1, half)
        self.padding = (before, after)
        self._folded: tuple[Tensor, Tensor] | None = None

    def forward(self, images: Tensor) -> Tensor:
        """Map (B, C, H, W) to (B, C', H / stride, W / stride)."""
        if self._folded is not None:
            result = self._convolve(images, *self._folded)
        else:
            result = self.norm(self._convolve(images, self.convolution.weight, None))
        return F.relu6(result, inplace=True) if self.activate else result

    def fold(self) -> None:
        """Merge the normalisation into the convolution, until `unfold`; for frozen layers.

        The parameters stay as they are; only the forward takes the shorter way, without gradient.
        """
        with torch.no_grad():
            scale = self.norm.weight * (self.norm.running_var + self.norm.eps).rsqrt()
            weight = self.convolution.weight * scale[:, None, None, None]
            self._folded = (
                weight.contiguous(memory_format=torch.channels_last),
                self.norm.bias - self.norm.running_mean * scale,
            )

    def unfold(self) -> None:
        """Take the long way again."""
        self._folded = None

    def _convolve(self, images: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        layer, (before, after) = self.convolution, self.padding
        stride, dilation = layer.stride[0], layer.dilation[0]
        padding = before
        if before != after:
            images, padding = F.pad(images, (before, after, before, after)), 0
        if layer.groups > 1 and bias is None:
            return depthwise_conv2d(
                images, weight, stride=stride, padding=padding, dilation=dilation
            )
        return F.conv2d(images, weight, bias, stride, padding, dilation, layer.groups)


def fold_all(module: nn.Module) -> None:
    """Fold every unit of a model that will only be used, not trained."""
    for unit in module.modules():
        if isinstance(unit, ConvNorm):
            unit.fold()
