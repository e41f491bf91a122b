"""HRNet: high resolution throughout the network (Wang et al., PAMI 2020).

A stem reduces the photo to stride 4. A stream of that resolution is kept to the end; every stage
adds a stream of half the resolution and twice the width, and every module ends with a fusion of all
streams into each other.
"""

from __future__ import annotations

import itertools

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

from tag2mask.core.contracts import InputError
from tag2mask.models.backbones.conv_norm import fold_all
from tag2mask.models.backbones.hrnet_fusion import relu_unit
from tag2mask.models.backbones.hrnet_parts import Stage, bottleneck
from tag2mask.models.backbones.hrnet_spec import HRNetSpec
from tag2mask.models.backbones.module import (
    IMAGENET_MEAN,
    IMAGENET_STD,
    BackboneModule,
    check_blocks,
    cropped,
    pad_to,
)
from tag2mask.models.backbones.residual import EXPANSION


class HRNet(BackboneModule):
    """The trunk of HRNet, which returns its streams.

    Attributes:
        channels: numbers of channels of the streams, high resolution first.
        strides: strides of the streams: 4, 8, 16, 32.
    """

    pixel_mean, pixel_std = IMAGENET_MEAN, IMAGENET_STD

    def __init__(self, spec: HRNetSpec, *, output_stride: int = 4) -> None:
        """Initialise the weights.

        Args:
            spec: the variant.
            output_stride: stride of the classified representation; the streams stay the same.

        Raises:
            InputError: the output stride is not that of a stream.
        """
        super().__init__()
        self.channels = spec.channels
        self.strides = tuple(4 * 2**stream for stream in range(spec.streams))
        if output_stride not in self.strides:
            raise InputError(
                f"Output stride {output_stride} is none of this HRNet's: "
                f"{', '.join(map(str, self.strides))}."
            )
        self.output_stride, self.pads_to = output_stride, self.strides[-1]
        self.stem = nn.Sequential(
            relu_unit(3, 64, kernel=3, stride=2), relu_unit(64, 64, kernel=3, stride=2)
        )
        wide = EXPANSION * spec.bottleneck_width
        self.stage1 = nn.Sequential(
            *(bottleneck(wide if block else 64, spec.bottleneck_width)
              for block in range(spec.bottlenecks))
        )
        self.stage2, self.stage3, self.stage4 = (Stage(spec, number) for number in (2, 3, 4))
        self._frozen = 0
        self.reset()

    def reset(self) -> None:
        """Initialise the convolutions as in He et al. (ICCV 2015), by fan-out."""
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, images: Tensor) -> list[Tensor]:
        """Return the streams, each ceil(H / stride) x ceil(W / stride).

        Args:
            images: (B, 3, H, W), normalised; any H and W.
        """
        whole = result = pad_to(images, self.strides[-1])
        with self._learning(0):
            result = self.stem(result)
        index = 1
        for block in self.stage1:
            with self._learning(index):
                result = block(result)
            index += 1
        streams = [result]
        for stage in self._stages:
            with self._learning(index):
                streams = stage.enter(streams)
            for unit in stage.units:
                with self._learning(index):
                    streams = unit(streams)
                index += 1
        return cropped(streams, self.strides, images, whole)

    @property
    def evidence_channels(self) -> int:
        """Total number of channels of all streams."""
        return sum(self.channels)

    def representation(self, features: list[Tensor]) -> Tensor:
        """Resize all streams to the output stride and concatenate them (HRNetV2, section 3.3).

        Finer streams are average-pooled, coarser ones interpolated.

        Returns:
            (B, sum of channels, ceil(H / output stride), ceil(W / output stride)).
        """
        size = features[self.strides.index(self.output_stride)].shape[-2:]
        return torch.cat([_bring(feature, size) for feature in features], 1)

    def freeze(self, blocks: int) -> None:
        """Stop the stem and the first `blocks` blocks of stage 1 and modules from learning."""
        parts: list[list[nn.Module]] = [[block] for block in self.stage1]
        for stage in self._stages:
            first, *rest = stage.units
            parts += [[stage.entries, first], *([unit] for unit in rest)]
        check_blocks(blocks, len(parts))
        self._frozen = blocks
        for part in itertools.chain([self.stem], *parts[:blocks]) if blocks else ():
            part.requires_grad_(False)
            fold_all(part)
        self.train(self.training)

    @property
    def _stages(self) -> tuple[Stage, Stage, Stage]:
        return self.stage2, self.stage3, self.stage4

    def _learning(self, index: int) -> torch.set_grad_enabled:
        frozen = self._frozen and index <= self._frozen
        return torch.set_grad_enabled(torch.is_grad_enabled() and not frozen)


def _bring(feature: Tensor, size: torch.Size) -> Tensor:
    if feature.shape[-2:] == size:
        return feature
    if feature.shape[-2] > size[0] or feature.shape[-1] > size[1]:
        return F.adaptive_avg_pool2d(feature, (size[0], size[1]))
    return F.interpolate(feature, (size[0], size[1]), mode="bilinear", align_corners=False)
