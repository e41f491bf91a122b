"""Names out and back, and which photo a name means."""

from __future__ import annotations

from pathlib import Path

import pytest
from drawn import write_data

from tag2mask.data.readers import read_dataset
from tag2mask.interchange.names import Names, read_names
from tag2mask.interchange.photo_index import PhotoIndex


def test_names_stay_where_they_can(tmp_path: Path) -> None:
    """And no table is written."""
    names = Names()
    assert [names.stem(file) for file in ("a b.jpg", "sub/x.jpg", "sub2/x.jpg", "no_suffix")] == [
        "a b", "sub/x", "sub2/x", "no_suffix"]
    names.write(tmp_path)
    assert read_names(tmp_path) == {}
    assert not list(tmp_path.iterdir())


def test_twins_are_told_apart(tmp_path: Path) -> None:
    """By a number; case alone does not tell names apart on every system."""
    names = Names()
    assert [names.stem(file) for file in ("t.jpg", "t.png", "T.bmp")] == ["t", "t_2", "T_3"]
    names.write(tmp_path)
    assert read_names(tmp_path) == {"t": "t.jpg", "t.jpg": "t.jpg", "t_2": "t.png",
                                    "t_2.png": "t.png", "T_3": "T.bmp", "T_3.bmp": "T.bmp"}


def test_flat_names_have_no_folders(tmp_path: Path) -> None:
    """Nor anything but letters, digits, "-" and "_"."""
    names = Names(flat=True)
    files = ("sub/a b.jpg", "sub/a+b.jpg", "ünï.png")
    assert [names.stem(file, suffix=".png") for file in files] == ["sub__a_b", "sub__a_b_2",
                                                                   "_n_"]
    names.write(tmp_path)
    assert read_names(tmp_path)["sub__a_b_2.png"] == "sub/a+b.jpg"


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> PhotoIndex:
    """Give the drawn data set's index."""
    return PhotoIndex(read_dataset(write_data(tmp_path_factory.mktemp("index") / "data")))


@pytest.mark.parametrize(("file", "name"), [
    ("plain.jpg", "plain"), ("plain", "plain"), ("images/plain.jpg", "plain"),
    ("plain.png", "plain"), ("elsewhere/images/sub/x.jpg", "sub/x"), ("sub2/x", "sub2/x"),
    ("upload/3/0f1e2d3c-a_bc.jpg", "a b+c"), ("A B+C.JPG", "a b+c"), ("twin.png", "twin.png"),
    ("x.jpg", None), ("other.jpg", None), ("twin", None), ("sub3/x.jpg", None),
])
def test_which_photo_a_name_means(file: str, name: str | None, index: PhotoIndex) -> None:
    """A path counts before a bare name, and a bare name only where one photo has it."""
    found = index.find(file)
    assert (found.name if found else None) == name
