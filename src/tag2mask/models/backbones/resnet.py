"""ResNet, the most common backbone in papers on segmentation.

He et al., "Deep Residual Learning for Image Recognition", CVPR 2016, table 1. Where the output
stride is smaller than 32, later strides become dilations, as in Yu et al., "Dilated Residual
Networks", CVPR 2017, section 2. The layers are named as in torchvision and timm, so that weights
published for either can be loaded directly.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

from tag2mask.models.backbones.entry import BackboneEntry
from tag2mask.models.backbones.hub import fetch
from tag2mask.models.backbones.module import (
    IMAGENET_MEAN,
    IMAGENET_STD,
    BackboneModule,
    check_blocks,
    check_output_stride,
)
from tag2mask.models.backbones.residual import EXPANSION, ResidualBlock, conv


@dataclass(frozen=True, kw_only=True)
class ResNetSpec:
    """One column of the paper's table 1."""

    repeats: tuple[int, int, int, int]
    """Number of blocks of each stage."""
    bottleneck: bool
    """Whether the blocks are bottlenecks."""


RESNET18 = ResNetSpec(repeats=(2, 2, 2, 2), bottleneck=False)
RESNET34 = ResNetSpec(repeats=(3, 4, 6, 3), bottleneck=False)
RESNET50 = ResNetSpec(repeats=(3, 4, 6, 3), bottleneck=True)
RESNET101 = ResNetSpec(repeats=(3, 4, 23, 3), bottleneck=True)
STEM_CHANNELS, WIDTHS = 64, (64, 128, 256, 512)


class ResNet(BackboneModule):
    """ResNet with five features: the stem before its pooling, then the four stages.

    A strided layer keeps the first of two cells, as in every published ResNet, so the features of a
    cell are centred (stride - 1) / 2 pixels above and to the left of the centre of the cell.
    """

    pixel_mean, pixel_std = IMAGENET_MEAN, IMAGENET_STD

    def __init__(self, spec: ResNetSpec, *, output_stride: int = 16) -> None:
        """Initialise the weights.

        Args:
            spec: the variant.
            output_stride: 32, 16 or 8: strides beyond it become dilations.

        Raises:
            InputError: the output stride is not supported.
        """
        super().__init__()
        check_output_stride(output_stride)
        self.output_stride, self.pads_to = output_stride, 1
        self.conv1 = conv(3, STEM_CHANNELS, 7, stride=2)
        self.bn1 = nn.BatchNorm2d(STEM_CHANNELS)
        channels, strides, dilation, stages = [STEM_CHANNELS], [2], 1, []
        for row, width in enumerate(WIDTHS):
            stride, step = max(strides[-1], 4), 2 if row else 1
            before = dilation
            if stride * step > output_stride:
                dilation, step = dilation * step, 1
            stages.append(_stage(spec, row, channels[-1], width, step, (before, dilation)))
            channels.append(width * (EXPANSION if spec.bottleneck else 1))
            strides.append(stride * step)
        self.layer1, self.layer2, self.layer3, self.layer4 = stages
        self.channels, self.strides = tuple(channels), tuple(strides)
        self._frozen = 0

    def forward(self, images: Tensor) -> list[Tensor]:
        """Return the features, high resolution first, each ceil(H / stride) x ceil(W / stride).

        Args:
            images: (B, 3, H, W), normalised; any H and W.
        """
        learning = torch.is_grad_enabled()
        with torch.set_grad_enabled(learning and not self._frozen):
            features = [F.relu(self.bn1(self.conv1(images)), inplace=True)]
            result = F.max_pool2d(features[0], 3, 2, 1)
        index = 0
        for stage in self._stages():
            for block in stage:
                with torch.set_grad_enabled(learning and index >= self._frozen):
                    result = block(result)
                index += 1
            features.append(result)
        return features

    def freeze(self, blocks: int) -> None:
        """Freeze the stem and the first `blocks` blocks."""
        every = [block for stage in self._stages() for block in stage]
        check_blocks(blocks, len(every))
        self._frozen = blocks
        for part in (self.conv1, self.bn1, *every[:blocks]) if blocks else ():
            part.requires_grad_(False)
        self.train(self.training)

    def _stages(self) -> tuple[nn.Sequential, ...]:
        return self.layer1, self.layer2, self.layer3, self.layer4


def _stage(
    spec: ResNetSpec, row: int, channels: int, width: int, step: int, dilations: tuple[int, int]
) -> nn.Sequential:
    """Build a stage; its first block has the stride, or the dilation of the previous stage."""
    before, dilation = dilations
    first = ResidualBlock(channels, width, bottleneck=spec.bottleneck, stride=step,
                          dilations=(before, dilation))
    others = (
        ResidualBlock(first.channels, width, bottleneck=spec.bottleneck,
                      dilations=(dilation, dilation))
        for _ in range(spec.repeats[row] - 1)
    )
    return nn.Sequential(first, *others)


def _entry(depth: int, spec: ResNetSpec, repo: str) -> BackboneEntry:
    return BackboneEntry(
        build=partial(ResNet, spec), pretrained=partial(fetch, repo), origin=repo, heads=("fc.",),
        early_blocks=sum(spec.repeats[:2]),
        pretraining=f"ImageNet-1k, image classes (ResNet-{depth})",
        pixel_mean=IMAGENET_MEAN, pixel_std=IMAGENET_STD,
    )


ENTRIES = {
    "resnet18": _entry(18, RESNET18, "timm/resnet18.a1_in1k"),
    "resnet34": _entry(34, RESNET34, "timm/resnet34.a1_in1k"),
    "resnet50": _entry(50, RESNET50, "timm/resnet50.a1_in1k"),
    "resnet101": _entry(101, RESNET101, "timm/resnet101.a1h_in1k"),
}
"""Registry entries of the backbones by name."""
