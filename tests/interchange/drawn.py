"""A drawn data set with everything that gets lost on the way through other formats."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

CLASSES = ("cat", "big dog")
SIZE = (23, 37)
NAMES = ("plain.jpg", "a b+c.jpg", "sub/x.jpg", "sub2/x.jpg", "sub/ünï.png", "turned.jpg",
         "half_turned.jpg", "empty.jpg", "full.jpg", "twin.jpg", "twin.png", "noise.jpg",
         "lines.jpg")
_EXIF = {"turned.jpg": 6, "half_turned.jpg": 3}


def draw_mask(name: str, number: int) -> np.ndarray:
    """Draw a label map: holes, an island in a hole, parts, touching classes, 255, lone pixels."""
    mask = np.zeros(SIZE, np.uint8)
    if name == "full.jpg":
        mask[:] = 1
    elif name == "noise.jpg":
        mask = np.random.default_rng(0).choice(np.array([0, 1, 2, 255], np.uint8), SIZE)
    elif name == "lines.jpg":
        mask[3, :], mask[:, 5] = 1, 2
        mask[10, 10] = mask[11, 11] = 1
        mask[-1, -1] = 2
    elif name != "empty.jpg":
        mask[2:15, 3:20], mask[5:9, 6:12], mask[6, 7] = 1, 0, 2
        mask[15:18, 3:20], mask[20:, 30:], mask[0:2, 0:2] = 2, 255, 2
        mask[0, 30] = mask[number % 5 + 16, 25] = 1
    return np.ascontiguousarray(np.rot90(mask, -1)) if name == "turned.jpg" else mask


def annotation_name(name: str) -> str:
    """Name a photo's annotation as the readers name photos."""
    return name if name.startswith("twin") else name.rpartition(".")[0]


def write_data(root: Path, names: tuple[str, ...] = NAMES, *, annotations: bool = True) -> Path:
    """Write the data set; annotations are those of the upright photos."""
    rows = ["image,tags,split"]
    for number, name in enumerate(names):
        mask, path = draw_mask(name, number), root / "images" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = np.zeros((*SIZE, 3), np.uint8)
        pixels[..., 0], pixels[..., 1] = np.arange(SIZE[1]) * 6, np.arange(SIZE[0])[:, None] * 10
        exif = Image.Exif()
        if name in _EXIF:
            exif[0x0112] = _EXIF[name]
        Image.fromarray(pixels).save(path, exif=exif)
        tags = [label for value, label in enumerate(CLASSES, 1) if (mask == value).any()]
        rows.append(f"images/{name},{';'.join(tags)},{('train', 'val', 'test')[number % 3]}")
        if annotations:
            write_mask(root / "annotations" / f"{annotation_name(name)}.png", mask)
    (root / "tags.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    (root / "classes.txt").write_text("\n".join(("background", *CLASSES)) + "\n", encoding="utf-8")
    return root


def write_mask(path: Path, mask: np.ndarray) -> None:
    """Write a label map as a grey PNG."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(mask).save(path)


def read_maps(folder: Path) -> dict[str, np.ndarray]:
    """Read all label maps below a folder by their paths."""
    return {path.relative_to(folder).as_posix(): np.array(Image.open(path))
            for path in sorted(folder.rglob("*.png"))}


def differences(one: Path, other: Path) -> dict[str, object]:
    """Compare the annotations of two data sets; {} where they are the same."""
    first, second = read_maps(one / "annotations"), read_maps(other / "annotations")
    return {name: "missing" if name not in second else first[name].shape
            for name in first.keys() | second.keys()
            if not np.array_equal(first.get(name, np.zeros(0)), second.get(name, np.zeros(1)))}
