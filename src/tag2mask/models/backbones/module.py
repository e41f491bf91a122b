"""Base class of all backbones."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

from tag2mask.core.contracts import InputError

IMAGENET_MEAN = (123.675, 116.28, 103.53)
"""Channel means of ImageNet's pixels in 0..255, used by most published weights."""
IMAGENET_STD = (58.395, 57.12, 57.375)
"""Channel standard deviations of ImageNet's pixels in 0..255."""


class BackboneModule(nn.Module):
    """Maps images to features at several strides; the torch side of `contracts.Backbone`.

    A subclass must set the attributes and define `forward` and `freeze`.
    """

    channels: tuple[int, ...]
    """Number of channels of each feature, high resolution first."""
    strides: tuple[int, ...]
    """Output stride of each feature, in pixels of the input."""
    output_stride: int
    """Stride of `representation`."""
    pixel_mean: tuple[float, ...]
    """Mean per channel, to subtract from pixels in 0..255."""
    pixel_std: tuple[float, ...]
    """Standard deviation per channel, to divide by afterwards."""
    pads_to: int | None = None
    """Multiple to which `forward` pads both sides at the right and the bottom; 1 without padding.
    None if it depends on the size of the images in another way, so that one exported graph does not
    fit all sizes."""
    fixed_statistics: bool = False
    """Whether batch normalisation statistics are fixed in training: pretrained ones are more
    accurate than those of a batch of 16 photos."""

    def forward(self, images: Tensor) -> list[Tensor]:
        """Map normalised images (B, 3, H, W) to features, high resolution first."""
        raise NotImplementedError

    @property
    def evidence_channels(self) -> int:
        """Number of channels of `representation`."""
        return self.channels[-1]

    def representation(self, features: list[Tensor]) -> Tensor:
        """Return the classified feature: the last, unless a backbone combines several."""
        return features[-1]

    def freeze(self, blocks: int) -> None:
        """Freeze the first `blocks` blocks and all layers before them; 0 unfreezes nothing."""
        raise NotImplementedError

    def train(self, mode: bool = True) -> BackboneModule:
        """Set the mode; fixed or frozen normalisation layers keep their statistics."""
        super().train(mode)
        for module in self.modules():
            if isinstance(module, nn.BatchNorm2d) and (
                self.fixed_statistics or not module.weight.requires_grad
            ):
                module.eval()
        return self


def pad_to(images: Tensor, multiple: int) -> Tensor:
    """Pad (B, 3, H, W) with zeros at the right and the bottom to multiples of `multiple`."""
    down, right = (-side % multiple for side in images.shape[-2:])
    return F.pad(images, (0, right, 0, down)) if down or right else images


def cropped(
    features: list[Tensor], strides: Sequence[int], images: Tensor, whole: Tensor
) -> list[Tensor]:
    """Crop features of padded images to ceil(H / stride) x ceil(W / stride) cells.

    Args:
        features: (B, C_i, h_i, w_i), computed from `whole`.
        strides: of the features.
        images: (B, 3, H, W).
        whole: `images` after `pad_to`. Without padding nothing is cropped, so that a graph that is
            exported without padding does not contain crops, which take time.
    """
    if whole is images:
        return features
    height, width = images.shape[-2:]
    pairs = zip(features, strides, strict=True)
    return [f[..., : -(-height // s), : -(-width // s)] for f, s in pairs]


def check_output_stride(output_stride: int) -> None:
    """Raise an error for an output stride that dilation cannot reach from a stride of 32.

    Raises:
        InputError: it is not 8, 16 or 32.
    """
    if output_stride not in (8, 16, 32):
        raise InputError(f"Output stride {output_stride} is not one of 8, 16 and 32.")


def check_blocks(blocks: int, count: int) -> None:
    """Raise an error if more blocks are to be frozen than there are.

    Raises:
        InputError: `blocks` exceeds `count`.
    """
    if not 0 <= blocks <= count:
        raise InputError(f"{blocks} blocks cannot be frozen: there are {count}.")
