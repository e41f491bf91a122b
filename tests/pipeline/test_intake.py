"""What a run takes in: the splits that it began with, and a folder that it is moved to."""

from __future__ import annotations

import io
import re
import shutil
from contextlib import ExitStack
from pathlib import Path

import numpy as np
from PIL import Image

from tag2mask.core.progress import Progress
from tag2mask.data import read_dataset, save_mask
from tag2mask.data.dataset import Dataset
from tag2mask.pipeline.config import load_config
from tag2mask.pipeline.execution import unmeasured
from tag2mask.pipeline.intake import Intake
from tag2mask.review.annotations import Annotations
from tag2mask.review.source import open_source
from tag2mask.run_folder.data_file import read_run_dataset
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.origin import remember


def write_folders(root: Path) -> Path:
    """Write 24 photos in class folders."""
    rng = np.random.default_rng(0)
    for number in range(24):
        photo = root / ("cat" if number % 2 else "dog") / f"{number:03}.png"
        photo.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 255, (12, 17, 3)).astype(np.uint8)).save(photo)
    return root


def take_in(data: Path, run: Path, *, photos: int | None = None) -> str:
    """Begin a run, and return what is printed."""
    said = io.StringIO()
    intake = Intake(data, RunFolder(run), load_config(None, ()), 1,
                    Progress("normal", stream=said), photos)
    with ExitStack() as held:
        intake.begin(held, unmeasured)
    return said.getvalue()


def splits(dataset: Dataset) -> dict[str, str]:
    """Return the split of every photo."""
    return {photo.name: photo.split for photo in dataset.photos}


def test_an_older_run_keeps_its_splits(tmp_path: Path) -> None:
    """Which were drawn by the names alone; a new one has both classes held out."""
    data = read_dataset(write_folders(tmp_path / "photos"))
    older = data.with_splits(data.drawn)
    assert splits(older) != splits(data)
    remember(RunFolder(tmp_path / "old"), older, older)
    take_in(data.root, tmp_path / "old")
    assert splits(read_run_dataset(RunFolder(tmp_path / "old"))) == splits(older)
    take_in(data.root, tmp_path / "new")
    assert splits(read_run_dataset(RunFolder(tmp_path / "new"))) == splits(data)


def test_an_older_trial_on_few_photos_keeps_its_splits(tmp_path: Path) -> None:
    """The photos that it chose depend on the splits."""
    data = read_dataset(write_folders(tmp_path / "photos"))
    older = data.with_splits(data.drawn).thinned(6)
    remember(RunFolder(tmp_path / "old"), older, older)
    take_in(data.root, tmp_path / "old", photos=6)
    assert splits(read_run_dataset(RunFolder(tmp_path / "old"))) == splits(older)


def test_annotating_more_photos_keeps_the_splits(tmp_path: Path) -> None:
    """Of a set without tags, whose photos become more with its annotations."""
    root = tmp_path / "photos"
    (root / "images").mkdir(parents=True)
    rows = []
    for number in range(30):
        Image.new("RGB", (17, 12), (number, 0, 0)).save(root / "images" / f"{number:03}.png")
        rows.append(f"{number:03},{'cat' if number % 3 else 'dog'},4,5")
    for count in (18, 30):
        table = "\n".join(["image,class,x,y", *rows[:count], ""])
        (root / "points.csv").write_text(table, encoding="utf-8")
        take_in(root, tmp_path / "run")
        now = splits(read_run_dataset(RunFolder(tmp_path / "run")))
        assert len(now) == count
        if count == 18:
            before = now
    assert before.items() <= now.items()


def test_another_folder_with_the_same_photos_is_named(tmp_path: Path) -> None:
    """Once, with both folders; from then on corrections are saved in the last one given."""
    first, run = write_folders(tmp_path / "photos"), tmp_path / "run"
    assert "belongs to" not in take_in(first, run) + take_in(first, run)
    second = Path(shutil.copytree(first, tmp_path / "copy"))
    said = take_in(second, run)
    assert f"This run was made from {first}; from now on it belongs to {second}" in said
    assert f"give `run` {first} again" in said
    assert "belongs to" not in take_in(second, run)
    source = open_source(run)
    assert Annotations(source).folder == second / "annotations"
    assert source.former_folder == first
    assert f"from now on it belongs to {first}" in take_in(first, run)
    assert Annotations(open_source(run)).folder == first / "annotations"


def test_annotations_that_stay_behind_are_named(tmp_path: Path) -> None:
    """They would be missed without a word."""
    first, run = write_folders(tmp_path / "photos"), tmp_path / "run"
    take_in(first, run)
    second = Path(shutil.copytree(first, tmp_path / "copy"))
    photo = read_dataset(first).photos[0]
    save_mask(first / "annotations" / f"{photo.name}.png", np.ones((12, 17), np.uint8),
              num_labels=3)
    assert f"The annotations in {first} are not used there" in take_in(second, run)


def test_a_folder_that_was_renamed(tmp_path: Path) -> None:
    """There is nothing to go back to, nor to name in a review."""
    first, run = write_folders(tmp_path / "photos"), tmp_path / "run"
    take_in(first, run)
    second = first.rename(tmp_path / "renamed")
    said = take_in(second, run)
    assert f"was made from {first}; from now on it belongs to {second}" in said
    assert "again" not in said
    assert open_source(run).former_folder is None
    (tmp_path / "link").symlink_to(second)
    assert "belongs to" not in take_in(tmp_path / "link", run)


def test_settings_that_differ_from_the_run_so_far_are_named(tmp_path: Path) -> None:
    """Also those that nobody changed, since the default of an earlier version was another."""
    data, run = write_folders(tmp_path / "photos"), tmp_path / "run"
    assert "differ" not in take_in(data, run)
    assert "differ" not in take_in(data, run)
    config = (run / "config.toml").read_text(encoding="utf-8")
    earlier = config.replace('loss = "lovasz"', 'loss = "cross_entropy"')
    (run / "config.toml").write_text(earlier, encoding="utf-8")
    said = take_in(data, run)
    assert 'run so far: segment.loss="lovasz" (before: "cross_entropy")\n' in said


def test_many_changed_settings_are_counted(tmp_path: Path) -> None:
    """Six are named."""
    data, run = write_folders(tmp_path / "photos"), tmp_path / "run"
    take_in(data, run)
    config = (run / "config.toml").read_text(encoding="utf-8")
    other = re.sub("size = [0-9]+", "size = 64", re.sub("rate = [0-9.e-]+", "rate = 0.5", config))
    lines = zip(config.split("\n"), other.split("\n"), strict=True)
    changed = sum(before != now for before, now in lines)
    (run / "config.toml").write_text(other, encoding="utf-8")
    said = take_in(data, run)
    assert "classify.size=256 (before: 64)" in said
    assert f" and {changed - 6} more\n" in said


def test_settings_of_an_unknown_version_are_written_again(tmp_path: Path) -> None:
    """A key that is gone is no error of this command."""
    data, run = write_folders(tmp_path / "photos"), tmp_path / "run"
    take_in(data, run)
    (run / "config.toml").write_text("[classify]\nspeed = 3\n", encoding="utf-8")
    assert "differ" not in take_in(data, run)
    assert "speed" not in (run / "config.toml").read_text(encoding="utf-8")
