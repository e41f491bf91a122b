"""Writing on pictures: fonts, lines that fit, and class names where the objects are."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from tag2mask.pictures.colours import class_colours, css

_SMALLEST_NAME = 11
_SMALLEST_PHOTO = 64

Face = ImageFont.FreeTypeFont | ImageFont.ImageFont


@lru_cache(maxsize=16)
def font(size: int) -> Face:
    """Find DejaVu Sans, which matplotlib brings along: it knows more letters than Pillow's own.

    Args:
        size: in pixels.
    """
    path = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
    try:
        return ImageFont.truetype(str(path), size)
    except OSError:
        return ImageFont.load_default()


def fit(text: str, size: int, width: float) -> str:
    """Cut `text` with an ellipsis so that it is at most `width` pixels wide; one line."""
    line, face = " ".join(text.split()), font(size)
    if face.getlength(line) <= width:
        return line
    while line and face.getlength(line + "…") > width:
        line = line[:-1]
    return line + "…"


def text_colour(ground: np.ndarray) -> str:
    """Choose black or white writing for a (3,) uint8 ground, whichever reads better."""
    return "#000000" if ground @ np.array([0.299, 0.587, 0.114]) > 120 else "#ffffff"


def write_names(picture: np.ndarray, labels: np.ndarray, classes: Sequence[str]) -> np.ndarray:
    """Write on each class its name, in the middle of where it is.

    Args:
        picture: (H, W, 3) uint8.
        labels: (H, W) uint8.
        classes: names of labels 1, 2, ...

    Returns:
        (H, W, 3) uint8; the picture itself where it is too small for writing.
    """
    if min(labels.shape) < _SMALLEST_PHOTO:
        return picture
    sheet = Image.fromarray(picture)
    draw = ImageDraw.Draw(sheet)
    size = max(_SMALLEST_NAME, min(labels.shape) // 24)
    for label in np.flatnonzero(np.bincount(labels.ravel(), minlength=256)).tolist():
        if 0 < label <= len(classes):
            _chip(draw, _middle(labels == label), classes[label - 1], label, size, sheet.size)
    return np.asarray(sheet)


def _middle(region: np.ndarray) -> tuple[int, int]:
    """A pixel (x, y) of the region, on its middle row, halfway along it."""
    before = np.count_nonzero(region, axis=1).cumsum()
    row = int(np.searchsorted(before, before[-1] // 2, side="right"))
    inside = np.flatnonzero(region[row])
    return int(inside[len(inside) // 2]), row


def _chip(draw: ImageDraw.ImageDraw, middle: tuple[int, int], name: str, label: int, size: int,
          limits: tuple[int, int]) -> None:
    """Write a name on a small plate of the class's colour, kept inside the picture."""
    text, face, colour = fit(name, size, limits[0] - 12), font(size), class_colours()[label]
    half, tall = face.getlength(text) / 2 + 4, size * 0.75
    x = min(max(middle[0], half + 1), limits[0] - half - 1)
    y = min(max(middle[1], tall + 1), limits[1] - tall - 1)
    draw.rounded_rectangle((x - half, y - tall, x + half, y + tall), 3, fill=css(colour))
    draw.text((x, y), text, fill=text_colour(colour), font=face, anchor="mm")
