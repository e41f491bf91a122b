"""The same photos under every recipe, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tag2mask.comparison.cells import Cell
from tag2mask.comparison.ledger import Row
from tag2mask.core.contracts import InputError
from tag2mask.data import load_mask, load_photo
from tag2mask.data.dataset import Photo
from tag2mask.pages.templates import data_uri
from tag2mask.pictures.overlays import overlay

if TYPE_CHECKING:
    from tag2mask.comparison.comparison import Comparison

PHOTOS, _SIDE, _MOST_ROWS = 8, 150, 24

Strip = list[tuple[str, list[str | None]]]
"""The name of a row and its pictures as data URIs."""


def photo_strip(made: Comparison, rows: Sequence[Row]) -> Strip:
    """Draw eight held-out photos, their true masks, and what each recipe's network made of them.

    Photos are taken evenly from all that are tagged, none for looking good. A recipe without a
    network's mask of a photo shows its pseudo mask.
    """
    cells = {o.cell.recipe.number: o.cell for o in reversed(made.outcomes) if not o.problem}
    told = [(row.recipe.name, cells[row.recipe.number]) for row in rows
            if row.recipe.number in cells][:_MOST_ROWS]
    photos = _chosen(made, [cell for _, cell in told])
    seen = [seen_small(photo, _SIDE) for photo in photos]
    strip: Strip = [("photo", [data_uri(pixels) for pixels in seen])]
    if any(photo.mask for photo in photos):
        strip.append(("true mask", [_drawn(pixels, photo.mask)
                                    for photo, pixels in zip(photos, seen, strict=True)]))
    strip += [(name, [_drawn(pixels, cell.mask_file(photo))
                      for photo, pixels in zip(photos, seen, strict=True)])
              for name, cell in told]
    return strip if photos and told else []


def _chosen(made: Comparison, cells: Sequence[Cell]) -> list[Photo]:
    """Take photos evenly from those of which all recipes have a mask."""
    tagged = [photo for photo in made.dataset.photos if photo.tags]
    held_out = [photo for photo in tagged if photo.split != "train"] or tagged
    known = [photo for photo in held_out if all(cell.mask_file(photo).exists() for cell in cells)]
    places = np.linspace(0, len(known) - 1, min(PHOTOS, len(known))).round().astype(int)
    return [known[place] for place in places]


def seen_small(photo: Photo, side: int) -> np.ndarray:
    """Read a photo with a long side of at most `side` pixels; grey where it is gone."""
    try:
        return load_photo(photo.path, max_side=side, depth=photo.depth)
    except InputError:  # it was moved since; the page shows what it can
        return np.full((side, side, 3), 128, np.uint8)


def _drawn(pixels: np.ndarray, mask: Path | None) -> str | None:
    if mask is None:
        return None
    try:
        labels = load_mask(mask, size=None, num_labels=255)
    except InputError:
        return None
    return data_uri(overlay(pixels, labels))
