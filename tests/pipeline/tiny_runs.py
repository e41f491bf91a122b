"""A data set of a few drawn photos, and runs over it that take seconds.

Started as a program it is the command line, and may kill itself: see `main`.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import signal
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageDraw

from tag2mask.run_folder.planes import read_planes
from tag2mask.run_folder.weights import read_header, read_weights

QUICK = (
    "classify.size=64", "classify.epochs=2", "classify.batch_size=4",
    "classify.learning_rate=4e-4", "activate.scales=1.5,2",
    "activate.batch_size=4", "segment.size=64", "segment.epochs=2", "segment.batch_size=4",
    "sharpen.second_round=false",
)
"""Settings under which a run takes seconds and still passes through everything."""

CLASSES = ("block", "disc")
SIZE = (48, 64)
NAMES = tuple(f"p{number:02}" for number in range(16))
KILL_BEFORE, KILL_AFTER = "TAG2MASK_TEST_KILL_BEFORE", "TAG2MASK_TEST_KILL_AFTER"
DISK_FULL_AT = "TAG2MASK_TEST_DISK_FULL_AT"


def tags_of(number: int) -> tuple[str, ...]:
    """Say what is on the photo of that number: nothing on the first, both on every third."""
    if number == 0:
        return ()
    return (("disc",), ("block",), CLASSES)[number % 3]


def draw_photo(number: int) -> tuple[Image.Image, Image.Image]:
    """Draw a photo, 64 wide and 48 high, and its mask: red discs and blue blocks on noise."""
    rng = np.random.default_rng(number)
    photo = Image.fromarray(rng.integers(90, 150, (*SIZE, 3), dtype=np.uint8))
    mask = Image.new("L", photo.size)
    for tag in tags_of(number):
        x, y = (int(v) for v in rng.integers(2, 20, 2))
        for picture, colours in ((photo, ((30, 60, 210), (220, 40, 30))), (mask, (1, 2))):
            draw = ImageDraw.Draw(picture)
            if tag == "disc":
                draw.ellipse((x, y, x + 18, y + 18), fill=colours[1])
            else:
                draw.rectangle((x + 26, y, x + 40, y + 20), fill=colours[0])
    return photo, mask


def write_tags_csv(root: Path, *, masks: bool = True) -> Path:
    """Write the data set with a tags.csv; the last four photos are held out."""
    for folder in ("images", *["masks"] * masks):
        (root / folder).mkdir(parents=True)
    rows = ["image,tags,split"]
    for number, name in enumerate(NAMES):
        photo, mask = draw_photo(number)
        photo.save(root / "images" / f"{name}.png")
        if masks:
            mask.save(root / "masks" / f"{name}.png")
        split = "val" if number >= 12 else "train"
        rows.append(f"images/{name}.png,{';'.join(tags_of(number))},{split}")
    (root / "tags.csv").write_text("\n".join(rows) + "\n")
    return root


def write_class_folders(root: Path) -> Path:
    """Write the photos with one tag at most into folders."""
    for number, name in enumerate(NAMES):
        if len(tags_of(number)) < 2:
            folder = root / "".join(tags_of(number) or ("_none",))
            folder.mkdir(parents=True, exist_ok=True)
            draw_photo(number)[0].save(folder / f"{name}.png")
    return root


def write_voc(root: Path) -> Path:
    """Write the data set as Pascal VOC, with its own two classes."""
    for folder in ("JPEGImages", "Annotations", "SegmentationClass", "ImageSets/Segmentation"):
        (root / folder).mkdir(parents=True)
    for number, name in enumerate(NAMES):
        photo, mask = draw_photo(number)
        photo.save(root / "JPEGImages" / f"{name}.jpg", quality=95)
        mask.save(root / "SegmentationClass" / f"{name}.png")
        objects = "".join(f"<object><name>{tag}</name></object>" for tag in tags_of(number))
        (root / "Annotations" / f"{name}.xml").write_text(f"<annotation>{objects}</annotation>")
    (root / "classes.txt").write_text("\n".join(("background", *CLASSES)) + "\n")
    for split, names in (("train", NAMES[:12]), ("val", NAMES[12:])):
        (root / "ImageSets" / "Segmentation" / f"{split}.txt").write_text("\n".join(names) + "\n")
    return root


def results(run: Path) -> dict[str, Any]:
    """Give everything a run made that the same run must make again: files, tensors, figures."""
    found: dict[str, Any] = {}
    for path in sorted(path for path in run.rglob("*") if path.is_file()):
        name = path.relative_to(run).as_posix()
        if name.startswith("stages/") or name in ("report.html", "contents.json"):
            continue  # they tell seconds, and what the disk says of the photos
        if path.suffix == ".safetensors":
            tensors = {key: value.numpy().tobytes() for key, value in read_weights(path).items()}
            found[name] = (tensors, read_header(path))
        elif name == "metrics.json":
            metrics = json.loads(path.read_text(encoding="utf-8"))
            found[name] = {k: v for k, v in metrics.items() if k not in ("stages", "command")}
        else:
            found[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def check_maps(run: Path) -> None:
    """Hold the maps of a run: one file per tagged photo, one map per tag, all in 0..1."""
    files = sorted((run / "maps").glob("*.npz"))
    assert len(files) == 15
    for file in files:
        maps, tags = read_planes(file)
        assert len(maps) == len(tags) > 0
        assert np.isfinite(maps).all()
        assert 0 <= maps.min() <= maps.max() <= 1


def listing(folder: Path) -> dict[str, tuple[int, int]]:
    """Give time and size of every file below a folder: what was written again has another.

    Without what the disk says of the photos, which is noted again when they have settled.
    """
    return {
        path.relative_to(folder).as_posix(): (path.stat().st_mtime_ns, path.stat().st_size)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "contents.json"
    }


def run_tiny(data: Path, out: Path) -> None:
    """Run everything with the quick settings; for a process of its own."""
    from tag2mask import pipeline

    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    pipeline.run(data, out, overrides=QUICK)


def main() -> None:
    """Be `tag2mask`.

    Where the environment names a file, the process kills itself with SIGKILL the moment before or
    after a file of that name gets its place in the run folder, so that a test can choose the
    moment; or the disk is full for that file.
    """
    from tag2mask.cli import main as command_line

    # A background shell lets its children ignore Ctrl-C, and they pass that on.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    before, after, full = (os.environ.get(name)
                            for name in (KILL_BEFORE, KILL_AFTER, DISK_FULL_AT))
    replace = Path.replace

    def replace_or_die(self: Path, target: Path) -> Path:
        if before and str(target).endswith(before):
            os.kill(os.getpid(), signal.SIGKILL)
        if full and str(target).endswith(full):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self))
        done = replace(self, target)
        if after and str(target).endswith(after):
            os.kill(os.getpid(), signal.SIGKILL)
        return done

    Path.replace = replace_or_die  # type: ignore[method-assign,assignment]
    command_line()


if __name__ == "__main__":
    sys.exit(main())
