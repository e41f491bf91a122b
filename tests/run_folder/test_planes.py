"""Maps and scores of a photo on disk: nothing is lost, and little space is taken."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tag2mask.core.contracts import InputError
from tag2mask.run_folder.planes import read_planes, write_planes


def test_planes_come_back_as_written(tmp_path: Path) -> None:
    """To the last bit of float16, with their classes; the same bytes each time."""
    planes = np.random.default_rng(0).random((3, 13, 17)).astype(np.float16)
    write_planes(tmp_path / "a.npz", planes, np.array([4, 1]))
    write_planes(tmp_path / "b.npz", planes, np.array([4, 1]))
    found, classes = read_planes(tmp_path / "a.npz")
    np.testing.assert_array_equal(found, planes.astype(np.float32))
    assert classes.tolist() == [4, 1]
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_scores_of_a_crf_take_little_space(tmp_path: Path) -> None:
    """They are 0 or 1 nearly everywhere."""
    scores = np.zeros((2, 120, 160), np.float32)
    scores[0] = 1
    scores[:, 30:70, 40:90] = [[[0]], [[1]]]
    write_planes(tmp_path / "p.npz", scores, np.array([0]))
    assert (tmp_path / "p.npz").stat().st_size < scores.size * 2 / 7


def test_files_of_earlier_versions_are_read(tmp_path: Path) -> None:
    """They were not compressed."""
    planes = np.ones((1, 4, 5), np.float16)
    np.savez(tmp_path / "p.npz", planes=planes, classes=np.array([2]))
    assert read_planes(tmp_path / "p.npz")[1].tolist() == [2]


def test_a_cut_file_is_reported(tmp_path: Path) -> None:
    """In one sentence."""
    write_planes(tmp_path / "p.npz", np.ones((1, 40, 50)), np.array([2]))
    content = (tmp_path / "p.npz").read_bytes()
    (tmp_path / "p.npz").write_bytes(content[: len(content) // 2])
    with pytest.raises(InputError, match=r"p\.npz"):
        read_planes(tmp_path / "p.npz")
