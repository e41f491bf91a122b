"""What a minute of annotation is worth: `python benchmarks/annotation.py DATA --out DIR`.

DATA has masks, or is the word "scenes". A simulated annotator gives training photos points, boxes,
scribbles, masks or corrections from the true masks; val photos get none. Each row is a run over the
same photos with these settings, and its figure the mIoU of the network on val, tags predicted.
Minutes are those on top of the tags, by the default table of seconds. Rows are kept, so that what
was stopped goes on; the table is printed and written to DIR/table.md.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from simulated_annotator import Annotator
from tag2mask import pipeline
from tag2mask.advice.next_photos import next_photos
from tag2mask.core.files import write_text
from tag2mask.data import load_mask, read_dataset
from tag2mask.data.batches import thinned
from tag2mask.data.dataset import Dataset, Photo
from tag2mask.data.scenes import write_scenes
from tag2mask.run_folder.folder import RunFolder

CLICKS = 3
"""Of a correction, at most."""


@dataclass(frozen=True)
class Setup:
    """What all rows share."""

    data: Dataset
    out: Path
    settings: tuple[str, ...]
    workers: int

    @property
    def names(self) -> tuple[str, ...]:
        """The labels' names."""
        return ("background", *self.data.classes)

    def truth(self, photo: Photo) -> np.ndarray:
        """Return the true mask of a photo."""
        assert photo.mask is not None, "only photos with masks are annotated"
        return load_mask(photo.mask, size=None, num_labels=len(self.names))

    @property
    def train(self) -> list[Photo]:
        """Training photos with a tag and a mask."""
        return [p for p in self.data.split("train") if p.mask and p.tags]


Plan = Callable[[Setup, Annotator], None]


def each(kind: str, count: int = 0, step: str = "thinned") -> Plan:
    """Annotate all training photos in one way, or so many of them.

    Args:
        kind: a method of `Annotator`.
        count: how many photos; 0 for all.
        step: "thinned" for evenly many, or the rule of `tag2mask next`, asked of the run `tags`.
    """
    def annotate(setup: Setup, annotator: Annotator) -> None:
        photos: Sequence[Photo] = setup.train
        if count and step == "thinned":
            photos = thinned(photos, count)
        elif count:
            run = RunFolder(setup.out / "tags" / "run")
            chosen = next_photos(run, number=count, rule=step, workers=setup.workers)
            named = {one.image for one in chosen}
            photos = [photo for photo in photos if photo.name in named]
        for photo in photos:
            getattr(annotator, kind)(image_of(setup.data, photo), setup.truth(photo))
    return annotate


def corrected(setup: Setup, annotator: Annotator) -> None:
    """Correct the pseudo masks of the run `tags` by a few clicks each."""
    run = RunFolder(setup.out / "tags" / "run")
    for photo in setup.train:
        present = load_mask(run.mask_file(photo.name), size=None, num_labels=len(setup.names))
        annotator.correct(image_of(setup.data, photo), setup.truth(photo), present, CLICKS)


def plans(few: int, half: int) -> dict[str, Plan]:
    """Return the rows of the table, in the order in which they run."""
    return {
        "tags": lambda setup, annotator: None,
        "+ points": each("click"), "+ boxes": each("box"),
        "+ all masks (the bound)": each("mask"),
        f"+ {few} masks": each("mask", few), "+ scribbles": each("scribble"),
        f"+ {CLICKS} corrections a photo": corrected,
        f"+ {half} masks": each("mask", half),
        f"+ points on {half}, by next": each("click", half, "trust"),
        f"+ points on {half}, at random": each("click", half, "random"),
    }


def image_of(data: Dataset, photo: Photo) -> str:
    """Return a photo's path below the data set's folder, as tables name it."""
    return photo.path.relative_to(data.root).as_posix()


def copy_of(setup: Setup, folder: Path) -> Path:
    """Link the data set into a new folder, to annotate it there."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(setup.data.root, folder, copy_function=os.link)
    return folder


def measure(setup: Setup, name: str, plan: Plan) -> dict[str, float | str]:
    """Run one row, unless that is done."""
    folder = setup.out / "".join(c if c.isalnum() else "_" for c in name).strip("_")
    kept = folder / "row.json"
    if kept.is_file():
        return dict(json.loads(kept.read_text(encoding="utf-8")))
    annotator = Annotator(setup.names)
    plan(setup, annotator)
    root = copy_of(setup, folder / "data")
    annotator.write(root)
    start = time.process_time()
    run = pipeline.run(root, folder / "run", overrides=setup.settings, workers=setup.workers,
                       until="evaluate")
    figures = {(f["what"], f["split"]): f["miou"] for f in run.read_json(run.metrics)["figures"]
               if not f["oracle"]}
    row: dict[str, float | str] = {
        "row": name, "minutes": annotator.minutes, "cpu_seconds": time.process_time() - start,
        "network_val": figures["network", "val"],
        "pseudo_train": figures["pseudo_masks_decided", "train"],
    }
    write_text(kept, json.dumps(row))
    return row


def table(rows: Sequence[dict[str, float | str]]) -> str:
    """Lay the rows out as Markdown."""
    lines = ["| given | minutes | network, val mIoU | pseudo masks, train mIoU | CPU seconds |",
             "|---|---:|---:|---:|---:|"]
    for row in rows:
        shares = (f"{100 * float(row[key]):.1f}" for key in ("network_val", "pseudo_train"))
        lines.append(f"| {row['row']} | {float(row['minutes']):.1f} | {' | '.join(shares)} | "
                     f"{float(row['cpu_seconds']):.0f} |")
    return "\n".join(lines)


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", help='a folder, or "scenes"')
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--photos", type=int, nargs=2, default=(240, 60), metavar="N",
                        help="of the scenes: train and val")
    parser.add_argument("--masks", type=int, nargs=2, default=(10, 40), metavar="N")
    parser.add_argument("--rows", nargs="*", help="the first words of rows; all when left out")
    parser.add_argument("--set", action="append", default=[], dest="settings")
    parser.add_argument("--workers", type=int, default=1)
    asked = parser.parse_args()
    root = write_scenes(asked.out / "scenes", num_train=asked.photos[0], num_val=asked.photos[1]) \
        if asked.data == "scenes" else Path(asked.data)
    setup = Setup(read_dataset(root), asked.out, ("segment.onnx=false", *asked.settings),
                  asked.workers)
    rows = []
    for name, plan in plans(*asked.masks).items():
        if not asked.rows or any(name.startswith(word) for word in asked.rows):
            rows.append(measure(setup, name, plan))
            write_text(asked.out / "table.md", table(rows) + "\n")
    sys.stdout.write(table(rows) + "\n")


if __name__ == "__main__":
    main()
