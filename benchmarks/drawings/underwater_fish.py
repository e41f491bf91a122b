"""The fish that `underwater` draws."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from drawings.noise import Bools, Floats, Size, grid
from drawings.textures import Point, clouds, over, polygons, soft_step

COLOURS = np.array((
    (235, 150, 40), (240, 210, 60), (80, 120, 190), (190, 195, 200), (120, 130, 110),
    (205, 90, 60), (60, 70, 85), (150, 120, 85), (225, 225, 215), (90, 150, 140)), float)
POINTS = 40
"""Along each side of the body."""
BODY = .78
"""Length of the body without the tail, as a share of the fish's."""


@dataclass(frozen=True)
class _Shape:
    """A fish that swims to the left: its length and height, and its spine, back and belly.

    `along`, `spine`, `back` and `belly` (POINTS) are in pixels; the last two are above and below
    the spine. `bend` is how far the spine bends, downwards if it is above zero.
    """

    length: float
    height: float
    bend: float
    along: Floats
    spine: Floats
    back: Floats
    belly: Floats


@dataclass(frozen=True)
class _Pose:
    """Where a fish is: its middle (column, row), its side, its angle, and how short it looks."""

    middle: Point
    side: int
    angle: float
    shortened: float

    def placed(self, points: Iterable[Point], length: float) -> list[Point]:
        """Return points of a fish at their places in the photo."""
        cosine, sine = np.cos(self.angle), np.sin(self.angle)
        column, row = self.middle
        seen = (((along - length / 2) * self.shortened, down) for along, down in points)
        return [(column + self.side * (right * cosine - down * sine),
                 row + right * sine + down * cosine) for right, down in seen]

    def coordinates(self, size: Size, shape: _Shape) -> tuple[Floats, Floats]:
        """Return every pixel's place along the fish, 0 to 1, and across it, from -1 to 1."""
        rows, columns = grid(size)
        right, down = (columns - self.middle[0]) * self.side, rows - self.middle[1]
        cosine, sine = np.cos(self.angle), np.sin(self.angle)
        along = (right * cosine + down * sine) / self.shortened + shape.length / 2
        return along / shape.length, (-right * sine + down * cosine) / (shape.height / 2)


def fish(
    rng: np.random.Generator, size: Size, middle: Point, length: float,
) -> tuple[Floats, Floats]:
    """Draw a fish.

    Args:
        rng: draws it.
        size: H and W of the photo.
        middle: the fish's column and row.
        length: the fish's, in pixels.

    Returns:
        How much of every pixel it covers (H, W), 0 to 1, and its surface (H, W, 3).
    """
    side, angle = -1 if rng.random() < .5 else 1, rng.normal() * .25
    shape = _shape(rng, length)
    fins = _fins(rng, shape)
    pose = _Pose(middle, side, angle, rng.uniform(.65, 1))
    body = polygons(size, [pose.placed(_body(shape), length)])
    of_fins = polygons(size, [pose.placed(fin, length) for fin in fins])
    along, across = pose.coordinates(size, shape)
    surface = _surface(rng, shape, along, across, of_fins > body)
    return np.maximum(body, of_fins), surface


def _shape(rng: np.random.Generator, length: float) -> _Shape:
    height, part = length * rng.uniform(.2, .55), np.linspace(0, 1, POINTS)
    front, back = rng.uniform(.45, .8), rng.uniform(.9, 1.5)
    profile = np.sin(np.pi * part ** front) ** back * height / 2 + height * .07 * (part > 0)
    humped = rng.uniform(.85, 1.15)
    bend = np.clip(rng.normal(), -1.2, 1.2) * .035 * length
    return _Shape(length, height, bend, part * length * BODY, bend * (part - .4) ** 2 * 4,
                  profile * humped, profile / humped)


def _body(shape: _Shape) -> list[Point]:
    back = zip(shape.along, shape.spine - shape.back, strict=True)
    belly = zip(shape.along[::-1], (shape.spine + shape.belly)[::-1], strict=True)
    return [*back, *belly]


