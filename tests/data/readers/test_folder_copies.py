"""Class folders named as copies of others."""

from __future__ import annotations

from pathlib import Path

import pytest
from drawing import draw, tags

from tag2mask.data.readers import read_dataset


@pytest.mark.parametrize("copy", [
    "block (1)", "block(2)", "block copy", "block copy 2", "block - Copy", "block - Copy (3)",
    "block_copy", "Copy of block", "block (copy)", "block (3rd copy)", "block - Kopie",
    "Block (1)", "block (1) (2)",
])
def test_a_copy_is_read_as_its_original(tmp_path: Path, copy: str) -> None:
    """File managers and repeated downloads make such folders; nobody names a class so."""
    data = read_dataset(draw(tmp_path, "block/{0..2}.png", "crack/{0..2}.png", f"{copy}/9.png"))
    assert data.classes == ("block", "crack")
    assert tags(data)[f"{copy}/9"] == "block"
    (notice,) = data.notices
    assert f"{copy!r} of 'block'" in notice


def test_a_copy_of_the_empty_class_and_of_a_split(tmp_path: Path) -> None:
    """Copies are found across splits, and `_none` is copied like the others."""
    names = ["train/a/{0..1}.png", "train/b/{0..1}.png", "val/a copy/5.png", "val/_none (1)/6.png"]
    data = read_dataset(draw(tmp_path, *names, "train/_none/0.png"))
    assert data.classes == ("a", "b")
    assert tags(data)["val/_none (1)/6"] == ""
    assert tags(data)["val/a copy/5"] == "a"


@pytest.mark.parametrize("other", ["block 1", "block_1", "block-b", "blocks (1)", "photocopy",
                                   "blockcopy"])
def test_other_names_stay_classes(tmp_path: Path, other: str) -> None:
    """Without its original beside it, or with a plain number, a folder is a class of its own."""
    data = read_dataset(draw(tmp_path, "block/{0..2}.png", f"{other}/{{0..2}}.png"))
    assert sorted(data.classes) == sorted(("block", other))
    assert not any("copies" in notice for notice in data.notices)
