"""The parts that determine the class of a creature, tiny for some classes and large for others."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tag2mask.data.scenes import shapes
from tag2mask.data.scenes.canvas import Layer
from tag2mask.data.scenes.coats import Look
from tag2mask.data.scenes.shapes import Frame
from tag2mask.data.scenes.textures import mix, shaded, wave

Parts = tuple[list[Layer], list[Layer]]


def _glowing_nose(at: Frame, coat: Look) -> Parts:
    """A lamp at the tip of the snout; tiny."""
    tip = (coat.head[0] + 0.95 * coat.head_radius, coat.head[1] - 2.0)
    lamp = shapes.circle(at, tip, 5.5)
    warm = np.clip(-shapes.circle(at, (tip[0] - 1.0, tip[1] + 1.5), 5.0) / 5.0, 0.0, 1.0)
    return [], [Layer(lamp, mix((255, 190, 20), (255, 252, 190), warm), discriminative=True)]


def _target(at: Frame, coat: Look) -> Parts:
    """A ringed button on the flank; tiny."""
    centre = (-0.84 * coat.length, 0.08 * coat.height)
    disc = shapes.circle(at, centre, 5.6)
    ring = np.clip(1.5 - np.abs(disc + 2.9), 0.0, 1.0)
    return [], [Layer(disc, mix((214, 24, 132), (255, 240, 250), ring), discriminative=True)]


def _cap(at: Frame, coat: Look) -> Parts:
    """A toadstool's cap on the head; medium."""
    u, v = coat.head[0] - 1.0, coat.head[1] + 0.45 * coat.head_radius
    dome = np.maximum(shapes.ellipse(at, (u, v), (14.0, 13.5)), v - at.v)
    dots = np.full(at.u.shape, np.inf)
    for du, dv, radius in ((-7.5, 4.0, 2.2), (0.5, 8.0, 2.6), (8.0, 3.5, 2.0), (0.0, 2.0, 1.5)):
        dots = np.minimum(dots, shapes.circle(at, (u + du, v + dv), radius))
    red = shaded((206, 30, 34), dome, (at.v - v) / 14.0)
    return [], [Layer(dome, mix(red, (250, 244, 236), np.clip(0.5 - dots, 0, 1)),
    discriminative=True)]


def _sail(at: Frame, coat: Look) -> Parts:
    """A ribbed sail above the hips; large."""
    foot = 0.35 * coat.height
    middle = 17.0 - coat.length
    sail = shapes.ellipse(at, (middle, foot), (18.0, 0.65 * coat.height + 13.0))
    sail = np.maximum(sail, foot - at.v)
    ribs = wave((at.u - middle) / 7.0 * (1.0 - 0.012 * (at.v - coat.height)))
    orange = mix((176, 62, 12), (255, 142, 36), np.clip(ribs * 1.4, 0.0, 1.0))
    return [Layer(sail, shaded(orange, sail, (at.v - coat.height) / 14.0), discriminative=True)], []


def _ringed_tail(at: Frame, coat: Look) -> Parts:
    """A thick tail with black and white rings; large."""
    end = -coat.length
    points = [(end + 5.0, 0.0), (end - 4.0, 4.0), (end - 10.0, 12.0), (end - 10.0, 23.0)]
    points = [*points, (end - 4.0, 31.0)]
    tail, along = shapes.rope(at, points, 5.0)
    rings = np.clip(4.0 * wave(along / 9.0) - 1.5, 0.0, 1.0)
    return [Layer(tail, mix((26, 24, 28), (246, 244, 240), rings), discriminative=True)], []


TellingPart = Callable[[Frame, Look], Parts]

TELLING_PARTS: tuple[TellingPart, ...] = (_glowing_nose, _target, _cap, _sail, _ringed_tail)
"""For each class in `CLASSES`, the layers behind the body and those in front of it."""

CLASSES = ("glownose", "dotflank", "caphead", "sailback", "ringtail")
"""The classes; class `i` has label `i + 1`. The first two have tiny discriminative parts."""

GLOWNOSE, RINGTAIL = 1, 5
"""Labels of classes that other parts of the drawing code depend on."""
