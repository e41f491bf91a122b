"""What `sharpen.outline` chooses, and what other choices would bring: `python outlines.py RUN ...`.

Each RUN has true masks of its training photos; it is not changed. For its first scores (at the
share of foreground of the maps), and for its last ones (at that of the network, unless there is no
second round or it was refused), the rows are some candidates: the mean edge under the outlines, and
the mIoU of the masks, of up to 150 tagged photos and as many without a tag. Then the mIoU for other
limits than the one in use; `best` is the candidate with the best mIoU (oracle), and `weakest
smaller` shows whether the edges have a peak.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

from tag2mask.core.json_records import need_record, read_record
from tag2mask.data.batches import load_fitted, thinned
from tag2mask.data.dataset import Dataset, Photo
from tag2mask.data.masks import load_mask
from tag2mask.data.transforms import resize
from tag2mask.metrics.confusion import ConfusionMatrix
from tag2mask.pseudo_masks import over_background, upscale
from tag2mask.pseudo_masks.levels import Levels, foreground_share
from tag2mask.pseudo_masks.outline import FACTORS, outline_edges, strengths
from tag2mask.run_folder.data_file import read_run_dataset
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.planes import read_planes
from tag2mask.run_folder.records import BackgroundChoice, SecondRound

SIDE, PHOTOS = 200, 150
LIMITS = (0.6, 0.7, 0.75, 0.8, 0.9)

ScoreFile = Callable[[str], Path]


def measure(
    dataset: Dataset, score_file: ScoreFile, share: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean edge and the mIoU in percent of every candidate, (S,) each."""
    train = [photo for photo in dataset.split("train") if photo.mask]
    tagged = thinned([photo for photo in train if photo.tags], PHOTOS)
    plain = thinned([photo for photo in train if not photo.tags], PHOTOS)
    levels = Levels(train, score_file)
    cuts = np.array([levels.above(share * factor) for factor in FACTORS[::-1]])
    tables = [ConfusionMatrix(len(dataset.classes) + 1) for _ in FACTORS]
    edges = np.zeros((2, len(FACTORS)))
    for photo in [*tagged, *plain]:
        pixels = load_fitted(photo, SIDE)
        truth = _truth(photo, (pixels.shape[0], pixels.shape[1]), len(dataset.classes) + 1)
        ratios, labels = _ratios(photo, score_file, truth.shape)
        if photo.tags:
            edges += outline_edges(pixels, ratios, cuts)[:, ::-1]
        for table, cut in zip(tables, cuts[::-1], strict=True):
            table.add(truth, np.where(ratios > cut, labels, 0).astype(np.uint8))
    return strengths(edges), np.array([100 * table.miou() for table in tables])


def _truth(photo: Photo, size: tuple[int, int], num_labels: int) -> np.ndarray:
    assert photo.mask is not None, "only photos with a mask are measured"
    return resize(load_mask(photo.mask, size=None, num_labels=num_labels), size, nearest=True)


def _ratios(
    photo: Photo, score_file: ScoreFile, size: tuple[int, ...]
) -> tuple[np.ndarray, np.ndarray]:
    """Return the largest ratio to the background, and its label, (h, w) each."""
    if not photo.tags:
        return np.zeros(size, np.float32), np.zeros(size, np.int64)
    scores, classes = read_planes(score_file(photo.name))
    ratios = over_background(upscale(scores, (size[0], size[1])))
    return ratios.max(0), classes[ratios.argmax(0)] + 1


def lines(name: str, share: float, curve: np.ndarray, miou: np.ndarray) -> str:
    """Return the curves, and the mIoU at each limit, as text."""
    rows = [f"{what:7}" + "".join(f"{value:6.2f}" for value in values[::4])
            for what, values in (("factor", FACTORS), ("edge", curve), ("mIoU", miou))]
    allowed = FACTORS >= 0.25
    at = [np.flatnonzero(allowed & (curve >= limit * curve[allowed].max()))[-1]
          for limit in LIMITS]
    smaller = curve[: np.where(allowed, curve, 0).argmax()]
    weakest = min(smaller[smaller > 0], default=curve.max()) / curve[allowed].max()
    found = ", ".join(f"{limit:g}: {miou[index]:.1f} ({FACTORS[index]:.2f})"
                      for limit, index in zip(LIMITS, at, strict=True))
    best = f"best: {miou.max():.1f} ({FACTORS[miou.argmax()]:.2f})"
    return "\n  ".join([f"{name}: share {share:.3f}, mIoU {miou[-1]:.1f}", *rows,
                        f"{found}; {best}; weakest smaller {weakest:.2f}"]) + "\n"


def main() -> None:
    """Measure the runs."""
    parser = argparse.ArgumentParser(description=__doc__.split(":", 1)[0])
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN")
    for root in parser.parse_args().runs:
        run = RunFolder(root)
        dataset = read_run_dataset(run)
        maps = need_record(root / "maps" / "background.json", BackgroundChoice, fix="run sharpen")
        trained = (root / "sharpener" / "scores").is_dir()
        first = root / "sharpener" / "scores" if trained else root / "sharp"
        sys.stdout.write(lines(
            f"{root.name}, first scores", maps.share,
            *measure(dataset, lambda name, at=first: at / f"{name}.npz", maps.share)))
        choice = read_record(root / "sharpener" / "second_round.json", SecondRound)
        if not trained or (choice and not choice.used):
            continue
        predicted = root / "sharpener" / "predicted"
        share = foreground_share(
            dataset.split("train"), lambda name, at=predicted: at / f"{name}.npz")
        sys.stdout.write(lines(
            f"{root.name}, last scores", share, *measure(dataset, run.sharp_file, share)))


if __name__ == "__main__":
    main()
