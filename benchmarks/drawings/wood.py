"""Drawn photos of planed boards, faultless or with knots, cracks and resin."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from drawings.noise import Floats, Labels, Size, grid
from drawings.textures import (
    Ellipse,
    bell,
    clouds,
    depth,
    over,
    photographed,
    smooth_noise,
    soft_step,
)
from drawings.wood_faults import Board, Faults, add_cracks, add_knot, add_resin, choose_faults

CLASSES = ("knot", "crack", "resin")
SEED = 22
WOODS = np.array((
    (196, 158, 110), (214, 182, 138), (168, 118, 74), (142, 98, 62), (186, 140, 98),
    (205, 170, 128), (120, 82, 54), (176, 150, 120), (222, 196, 150)), float)


def draw(rng: np.random.Generator) -> tuple[Floats, Labels]:
    """Draw a photo (H, W, 3) and its mask; the grain runs along the rows or the columns."""
    height, width = int(rng.integers(170, 381)), int(rng.integers(180, 421))
    if height == width:
        width += 1
    upright = rng.random() < .4
    size = (width, height) if upright else (height, width)
    faultless = rng.random() < .33
    edges = _board_edges(rng, size[0])
    faults = Faults([], [], []) if faultless else choose_faults(rng, size)
    wood = WOODS[rng.integers(len(WOODS))]
    image = _boards(rng, size, edges, wood, faults.knots)
    board = Board(_with_marks(rng, image), np.zeros(size, np.uint8), wood, edges)
    for knot in faults.knots:
        add_knot(rng, board, knot)
    for resin in faults.resins:
        add_resin(rng, board, resin)
    add_cracks(rng, board, faults)
    _add_gaps(rng, board)
    _add_nails(rng, board)
    image, mask = board.image, board.mask
    if upright:
        image, mask = image.transpose(1, 0, 2), mask.T
    return photographed(
        rng, image, grain=(2, 7), dark_corners=(0, .4), blur=(0, 1), uneven=.28), mask


def _board_edges(rng: np.random.Generator, height: int) -> list[int]:
    """Return the first row of each of one to four boards, and the height."""
    count = int(rng.choice((1, 2, 3, 4), p=(.35, .25, .25, .15)))
    edges = np.linspace(0, height, count + 1)
    edges[1:-1] += rng.normal(0, height * .03, count - 1)
    return [int(edge) for edge in edges]


def _boards(
    rng: np.random.Generator, size: Size, edges: list[int], wood: Floats, knots: list[Ellipse],
) -> Floats:
    """Return boards (H, W, 3) of one wood or of several."""
    image = np.zeros((*size, 3))
    several = rng.random() < .3
    for first, end in pairwise(edges):
        colour = WOODS[rng.integers(len(WOODS))] if several else wood
        colour = colour * rng.uniform(.86, 1.12) * (1 + rng.normal(0, .02, 3))
        its_knots = [knot for knot in knots if first <= knot.row < end]
        image[first:end] = _grain(rng, size, (first, end), colour, its_knots)[first:end]
    return image


def _grain(
    rng: np.random.Generator, size: Size, board: tuple[int, int], colour: Floats,
    knots: list[Ellipse],
) -> Floats:
    """Return wood (H, W, 3) with year rings, which bend around knots, fibres and pores."""
    ages = _ages(rng, size, board, knots)
    years = ages * rng.uniform(.07, .26) + .25 * clouds(rng, size, 14, 2, 4)
    part = years - np.floor(years)
    # The wood darkens over a year and begins the next one bright.
    late = part ** 2.2 * (1 - soft_step((part - .93) / .02))
    contrast = rng.uniform(.1, .34)
    fibres = clouds(rng, size, 2.2, 2, 22) * rng.uniform(.02, .055)
    fibres = fibres + clouds(rng, size, 1.2, 1, 6) * .02
    pores = np.clip(smooth_noise(rng, size, 1.3, 9) - rng.uniform(1, 1.7), 0, 1)
    pores = pores * rng.uniform(0, .3)
    light = 1 - contrast * late + fibres - pores + .05 * clouds(rng, size, 60, 3, 2)
    tint = np.stack((1 + .04 * late, np.ones(size), 1 - .12 * late), 2)
    return np.asarray(colour * light[..., None] * tint)


def _ages(
    rng: np.random.Generator, size: Size, board: tuple[int, int], knots: list[Ellipse],
) -> Floats:
    """Return every pixel's distance (H, W) from the middle of the trunk, larger beside knots."""
    rows, columns = grid(size)
    first, end = board
    middle = first + rng.uniform(-.3, 1.3) * (end - first)
    tilt = rng.uniform(0, .18) if rng.random() < .6 else 0
    column = rng.uniform(-.5, 1.5) * size[1]
    ages = np.sqrt((rows - middle) ** 2 + (tilt * (columns - column)) ** 2 + 30)
    ages = ages + clouds(rng, size, 70, 3, 3) * rng.uniform(2, 7)
    for knot in knots:
        right = (columns - knot.column) / (knot.wide * 2.4)
        down = (rows - knot.row) / (knot.high * 1.5)
        near = np.exp(-right ** 2 - (down / 2.2) ** 2)
        ages = ages + knot.high * .9 * np.tanh(down) * near * 1.2
    return np.asarray(ages)


