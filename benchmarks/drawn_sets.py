"""Drawn data sets unlike the demo's: `python benchmarks/drawn_sets.py OUT [NAME ...]`.

Writes a data set of 200 photos, 150 of them for training, into OUT for each NAME, by default for
all. They show how the defaults do on photos that they were not made for:

    python benchmarks/drawn_sets.py drawn leaves
    tag2mask run drawn/leaves --out runs/leaves --outside-help none --set evaluate.bound=true

Cells, fabric, fields, leaves, parts, roads and scans are simple: all photos of a set have one size
and resemble each other. Ultrasound, solar, underwater, wood and street_signs vary more: in what is
behind and before things, in light, sharpness and noise, all but solar in the size of the photo, and
from small things to ones that fill much of it; each has things of no class that resemble one.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from drawings import (
    cells,
    fabric,
    fields,
    leaves,
    parts,
    roads,
    scans,
    solar,
    street_signs,
    ultrasound,
    underwater,
    wood,
)
from drawings.noise import Draw, Floats, Labels
from tag2mask.core.files import atomic_path, write_text
from tag2mask.data.masks import save_mask


@dataclass(frozen=True)
class Kind:
    """A kind of data set.

    Attributes:
        classes: its classes, without background.
        draw: draws a photo and its mask.
        seed: with the photo's number, the seed of each photo, so that a photo can be drawn alone;
            such sets have grey photos and masks in one channel. None: one generator draws all.
    """

    classes: tuple[str, ...]
    draw: Draw
    seed: int | None = None


KINDS = {
    "cells": Kind(cells.CLASSES, cells.draw),
    "fabric": Kind(fabric.CLASSES, fabric.draw),
    "fields": Kind(fields.CLASSES, fields.draw),
    "leaves": Kind(leaves.CLASSES, leaves.draw),
    "parts": Kind(parts.CLASSES, parts.draw),
    "roads": Kind(roads.CLASSES, roads.draw),
    "scans": Kind(scans.CLASSES, scans.draw),
    "ultrasound": Kind(ultrasound.CLASSES, ultrasound.draw, ultrasound.SEED),
    "solar": Kind(solar.CLASSES, solar.draw, solar.SEED),
    "underwater": Kind(underwater.CLASSES, underwater.draw, underwater.SEED),
    "wood": Kind(wood.CLASSES, wood.draw, wood.SEED),
    "street_signs": Kind(street_signs.CLASSES, street_signs.draw, street_signs.SEED),
}
PHOTOS, TRAINING = 200, 150
SEED = 7
FEWEST_PIXELS = 20
"""A class with no more pixels than that, the rest being covered by others, is not tagged."""


def write_set(folder: Path, name: str) -> None:
    """Draw the photos, masks and tags of one data set into a new folder."""
    kind = KINDS[name]
    (folder / "images").mkdir(parents=True)
    rows = ["image,tags,split"]
    for number, (image, mask) in enumerate(_photos(kind)):
        _save(folder, f"{number:03}", kind, image, mask)
        tags = ";".join(tag for label, tag in enumerate(kind.classes, 1)
                        if (mask == label).sum() > FEWEST_PIXELS)
        rows.append(f"images/{number:03}.jpg,{tags},{'train' if number < TRAINING else 'val'}")
    write_text(folder / "classes.txt", "\n".join(["background", *kind.classes, ""]))
    write_text(folder / "tags.csv", "\n".join([*rows, ""]))


def _photos(kind: Kind) -> Iterator[tuple[Floats, Labels]]:
    for_all = np.random.default_rng(SEED)
    for number in range(PHOTOS):
        yield kind.draw(
            for_all if kind.seed is None else np.random.default_rng([kind.seed, number]))


def _save(folder: Path, stem: str, kind: Kind, image: Floats, mask: Labels) -> None:
    if image.ndim == 2 and kind.seed is None:
        image = np.repeat(image[..., None], 3, axis=2)
    photo = Image.fromarray(image.clip(0, 255).astype(np.uint8))
    photo.save(folder / "images" / f"{stem}.jpg", quality=90)
    path = folder / "masks" / f"{stem}.png"
    if kind.seed is None:
        save_mask(path, mask, num_labels=len(kind.classes) + 1)
    else:
        with atomic_path(path) as temporary:
            Image.fromarray(mask).save(temporary, format="PNG")


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
