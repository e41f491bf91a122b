"""Drawn data sets unlike the demo's: `python benchmarks/drawn_sets.py OUT [NAME ...]`.

Writes a data set of 200 photos, 150 of them for training, into OUT for each NAME: cells, fabric,
fields, leaves, parts, roads and scans, by default all. They show how the defaults do on photos that
they were not made for:

    python benchmarks/drawn_sets.py drawn leaves
    tag2mask run drawn/leaves --out runs/leaves --outside-help none --set evaluate.bound=true
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from PIL import Image

import drawn_cells
import drawn_fabric
import drawn_fields
import drawn_leaves
import drawn_parts
import drawn_roads
import drawn_scans
from tag2mask.core.files import write_text
from tag2mask.data.masks import save_mask

KINDS = {
    "cells": drawn_cells, "fabric": drawn_fabric, "fields": drawn_fields, "leaves": drawn_leaves,
    "parts": drawn_parts, "roads": drawn_roads, "scans": drawn_scans,
}
PHOTOS, TRAINING = 200, 150
SEED = 7
FEWEST_PIXELS = 20
"""A class with no more pixels than that, the rest being covered by others, is not tagged."""


def write_set(folder: Path, name: str) -> None:
    """Draw the photos, masks and tags of one data set into a new folder."""
    kind, rng = KINDS[name], np.random.default_rng(SEED)
    (folder / "images").mkdir(parents=True)
    rows = ["image,tags,split"]
    for number in range(PHOTOS):
        image, mask = kind.draw(rng)
        colours = image if image.ndim == 3 else np.repeat(image[..., None], 3, axis=2)
        photo = folder / "images" / f"{number:03}.jpg"
        Image.fromarray(colours.clip(0, 255).astype(np.uint8)).save(photo, quality=90)
        save_mask(folder / "masks" / f"{number:03}.png", mask, num_labels=len(kind.CLASSES) + 1)
        tags = ";".join(tag for label, tag in enumerate(kind.CLASSES, 1)
                        if (mask == label).sum() > FEWEST_PIXELS)
        rows.append(f"images/{photo.name},{tags},{'train' if number < TRAINING else 'val'}")
    write_text(folder / "classes.txt", "\n".join(["background", *kind.CLASSES, ""]))
    write_text(folder / "tags.csv", "\n".join([*rows, ""]))


def main() -> None:
    """Write the sets that were asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(KINDS)}")
    given = parser.parse_args()
    unknown = set(given.names) - set(KINDS)
    if unknown:
        parser.error(f"{', '.join(sorted(unknown))}: not among {', '.join(KINDS)}")
    for name in given.names or KINDS:
        if (given.out / name).exists():
            parser.error(f"{given.out / name} exists; remove it or choose another folder")
        write_set(given.out / name, name)


if __name__ == "__main__":
    main()
