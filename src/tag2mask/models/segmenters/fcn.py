"""FCN-32s, FCN-16s and FCN-8s (Long et al., CVPR 2015): scores of several strides, summed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from tag2mask.core.contracts import InputError
from tag2mask.models.backbones import BackboneModule
from tag2mask.models.segmenters.segmenter import Decoder, Segmenter


@dataclass(frozen=True, kw_only=True)
class FCNSpec:
    """Strides of the scored features, and the width of fc6 and fc7."""

    strides: tuple[int, ...]
    """Strides of the scored features, each half of the previous one."""
    hidden: int = 0
    """Width of fc6 (7x7) and fc7 (1x1) before the first scores, 4,096 as published; 0 for none."""


FCN_32S, FCN_16S, FCN_8S = (FCNSpec(strides=(32, 16, 8)[:count]) for count in (1, 2, 3))


class FCNDecoder(Decoder):
    """Scores of the deepest feature, upsampled by 2 and added to those of the next, and so on.

    Features are the last of their stride, and the first scores are brought to the photo's size by
    `Segmenter`, bilinearly and fixed, as the paper fixes its last layer.

    Differs from the paper: fc6 and fc7 only on demand (`FCNSpec.hidden`), and padded instead of the
    photo; the scores at strides 16 and 8 are those of VGG's stages 5 and 4 before their pooling,
    not of its third and fourth pooling.
    """

    def __init__(
        self, channels: Sequence[int], strides: Sequence[int], num_labels: int, *, spec: FCNSpec
    ) -> None:
        """Initialise the weights; those of all scores but the first start at zero, as FCN-32s.

        Args:
            channels: numbers of channels of the encoder's features.
            strides: strides of those features.
            num_labels: K + 1, the background included.
            spec: the scored strides.

        Raises:
            InputError: there is no feature with a scored stride.
        """
        super().__init__()
        last = {stride: index for index, stride in enumerate(strides)}
        for stride in spec.strides:
            if stride not in last:
                raise InputError(
                    f"FCN scores a feature of stride {stride}, and the backbone has none; "
                    f"take output stride {spec.strides[0]}."
                )
        self._taps = [last[stride] for stride in spec.strides]
        widths = [channels[tap] for tap in self._taps]
        self.hidden: nn.Module = nn.Identity()
        if spec.hidden:
            self.hidden, widths[0] = _fully_connected(widths[0], spec.hidden), spec.hidden
        self.scores = nn.ModuleList(nn.Conv2d(width, num_labels, 1) for width in widths)
        for parameter in self.scores[1:].parameters():
            nn.init.zeros_(parameter)
        self.doublings = nn.ModuleList(_doubling(num_labels) for _ in widths[1:])
        self.channels = num_labels

    def forward(self, features: list[Tensor]) -> Tensor:
        """Map features, high resolution first, to scores (B, K + 1, h, w) of the finest stride."""
        first, *others = (features[tap] for tap in self._taps)
        result: Tensor = self.scores[0](self.hidden(first))
        for double, score, feature in zip(self.doublings, self.scores[1:], others, strict=True):
            result = double(result) + score(feature)
        return result


def build_fcn(encoder: BackboneModule, num_labels: int, *, spec: FCNSpec) -> Segmenter:
    """Score an encoder's features; the decoder's result is the logits already.

    Raises:
        InputError: the encoder lacks a stride.
    """
    decoder = FCNDecoder(encoder.channels, encoder.strides, num_labels, spec=spec)
    return Segmenter(encoder, decoder, num_labels, head=nn.Identity())


def _fully_connected(channels: int, width: int) -> nn.Sequential:
    """Make fc6 and fc7 as convolutions (section 3.1)."""
    return nn.Sequential(
        nn.Conv2d(channels, width, 7, padding=3), nn.ReLU(inplace=True), nn.Dropout2d(),
        nn.Conv2d(width, width, 1), nn.ReLU(inplace=True), nn.Dropout2d(),
    )


@torch.no_grad()
def _doubling(num_labels: int) -> nn.ConvTranspose2d:
    """Make a deconvolution that starts as bilinear doubling of each label (section 3.3).

    It pads with zeros at the border, whereas `F.interpolate` repeats the last cell.
    """
    layer = nn.ConvTranspose2d(num_labels, num_labels, 4, 2, padding=1, bias=False)
    side = torch.tensor([0.25, 0.75, 0.75, 0.25])
    each = torch.arange(num_labels)
    nn.init.zeros_(layer.weight)
    layer.weight[each, each] = side.outer(side)
    return layer
