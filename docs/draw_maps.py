"""Draw scenes and their maps by several methods, for maps.md: `python docs/draw_maps.py runs/demo`.

The run is a finished `tag2mask demo`. Each row shows a held-out scene and the maps of its first
class, read at scale 1 without flips.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from tag2mask.data.photos import load_photo
from tag2mask.maps import activate
from tag2mask.pictures.overlays import grid, heat
from tag2mask.run_folder.data_file import read_run_dataset
from tag2mask.run_folder.folder import RunFolder
from tag2mask.strategies.loading import load_classifier

LAST, INNER = "representation", "backbone.blocks.15.depthwise"
COLUMNS = [
    *((name, LAST) for name in ("cam", "correlated_cam", "grad_cam_pp", "layer_cam", "eigen_cam")),
    *((name, INNER) for name in ("grad_cam", "layer_cam", "hires_cam", "xgrad_cam")),
]
CELL = 150


def main() -> None:
    """Take scenes with several tags evenly from the held-out ones, none for looking good."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("--photos", type=int, default=5)
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("maps.webp"))
    options = parser.parse_args()
    dataset, classifier = read_run_dataset(RunFolder(options.run)), load_classifier(options.run)
    photos = [photo for photo in dataset.split("val") if len(photo.tags) > 1]
    rows = []
    for photo in photos[:: len(photos) // options.photos][: options.photos]:
        pixels = load_photo(photo.path)
        images = classifier.open(pixels)
        rows.append([pixels])
        for method, layer in COLUMNS:
            maps = activate(classifier, images, method=method, layer=(layer,), classes=photo.tags)
            rows[-1].append(heat(pixels, maps[0].numpy()[0]))
    titles = [f"{method}{', inside' if layer == INNER else ''}" for method, layer in COLUMNS]
    grid(rows, titles=["photo", *titles], cell=CELL).save(options.out, quality=80)


if __name__ == "__main__":
    main()
