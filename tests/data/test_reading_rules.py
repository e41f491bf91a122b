"""What is decided about all photos of a data set, and said about it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tag2mask.core.contracts import InputError
from tag2mask.data import load_photo
from tag2mask.data.check import check_photos
from tag2mask.data.dataset import Dataset, Photo
from tag2mask.data.depth import DepthRule
from tag2mask.data.reading_rules import DataConfig, depth_of, overridden
from tag2mask.pipeline.config import load_config
from tag2mask.run_folder.data_file import read_run_dataset, write_dataset
from tag2mask.run_folder.folder import RunFolder

H, W = 24, 80
RAMP = np.tile(np.arange(W), (H, 1))


def make(*paths: Path) -> Dataset:
    """Return a data set of photos that lie there."""
    photos = tuple(
        Photo(name=path.stem, path=path, tags=(0,), split="train", mask=None) for path in paths
    )
    return Dataset(root=paths[0].parent, layout="tags_csv", classes=("x",), photos=photos)


def series(folder: Path, mode: str = "deep") -> Dataset:
    """Write a series of four photos, each brighter than the one before."""
    paths = [folder / f"{number}.png" for number in range(4)]
    for number, path in enumerate(paths, start=1):
        values = RAMP * number * (12 if mode == "deep" else 0.8)
        Image.fromarray(values.astype(np.uint16 if mode == "deep" else np.uint8)).save(path)
    return make(*paths)


def test_a_series_is_read_by_one_rule(tmp_path: Path) -> None:
    """Which the run folder keeps; brightness can be compared between photos."""
    checked = check_photos(series(tmp_path), workers=2)
    assert depth_of(checked) == DepthRule(low=0, high=79 * 48)
    (notice,) = checked.notices
    assert "4 of 4 photos have more than 8 bits" in notice
    assert "0 becomes black and 3792 white" in notice
    assert "data.depth_range" in notice
    run = RunFolder(tmp_path / "run")
    write_dataset(run, checked)
    photos = read_run_dataset(run).photos
    brightest = [int(load_photo(p.path, depth=p.depth).max()) for p in photos]
    assert brightest == [64, 127, 191, 255]


def test_photos_of_8_bits_need_no_rule(tmp_path: Path) -> None:
    """And nothing is said about them."""
    data = series(tmp_path, "flat")
    assert check_photos(data, workers=1) == data
    assert overridden(data, DataConfig(depth_range=(0, 9))) == data


def test_8_bits_stay_beside_deeper_photos(tmp_path: Path) -> None:
    """The rule is only for those that need it, and the notice counts them."""
    deep, flat = tmp_path / "deep.tif", tmp_path / "flat.png"
    Image.fromarray((RAMP * 40).astype(np.uint16)).save(deep)
    Image.fromarray(RAMP.astype(np.uint8)).save(flat)
    checked = check_photos(make(deep, flat), workers=1)
    assert checked.notices[0].startswith("1 of 2 photos have more than 8 bits")
    assert (load_photo(flat, depth=depth_of(checked))[..., 0] == RAMP).all()


def test_a_setting_overrides_the_range(tmp_path: Path) -> None:
    """What marks missing data stays."""
    checked = check_photos(series(tmp_path), workers=1)
    config = load_config(None, ["data.depth_range=0,4095"])
    assert config.data.depth_range == (0, 4095)
    assert depth_of(overridden(checked, config.data)) == DepthRule(low=0, high=4095)
    assert overridden(checked, load_config().data) == checked


@pytest.mark.parametrize("text", ["9,3", "5,5", "nan,3", "black"])
def test_a_range_without_extent_is_refused(text: str) -> None:
    """The sentence names the setting."""
    with pytest.raises(InputError, match="data"):
        load_config(None, [f"data.depth_range={text}"])


def test_stacks_are_said(tmp_path: Path) -> None:
    """Their first page is read; a preview beside a photo is no page."""
    pages = [Image.fromarray(RAMP.astype(np.uint8) // 2 + grey) for grey in (10, 20, 30)]
    pages[0].save(tmp_path / "stack.tif", save_all=True, append_images=pages[1:])
    pages[0].save(tmp_path / "preview.tif", save_all=True, append_images=[Image.new("L", (8, 2))])
    checked = check_photos(make(tmp_path / "stack.tif", tmp_path / "preview.tif"), workers=1)
    (notice,) = checked.notices
    assert notice.startswith("1 of 2 photos hold several pages")
    assert "for example stack" in notice
    assert (load_photo(tmp_path / "stack.tif") == np.asarray(pages[0])[..., None]).all()


def test_fourth_channels_and_missing_ends_are_said(tmp_path: Path) -> None:
    """One sentence for all photos of a kind."""
    bands = np.dstack([RAMP, RAMP, RAMP, RAMP * 3]).astype(np.uint8)
    for name in ("a.png", "b.png"):
        Image.fromarray(bands).save(tmp_path / name)
    Image.fromarray(bands[..., :3]).save(tmp_path / "c.jpg")
    (tmp_path / "c.jpg").write_bytes((tmp_path / "c.jpg").read_bytes()[:-2])
    checked = check_photos(make(*(tmp_path / n for n in ("a.png", "b.png", "c.jpg"))), workers=1)
    channels, ends = checked.notices
    assert channels.startswith("2 of 3 photos have a fourth channel")
    assert ends.startswith("1 of 3 photos lack the end of their file")
    assert len(checked.photos) == 3
