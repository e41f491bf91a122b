"""Drawn photos under water: rocks and weeds with fish, starfish and corals, at least one kind."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import ndimage

from drawings.noise import Bools, Floats, Labels, grid
from drawings.textures import log_uniform, over, photographed, smooth_noise
from drawings.underwater_corals import coral
from drawings.underwater_fish import fish
from drawings.underwater_scene import Scene, add_rock, add_weed, empty_scene
from drawings.underwater_starfish import starfish

CLASSES = ("fish", "starfish", "coral")
SEED = 33
FISH, STARFISH, CORAL = 1, 2, 3


class _Animal(NamedTuple):
    """An animal to draw: about its share of the photo, and its label."""

    share: float
    label: int


def draw(rng: np.random.Generator) -> tuple[Floats, Labels]:
    """Draw a photo (H, W, 3) and its mask."""
    height, width = int(rng.integers(170, 361)), int(rng.integers(200, 421))
    if height == width:
        width += 2
    scene = empty_scene(rng, (height, width))
    for _ in range(rng.integers(0, 5)):
        add_rock(rng, scene)
    for _ in range(rng.integers(0, 4)):
        add_weed(rng, scene)
    for animal in _animals(rng):
        _add_animal(rng, scene, animal)
    if rng.random() < .3:
        add_weed(rng, scene)
    _add_caustics(rng, scene)
    for _ in range(rng.integers(0, 60)):
        _add_particle(rng, scene)
    haze = rng.uniform(0, .25)
    image = scene.image * (1 - haze) + scene.water * 1.1 * haze
    return photographed(
        rng, image * rng.uniform(.9, 1.3), grain=(2, 9), dark_corners=(0, .5), blur=(.3, 1.4),
        uneven=.3), scene.mask


def _animals(rng: np.random.Generator) -> list[_Animal]:
    """Choose the animals of a photo, fish last, since they swim before the others."""
    kinds = int(rng.choice((1, 2, 3), p=(.42, .38, .2)))
    animals = []
    for label in rng.choice(3, kinds, replace=False) + 1:
        share = log_uniform(rng, .02, (.5, .22, .14)[kinds - 1])
        count = 1 if share > .12 else int(rng.choice((1, 2, 3, 5), p=(.6, .2, .12, .08)))
        for number in range(count):
            its_share = share * (rng.uniform(.6, 1.3) if number else 1) / (1 + .35 * (count - 1))
            animals.append(_Animal(its_share, int(label)))
    return sorted(animals, key=lambda animal: (animal.label == FISH, -animal.share))


def _add_animal(rng: np.random.Generator, scene: Scene, animal: _Animal) -> None:
    """Add an animal where it hides little of the others; after four tries only if it is first."""
    for _ in range(4):
        row, column = _place(rng, scene, animal)
        cover, surface = _draw_animal(rng, scene, animal, row, column)
        fits = _fits(scene.mask, cover > .5)
        if fits:
            break
    if not fits and scene.mask.any():
        return
    if animal.label != FISH:
        shadow = ndimage.shift(ndimage.gaussian_filter(cover, 4), (4, 2), order=1)
        scene.image = scene.image * (1 - .4 * shadow[..., None])
    distance = rng.uniform(.05, .85 if animal.share < .15 else .6)
    scene.add(cover, surface, distance, animal.label)


def _place(rng: np.random.Generator, scene: Scene, animal: _Animal) -> tuple[float, float]:
    """Return a row and a column, of twelve tries the first that is mostly background."""
    height, width = scene.size
    margin = max(.12, min(.4, np.sqrt(animal.share) * .6))
    for _ in range(12):
        column = rng.uniform(margin, 1 - margin) * width
        if animal.label == FISH:
            row = rng.uniform(margin, 1 - margin) * height
        else:
            row = np.clip(rng.uniform(.4, .9), margin, 1 - margin * .8) * height
        near = scene.mask[max(0, int(row) - 12):int(row) + 12,
                          max(0, int(column) - 12):int(column) + 12]
        if (near == 0).mean() > .8:
            break
    return row, column


def _draw_animal(
    rng: np.random.Generator, scene: Scene, animal: _Animal, row: float, column: float,
) -> tuple[Floats, Floats]:
    """Return how much of every pixel (H, W) an animal covers, and its surface (H, W, 3)."""
    height, width = scene.size
    area = animal.share * height * width
    if animal.label == FISH:
        length = min(np.sqrt(area / .22), width * 1.05)
        return fish(rng, scene.size, (column, row), length)
    if animal.label == STARFISH:
        radius = min(np.sqrt(area / .95), .75 * max(height, width))
        return starfish(rng, scene.size, (column, row), radius)
    radius = min(np.sqrt(area / 1.75), .65 * max(height, width))
    return coral(rng, scene.size, (column, row), radius)


def _fits(mask: Labels, body: Bools) -> bool:
    """Whether a body is visible, hardly over others, and hides under a third of each class."""
    hidden = body & (mask > 0)
    shares = [(hidden & (mask == label)).sum() / max(1, (mask == label).sum())
              for label in (FISH, STARFISH, CORAL)]
    return bool(hidden.sum() < .2 * body.sum() and body.sum() > 60 and max(shares) <= .3)


def _add_caustics(rng: np.random.Generator, scene: Scene) -> None:
    """Add the bright net that waves throw on the ground and on what is near it."""
    height, _ = scene.size
    rows, _ = grid(scene.size)
    waves = abs(smooth_noise(rng, scene.size, 14, 20)
                + .5 * smooth_noise(rng, scene.size, 7, 10))
    net = np.exp(-(waves / .16) ** 2) - .2
    low = np.clip((rows - scene.horizon.mean()) / height + .35, 0, 1)
    scene.image = scene.image * (1 + rng.uniform(0, .45) * net * low)[..., None]


def _add_particle(rng: np.random.Generator, scene: Scene) -> None:
    """Add a bright speck that floats in the water."""
    height, width = scene.size
    row, column = rng.uniform(0, height), rng.uniform(0, width)
    radius = rng.exponential(.9) + .4
    reach = int(4 * radius + 4)
    near = (slice(max(0, int(row) - reach), int(row) + reach),
            slice(max(0, int(column) - reach), int(column) + reach))
    rows, columns = (axis[near] for axis in grid(scene.size))
    light = np.exp(-((rows - row) ** 2 + (columns - column) ** 2) / (2 * radius * radius))
    cover = light * rng.uniform(.1, .5) / (1 + .2 * radius)
    scene.image[near] = over(scene.image[near], (200, 220, 215), cover)
