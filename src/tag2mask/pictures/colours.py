"""Colours of overlays: one per class, and a colour map for activation maps.

The Pascal VOC palette of mask files is unsuitable for viewing: label 1 is a dark maroon and label 4
a dark blue, and on a photo both look like shadows. So overlays use different colours.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

_FIRST = ("e69f00", "56b4e9", "009e73", "f0e442", "0072b2", "d55e00", "cc79a7")
"""Okabe & Ito (2008), "Color Universal Design": distinguishable by colour-blind people."""

_RAMP = ("1b1a4b", "33478f", "2f7fa6", "46b08f", "a6d063", "fff04a")
"""From indigo to yellow with increasing lightness, so that it is also readable in grey."""

UNDECIDED = (150, 150, 150)
"""The grey of undecided pixels."""


@lru_cache(maxsize=8)
def class_colours(num_labels: int = 256) -> np.ndarray:
    """Return a colour for every label, bright enough to be visible on a photo.

    The first seven classes have the colours of Okabe & Ito; each further class has the colour
    furthest (in OKLab) from all previous ones, so that even 80 classes differ as much as possible.
    The colour of a label does not depend on the number of labels.

    Args:
        num_labels: K + 1, 1 to 256; further entries are grey.

    Returns:
        (256, 3) uint8, read-only: row 0, the background, is black; row 255 the undecided grey.
    """
    colours = np.full((256, 3), UNDECIDED, np.uint8)
    colours[0] = 0
    count = min(num_labels, 255) - 1
    first = np.array([_rgb(code) for code in _FIRST[:max(count, 0)]], np.uint8).reshape(-1, 3)
    colours[1:1 + len(first)] = first
    if count > len(first):
        colours[1 + len(first):1 + count] = _furthest(first, count - len(first))
    colours.setflags(write=False)
    return colours


def ramp(values: np.ndarray) -> np.ndarray:
    """Map numbers in [0, 1] to colours from indigo (0) to yellow (1).

    Args:
        values: any shape, float; clipped to [0, 1], NaN counts as 0.

    Returns:
        the shape of `values` + (3,), uint8.
    """
    stops = np.array([_rgb(code) for code in _RAMP], np.float64)
    place = np.clip(np.nan_to_num(values, nan=0.0), 0, 1) * (len(stops) - 1)
    channels = [np.interp(place, np.arange(len(stops)), stops[:, c]) for c in range(3)]
    return np.stack(channels, axis=-1).round().astype(np.uint8)


def css(colour: np.ndarray) -> str:
    """Format a (3,) uint8 colour as `#rrggbb`."""
    return "#" + "".join(f"{int(channel):02x}" for channel in colour)


def _rgb(code: str) -> tuple[int, int, int]:
    return int(code[0:2], 16), int(code[2:4], 16), int(code[4:6], 16)


def _furthest(taken: np.ndarray, count: int) -> np.ndarray:
    """Select `count` bright colours, each the furthest from all previous ones: (count, 3)."""
    candidates = _bright_colours()
    places = oklab(candidates)
    gap = np.linalg.norm(places[:, None] - oklab(taken)[None], axis=-1).min(axis=1)
    picked = []
    for _ in range(count):
        best = int(gap.argmax())
        picked.append(candidates[best])
        gap = np.minimum(gap, np.linalg.norm(places - places[best], axis=-1))
    return np.array(picked, np.uint8)


def _bright_colours() -> np.ndarray:
    """Return the RGB grid colours that are neither dark, greyish nor glaring, (N, 3) uint8."""
    steps = np.linspace(0, 255, 16).round().astype(np.uint8)
    grid = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1).reshape(-1, 3)
    lightness, *chroma = oklab(grid).T
    strength = np.hypot(*chroma)
    kept = (lightness > 0.52) & (lightness < 0.9) & (strength > 0.11) & (strength < 0.18)
    return np.asarray(grid[kept])


def oklab(colours: np.ndarray) -> np.ndarray:
    """Convert sRGB colours to the perceptually uniform colour space OKLab (Ottosson, 2020).

    Args:
        colours: (N, 3) uint8.

    Returns:
        (N, 3) float64: lightness in [0, 1], and two opponent axes of about ±0.3.
    """
    share = colours.astype(np.float64) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    cones = np.cbrt(linear @ _TO_CONES.T)
    return np.asarray(cones @ _TO_LAB.T)


_TO_CONES = np.array([[0.4122214708, 0.5363325363, 0.0514459929],
                      [0.2119034982, 0.6806995451, 0.1073969566],
                      [0.0883024619, 0.2817188376, 0.6299787005]])
_TO_LAB = np.array([[0.2104542553, 0.7936177850, -0.0040720468],
                    [1.9779984951, -2.4285922050, 0.4505937099],
                    [0.0259040371, 0.7827717662, -0.8086757660]])
