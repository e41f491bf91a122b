"""Cells in several processes: equal results, nothing computed twice, and an end for all."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from tiny_runs import QUICK, results

from tag2mask.comparison import jobs
from tag2mask.comparison.cell_process import ENDS_ALL, STOPPED, CellRequest
from tag2mask.comparison.cells import Cell, CellRunner
from tag2mask.comparison.comparison import compare
from tag2mask.comparison.cores import variables_for
from tag2mask.comparison.grid import Recipe
from tag2mask.comparison.plan import Plan
from tag2mask.comparison.shared_work import RunningCell, digests_of, must_wait
from tag2mask.core.contracts import InputError
from tag2mask.core.json_records import write_record
from tag2mask.core.progress import Progress
from tag2mask.data import read_dataset
from tag2mask.data.dataset import Dataset
from tag2mask.run_folder.context import record_file
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.records import StageRecord

LEAST = (
    *QUICK, "classify.epochs=1", "segment.epochs=1", "activate.scales=1", "activate.flip=false",
    "segment.onnx=false",
)


@pytest.fixture
def _one_thread_each(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Compute on one thread in this process and in each of two, since sums depend on it."""
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("_one_thread_each")
def test_two_jobs_give_the_results_of_one(tiny_data: Path, tmp_path: Path) -> None:
    """And train one classifier."""
    grid = tmp_path / "grid.toml"
    grid.write_text('sharpening = ["none", "pixel_adaptive"]\n')
    one, two = (
        compare(tiny_data, tmp_path / str(number), grid, Plan(overrides=LEAST), jobs=number,
                progress=Progress("quiet")) for number in (1, 2)
    )
    assert [outcome.problem for outcome in two.outcomes] == ["", ""]
    for before, after in zip(one.outcomes, two.outcomes, strict=True):
        assert results(before.cell.run.root) == results(after.cell.run.root)
    first, second = (outcome.cell.run for outcome in two.outcomes)
    for name in ("classifier/weights.safetensors", "maps/p01.npz"):
        assert (first.root / name).samefile(second.root / name)


@pytest.fixture
def dataset(tiny_data: Path) -> Dataset:
    """The data set as read."""
    return read_dataset(tiny_data)


def cell_of(root: Path, *settings: str, seed: int = 0) -> Cell:
    """Make a cell in a folder named after its settings."""
    name = "-".join((*settings, str(seed))).replace("=", "_")
    return Cell(Recipe(0, {"name": name}, settings), seed, RunFolder(root / "cells" / name))


def record(*, done: bool) -> StageRecord:
    """Return the record of a stage."""
    return StageRecord(fingerprint="f", done=done, seconds=1.0, peak_memory_mb=1, warnings=())


def test_a_cell_waits_for_what_it_can_take_over(tmp_path: Path, dataset: Dataset) -> None:
    """Until the classifier and the maps are there; another seed or classifier does not wait."""
    none, other = cell_of(tmp_path, "sharpen.steps=none"), cell_of(tmp_path, "label.band=0.2")
    plain = digests_of(other, dataset)
    running = RunningCell.starting(none, digests_of(none, dataset))
    assert must_wait(plain, running)
    assert not must_wait(digests_of(cell_of(tmp_path, seed=1), dataset), running)
    assert not must_wait(digests_of(cell_of(tmp_path, "classify.epochs=3"), dataset), running)
    for stage in ("classify", "activate"):
        assert must_wait(plain, running)
        write_record(record_file(none.run, stage), record(done=True))
    assert not must_wait(plain, running)


def test_settings_without_effect_on_results_are_ignored(tmp_path: Path, dataset: Dataset) -> None:
    """Two recipes that differ only in such a setting train the same network."""
    one, two = (digests_of(cell_of(tmp_path, f"segment.onnx={word}"), dataset)
                for word in ("true", "false"))
    assert one == two


def test_records_from_before_the_process_do_not_count(tmp_path: Path, dataset: Dataset) -> None:
    """The process may be about to replace them, until it writes a record of a later stage."""
    cell = cell_of(tmp_path)
    write_record(record_file(cell.run, "classify"), record(done=True))
    running = RunningCell.starting(cell, digests_of(cell, dataset))
    assert not running.has_done("classify")
    write_record(record_file(cell.run, "activate"), record(done=False))
    assert running.has_done("classify")
    assert not running.has_done("activate")


RunFakes = Callable[..., None]


