"""What corrected photos bring the network: `python benchmarks/review_loop.py RUN OUT [--train]`.

RUN is finished, and its training photos have true masks. The photos of lowest trust are corrected
by a simulated person with a few clicks each, as on the page of `tag2mask review`: from the pseudo
masks of RUN, saved in the folder annotations of a copy of the data set, OUT/data. With `--train` a
network is trained on it in OUT/run, with the settings of RUN, and compared with that of RUN. Stages
of RUN that do not depend on the corrections are reused. `--perfect` gives the chosen photos their
true masks instead, which is the most that correcting them can bring.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from statistics import fmean

import numpy as np

import simulated_person as person
from clicks import ours
from tag2mask import pipeline
from tag2mask.crf.photo_regions import divide_photo
from tag2mask.data.dataset import Photo
from tag2mask.data.photos import load_photo
from tag2mask.metrics.confusion import ConfusionMatrix
from tag2mask.review.annotations import NEW, Annotations
from tag2mask.review.source import Source, open_source
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.records import read_metrics
from tag2mask.stages.report.findings import HELD_OUT, find
from true_masks import scorable, true_mask


@dataclass(frozen=True)
class Correction:
    """One photo before and after its clicks."""

    photo: Photo
    true: np.ndarray
    draft: np.ndarray
    mask: np.ndarray


def correct(source: Source, photo: Photo, clicks: int, *, perfect: bool) -> Correction:
    """Correct the draft of a photo by clicks, or replace it by the true mask."""
    true, draft = true_mask(photo, source.dataset), source.draft(photo)
    mask = true
    if not perfect:
        image = load_photo(photo.path, depth=photo.depth)
        scores = {tag + 1: plane for tag in photo.tags
                  if (plane := source.scores(photo, tag + 1)) is not None}
        answer = partial(ours, image, divide_photo(image), scores)
        *_, mask = person.click_through(draft, true, answer, clicks)
    return Correction(photo, true, draft, mask)


def copy_data(source: Source, out: Path) -> Source:
    """Copy the data set without annotations; photos are still read from where they were."""
    root = source.dataset.root

    def unwanted(folder: str, names: list[str]) -> set[str]:
        return {"annotations"} & set(names) if Path(folder) == root else set()

    shutil.copytree(root, out / "data", ignore=unwanted)
    return replace(source, dataset=replace(source.dataset, root=out / "data"))


def describe(corrections: Sequence[Correction], labels: int) -> str:
    """Compare drafts and corrected masks: mean IoU per photo, and mIoU over all of them."""
    tables = ConfusionMatrix(labels), ConfusionMatrix(labels)
    for each in corrections:
        for table, mask in zip(tables, (each.draft, each.mask), strict=True):
            table.add(each.true, mask)
    before = fmean(person.mean_iou(each.draft, each.true) for each in corrections)
    after = fmean(person.mean_iou(each.mask, each.true) for each in corrections)
    return (f"{len(corrections)} photos: mean IoU {100 * before:.1f} to {100 * after:.1f}, mIoU "
            f"{100 * tables[0].miou():.1f} to {100 * tables[1].miou():.1f}")


def network(run: RunFolder) -> str:
    """Return the mIoU of the network of a run on held-out photos."""
    figure = find(read_metrics(run), "network", HELD_OUT)
    return "unknown" if figure is None or figure.miou is None else f"{100 * figure.miou:.2f}"


def main() -> None:
    """Correct, save and, if wanted, train."""
    parser = argparse.ArgumentParser(description=__doc__.split(":")[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--photos", type=int, default=30)
    parser.add_argument("--clicks", type=int, default=5)
    parser.add_argument("--order", default="trust")
    parser.add_argument("--perfect", action="store_true")
    parser.add_argument("--train", action="store_true")
    given = parser.parse_args()
    source = copy_data(open_source(given.run, order=given.order), given.out)
    known = {photo.name for photo in scorable(source.dataset)}
    chosen = [photo for photo in source.photos if photo.name in known][:given.photos]
    corrections, annotations = [], Annotations(source)
    for photo in chosen:
        corrections.append(correct(source, photo, given.clicks, perfect=given.perfect))
        annotations.save(photo, corrections[-1].mask, version=NEW, state="corrected", seconds=0,
                         clicks=given.clicks)
    sys.stdout.write(f"{describe(corrections, source.num_labels)}\n")
    if given.train:
        before = RunFolder(given.run)
        after = pipeline.run(given.out / "data", given.out / "run", config_file=before.config,
                             reuse=[before])
        sys.stdout.write(f"network: mIoU {network(before)} without, {network(after)} with them\n")


if __name__ == "__main__":
    main()
