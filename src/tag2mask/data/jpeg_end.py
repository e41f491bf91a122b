"""Read JPEGs that lack their last bytes, provided that hardly a pixel is missing.

Pillow can read truncated files, but only for the whole process (`LOAD_TRUNCATED_IMAGES`), and then
a file that lost its second half is accepted as well.
"""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from PIL import Image

Open = Callable[[io.BytesIO], Image.Image]

_END = b"\xff\xd9"
_LOST_BLOCKS, _LOST_SHARE = 2, 0.02
"""Maximum number of affected blocks, absolute or as a share of all blocks."""

_ZEROS = 2
"""Maximum number of zero bytes after a picture."""

_STEPS = (1, 2, 4, 16, 64, 256)
"""Number of bytes removed from the end to locate it in the picture."""


def completed_jpeg(data: bytes, open_picture: Open) -> io.BytesIO | None:
    """Append the missing end marker to a JPEG; return None if more than that is missing.

    A decoder fills missing parts with flat blocks, and does not report their number. The position
    where it stopped is found by removing a few more bytes: blocks before it do not change.

    Args:
        data: contents of the file.
        open_picture: function that opens a picture of any size.

    Raises:
        OSError: the file is damaged elsewhere.
    """
    whole = data.rstrip(b"\0")
    if not data.startswith(b"\xff\xd8") or whole.endswith(_END):
        return None
    if len(data) - len(whole) > _ZEROS:  # a disk's, not the picture's
        data = whole
    repaired, block = _decoded(data + _END, open_picture)
    for step in _STEPS:
        try:
            changed = (_decoded(data[:-step] + _END, open_picture)[0] != repaired).any(2)
        except OSError:  # a progressive scan that ends too early for any picture
            continue
        if _inside(changed.shape, block)[changed].any():
            left, total = _blocks_from_first(changed, block)
            near_end = left <= max(_LOST_BLOCKS, _LOST_SHARE * total)
            return io.BytesIO(data + _END) if near_end else None
    return io.BytesIO(data + _END)


def _decoded(
    data: bytes, open_picture: Open
) -> tuple[npt.NDArray[np.uint8], tuple[int, int]]:
    """Decode a JPEG and return its pixels (H, W, C) and the height and width of its blocks."""
    with open_picture(io.BytesIO(data)) as picture:
        layers = getattr(picture, "layer", [(1, 2, 2, 0)])
        block = 8 * max(layer[2] for layer in layers), 8 * max(layer[1] for layer in layers)
        pixels = np.asarray(picture)
    return (pixels if pixels.ndim == 3 else pixels[..., None]), block


def _blocks_from_first(
    changed: npt.NDArray[np.bool_], block: tuple[int, int]
) -> tuple[int, int]:
    """Count the blocks from the first changed one to the last, and all blocks."""
    rows, columns = (-(-side // size) for side, size in zip(changed.shape, block, strict=True))
    y, x = np.nonzero(changed & _inside(changed.shape, block))
    first = int((y // block[0] * columns + x // block[1]).min())
    return rows * columns - first, rows * columns


def _inside(shape: tuple[int, ...], block: tuple[int, int]) -> npt.NDArray[np.bool_]:
    """Mark the pixels not at the edge of a block: edges also depend on the next block."""
    rows, columns = (np.arange(side) % size for side, size in zip(shape, block, strict=True))
    in_row = (columns > 0) & (columns < block[1] - 1)
    return ((rows > 0) & (rows < block[0] - 1))[:, None] & in_row
