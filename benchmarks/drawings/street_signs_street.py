"""Streets under a sky, with houses, trees and cars, in which `street_signs` draws signs."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from drawings.noise import Floats, Labels, Size, grid
from drawings.textures import (
    Ellipse,
    Stroke,
    clouds,
    depth,
    over,
    smooth_noise,
    soft_step,
    strokes,
)

SKIES = (((90, 140, 205), (195, 215, 235)), ((170, 178, 188), (215, 218, 222)),
         ((120, 135, 165), (235, 205, 180)))
"""Colours at the top and at the bottom of the photo."""
LEAVES = np.array(
    ((110, 150, 60), (90, 125, 70), (160, 150, 60), (170, 100, 45), (120, 140, 90)), float)
WALLS = np.array(
    ((165, 90, 70), (190, 180, 165), (140, 135, 130), (205, 190, 150), (120, 70, 60)), float)
GROUNDS = np.array(((105, 105, 108), (130, 126, 118), (95, 115, 60)), float)
CARS = np.array(
    ((170, 30, 35), (225, 225, 225), (30, 60, 130), (40, 42, 46), (200, 160, 40)), float)


def street(rng: np.random.Generator, size: Size) -> Floats:
    """Draw a street (H, W, 3) without signs, out of focus."""
    height, width = size
    image = _sky(rng, size)
    horizon = height * rng.uniform(.5, .85)
    for _ in range(rng.integers(1, 5)):
        image = _with_house(rng, image) if rng.random() < .5 else _with_tree(rng, image)
    if rng.random() < .7:
        image = _with_ground(rng, image, horizon)
    for _ in range(rng.integers(0, 5)):
        image = _with_car(rng, image)
    if rng.random() < .4:
        wires: list[Stroke] = [
            ([(0, height * rng.uniform(0, .4)), (width, height * rng.uniform(0, .4))], [1.3, 1.3])
            for _ in range(rng.integers(1, 4))]
        image = over(image, (40, 42, 45), strokes(size, wires, 3) * .8)
    blur = rng.uniform(.4, 3.2)
    return np.asarray(ndimage.gaussian_filter(image, (blur, blur, 0)))


def add_leaves(rng: np.random.Generator, image: Floats, mask: Labels) -> Floats:
    """Return the photo with leaves before a corner or a side; what they hide is background."""
    height, width = size = mask.shape[0], mask.shape[1]
    rough = 12 * clouds(rng, size, 16, 4)
    bush = Ellipse(rng.choice((0, height * .1, height)), rng.choice((0, width)), height * .22,
                   width * .28)
    inside = rough + depth(rng, size, bush, .25) - 4
    mask[inside > 0] = 0
    return over(image, _leaves(rng, size), soft_step(inside / .7))


def _sky(rng: np.random.Generator, size: Size) -> Floats:
    rows, _ = grid(size)
    part = (rows / size[0])[..., None]
    top, bottom = SKIES[rng.integers(3)]
    image = np.array(top) * (1 - part) + np.array(bottom) * part
    cloudy = soft_step((clouds(rng, size, 70, 5, 1.8) - rng.uniform(-.2, 1)) * 2.5)
    return over(image, (238, 238, 240), cloudy * .85)


def _leaves(rng: np.random.Generator, size: Size) -> Floats:
    """Return foliage (H, W, 3)."""
    width = rng.uniform(3, 7)
    lumps = clouds(rng, size, 36, 3) * .7 + clouds(rng, size, width, 3, 1.3) * .8
    dark = np.array((18, 32, 16)) * rng.uniform(.7, 1.6)
    bright, light = LEAVES[rng.integers(5)], soft_step(lumps * 1.5)[..., None]
    grains = 14 * smooth_noise(rng, size, 1.2)[..., None]
    return np.asarray(dark * (1 - light) + (bright + grains) * light)


def _with_tree(rng: np.random.Generator, image: Floats) -> Floats:
    height, width = size = image.shape[0], image.shape[1]
    crown = Ellipse(rng.uniform(.1, .9) * height, rng.uniform(0, 1) * width,
                    height * rng.uniform(.2, .6), width * rng.uniform(.2, .6))
    inside = depth(rng, size, crown, .25, 9) + 14 * clouds(rng, size, 18, 4)
    return over(image, _leaves(rng, size), soft_step(inside / 1.5))


def _with_house(rng: np.random.Generator, image: Floats) -> Floats:
    height, width = size = image.shape[0], image.shape[1]
    rows, columns = grid(size)
    left, wide = rng.uniform(-.2, .9) * width, rng.uniform(.2, .9) * width
    top, slope = rng.uniform(-.2, .6) * height, rng.normal() * .12
    house = ((columns > left) & (columns < left + wide)
             & (rows > top + (columns - left) * slope))
    return np.where(house[..., None], _wall(rng, size), image)


def _wall(rng: np.random.Generator, size: Size) -> Floats:
    """Return a wall (H, W, 3), at times with bricks and windows."""
    colour = WALLS[rng.integers(5)] * rng.uniform(.7, 1.1)
    light = 1 + .1 * clouds(rng, size, 50, 5) + .04 * smooth_noise(rng, size, 1.5)
    wall = colour * light[..., None]
    if rng.random() < .6:
        wall = _with_bricks(rng, wall, colour)
    if rng.random() < .6:
        wall = _with_windows(rng, wall)
    return np.asarray(wall)


def _with_bricks(rng: np.random.Generator, wall: Floats, colour: Floats) -> Floats:
    rows, columns = grid((wall.shape[0], wall.shape[1]))
    high = rng.uniform(7, 14)
    wide, row = high * 2.6, np.floor(rows / high)
    shifted = columns + (row % 2) * wide / 2
    mortar = np.minimum(rows % high, shifted % wide) < 1.4
    # A few brightnesses, in an order in which no pattern is seen.
    number = (row * 57 + np.floor(shifted / wide) * 13).astype(int) % 97
    wall = wall * (1 + rng.normal(0, .1, 97)[number])[..., None]
    return over(wall, colour * .5 + 90, np.asarray(mortar * .6, float))


def _with_windows(rng: np.random.Generator, wall: Floats) -> Floats:
    size = wall.shape[0], wall.shape[1]
    rows, columns = grid(size)
    wide, high = rng.uniform(40, 90), rng.uniform(50, 100)
    right = (columns + rng.uniform(0, 90)) % wide / wide
    down = (rows + rng.uniform(0, 90)) % high / high
    window = (right > .3) & (right < .8) & (down > .2) & (down < .75)
    pane = (right > .34) & (right < .76) & (down > .24) & (down < .71)
    glass = np.array((50, 60, 72)) * (1 + .4 * clouds(rng, size, 30, 3))[..., None]
    wall = np.where(window[..., None], 205, wall)
    return np.where(pane[..., None], glass, wall)


def _with_ground(rng: np.random.Generator, image: Floats, horizon: float) -> Floats:
    size = image.shape[0], image.shape[1]
    rows, columns = grid(size)
    colour = GROUNDS[rng.integers(3)] * rng.uniform(.7, 1.2)
    ground = rows > horizon + (columns - size[1] / 2) * rng.normal() * .06
    light = 1 + .08 * clouds(rng, size, 30, 4, 3) + .06 * smooth_noise(rng, size, 1.3)
    return np.where(ground[..., None], colour * light[..., None], image)


def _with_car(rng: np.random.Generator, image: Floats) -> Floats:
    """Return the photo with a coloured body, such as a part of a car, a lamp or an awning."""
    height, width = size = image.shape[0], image.shape[1]
    rows, _ = grid(size)
    radius = rng.uniform(6, 40)
    body = Ellipse(rng.uniform(.6, 1) * height, rng.uniform(0, width), radius * .5, radius)
    inside = depth(rng, size, body, .1)
    colour = CARS[rng.integers(5)] * rng.uniform(.6, 1.1)
    shade = .3 * np.clip((rows - height * .7) / radius, -1, 1)
    light = 1 + .12 * clouds(rng, size, 16, 3) - shade
    return over(image, colour * light[..., None], soft_step(inside / .8))
