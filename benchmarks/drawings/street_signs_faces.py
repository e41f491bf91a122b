"""The faces of the signs that `street_signs` draws, as square pictures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from drawings.noise import Floats

SIDE = 320
MIDDLE = SIDE / 2
BLACK = (22, 22, 24, 255)
REDS = ((190, 24, 32), (205, 40, 40), (160, 30, 36))
BLUES = ((20, 72, 160), (28, 95, 178), (22, 56, 120))
LETTERS = "ABCDEFGHKLMNRSTaeinorst"
Colour = tuple[int, int, int, int]


@dataclass(frozen=True)
class _Face:
    """A face to draw on, and the colours of this sign's paints."""

    canvas: ImageDraw.ImageDraw
    red: Colour
    white: Colour
    blue: Colour

    def disc(self, border: float, colour: Colour) -> None:
        """Draw a disc that leaves a border."""
        self.canvas.ellipse((border, border, SIDE - border, SIDE - border), fill=colour)

    def plate(self, left: float, top: float, radius: float, colour: Colour) -> None:
        """Draw a rectangle with round corners in the middle."""
        self.canvas.rounded_rectangle(
            (left, top, SIDE - left, SIDE - top), radius, fill=colour)

    def polygon(
        self, corners: int, radius: float, angle: float, colour: Colour, row: float = MIDDLE,
    ) -> None:
        """Draw a regular polygon; `angle` is its first corner's, in radians."""
        angles = angle + np.arange(corners) * 2 * np.pi / corners
        columns, rows = MIDDLE + radius * np.cos(angles), row + radius * np.sin(angles)
        self.canvas.polygon(list(zip(columns, rows, strict=True)), fill=colour)

    def text(self, row: float, text: str, height: int, colour: Colour, bold: int) -> None:
        """Write a line around a row; `bold` is how much thicker its letters are, in pixels."""
        self.canvas.text((MIDDLE, row), text, font=ImageFont.load_default(size=height),
                         fill=colour, anchor="mm", stroke_width=bold, stroke_fill=colour)


def draw_face(
    rng: np.random.Generator, paint: Callable[[np.random.Generator, _Face], None],
) -> Image.Image:
    """Return a face (SIDE, SIDE) in RGBA; around the sign, it is transparent."""
    picture = Image.new("RGBA", (SIDE, SIDE), (0, 0, 0, 0))
    red = _shade(rng, REDS[rng.integers(3)])
    white = _shade(rng, (236, 236, 232))
    paint(rng, _Face(ImageDraw.Draw(picture), red, white, _shade(rng, BLUES[rng.integers(3)])))
    return picture


def _shade(rng: np.random.Generator, colour: tuple[int, int, int] | Floats) -> Colour:
    """Return an opaque colour that is a little different."""
    red, green, blue = np.clip(colour + rng.normal(0, 9, 3), 0, 255).astype(int).tolist()
    return red, green, blue, 255


def _stop(rng: np.random.Generator, face: _Face) -> None:
    face.polygon(8, 155, np.pi / 8, face.white)
    face.polygon(8, 145, np.pi / 8, face.red)
    face.text(MIDDLE, rng.choice(("STOP", "STOP", "STOP", "ALTO", "PARE")), 98, face.white, 5)


def _yield(rng: np.random.Generator, face: _Face) -> None:
    face.polygon(3, 158, np.pi / 2, face.red, MIDDLE - 35)
    face.polygon(3, rng.uniform(85, 112), np.pi / 2, face.white, MIDDLE - 35)
    if rng.random() < .3:
        face.text(MIDDLE - 55, "YIELD", 38, face.red, 2)


def _limit(rng: np.random.Generator, face: _Face) -> None:
    if rng.random() < .75:
        face.disc(6, face.white if rng.random() < .5 else face.red)
        face.disc(12, face.red)
        face.disc(rng.uniform(34, 52), face.white)
        number = str(rng.choice((30, 40, 50, 60, 70, 80, 90, 20, 100, 120)))
        face.text(MIDDLE, number, 128 if rng.random() < .9 else 100, BLACK, 5)
        return
    face.plate(42, 6, 16, face.white)
    face.canvas.rounded_rectangle((50, 14, SIDE - 50, SIDE - 14), 12, outline=BLACK, width=6)
    face.text(60, "SPEED", 52, BLACK, 2)
    face.text(112, "LIMIT", 52, BLACK, 2)
    face.text(218, str(rng.choice((25, 35, 45, 55, 65))), 130, BLACK, 5)


def _parking(rng: np.random.Generator, face: _Face) -> None:
    face.plate(14, 14, 22, face.white)
    face.plate(24, 24, 16, face.blue)
    face.text(MIDDLE - (14 if rng.random() < .3 else 0), "P", 220, face.white, 8)
    if rng.random() < .25:
        face.text(262, rng.choice(("2h", "FREE", "8-18")), 44, face.white, 1)


def _warning(rng: np.random.Generator, face: _Face) -> None:
    if rng.random() < .5:
        face.polygon(4, 158, 0, BLACK)
        face.polygon(4, 150, 0, _shade(rng, (240, 190, 20)))
    else:
        face.plate(30, 60, 10, _shade(rng, (240, 140, 20)))
    roof = (MIDDLE - 40, MIDDLE + 50), (MIDDLE, MIDDLE - 60), (MIDDLE + 40, MIDDLE + 50)
    face.canvas.line(roof, fill=BLACK, width=18)


def _arrow(_: np.random.Generator, face: _Face) -> None:
    face.disc(8, face.white)
    face.disc(16, face.blue)
    face.canvas.line(((MIDDLE, 250), (MIDDLE, 90)), fill=face.white, width=30)
    face.canvas.polygon(((MIDDLE - 55, 130), (MIDDLE + 55, 130), (MIDDLE, 55)), fill=face.white)


def _no_entry(_: np.random.Generator, face: _Face) -> None:
    face.disc(8, face.red)
    face.canvas.rectangle((60, MIDDLE - 24, SIDE - 60, MIDDLE + 24), fill=face.white)


def _board(rng: np.random.Generator, face: _Face) -> None:
    colours = [_shade(rng, colour) for colour in (
        (30, 110, 70), (20, 80, 150), (235, 235, 225), (240, 200, 60), (170, 40, 45),
        (120, 80, 50))]
    colour = colours[rng.integers(6)]
    ink, top = face.white if sum(colour[:3]) < 420 else BLACK, rng.uniform(40, 100)
    face.plate(6, top, 8, ink)
    face.plate(12, top + 6, 6, colour)
    for row in np.arange(top + 36, SIDE - top - 20, 48):
        face.text(row, "".join(rng.choice(list(LETTERS), rng.integers(4, 9))), 42, ink, 1)


def _advertisement(rng: np.random.Generator, face: _Face) -> None:
    face.plate(50, 6, 4, _shade(rng, rng.uniform(30, 230, 3)))
    for _ in range(6):
        left, top = rng.uniform(60, 220), rng.uniform(15, 260)
        right = min(SIDE - 52, left + rng.uniform(20, 90))
        bottom = min(SIDE - 8, top + rng.uniform(20, 90))
        face.canvas.ellipse((left, top, right, bottom), fill=_shade(rng, rng.uniform(20, 240, 3)))
    face.text(60, "SALE", 60, face.white, 2)


FACES = {
    "stop": _stop, "yield": _yield, "limit": _limit, "parking": _parking, "warning": _warning,
    "arrow": _arrow, "no entry": _no_entry, "board": _board, "advertisement": _advertisement,
}
