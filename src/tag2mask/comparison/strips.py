"""The same photos with the masks of every recipe, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tag2mask.comparison.cells import Cell
from tag2mask.comparison.ledger import Row
from tag2mask.comparison.plan import Comparison
from tag2mask.core.contracts import InputError
from tag2mask.data import load_mask
from tag2mask.data.dataset import Photo
from tag2mask.pages.templates import data_uri
from tag2mask.pictures.overlays import overlay
from tag2mask.pictures.thumbnails import thumbnail

PHOTOS = 8
"""The most photos that are shown."""

_SIDE, _MOST_ROWS = 150, 24

Strip = list[tuple[str, list[str | None]]]
"""The name of each row and its pictures as data URIs."""


def photo_strip(made: Comparison, rows: Sequence[Row]) -> Strip:
    """Draw up to eight held-out photos, their true masks, and the masks of each recipe.

    The photos are spaced evenly among those with tags; they are not selected by quality. Where the
    network's mask is missing, the pseudo mask is drawn.
    """
    cells = {o.cell.recipe.number: o.cell for o in reversed(made.outcomes) if not o.problem}
    shown = [(row.recipe.name, cells[row.recipe.number]) for row in rows
             if row.recipe.number in cells][:_MOST_ROWS]
    photos = _select(made, [cell for _, cell in shown])
    thumbs = [thumbnail(photo, _SIDE) for photo in photos]
    strip: Strip = [("photo", [data_uri(pixels) for pixels in thumbs])]
    if any(photo.mask for photo in photos):
        strip.append(("true mask", [_drawn(pixels, photo.mask)
                                    for photo, pixels in zip(photos, thumbs, strict=True)]))
    strip += [(name, [_drawn(pixels, cell.mask_file(photo))
                      for photo, pixels in zip(photos, thumbs, strict=True)])
              for name, cell in shown]
    return strip if photos and shown else []


def _select(made: Comparison, cells: Sequence[Cell]) -> list[Photo]:
    """Select evenly spaced photos from those that every recipe has a mask of."""
    tagged = [photo for photo in made.dataset.photos if photo.tags]
    held_out = [photo for photo in tagged if photo.split != "train"] or tagged
    known = [photo for photo in held_out if all(cell.mask_file(photo).exists() for cell in cells)]
    indices = np.linspace(0, len(known) - 1, min(PHOTOS, len(known))).round().astype(int)
    return [known[index] for index in indices]


def _drawn(pixels: np.ndarray, mask: Path | None) -> str | None:
    if mask is None:
        return None
    try:
        labels = load_mask(mask, size=None, num_labels=255)
    except InputError:
        return None
    return data_uri(overlay(pixels, labels))
