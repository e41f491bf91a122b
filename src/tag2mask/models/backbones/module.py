"""What every backbone is: a module with a few known attributes."""

from __future__ import annotations

from torch import Tensor, nn

from tag2mask.core.contracts import InputError

IMAGENET_MEAN = (123.675, 116.28, 103.53)
"""Of ImageNet's pixels in 0..255, by channel: what most published weights were trained with."""
IMAGENET_STD = (58.395, 57.12, 57.375)
"""Likewise, the standard deviation."""


class BackboneModule(nn.Module):
    """Images in, features at several strides out; the torch side of `contracts.Backbone`.

    A backbone sets the attributes and defines the two methods; that is all the rest asks of it.
    """

    channels: tuple[int, ...]
    """Of each feature, high resolution first."""
    strides: tuple[int, ...]
    """Output stride of each feature, in pixels of the input."""
    output_stride: int
    """Of `representation`."""
    pixel_mean: tuple[float, ...]
    """Per channel, to subtract from pixels in 0..255."""
    pixel_std: tuple[float, ...]
    """Per channel, to divide by after that."""
    fixed_statistics: bool = False
    """Whether training leaves the statistics of batch normalisation as they are: those of
    pretrained weights, which a batch of 16 photos measures worse than ImageNet did."""

    def forward(self, images: Tensor) -> list[Tensor]:
        """Map normalised images (B, 3, H, W) to features, high resolution first."""
        raise NotImplementedError

    @property
    def evidence_channels(self) -> int:
        """Channels of `representation`."""
        return self.channels[-1]

    def representation(self, features: list[Tensor]) -> Tensor:
        """Return the one feature that is classified: the last, unless a backbone joins several."""
        return features[-1]

    def freeze(self, blocks: int) -> None:
        """Stop the first `blocks` blocks, and all before them, from learning; 0 frees nothing."""
        raise NotImplementedError

    def train(self, mode: bool = True) -> BackboneModule:
        """Set the mode; normalisation that is fixed or frozen keeps its statistics."""
        super().train(mode)
        for module in self.modules():
            if isinstance(module, nn.BatchNorm2d) and (
                self.fixed_statistics or not module.weight.requires_grad
            ):
                module.eval()
        return self


def check_output_stride(output_stride: int) -> None:
    """Refuse an output stride that dilation cannot reach from a stride of 32.

    Raises:
        InputError: it is none of 8, 16 and 32.
    """
    if output_stride not in (8, 16, 32):
        raise InputError(f"Output stride {output_stride} is not one of 8, 16 and 32.")


def check_blocks(blocks: int, count: int) -> None:
    """Refuse to freeze more blocks than there are.

    Raises:
        InputError: with the number there is.
    """
    if not 0 <= blocks <= count:
        raise InputError(f"{blocks} blocks cannot be frozen: there are {count}.")
