"""What is damaged: small data sets in several layouts, a finished run, and foreign weights."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import torch
from safetensors.torch import load_file
from tiny_runs import NAMES, draw_photo, tags_of, write_class_folders, write_tags_csv, write_voc

FORMATS = (("png", "PNG"), ("jpg", "JPEG"), ("bmp", "BMP"), ("tif", "TIFF"), ("webp", "WEBP"),
           ("gif", "GIF"), ("ppm", "PPM"), ("png", "PNG"))
"""Of the photos of the table, in turn."""


def write_table(root: Path) -> None:
    """Write a tags.csv with photos in several formats, masks and a list of classes."""
    write_tags_csv(root)
    table = (root / "tags.csv").read_text(encoding="utf-8")
    for number, name in enumerate(NAMES):
        ending, kind = FORMATS[number % len(FORMATS)]
        (root / "images" / f"{name}.png").unlink()
        draw_photo(number)[0].save(root / "images" / f"{name}.{ending}", kind)
        table = table.replace(f"{name}.png", f"{name}.{ending}")
    (root / "tags.csv").write_text(table, encoding="utf-8")
    (root / "classes.txt").write_text("background\nblock\ndisc\n", encoding="utf-8")


def write_hugging_face(root: Path) -> None:
    """Write split folders with a metadata.jsonl or metadata.csv each."""
    for split, numbers in (("train", range(12)), ("test", range(12, 16))):
        (root / split).mkdir(parents=True)
        rows = [{"file_name": f"{NAMES[n]}.png", "label": list(tags_of(n))} for n in numbers]
        for row, number in zip(rows, numbers, strict=True):
            draw_photo(number)[0].save(root / split / str(row["file_name"]))
        lines = [json.dumps(row) for row in rows]
        if split == "test":
            lines = ["file_name,label", *(f"{NAMES[n]}.png,{tags_of(n)[0]}" for n in numbers)]
        name = "metadata.csv" if split == "test" else "metadata.jsonl"
        (root / split / name).write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_defects(root: Path) -> None:
    """Write MVTec's folders: normal photos, photos with a defect, and their masks."""
    for number in range(14):
        photo, mask = draw_photo(number)
        folder = "train/good" if number < 5 else "test/good" if number < 8 else "test/crack"
        (root / folder).mkdir(parents=True, exist_ok=True)
        photo.save(root / folder / f"{number:03}.png")
        if folder == "test/crack":
            (root / "ground_truth/crack").mkdir(parents=True, exist_ok=True)
            mask.point(lambda value: 255 * (value > 0)).save(
                root / "ground_truth/crack" / f"{number:03}_mask.png")


def write_others(root: Path) -> None:
    """Write small sets that are named but not read: COCO and YOLO."""
    (root / "coco/annotations").mkdir(parents=True)
    (root / "coco/images").mkdir()
    coco = {"images": [{"id": 1, "file_name": "a.png", "width": 64, "height": 48}],
            "categories": [{"id": 1, "name": "disc"}],
            "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4],
                             "segmentation": [[1, 2, 3, 4, 5, 6]]}]}
    (root / "coco/annotations/a.json").write_text(json.dumps(coco, indent=1), encoding="utf-8")
    for folder in ("images/train", "labels/train"):
        (root / "yolo" / folder).mkdir(parents=True)
    (root / "yolo/data.yaml").write_text("names: [disc]\ntrain: images/train\n", encoding="utf-8")
    (root / "yolo/labels/train/a.txt").write_text("0 0.5 0.5 0.2 0.2\n", encoding="utf-8")
    for place in ("coco/images", "yolo/images/train"):
        draw_photo(1)[0].save(root / place / "a.png")


def write_foreign_weights(root: Path, run: Path) -> None:
    """Write the classifier's weights as other programs store them, and a photo to explain."""
    root.mkdir()
    state = {key.removeprefix("backbone."): value
             for key, value in load_file(run / "classifier/weights.safetensors").items()
             if value.is_floating_point()}
    torch.save(state, root / "net.pth")
    os.link(run / "classifier/weights.safetensors", root / "net.safetensors")
    (root / "names.txt").write_text("block\ndisc\n", encoding="utf-8")
    draw_photo(3)[0].save(root / "photo.png")


def write_materials(root: Path, data: Path, run: Path) -> None:
    """Write everything below `root`; the run and its data are copied."""
    root.mkdir()
    shutil.copytree(data, root / "data")
    shutil.copytree(run, root / "run")
    for name, write in (("table", write_table), ("folders", write_class_folders),
                        ("voc", write_voc), ("hugging_face", write_hugging_face),
                        ("defects", write_defects), ("others", write_others)):
        write(root / name)
    write_foreign_weights(root / "weights", root / "run")


def copy_linked(source: Path, target: Path) -> None:
    """Copy a folder without copying its bytes; whoever changes a file replaces it."""
    shutil.copytree(source, target, copy_function=os.link, symlinks=True)
