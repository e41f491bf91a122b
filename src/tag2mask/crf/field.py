"""The dense CRF of one photo: what it is computed from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, kw_only=True)
class Field:
    """The CRF of one photo.

    Attributes:
        image: (H, W, 3), any range.
        unary: (L, H, W) energies.
        gaussian: width and weight of the position kernel.
        bilateral: position width, colour width and weight of the bilateral kernel.
    """

    image: np.ndarray
    unary: np.ndarray
    gaussian: tuple[float, float]
    bilateral: tuple[float, float, float]

    @property
    def size(self) -> tuple[int, int]:
        """(H, W)."""
        return self.image.shape[0], self.image.shape[1]

    def positions(self) -> np.ndarray:
        """Return x and y of every pixel in widths of the position kernel."""
        return position_features(self.size, self.gaussian[0])

    def colours(self) -> np.ndarray:
        """Return x, y and colours of every pixel in widths of the bilateral kernel."""
        return bilateral_features(self.image, *self.bilateral[:2])


def position_features(size: tuple[int, int], width: float) -> np.ndarray:
    """Return x and y of every pixel in units of `width`: (H * W, 2) float32."""
    y, x = np.mgrid[: size[0], : size[1]]
    return np.stack([x, y], -1).reshape(-1, 2).astype(np.float32) / np.float32(width)


def bilateral_features(image: np.ndarray, width: float, colour: float) -> np.ndarray:
    """Return x, y and the channels of every pixel, each divided by its width: (H * W, 2 + C)."""
    places = position_features((image.shape[0], image.shape[1]), width)
    colours = image.reshape(len(places), -1).astype(np.float32) / np.float32(colour)
    return np.concatenate([places, colours], 1)
