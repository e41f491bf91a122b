"""One bad photo is left out and told; too many are an error."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tag2mask.core.contracts import InputError
from tag2mask.data.check import check_photos
from tag2mask.data.dataset import Dataset, Photo, Problem
from tag2mask.data.masks import save_mask


def make(root: Path, count: int) -> Dataset:
    """Return a data set of noise with masks of two labels."""
    photos = []
    rng = np.random.default_rng(0)
    for number in range(count):
        path, mask = root / f"{number:02}.jpg", root / f"{number:02}.png"
        Image.fromarray(rng.integers(0, 255, (24, 40, 3), dtype=np.uint8)).save(path)
        save_mask(mask, np.full((24, 40), number % 2, np.uint8), num_labels=2)
        photos.append(Photo(name=path.stem, path=path, tags=(0,), split="train", mask=mask))
    return Dataset(root=root, layout="tags_csv", classes=("a",), photos=tuple(photos))


def cut(path: Path) -> None:
    """Lose the second half of a file."""
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])


@pytest.mark.parametrize("workers", [0, 1, 3])
def test_good_photos_pass(tmp_path: Path, workers: int) -> None:
    """Nothing changes, and progress is told once per photo."""
    data = make(tmp_path, 5)
    calls: list[None] = []
    assert check_photos(data, workers=workers, advance=lambda: calls.append(None)) == data
    assert len(calls) == 5


def test_a_bad_photo_is_left_out(tmp_path: Path) -> None:
    """Truncated in the middle of its pixels, which only decoding shows."""
    data = make(tmp_path, 20)
    cut(data.photos[3].path)
    data.photos[7].path.write_text("no photo")
    checked = check_photos(data, workers=2)
    assert len(checked.photos) == 18
    assert [problem.photo for problem in checked.left_out] == ["03", "07"]
    assert "03.jpg is damaged or cut short" in checked.left_out[0].why


def test_a_bad_mask_only_loses_the_mask(tmp_path: Path) -> None:
    """Another size, a label out of range, and no picture at all."""
    data = make(tmp_path, 4)
    masks = [photo.mask for photo in data.photos if photo.mask]
    save_mask(masks[0], np.zeros((40, 24), np.uint8), num_labels=2)
    save_mask(masks[1], np.full((24, 40), 7, np.uint8), num_labels=8)
    masks[2].write_text("no mask")
    checked = check_photos(data, workers=2)
    assert [photo.mask is None for photo in checked.photos] == [True, True, True, False]
    assert checked.left_out == ()
    for problem, word in zip(checked.problems, ("24 x 40", "label 7", "no picture"), strict=True):
        assert word in problem.why
        assert problem.why.endswith("until then the photo is not scored.")


def test_a_mask_in_black_and_white_is_told(tmp_path: Path) -> None:
    """255 is no class; but the edge of an object that is too small to see may stay alone."""
    data = make(tmp_path, 2)
    masks = [photo.mask for photo in data.photos if photo.mask]
    white, edge = np.zeros((24, 40), np.uint8), np.zeros((24, 40), np.uint8)
    white[5:20, 5:30], edge[3, 4:10] = 255, 255
    save_mask(masks[0], white, num_labels=2)
    save_mask(masks[1], edge, num_labels=2)
    checked = check_photos(data, workers=1)
    assert [photo.mask is None for photo in checked.photos] == [True, False]
    assert "only 0 and 255" in checked.problems[0].why


def test_masks_are_compared_with_the_upright_photo(tmp_path: Path) -> None:
    """A photo on its side has the mask of the upright one."""
    data = make(tmp_path, 1)
    exif = Image.Exif()
    exif[0x0112] = 6
    with Image.open(data.photos[0].path) as picture:
        picture.transpose(Image.Transpose.ROTATE_90).save(data.photos[0].path, exif=exif)
    assert check_photos(data, workers=1) == data


def test_more_than_a_tenth_is_fatal(tmp_path: Path) -> None:
    """The first are named; photos that were lost in reading count too."""
    data = make(tmp_path, 20)
    for photo in data.photos[:2]:
        cut(photo.path)
    assert len(check_photos(data, workers=2).photos) == 18
    lost = Problem(photo="gone", why="It is missing.")
    with pytest.raises(InputError, match=r"3 of 21 photos .* gone \(It is missing\); 00 \(.*; 01"):
        check_photos(data.without([lost]), workers=2)
