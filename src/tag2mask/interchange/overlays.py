"""Coloured PNGs with a transparent background, as overlays for photos."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from tag2mask.core.contracts import BACKGROUND
from tag2mask.core.files import atomic_path, write_text
from tag2mask.data.masks import palette
from tag2mask.interchange.class_tables import csv_table
from tag2mask.interchange.format import Format, Labelling, WriteOptions
from tag2mask.interchange.label_pngs import suffix_of
from tag2mask.interchange.names import Names
from tag2mask.interchange.pictures import Pictures

_OPACITY = 160


def write(labelling: Labelling, out: Path, options: WriteOptions) -> int:
    """Write `overlays/`, `images/`, and the colours to classes.csv."""
    pictures, names, count = Pictures(labelling, options.images), Names(), 0
    table = np.zeros((256, 4), np.uint8)
    table[:, :3] = palette(len(labelling.classes) + 1)
    table[BACKGROUND + 1 :, 3] = _OPACITY
    write_text(out / "classes.csv", csv_table(labelling.classes))
    for photo in labelling.photos:
        if photo.labels is None:
            continue
        stem = names.stem(photo.file)
        pictures.place(photo, out / "images" / (stem + suffix_of(photo)))
        with atomic_path(out / "overlays" / f"{stem}.png") as temporary:
            Image.fromarray(table[photo.labels]).save(temporary, format="PNG", compress_level=1)
        count += 1
    names.write(out)
    pictures.note()
    return count


FORMAT = Format(
    title="Coloured RGBA pictures", exact="to look at", write=write, undecided="cream",
)
