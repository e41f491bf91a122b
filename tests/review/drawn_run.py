"""A data set of four drawn photos, and a run folder over it that nothing was trained for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from tag2mask.data import read_dataset, save_mask
from tag2mask.run_folder.data_file import write_dataset
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.planes import write_planes
from tag2mask.run_folder.tables import write_table

SIZE = (40, 60)
BOX = np.s_[10:30, 20:44]
NAMES = ("a", "b & <b>bold<b>", "c")
HELD_OUT = "d"


def write_data(root: Path) -> Path:
    """Write photos with a red box each; the last is stored turned, as cameras do."""
    (root / "images").mkdir(parents=True)
    rng = np.random.default_rng(0)
    for name in (*NAMES, HELD_OUT):
        photo = rng.integers(100, 130, (*SIZE, 3)).astype(np.uint8)
        photo[BOX] = 220, 30, 30
        picture = Image.fromarray(photo)
        if name == "c":
            exif = Image.Exif()
            exif[0x0112] = 6
            picture.transpose(Image.Transpose.ROTATE_90).save(
                root / "images" / "c.jpg", quality=97, exif=exif)
        else:
            picture.save(root / "images" / f"{name}.png")
    rows = [f"images/{name}.{'jpg' if name == 'c' else 'png'},box,train" for name in NAMES]
    rows.append(f"images/{HELD_OUT}.png,box,val")
    (root / "tags.csv").write_text("\n".join(["image,tags,split", *rows]) + "\n", encoding="utf-8")
    (root / "classes.txt").write_text("background\nbox\nring\n", encoding="utf-8")
    return root


def write_run(data: Path, root: Path) -> Path:
    """Write what a run would have left: pseudo masks, scores, a network's mask, trust."""
    run, dataset = RunFolder(root), read_dataset(data)
    write_dataset(run, dataset)
    draft = np.zeros(SIZE, np.uint8)
    draft[12:26, 22:40] = 1
    scores = np.stack([np.full(SIZE, 0.5), 0.9 * (draft > 0)]).astype(np.float32)
    for photo in dataset.photos:
        save_mask(run.mask_file(photo.name), draft, num_labels=len(dataset.classes) + 1)
        write_planes(run.sharp_file(photo.name), scores, np.array([0]))
    save_mask(run.prediction_file("a"), draft[::-1].copy(), num_labels=3)
    write_table(run.trust, ["image", "split", "class", "trust"],
                [["c", "train", "", 0.1], ["a", "train", "", 0.7], ["a", "train", "box", 0.2]])
    return root
