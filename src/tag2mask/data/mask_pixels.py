"""Read the pixel values of a mask file as stored, before their conversion to labels."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from tag2mask.data.photos import opened
from tag2mask.data.pixel_formats import raw_mode

# Pillow stretches grey PNGs of 2 and 4 bits to 0..255; dividing restores the values.
_STRETCH = {"L;2": 85, "L;4": 17}


@dataclass(frozen=True, kw_only=True, eq=False)
class MaskPixels:
    """The contents of a mask file."""

    kind: str
    """"grey", "index" (palette indices) or "colour"."""
    values: npt.NDArray[np.integer[Any]]
    """(H, W): grey values, palette indices, or colours packed as red * 65536 + green * 256 +
    blue."""
    palette: npt.NDArray[np.int64]
    """The packed colours of the palette by index; empty unless `kind` is "index"."""
    jpeg: bool
    """Whether the file was compressed with loss."""
    rewrapped: bool
    """Whether grey values were stored as a colour picture, or beside an alpha channel."""

    @property
    def colours(self) -> npt.NDArray[np.int64]:
        """Packed colours, also of grey values and palette indices, (H, W)."""
        if self.kind == "colour":
            return self.values.astype(np.int64)
        if self.kind == "index":
            return np.asarray(self.palette[np.minimum(self.values, len(self.palette) - 1)])
        return np.clip(self.values.astype(np.int64), 0, 255) * 0x010101


def read_pixels(path: Path) -> MaskPixels:
    """Read a mask file.

    Colour pictures with equal channels are grey. Alpha is ignored, unless the colour is uniform and
    alpha is not opaque: then alpha is the mask.

    Raises:
        InputError: as for `load_photo`.
    """
    with opened(path) as picture:
        stretch = _STRETCH.get(raw_mode(picture), 1)
        jpeg, mode = picture.format == "JPEG", picture.mode
        if mode == "P":
            return _made("index", np.array(picture), jpeg=jpeg, palette=_palette(picture))
        if mode in ("L", "1") or mode.startswith("I"):
            values = np.array(picture)
            grey = values.astype(np.uint8) if values.dtype == bool else values
            return _made("grey", grey // stretch if stretch > 1 else grey, jpeg=jpeg)
        if mode == "F":
            return _made("grey", np.rint(np.nan_to_num(np.array(picture))).astype(np.int64))
        return _from_channels(np.array(picture.convert("RGBA")).astype(np.int64), jpeg)


def _from_channels(rgba: npt.NDArray[np.int64], jpeg: bool) -> MaskPixels:
    red, green, blue, alpha = np.moveaxis(rgba, 2, 0)
    if (red == green).all() and (green == blue).all():
        drawn_in_alpha = (red == red.flat[0]).all() and (alpha < 255).any()
        return _made("grey", alpha if drawn_in_alpha else red, jpeg=jpeg, rewrapped=True)
    return _made("colour", (red << 16) | (green << 8) | blue, jpeg=jpeg)


def _made(
    kind: str, values: npt.NDArray[np.integer[Any]], *, jpeg: bool = False, rewrapped: bool = False,
    palette: npt.NDArray[np.int64] | None = None,
) -> MaskPixels:
    colours = np.zeros(0, np.int64) if palette is None else palette
    return MaskPixels(kind=kind, values=values, palette=colours, jpeg=jpeg, rewrapped=rewrapped)


def _palette(picture: Image.Image) -> npt.NDArray[np.int64]:
    listed = picture.getpalette("RGB") or []
    colours = np.array(listed[: len(listed) // 3 * 3], np.int64).reshape(-1, 3)
    return (colours << np.array([16, 8, 0])).sum(axis=1) if len(colours) else np.zeros(1, np.int64)
