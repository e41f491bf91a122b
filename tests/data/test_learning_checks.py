"""What cannot be learned, chosen or measured is said before the training."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tag2mask.core.contracts import InputError
from tag2mask.data.check import check_photos
from tag2mask.data.dataset import Dataset, Photo
from tag2mask.data.inspection import inspect_dataset
from tag2mask.data.learning_checks import learning_warnings, refuse_unlearnable
from tag2mask.data.readers import read_dataset


def data(rows: str, classes: tuple[str, ...] = ("a", "b")) -> Dataset:
    """Make a data set of rows as "train:a,b val:"."""
    photos = []
    for number, row in enumerate(rows.split()):
        split, _, names = row.partition(":")
        tags = tuple(sorted(classes.index(name) for name in names.split(",") if name))
        path = Path(f"{number:02}.png")
        photos.append(Photo(name=path.stem, path=path, tags=tags, split=split, mask=None))
    return Dataset(root=Path("data"), layout="tags_csv", classes=classes, photos=tuple(photos))


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ("val:a val:b", r"No photo of data is in train \(2 are in val\)"),
        ("test:a test:b", r"2 are in test"),
        ("test:a val:b", r"1 are in val and 1 are in test"),
        ("train: train: val:a", "No training photo of data has a tag"),
        ("train:a", "has one training photo, 00"),
        ("train:a val:b", "has one training photo, 00"),
        ("train:a train:a val:a", r"All 2 training photos of data have the same tags \(a\)"),
        ("train:a,b train:a,b val:a", r"the same tags \(a, b\)"),
    ],
)
def test_nothing_can_be_learned(rows: str, why: str) -> None:
    """A run stops, and inspect has the same sentence first."""
    with pytest.raises(InputError, match=why):
        refuse_unlearnable(data(rows))
    assert len(learning_warnings(data(rows))) == 1


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ("train:a train: val:a", ()),
        ("train:a train:b val:a val:b", ()),
        ("train:a train: val:b", ("No training photo has b",)),
        ("train:a train:a,b val:b val:a", ("a is on every training photo",)),
        ("train:a train:b", ("No photo is in val",)),
    ],
)
def test_something_can_be_learned(rows: str, told: tuple[str, ...]) -> None:
    """What cannot is named; a class that no photo has is reported by the reader."""
    refuse_unlearnable(data(rows))
    found = learning_warnings(data(rows, classes=("a", "b", "never")))
    assert len(found) == len(told)
    assert all(a.startswith(b) for a, b in zip(found, told, strict=True))


def test_many_classes_share_a_sentence(tmp_path: Path) -> None:
    """Two hundred classes of one photo each fill no screen."""
    for number in range(200):
        path = tmp_path / f"class_{number:03}" / "1.png"
        path.parent.mkdir()
        Image.new("RGB", (5, 3), (number, 0, 0)).save(path)
    warnings = inspect_dataset(read_dataset(tmp_path)).warnings
    assert len(warnings) == 3
    assert warnings[0].startswith("No training photo has class_000, class_002, ")
    assert "and 31 more" in warnings[0]
    assert warnings[1].startswith("164 classes have fewer than 20 training photos")
    assert "cannot be measured" in warnings[2]


def test_no_val_takes_some_of_train(tmp_path: Path) -> None:
    """Where every photo was given to train, each class gives one; said once."""
    rows = "".join(f"{n}.png,{'ab'[n % 2]},train\n" for n in range(8))
    (tmp_path / "tags.csv").write_text(f"image,tags,split\n{rows}")
    for n in range(8):
        Image.new("RGB", (5, 3)).save(tmp_path / f"{n}.png")
    found = read_dataset(tmp_path)
    assert {photo.tags for photo in found.split("val")} == {(0,), (1,)}
    assert len(found.split("val")) == 2
    assert [notice.split(",")[0] for notice in found.notices] == ["No photo is in val"]


def test_blank_photos(tmp_path: Path) -> None:
    """Their tags cannot be learned; a photo with nothing on it may well be blank."""
    photos = []
    for number, (tags, colours) in enumerate([((0,), 1), ((0,), 2), ((), 1)]):
        path = tmp_path / f"{number}.png"
        pixels = np.zeros((90, 130, 3), np.uint8)
        pixels[1:, :, 0] = colours - 1
        Image.fromarray(pixels).save(path)
        photos.append(Photo(name=path.stem, path=path, tags=tags, split="train", mask=None))
    dataset = Dataset(root=tmp_path, layout="tags_csv", classes=("a",), photos=tuple(photos))
    [notice] = check_photos(dataset, workers=2).notices
    assert "(1): 0; their tags" in notice
