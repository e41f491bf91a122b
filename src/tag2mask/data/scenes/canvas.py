"""Compose shapes: layers form a sprite, and sprites are placed without hiding parts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tag2mask.data.scenes.shapes import Floats, Frame, coverage
from tag2mask.data.scenes.textures import Colour

Bytes = NDArray[np.uint8]
Flags = NDArray[np.bool_]

TRIES = 80
"""Maximum number of positions tried for a creature before it is omitted."""

MARGIN = 2
"""Width in pixels of the margin along the picture's edge."""

MOST_HIDDEN = 0.12
"""Maximum share of a creature that another one may hide."""


@dataclass(frozen=True)
class Layer:
    """One shape of a drawing: `distance` (h, w) in units, `colour` (h, w, 3) or one colour."""

    distance: Floats
    colour: Floats | Colour
    discriminative: bool = False


@dataclass(frozen=True)
class Sprite:
    """A drawn object, cropped to what is visible; all (h, w)."""

    colour: Floats
    """(h, w, 3), already multiplied by `alpha`."""
    alpha: Floats
    inside: Flags
    discriminative: Flags


def sprite(at: Frame, layers: Iterable[Layer]) -> Sprite:
    """Compose `layers` from back to front; at least one must be visible."""
    shape = at.u.shape
    colour, alpha = np.zeros((*shape, 3)), np.zeros(shape)
    inside, discriminative = np.zeros(shape, np.bool_), np.zeros(shape, np.bool_)
    for layer in layers:
        cover = coverage(layer.distance, at.pixel)
        if not cover.any():
            continue
        box = _box(cover > 0.0)
        cover, within = cover[box], layer.distance[box] < 0.0
        paint = np.broadcast_to(np.asarray(layer.colour), colour.shape)[box]
        colour[box] += (paint - colour[box]) * cover[..., None]
        alpha[box] += (1.0 - alpha[box]) * cover
        inside[box] |= within
        discriminative[box] = np.where(within, layer.discriminative, discriminative[box])
    box = _box(alpha > 0.0)
    return Sprite(colour[box], alpha[box], inside[box], discriminative[box])


class Canvas:
    """A picture under construction, with the ground truth of each pixel."""

    def __init__(self, ground: Floats) -> None:
        """Initialise with a ground (H, W, 3) in [0, 255]."""
        self.image = ground
        self.mask: Bytes = np.zeros(ground.shape[:2], np.uint8)
        self.parts: Bytes = np.zeros(ground.shape[:2], np.uint8)

    def place(self, new: Sprite, rng: np.random.Generator, *, label: int) -> bool:
        """Draw `new` so that it hides no discriminative part; return False if there is no room."""
        room = [self.mask.shape[i] - new.alpha.shape[i] - 2 * MARGIN for i in (0, 1)]
        if min(room) < 0:
            return False
        for _ in range(TRIES):
            top, left = (MARGIN + int(rng.random() * (free + 1)) for free in room)
            window = np.s_[top : top + new.alpha.shape[0], left : left + new.alpha.shape[1]]
            if self._fits(new, window):
                self._draw(new, window, label)
                return True
        return False

    def picture(self) -> Bytes:
        """Return the picture (H, W, 3), RGB."""
        return np.clip(np.rint(self.image), 0, 255).astype(np.uint8)

    def _fits(self, new: Sprite, window: tuple[slice, slice]) -> bool:
        hidden = np.where(new.alpha > 0.0, self.mask[window], 0)
        if np.any(self.parts[window][new.alpha > 0.0]):
            return False
        return all(
            np.count_nonzero(hidden == label) <= MOST_HIDDEN * np.count_nonzero(self.mask == label)
            for label in np.unique(hidden[hidden > 0])
        )

    def _draw(self, new: Sprite, window: tuple[slice, slice], label: int) -> None:
        self._shade(new, window)
        keep = 1.0 - new.alpha[..., None]
        self.image[window] = self.image[window] * keep + new.colour
        self.mask[window][new.inside] = label
        self.parts[window][new.inside] = 0
        self.parts[window][new.discriminative] = label

    def _shade(self, new: Sprite, window: tuple[slice, slice]) -> None:
        """Darken the ground (not other objects) under the object's feet."""
        rows, columns = window
        height, width = self.mask.shape
        y = (np.arange(height)[:, None] - rows.stop + 4.0) / 7.0
        x = np.arange(width)[None, :] - (columns.start + columns.stop) / 2.0
        x = x / (0.45 * new.alpha.shape[1])
        dark = 0.45 * np.clip(1.0 - y * y - x * x, 0.0, 1.0) * (self.mask == 0)
        self.image *= (1.0 - dark)[..., None]


def _box(visible: Flags) -> tuple[slice, slice]:
    rows, columns = np.flatnonzero(visible.any(1)), np.flatnonzero(visible.any(0))
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