def _fins(rng: np.random.Generator, shape: _Shape) -> list[list[Point]]:
    """Return the outlines of the tail and of the fins at the back and the belly."""
    tail = _tail(rng, shape)
    first, end = int(rng.integers(9, 15)), int(rng.integers(25, 36))
    high = shape.height * rng.uniform(.1, .4)
    back = shape.spine - shape.back
    base = [(shape.along[point], back[point] + 1) for point in range(first, end)]
    tips = [(shape.along[point] + shape.length * .04, back[point] - high
             * np.sin(np.pi * ((point - first) / (end - first)) ** .7))
            for point in range(end - 1, first - 1, -1)]
    start, belly = int(rng.integers(20, 27)), shape.spine + shape.belly
    return [tail, base + tips, [
        (shape.along[start], belly[start] - 1),
        (shape.along[start] + shape.length * .14, belly[start] + high * .6),
        (shape.along[start + 8], belly[start + 8] - 1)]]


def _tail(rng: np.random.Generator, shape: _Shape) -> list[Point]:
    half = shape.height * rng.uniform(.6, 1.2) / 2
    fork = rng.uniform(0, .16) * shape.length
    start, bend, row = shape.length * BODY, shape.bend, shape.spine[-1]
    before, after = start * .95, start + shape.length * .1
    return [
        (before, row - shape.height * .05), (after, row - half * .7),
        (shape.length, row - half + bend * .4), (shape.length - fork, row + bend * .5),
        (shape.length, row + half + bend * .4), (after, row + half * .7),
        (before, row + shape.height * .05)]


def _surface(
    rng: np.random.Generator, shape: _Shape, along: Floats, across: Floats, fins: Bools,
) -> Floats:
    """Return a patterned surface (H, W, 3) with a pale belly, scales, a gill and an eye."""
    size, length = (along.shape[0], along.shape[1]), shape.length
    colour = COLOURS[rng.integers(len(COLOURS))] * rng.uniform(.8, 1.1)
    kind = int(rng.integers(5))
    second = COLOURS[rng.integers(len(COLOURS))] * rng.uniform(.5, 1)
    rough = clouds(rng, size, max(4, length * .08), 3)
    pattern = _pattern(rng, kind, length, along, across, rough)
    surface = over(np.broadcast_to(colour, (*size, 3)), second, pattern * .85)
    surface = surface * (1 + rng.uniform(.1, .45) * np.clip(across, -1, 0))[..., None]
    surface = over(surface, (232, 234, 226), np.clip(across, 0, 1) * rng.uniform(.2, .8))
    surface = surface * (1 - .35 * np.clip(abs(across) - .6, 0, 1))[..., None]
    scales = np.sin(along * length * 1.4) * np.sin(across * shape.height * .7)
    surface = surface * (1 + .06 * scales * (length > 60) + .08 * rough)[..., None]
    rays = 1 + .15 * np.sin((along * 1.2 + across * .25) * 60)
    surface = np.where(fins[..., None], (surface * .8 + 20) * rays[..., None], surface)
    gill = np.exp(-((along - .22 - .03 * (1 - across * across)) / .012) ** 2)
    surface = surface * (1 - .35 * gill * (abs(across) < .6))[..., None]
    return _with_eye(surface, shape, along, across)


def _pattern(
    rng: np.random.Generator, kind: int, length: float, along: Floats, across: Floats,
    rough: Floats,
) -> Floats:
    """Return where the second colour is (H, W): bands, stripes, spots, a half, or nowhere."""
    size = along.shape[0], along.shape[1]
    if kind == 0:
        return soft_step(6 * np.sin(along * rng.uniform(14, 34) + .6 * rough + 2) + 1)
    if kind == 1:
        return soft_step(6 * np.sin(across * rng.uniform(3, 9) + .5 * rough))
    if kind == 2:
        return soft_step(9 * (clouds(rng, size, max(3, length * .05), 2) - .6))
    if kind == 3:
        return soft_step((along - rng.uniform(.4, .7)) * 14)
    return np.zeros(size)


def _with_eye(surface: Floats, shape: _Shape, along: Floats, across: Floats) -> Floats:
    distance = np.hypot((along - .1) * shape.length, (across + .25) * shape.height / 2)
    radius = max(1.1, shape.height * .065)
    surface = over(surface, (225, 220, 190), soft_step((radius * 1.6 - distance) / .4))
    return over(surface, (12, 14, 16), soft_step((radius - distance) / .4))
