"""HRNet: high resolution kept through the network (Wang et al., PAMI 2020).

A stem brings the photo to stride 4. From there on a stream of that resolution runs to the end;
every stage adds a stream of half the resolution and twice the width, and after every module all
streams are fused into all.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

from tag2mask.core.contracts import InputError
from tag2mask.models.backbones.conv_norm import ConvNorm, fold_all
from tag2mask.models.backbones.hrnet_fusion import Fusion, relu_unit
from tag2mask.models.backbones.module import (
    IMAGENET_MEAN,
    IMAGENET_STD,
    BackboneModule,
    check_blocks,
)
from tag2mask.models.backbones.residual import EXPANSION

FUSIONS = ("repeated", "last", "none")


@dataclass(frozen=True, kw_only=True)
class HRNetSpec:
    """One row of the paper's table of networks."""

    width: int
    """Channels of the first stream; the others have two, four and eight times as many."""
    modules: tuple[int, int, int] = (1, 4, 3)
    """Of stages 2, 3 and 4; each ends with a fusion."""
    blocks: int = 4
    """Per stream and module."""
    bottlenecks: int = 4
    """Of stage 1."""
    bottleneck_width: int = 64
    """Of stage 1, a quarter of what it gives."""
    streams: int = 4
    """At most so many; fewer only to see what the others are worth."""
    fusion: str = "repeated"
    """"repeated" after every module as in the paper, in the "last" alone, or "none"."""
    upsampling: str = "nearest"
    """"nearest" as the published ImageNet weights need it, or "bilinear"."""

    def __post_init__(self) -> None:
        """Refuse what cannot be built.

        Raises:
            InputError: naming the field.
        """
        counts = (self.width, *self.modules, self.blocks, self.bottlenecks, self.bottleneck_width)
        if len(self.modules) != 3 or min(counts) < 1:
            raise InputError(
                "An HRNet needs three counts of modules, and 1 or more of everything: "
                f"width {self.width}, modules {self.modules}, blocks {self.blocks}, "
                f"bottlenecks {self.bottlenecks} of width {self.bottleneck_width}."
            )
        if not 1 <= self.streams <= 4:
            raise InputError(f"An HRNet has 1 to 4 streams, not {self.streams}.")
        if self.fusion not in FUSIONS:
            raise InputError(f"HRNet's fusion is {', '.join(FUSIONS)}, not {self.fusion!r}.")
        if self.upsampling not in ("nearest", "bilinear"):
            raise InputError(f"HRNet upsamples nearest or bilinear, not {self.upsampling!r}.")

    @property
    def channels(self) -> tuple[int, ...]:
        """Of the streams, high resolution first."""
        return tuple(self.width * 2**stream for stream in range(self.streams))


SPECS = {
    "hrnet_w18_small": HRNetSpec(
        width=16, modules=(1, 1, 1), blocks=2, bottlenecks=1, bottleneck_width=32
    ),
    "hrnet_w18_small_v2": HRNetSpec(width=18, modules=(1, 3, 2), blocks=2, bottlenecks=2),
    **{f"hrnet_w{width}": HRNetSpec(width=width) for width in (18, 30, 32, 40, 44, 48, 64)},
}
"""The published variants. The small ones' names are the authors', though the first is 16 wide."""


class Residual(nn.Module):
    """Layers whose result is added to their input, then ReLU (He et al., CVPR 2016)."""

    def __init__(self, channels_in: int, layers: list[ConvNorm], channels_out: int) -> None:
        """Join the layers; the input is projected where its channels differ."""
        super().__init__()
        self.layers = nn.Sequential(*layers)
        self.shortcut = (
            nn.Identity() if channels_in == channels_out
            else relu_unit(channels_in, channels_out, activation=None)
        )

    def forward(self, images: Tensor) -> Tensor:
        """Map (B, C, H, W) to (B, C', H, W)."""
        return F.relu(self.layers(images).add_(self.shortcut(images)), inplace=True)


def basic(channels: int) -> Residual:
    """Build a block of two 3x3 convolutions."""
    layers = [
        relu_unit(channels, channels, kernel=3),
        relu_unit(channels, channels, kernel=3, activation=None),
    ]
    return Residual(channels, layers, channels)


def bottleneck(channels_in: int, width: int) -> Residual:
    """Build a block of 1x1, 3x3 and 1x1 convolutions."""
    layers = [
        relu_unit(channels_in, width), relu_unit(width, width, kernel=3),
        relu_unit(width, EXPANSION * width, activation=None),
    ]
    return Residual(channels_in, layers, EXPANSION * width)


