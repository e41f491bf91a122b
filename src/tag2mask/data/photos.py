"""Read photos in any common format as upright 8-bit RGB.

`pixel_formats` handles formats, and `depth` handles bit depth. Of an animation or a stack the first
page is read; colour profiles are applied to CMYK only, whose colours are meaningless without one.
The format is recognised by content, independent of the suffix.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from tag2mask.core.contracts import InputError, SourceError
from tag2mask.core.files import refuse_special
from tag2mask.core.profiling import READ, count, work
from tag2mask.data.data_files import data_file, name_in_messages, openable
from tag2mask.data.depth import FULL_RANGE, DepthRule
from tag2mask.data.jpeg_end import completed_jpeg
from tag2mask.data.photo_faults import why_unreadable
from tag2mask.data.photo_pages import pages_of
from tag2mask.data.pixel_formats import as_rgb, deep_values, format_of, keep_premultiplied

SUFFIXES = (
    ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".tif", ".tiff", ".bmp", ".gif", ".avif",
    ".jp2", ".j2k", ".jpx", ".jpf", ".ppm", ".pgm", ".pbm", ".pnm",
)
"""File suffixes of photos, in lower case; compare with `path.suffix.lower()`."""

MAX_PIXELS = 300_000_000
"""Number of pixels above which a file is refused before it is decoded."""

# Listed explicitly, because Pillow would also try formats that start other programs (EPS).
_FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF", "PPM", "JPEG2000") + (
    ("AVIF",) if find_spec("PIL.AvifImagePlugin") else ()  # since Pillow 11.3
)
_ORIENTATION = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_limit = threading.Lock()


@dataclass(frozen=True, kw_only=True)
class PhotoTraits:
    """Properties of a photo that determine how it is read.

    Attributes:
        deep: whether it has more than 8 bits per channel, so that a `DepthRule` applies.
        pages: number of pages or frames, of which the first is read.
        alpha_dropped: whether its fourth channel was ignored because it is not transparency.
        end_missing: whether its last bytes are missing, but it is readable.
        flat: whether it has a single colour, judged by its shrunk version.
    """

    deep: bool = False
    pages: int = 1
    alpha_dropped: bool = False
    end_missing: bool = False
    flat: bool = False


def load_photo(
    path: Path, *, max_side: int | None = None, depth: DepthRule | None = None
) -> npt.NDArray[np.uint8]:
    """Decode a photo.

    Args:
        path: the file.
        max_side: maximum long side of the result in pixels; larger photos are shrunk with their
            aspect ratio kept and no side below 1 px. JPEGs are then decoded at reduced size.
        depth: the data set's rule for photos deeper than 8 bits; None derives it from this photo.

    Returns:
        (H, W, 3) uint8, upright.

    Raises:
        InputError: the file is missing, not a photo, damaged, or claims more than `MAX_PIXELS`.
    """
    count(READ, photos=1)
    with work(READ), opened(path) as picture:
        return np.array(_decoded(path, picture, max_side, depth)[0])


def examine_photo(path: Path, *, max_side: int) -> PhotoTraits:
    """Decode a photo and return its traits.

    Raises:
        InputError: as for `load_photo`.
    """
    count(READ, photos=1)
    with work(READ), opened(path) as picture:
        decoded, traits = _decoded(path, picture, max_side, FULL_RANGE)
        pixels = np.asarray(decoded)
        flat = bool((pixels == pixels[:1, :1]).all())
    with opened(path) as picture:
        return replace(traits, pages=pages_of(picture), flat=flat)


def deep_sample(path: Path, *, most: int) -> npt.NDArray[Any]:
    """Return about `most` values of a photo deeper than 8 bits, evenly over rows and columns.

    Raises:
        InputError: as for `load_photo`.
    """
    with opened(path) as picture:
        stored = format_of(picture)
        picture.load()
        values = deep_values(picture, stored, partial(_open, path))
        step = max(1, math.isqrt(values.size // most))
        return np.array(values[::step, ::step])


def photo_size(path: Path) -> tuple[int, int]:
    """Return (H, W) in pixels of the upright photo, from its header alone.

    Raises:
        InputError: as for `load_photo`, except for damage after the header.
    """
    with opened(path) as picture:
        width, height = _upright(picture)
        return height, width


def loaded_size(path: Path, max_side: int) -> tuple[int, int]:
    """Return (H, W) of the photo as `load_photo` shrinks it, from its header alone.

    Raises:
        InputError: as for `photo_size`.
    """
    return _shrunk(photo_size(path), max_side)


def photo_frame(path: Path) -> tuple[int, int, int]:
    """Return (H, W) of the upright photo, and its EXIF orientation (1 to 8, 1 is upright).

    A TIFF counts as upright: Pillow and most viewers rotate it themselves.

    Raises:
        InputError: as for `photo_size`.
    """
    with opened(path) as picture:
        width, height = _upright(picture)
        turn = 1 if picture.format == "TIFF" else _orientation(picture)
        return height, width, turn if 1 <= turn <= 8 else 1


@contextmanager
def opened(path: Path) -> Iterator[Image.Image]:
    """Open a picture for the block; convert all its errors to `InputError`."""
    path = data_file(path)
    refuse_special(path)
    try:
        with _open(path) as picture:
            width, height = picture.size
            if width * height > MAX_PIXELS:
                raise InputError(
                    f"{name_in_messages(path)} claims {width} x {height} pixels, more than "
                    f"{MAX_PIXELS // 1_000_000} million; shrink it or leave it out.")
            yield picture
    except (InputError, SourceError, MemoryError):
        raise
    except Exception as error:  # broken files make decoders raise nearly anything
        raise InputError(why_unreadable(path, error)) from error


def _open(source: Path | BytesIO) -> Image.Image:
    """Open without Pillow's own pixel limit, which warns at a third of `MAX_PIXELS`."""
    with _limit:
        before = Image.MAX_IMAGE_PIXELS
        Image.MAX_IMAGE_PIXELS = None
        try:
            file = openable(source) if isinstance(source, Path) else source
            return Image.open(file, formats=_FORMATS)
        finally:
            Image.MAX_IMAGE_PIXELS = before


