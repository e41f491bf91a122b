"""Cracks and dead areas, which `solar` draws on cells."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from drawings.noise import Floats, Labels, grid
from drawings.solar_cells import SIZE, Bars, Cells
from drawings.textures import (
    Ellipse,
    Point,
    Stroke,
    clouds,
    depth,
    log_uniform,
    soft_step,
    strokes,
)

CRACK, DEAD_AREA = 1, 2
CRACK_STEP = 4
"""Length of a crack's straight parts, in pixels."""


def choose_cracks(rng: np.random.Generator) -> list[Stroke]:
    """Return the lines of one to three cracks; the last line begins where the last crack does."""
    lines: list[Stroke] = []
    for _ in range(rng.choice((1, 2, 3), p=(.55, .3, .15))):
        start = rng.uniform(.12, .88) * SIZE[1], rng.uniform(.12, .88) * SIZE[0]
        angle, width, length = rng.uniform(0, 6.3), rng.uniform(1.2, 2.6), rng.uniform(40, 220)
        _add_crack(rng, lines, start, angle, length, width, 0)
        if rng.random() < .5:
            back = angle + np.pi + rng.normal() * .4
            _add_crack(rng, lines, start, back, length * rng.uniform(.2, .8), width, 1)
        if rng.random() < .2:
            aside = angle + rng.choice((-1, 1)) * 1.4
            _add_crack(rng, lines, start, aside, length * .6, width, 1)
    return lines


def _add_crack(
    rng: np.random.Generator, lines: list[Stroke], start: Point, angle: float, length: float,
    width: float, branchings: int,
) -> None:
    """Add a random walk that branches, at most three times in a row."""
    points, (column, row) = [start], start
    turn = rng.normal() * .015
    for _ in range(int(length / CRACK_STEP)):
        direction = angle + rng.normal() * .22
        angle += turn + rng.normal() * .07
        column, row = (column + CRACK_STEP * np.cos(direction),
                       row + CRACK_STEP * np.sin(direction))
        points.append((column, row))
        if branchings < 3 and rng.random() < .045:
            aside = angle + rng.choice((-1, 1)) * rng.uniform(.4, 1.3)
            _add_crack(rng, lines, (column, row), aside, length * rng.uniform(.25, .6),
                       max(1.1, width * .8), branchings + 1)
    if len(points) > 1:
        lines.append((points, np.clip(width * rng.uniform(.75, 1.25, len(points)), 1.1, None)))


def with_cracks(
    rng: np.random.Generator, light: Floats, lines: list[Stroke], cells: Cells, mask: Labels,
    dead: Floats,
) -> Floats:
    """Return the light with the cracks, in one cell alone, since cracks end at a cell's edge."""
    column, row = lines[-1][0][0]
    numbers = cells.numbers()
    cover = strokes(SIZE, lines) * (numbers == numbers[int(row), int(column)])
    light = light * (1 - rng.uniform(0, .25) * ndimage.gaussian_filter(cover, 2.5))
    mask[(cover > .5) & (dead < .7)] = CRACK
    return np.asarray(light * (1 - cover * rng.uniform(.5, .9)))


def dead_areas(
    rng: np.random.Generator, cells: Cells, bars: Bars, mask: Labels,
) -> Floats:
    """Return how much light (H, W) one or two areas lack, and add them to the mask."""
    dead = np.zeros(SIZE)
    for _ in range(rng.choice((1, 2), p=(.7, .3))):
        inside = _dead_area(rng, cells, bars)
        cover = soft_step(inside / rng.uniform(.5, 2.2))
        loss = rng.uniform(.5, .92) * (1 + .1 * clouds(rng, SIZE, 30, 3))
        dead = np.maximum(dead, cover * np.clip(loss, 0, .95))
        mask[inside > 0] = DEAD_AREA
    return dead


def _dead_area(rng: np.random.Generator, cells: Cells, bars: Bars) -> Floats:
    """Return the depth (H, W) in a part that is cut off, a piece of a stripe, or a patch."""
    (rows, columns), form = grid(SIZE), rng.random()
    top, left = rng.integers(cells.rows) * cells.high, rng.integers(cells.columns) * cells.wide
    rough = clouds(rng, SIZE, 18, 4) * rng.uniform(1.5, 4)
    down, right = rows - top, columns - left
    cell = np.minimum(np.minimum(down, top + cells.high - rows),
                      np.minimum(right, left + cells.wide - columns)) - 1
    angle = rng.uniform(0, 6.3)
    middle = Ellipse(top + cells.high * rng.uniform(.2, .8),
                     left + cells.wide * rng.uniform(.2, .8), 1, 1, angle)
    if form < .35:
        along, _ = middle.coordinates(SIZE)
        start = min(cells.high, cells.wide) * rng.uniform(-.05, .22)
        inside = along - start + rough
    elif form < .65:
        inside = _stripe(rng, cells, bars, (down, right), rough)
    else:
        radius = np.sqrt(SIZE[0] * SIZE[1]) * log_uniform(rng, .05, .24)
        patch = middle._replace(high=radius * rng.uniform(.5, 1), wide=radius)
        inside = depth(rng, SIZE, patch, .25, 9) + rough * .6
    return np.asarray(np.minimum(cell, inside))


def _stripe(
    rng: np.random.Generator, cells: Cells, bars: Bars, inside: tuple[Floats, Floats],
    rough: Floats,
) -> Floats:
    """Return the depth in a piece between two bars with ragged ends."""
    across, along = inside if bars.flat else inside[::-1]
    wide, long = (cells.high, cells.wide) if bars.flat else (cells.wide, cells.high)
    number = rng.integers(len(bars.places) + 1)
    edges = np.array((0, *bars.places, wide))
    start = rng.uniform(-.1, .6)
    end, place = start + rng.uniform(.2, .7), along / long
    return np.asarray(np.minimum.reduce([
        across - edges[number], edges[number + 1] - across, (place - start) * long + rough,
        (end - place) * long + rough]))
