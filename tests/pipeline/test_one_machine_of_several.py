"""What may be wrong with one machine of several: its disk, its version, its view of the storage."""

from __future__ import annotations

import builtins
import io
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from loaded_before import command
from several_processes import launch
from tiny_runs import DISK_FULL_AT, QUICK, results

from tag2mask import pipeline
from tag2mask.core import processes
from tag2mask.core.contracts import InputError
from tag2mask.core.processes import late_files
from tag2mask.pipeline import runner
from tag2mask.prediction import predict
from tag2mask.stages.sharpen import mask_making, outside_help

LOOKS = 2
"""How often a machine looks for a file until the storage shows it."""

MADE_AGAIN = ("maps", "refined", "sharp", "masks", "predictions", "final")

WORDS = tuple(word for value in QUICK for word in ("--set", value))


@pytest.mark.parametrize("rank", [0, 1])
def test_a_full_disk_of_one_ends_all_and_the_run_resumes(
    rank: int, tiny_data: Path, finished: Path, tmp_path: Path
) -> None:
    """One sentence, nothing half-written; one process continues, to the same results."""
    out = Path(shutil.copytree(finished, tmp_path / "copy"))
    for file in (out / "masks").glob("*.png"):
        file.unlink()
    words = ("run", tiny_data, "--out", out, "--device", "cpu", *WORDS)
    variables: list[dict[str, str]] = [{}, {}]
    variables[rank] = {DISK_FULL_AT: f"masks/p{6 + rank:02}.png"}
    ended = launch(2, tmp_path, command, words, variables=variables)
    assert [each.code for each in ended] == [2, 2], [each.err for each in ended]
    said = [line for each in ended for line in each.err.splitlines() if "disk is full" in line]
    assert len(said) == 1
    assert said[0].endswith(f"p{6 + rank:02}.png was not written; free some space and repeat.")
    left = [path.name for path in (out / "masks").iterdir()]
    assert 0 < len(left) < 16
    assert not [name for name in left if "tmp" in name]
    pipeline.run(tiny_data, out, overrides=QUICK, device="cpu")
    assert results(out) == results(finished)


def start(rank_version: str, data: Path, run: Path, out: Path) -> None:
    """Begin a run, a stage and a prediction, one process with another version of tag2mask."""
    runner.__version__ = predict.__version__ = rank_version  # type: ignore[attr-defined]
    with processes.joined(device="cpu"):
        for begin in (
            lambda: pipeline.run(data, out, device="cpu"),
            lambda: pipeline.run_stage("label", run, device="cpu"),
            lambda: predict.predict([data], run=run, out=out, device="cpu"),
        ):
            with pytest.raises(InputError, match=r"Process 1 was started with another version or "
                                                 r".*'0\.2', not '0\.1'"):
                begin()


def test_different_versions_are_refused(tiny_data: Path, finished: Path, tmp_path: Path) -> None:
    """Before anything is written."""
    ended = launch(2, tmp_path, start, ["0.1", "0.2"], tiny_data, finished, tmp_path / "out")
    assert [each.code for each in ended] == [0, 0], [each.err for each in ended]
    assert not (tmp_path / "out").exists()


def foresee(size: int, run: Path, data: Path) -> None:
    """Predict, one process with photos of another size."""
    with processes.joined(device="cpu"), pytest.raises(InputError, match="another version or comm"):
        predict.predict([data], run=run, out=data / "out", device="cpu", long_side=size)


def test_a_prediction_has_one_size(tiny_data: Path, finished: Path, tmp_path: Path) -> None:
    """And one runtime: each process would write other masks."""
    ended = launch(2, tmp_path, foresee, [64, 96], finished, tiny_data)
    assert [each.code for each in ended] == [0, 0], [each.err for each in ended]


