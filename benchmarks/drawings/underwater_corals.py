"""The corals that `underwater` draws: with branches, with folds, or with lobes."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from drawings.noise import Floats, Size, grid
from drawings.textures import (
    Ellipse,
    Point,
    Stroke,
    clouds,
    depth,
    over,
    smooth_noise,
    soft_step,
    strokes,
)

COLOURS = np.array((
    (200, 110, 120), (170, 140, 80), (120, 80, 130), (210, 150, 90), (130, 140, 90),
    (190, 170, 150), (150, 70, 70), (90, 110, 140)), float)
BRANCHED, FOLDED, LOBED = 0, 1, 2
STEPS = 5
"""Straight parts of a branch."""


def coral(
    rng: np.random.Generator, size: Size, middle: Point, radius: float,
) -> tuple[Floats, Floats]:
    """Draw a coral.

    Args:
        rng: draws it.
        size: H and W of the photo.
        middle: the coral's column and row.
        radius: about that of the coral, in pixels.

    Returns:
        How much of every pixel it covers (H, W), 0 to 1, and its surface (H, W, 3).
    """
    kind = rng.integers(3)
    colour = COLOURS[rng.integers(len(COLOURS))] * rng.uniform(.75, 1.2)
    if kind == BRANCHED:
        return _branched(rng, size, middle, radius, colour)
    column, row = middle
    high, wide = radius * rng.uniform(.55, .9), radius * rng.uniform(.8, 1.2)
    body = Ellipse(row, column, high, wide, rng.normal() * .2)
    inside = depth(rng, size, body, .13 if kind == FOLDED else .2, 9)
    for _ in range(rng.integers(3, 9) if kind == LOBED else 0):
        angle = rng.uniform(0, 6.3)
        lobe = Ellipse(row + .5 * radius * np.sin(angle), column + .8 * radius * np.cos(angle),
                       radius * rng.uniform(.2, .45), radius * rng.uniform(.2, .45))
        inside = np.maximum(inside, depth(rng, size, lobe, .1))
    inside = inside + .02 * radius * clouds(rng, size, max(3, radius * .12), 2)
    rows, _ = grid(size)
    light = np.clip(1.05 - .4 * (rows - row) / radius, .5, 1.3)
    light = light * (.7 + .3 * np.clip(inside / (radius * .25), 0, 1))
    texture = _texture(rng, size, radius, folded=kind == FOLDED)
    return soft_step(inside / .5), colour * (texture * light)[..., None]


def _texture(rng: np.random.Generator, size: Size, radius: float, *, folded: bool) -> Floats:
    """Return the light (H, W) of winding folds, or of knobs."""
    width = max(2.5, radius * rng.uniform(.05, .13))
    lumps = clouds(rng, size, width, 2)
    if folded:
        return np.asarray(.72 + .38 * np.clip(abs(lumps) * 1.3, 0, 1))
    knobs = np.clip(smooth_noise(rng, size, max(1.5, width * .5)) - .5, 0, 1)
    return np.asarray(.85 + .17 * lumps + .2 * knobs)


def _branched(
    rng: np.random.Generator, size: Size, middle: Point, radius: float, colour: Floats,
) -> tuple[Floats, Floats]:
    branches: list[Stroke] = []
    for _ in range(rng.integers(2, 5)):
        foot = middle[0] + rng.normal() * radius * .15, middle[1] + radius * .9
        angle = -np.pi / 2 + rng.normal() * .6
        width = radius * rng.uniform(.12, .24)
        _add_branch(rng, branches, foot, angle, radius * .55, width, 0)
    cover = strokes(size, branches, 3)
    inside = ndimage.distance_transform_edt(cover > .5)
    light = .62 + .42 * np.clip(inside / max(1.5, radius * .07), 0, 1)
    polyps = np.clip(smooth_noise(rng, size, 1.8) - .6, 0, 1) * .5
    return cover, over(colour * light[..., None], np.minimum(colour * 1.3 + 40, 250), polyps)


def _add_branch(
    rng: np.random.Generator, branches: list[Stroke], foot: Point, angle: float, length: float,
    width: float, level: int,
) -> None:
    """Add a branch and those that grow on it, up to the level 4."""
    points, (column, row) = [foot], foot
    for _ in range(STEPS):
        angle += rng.normal() * .13
        column, row = column + length / STEPS * np.cos(angle), row + length / STEPS * np.sin(angle)
        points.append((column, row))
    branches.append((points, np.linspace(width, width * .75, STEPS + 1)))
    if level == 4:
        return
    sides = [-1, 1]
    if level < 2:
        sides = list(rng.choice(([-1, 1], [-1, 0, 1])[rng.integers(2)], 3))
    for side in sides:
        turn = side * rng.uniform(.25, .7) + rng.normal() * .1
        _add_branch(rng, branches, (column, row), angle + turn, length * rng.uniform(.6, .9),
                    max(1.6, width * rng.uniform(.65, .85)), level + 1)
