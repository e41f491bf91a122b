"""Maps that highlight another class are distinguished from maps that do not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tag2mask.core.contracts import InputError
from tag2mask.data.dataset import Dataset, Photo
from tag2mask.diagnosis.co_occurrence import co_occurring
from tag2mask.diagnosis.map_confusion import claimed, confusions
from tag2mask.run_folder.data_file import write_dataset
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.planes import write_planes

LEFT, RIGHT = np.zeros((10, 10), np.float32), np.zeros((10, 10), np.float32)
LEFT[:, :2], RIGHT[:, 8:] = 1.0, 1.0


def data_of(*classes: str) -> Dataset:
    """Make a data set of ten photos with both tags; the files do not exist."""
    photos = tuple(Photo(name=f"p{n}", path=Path(f"p{n}.png"), tags=(0, 1), split="train",
                         mask=None) for n in range(10))
    return Dataset(root=Path("photos"), layout="tags_csv", classes=classes, photos=photos)


def run_of(root: Path, dataset: Dataset) -> RunFolder:
    """Make a run in which the map of b is stronger where a is strongest, and strong elsewhere."""
    run = RunFolder(root)
    write_dataset(run, dataset)
    for photo in dataset.photos:
        write_planes(run.map_file(photo.name), np.stack([0.5 * LEFT, LEFT + 0.9 * RIGHT]),
                     np.array([0, 1]))
    return run


def test_maps_are_compared_where_the_first_is_strongest() -> None:
    """Values elsewhere do not count."""
    assert claimed(LEFT, RIGHT) == 0
    assert claimed(0.5 * LEFT, LEFT) == 1
    assert claimed(np.zeros((4, 4)), np.ones((4, 4))) == 0


def test_both_directions_of_a_pair_are_measured(tmp_path: Path) -> None:
    """The confused map comes first, with its photos."""
    data = data_of("a", "b")
    found = confusions(data, range(10), co_occurring(data.tag_matrix()),
                       run_of(tmp_path / "run", data))
    assert [(one.pair.tag, round(one.share, 2)) for one in found] == [(0, 1.0), (1, 0.0)]
    assert len(found[0].photos) == 10


def test_a_run_of_other_data_is_refused(tmp_path: Path) -> None:
    """Other classes, no maps, or no run."""
    data = data_of("a", "b")
    run = run_of(tmp_path / "run", data)
    with pytest.raises(InputError, match="has other classes"):
        confusions(data_of("a", "c"), range(10), [], run)
    run.clear("maps")
    with pytest.raises(InputError, match="has no maps"):
        confusions(data, range(10), [], run)
    with pytest.raises(InputError, match="no run folder"):
        confusions(data, range(10), [], RunFolder(tmp_path / "nowhere"))
