"""Water, ground, rocks and weeds, between which `underwater` draws animals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from drawings.noise import Floats, Labels, Size, grid
from drawings.textures import Ellipse, clouds, depth, over, smooth_noise, soft_step, strokes

WATERS = np.array(
    ((20, 95, 120), (30, 110, 105), (15, 70, 125), (45, 115, 85), (60, 140, 150)), float)
SANDS = np.array(((175, 165, 130), (140, 135, 110), (110, 105, 90), (190, 185, 165)), float)
RED_LOST_FIRST = np.array((1, .3, .3))


@dataclass
class Scene:
    """A photo (H, W, 3) under water, its mask, and what colours the things in it.

    `water` is the water's colour, `tint` how much it colours what is near (0 to 1), `horizon`
    the row at which the ground begins in each column (W).
    """

    image: Floats
    mask: Labels
    water: Floats
    tint: float
    horizon: Floats

    @property
    def size(self) -> Size:
        """H and W."""
        return self.mask.shape[0], self.mask.shape[1]

    def add(self, cover: Floats, surface: Floats, distance: float, label: int) -> None:
        """Add a thing, in the colours that it has behind water.

        Args:
            cover: how much of every pixel it covers (H, W), 0 to 1.
            surface: its colours (H, W, 3).
            distance: how much water is before it; from 1 on, it has hardly any own colour.
            label: what it is in the mask.
        """
        light = np.exp(-distance)
        colour = surface * (1 - .55 * (1 - light) * RED_LOST_FIRST) * light
        colour = colour + self.water * 1.05 * (1 - light)
        tint = 1 - self.tint + self.tint * self.water / self.water.max()
        self.image = over(self.image, colour * tint, cover)
        self.mask[cover > .5] = label


def empty_scene(rng: np.random.Generator, size: Size) -> Scene:
    """Draw water above a ground, or one of both."""
    height, (rows, _) = size[0], grid(size)
    water = WATERS[rng.integers(5)] * rng.uniform(.7, 1.25)
    far = rng.choice((rng.uniform(-.3, .1), rng.uniform(.25, .75), 1.4), p=(.35, .5, .15))
    horizon = height * far + clouds(rng, size, 80, 4)[0] * 14
    image = _open_water(rng, size, water)
    ground = _ground(rng, size)
    nearness = np.clip((rows - horizon) / height, 0, 1)
    seen = np.exp(-rng.uniform(.6, 2.2) * (1 - nearness))[..., None] * .9
    ground = ground * seen * (.55 + water / water.max() * .55) + water * (1 - seen)
    image = np.where((rows > horizon)[..., None], ground, image)
    blur = rng.uniform(.6, 2.2)
    image = ndimage.gaussian_filter(image, (blur, blur, 0))
    return Scene(image, np.zeros(size, np.uint8), water, rng.uniform(.1, .6), horizon)


def _open_water(rng: np.random.Generator, size: Size, water: Floats) -> Floats:
    """Return water (H, W, 3), darker further down, with oblique rays of light."""
    height, width = size
    rows, columns = grid(size)
    image = water * (1.35 - .7 * (rows / height))[..., None]
    rays = smooth_noise(rng, (1, 2 * width), 30)[0]
    places = np.clip(columns + rows * rng.normal() * .4 + width / 2, 0, 2 * width - 1).astype(int)
    light = 1 + rng.uniform(0, .12) * rays[places] * (1 - rows / height)
    return np.asarray(image * light[..., None])


def _ground(rng: np.random.Generator, size: Size) -> Floats:
    """Return sand (H, W, 3) with ripples, rubble and algae."""
    rows, _ = grid(size)
    sand = SANDS[rng.integers(4)]
    light = 1 + .1 * clouds(rng, size, 40, 5) + .07 * clouds(rng, size, 2, 2)
    height_of_ripples = rng.uniform(0, .1)
    ripples = np.sin(rows * rng.uniform(.2, .5) + 3 * clouds(rng, size, 50, 2))
    ground = sand * (light + height_of_ripples * ripples)[..., None]
    rubble, colour = clouds(rng, size, rng.uniform(8, 25), 4), sand * .45 + rng.uniform(-15, 15, 3)
    ground = over(ground, colour, soft_step((rubble - rng.uniform(.3, 1.4)) * 8) * .8)
    algae, colour = clouds(rng, size, 18, 4), np.array((80, 95, 45)) * rng.uniform(.6, 1.2)
    return over(ground, colour, np.clip(algae - .5, 0, .8) * rng.uniform(0, 1))


def add_rock(rng: np.random.Generator, scene: Scene) -> None:
    """Add a rock, which is background."""
    height, width = scene.size
    rows, _ = grid(scene.size)
    radius = rng.uniform(10, 60)
    highest = max(.35 * height, min(scene.horizon.mean(), height * .8))
    row = rng.uniform(highest, height * 1.05)
    inside = depth(rng, scene.size, Ellipse(row, rng.uniform(0, width), radius * .6, radius,
                                            rng.normal() * .2), .22, 8)
    colour = np.array((95, 92, 84)) * rng.uniform(.5, 1.2)
    light = 1 + .18 * clouds(rng, scene.size, 14, 4) - .3 * np.clip((rows - row) / radius, -1, 1)
    scene.add(soft_step(inside / .8), colour * light[..., None], rng.uniform(.2, 1.2), 0)


def add_weed(rng: np.random.Generator, scene: Scene) -> None:
    """Add a tuft of weeds, which are background."""
    height, width = scene.size
    column, row = rng.uniform(0, width), height * rng.uniform(.6, 1.1)
    part, leaves = np.linspace(0, 1, 9), []
    for _ in range(rng.integers(3, 14)):
        length, phase = height * rng.uniform(.12, .45), rng.uniform(0, 6)
        columns = (column + rng.normal() * 9 + 8 * part * np.sin(phase + 4 * part)
                   + rng.normal() * 14 * part)
        points = list(zip(columns, row - length * part, strict=True))
        leaves.append((points, np.linspace(rng.uniform(2, 6), 1.3, 9)))
    colour = np.array((70, 100, 45)) * rng.uniform(.5, 1.3)
    surface = colour * (1 + .2 * smooth_noise(rng, scene.size, 5))[..., None]
    scene.add(strokes(scene.size, leaves, 2), surface, rng.uniform(.2, 1.1), 0)
