"""Drawn photos of solar cells' glow, which is dark at cracks and dead areas, or faultless."""

from __future__ import annotations

import numpy as np

from drawings.noise import Floats, Labels, grid
from drawings.solar_cells import SIZE, Bars, Cells, cell_light, crystals, with_metal
from drawings.solar_faults import choose_cracks, dead_areas, with_cracks
from drawings.textures import Ellipse, bell, clouds, depth, photographed, smooth_noise, soft_step

CLASSES = ("crack", "dead_area")
SEED = 44
LAYOUTS = ((1, 1), (1, 1), (1, 2), (2, 2), (2, 3))


def draw(rng: np.random.Generator) -> tuple[Floats, Labels]:
    """Draw a grey photo (H, W) and its mask."""
    many_crystals = rng.random() < .6
    light, cells = np.full(SIZE, rng.uniform(115, 175)), Cells(*LAYOUTS[rng.integers(5)])
    light *= crystals(rng) if many_crystals else 1 + .05 * clouds(rng, SIZE, 80, 3)
    light *= cell_light(rng, cells, rings=not many_crystals)
    mask = np.zeros(SIZE, np.uint8)
    fault = rng.choice(3, p=(.42, .22, .36)) if rng.random() < .5 else None
    count, flat = int(rng.integers(2, 6)), rng.random() < .5
    bars = Bars((np.arange(count) + .5) / count * (cells.high if flat else cells.wide), flat)
    cracks = choose_cracks(rng) if fault in (0, 2) else []
    dead = dead_areas(rng, cells, bars, mask) if fault in (1, 2) else np.zeros(SIZE)
    light *= 1 - dead
    if cracks:
        light = with_cracks(rng, light, cracks, cells, mask, dead)
    light *= _harmless(rng)
    light = with_metal(rng, light, cells, bars, mask, cut_corners=not many_crystals)
    return photographed(
        rng, light, grain=(3, 10), dark_corners=(0, .4), blur=(.3, 1.1), uneven=.3), mask


def _harmless(rng: np.random.Generator) -> Floats:
    """Return the light that broken fingers, a belt's mark and shade leave, which are no class."""
    (height, width), (rows, columns), light = SIZE, grid(SIZE), np.ones(SIZE)
    for _ in range(rng.integers(0, 5)):
        row, column = rng.uniform(0, height), rng.uniform(0, width)
        wide, high = rng.uniform(2, 9), rng.uniform(6, 30)
        mark = rng.uniform(.06, .22) * soft_step((high - abs(rows - row)) / 2)
        light *= 1 - mark * soft_step((wide - abs(columns - column)) / 2)
    if rng.random() < .25:
        strength = rng.uniform(.05, .14)
        right = columns - rng.uniform(0, width) + 8 * smooth_noise(rng, SIZE, 60)
        light *= 1 - strength * bell(right / rng.uniform(5, 14)) * (.6 + .4 * np.sin(rows * .6))
    if rng.random() < .3:
        strength = rng.uniform(.1, .35)
        corner = Ellipse(rng.choice((0, height)), rng.choice((0, width)), height * .3, width * .3)
        light *= 1 - strength * soft_step(depth(rng, SIZE, corner, .2) / 22)
    return light
