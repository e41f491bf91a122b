"""The parts of HRNet: residual blocks, modules of parallel streams, and stages."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

from tag2mask.models.backbones.conv_norm import ConvNorm
from tag2mask.models.backbones.hrnet_fusion import Fusion, relu_unit
from tag2mask.models.backbones.hrnet_spec import HRNetSpec
from tag2mask.models.backbones.residual import EXPANSION


class Residual(nn.Module):
    """Residual block: layers plus their input, followed by ReLU (He et al., CVPR 2016)."""

    def __init__(self, channels_in: int, layers: list[ConvNorm], channels_out: int) -> None:
        """Initialise from layers; the input is projected if the numbers of channels differ."""
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
        """Initialise the weights."""
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
    """A stage with one more stream than the previous one: transition and modules."""

    def __init__(self, spec: HRNetSpec, number: int) -> None:
        """Initialise the weights; `number` is 2, 3 or 4."""
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
        """Apply the transition: keep the streams, and create the new one from the coarsest."""
        last = len(streams) - 1
        return [entry(streams[min(i, last)]) for i, entry in enumerate(self.entries)]


def _entry(before: tuple[int, ...], index: int, width: int) -> nn.Module:
    """Build the transition into one stream of a stage."""
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