class LateStorage:
    """Shows a file that another process wrote only after it was looked for a few times."""

    def __init__(self, root: Path) -> None:
        """Remember the files that are there, except those that are made again."""
        self._root, self._looked = str(root), Counter[str]()
        for path in root.rglob("*"):
            if path.relative_to(root).parts[0] not in MADE_AGAIN:
                self._looked[str(path)] = LOOKS + 1
        self._exists, self._replace, self._open = Path.exists, Path.replace, builtins.open

    def begin(self) -> None:
        """Take the place of the functions that look for files and open them."""
        Path.exists = self.exists  # type: ignore[method-assign,assignment]
        Path.replace = self.replace  # type: ignore[method-assign,assignment]
        builtins.open = io.open = self.open  # type: ignore[assignment]

    @property
    def exists(self) -> Any:  # noqa: ANN401 - a method of another class
        """Look for a file."""
        def exists(path: Path) -> bool:
            self._looked[str(path)] += 1
            return self._exists(path) and not self._hides(path)
        return exists

    @property
    def replace(self) -> Any:  # noqa: ANN401 - a method of another class
        """Give an own file its name, under which it is seen at once."""
        def replace(path: Path, target: Path) -> Path:
            self._looked[str(target)] = LOOKS + 1
            return self._replace(path, target)
        return replace

    def open(self, file: Any, mode: str = "r", *more: Any, **options: Any) -> Any:  # noqa: ANN401
        """Open a file."""
        if isinstance(file, str | Path) and mode[0] == "r" and self._hides(Path(file)):
            raise FileNotFoundError(2, "not shown yet", str(file))
        return self._open(file, mode, *more, **options)

    def _hides(self, path: Path) -> bool:
        return str(path).startswith(self._root) and path.is_file() \
            and self._looked[str(path)] <= LOOKS


def infer_late(run: Path) -> None:
    """Repeat all stages but the trainings, on storage that shows files late to the second."""
    with processes.joined(device="cpu"):
        if processes.rank():
            late_files._INTERVAL = 0.01
            LateStorage(run).begin()
        for stage in ("activate", "sharpen", "label", "evaluate"):
            pipeline.run_stage(stage, run, device="cpu")


def run_late(data: Path, out: Path, late: bool) -> None:
    """Run everything, with trainings and masks without classes in `sharpen`, on such storage."""
    outside_help.find_sam = lambda source: None  # type: ignore[assignment,return-value]
    mask_making.load_sam = lambda source, device: Sides()  # type: ignore[assignment,return-value]
    mask_making.Proposals = lambda network: network  # type: ignore[assignment,misc]
    with processes.joined(device="cpu"):
        if late and processes.rank():
            late_files._INTERVAL = 0.01
            LateStorage(out).begin()
        pipeline.run(data, out, overrides=[
            *QUICK, "sharpen.steps=affinity,class_agnostic:means", "sharpen.masks=sam:drawn",
            "sharpen.second_round=true", "sharpen.size=64", "sharpen.epochs=1",
            "segment.loss=psl", "classify.strategy=adversarial_erasing",
        ], device="cpu")


class Sides:
    """Stands in for a SAM: a mask of each half of a photo."""

    side = 64

    def __call__(self, photo: np.ndarray, *, device: object) -> np.ndarray:
        """Return (2, H, W) bool."""
        left = np.zeros(photo.shape[:2], bool)
        left[:, : left.shape[1] // 2] = True
        return np.stack([left, ~left])

    @property
    def network(self) -> Sides:
        """The network, whose side is asked for."""
        return self


@pytest.mark.slow
def test_a_run_on_late_storage_is_that_on_any(tiny_data: Path, tmp_path: Path) -> None:
    """Bit for bit: no process takes a late file for one that does not exist."""
    for late in (False, True):
        ended = launch(2, tmp_path, run_late, tiny_data, tmp_path / f"run{late}", late)
        assert [each.code for each in ended] == [0, 0], [each.err for each in ended]
    one, other = (results(tmp_path / f"run{late}") for late in (False, True))
    assert one.keys() == other.keys()
    assert [name for name in one if one[name] != other[name]] == []


@pytest.mark.slow
def test_files_that_are_shown_late_are_waited_for(finished: Path, tmp_path: Path) -> None:
    """By every reader of a file that another process wrote; results are the same."""
    out = Path(shutil.copytree(finished, tmp_path / "copy"))
    ended = launch(2, tmp_path, infer_late, out)
    assert [each.code for each in ended] == [0, 0], [each.err for each in ended]
    assert results(out) == results(finished)
