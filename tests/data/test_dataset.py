"""What a data set answers about itself."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tag2mask.core.contracts import InputError
from tag2mask.data.dataset import Dataset, Photo, Problem, refuse_many_losses


def make(root: Path, count: int = 4) -> Dataset:
    """Return a data set of files that are no photos; nothing here decodes them."""
    root.mkdir(exist_ok=True)
    photos = []
    for number in range(count):
        path = root / f"{number:03}.jpg"
        path.write_bytes(b"x" * (number + 1))
        tags = ((), (0,), (0, 2), (1,))[number % 4]
        split = "val" if number % 4 == 3 else "train"
        photos.append(Photo(name=path.stem, path=path, tags=tags, split=split, mask=None))
    return Dataset(root=root, layout="tags_csv", classes=("a", "b", "c"), photos=tuple(photos))


def test_split(tmp_path: Path) -> None:
    """Photos by split; a misspelt split is a mistake of the caller's."""
    data = make(tmp_path)
    assert [photo.name for photo in data.split("train")] == ["000", "001", "002"]
    assert data.split("test") == ()
    with pytest.raises(ValueError, match="unknown split"):
        data.split("vall")


def test_tag_matrix(tmp_path: Path) -> None:
    """Multi-hot, for all photos or for some in their order."""
    data = make(tmp_path)
    matrix = data.tag_matrix()
    assert matrix.dtype == np.float32
    assert matrix.tolist() == [[0, 0, 0], [1, 0, 0], [1, 0, 1], [0, 1, 0]]
    assert data.tag_matrix(data.photos[2:0:-1]).tolist() == [[1, 0, 1], [1, 0, 0]]
    assert data.tag_matrix(()).shape == (0, 3)


def test_fingerprint_stays_when_the_folder_moves(tmp_path: Path) -> None:
    """The same data elsewhere are the same data."""
    data = make(tmp_path / "here")
    shutil.copytree(tmp_path / "here", tmp_path / "there")
    assert make(tmp_path / "there").fingerprint() == data.fingerprint()


def test_fingerprint_changes_with_the_data(tmp_path: Path) -> None:
    """Classes, names, tags, splits and file sizes each count."""
    data = make(tmp_path)
    first, *rest = data.photos
    changed = [
        replace(data, classes=("a", "b", "d")),
        *(
            replace(data, photos=(photo, *rest))
            for photo in (
                replace(first, name="other"),
                replace(first, tags=(1,)),
                replace(first, split="val"),
            )
        ),
    ]
    prints = {data.fingerprint(), *(other.fingerprint() for other in changed)}
    first.path.write_bytes(b"longer")
    prints.add(data.fingerprint())
    assert len(prints) == 6


def test_without(tmp_path: Path) -> None:
    """Named photos go, their problems stay and count as left out."""
    data = replace(make(tmp_path), problems=(Problem(photo="row 3", why="odd"),))
    less = data.without([Problem(photo="001", why="broken")])
    assert [photo.name for photo in less.photos] == ["000", "002", "003"]
    assert [problem.photo for problem in less.problems] == ["row 3", "001"]
    assert [problem.photo for problem in less.left_out] == ["001"]


def test_a_tenth_may_be_lost_and_no_more(tmp_path: Path) -> None:
    """Four of 40 pass; the fifth is too many, and the first three are named."""
    data = make(tmp_path, count=40)
    bad = [Problem(photo=f"{number:03}", why="It is broken.") for number in range(5)]
    refuse_many_losses(data.without(bad[:4]))
    with pytest.raises(InputError, match=r"5 of 40 .*000 \(It is broken\); 001 .*; 002 .* \.\.\."):
        refuse_many_losses(data.without(bad))


def test_thinned_takes_photos_of_all_tags(tmp_path: Path) -> None:
    """At most so many of each split; the same ones every time, every tag in its share."""
    photos = tuple(
        Photo(name=f"p{n:02}", path=tmp_path / "x", tags=(n % 3,), mask=None,
              split="val" if n >= 24 else "train")
        for n in range(30)
    )
    whole = Dataset(root=tmp_path, layout="voc", classes=("a", "b", "c"), photos=photos)
    few = whole.thinned(9)
    assert [len(few.split(split)) for split in ("train", "val")] == [9, 6]
    assert few.tag_matrix(few.split("train")).sum(0).tolist() == [3, 3, 3]
    assert few.photos == whole.thinned(9).photos
    assert whole.thinned(99).photos == photos
