"""Faultless solar cells, which `solar` draws with faults."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from drawings.noise import Floats, Labels, grid
from drawings.textures import bell, clouds, smooth_noise, soft_step

SIZE = (288, 320)


@dataclass(frozen=True)
class Cells:
    """A panel's rows and columns of cells; lengths are in pixels."""

    rows: int
    columns: int

    @property
    def high(self) -> float:
        """The height of a cell."""
        return SIZE[0] / self.rows

    @property
    def wide(self) -> float:
        """The width of a cell."""
        return SIZE[1] / self.columns

    def inside(self) -> tuple[Floats, Floats]:
        """Return every pixel's row and column inside its cell."""
        rows, columns = grid(SIZE)
        return rows % self.high, columns % self.wide

    def numbers(self) -> Labels:
        """Return every pixel's cell (H, W), as a number."""
        rows, columns = grid(SIZE)
        across = (columns // self.wide).astype(np.uint8)
        return (rows // self.high).astype(np.uint8) * np.uint8(self.columns) + across

    def to_edges(self) -> tuple[Floats, Floats]:
        """Return every pixel's distance from its cell's nearer edge: up or down, and sideways."""
        down, right = self.inside()
        return np.minimum(down, self.high - down), np.minimum(right, self.wide - right)


@dataclass(frozen=True)
class Bars:
    """The bars that collect the current: their places in a cell, and whether they lie flat."""

    places: Floats
    flat: bool


def crystals(rng: np.random.Generator) -> Floats:
    """Return the light of many crystals, with darker edges, clouds and thin lines."""
    count = int(rng.choice((60, 150, 350)))
    middles = rng.random((count, 2)) * SIZE
    warped = [axis + clouds(rng, SIZE, 25, 3) * 3 for axis in grid(SIZE)]
    distances, nearest = cKDTree(middles).query(np.stack(warped, 2).reshape(-1, 2), 2)
    light = 1 + rng.normal(0, rng.uniform(.03, .09), count)[nearest[:, 0]].reshape(SIZE)
    edge = (distances[:, 1] - distances[:, 0]).reshape(SIZE)
    edges = rng.uniform(.05, .25) * bell(edge / 1.6)
    light *= 1 - edges * soft_step(smooth_noise(rng, SIZE, 30) * 2)
    dislocations = clouds(rng, SIZE, 22, 4)
    light *= 1 - rng.uniform(.15, .45) * np.clip(dislocations - .8, 0, 1.2)
    threads = abs(clouds(rng, SIZE, 26, 3))
    lines = rng.uniform(.1, .3) * bell(threads / .06)
    return np.asarray(light * (1 - lines * soft_step(clouds(rng, SIZE, 40, 2) * 4 - 2)))


def cell_light(rng: np.random.Generator, cells: Cells, *, rings: bool) -> Floats:
    """Return the light of each cell, darker at its edges, at times with a crystal's rings."""
    light = 1 + .03 * clouds(rng, SIZE, 3, 2)
    light *= rng.normal(1, .06, cells.rows * cells.columns)[cells.numbers()]
    if rings:
        down, right = cells.inside()
        radius = np.hypot((down - cells.high / 2) / cells.high,
                          (right - cells.wide / 2) / cells.wide)
        waves = rng.uniform(0, .035) * np.sin(radius * rng.uniform(60, 130))
        light *= 1 + waves - rng.uniform(0, .25) * radius ** 2
    down, right = cells.to_edges()
    edge = np.minimum(down / cells.high, right / cells.wide)
    return np.asarray(light * (1 - rng.uniform(.05, .35) * np.exp(-edge / .03)))


def with_metal(
    rng: np.random.Generator, light: Floats, cells: Cells, bars: Bars, mask: Labels, *,
    cut_corners: bool,
) -> Floats:
    """Return the light between fingers, bars and gaps between cells; bars and gaps are unmarked."""
    (rows, columns), (down, right) = grid(SIZE), cells.inside()
    distance = rng.uniform(3.2, 5.5)
    fingers = np.cos((columns if bars.flat else rows) * 2 * np.pi / distance) * .5 + .5
    light = light * (1 - rng.uniform(.02, .1) * fingers)
    bar = _lines(down if bars.flat else right, bars.places, rng.uniform(1.2, 2.6))
    up_down, sideways = cells.to_edges()
    gap = np.clip(rng.uniform(.8, 2) + .5 - np.minimum(up_down, sideways), 0, 1)
    if cut_corners:
        cut = rng.uniform(.06, .11) * min(cells.high, cells.wide)
        gap = np.maximum(gap, np.clip(cut - (up_down + sideways) + .5, 0, 1))
    mask[(bar > .5) | (gap > .5)] = 0
    return light * (1 - bar * rng.uniform(.55, .85)) * (1 - gap * .88) + 6 * gap


def _lines(across: Floats, places: Floats, width: float) -> Floats:
    distance = np.min([abs(across - place) for place in places], axis=0)
    return np.asarray(np.clip(width + .5 - distance, 0, 1))