@pytest.fixture
def run_fakes(
    tmp_path: Path, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> RunFakes:
    """Run two cells with a program instead of that of cells, given its body."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(jobs, "MODULE", "fake_cell")

    def run(body: str, may_start: Callable[[], bool] = lambda: True) -> None:
        head = "import json, os, sys\nrequest = json.loads(sys.stdin.readline())\n" \
            "first = request['seed'] == 0\n"
        (tmp_path / "fake_cell.py").write_text(head + textwrap.dedent(body))
        runner = CellRunner(dataset.root, tmp_path, "cpu", 1, Progress("quiet"), jobs=2)
        cells = [cell_of(tmp_path, seed=seed) for seed in (0, 1)]
        jobs.Jobs(runner, dataset, None, cells).run(cells, may_start)

    return run


WAIT_FOR_THE_END = """
open(f"begun{request['seed']}", "w").close()
sys.stdin.read()
open(f"ended{request['seed']}", "w").close()
"""


def both_begun(folder: Path) -> bool:
    """Return whether both processes wait for the end."""
    return all((folder / f"begun{seed}").exists() for seed in (0, 1))


def test_an_interruption_ends_all(run_fakes: RunFakes, tmp_path: Path) -> None:
    """As Ctrl-C and SIGTERM do, which raise KeyboardInterrupt in the first process."""
    def interrupt() -> bool:
        if both_begun(tmp_path):
            raise KeyboardInterrupt
        return True

    with pytest.raises(KeyboardInterrupt):
        run_fakes(WAIT_FOR_THE_END, interrupt)
    assert all((tmp_path / f"ended{seed}").exists() for seed in (0, 1))


@pytest.mark.parametrize(("end", "message"), [
    ("os.kill(os.getpid(), 9)", "killed by signal 9"),
    ("sys.exit('no luck')", r"ended with code 1.*it said: no luck"),
    (f"print(json.dumps('The disk is full.')); sys.exit({ENDS_ALL})", "The disk is full"),
])
def test_a_process_that_dies_ends_the_others(
    end: str, message: str, run_fakes: RunFakes, tmp_path: Path
) -> None:
    """With a sentence, and nothing is left running."""
    body = "if first:\n    while not os.path.exists('begun1'):\n        pass\n" \
        f"    {end}\n" + WAIT_FOR_THE_END
    with pytest.raises(InputError, match=message):
        run_fakes(body)
    assert (tmp_path / "ended1").exists()


def test_a_recipe_that_fails_does_not_end_the_others(
    run_fakes: RunFakes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is reported by the message that its process left, as are warnings of processes."""
    run_fakes("""
        print("Warning: few photos", file=sys.stderr)
        os.makedirs(request["run"])
        if first:
            open(os.path.join(request["run"], "error.txt"), "w").write("RuntimeError: no luck")
        else:
            open("done", "w").close()
        """)
    assert (tmp_path / "done").exists()
    printed = capsys.readouterr().err
    assert "no luck" in printed
    assert printed.count("few photos") == 2


def test_no_cell_starts_without_time(run_fakes: RunFakes, tmp_path: Path) -> None:
    """When the budget is spent."""
    run_fakes(WAIT_FOR_THE_END, lambda: False)
    assert not list(tmp_path.glob("begun*"))


def test_a_process_ends_with_the_comparison(tmp_path: Path) -> None:
    """Even if that was killed: then the stdin of the process ends."""
    request = CellRequest(
        data=str(tmp_path), out=str(tmp_path), run=str(tmp_path), choices={}, overrides=(), seed=0,
        photos=None, others=(), device="cpu", workers=1, verbose=False)
    program = ("import threading; from tag2mask.comparison import cell_process as c; "
               "c._run = lambda request: threading.Event().wait(60); c.main()")
    ended = subprocess.run([sys.executable, "-c", program], input=request.line(), check=False,
                           capture_output=True)
    assert (ended.returncode, ended.stderr) == (STOPPED, b"")
    assert json.loads(request.line())["photos"] is None


@pytest.mark.parametrize(("slot", "variables", "threads", "gpu"), [
    (0, {}, "4", "2"), (1, {"OMP_NUM_THREADS": "2"}, "1", "5"),
    (2, {"OMP_NUM_THREADS": "1"}, "1", "2"),
])
def test_cores_and_gpus_are_divided(
    slot: int, variables: dict[str, str], threads: str, gpu: str
) -> None:
    """A given number of threads is divided; GPUs take turns; other variables are kept."""
    made = variables_for(slot, 2, cores=8, gpus=("2", "5"), variables={"HOME": "/", **variables})
    assert made == {"HOME": "/", "OMP_NUM_THREADS": threads, "CUDA_VISIBLE_DEVICES": gpu}
