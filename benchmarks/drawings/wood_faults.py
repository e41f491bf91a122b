"""Knots, cracks and resin, which `wood` draws on boards."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from drawings.noise import Bools, Floats, Labels, Size
from drawings.textures import (
    Ellipse,
    Point,
    Stroke,
    bell,
    clouds,
    depth,
    log_uniform,
    over,
    soft_step,
    strokes,
)

KNOT, CRACK, RESIN = 1, 2, 3
RESINS = np.array(
    ((200, 128, 30), (150, 84, 22), (226, 176, 84), (110, 62, 26), (214, 196, 150)), float)


@dataclass
class Board:
    """A photo (H, W, 3) of boards, its mask, the colour of the wood, and the boards' edges."""

    image: Floats
    mask: Labels
    wood: Floats
    edges: list[int]

    @property
    def size(self) -> Size:
        """H and W."""
        return self.mask.shape[0], self.mask.shape[1]

    def same(self, row: float) -> Bools:
        """Return which rows (H, 1) are of the board that a row is of."""
        numbers = np.searchsorted(self.edges, np.arange(self.size[0]), side="right")
        return np.asarray(numbers == numbers[int(row)])[:, None]


@dataclass(frozen=True)
class Crack:
    """A crack along the grain: its left end, its length and its largest width, in pixels."""

    left: Point
    length: float
    width: float


@dataclass(frozen=True)
class Faults:
    """The faults of a photo."""

    knots: list[Ellipse]
    resins: list[Ellipse]
    cracks: list[Crack]


def choose_faults(rng: np.random.Generator, size: Size) -> Faults:
    """Choose the faults of a photo, at least one."""
    knots = int(rng.choice((0, 1, 2, 3, 5), p=(.34, .26, .2, .12, .08)))
    cracks = int(rng.choice((0, 1, 2, 3), p=(.5, .28, .15, .07)))
    resins = int(rng.choice((0, 1, 2, 3), p=(.52, .26, .14, .08)))
    if knots + cracks + resins == 0:
        knots, cracks, resins = ((1, 0, 0), (0, 1, 0), (0, 0, 1))[rng.integers(3)]
    return Faults([_knot(rng, size) for _ in range(knots)],
                  [_resin(rng, size) for _ in range(resins)],
                  [_crack(rng, size) for _ in range(cracks)])


def _knot(rng: np.random.Generator, size: Size) -> Ellipse:
    radius = np.sqrt(size[0] * size[1]) * log_uniform(rng, .022, .14)
    return Ellipse(rng.uniform(.03, .97) * size[0], rng.uniform(.03, .97) * size[1], radius,
                   radius * rng.uniform(.9, 1.9), rng.normal() * .3)


def _resin(rng: np.random.Generator, size: Size) -> Ellipse:
    length = np.sqrt(size[0] * size[1]) * log_uniform(rng, .06, .28)
    return Ellipse(rng.uniform(.08, .92) * size[0], rng.uniform(.1, .9) * size[1],
                   length * rng.uniform(.1, .33), length * .7, rng.normal() * .12)


def _crack(rng: np.random.Generator, size: Size) -> Crack:
    row, column = rng.uniform(.05, .95) * size[0], rng.uniform(-.05, .75) * size[1]
    return Crack((column, row), size[1] * rng.uniform(.15, .7), rng.uniform(1.6, 5))


def add_knot(rng: np.random.Generator, board: Board, knot: Ellipse) -> None:
    """Add a dark knot with rings, with bark around it, with a darker core, or with both."""
    size, same = board.size, board.same(knot.row)
    inside = depth(rng, size, knot, .09, 6)
    cover = soft_step(inside / rng.uniform(.5, 1.3)) * same
    form = rng.random()
    core = board.wood * rng.uniform(.35, .85) * np.array((1, .86, .74))
    along, across = knot.coordinates(size)
    distance = np.hypot(along / knot.wide, across / knot.high)
    rings = np.sin(distance * knot.high * rng.uniform(.5, 1.3) + 1.2 * clouds(rng, size, 9, 2))
    light = 1 + rng.uniform(.05, .16) * rings + .08 * clouds(rng, size, 6, 3)
    light += .05 * np.cos(np.arctan2(across, along) * 17)
    if form < .5:
        light *= 1 - .5 * bell((inside - knot.high * .06) / (knot.high * .1 + .8))
    if form > .35:
        light *= 1 - .45 * bell(distance / .22)
    halo = rng.uniform(0, .18) * np.exp(-np.clip(-inside, 0, None) / (knot.high * .35)) * same
    image = board.image * (1 - halo[..., None] * np.array((.7, 1, 1.2)))
    board.image = over(image, core * light[..., None], cover)
    board.mask[(inside > 0) & same] = KNOT


