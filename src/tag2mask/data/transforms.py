"""Convert photos to network input: resizing, random crops, normalisation.

Every random choice comes from a generator that the caller seeds by (seed, epoch, photo), so an
interrupted training continues with exactly the same crops.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from tag2mask.core.contracts import IGNORE

if TYPE_CHECKING:
    from torch import Tensor  # loaded late: prediction with an exported network does without it

LEAST_CROP = 32
"""Side of a training crop in pixels, below which the coarsest feature map would be empty."""

LARGEST_CROP = 4096
"""Side of a training crop in pixels, above which no machine has enough memory."""

_LEAST_SIDE = 16
"""Minimum side in pixels that a network needs, also for a photo that is one pixel wide."""


def generator(*key: int | str) -> np.random.Generator:
    """Return a generator that depends on `key` alone, the same on every machine."""
    digest = hashlib.sha256("/".join(map(str, key)).encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "little"))


@dataclass(frozen=True, kw_only=True)
class RandomCrop:
    """Draws a scaled, flipped and colour-jittered square crop of a photo and of its mask.

    Args:
        size: side of the square in pixels.
        scale: range of the photo's long side, in multiples of `size`.
        jitter: maximum change of brightness, contrast and saturation, as a share.
    """

    size: int
    scale: tuple[float, float] = (0.8, 1.6)
    jitter: float = 0.3

    def __call__(
        self, photo: np.ndarray, rng: np.random.Generator, mask: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """Crop one photo.

        Args:
            photo: (H, W, 3) uint8.
            rng: generator for all random choices.
            mask: (H', W') uint8 of the same view, at any resolution, or None.

        Returns:
            The crop (size, size, 3) uint8 and the mask's (size, size), 255 outside the photo.
        """
        view = self._view((photo.shape[0], photo.shape[1]), rng)
        crop = view.cut(photo, Image.Resampling.BILINEAR, fill=127)
        labels = None if mask is None else view.cut(mask, Image.Resampling.NEAREST, fill=IGNORE)
        return jitter_colours(crop, self.jitter, rng), labels

    def skip(self, size: tuple[int, int], rng: np.random.Generator) -> None:
        """Draw what the crop of a photo of `size` draws, so that `rng` is in the same state."""
        self._view(size, rng)
        _changes(rng)

    def _view(self, size: tuple[int, int], rng: np.random.Generator) -> _View:
        zoom = self.size * np.exp(rng.uniform(*np.log(self.scale))) / max(size)
        tall, wide = (max(1, round(side * zoom)) for side in size)
        top, left = (self._offset(side, rng) for side in (tall, wide))
        flip = rng.random() < 0.5
        return _View(tall, wide, top, left, self.size, flip)

    def _offset(self, side: int, rng: np.random.Generator) -> int:
        low, high = sorted((0, side - self.size))
        return int(rng.integers(low, high + 1))


@dataclass(frozen=True)
class _View:
    """A window of `size` at (top, left) of an image resized to (tall, wide)."""

    tall: int
    wide: int
    top: int
    left: int
    size: int
    flip: bool

    def cut(self, image: np.ndarray, method: Image.Resampling, *, fill: int) -> np.ndarray:
        """Resize only the window, and fill the area outside the image."""
        rows = slice(max(0, self.top), min(self.tall, self.top + self.size))
        columns = slice(max(0, self.left), min(self.wide, self.left + self.size))
        down, across = image.shape[0] / self.tall, image.shape[1] / self.wide
        box = (columns.start * across, rows.start * down, columns.stop * across, rows.stop * down)
        shape = (columns.stop - columns.start, rows.stop - rows.start)
        part = np.asarray(Image.fromarray(image).resize(shape, method, box=box))
        window = np.full((self.size, self.size, *image.shape[2:]), fill, np.uint8)
        y, x = max(0, -self.top), max(0, -self.left)
        window[y : y + part.shape[0], x : x + part.shape[1]] = part
        return window[:, ::-1] if self.flip else window


_GREY = np.array([0.299, 0.587, 0.114])
"""Weights of red, green and blue in brightness (ITU-R BT.601)."""


def jitter_colours(image: np.ndarray, strength: float, rng: np.random.Generator) -> np.ndarray:
    """Change brightness, then saturation, then contrast, combined into one affine map.

    Args:
        image: (H, W, 3) uint8.
        strength: maximum change of each, as a share.
        rng: generator for the three changes.

    Returns:
        (H, W, 3) uint8.
    """
    brightness, contrast, saturation = 1 + strength * _changes(rng)
    mixed = saturation * np.eye(3) + (1 - saturation) * _GREY
    offset = (1 - contrast) * brightness * (image.mean((0, 1)) @ _GREY)
    rows = np.column_stack([contrast * brightness * mixed, np.full(3, offset)])
    changed = Image.fromarray(image).convert("RGB", tuple(rows.ravel().tolist()))
    return np.asarray(changed)


def _changes(rng: np.random.Generator) -> np.ndarray:
    """Draw the changes of brightness, contrast and saturation, -1 to 1."""
    return rng.uniform(-1, 1, 3)


def resize(image: np.ndarray, size: tuple[int, int], *, nearest: bool = False) -> np.ndarray:
    """Resize (H, W, 3) or (H, W) uint8 to `size` = (height, width).

    Photos are smoothed when shrunk; `nearest` is for masks, whose labels must not be blended.
    """
    if image.shape[:2] == size:
        return image
    method = Image.Resampling.NEAREST if nearest else Image.Resampling.BILINEAR
    return np.array(Image.fromarray(image).resize(size[::-1], method))


def fit_within(size: tuple[int, int], long_side: int) -> tuple[int, int]:
    """Return (height, width) with the long side at most `long_side`, and at least one pixel."""
    zoom = min(1.0, long_side / max(size))
    return max(1, round(size[0] * zoom)), max(1, round(size[1] * zoom))


def scale_to(size: tuple[int, int], long_side: int) -> tuple[int, int]:
    """Return (height, width) with the long side `long_side`, and no side below 16 pixels."""
    zoom = long_side / max(size)
    return max(_LEAST_SIDE, round(size[0] * zoom)), max(_LEAST_SIDE, round(size[1] * zoom))


def to_images(
    photos: list[np.ndarray], mean: tuple[float, ...], std: tuple[float, ...]
) -> Tensor:
    """Stack photos of one size and normalise them.

    Args:
        photos: B arrays (H, W, 3), 0 to 255.
        mean: mean per channel, for pixels in 0..255.
        std: standard deviation per channel, for pixels in 0..255.

    Returns:
        (B, 3, H, W) float32, channels-last in memory.
    """
    import torch

    stacked = torch.from_numpy(np.stack(photos)).permute(0, 3, 1, 2).float()
    offset, scale = (torch.tensor(values).view(1, 3, 1, 1) for values in (mean, std))
    return stacked.sub_(offset).div_(scale)


def to_array(
    photos: list[np.ndarray], mean: tuple[float, ...], std: tuple[float, ...], *, grid: int
) -> np.ndarray:
    """Stack and normalise photos as `to_images` does, without torch, and pad with zeros.

    Args:
        photos: B arrays (H, W, 3), 0 to 255.
        mean: mean per channel, for pixels in 0..255.
        std: standard deviation per channel, for pixels in 0..255.
        grid: height and width of the result are multiples of it.

    Returns:
        (B, 3, H', W') float32, padded below and on the right.
    """
    height, width = photos[0].shape[:2]
    images = np.zeros((len(photos), 3, height + -height % grid, width + -width % grid), np.float32)
    inner = images[..., :height, :width]
    inner[...] = np.stack(photos).transpose(0, 3, 1, 2)
    inner -= np.array(mean, np.float32).reshape(3, 1, 1)
    inner /= np.array(std, np.float32).reshape(3, 1, 1)
    return images
