"""VGG-16 (Simonyan & Zisserman, ICLR 2015), the encoder of the first segmentation networks.

Five stages of 3x3 convolutions, each ended by a 2x2 max-pooling that can return its indices.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

from tag2mask.models.backbones.batch_norm import SteadyBatchNorm2d
from tag2mask.models.backbones.entry import BackboneEntry
from tag2mask.models.backbones.hub import fetch
from tag2mask.models.backbones.module import (
    IMAGENET_MEAN,
    IMAGENET_STD,
    BackboneModule,
    check_blocks,
    check_output_stride,
    cropped,
    pad_to,
)

_HEADS = ("classifier.", "pre_logits.", "head.")
"""Key prefixes of the ImageNet classifier in torchvision and timm."""


@dataclass(frozen=True, kw_only=True)
class VGGSpec:
    """One column of the paper's table 1, or a narrower one."""

    repeats: tuple[int, ...] = (2, 2, 3, 3, 3)
    """Number of convolutions of each stage."""
    channels: tuple[int, ...] = (64, 128, 256, 512, 512)
    """Number of channels of each stage, as published."""
    width: float = 1.0
    """Factor for the numbers of channels."""
    batch_norm: bool = False
    """Whether batch normalisation follows each convolution, which is later than the paper."""

    @property
    def widths(self) -> tuple[int, ...]:
        """Actual number of channels of each stage."""
        return tuple(max(1, round(self.width * channels)) for channels in self.channels)


VGG16, VGG16_BN = VGGSpec(), VGGSpec(batch_norm=True)
VGG16_BN_HALF = VGGSpec(batch_norm=True, width=0.5)
"""For scenes of 96 to 128 pixels, from scratch: 0.7 to 1.3 GMAC a photo, 3.7 M parameters."""
VGG16_BN_QUARTER = VGGSpec(batch_norm=True, width=0.25)


class VGG(BackboneModule):
    """VGG with six features: each stage before its pooling, then the pooled last stage.

    Strides 1, 2, 4, 8, 16 and 32. U-Net uses stages before their pooling, SegNet and DeconvNet
    need the size of each, and FCN scores the last two. At output stride 16 the last pooling and its
    feature are omitted; at 8 also the fourth, and the last stage is dilated by 2.

    Attributes:
        spec: architecture of the network.
        output_stride: of the last feature.
        channels: number of channels of each feature, high resolution first.
        strides: stride of each feature.
        pixel_mean: mean to subtract from pixels in 0..255.
        pixel_std: standard deviation to divide by afterwards.
    """

    pixel_mean, pixel_std = IMAGENET_MEAN, IMAGENET_STD

    def __init__(self, spec: VGGSpec = VGG16, *, output_stride: int = 32) -> None:
        """Initialise the weights.

        Args:
            spec: the variant, such as `VGG16`.
            output_stride: 32, 16 or 8: poolings beyond it become dilations.

        Raises:
            InputError: the output stride is not supported.
        """
        super().__init__()
        check_output_stride(output_stride)
        self.spec = spec
        self.output_stride = self.pads_to = output_stride
        layers: list[nn.Module] = []
        self._ends: list[int] = []
        strides, dilation, channels = [1], 1, 3
        for width, repeats in zip(spec.widths, spec.repeats, strict=True):
            for _ in range(repeats):
                layers += _unit(channels, width, dilation=dilation, batch_norm=spec.batch_norm)
                channels = width
            self._ends.append(len(layers))
            pooled = strides[-1] * 2 <= output_stride
            # An omitted pooling keeps its index, so that the names of the weights are unchanged.
            layers.append(nn.MaxPool2d(2) if pooled else nn.Identity())
            strides.append(strides[-1] * 2 if pooled else strides[-1])
            dilation = 1 if pooled else 2 * dilation
        self.features = nn.Sequential(*layers)
        features = len(spec.widths) + pooled
        self.channels = (*spec.widths, spec.widths[-1])[:features]
        self.strides = tuple(strides[:features])
        self._frozen = 0

    def forward(self, images: Tensor) -> list[Tensor]:
        """Return the features, high resolution first, each ceil(H / stride) x ceil(W / stride).

        Args:
            images: (B, 3, H, W), normalised; any H and W.
        """
        whole = pad_to(images, self.output_stride)
        return cropped(self._run(whole, None), self.strides, images, whole)

    def forward_with_switches(self, images: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        """Return the features of the padded images, and the indices of each max-pooling.

        Args:
            images: (B, 3, H, W), normalised; padded at the right and the bottom to multiples of the
                output stride.

        Returns:
            The features, high resolution first, and one switch per pooling: int64, of the pooled
            shape, the index of the maximum in the flattened plane before the pooling.
        """
        switches: list[Tensor] = []
        return self._run(pad_to(images, self.output_stride), switches), switches

    def freeze(self, blocks: int) -> None:
        """Freeze the first `blocks` convolutions with their normalisation."""
        check_blocks(blocks, sum(self.spec.repeats))
        self._frozen = blocks
        for layer in self._frozen_layers():
            layer.requires_grad_(False)
        self.train(self.training)

    def _run(self, images: Tensor, switches: list[Tensor] | None) -> list[Tensor]:
        """Map padded images to features, and append the indices of each max-pooling."""
        result, features = images, []
        for index, layer in enumerate(self.features):
            if index in self._ends:
                features.append(result)
            if switches is not None and isinstance(layer, nn.MaxPool2d):
                result, places = F.max_pool2d(result, 2, return_indices=True)
                switches.append(places)
            else:
                result = layer(result)
        return features if len(features) == len(self.strides) else [*features, result]

    def _frozen_layers(self) -> Iterator[nn.Module]:
        seen = 0
        for layer in self.features:
            seen += isinstance(layer, nn.Conv2d)
            if seen > self._frozen:
                return
            yield layer


def _unit(channels_in: int, width: int, *, dilation: int, batch_norm: bool) -> list[nn.Module]:
    convolution = nn.Conv2d(channels_in, width, 3, padding=dilation, dilation=dilation)
    # Thirteen layers without normalisation do not start from smaller weights (He et al., 2015).
    nn.init.kaiming_normal_(convolution.weight, mode="fan_out", nonlinearity="relu")
    nn.init.zeros_(convolution.get_parameter("bias"))
    norm = [SteadyBatchNorm2d(width)] if batch_norm else []
    return [convolution, *norm, nn.ReLU(inplace=True)]


def _entry(spec: VGGSpec, repo: str = "") -> BackboneEntry:
    return BackboneEntry(
        build=partial(VGG, spec), pretrained=partial(fetch, repo) if repo else None,
        origin=repo or "no", heads=_HEADS, output_stride=32, early_blocks=7,
        pretraining="ImageNet-1k, image classes (VGG-16)",
        pixel_mean=IMAGENET_MEAN, pixel_std=IMAGENET_STD,
    )


ENTRIES = {
    "vgg16": _entry(VGG16, "timm/vgg16.tv_in1k"),
    "vgg16_bn": _entry(VGG16_BN, "timm/vgg16_bn.tv_in1k"),
    "vgg16_bn_half": _entry(VGG16_BN_HALF),
    "vgg16_bn_quarter": _entry(VGG16_BN_QUARTER),
}
"""Registry entries of the backbones by name."""
