"""Creatures: five classes that share their bodies and differ in one discriminative part each.

A body consists of torso, head, legs, ears, tail and coat. The classes share the same few coats, so
that the body alone does not determine the class; the discriminative part does. This models the
central problem of the field: a classifier needs only the discriminative part, while the body still
carries a little information for a method that uses more than that part.
"""

from __future__ import annotations

import numpy as np

from tag2mask.data.scenes import shapes
from tag2mask.data.scenes.canvas import Layer
from tag2mask.data.scenes.coats import COATS, LOOKS, Look
from tag2mask.data.scenes.discriminative_parts import GLOWNOSE, RINGTAIL, TELLING_PARTS
from tag2mask.data.scenes.shapes import Frame
from tag2mask.data.scenes.textures import Colour, shaded

REACH = (52.0, 76.0)
"""Half the height and width of a window that holds any creature, in units."""


def creature(at: Frame, rng: np.random.Generator, *, label: int, look: int) -> list[Layer]:
    """Return the layers of one creature, rear ones first.

    Args:
        at: the creature's axes, on a window of at least `REACH`.
        rng: generator for the details of the coat.
        label: the class, from 1.
        look: index of the class's look, 0 or 1.
    """
    coat = COATS[LOOKS[label - 1][look]]
    torso = shapes.ellipse(at, (0.0, 0.0), (coat.length, coat.height))
    head = shapes.circle(at, coat.head, coat.head_radius)
    body = shapes.melt(torso, head, reach=9.0)
    painted = shaded(coat.paint(at, rng, coat), body, at.v / coat.height)
    behind, before = TELLING_PARTS[label - 1](at, coat)
    tail = [] if label == RINGTAIL else [_tail(at, coat)]
    nose = [] if label == GLOWNOSE else [_nose(at, coat)]
    limbs = [*_legs(at, coat), *_ears(at, coat)]
    return [*tail, *behind, *limbs, Layer(body, painted), *_eye(at, coat), *nose, *before]


def _legs(at: Frame, coat: Look) -> list[Layer]:
    feet = [(-0.78, 0.55), (-0.6, 0.66), (0.5, 0.55), (0.7, 0.66)]
    layers = []
    for place, shade in feet:
        hip = (place * coat.length, -0.4 * coat.height)
        foot = (place * coat.length + 1.0, -coat.height - 4.0)
        layers.append(Layer(shapes.rope(at, [hip, foot], 3.6)[0], _dimmed(coat.colour, shade)))
    return layers


def _ears(at: Frame, coat: Look) -> list[Layer]:
    u, v = coat.head
    ears = []
    for shift, shade in ((4.0, 0.62), (-5.0, 0.72)):
        root = (u + shift * 0.7, v + 0.7 * coat.head_radius)
        tip = (u + shift * 1.3, v + coat.head_radius + 2.5)
        ears.append(Layer(shapes.rope(at, [root, tip], 2.6)[0], _dimmed(coat.colour, shade)))
    return ears


def _eye(at: Frame, coat: Look) -> list[Layer]:
    u, v = coat.head[0] + 0.3 * coat.head_radius, coat.head[1] + 0.2 * coat.head_radius
    return [
        Layer(shapes.circle(at, (u, v), 2.7), (244.0, 242.0, 234.0)),
        Layer(shapes.circle(at, (u + 0.7, v), 1.6), (28.0, 26.0, 30.0)),
    ]


def _nose(at: Frame, coat: Look) -> Layer:
    tip = (coat.head[0] + 0.95 * coat.head_radius, coat.head[1] - 2.0)
    return Layer(shapes.circle(at, tip, 2.0), (52.0, 44.0, 46.0))


def _tail(at: Frame, coat: Look) -> Layer:
    points = [(-coat.length + 4.0, 1.0), (-coat.length - 6.0, 5.0), (-coat.length - 9.0, 13.0)]
    return Layer(shapes.rope(at, points, 2.2)[0], _dimmed(coat.colour, 0.7))


def _dimmed(colour: Colour, share: float) -> Colour:
    return colour[0] * share, colour[1] * share, colour[2] * share
