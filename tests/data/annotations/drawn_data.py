"""A small data set with tags, to which the tests of annotations add files."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from PIL import Image

from tag2mask.annotation.records import Annotation
from tag2mask.data import Dataset, Photo

HEIGHT, WIDTH = 24, 40
CLASSES = "background\ncat\ndog\n"


def draw(root: Path, *, size: tuple[int, int] = (WIDTH, HEIGHT), turn: int = 1) -> Path:
    """Write the data set; `size` is (W, H) as stored, `turn` the EXIF orientation."""
    (root / "images").mkdir(parents=True)
    rows = ["image,tags,split"]
    for number in range(6):
        exif = Image.Exif()
        if turn != 1:
            exif[0x0112] = turn
        colour = (40 * number, 90, 200 - 30 * number)
        Image.new("RGB", size, colour).save(root / f"images/{number}.jpg", exif=exif)
        rows.append(f"images/{number}.jpg,{'dog' if number % 2 else 'cat'},train")
    rows[-1] = rows[-1].replace("train", "val")
    (root / "tags.csv").write_text("\n".join(rows), encoding="utf-8")
    (root / "classes.txt").write_text(CLASSES, encoding="utf-8")
    return root


def write(root: Path, name: str, rows: Iterable[str]) -> None:
    """Write a table with its usual first row."""
    header = {"points.csv": "image,class,x,y", "boxes.csv": "image,class,left,top,right,bottom",
              "scribbles.csv": "image,class,width,points"}[name]
    (root / name).write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")


def mask(root: Path, name: str, labels: np.ndarray) -> None:
    """Write a mask to learn from."""
    (root / "annotations").mkdir(exist_ok=True)
    Image.fromarray(labels.astype(np.uint8)).save(root / "annotations" / f"{name}.png")


def given(dataset: Dataset, name: str) -> Annotation:
    """Return the annotation of a photo that has one."""
    found = photo_of(dataset, name).annotation
    assert found is not None
    return found


def photo_of(dataset: Dataset, name: str) -> Photo:
    """Return the photo of that name."""
    return next(photo for photo in dataset.photos if photo.name == name)


def said(dataset: Dataset) -> str:
    """Return everything that is said about a data set."""
    return " ".join([*dataset.notices, *(problem.why for problem in dataset.problems)])
