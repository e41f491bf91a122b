"""Pseudo masks of several ways of sharpening side by side; used by `sharpening_quality.py`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tag2mask.data.dataset import Dataset, Photo
from tag2mask.data.photos import load_photo
from tag2mask.pictures.overlays import grid, overlay
from tag2mask.run_folder.context import Context
from tag2mask.run_folder.folder import RunFolder
from tag2mask.stages.label.run import LabelConfig, chosen_cut, pseudo_mask
from true_masks import true_mask


def draw(
    dataset: Dataset, scored: Sequence[Photo], out: Path, rows: Sequence[str], pictures: int
) -> None:
    """Lay the pseudo masks of a few photos side by side, first the photo and the true mask."""
    photos = scored[:: max(1, len(scored) // pictures)][:pictures]
    columns: list[list[np.ndarray]] = [[] for _ in photos]
    for column, photo in zip(columns, photos, strict=True):
        pixels = load_photo(photo.path)
        column += [pixels, overlay(pixels, true_mask(photo, dataset))]
    for steps in rows:
        run = RunFolder(out / steps.replace(",", "+").replace(":", "_"))
        cut = chosen_cut(Context(run=run, dataset=dataset), LabelConfig(band=0))
        for column, photo in zip(columns, photos, strict=True):
            size = column[0].shape[0], column[0].shape[1]
            mask = pseudo_mask(run, photo, cut, size)
            column.append(overlay(column[0], mask))
    titles = ["photo", "true mask", *(steps.replace(",", ", ") for steps in rows)]
    grid(columns, titles=titles, cell=170).save(out / "sharpening.webp", quality=80)
