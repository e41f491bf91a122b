"""A decoder that mirrors VGG's stages: unpooling in place of pooling, then convolutions.

Shared by SegNet and DeconvNet, which differ in the block and in the bottleneck.
"""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn

from tag2mask.core.contracts import InputError
from tag2mask.models.backbones import BackboneModule
from tag2mask.models.backbones.vgg import VGG
from tag2mask.models.segmenters.segmenter import SwitchedDecoder
from tag2mask.models.segmenters.unpooling import unpool


class MirrorDecoder(SwitchedDecoder):
    """Decodes VGG's pooled feature to the photo's size, without skip connections."""

    def __init__(
        self, encoder: VGG, block: Callable[[int, int], nn.Module], *,
        bottom: nn.Module | None = None,
    ) -> None:
        """Initialise the weights.

        Args:
            encoder: VGG to mirror; each stage has the same number of blocks, the last of which
                reduces to the width of the stage above.
            block: builds a layer that keeps height and width, from input and output channels.
            bottom: the bottleneck; keeps channels, height and width.
        """
        super().__init__()
        widths, repeats = encoder.spec.widths, encoder.spec.repeats
        self.bottom = nn.Identity() if bottom is None else bottom
        self.stages = nn.ModuleList(
            nn.Sequential(*(block(width, width) for _ in range(count - 1)), block(width, above))
            for width, count, above in zip(
                widths[::-1], repeats[::-1], (*widths[-2::-1], widths[0]), strict=True
            )
        )
        self.channels = widths[0]

    def forward(self, features: list[Tensor], switches: list[Tensor]) -> Tensor:
        """Map the last feature (B, C, h, w) and five switches to (B, channels, 32h, 32w)."""
        result: Tensor = self.bottom(features[-1])
        for stage, switch in zip(self.stages, reversed(switches), strict=True):
            result = stage(unpool(result, switch))
        return result


def as_mirrored(encoder: BackboneModule, network: str) -> VGG:
    """Check that a backbone can be mirrored, and return it.

    Raises:
        InputError: it is not a VGG, or omits a pooling.
    """
    if not isinstance(encoder, VGG) or encoder.output_stride != 32:
        raise InputError(
            f"{network} mirrors a VGG that pools five times; "
            "take the backbone vgg16_bn at output stride 32."
        )
    return encoder
