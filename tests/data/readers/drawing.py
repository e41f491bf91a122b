"""Tiny files for the tests of readers."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from tag2mask.data.dataset import Dataset


def draw(root: Path, *names: str) -> Path:
    """Draw photos of 5 x 3 pixels below `root`; braces give a range, as in `cat/{0..3}.png`."""
    for name in names:
        head, brace, tail = name.partition("{")
        numbers, _, rest = tail.partition("}")
        first, _, last = numbers.partition("..")
        for number in range(int(first), int(last) + 1) if brace else [0]:
            path = root / (f"{head}{number}{rest}" if brace else name)
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (5, 3)).save(path, format="PNG")
    return root


def tags(data: Dataset) -> dict[str, str]:
    """Return the classes on each photo, joined by commas."""
    return {p.name: ",".join(data.classes[tag] for tag in p.tags) for p in data.photos}


def splits(data: Dataset) -> dict[str, str]:
    """Return the split of each photo."""
    return {photo.name: photo.split for photo in data.photos}


def write(path: Path, text: str) -> Path:
    """Write a text file and its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path