class Module(nn.Module):
    """Blocks on every stream, then a fusion of all into all."""

    def __init__(self, channels: tuple[int, ...], blocks: int, fusion: nn.Module) -> None:
        """Draw the weights."""
        super().__init__()
        self.branches = nn.ModuleList(
            nn.Sequential(*(basic(width) for _ in range(blocks))) for width in channels
        )
        self.fusion = fusion

    def forward(self, streams: list[Tensor]) -> list[Tensor]:
        """Map streams to streams of the same shapes."""
        pairs = zip(self.branches, streams, strict=True)
        fused: list[Tensor] = self.fusion([branch(stream) for branch, stream in pairs])
        return fused


class Stage(nn.Module):
    """What leads into a stage, a stream more than before, and its modules."""

    def __init__(self, spec: HRNetSpec, number: int) -> None:
        """Draw the weights; `number` is 2, 3 or 4."""
        super().__init__()
        channels = spec.channels[:number]
        before = spec.channels[: number - 1]
        if number == 2:
            before = (EXPANSION * spec.bottleneck_width,)
        self.entries = nn.ModuleList(
            _entry(before, index, width) for index, width in enumerate(channels)
        )
        self.units = nn.Sequential(*(
            Module(channels, spec.blocks, _fusion(spec, channels, last=number == 4 and left == 0))
            for left in reversed(range(spec.modules[number - 2]))
        ))

    def enter(self, streams: list[Tensor]) -> list[Tensor]:
        """Let streams go on, and make the new one from the coarsest."""
        last = len(streams) - 1
        return [entry(streams[min(i, last)]) for i, entry in enumerate(self.entries)]


class HRNet(BackboneModule):
    """HRNet's trunk as the list of its streams.

    Attributes:
        channels: of the streams, high resolution first.
        strides: of the streams: 4, 8, 16, 32.
    """

    pixel_mean, pixel_std = IMAGENET_MEAN, IMAGENET_STD

    def __init__(self, spec: HRNetSpec, *, output_stride: int = 4) -> None:
        """Draw the weights.

        Args:
            spec: which variant.
            output_stride: of the representation that classes are told by; the streams stay.

        Raises:
            InputError: an output stride that is no stream's.
        """
        super().__init__()
        self.channels = spec.channels
        self.strides = tuple(4 * 2**stream for stream in range(spec.streams))
        if output_stride not in self.strides:
            raise InputError(
                f"Output stride {output_stride} is none of this HRNet's: "
                f"{', '.join(map(str, self.strides))}."
            )
        self.output_stride = output_stride
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
        """Draw the convolutions' weights as He et al. (ICCV 2015) do, by fan-out."""
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, images: Tensor) -> list[Tensor]:
        """Return the streams, each of ceil(H / stride) x ceil(W / stride).

        Args:
            images: (B, 3, H, W), normalised; any H and W.
        """
        size, coarsest = images.shape[-2:], self.strides[-1]
        down, right = (-side % coarsest for side in size)
        result = F.pad(images, (0, right, 0, down)) if down or right else images
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
        pairs = zip(streams, self.strides, strict=True)
        return [f[..., : -(-size[0] // s), : -(-size[1] // s)] for f, s in pairs]

    @property
    def evidence_channels(self) -> int:
        """Channels of all streams together."""
        return sum(self.channels)

    def representation(self, features: list[Tensor]) -> Tensor:
        """Bring all streams to the output stride, side by side (HRNetV2, section 3.3).

        Finer ones are averaged over their cells, coarser ones interpolated.

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


def _entry(before: tuple[int, ...], index: int, width: int) -> nn.Module:
    """Build what leads into one stream of a stage."""
    if index >= len(before):
        return relu_unit(before[-1], width, kernel=3, stride=2)
    if before[index] != width:
        return relu_unit(before[index], width, kernel=3)
    return nn.Identity()


def _fusion(spec: HRNetSpec, channels: tuple[int, ...], *, last: bool) -> nn.Module:
    wanted = spec.fusion == "repeated" or (spec.fusion == "last" and last)
    if wanted and len(channels) > 1:
        return Fusion(channels, upsampling=spec.upsampling)
    return nn.Identity()


def _bring(feature: Tensor, size: torch.Size) -> Tensor:
    if feature.shape[-2:] == size:
        return feature
    if feature.shape[-2] > size[0] or feature.shape[-1] > size[1]:
        return F.adaptive_avg_pool2d(feature, (size[0], size[1]))
    return F.interpolate(feature, (size[0], size[1]), mode="bilinear", align_corners=False)
