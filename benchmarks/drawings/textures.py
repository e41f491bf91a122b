"""What the sets with varied photos share: textures, soft shapes, and the faults of a camera."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw
from scipy import ndimage

from drawings.noise import Floats, Size, grid, turned

Point = tuple[float, float]
"""A column and a row, in pixels."""
Stroke = tuple[Sequence[Point], Sequence[float] | Floats]
"""A line through points, and its width in pixels at each."""


class Ellipse(NamedTuple):
    """An ellipse: its middle and radii in pixels, and its angle in radians from the rows."""

    row: float
    column: float
    high: float
    wide: float
    angle: float = 0

    def coordinates(self, size: Size) -> tuple[Floats, Floats]:
        """Return every pixel's coordinates along and across the ellipse, in pixels."""
        rows, columns = grid(size)
        return turned(rows - self.row, columns - self.column, self.angle)


def smooth_noise(
    rng: np.random.Generator, size: Size, width: float, width_right: float | None = None,
) -> Floats:
    """Return noise (H, W) with lumps of `width` pixels and a standard deviation of about one.

    It is random at the points of a coarse grid and cubic between them, which takes less time than
    a wide filter, and can be long and narrow.
    """
    widths = width, width_right or width
    counts = [int(np.ceil(side / step)) + 4 for side, step in zip(size, widths, strict=True)]
    values = rng.standard_normal(counts)
    down, right = (
        _cubic_weights(np.arange(side) / step + 1 + rng.random(), count)
        for side, step, count in zip(size, widths, counts, strict=True))
    return np.asarray(down @ values @ right.T)


def _cubic_weights(places: Floats, count: int) -> Floats:
    """Return the weights (N, count) of `count` values at N places between them (Catmull-Rom)."""
    before = np.floor(places).astype(int)
    part, each = places - before, np.arange(len(places))
    weights = np.zeros((len(places), count))
    weights[each, before - 1] = (-part ** 3 + 2 * part ** 2 - part) / 2
    weights[each, before] = (3 * part ** 3 - 5 * part ** 2 + 2) / 2
    weights[each, before + 1] = (-3 * part ** 3 + 4 * part ** 2 + part) / 2
    weights[each, before + 2] = (part ** 3 - part ** 2) / 2
    return weights


def clouds(
    rng: np.random.Generator, size: Size, width: float, octaves: int = 4, stretch: float = 1,
) -> Floats:
    """Return noise (H, W) with coarse and fine lumps.

    Args:
        rng: draws it.
        size: H and W.
        width: of the coarsest lumps, in pixels; those of each further octave are half as wide.
        octaves: how many sizes of lumps.
        stretch: how much longer the lumps are along a row.
    """
    values, strength, power = np.zeros(size), 1.0, 0.0
    for _ in range(octaves):
        values += strength * smooth_noise(rng, size, max(width, 1), max(width * stretch, 1))
        power += strength * strength
        strength, width = strength * .55, width / 2
    return np.asarray(values / np.sqrt(power) * 1.4)


def soft_step(values: Floats) -> Floats:
    """Return the sigmoid of the values: from 0, far below zero, to 1."""
    return np.asarray(1 / (1 + np.exp(-np.clip(values, -40, 40))))


def bell(values: Floats) -> Floats:
    """Return 1 where the values are zero, and less the further they are from it."""
    return np.asarray(np.exp(-values ** 2))


def log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    """Draw a number whose logarithm is uniform."""
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def depth(
    rng: np.random.Generator, size: Size, ellipse: Ellipse, rough: float = .15, waves: int = 6,
) -> Floats:
    """Return how deep every pixel (H, W) is inside a wavy ellipse, about in pixels; outside < 0."""
    along, across = ellipse.coordinates(size)
    along, across = along / ellipse.wide, across / ellipse.high
    angle, change = np.arctan2(across, along), np.zeros(size)
    for wave in range(2, 2 + waves):
        change += rng.normal() * rough / wave ** .8 * np.cos(wave * angle + rng.uniform(0, 6.3))
    edge = np.exp(change)
    return np.asarray((edge - np.hypot(along, across)) * np.sqrt(ellipse.wide * ellipse.high))


def over(image: Floats, colour: Floats | tuple[int, int, int], cover: Floats) -> Floats:
    """Return a photo (H, W, 3) with a colour or a surface on it, of the opacity `cover` (H, W)."""
    opacity = cover[..., None]
    return image * (1 - opacity) + np.asarray(colour, float) * opacity


def polygons(size: Size, outlines: Iterable[Sequence[Point]], fine: int = 4) -> Floats:
    """Return how much of every pixel (H, W) is in a polygon, 0 to 1, of `fine` squared samples."""
    picture = _samples(size, fine)
    canvas = ImageDraw.Draw(picture)
    for outline in outlines:
        canvas.polygon([_scaled(point, fine) for point in outline], fill=255)
    return _shares(picture, size)


def strokes(size: Size, lines: Iterable[Stroke], fine: int = 4) -> Floats:
    """Return how much of every pixel (H, W) is on a stroke, 0 to 1, of `fine` squared samples."""
    picture = _samples(size, fine)
    canvas = ImageDraw.Draw(picture)
    for points, widths in lines:
        for start, end, width in zip(points[:-1], points[1:], widths, strict=False):
            radius = width / 2 * fine
            ends = _scaled(start, fine), _scaled(end, fine)
            canvas.line(ends, fill=255, width=max(1, round(2 * radius)))
            for right, down in ends:
                canvas.ellipse(
                    (right - radius, down - radius, right + radius, down + radius), fill=255)
    return _shares(picture, size)


def _samples(size: Size, fine: int) -> Image.Image:
    return Image.new("L", (size[1] * fine, size[0] * fine), 0)


def _scaled(point: Point, fine: int) -> Point:
    return (point[0] + .5) * fine, (point[1] + .5) * fine


def _shares(picture: Image.Image, size: Size) -> Floats:
    return np.asarray(picture.resize(size[::-1], Image.Resampling.BOX), float) / 255


def photographed(
    rng: np.random.Generator, image: Floats, *, grain: tuple[float, float],
    dark_corners: tuple[float, float], blur: tuple[float, float], uneven: float,
) -> Floats:
    """Return a photo (H, W) or (H, W, 3) as a camera would show it, from 0 to 255.

    Args:
        rng: draws the faults.
        image: the photo without faults.
        grain: range of the noise's standard deviation.
        dark_corners: range of the loss of light half a side away from the middle.
        blur: range of the blur, in pixels; none below a quarter.
        uneven: the most that light varies.
    """
    height, width = size = image.shape[0], image.shape[1]
    rows, columns = grid(size)
    light = 1 + uneven * rng.random() * smooth_noise(rng, size, max(size) * .7)
    row, column = height * rng.uniform(.4, .6), width * rng.uniform(.4, .6)
    light = light * (1 - rng.uniform(*dark_corners) * ((rows - row) ** 2 + (columns - column) ** 2)
                     / ((height / 2) ** 2 + (width / 2) ** 2))
    colours = (1,) * (image.ndim - 2)
    image = image * light.reshape(*size, *colours)
    width_of_blur = rng.uniform(*blur)
    if width_of_blur > .25:
        image = ndimage.gaussian_filter(
            image, (width_of_blur, width_of_blur, 0)[:image.ndim])
    strength, noise = rng.uniform(*grain), rng.standard_normal(size)
    if image.ndim == 3:
        noise = .7 * noise[..., None] + .5 * rng.standard_normal(image.shape)
    return np.clip(image + strength * noise, 0, 255)
