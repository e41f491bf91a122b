"""What a minute of annotation is worth: `python benchmarks/annotation.py DATA --out DIR`.

DATA has masks and tags.csv, or is the word "scenes"; `--photos` takes fewer of its photos, evenly
spaced. A simulated annotator gives training photos points, boxes,
scribbles, masks or corrections from the true masks; val photos get none. Each row is a run over the
same photos with these settings, and its figure the mIoU of the network on val, tags predicted.
Minutes are those on top of the tags, by the default table of seconds. With several seeds, each one
draws its own scenes and seeds the annotator and the run. Finished rows are kept, so a stopped
benchmark can be resumed; the rows are printed and written to DIR/table.md and DIR/curve.csv.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from statistics import fmean

import numpy as np

from part_of_data import write_part
from simulated_annotator import Annotator
from tag2mask import pipeline
from tag2mask.advice.next_photos import next_photos
from tag2mask.core.files import write_text
from tag2mask.data import load_mask, read_dataset
from tag2mask.data.batches import thinned
from tag2mask.data.dataset import Dataset, Photo
from tag2mask.data.scenes import write_scenes
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.records import read_metrics
from true_masks import scorable, true_mask

CLICKS = 3
"""Of a correction, at most."""

_ASKED = {"click": "points", "box": "boxes", "mask": "masks"}
"""What `tag2mask next` is asked for, by the methods of `Annotator`."""

_ALONE = " alone"
"""At the end of rows whose other training photos, which have tags alone, are left out."""

_SCENES = (240, 60)
"""How many are drawn by default: train and val."""


@dataclass(frozen=True)
class Setup:
    """What all rows share."""

    data: Dataset
    out: Path
    settings: tuple[str, ...]
    workers: int
    seed: int = 0

    @property
    def names(self) -> tuple[str, ...]:
        """The labels' names."""
        return ("background", *self.data.classes)

    def truth(self, photo: Photo) -> np.ndarray:
        """Return the true mask of a photo."""
        return true_mask(photo, self.data)

    @property
    def train(self) -> list[Photo]:
        """Training photos with a tag and a mask."""
        return scorable(self.data)


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
            chosen = next_photos(
                run, number=count, kind=_ASKED.get(kind, "auto"), rule=step, seed=setup.seed,
                workers=setup.workers)
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


def mixed(few: int, half: int) -> Plan:
    """Draw few masks, and click on half of the other photos."""
    def annotate(setup: Setup, annotator: Annotator) -> None:
        masked = thinned(setup.train, few)
        for photo in masked:
            annotator.mask(image_of(setup.data, photo), setup.truth(photo))
        others = [photo for photo in setup.train if photo not in set(masked)]
        for photo in thinned(others, half):
            annotator.click(image_of(setup.data, photo), setup.truth(photo))
    return annotate


