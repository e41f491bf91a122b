"""The starfish that `underwater` draws."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from drawings.noise import Floats, Size, grid
from drawings.textures import Point, clouds, over, polygons, smooth_noise, soft_step

COLOURS = np.array((
    (200, 80, 50), (170, 60, 90), (220, 140, 60), (90, 70, 150), (190, 160, 120), (140, 50, 40),
    (110, 110, 120)), float)
POINTS = 12
"""Along the middle of each arm."""


def starfish(
    rng: np.random.Generator, size: Size, middle: Point, radius: float,
) -> tuple[Floats, Floats]:
    """Draw a starfish.

    Args:
        rng: draws it.
        size: H and W of the photo.
        middle: the starfish's column and row.
        radius: about the length of its arms, in pixels.

    Returns:
        How much of every pixel it covers (H, W), 0 to 1, and its surface (H, W, 3).
    """
    angle, flat = rng.uniform(0, 6.3), rng.uniform(.55, 1)
    count = 5 if rng.random() < .85 else 6
    arms = [_arm(rng, angle + number * 2 * np.pi / count, radius) for number in range(count)]
    around = np.linspace(0, 6.3, 30)
    disc = radius * .33 * np.stack((np.cos(around), np.sin(around)), 1)
    outlines = [[(middle[0] + right, middle[1] + down * flat) for right, down in outline]
                for outline in (*(outline for outline, _ in arms), disc)]
    cover = polygons(size, outlines)
    surface = _surface(rng, cover, radius)
    if radius > 25:
        rows, columns = grid(size)
        for right, down in np.concatenate([spine[1:-1] for _, spine in arms]):
            distance = np.hypot(columns - middle[0] - right, rows - middle[1] - down * flat)
            wart = .3 * soft_step((max(.7, radius * .022) - distance) / .5)
            surface = over(surface, (235, 215, 190), wart)
    return cover, surface


def _arm(rng: np.random.Generator, angle: float, radius: float) -> tuple[Floats, Floats]:
    """Return the outline (2 x POINTS, 2) and the middle (POINTS, 2) of an arm, right and down."""
    angle += rng.normal() * .1
    length, bend = radius * rng.uniform(.78, 1.05), rng.normal() * .35
    part, base = np.linspace(0, 1, POINTS), radius * rng.uniform(.24, .36)
    angles = angle + bend * part ** 2
    spine = (length * part)[:, None] * np.stack((np.cos(angles), np.sin(angles)), 1)
    width = base * (1 - part ** 1.3 * .78) * .9
    width[-1] *= .5
    aside = np.stack((-np.sin(angles), np.cos(angles)), 1) * width[:, None]
    return np.concatenate((spine + aside, (spine - aside)[::-1])), spine


def _surface(rng: np.random.Generator, cover: Floats, radius: float) -> Floats:
    """Return a rough surface (H, W, 3) with pale grains, darker at the edge."""
    size = cover.shape[0], cover.shape[1]
    colour = COLOURS[rng.integers(len(COLOURS))] * rng.uniform(.8, 1.15)
    inside = ndimage.distance_transform_edt(cover > .5)
    light = .68 + .32 * np.clip(inside / (radius * .16), 0, 1)
    light *= 1 + .1 * clouds(rng, size, max(3, radius * .15), 3)
    surface = colour * light[..., None]
    grains = np.clip(smooth_noise(rng, size, max(1.5, radius * .045)) - .8, 0, 1)
    return over(surface, surface[0, 0] * .4 + 140, grains * rng.uniform(.2, .8))