def add_resin(rng: np.random.Generator, board: Board, resin: Ellipse) -> None:
    """Add a shiny pocket of resin, at times with drops."""
    size, same = board.size, board.same(resin.row)
    inside = _resin_depth(rng, size, resin)
    cover = soft_step(inside / .8) * same
    opacity = rng.uniform(.55, .95) * cover
    colour = RESINS[rng.integers(5)] * rng.uniform(.8, 1.1) * .75 + .25 * board.wood
    flow = clouds(rng, size, 10, 3, 2)
    down, right = np.gradient(ndimage.gaussian_filter(np.clip(inside, 0, 6), 1.2))
    surface = colour * (1 + .1 * flow + .1 * (down + right))[..., None]
    edge = .22 * (bell((inside + .5) / 1.2) * same)
    image = over(board.image * (1 - edge[..., None]), surface, opacity)
    shine = flow * .7 - (down * .8 + right * .5) - rng.uniform(.5, 1.2)
    glints = np.clip(np.clip(shine, 0, 1) * cover * rng.uniform(.4, 1), 0, .9)
    board.image = over(image, (252, 246, 226), glints)
    board.mask[(inside > 0) & same] = RESIN


def _resin_depth(rng: np.random.Generator, size: Size, resin: Ellipse) -> Floats:
    drops = rng.random() < .35
    inside = depth(rng, size, resin, .16 if drops else .08, 7)
    for _ in range(rng.integers(1, 4) if drops else 0):
        column = resin.column + rng.uniform(-.6, .6) * resin.wide
        drop = Ellipse(resin.row + rng.uniform(-1, 1) * resin.high, column,
                       resin.high * rng.uniform(.5, 1), resin.high * rng.uniform(.6, 1.5))
        inside = np.maximum(inside, depth(rng, size, drop, .15))
    return inside


def add_cracks(rng: np.random.Generator, board: Board, faults: Faults) -> None:
    """Add dark cracks with side cracks, and those across large knots, with a bright lower edge."""
    lines: list[Stroke] = []
    for crack in faults.cracks:
        lines += _crack_lines(rng, crack)
    for knot in faults.knots:
        if knot.high > 14 and rng.random() < .35:
            lines.append(_knot_crack(rng, knot))
    if not lines:
        return
    cover = strokes(board.size, lines)
    light = rng.uniform(.1, .27) * (1 + .2 * clouds(rng, board.size, 5, 2))
    edge = np.roll(cover, 1, 0) * (1 - cover)
    image = over(board.image, board.wood * light[..., None], cover * rng.uniform(.8, .97))
    board.image = image * (1 + .12 * edge[..., None])
    board.mask[cover > .5] = CRACK


def _crack_lines(rng: np.random.Generator, crack: Crack) -> list[Stroke]:
    """Return the line of a crack and those of up to two side cracks."""
    points, widths = _crack_line(rng, crack, 1)
    lines: list[Stroke] = [(points, widths)]
    for _ in range(rng.integers(0, 3)):
        column, row = points[rng.integers(1, len(points) - 1)]
        start = column, row + rng.choice((-1, 1))
        side = Crack(start, crack.length * rng.uniform(.1, .35), crack.width * .55)
        lines.append(_crack_line(rng, side, rng.choice((-1, 1))))
    return lines


def _crack_line(
    rng: np.random.Generator, crack: Crack, direction: int,
) -> tuple[list[Point], Floats]:
    """Return a line to the right (1) or left (-1) that strays, and at times jumps to a fibre."""
    (column, row), count = crack.left, max(5, int(crack.length / 5))
    rows = row + np.cumsum(rng.normal(0, .55, count) + rng.normal() * .1)
    rows += np.where(rng.random(count) < .08, rng.normal(0, 2.5, count), 0).cumsum() * .6
    columns = column + direction * np.linspace(0, crack.length, count)
    swell = np.sin(np.pi * (.08 + .88 * np.linspace(0, 1, count))) ** .7
    widths = np.clip(crack.width * swell * rng.uniform(.65, 1.25, count), 1.1, None)
    return list(zip(columns, rows, strict=True)), widths


def _knot_crack(rng: np.random.Generator, knot: Ellipse) -> Stroke:
    """Return a crack from the middle of a knot outwards."""
    angle = rng.uniform(0, 6.3)
    points = [(knot.column + knot.wide * part * np.cos(angle) + rng.normal() * .7,
               knot.row + knot.high * part * np.sin(angle) + rng.normal() * .7)
              for part in np.linspace(-.1, .8, 8)]
    return points, np.linspace(3, 1.2, 8)
