"""Recognition of the layout of a layer's output: channels first, channels last, or tokens.

A convolution returns (B, C, h, w), Swin and others (B, h, w, C), a transformer (B, T, C). The
layout is inferred from the type of the layer, the types of the layers that read or return tensors
of that shape, and the image's proportions; if it stays ambiguous, a `reshape_transform` is needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from tag2mask.core.contracts import InputError
from tag2mask.maps.tokens import first_patch, patch_grid

_FIRST = (
    nn.modules.conv._ConvNd, nn.modules.batchnorm._BatchNorm, nn.GroupNorm, nn.MaxPool2d,
    nn.AvgPool2d, nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool2d, nn.Upsample, nn.PixelShuffle,
)
"""Layers whose input and output are (B, C, h, w)."""


@dataclass(frozen=True)
class Layout:
    """The layout of an output, for conversion to (B, C, h, w).

    Attributes:
        channels: axis of the channels.
        grid: rows and columns of a transformer's patches; None for an output with four axes.
        first: index of the token of the first patch.
    """

    channels: int
    grid: tuple[int, int] | None = None
    first: int = 0

    @property
    def places(self) -> set[int]:
        """The axes of rows and columns of an output with four axes."""
        return {1, 2, 3} - {self.channels}

    def to_grid(self, output: Tensor) -> Tensor:
        """Convert an output of this layout, or its gradient, to (B, C, h, w)."""
        if self.grid is None:
            return output if self.channels == 1 else output.permute(0, 3, 1, 2)
        height, width = self.grid
        patches = output[:, self.first : self.first + height * width]
        return patches.transpose(1, 2).reshape(len(output), -1, height, width)


def layout_of(model: nn.Module, name: str, output: Tensor, images: Tensor) -> Layout:
    """Recognise the layout of a layer's output.

    Args:
        model: model with the layer.
        name: name of the layer in `model.named_modules()`.
        output: (B, C, h, w), (B, h, w, C) or (B, T, C).
        images: (B, 3, H, W), the input of the model.

    Raises:
        InputError: the output is not spatial, or its layout is ambiguous.
    """
    if output.dim() == 3:
        tokens = output.shape[1]
        grid = patch_grid(model, images, tokens)
        spare = tokens - grid[0] * grid[1]
        return Layout(2, grid, first_patch(model, images, grid, spare))
    if output.dim() != 4:
        raise InputError(
            f"Layer {name} gives {tuple(output.shape)}, no map of places; name an earlier layer."
        )
    return Layout(_channel_axis(model, name, output, images))


def is_spatial(output: Tensor, images: Tensor) -> bool:
    """Return whether an output with four axes has several cells in its likelier layout."""
    first, last = _fitting(output.shape, images)
    if last and not first:
        return output.shape[1:3].numel() > 1
    return output.shape[2:].numel() > 1


def _channel_axis(model: nn.Module, name: str, output: Tensor, images: Tensor) -> int:
    sure = _axis_of(model.get_submodule(name), output)
    if sure:
        return sure
    first, last = _fitting(output.shape, images)
    if first and not last:
        return 1
    votes = _votes(model, output, images)
    if len(votes) == 1:
        return votes.pop()
    if first and last:
        raise InputError(
            f"Which axis of layer {name}'s output {tuple(output.shape)} holds the channels cannot "
            "be known; give reshape_transform, which turns it into (B, C, h, w)."
        )
    return 3 if last else 1


def _axis_of(layer: nn.Module, tensor: Tensor) -> int:
    """Return the channel axis of a layer of a known type; 0 for other types."""
    while isinstance(layer, nn.Sequential) and len(layer):
        layer = layer[-1]
    if isinstance(layer, _FIRST):
        return 1
    # Subclasses of LayerNorm often normalise over axis 1.
    own = layer.normalized_shape if type(layer) is nn.LayerNorm else None
    return 3 if type(layer) is nn.Linear or own == tuple(tensor.shape[-1:]) else 0


def _fitting(shape: Sequence[int], images: Tensor) -> tuple[bool, bool]:
    """Return whether the image's proportions fit with channels first, and with channels last."""
    def fits(rows: int, columns: int) -> bool:
        height, width = images.shape[2:]
        off = min(abs(rows - height * columns / width), abs(columns - width * rows / height))
        return off <= 1 and rows <= height and columns <= width

    return fits(shape[2], shape[3]), fits(shape[1], shape[2])


@torch.no_grad()
def _votes(model: nn.Module, output: Tensor, images: Tensor) -> set[int]:
    """Collect the channel axes of all layers of known types that read or return that shape."""
    votes: set[int] = set()

    def note(layer: nn.Module, inputs: tuple[object, ...], given: object) -> None:
        for tensor in (*inputs[:1], given):
            if isinstance(tensor, Tensor) and tensor.shape[1:] == output.shape[1:]:
                votes.add(_axis_of(layer, tensor))

    if model.training:  # a pass would change the running statistics
        return votes
    leaves = [layer for layer in model.modules() if not any(layer.children())]
    hooks = [layer.register_forward_hook(note) for layer in leaves]
    try:
        model._call_impl(images[:1])  # type: ignore[no-untyped-call]
    finally:
        for hook in hooks:
            hook.remove()
    return votes - {0}
