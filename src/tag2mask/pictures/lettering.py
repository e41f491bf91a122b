"""Text on pictures: fonts, shortened lines, and class names on objects."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from tag2mask.pictures.colours import class_colours, css

_SMALLEST_NAME = 11
_SMALLEST_PHOTO = 64

_SYSTEM_FONTS = (
    "DejaVuSans.ttf", "NotoSans-Regular.ttf", "arial.ttf", "segoeui.ttf", "Arial Unicode.ttf",
    "NotoSansCJK-Regular.ttc", "NanumGothic.ttf", "malgun.ttf", "AppleSDGothicNeo.ttc",
    "msyh.ttc", "PingFang.ttc", "meiryo.ttc", "wqy-microhei.ttc", "DroidSansFallbackFull.ttf",
    "Nirmala.ttf", "Nirmala.ttc", "leelawui.ttf",
)
"""Font files of Linux, Windows and macOS, alphabets first, then Chinese, Japanese and Korean."""

_NO_LETTER = "\uffff"
"""A noncharacter, which every font draws as its missing-glyph sign."""


@lru_cache(maxsize=512)
def font(size: int, text: str) -> ImageFont.FreeTypeFont:
    """Return a font with all letters of `text`, or else the one that lacks the fewest.

    Pillow's own font has the English letters and is the same on all systems; other fonts are
    searched for on the system.

    Args:
        size: font size in pixels.
        text: the text to draw.
    """
    best, fewest = None, len(text) + 1
    for face in _fonts(size):
        lacking = len(missing_letters(text, face))
        if lacking < fewest:
            best, fewest = face, lacking
        if not lacking:
            break
    assert best is not None
    return best


def missing_letters(text: str, face: ImageFont.FreeTypeFont) -> set[str]:
    """Return the letters of `text` that a font lacks."""
    sign = bytes(face.getmask(_NO_LETTER))
    return {letter for letter in set(text) - {" "} if bytes(face.getmask(letter)) == sign}


def _fonts(size: int) -> Iterator[ImageFont.FreeTypeFont]:
    own = ImageFont.load_default(size)
    assert isinstance(own, ImageFont.FreeTypeFont)
    yield own
    for name in _SYSTEM_FONTS:
        path = _system_font(name)
        if path is not None:
            yield ImageFont.truetype(path, size)


@cache
def _system_font(name: str) -> str | None:
    """Return the path of a font file in the font folders of the system; None if missing."""
    try:
        return str(ImageFont.truetype(name).path)
    except OSError:
        return None


def fit(text: str, size: int, width: float) -> tuple[str, ImageFont.FreeTypeFont]:
    """Shorten `text` with an ellipsis to one line of at most `width` pixels.

    Accented letters that no font has lose their accents.

    Returns:
        the line, and its font.
    """
    line = unicodedata.normalize("NFC", " ".join(text.split()))
    face = font(size, line)
    missing = missing_letters(line, face)
    line = "".join(_without_accents(letter) if letter in missing else letter for letter in line)
    if face.getlength(line) <= width:
        return line, face
    while line and face.getlength(line + "…") > width:
        line = line[:-1]
    return line + "…", face


def _without_accents(letter: str) -> str:
    base = unicodedata.normalize("NFD", letter)[0]
    return base if base.isascii() else letter


def text_colour(ground: np.ndarray) -> str:
    """Return black or white, whichever is more legible on a (3,) uint8 background colour."""
    return "#000000" if ground @ np.array([0.299, 0.587, 0.114]) > 120 else "#ffffff"


def write_names(picture: np.ndarray, labels: np.ndarray, classes: Sequence[str]) -> np.ndarray:
    """Draw the name of each class in the middle of its region.

    Args:
        picture: (H, W, 3) uint8.
        labels: (H, W) uint8.
        classes: names of labels 1, 2, ...

    Returns:
        (H, W, 3) uint8; the picture itself if it is too small for text.
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
    """Return a pixel (x, y) of the region: the middle pixel of its middle row."""
    before = np.count_nonzero(region, axis=1).cumsum()
    row = int(np.searchsorted(before, before[-1] // 2, side="right"))
    inside = np.flatnonzero(region[row])
    return int(inside[len(inside) // 2]), row


def _chip(draw: ImageDraw.ImageDraw, middle: tuple[int, int], name: str, label: int, size: int,
          limits: tuple[int, int]) -> None:
    """Draw a name on a small box in the colour of the class, inside the picture."""
    (text, face), colour = fit(name, size, limits[0] - 12), class_colours()[label]
    half, tall = face.getlength(text) / 2 + 4, size * 0.75
    x = min(max(middle[0], half + 1), limits[0] - half - 1)
    y = min(max(middle[1], tall + 1), limits[1] - tall - 1)
    draw.rounded_rectangle((x - half, y - tall, x + half, y + tall), 3, fill=css(colour))
    draw.text((x, y), text, fill=text_colour(colour), font=face, anchor="mm")
