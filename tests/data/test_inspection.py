"""What inspection counts, and what it finds wrong."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tag2mask.data.dataset import Dataset, Photo
from tag2mask.data.inspection import Inspection, inspect_dataset

ROWS = [
    # tags, split, (H, W), has a mask
    ((0,), "train", (3, 5), True),
    ((0, 1, 2), "train", (30, 50), True),
    ((0,), "val", (4, 6), False),
    ((), "val", (3, 5), False),
    ((1, 2), "train", (9, 5), False),
]


@pytest.fixture
def found(tmp_path: Path) -> Inspection:
    """Five photos of three classes, of which "b" and "c" never part; 00 and 03 are one file."""
    photos = []
    for number, (tags, split, size, masked) in enumerate(ROWS):
        path = tmp_path / f"{number:02}.png"
        Image.new("RGB", size[::-1]).save(path)
        mask = path if masked else None
        photos.append(Photo(name=path.stem, path=path, tags=tags, split=split, mask=mask))
    classes = ("a", "b", "c")
    data = Dataset(root=tmp_path, layout="tags_csv", classes=classes, photos=tuple(photos))
    return inspect_dataset(data)


def test_counts(found: Inspection) -> None:
    """By split; splits without photos are not told."""
    assert found.splits == {"train": 3, "val": 2}
    assert found.tag_counts["a"] == {"train": 2, "val": 1}
    assert found.tag_counts["b"] == {"train": 2, "val": 0}
    assert found.untagged == {"train": 0, "val": 1}
    assert found.masks == {"train": 2, "val": 0}


def test_sizes(found: Inspection) -> None:
    """Smallest, median and largest by area, as (H, W)."""
    assert found.sizes == ((3, 5), (4, 6), (30, 50))


def test_co_occurrence(found: Inspection) -> None:
    """Symmetric, with the tags' own counts on the diagonal; the most tied pairs first."""
    assert np.issubdtype(found.co_occurrence.dtype, np.integer)
    assert found.co_occurrence.tolist() == [[3, 1, 1], [1, 2, 2], [1, 2, 2]]
    pairs = [(pair.tag, pair.other, round(pair.share, 2), pair.photos) for pair in found.tied]
    assert pairs == [
        ("b", "c", 1.0, 2),
        ("c", "b", 1.0, 2),
        ("b", "a", 0.5, 1),
        ("c", "a", 0.5, 1),
        ("a", "b", 0.33, 1),
        ("a", "c", 0.33, 1),
    ]


def test_what_is_wrong(found: Inspection) -> None:
    """A sentence for each rare, absent, inseparable or leaked thing."""
    assert found.rare == ("a", "b", "c")
    assert found.absent_from_val == ("b", "c")
    assert found.inseparable == (("b", "c"),)
    assert found.duplicates == (("00", "03"),)
    assert found.problems == ()
    assert found.contradicting == (("00", "03"),)
    assert len(found.warnings) == 8
    assert "a has only 2 training photos" in found.warnings[0]


def test_unreadable_photos_are_told(tmp_path: Path) -> None:
    """They do not stop the inspection."""
    (tmp_path / "x.jpg").write_text("no photo")
    lost, broken = (
        Photo(name=name, path=tmp_path / f"{name}.jpg", tags=(), split="train", mask=None)
        for name in ("lost", "x")
    )
    data = Dataset(root=tmp_path, layout="tags_csv", classes=("a",), photos=(lost, broken))
    found = inspect_dataset(data)
    assert found.sizes == ()
    assert [problem.photo for problem in found.problems] == ["lost", "x"]
