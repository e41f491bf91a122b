"""What each score costs a photo, and whether a thousand photos need more memory than a hundred.

    python benchmarks/scoring.py --photos 1000

Photos are drawn: 500 x 375 pixels, 21 labels, one to three tags each, maps at a stride of 16, all
written to a run folder as the stages write them. What `evaluate` does with them is measured, but
for the network's own prediction: its masks are there already, as held-out photos have them.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import cast

import numpy as np

from interleaved import forget_highest_memory, highest_memory, machine
from tag2mask.data.dataset import Dataset, Photo
from tag2mask.data.masks import load_mask, save_mask
from tag2mask.metrics.curve_scores import CurveScores
from tag2mask.metrics.map_localisation import MapLocalisation
from tag2mask.metrics.mask_scores import MaskScores, Truth
from tag2mask.metrics.reliability import Reliability
from tag2mask.prediction.confidence import sampled_probabilities
from tag2mask.pseudo_masks import upscale
from tag2mask.run_folder.context import Context
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.planes import write_planes
from tag2mask.run_folder.records import (
    ActivateAbout,
    ClassifyAbout,
    LabelAbout,
    SegmentAbout,
    SharpenAbout,
    TagFigures,
)
from tag2mask.stages.evaluate.earlier import Earlier
from tag2mask.stages.evaluate.photo_scores import MAP_THRESHOLDS
from tag2mask.stages.evaluate.split_scores import SplitScores

SIZE, GRID, LABELS = (375, 500), (24, 32), 21
EARLIER = Earlier(
    classify=ClassifyAbout(tags=TagFigures(average_precision={}, best_threshold={}, images=0,
                                           mean_average_precision=None, split="val")),
    activate=ActivateAbout(scales=(1.0,), flip=False, method="cam", strategy=("plain",),
                           pretraining="none"),
    sharpen=SharpenAbout(sharpening=(), share=0.3, crf=False, threshold=0.5, outside_help=()),
    label=LabelAbout(factor=1.0, oracle=False),
    segment=SegmentAbout(agreement=0.0, model="unet", backbone="", encoder_pretraining=""),
    seed=0,
)
"""What the stages of an invented run did."""
DRAWN = 50
"""Photos that are drawn; more are these again, under other names."""


def drawn_mask(rng: np.random.Generator, tags: np.ndarray) -> np.ndarray:
    """(H, W) uint8: an ellipse per tag with a rim of 255."""
    rows, columns = np.mgrid[: SIZE[0], : SIZE[1]]
    mask = np.zeros(SIZE, np.uint8)
    for tag in tags:
        y, x, tall, wide = rng.uniform((90, 120, 30, 40), (280, 380, 130, 180))
        away = np.hypot((rows - y) / tall, (columns - x) / wide)
        mask[away < 1.06] = 255
        mask[away < 1] = tag + 1
    return mask


def write_photo(run: RunFolder, root: Path, number: int) -> Photo:
    """Write the true mask of a photo and everything that a run makes of it."""
    rng = np.random.default_rng(number)
    tags = rng.choice(LABELS - 1, rng.choice([1, 2, 3], p=[0.6, 0.28, 0.12]), replace=False)
    truth, name = drawn_mask(rng, tags), f"p{number:04}"
    rough = np.stack([truth == tag + 1 for tag in tags]).astype(np.float32)
    noise = rng.normal(0, 0.5, (len(tags), 8, 12)).astype(np.float32)
    maps = (0.7 * upscale(rough, GRID) + 0.3 * upscale(noise, GRID)).clip(0, 1)
    write_planes(run.map_file(name), maps, tags)
    write_planes(run.sharp_file(name), np.concatenate([np.full((1, *GRID), 0.4), maps]), tags)
    found = np.roll(truth, 6, 1)
    for path, mask in ((root / f"{name}.png", truth), (run.mask_file(name), found),
                       (run.prediction_file(name), np.where(found == 255, 0, found))):
        path.parent.mkdir(parents=True, exist_ok=True)
        save_mask(path, mask.astype(np.uint8), num_labels=LABELS)
    return Photo(name=name, path=root / f"{name}.jpg", tags=tuple(int(tag) for tag in tags),
                 split="val", mask=root / f"{name}.png")


def cost(step: Callable[[], object], times: int = 20) -> float:
    """Milliseconds of the processor that one call takes, after a first one."""
    step()
    start = time.process_time()
    for _ in range(times):
        step()
    return 1e3 * (time.process_time() - start) / times


def single_costs(run: RunFolder, photo: Photo) -> dict[str, float]:
    """Milliseconds a photo for each kind of score, in one thread."""
    labels = load_mask(cast(Path, photo.mask), size=SIZE, num_labels=LABELS)
    rng, classes = np.random.default_rng(0), np.asarray(photo.tags)
    maps = upscale(rng.random((len(classes), *GRID)).astype(np.float32), SIZE)
    truth, masks = Truth.of(labels), MaskScores(LABELS)
    localisation, curve = MapLocalisation(LABELS - 1), CurveScores(LABELS, MAP_THRESHOLDS, 0.5)
    logits = rng.normal(size=(LABELS, 96, 128)).astype(np.float32)
    sure, reliability = sampled_probabilities(logits, SIZE, step=4), Reliability(LABELS)
    return {
        "reading a mask": cost(lambda: load_mask(
            cast(Path, photo.mask), size=None, num_labels=LABELS)),
        "outlines and edges of the truth": cost(lambda: Truth.of(labels)),
        "a mask: IoU, boundary, trimap, sizes": cost(lambda: masks.add(truth, labels)),
        "the curve and a mask": cost(lambda: curve.add(truth, maps, classes)),
        f"boxes and pixels of {len(classes)} maps": cost(
            lambda: localisation.add(labels, maps, classes)),
        "probabilities, every 4th pixel": cost(
            lambda: sampled_probabilities(logits, SIZE, step=4)),
        "calibration": cost(lambda: reliability.add(labels[::4, ::4], sure)),
    }


def whole(context: Context, photos: list[Photo]) -> tuple[float, float, float]:
    """Score photos as `evaluate` does: seconds, seconds of the processor, MiB at the highest."""
    before = forget_highest_memory()
    start, spent = time.perf_counter(), time.process_time()
    scores = SplitScores(context, "val", photos, EARLIER)
    scores.count()
    scores.figures()
    return (time.perf_counter() - start, time.process_time() - spent, highest_memory() - before)


def main() -> None:
    """Draw, measure, tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=1000)
    parser.add_argument("--workers", type=int, default=1, help="as of a run; one more is used")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        run = RunFolder(root / "run")
        drawn = [write_photo(run, root, number) for number in range(DRAWN)]
        data = Dataset(root=root, layout="tags_csv", photos=(),
                       classes=tuple(f"class {k}" for k in range(1, LABELS)))
        context = Context(run=run, dataset=data, workers=options.workers)
        tags = sum(len(photo.tags) for photo in drawn) / DRAWN
        sys.stdout.write(f"{machine()}; {tags:.2f} tags a photo\n")
        whole(context, drawn[:4])
        for name, milliseconds in single_costs(run, drawn[0]).items():
            sys.stdout.write(f"{name:<40} {milliseconds:7.2f} ms\n")
        for count in sorted({min(100, options.photos), options.photos}):
            seconds, spent, memory = whole(context, (drawn * (count // DRAWN + 1))[:count])
            sys.stdout.write(
                f"{count} photos, {options.workers + 1} threads: {seconds:.1f} s, of the processor "
                f"{1e3 * spent / count:.1f} ms a photo, memory {memory:.0f} MiB more\n")


if __name__ == "__main__":
    main()
