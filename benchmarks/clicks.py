"""Clicks of a simulated person: `python benchmarks/clicks.py RUN [--photos 60] [--clicks 20]`.

RUN is a run whose data have true masks. The person clicks at the centre of the largest wrong
area, with the class that is truly there, or "not this class" where there is none; as in the
benchmarks of interactive segmentation (NoC: the number of clicks to an IoU, at most --clicks).
They begin with the run's pseudo masks, with true masks that are spoiled by chance, and with empty
ones, or as `--starts` says. OpenCV's GrabCut gets the same rule of clicking, where `cv2` can be
imported. The IoU of a photo is the mean over the classes on it. Times are of
the processor, medians.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np

import simulated_person as person
from tag2mask.crf.click_regions import Click, propose
from tag2mask.crf.photo_regions import PhotoRegions, divide_photo
from tag2mask.data.dataset import Photo
from tag2mask.data.masks import load_mask
from tag2mask.data.photos import load_photo
from tag2mask.review.click_limits import limited
from tag2mask.run_folder.data_file import read_run_dataset
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.planes import read_planes
from true_masks import scorable, true_mask

SHOWN = (0, 1, 2, 3, 5, 10, 20)
LEVELS = (0.85, 0.90)
STARTS = ("pseudo masks", "spoiled masks", "empty masks")


@dataclass
class Curves:
    """What one way of answering clicks came to."""

    curves: list[list[float]] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def line(self, shown: Sequence[int]) -> str:
        """Write the mean IoU after so many clicks, and the mean number of clicks to each level."""
        table = np.array(self.curves)
        values = " ".join(f"{100 * table[:, n].mean():5.1f}" for n in shown)
        budget = table.shape[1] - 1
        clicks = [np.where((table >= level).any(1), (table >= level).argmax(1), budget).mean()
                  for level in LEVELS]
        reached = [100 * (table >= level).any(1).mean() for level in LEVELS]
        noc = "  ".join(f"{n:5.2f} ({r:3.0f} %)" for n, r in zip(clicks, reached, strict=True))
        return f"{values}   {noc}   {1000 * np.median(self.seconds):6.1f} ms"


def main() -> None:
    """Compare all ways on the photos of a run."""
    parser = argparse.ArgumentParser(description=__doc__.split(":")[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("--photos", type=int, default=60)
    parser.add_argument("--clicks", type=int, default=20)
    parser.add_argument("--split", default="train")
    parser.add_argument("--starts", nargs="+", choices=STARTS, default=STARTS)
    given = parser.parse_args()
    shown = [number for number in SHOWN if number <= given.clicks]
    run = RunFolder(given.run)
    dataset = read_run_dataset(run)
    photos = scorable(dataset, given.split)
    photos = photos[:: max(1, len(photos) // given.photos)][:given.photos]
    ways = {"page": ours, "propose": unlimited,
            **({"GrabCut": person.grab_cut} if person.has_opencv() else {})}
    found = {(start, way): Curves() for start in given.starts for way in ways}
    divided = []
    for photo in photos:
        image = load_photo(photo.path)
        begun = time.process_time()
        regions = divide_photo(image)
        divided.append(time.process_time() - begun)
        true = true_mask(photo, dataset, size=image.shape[:2])
        for (start, way), curves in found.items():
            mask, scores = (
                (person.spoiled(true, photo.name), {}) if start == "spoiled masks"
                else begin(run, photo, image, start))
            answer = partial(ways[way], image, regions, scores)
            curves.curves.append(walk(mask, true, answer, curves.seconds, given.clicks))
    sys.stdout.write(f"{len(photos)} photos of {dataset.root.name}, {given.split}; precomputation "
                     f"{1000 * np.median(divided):.0f} ms\n{'clicks':>24} "
                     + " ".join(f"{n:5}" for n in shown) + "   to 85 %        to 90 %\n")
    for (start, way), curves in found.items():
        sys.stdout.write(f"{start:>14} {way:>9} {curves.line(shown)}\n")


def begin(
    run: RunFolder, photo: Photo, image: np.ndarray, start: str
) -> tuple[np.ndarray, dict[int, np.ndarray]]:
    """Return the mask that the person begins with, and the scores by label."""
    size = image.shape[:2]
    if start == "empty masks":
        return np.zeros(size, np.uint8), {}
    mask = load_mask(run.mask_file(photo.name), size=size, num_labels=256)
    planes, classes = read_planes(run.sharp_file(photo.name))
    total = np.maximum(planes.sum(0), 1e-6)
    return mask, {int(c) + 1: planes[i + 1] / total for i, c in enumerate(classes)}


def ours(
    image: np.ndarray, regions: PhotoRegions, scores: dict[int, np.ndarray], label: int,
    labels: np.ndarray, clicks: list[Click],
) -> np.ndarray:
    """Answer as the page does on a draft: by `tag2mask.propose`, only around the latest click."""
    *earlier, latest = clicks
    counting = [*(click for click in earlier if click.positive == (
        labels[int(click.y), int(click.x)] == label)), latest]
    return limited(labels, label, counting,
                   unlimited(image, regions, scores, label, labels, counting))


def unlimited(
    image: np.ndarray, regions: PhotoRegions, scores: dict[int, np.ndarray], label: int,
    labels: np.ndarray, clicks: list[Click],
) -> np.ndarray:
    """Answer by `tag2mask.propose`, which may change all of the class."""
    return propose(image, scores.get(label), clicks, present=labels == label, regions=regions,
                   whole=True)


def walk(
    mask: np.ndarray, true: np.ndarray, answer: person.Answer, seconds: list[float], budget: int,
) -> list[float]:
    """Click until the budget is spent; return the IoU before and after each click."""
    def timed(label: int, labels: np.ndarray, clicks: list[Click]) -> np.ndarray:
        begun = time.process_time()
        region = answer(label, labels, clicks)
        seconds.append(time.process_time() - begun)
        return region

    return [person.mean_iou(after, true)
            for after in (mask, *person.click_through(mask, true, timed, budget))]


if __name__ == "__main__":
    main()
