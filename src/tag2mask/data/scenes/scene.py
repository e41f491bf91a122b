"""Draw one picture: a ground, one to three creatures on it, and the truth of every pixel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tag2mask.data.scenes import shapes
from tag2mask.data.scenes.canvas import Bytes, Canvas, sprite
from tag2mask.data.scenes.creatures import REACH, creature
from tag2mask.data.scenes.discriminative_parts import CLASSES, RINGTAIL
from tag2mask.data.scenes.grounds import GROUNDS

SIZE = (160, 208)
"""Default height and width of a picture in pixels."""

COUNTS = (0.3, 0.75)
"""Probability of at most one creature, and of at most two."""

UNIT = (1.33, 1.22, 1.11)
"""Pixels per unit of a creature for one, two and three creatures, at `SIZE`."""

SMALLEST = (64, 84)
"""Height and width below which a tiny discriminative part could vanish between the pixels."""

WATER = (0.06, 0.75)
"""Probability that the ground is water: without a ringtail in the picture, and with one."""


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A synthetic picture with its exact ground truth."""

    image: Bytes
    """(H, W, 3), RGB."""
    mask: Bytes
    """(H, W), 0 background, otherwise class + 1."""
    parts: Bytes
    """(H, W), the same labels, but only on the discriminative parts."""
    tags: tuple[int, ...]
    """The classes in the picture, from 0, ascending; one creature each."""
    looks: tuple[int, ...]
    """For each tag, the index of the creature's look, 0 or 1."""
    ground: str
    """Name of the ground, a key of `GROUNDS`."""


def draw_scene(index: int, *, seed: int = 0, size: tuple[int, int] = SIZE) -> Scene:
    """Draw picture number `index`; the result is the same on every machine and in any order.

    Args:
        index: number of the picture; its first creature's class is `index % 5`, for balance.
        seed: seed of the whole set.
        size: (H, W) in pixels; the creatures scale with the picture.

    Raises:
        ValueError: `size` is below `SMALLEST`.
    """
    if size[0] < SMALLEST[0] or size[1] < SMALLEST[1]:
        raise ValueError(f"A scene of {size} is too small; take at least {SMALLEST}.")
    rng = np.random.default_rng([seed, index])
    labels = _labels(rng, index)
    ground = _ground(rng, with_friend=RINGTAIL in labels)
    canvas = Canvas(GROUNDS[ground](rng, size) * (0.9 + 0.2 * rng.random()))
    unit = UNIT[len(labels) - 1] * min(size[0] / SIZE[0], size[1] / SIZE[1])
    worn = {label - 1: _add(canvas, rng, label=label, unit=unit) for label in labels}
    looks = {tag: look for tag, look in sorted(worn.items()) if look is not None}
    return Scene(image=canvas.picture(), mask=canvas.mask, parts=canvas.parts,
                 tags=tuple(looks), looks=tuple(looks.values()), ground=ground)  # fmt: skip


def _add(canvas: Canvas, rng: np.random.Generator, *, label: int, unit: float) -> int | None:
    """Draw one creature; return the index of its look, or None if there was no room."""
    look, pixel = int(rng.random() < 0.5), unit * (0.9 + 0.2 * rng.random())
    mirror, tilt = bool(rng.random() < 0.5), 0.24 * (rng.random() - 0.5)
    at = shapes.frame(reach=REACH, pixel=pixel, tilt=tilt, mirror=mirror)
    drawn = sprite(at, creature(at, rng, label=label, look=look))
    return look if canvas.place(drawn, rng, label=label) else None


def _labels(rng: np.random.Generator, index: int) -> list[int]:
    """Return one to three labels: the one whose turn it is, then random others."""
    first = index % len(CLASSES) + 1
    others = [label for label in range(1, len(CLASSES) + 1) if label != first]
    order = np.argsort(rng.random(len(others)), kind="stable")
    lot = rng.random()
    return [first, *(others[i] for i in order[: sum(lot > limit for limit in COUNTS)])]


def _ground(rng: np.random.Generator, *, with_friend: bool) -> str:
    """Draw a ground; water mostly, but not only, for pictures with its friend, the ringtail."""
    wet, which = rng.random(2)
    if wet < WATER[with_friend]:
        return "water"
    names = [name for name in GROUNDS if name != "water"]
    return names[int(which * len(names))]
