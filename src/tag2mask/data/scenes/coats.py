"""Coats: build, colours and pattern of a creature's body, shared among the classes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tag2mask.data.scenes.shapes import Floats, Frame
from tag2mask.data.scenes.textures import Colour, cells, mix, noise, wave

Paint = Callable[[Frame, np.random.Generator, "Look"], Floats]


@dataclass(frozen=True, kw_only=True)
class Look:
    """Build of a body in units, its two colours and its pattern."""

    length: float
    """Half the length of the torso."""
    height: float
    """Half the height of the torso."""
    head: tuple[float, float]
    """Centre of the head relative to the torso's, forwards and up."""
    head_radius: float
    colour: Colour
    marks: Colour
    paint: Paint
    """Function that returns the coat as (h, w, 3) in [0, 255]."""


def stripes(at: Frame, rng: np.random.Generator, look: Look) -> Floats:
    """Return bands across the back that fade towards the belly."""
    bands = wave(at.u / 8.0 + 0.9 * noise(rng, _shape(at), 14.0 * at.pixel) + rng.random())
    fade = np.clip(0.9 + at.v / look.height, 0.0, 1.0)
    return mix(look.colour, look.marks, np.clip(2.2 * bands - 0.9, 0.0, 1.0) * fade)


def spots(at: Frame, rng: np.random.Generator, look: Look) -> Floats:
    """Return round spots in loose rows."""
    u, v = at.u / 9.0 + rng.random(), at.v / 8.0
    row = np.floor(v)
    u = u + 0.5 * (row - 2.0 * np.floor(row / 2.0))
    du, dv = u - np.floor(u) - 0.5, v - row - 0.5
    return mix(look.colour, look.marks, np.clip((0.1 - du * du - dv * dv) * 20.0, 0.0, 1.0))


def scales(at: Frame, rng: np.random.Generator, look: Look) -> Floats:
    """Return a net of scales."""
    border, own = cells(rng, _shape(at), 7.5 * at.pixel)
    net = np.clip(1.0 - 3.0 * border, 0.0, 1.0)
    return mix(mix(look.colour, look.marks, 0.35 * own), look.marks, 0.85 * net)


def fleece(at: Frame, rng: np.random.Generator, look: Look) -> Floats:
    """Return short curls over a lighter belly."""
    curls = noise(rng, _shape(at), 3.2 * at.pixel)
    belly = np.clip(-0.2 - at.v / look.height, 0.0, 1.0)
    return mix(look.colour, look.marks, np.clip(0.9 * curls + belly - 0.15, 0.0, 1.0))


def _shape(at: Frame) -> tuple[int, int]:
    return at.u.shape[0], at.u.shape[1]


COATS = (
    Look(length=52, height=16.5, head=(51, 11), head_radius=12.0, paint=stripes,
         colour=(196, 154, 84), marks=(116, 82, 50)),
    Look(length=49, height=18.5, head=(48, 14), head_radius=12.5, paint=spots,
         colour=(122, 142, 178), marks=(70, 84, 122)),
    Look(length=51, height=17.0, head=(50, 14), head_radius=11.5, paint=scales,
         colour=(112, 158, 138), marks=(52, 96, 84)),
    Look(length=50, height=18.0, head=(50, 10), head_radius=12.0, paint=fleece,
         colour=(158, 126, 164), marks=(206, 184, 206)),
)  # fmt: skip
"""All coats."""

LOOKS = ((0, 1), (1, 2), (2, 3), (3, 0), (0, 2))
"""The two coats of each class; two or three classes share each coat."""
