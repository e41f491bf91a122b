"""Cysts and masses, which `ultrasound` draws in tissue."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from drawings.noise import Bools, Floats, Labels, Size, grid
from drawings.textures import Ellipse, bell, clouds, depth, log_uniform, smooth_noise, soft_step

CYST, MASS = 1, 2


@dataclass
class Tissue:
    """What a scan shows: echoes from 0 to 1, what is added behind lesions, and the mask."""

    echo: Floats
    behind: Floats
    mask: Labels


def free_place(
    rng: np.random.Generator, taken: Bools, label: int, *, largest: float, margin: float,
) -> tuple[Ellipse, Floats] | None:
    """Return a lesion's place and its depth (H, W), away from others; None: 30 tries failed."""
    height, width = size = taken.shape[0], taken.shape[1]
    for _ in range(30):
        area = log_uniform(rng, .008, largest) * height * width
        longer = rng.uniform(1, 1.9)
        high = np.sqrt(area / np.pi / longer)
        wide = high * longer
        if label == MASS and rng.random() < .25:
            high, wide = wide, high
        row, column = rng.uniform(.18, .85) * height, rng.uniform(margin, 1 - margin) * width
        ellipse = Ellipse(row, column, high, wide, rng.normal() * .35)
        rough, waves = ((.03, .12), 5) if label == CYST else ((.08, .22), 8)
        inside = depth(rng, size, ellipse, rng.uniform(*rough), waves)
        if label == MASS:
            inside = inside + 1.5 * clouds(rng, size, 8, 2)
        if not (taken & (inside > -8)).any():
            return ellipse, inside
    return None


def add_cyst(
    rng: np.random.Generator, tissue: Tissue, ellipse: Ellipse, inside: Floats,
) -> None:
    """Add fluid, which is dark, at times with a wall in it; more sound gets through it."""
    size = inside.shape[0], inside.shape[1]
    rows, _ = grid(size)
    behind = _behind(rng, ellipse, size)
    cover = soft_step(inside / rng.uniform(.8, 2.2))
    from_top = np.clip(rows - ellipse.row + ellipse.high, 0, None) / (ellipse.high * .5)
    fluid = (rng.uniform(.04, .27) + .03 * clouds(rng, size, 20)
             + rng.choice((0, .12)) * np.exp(-from_top))
    if rng.random() < .2:
        _, across = ellipse._replace(angle=rng.uniform(0, 3)).coordinates(size)
        fluid = fluid + .3 * bell((across + 3 * smooth_noise(rng, size, 30)) / 1.5)
    wall = rng.uniform(0, .18) * bell((inside + 1.5) / 2)
    tissue.echo = tissue.echo * (1 - cover) + np.clip(fluid, .02, .9) * cover + wall
    tissue.behind += rng.uniform(0, .16) * behind


def add_mass(
    rng: np.random.Generator, tissue: Tissue, ellipse: Ellipse, inside: Floats,
) -> None:
    """Add a darker or brighter mass, at times with bright grains; it shades what is behind it."""
    size = inside.shape[0], inside.shape[1]
    rows, columns = grid(size)
    behind = _behind(rng, ellipse, size)
    cover = soft_step(inside / rng.uniform(2, 6))
    change = -rng.uniform(.1, .24) if rng.random() < .68 else rng.uniform(.13, .25)
    lumps = rng.uniform(.03, .08) * clouds(rng, size, max(6, ellipse.high * .6), 3)
    body = tissue.echo[inside > 0].mean() + change + lumps
    rim = rng.uniform(0, .1) * bell((inside + 5) / 4)
    tissue.echo = tissue.echo * (1 - cover) + body * cover + rim
    for _ in range(rng.integers(3, 10) if rng.random() < .3 else 0):
        radius, angle = np.sqrt(rng.random()) * .7, rng.uniform(0, 6.3)
        down = rows - ellipse.row - radius * ellipse.high * np.sin(angle)
        right = columns - ellipse.column - radius * ellipse.wide * np.cos(angle)
        tissue.echo += .3 * np.exp(-(down ** 2 + right ** 2) / 3) * (inside > 0)
    tissue.behind -= rng.uniform(0, .2) * behind


def _behind(rng: np.random.Generator, ellipse: Ellipse, size: Size) -> Floats:
    """Return how much every pixel (H, W) is in the beam behind a lesion."""
    rows, columns = grid(size)
    beam = np.exp(-((columns - ellipse.column) / (ellipse.wide * .8)) ** 4)
    fading = np.clip(rows - ellipse.row - ellipse.high, 0, None) / rng.uniform(30, 120)
    return np.asarray(
        beam * soft_step((rows - ellipse.row - ellipse.high * .6) / 4) * np.exp(-fading))
