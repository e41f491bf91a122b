"""Shared definitions: label numbers, shapes, and the error for mistakes of the user.

Shapes, by name: `images` (B, 3, H, W) float32, normalised; `tags` (B, K) multi-hot;
`features` (B, C, h, w); `maps` (B, K, h, w) in [0, 1]; `logits` (B, K + 1, H, W);
`scores` (1 + k, h, w) with row 0 the background; `pseudo_mask` (H, W) uint8. `num_classes` is K,
foreground only; `num_labels` is K + 1.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from torch import Tensor

BACKGROUND = 0
"""The label of pixels that belong to no class."""

IGNORE = 255
"""The label of undecided pixels; losses and scores ignore them."""


class InputError(Exception):
    """A mistake of the user, described in one sentence that names the problem and the fix.

    The command line prints the sentence without a traceback and exits with code 2.
    """


class SourceError(Exception):
    """Where photos are stored does not answer, or holds others than were read, in one sentence.

    No `InputError`, for which a single photo is left out: the fault is not that of one photo. The
    command ends with the sentence and exit code 2.
    """


def nearest(name: str, names: Collection[str]) -> str:
    """Return the most similar name, or all names if none is similar."""
    near = difflib.get_close_matches(name, names, 1)
    return near[0] if near else ", ".join(names)


class Backbone(Protocol):
    """Maps images to features at several strides, without classes, pooling or loss."""

    channels: tuple[int, ...]
    """Number of channels of each feature, highest resolution first."""

    strides: tuple[int, ...]
    """Output stride of each feature, in pixels of the input, highest resolution first."""

    output_stride: int
    """Output stride of the feature that the class layer uses."""

    pixel_mean: tuple[float, ...]
    """Mean of each channel, subtracted from pixels in 0..255."""

    pixel_std: tuple[float, ...]
    """Standard deviation of each channel, by which pixels are then divided."""

    def __call__(self, images: Tensor) -> list[Tensor]:
        """Return the features, highest resolution first: (B, channels[i], H/strides[i], ...)."""
        ...
