"""Convert the pixels of a file from any storage format to 8-bit RGB.

Alpha is composited over mid grey, which is near every training mean, so that transparent areas are
inconspicuous. A fourth channel other than transparency (mostly near infrared) is dropped. Values
deeper than 8 bits are mapped by a `DepthRule`.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageCms

from tag2mask.data.depth import MISSING, DepthRule, Values, measure

_GREY = (MISSING, MISSING, MISSING, 255)
_PHOTOMETRIC, _EXTRA_SAMPLES, _SAMPLE_FORMAT, _BITS, _PLANAR = 262, 338, 339, 258, 284
_OTHER_BYTE = {"B": "L", "L": "B", "N": "B" if sys.byteorder == "little" else "L"}
"""Pillow keeps the high byte of 16-bit colours; in the other byte order it keeps the low one."""


class UnreadableFormatError(Exception):
    """Raised for an intact file whose pixels would be read wrongly."""


@dataclass(frozen=True, kw_only=True)
class PixelFormat:
    """The pixel layout of a file, as far as Pillow's mode does not define it.

    Attributes:
        mode: Pillow's mode.
        raw: Pillow's name of the layout in the file, such as "RGB;16B".
        white_is_zero: whether small values are bright and Pillow ignores this.
        kind: numpy type of the values if Pillow assumes another one, or "".
        premultiplied: whether colours are already multiplied by alpha.
    """

    mode: str
    raw: str
    white_is_zero: bool
    kind: str
    premultiplied: bool

    @property
    def deep(self) -> bool:
        """Whether values have more than 8 bits, or a sign."""
        return self.single or (";16" in self.raw and self.mode in ("RGB", "RGBA"))

    @property
    def single(self) -> bool:
        """Whether a pixel is a single deep value."""
        return self.mode == "F" or self.mode.startswith("I") or bool(self.kind)


def format_of(picture: Image.Image) -> PixelFormat:
    """Determine the format of a picture that has not been loaded.

    Raises:
        UnreadableFormatError: Pillow would read its pixels wrongly.
    """
    tags = getattr(picture, "tag_v2", {})
    bits, signs = _first(tags, _BITS), _first(tags, _SAMPLE_FORMAT)
    if _first(tags, _PLANAR) == 2 and (bits or 0) > 8 and len(picture.getbands()) > 1:
        raise UnreadableFormatError("16-bit channels stored one after the other cannot be read; "
                                    "save them pixel by pixel")
    kind = "int8" if (picture.mode, bits, signs) == ("L", 8, 2) else ""
    if (picture.mode, bits) == ("I", 32) and signs in (None, 1):
        kind = "uint32"
    raw = raw_mode(picture)
    deep = picture.mode == "F" or picture.mode.startswith("I") or bool(kind)
    return PixelFormat(
        mode=picture.mode, raw=raw, kind=kind, premultiplied=raw.startswith("RGBa"),
        white_is_zero=deep and _first(tags, _PHOTOMETRIC) == 0,
    )


def keep_premultiplied(picture: Image.Image) -> None:
    """Keep the colours of a picture as stored: dividing by alpha would lose some."""
    _set_raw(picture, lambda raw: raw.replace("RGBa", "RGBA"))


def deep_values(
    picture: Image.Image, stored: PixelFormat, reopen: Callable[[], Image.Image]
) -> Values:
    """Return the values of a loaded picture deeper than 8 bits.

    Args:
        picture: a loaded picture.
        stored: its format, determined before loading.
        reopen: opens the same file again.

    Returns:
        (H, W), or (H, W, 3) uint16.
    """
    if stored.single:
        values: Values = np.asarray(picture)
        return values.view(stored.kind) if stored.kind else values
    high = np.asarray(picture)[..., :3].astype(np.uint16)
    with reopen() as again:
        if stored.raw.startswith("LA"):  # Pillow offers no access to the low byte of these
            return np.asarray(high * 257, dtype=np.uint16)
        _set_raw(again, lambda raw: raw.replace("RGBa", "RGBA")[:-1] + _OTHER_BYTE[raw[-1]])
        return np.asarray(high * 256 + np.asarray(again)[..., :3], dtype=np.uint16)


def as_rgb(
    picture: Image.Image, stored: PixelFormat, depth: DepthRule | None,
    reopen: Callable[[], Image.Image],
) -> tuple[Image.Image, bool]:
    """Convert a loaded picture to RGB.

    Args:
        picture: a loaded picture.
        stored: its format, determined before loading.
        depth: rule of the data set; None derives it from this picture.
        reopen: opens the same file again.

    Returns:
        The picture, and whether a fourth channel was dropped because it is not transparency.
    """
    if stored.deep:
        values = deep_values(picture, stored, reopen)
        grey = (depth or measure([values])).to_bytes(values)
        if stored.white_is_zero:
            grey = np.where(grey == MISSING, grey, 255 - grey).astype(np.uint8)
        deep = Image.fromarray(grey).convert("RGB")
        if picture.mode != "RGBA":
            return deep, False
        deep.putalpha(picture.getchannel("A"))
        picture = deep
    if picture.mode in ("RGBA", "LA"):
        return _without_alpha(picture.convert("RGBA"), stored.premultiplied)
    if picture.mode == "PA" or "transparency" in picture.info:
        return _over_grey(picture.convert("RGBA")), False
    if picture.mode == "CMYK" and picture.info.get("icc_profile"):
        return _by_profile(picture), False
    return picture.convert("RGB"), False


def _without_alpha(picture: Image.Image, premultiplied: bool) -> tuple[Image.Image, bool]:
    pixels = np.asarray(picture)
    if not _is_transparency(pixels):
        return picture.convert("RGB"), True
    if not premultiplied:
        return _over_grey(picture), False
    ground = MISSING * (1 - pixels[..., 3:].astype(np.float32) / 255)
    mixed = np.clip((pixels[..., :3] + ground).round(), 0, 255).astype(np.uint8)
    return Image.fromarray(mixed), False


def _is_transparency(pixels: npt.NDArray[np.uint8]) -> bool:
    """Return whether the fourth channel of (H, W, 4) is transparency, and not another band.

    Transparency is all or nothing for most pixels, or uniform; a channel that varies with the
    content is another band. If everything would be hidden, varying colours show that it is another
    band.
    """
    alpha = pixels[..., 3]
    if int(alpha.max()) == int(alpha.min()):
        return bool(alpha.max() > 0) or not (pixels[..., :3] != pixels[0, 0, :3]).any()
    return bool(((alpha > 0) & (alpha < 255)).mean() <= 0.5)


def _over_grey(picture: Image.Image) -> Image.Image:
    ground = Image.new("RGBA", picture.size, _GREY)
    ground.alpha_composite(picture)
    return ground.convert("RGB")


def _by_profile(picture: Image.Image) -> Image.Image:
    """Convert inks to colours by the embedded press profile, as viewers do."""
    try:
        press = ImageCms.ImageCmsProfile(io.BytesIO(picture.info["icc_profile"]))
        found = ImageCms.profileToProfile(
            picture, press, ImageCms.createProfile("sRGB"), outputMode="RGB"
        )
    except (ImageCms.PyCMSError, OSError, ValueError):  # ignore a broken profile
        found = None
    return picture.convert("RGB") if found is None else found


def _first(tags: Any, tag: int) -> int | None:  # noqa: ANN401 - Pillow's own mapping
    value = tags.get(tag)
    value = value[0] if isinstance(value, tuple) and value else value
    return value if isinstance(value, int) else None


def raw_mode(picture: Image.Image) -> str:
    """Return the pixel layout in the file, such as "L;4"; only available before loading."""
    tiles = getattr(picture, "tile", None)
    if not tiles:
        return ""
    args = tiles[0][3]
    return str(args[0] if isinstance(args, tuple) and args else args)


def _set_raw(picture: Image.Image, change: Callable[[str], str]) -> None:
    """Change the layout that Pillow's decoder is asked to read."""
    tiles: list[Any] = []
    for tile in getattr(picture, "tile", []):
        args = tile[3]
        new = (change(args[0]), *args[1:]) if isinstance(args, tuple) else change(args)
        parts = (*tile[:3], new)
        tiles.append(type(tile)(*parts) if hasattr(tile, "_fields") else parts)
    picture.tile = tiles  # type: ignore[attr-defined]  # of every file's picture