def plans(few: int, half: int) -> dict[str, Plan]:
    """Return the rows of the table, in the order in which they run."""
    return {
        "tags": lambda setup, annotator: None,
        "+ points": each("click"), "+ boxes": each("box"),
        "+ all masks (the bound)": each("mask"),
        f"+ {few} masks": each("mask", few), "+ scribbles": each("scribble"),
        f"+ {CLICKS} corrections a photo": corrected,
        f"+ {half} masks": each("mask", half),
        f"+ {few} masks, points on {half}": mixed(few, half),
        f"{few} masks{_ALONE}": each("mask", few), f"{half} masks{_ALONE}": each("mask", half),
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


def leave_out_tagged(root: Path, annotated: Collection[str]) -> None:
    """Remove the training photos without annotations from a copy of the data set."""
    table = root / "tags.csv"
    with table.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        rows = [row for row in reader if row["split"] == "val" or row["image"] in annotated]
        names = reader.fieldnames or ()
    table.unlink()  # a link to the data set's own
    with table.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        writer.writerows(rows)


@dataclass(frozen=True)
class Row:
    """The result of one run."""

    row: str
    seed: int
    minutes: float
    network_val: float
    pseudo_train: float
    cpu_seconds: float


def measure(setup: Setup, name: str, plan: Plan) -> Row:
    """Run one row, unless that is done."""
    folder = setup.out / "".join(c if c.isalnum() else "_" for c in name).strip("_")
    kept = folder / "row.json"
    if kept.is_file():
        return Row(**json.loads(kept.read_text(encoding="utf-8")))
    annotator = Annotator(setup.names, seed=setup.seed)
    plan(setup, annotator)
    root = copy_of(setup, folder / "data")
    annotator.write(root)
    if name.endswith(_ALONE):
        leave_out_tagged(root, annotator.masks)
    start = time.process_time()
    run = pipeline.run(root, folder / "run", overrides=setup.settings, workers=setup.workers,
                       seed=setup.seed, until="evaluate")
    figures = {(f.what, f.split): f.miou for f in read_metrics(run).figures if not f.oracle}
    row = Row(
        row=name, seed=setup.seed, minutes=annotator.minutes,
        network_val=figures["network", "val"],
        pseudo_train=figures["pseudo_masks_decided", "train"],
        cpu_seconds=time.process_time() - start,
    )
    write_text(kept, json.dumps(vars(row)))
    return row


def table(rows: Sequence[Row]) -> str:
    """Lay the rows out as Markdown, one line per kind: means, and the range over the seeds."""
    lines = ["| annotations | minutes | network, val mIoU | range | pseudo masks, train mIoU | "
             "seeds | CPU seconds |", "|---|---:|---:|---:|---:|---:|---:|"]
    for name in dict.fromkeys(row.row for row in rows):
        own = [row for row in rows if row.row == name]
        network = [100 * row.network_val for row in own]
        lines.append(
            f"| {name} | {fmean(row.minutes for row in own):.1f} | {fmean(network):.1f} | "
            f"{min(network):.1f} to {max(network):.1f} | "
            f"{100 * fmean(row.pseudo_train for row in own):.1f} | {len(own)} | "
            f"{fmean(row.cpu_seconds for row in own):.0f} |")
    return "\n".join(lines)


def write_rows(out: Path, rows: Sequence[Row]) -> None:
    """Write the table, and one line per run for `docs/draw_annotation.py`."""
    write_text(out / "table.md", table(rows) + "\n")
    with (out / "curve.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(Row)])
        writer.writeheader()
        writer.writerows(vars(row) for row in rows)


def setup_of(asked: argparse.Namespace, seed: int) -> Setup:
    """Return the data and the folder of one seed."""
    out = asked.out / f"seed-{seed}"
    root = Path(asked.data)
    if asked.data == "scenes":
        train, val = asked.photos or _SCENES
        root = write_scenes(out / "scenes", num_train=train, num_val=val, seed=seed)
    elif asked.photos:
        root = write_part(root, out / "part", asked.photos)
    settings = ("segment.onnx=false", *asked.settings)
    return Setup(read_dataset(root), out, settings, asked.workers, seed)


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", help='a folder, or "scenes"')
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--photos", type=int, nargs=2, metavar="N", help="train and val")
    parser.add_argument("--masks", type=int, nargs=2, default=(10, 40), metavar="N")
    parser.add_argument("--rows", nargs="*", help="the first words of rows; all when left out")
    parser.add_argument("--set", action="append", default=[], dest="settings")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--workers", type=int, default=1)
    asked = parser.parse_args()
    rows = []
    for seed in asked.seeds:
        setup = setup_of(asked, seed)
        for name, plan in plans(*asked.masks).items():
            if not asked.rows or any(name.startswith(word) for word in asked.rows):
                rows.append(measure(setup, name, plan))
                write_rows(asked.out, rows)
    sys.stdout.write(table(rows) + "\n")


if __name__ == "__main__":
    main()
