"""Convert a photo passed from Python (path, array, tensor or PIL image) to RGB.

Unambiguous input is accepted; everything else is refused in one sentence. Channels are red, green,
blue: an array in OpenCV's order cannot be recognised.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from PIL import Image, ImageOps

from tag2mask.core.contracts import InputError
from tag2mask.data.depth import DepthRule
from tag2mask.data.photos import load_photo

if TYPE_CHECKING:
    import torch

Photo: TypeAlias = "str | Path | np.ndarray | torch.Tensor | Image.Image"
"""Types that `as_photo` accepts."""

_WANTED = "give a path, a PIL image or an (H, W, 3) array of uint8 in RGB"
_GREY = 128
"""Background for alpha compositing, as in photos from files."""


def as_photo(given: Photo, *, depth: DepthRule | None = None) -> np.ndarray:
    """Convert a photo to an RGB array.

    Args:
        given: a file; a PIL image of any mode; or an array or tensor (H, W), (H, W, 1), (H, W, 3),
            (H, W, 4), or with the channels first, possibly as a batch of one. Values are 0 to 255,
            0 to 65535 in uint16, or 0 to 1 in floats; uint16 values count as 0 to 255 if none is
            larger.
        depth: the rule of a network that was trained on photos deeper than 8 bits; it applies to
            files and to all types but uint8.

    Returns:
        (H, W, 3) uint8, RGB.

    Raises:
        InputError: the input is none of these.
    """
    if isinstance(given, str | Path):
        return _from_file(given, depth)
    if isinstance(given, Image.Image):
        return _from_pil(given, depth)
    if isinstance(given, list | tuple):
        raise InputError(f"A photo was given as a {type(given).__name__} of {len(given)}; give one "
                         "at a time, as in [segment(photo) for photo in photos].")
    if "torch" in sys.modules:  # otherwise it cannot be a tensor
        given = _untensored(given)
    if not isinstance(given, np.ndarray) and not hasattr(given, "__array__"):
        raise InputError(f"A photo was given as {type(given).__name__}; {_WANTED}.")
    pixels = _channels_last(np.asarray(given))
    if depth is not None and pixels.dtype != np.uint8:
        return _rgb(depth.to_bytes(pixels))
    return _rgb(_as_bytes(pixels))


def _untensored(given: Photo) -> Photo:
    """Convert a tensor to an array; leave everything else unchanged."""
    import torch

    if not isinstance(given, torch.Tensor):
        return given
    whole = given.detach().cpu()
    return (whole.float() if whole.dtype == torch.bfloat16 else whole).numpy()


def _from_file(given: str | Path, depth: DepthRule | None) -> np.ndarray:
    if "://" in str(given) or str(given).startswith(("http:/", "https:/", "data:")):
        raise InputError(f"{str(given)[:80]} is an address, not a file; download it and give the "
                         "file's path.")
    return load_photo(Path(given).expanduser(), depth=depth)


def _from_pil(picture: Image.Image, depth: DepthRule | None) -> np.ndarray:
    upright = ImageOps.exif_transpose(picture)
    if min(upright.size) == 0:
        raise InputError("The PIL image has no pixels; give one that has.")
    if upright.mode == "F" or upright.mode.startswith("I"):
        values = np.asarray(upright)
        return as_photo(_sixteen_bits(values) if depth is None else values, depth=depth)
    if upright.mode in ("RGBA", "RGBa", "LA", "La", "PA") or "transparency" in upright.info:
        return _rgb(np.asarray(upright.convert("RGBA")))
    return np.array(upright.convert("RGB"))


def _sixteen_bits(grey: np.ndarray) -> np.ndarray:
    """Scale PIL's integers by 65535 as in 16-bit files; leave floats unchanged."""
    if grey.dtype.kind == "f" or not 0 <= grey.min() <= grey.max() <= 65535:
        return grey
    scaled: np.ndarray = np.round(grey.astype(np.float64) * (255 / 65535)).astype(np.uint8)
    return scaled


def _channels_last(array: np.ndarray) -> np.ndarray:
    """Convert an array to (H, W, 1), (H, W, 3) or (H, W, 4)."""
    shape, pixels = array.shape, array
    if pixels.ndim == 4 and pixels.shape[0] > 1:
        raise InputError(f"A batch {shape} of {shape[0]} photos was given; give one at a time, as "
                         "in [segment(photo) for photo in photos].")
    pixels = pixels[0] if pixels.ndim == 4 else pixels
    pixels = pixels[..., None] if pixels.ndim == 2 else pixels
    known = (1, 3, 4)
    if pixels.ndim == 3 and pixels.shape[2] not in known and pixels.shape[0] in known:
        pixels = np.moveaxis(pixels, 0, 2)
    if pixels.ndim != 3 or pixels.shape[2] not in known or not pixels.size:
        raise InputError(f"A photo was given as an array {shape}; {_WANTED}.")
    return pixels


def _as_bytes(pixels: np.ndarray) -> np.ndarray:
    """Convert values to 0..255."""
    if pixels.dtype == np.uint8:
        return pixels
    if pixels.dtype.kind not in "uif":
        meaning = ", which is a mask rather than a photo" if pixels.dtype == np.bool_ else ""
        raise InputError(f"A photo was given as an array of {pixels.dtype}{meaning}; {_WANTED}.")
    low, high = float(pixels.min()), float(pixels.max())
    if not (np.isfinite(low) and np.isfinite(high)):
        raise InputError(f"The photo's array holds NaN or inf; {_WANTED}.")
    most = _range(pixels.dtype, low, high)
    scaled = np.clip(pixels.astype(np.float64), 0, most) * (255 / most)
    result: np.ndarray = np.round(scaled).astype(np.uint8)
    return result


def _range(dtype: np.dtype[np.generic], low: float, high: float) -> float:
    """Return the value of white: 1, 255 or 65535."""
    tolerance = 1e-3 if dtype.kind == "f" else 0.0
    if low < -tolerance:
        raise InputError(f"The photo's numbers run from {low:.3g} to {high:.3g}, as normalised "
                         f"ones do; {_WANTED}.")
    if dtype == np.uint16 and high > 255:
        return 65535.0
    if dtype.kind == "f" and high <= 1 + tolerance:
        return 1.0
    if high > 255 + tolerance or (dtype.kind == "f" and high < 2):
        raise InputError(f"The photo's numbers run from {low:.3g} to {high:.3g} in {dtype}, which "
                         f"is neither 0 to 1 nor 0 to 255; {_WANTED}.")
    return 255.0


def _rgb(pixels: np.ndarray) -> np.ndarray:
    """Repeat grey channels, and composite colours with alpha over mid grey."""
    if pixels.shape[2] == 1:
        return np.repeat(pixels, 3, 2)
    if pixels.shape[2] == 3:
        return pixels
    picture = Image.new("RGBA", (pixels.shape[1], pixels.shape[0]), (_GREY, _GREY, _GREY, 255))
    picture.alpha_composite(Image.fromarray(np.ascontiguousarray(pixels)))
    return np.array(picture.convert("RGB"))
