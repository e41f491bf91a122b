"""Drawn photos of streets with signs: some to stop, to yield, of a limit, of parking; others too.

The other signs, which resemble them, are background.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from drawings.noise import Floats, Labels, Size, grid
from drawings.street_signs_faces import FACES, draw_face
from drawings.street_signs_street import add_leaves, street
from drawings.street_signs_views import View, seen
from drawings.textures import clouds, log_uniform, over, photographed, soft_step, strokes

CLASSES = ("stop", "yield", "limit", "parking")
SEED = 55
OTHERS = ("warning", "arrow", "no entry", "board", "board", "advertisement")
SHARES = {"stop": .74, "yield": .34, "limit": .76, "parking": .83}
"""Of the square around a sign, how much the sign covers; others about .7."""


@dataclass
class _Photo:
    """A photo (H, W, 3), its mask, and where signs are: column, row and half the side of each."""

    image: Floats
    mask: Labels
    taken: list[tuple[float, float, float]]

    @property
    def size(self) -> Size:
        """H and W."""
        return self.mask.shape[0], self.mask.shape[1]


def draw(rng: np.random.Generator) -> tuple[Floats, Labels]:
    """Draw a photo (H, W, 3) and its mask."""
    height, width = int(rng.integers(180, 421)), int(rng.integers(180, 421))
    if height == width:
        height -= 3
    photo = _Photo(street(rng, (height, width)), np.zeros((height, width), np.uint8), [])
    for label, share in _signs(rng):
        name = CLASSES[label - 1] if label else rng.choice(OTHERS)
        place = _free_place(rng, photo, share, SHARES.get(name, .7))
        if place:
            photo.taken.append(place)
            _add_sign(rng, photo, label, name, place)
    if rng.random() < .3:
        photo.image = add_leaves(rng, photo.image, photo.mask)
    image = photo.image
    if rng.random() < .35:
        haze = rng.uniform(.1, .45)
        colour = np.array(((205, 210, 215), (230, 205, 170), (60, 65, 85))[rng.integers(3)])
        image = image * (1 - haze) + haze * colour
    light = rng.uniform(.65, 1.12)
    balance = np.array((1 + rng.normal() * .05, 1, 1 + rng.normal() * .06))
    return photographed(rng, image * light * balance, grain=(2, 10), dark_corners=(0, .4),
                        blur=(.2, 1.3), uneven=.3), photo.mask


def _signs(rng: np.random.Generator) -> list[tuple[int, float]]:
    """Choose labels, 0 for other signs, and shares of the photo; the largest of a class is last."""
    count = int(rng.choice((0, 1, 2, 3), p=(.08, .57, .26, .09)))
    largest = (0, .3, .13, .08)[count]
    signs = [(int(label), log_uniform(rng, .03, largest)) for label in rng.choice(4, count) + 1]
    others = rng.choice((0, 1, 2, 3), p=(.3, .35, .25, .1))
    signs += [(0, log_uniform(rng, .008, .1)) for _ in range(others)]
    rng.shuffle(signs)
    return sorted(signs, key=lambda sign: (sign[0] > 0, sign[1]))


def _free_place(
    rng: np.random.Generator, photo: _Photo, share: float, covered: float,
) -> tuple[float, float, float] | None:
    """Return a column, a row and half a side, away from other signs; None: 40 tries failed."""
    height, width = photo.size
    half = min(np.sqrt(share * height * width / covered) / 2, .53 * min(height, width))
    left, top = min(half, width / 2), min(half, height / 2)
    for _ in range(40):
        column = rng.uniform(left, max(width - half, width / 2))
        row = rng.uniform(top, max(height * .85 - half, top + 1))
        if all(max(abs(column - other[0]), abs(row - other[1])) > (half + other[2]) * .95
               for other in photo.taken):
            break
    else:
        return None
    if rng.random() < .12:
        # So far aside that a sign at the edge of the photo is cut off.
        column += half * rng.choice((-1, 1)) * .5
    return column, row, half


def _add_sign(
    rng: np.random.Generator, photo: _Photo, label: int, name: str,
    place: tuple[float, float, float],
) -> None:
    """Add a sign, most often on a pole."""
    column, row, half = place
    angle, has_pole = rng.normal() * .07, rng.random() < .85
    pole_width = max(2, half * rng.uniform(.07, .13))
    if has_pole:
        _add_pole(rng, photo, place, angle, pole_width)
    face = draw_face(rng, FACES[name])
    view = View(column, row, half, angle, rng.uniform(.72, 1), rng.normal() * .09,
                rng.normal() * .06)
    cover, surface = seen(face, view, photo.size)
    surface = _weathered(rng, surface, place)
    photo.image = over(photo.image, surface, cover)
    photo.mask[cover > .5] = label


def _add_pole(
    rng: np.random.Generator, photo: _Photo, place: tuple[float, float, float], angle: float,
    width: float,
) -> None:
    (column, row, half), (height, _) = place, photo.size
    _, columns = grid(photo.size)
    top = column + half * .4 * np.sin(angle), row - half * .5
    foot = column - (height - row) * np.sin(angle) * .6, height + 8
    cover = strokes(photo.size, [([top, foot], [width, width])], 3)
    colour = np.array(((150, 152, 155), (95, 98, 100), (110, 85, 60))[rng.integers(3)])
    colour = colour * rng.uniform(.6, 1.2)
    light = 1 + .35 * np.cos((columns - column) / width * 2.2)
    light = light * (1 + .08 * clouds(rng, photo.size, 10, 3))
    photo.image = over(photo.image, colour * light[..., None], cover)
    photo.mask[cover > .5] = 0


def _weathered(
    rng: np.random.Generator, surface: Floats, place: tuple[float, float, float],
) -> Floats:
    """Return a surface (H, W, 3) in uneven light, pale, dirty, and at times partly in shade."""
    (column, row, half), size = place, (surface.shape[0], surface.shape[1])
    rows, columns = grid(size)
    right, down = (columns - column) / half, (rows - row) / half
    brightness = rng.uniform(.55, 1.12)
    slope = .16 * np.cos(rng.uniform(0, 6.3)) * right + .16 * rng.normal() * down
    light = brightness * (1 + slope) * (1 + .05 * clouds(rng, size, max(6, half * .5), 4))
    pale = rng.choice((0, rng.uniform(.1, .4)))
    surface = surface * (1 - pale) + pale * surface.mean(2, keepdims=True)
    dirt = clouds(rng, size, max(4, half * .3), 4) - rng.uniform(.7, 2)
    surface = over(surface * light[..., None], (95, 75, 55), np.clip(dirt, 0, .8) * .8)
    if rng.random() < .3:
        shade = soft_step((down + right * .6 + rng.uniform(-.5, 1)) * -5)
        surface = surface * (1 - .3 * shade[..., None])
    if rng.random() < .25:
        shade = soft_step(clouds(rng, size, max(5, half * .3), 3) * 4)
        surface = surface * (1 - .45 * shade[..., None])
    return surface
