"""Draw the README's picture from a finished demo: `python docs/draw_example.py runs/demo`."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from tag2mask.core.contracts import IGNORE
from tag2mask.data.dataset import Photo
from tag2mask.data.masks import load_mask
from tag2mask.data.photos import load_photo
from tag2mask.pictures.overlays import grid, heat, overlay
from tag2mask.run_folder.data_file import read_run_dataset
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.planes import read_planes

TITLES = ("photo", "activation maps", "pseudo mask", "the network, without tags")
CELL = 210


def row(run: RunFolder, photo: Photo, classes: tuple[str, ...]) -> list[np.ndarray]:
    """Draw one photo's way through the stages."""
    pixels = load_photo(photo.path)
    labels = len(classes) + 1
    pseudo, found = (
        load_mask(path, size=None, num_labels=labels)
        for path in (run.mask_file(photo.name), run.prediction_file(photo.name))
    )
    maps = read_planes(run.map_file(photo.name))[0].max(0)
    return [pixels, heat(pixels, maps), overlay(pixels, np.where(pseudo == IGNORE, 0, pseudo)),
            overlay(pixels, found)]


def main() -> None:
    """Take held-out photos with several tags, in the order of their names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("--photos", type=int, default=3)
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("example.webp"))
    options = parser.parse_args()
    run = RunFolder(options.run)
    dataset = read_run_dataset(run)
    chosen = [photo for photo in dataset.split("val") if len(photo.tags) > 1][: options.photos]
    rows = [row(run, photo, dataset.classes) for photo in chosen]
    grid(rows, titles=TITLES, cell=CELL).save(options.out, quality=82)


if __name__ == "__main__":
    main()
