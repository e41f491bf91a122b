"""Boxes of a simulated person: `python benchmarks/boxes.py RUN [--photos 20]`.

RUN is a run whose data have true masks. A box is drawn around each connected part of a true mask,
exactly and with up to 12 % of room on every side, and filled as on the page of `tag2mask review`.
The table shows the mean IoU of the class inside the boxes for the run's pseudo masks, for the
clicks that the page sent for a box before (one in its middle, eight around it; from the pseudo mask
and from an empty one), for the whole box, and for `fill_box`.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from skimage.measure import label as components
from skimage.measure import regionprops

from clicks import begin
from tag2mask.core.contracts import BACKGROUND, IGNORE
from tag2mask.crf.box_fill import fill_box
from tag2mask.crf.click_regions import Click, propose
from tag2mask.crf.photo_regions import PhotoRegions, divide_photo
from tag2mask.data.photos import load_photo
from tag2mask.run_folder.data_file import read_run_dataset
from tag2mask.run_folder.folder import RunFolder
from true_masks import scorable, true_mask

Box = tuple[int, int, int, int]

SMALLEST = 0.004
"""Smallest part that gets a box, relative to the photo."""

ROOM = 0.12
"""Most room on each side of a loose box, relative to the object."""


def boxes(true: np.ndarray, rng: np.random.Generator) -> Iterator[tuple[str, int, Box]]:
    """Yield the exact and a loose box of each part: its kind, the label and the box."""
    for label in np.unique(true[(true != BACKGROUND) & (true != IGNORE)]):
        for part in regionprops(components(true == label, connectivity=2)):
            if part.area < SMALLEST * true.size:
                continue
            top, left, bottom, right = map(int, part.bbox)
            yield "exact", int(label), (top, left, bottom, right)
            room = rng.uniform(0, ROOM, 4) * np.tile([bottom - top, right - left], 2)
            yield "loose", int(label), (
                max(0, int(top - room[0])), max(0, int(left - room[1])),
                min(true.shape[0], int(bottom + room[2]) + 1),
                min(true.shape[1], int(right + room[3]) + 1))


def clicked(
    image: np.ndarray, scores: np.ndarray | None, box: Box, present: np.ndarray,
    regions: PhotoRegions,
) -> np.ndarray:
    """Answer a box by clicks in its middle and around it."""
    height, width = present.shape
    top, left, bottom, right = box
    y, x = (top + bottom - 1) // 2, (left + right - 1) // 2
    places = [(row, column) for row in (top - 2, y, bottom + 1)
              for column in (left - 2, x, right + 1)]
    around = [(row, column) for row, column in places
              if (row, column) != (y, x) and 0 <= row < height and 0 <= column < width]
    return propose(image, scores, [Click(y, x), *(Click(*at, positive=False) for at in around)],
                   present=present, regions=regions)


def main() -> None:
    """Fill all boxes of the photos of a run in all ways."""
    parser = argparse.ArgumentParser(description=__doc__.split(":")[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("--photos", type=int, default=20)
    given = parser.parse_args()
    run = RunFolder(given.run)
    dataset = read_run_dataset(run)
    photos = scorable(dataset)
    found: dict[tuple[str, str], list[float]] = defaultdict(list)
    rng = np.random.default_rng(0)
    for photo in photos[:: max(1, len(photos) // given.photos)][:given.photos]:
        image = load_photo(photo.path)
        regions = divide_photo(image)
        true = true_mask(photo, dataset, size=image.shape[:2])
        mask, scores = begin(run, photo, image, "pseudo masks")
        for kind, label, box in boxes(true, rng):
            known, present = scores.get(label), mask == label
            ways = {"pseudo mask": present,
                    "clicks": clicked(image, known, box, present, regions),
                    "clicks, empty": clicked(image, known, box, np.zeros_like(present), regions),
                    "whole box": np.ones_like(present),
                    "fill_box": fill_box(regions, box, known, others=~np.isin(
                        mask, (BACKGROUND, label, IGNORE)))}
            here = np.s_[box[0]:box[2], box[1]:box[3]]
            for way, region in ways.items():
                found[kind, way].append(iou(region[here], true[here], label))
    for (kind, way), values in found.items():
        sys.stdout.write(f"{kind:>6} {way:>14} {100 * np.mean(values):5.1f}, {len(values)} boxes\n")


def iou(region: np.ndarray, true: np.ndarray, label: int) -> float:
    """Return the IoU with a class, without pixels that nobody knows."""
    there, known = true == label, true != IGNORE
    return float((region & there & known).sum() / max(1, ((region | there) & known).sum()))


if __name__ == "__main__":
    main()