def _upright(picture: Image.Image) -> tuple[int, int]:
    """Return (W, H) of the photo after rotation; must be called before loading."""
    width, height = picture.size
    if picture.format == "TIFF":  # newer Pillow versions turn this size, older ones do not
        tags = picture.getexif()
        width, height = int(tags[0x0100]), int(tags[0x0101])
    return (height, width) if 5 <= _orientation(picture) <= 8 else (width, height)


def _shrunk(size: tuple[int, int], max_side: int | None) -> tuple[int, int]:
    longest = max(size)
    if max_side is None or longest <= max_side:
        return size
    first, second = (max(1, round(side * max_side / longest)) for side in size)
    return first, second


def _orientation(picture: Image.Image) -> int:
    """Return the EXIF orientation, 1 (upright) if it is missing or unreadable."""
    try:
        return int(picture.getexif().get(_ORIENTATION, 1))
    except Exception:  # the photo is usable despite a broken EXIF block
        return 1


def _decoded(
    path: Path, picture: Image.Image, max_side: int | None, depth: DepthRule | None
) -> tuple[Image.Image, PhotoTraits]:
    stored = format_of(picture)
    if picture.format == "PNG":
        # Reading EXIF decodes a PNG as well; an error there would be lost and leave black pixels.
        picture.load()
    upright = _upright(picture)
    target = _shrunk(upright, max_side)
    if target != upright:
        picture.draft(None, target if upright == picture.size else target[::-1])
    # Pillow itself rotates a TIFF, and no other format, while loading.
    turn = None if picture.format == "TIFF" else _TURNS.get(_orientation(picture))
    if stored.premultiplied:
        keep_premultiplied(picture)
    try:
        picture.load()
    except OSError:
        jpeg = picture.format in ("JPEG", "MPO")
        whole = completed_jpeg(path.read_bytes(), _open) if jpeg else None
        if whole is None:
            raise
        with _open(whole) as again:
            pixels, traits = _decoded(path, again, max_side, depth)
        return pixels, replace(traits, end_missing=True)
    rgb, dropped = as_rgb(picture, stored, depth, partial(_open, path))
    rgb = rgb if turn is None else rgb.transpose(turn)
    if target != rgb.size:
        rgb = rgb.resize(target, Image.Resampling.BICUBIC, reducing_gap=3.0)
    return rgb, PhotoTraits(deep=stored.deep, alpha_dropped=dropped)