def _with_marks(rng: np.random.Generator, image: Floats) -> Floats:
    """Return the wood with streaks, marks of a saw and a ring of water, which are no class."""
    height, width = size = image.shape[0], image.shape[1]
    _, columns = grid(size)
    for _ in range(rng.integers(0, 3)):
        streak = depth(rng, size, Ellipse(
            rng.uniform(0, height), rng.uniform(0, width), rng.uniform(3, 14),
            rng.uniform(25, 110), rng.normal() * .05), .3)
        dark = rng.uniform(.08, .3) * soft_step(streak / rng.uniform(3, 8))
        image = image * (1 - dark[..., None] * np.array((.8, 1, 1.1)))
    if rng.random() < .25:
        waves = np.sin(columns * rng.uniform(.5, 1.3) + smooth_noise(rng, size, 80) * 2)
        image = image * (1 + .05 * waves * soft_step(smooth_noise(rng, size, 60) * 2))[..., None]
    if rng.random() < .2:
        inside = depth(rng, size, Ellipse(
            rng.uniform(0, height), rng.uniform(0, width), rng.uniform(20, 60),
            rng.uniform(20, 60)), .1)
        image = image * (1 - .16 * (bell(inside / 3) + .4 * soft_step(inside / 2)))[..., None]
    return image


def _add_gaps(rng: np.random.Generator, board: Board) -> None:
    """Add the dark gaps between boards, which are background."""
    rows, _ = grid(board.size)
    for edge in board.edges[1:-1]:
        width = rng.uniform(.7, 2.4)
        middle = edge + .7 * smooth_noise(rng, (1, board.size[1]), 40)[0]
        cover = np.clip(width / 2 + .5 - abs(rows - middle), 0, 1)
        board.image = over(board.image, board.wood * rng.uniform(.1, .35), cover * .92)
        board.mask[cover > .5] = 0


def _add_nails(rng: np.random.Generator, board: Board) -> None:
    """Add the heads of nails at times, which are background."""
    height, width = board.size
    for _ in range(rng.integers(1, 4) if rng.random() < .15 else 0):
        radius = rng.uniform(2, 4.5)
        inside = depth(rng, board.size, Ellipse(
            rng.uniform(8, height - 8), rng.uniform(8, width - 8), radius, radius), .03)
        board.image = over(board.image, (92, 90, 92), soft_step(inside / .5))
        glint = .8 * soft_step((inside - radius * .5) / .6)
        board.image = over(board.image, (160, 158, 155), glint)
        board.mask[inside > 0] = 0
