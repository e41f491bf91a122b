"""Photos as people have them, in; upright 8-bit RGB out.

Decisions, in one place: alpha is composited over mid grey, which is near every training mean, so
that what is not there draws no attention; 16-bit grey is scaled by the type's full range, so that
two photos of one series stay comparable; floats have no such range and are stretched from their
minimum to their maximum; of an animation the first frame counts; colour profiles are not applied.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, UnidentifiedImageError

from tag2mask.core.contracts import InputError

SUFFIXES = (".jpg", ".jpeg", ".jfif", ".png", ".webp", ".tif", ".tiff", ".bmp", ".gif")
"""What counts as a photo in a folder, in lower case; compare with `path.suffix.lower()`."""

MAX_PIXELS = 300_000_000
"""A file that claims more pixels is refused before it is decoded."""

# Named, because Pillow would otherwise also try formats that start other programs (EPS).
_FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF")
_GREY = (128, 128, 128, 255)
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


def load_photo(path: Path, *, max_side: int | None = None) -> npt.NDArray[np.uint8]:
    """Decode a photo.

    Args:
        path: the file.
        max_side: longest side of the result in pixels; larger photos are shrunk with their aspect
            kept, no side under 1 px, smaller ones stay. JPEGs are then decoded at reduced size.

    Returns:
        (H, W, 3) uint8, upright.

    Raises:
        InputError: the file is missing, no photo, damaged, or claims more than `MAX_PIXELS`.
    """
    with opened(path) as picture:
        upright = _upright(picture)
        target = _shrunk(upright, max_side)
        if target != upright:
            picture.draft(None, target if upright == picture.size else target[::-1])
        # Pillow itself turns a TIFF, and no other format, while loading.
        turn = None if picture.format == "TIFF" else _TURNS.get(_orientation(picture))
        picture.load()
        rgb = _as_rgb(picture)
        rgb = rgb if turn is None else rgb.transpose(turn)
        if target != rgb.size:
            rgb = rgb.resize(target, Image.Resampling.BICUBIC, reducing_gap=3.0)
        return np.array(rgb)


def photo_size(path: Path) -> tuple[int, int]:
    """Return (H, W) in pixels of the upright photo, from its header alone.

    Raises:
        InputError: as `load_photo`, save for damage behind the header.
    """
    with opened(path) as picture:
        width, height = _upright(picture)
        return height, width


def photo_frame(path: Path) -> tuple[int, int, int]:
    """Return (H, W) of the upright photo, and its EXIF orientation: 1 to 8, 1 is upright.

    A TIFF counts as upright: Pillow turns it by itself, and so do programs that show it.

    Raises:
        InputError: as `photo_size`.
    """
    with opened(path) as picture:
        width, height = _upright(picture)
        turn = 1 if picture.format == "TIFF" else _orientation(picture)
        return height, width, turn if 1 <= turn <= 8 else 1


@contextmanager
def opened(path: Path) -> Iterator[Image.Image]:
    """Open a picture for the block; whatever goes wrong with it there is told as `InputError`."""
    try:
        with _open(path) as picture:
            width, height = picture.size
            if width * height > MAX_PIXELS:
                raise InputError(
                    f"{path} claims {width} x {height} pixels, more than "
                    f"{MAX_PIXELS // 1_000_000} million; shrink it or leave it out."
                )
            yield picture
    except (InputError, MemoryError):
        raise
    except Exception as error:  # broken files make decoders raise nearly anything
        raise InputError(_told(path, error)) from error


def _open(path: Path) -> Image.Image:
    """Open without Pillow's own pixel limit, which warns at a third of ours."""
    with _limit:
        before = Image.MAX_IMAGE_PIXELS
        Image.MAX_IMAGE_PIXELS = None
        try:
            return Image.open(path, formats=_FORMATS)
        finally:
            Image.MAX_IMAGE_PIXELS = before


def _told(path: Path, error: Exception) -> str:
    if path.is_dir():
        return f"{path} is a folder, not a photo; rename it or leave it out."
    if not path.exists():
        return f"{path} is missing; put it there or leave it out."
    if isinstance(error, PermissionError):
        return f"{path} cannot be read: permission denied; allow reading it or leave it out."
    if path.stat().st_size == 0:
        return f"{path} is empty (0 bytes); copy it again or leave it out."
    if isinstance(error, UnidentifiedImageError):
        return f"{path} is no picture in a known format; save it as JPEG or PNG or leave it out."
    reason = str(error) or type(error).__name__
    return f"{path} is damaged or cut short ({reason}); copy it again or leave it out."


def _upright(picture: Image.Image) -> tuple[int, int]:
    """Return (W, H) of the photo once it is turned; to be asked before loading."""
    width, height = picture.size
    if picture.format == "TIFF":  # newer Pillow versions turn this size, older ones do not
        tags = picture.getexif()
        width, height = int(tags[0x0100]), int(tags[0x0101])
    return (height, width) if 5 <= _orientation(picture) <= 8 else (width, height)


def _shrunk(size: tuple[int, int], max_side: int | None) -> tuple[int, int]:
    longest = max(size)
    if max_side is None or longest <= max_side:
        return size
    width, height = (max(1, round(side * max_side / longest)) for side in size)
    return width, height


def _orientation(picture: Image.Image) -> int:
    """Return the EXIF orientation, 1 (upright) where it is missing or unreadable."""
    try:
        return int(picture.getexif().get(_ORIENTATION, 1))
    except Exception:  # a broken EXIF block is no reason to lose the photo
        return 1


def _as_rgb(picture: Image.Image) -> Image.Image:
    if picture.mode == "F" or picture.mode.startswith("I"):
        return Image.fromarray(_as_bytes(np.asarray(picture))).convert("RGB")
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        ground = Image.new("RGBA", picture.size, _GREY)
        ground.alpha_composite(picture.convert("RGBA"))
        return ground.convert("RGB")
    return picture.convert("RGB")


def _as_bytes(grey: npt.NDArray[np.generic]) -> npt.NDArray[np.uint8]:
    """Scale 16-bit integers by 65535, and everything else from minimum to maximum."""
    values = np.nan_to_num(grey.astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    low, high = float(values.min()), float(values.max())
    if np.issubdtype(grey.dtype, np.integer) and low >= 0 and high <= 65535:
        low, high = 0.0, 65535.0
    scale = 255.0 / (high - low) if high > low else 0.0
    return np.asarray(np.round((values - low) * scale), dtype=np.uint8)
