"""Count the pages of a file: frames of an animation, slices of a stack."""

from __future__ import annotations

from PIL import Image

_SUBFILE = 254
"""TIFF tag whose lowest bit marks a reduced copy of another page."""


def pages_of(picture: Image.Image) -> int:
    """Count pages and frames, without embedded previews and pyramid levels.

    Pages of a TIFF with another size than the first count as such copies. The picture is left at
    its last page.
    """
    if picture.format not in ("TIFF", "GIF", "WEBP", "PNG", "AVIF"):
        return 1
    count = int(getattr(picture, "n_frames", 1))
    if picture.format != "TIFF" or count == 1:
        return count
    size, alike = picture.size, 1
    for page in range(1, count):
        picture.seek(page)
        reduced = int(picture.getexif().get(_SUBFILE, 0)) & 1
        alike += picture.size == size and not reduced
    return alike
