"""A folder with a table and tiny photos, as a person would have it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from PIL import Image

from tag2mask.data.dataset import Dataset
from tag2mask.data.readers import read_dataset

Read = Callable[..., Dataset]


@pytest.fixture
def read_table(tmp_path: Path) -> Read:
    """Give a function that writes `tags.csv` beside photos and reads both."""

    def read(
        table: str | bytes, photos: Sequence[str] = ("a.png", "b.png", "c.png", "d.png"), *,
        classes: str = "", masks: Sequence[str] = (),
    ) -> Dataset:
        data = table.encode() if isinstance(table, str) else table
        (tmp_path / "tags.csv").write_bytes(data)
        for number, name in enumerate((*photos, *masks)):
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (5, 3), (number, 0, 0)).save(path, format="PNG")
        if classes:
            (tmp_path / "classes.txt").write_text(classes, encoding="utf-8")
        return read_dataset(tmp_path)

    return read


@pytest.fixture
def read_tags(read_table: Read) -> Callable[..., tuple[list[list[str]], tuple[str, ...]]]:
    """Give a function from the cells of the tags column to the tags read, and the notices."""

    def read(*cells: str, classes: str = "") -> tuple[list[list[str]], tuple[str, ...]]:
        rows = [f"{name}.png,{cell}" for name, cell in zip("abcdefgh", cells, strict=False)]
        photos = [f"{name}.png" for name in "abcdefgh"[:len(cells)]]
        data = read_table("\n".join(["image,tags", *rows, ""]), photos, classes=classes)
        return [[data.classes[tag] for tag in photo.tags] for photo in data.photos], data.notices

    return read
