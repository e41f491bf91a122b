"""A run in two processes gives what it gives in one, and ends everywhere when one fails."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from itertools import product
from pathlib import Path

import pytest
from loaded_before import command
from several_processes import Ended, launch
from tiny_runs import KILL_AFTER, QUICK, results

from tag2mask import pipeline
from tag2mask.cli import stopping
from tag2mask.cli.guard import ending
from tag2mask.core import processes
from tag2mask.core.contracts import InputError
from tag2mask.prediction.predict import predict
from tag2mask.run_folder.tables import read_table

INFERENCE = ("activate", "sharpen", "label", "evaluate")


def train(data: Path, out: Path, *settings: str, until: str = "report") -> None:
    """Run everything, or all that comes before a stage."""
    pipeline.run(data, out, overrides=[*QUICK, *settings], device="cpu", until=until)


def infer(run: Path) -> None:
    """Repeat all stages but the trainings."""
    for stage in INFERENCE:
        pipeline.run_stage(stage, run, device="cpu")


def train_and_infer(data: Path, out: Path, run: Path) -> None:
    """Train both networks, and repeat the other stages of a finished run."""
    with processes.joined(device="cpu"):
        train(data, out, "segment.onnx=false", until="segment")
        infer(run)


def fail(rank: int) -> None:
    """Fail in one process while the others wait for it."""
    with processes.joined(device="cpu"):
        if processes.rank() == rank:
            raise InputError("photo 7 is damaged")
        processes.barrier()


def stop(number: signal.Signals, ranks: tuple[int, ...]) -> None:
    """Receive a signal in some processes while the others wait for them."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # it is ignored in the background
    stopping.listen()
    try:
        with processes.joined(device="cpu", describe=lambda error: ending(error, "run")):
            processes.barrier()
            if processes.rank() in ranks:
                signal.raise_signal(number)
            processes.barrier()
    finally:
        ended = processes.failure()
        sys.stderr.write(f"{ended}\n")


def train_each(data: Path, out: Path, strategies: tuple[str, ...]) -> None:
    """Train a classifier by each strategy."""
    with processes.joined(device="cpu"):
        for strategy in strategies:
            train(data, out / strategy, f"classify.strategy={strategy}", until="classify")


def train_networks(folder: Path, names: tuple[str, ...]) -> None:
    """Train the network of a finished run by each loss."""
    with processes.joined(device="cpu"):
        for name in names:
            pipeline.run_stage("segment", folder / name, device="cpu", overrides=[
                f"segment.loss={name}", "segment.onnx=false", "segment.epochs=1"])


def foresee(photos: Path, run: Path, out: Path) -> None:
    """Predict as from Python, which joins the processes itself."""
    predict([photos], run=run, out=out, device="cpu")


def losses(run: Path) -> list[float]:
    """Give the losses of both trainings."""
    return [float(row["loss"]) for part in ("classifier", "segmenter")
            for row in read_table(run / part / "curve.csv")]


def check_ended(ended: list[Ended]) -> None:
    """Show what a process printed if it failed."""
    assert [each.code for each in ended] == [0] * len(ended), [each.err[-2000:] for each in ended]


def equal(count: int, data: Path, finished: Path, folder: Path) -> None:
    """Compare a run in several processes with one in one."""
    copy = Path(shutil.copytree(finished, folder / "copy"))
    check_ended(launch(count, folder, train_and_infer, data, folder / "run", copy))
    assert losses(folder / "run") == pytest.approx(losses(finished), abs=1e-4)
    assert results(copy) == results(finished)


def test_two_processes_give_what_one_gives(
    tiny_data: Path, finished: Path, tmp_path: Path
) -> None:
    """Losses to 1e-4; maps, scores, masks and figures of the same networks bit for bit."""
    equal(2, tiny_data, finished, tmp_path)


@pytest.mark.slow
def test_three_processes_give_what_one_gives(
    tiny_data: Path, finished: Path, tmp_path: Path
) -> None:
    """The same, with shares of different sizes."""
    equal(3, tiny_data, finished, tmp_path)


def test_a_prediction_by_two_processes_is_that_of_one(
    tiny_data: Path, finished: Path, tmp_path: Path
) -> None:
    """Masks, overlays and table bit for bit."""
    check_ended(launch(2, tmp_path, foresee, tiny_data / "images", finished, tmp_path / "two"))
    foresee(tiny_data / "images", finished, tmp_path / "one")
    made = {path.relative_to(tmp_path / "one"): path.read_bytes()
            for path in (tmp_path / "one").rglob("*") if path.is_file()}
    assert len(made) == 2 * 16 + 2  # with the table and data.json
    for path, content in made.items():
        if path.name != "data.json":  # it names the folder
            assert (tmp_path / "two" / path).read_bytes() == content, path


@pytest.mark.slow
def test_every_loss_trains_as_in_one_process(finished: Path, tmp_path: Path) -> None:
    """Also those that constrain a crop by a CRF, or have a target of their own."""
    names = ("cross_entropy", "sec", "psl")
    for count, name in product(("one", "two"), names):
        shutil.copytree(finished, tmp_path / count / name)
    check_ended(launch(2, tmp_path, train_networks, tmp_path / "two", names))
    train_networks(tmp_path / "one", names)
    for name in names:
        assert losses(tmp_path / "two" / name) \
            == pytest.approx(losses(tmp_path / "one" / name), abs=1e-4), name


@pytest.mark.slow
def test_torchrun_starts_a_run(tiny_data: Path, finished: Path, tmp_path: Path) -> None:
    """The launcher itself, by the command of the documentation."""
    words = ["run", tiny_data, "--out", tmp_path / "run", "--device", "cpu", "-q",
             *(word for value in QUICK for word in ("--set", value))]
    ended = subprocess.run(
        [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2",
         "-m", "tag2mask", *map(str, words)],
        capture_output=True, text=True, encoding="utf-8", check=False)
    assert ended.returncode == 0, ended.stderr[-2000:]
    assert losses(tmp_path / "run") == pytest.approx(losses(finished), abs=1e-4)
    masks = [path.name for path in sorted((tmp_path / "run" / "masks").iterdir())]
    assert masks == [path.name for path in sorted((finished / "masks").iterdir())]
    assert (tmp_path / "run" / "report.html").is_file()


def test_a_killed_process_ends_all_and_the_run_resumes(
    tiny_data: Path, finished: Path, tmp_path: Path
) -> None:
    """The other ends with a message; one process continues, to the same results."""
    out = Path(shutil.copytree(finished, tmp_path / "copy"))
    for file in (out / "maps").glob("*.npz"):
        file.unlink()
    words = ["run", tiny_data, "--out", out, "--device", "cpu",
             *(word for value in QUICK for word in ("--set", value))]
    ended = launch(2, tmp_path, command, tuple(words), variables=[{}, {KILL_AFTER: "p06.npz"}])
    assert [each.code for each in ended] == [1, -9], [each.err for each in ended]
    assert "process 1 ended without a message" in ended[0].err
    assert 0 < len(list((out / "read").glob("*.npz"))) < 15
    train(tiny_data, out)
    assert results(out) == results(finished)


@pytest.mark.slow
def test_every_strategy_trains_as_in_one_process(tiny_data: Path, tmp_path: Path) -> None:
    """Also those that mix photos of a batch, train in rounds, or compare views."""
    names = ("seam", "mixup", "hide_and_seek", "acol:narrow", "mdc:narrow", "adversarial_erasing")
    check_ended(launch(2, tmp_path, train_each, tiny_data, tmp_path / "two", names))
    train_each(tiny_data, tmp_path / "one", names)
    for name in names:
        assert losses(tmp_path / "two" / name) \
            == pytest.approx(losses(tmp_path / "one" / name), abs=1e-4), name


@pytest.mark.parametrize(("number", "ranks", "name", "code"), [
    (signal.SIGTERM, (1,), "SIGTERM", 143), (signal.SIGINT, (1,), "Ctrl-C", 130),
    (signal.SIGINT, (0, 1), "Ctrl-C", 130),
], ids=["term", "int", "int-all"])
def test_a_signal_ends_all_processes(
    number: signal.Signals, ranks: tuple[int, ...], name: str, code: int, tmp_path: Path
) -> None:
    """With its message and its code; a terminal sends Ctrl-C to all of them at once."""
    ended = launch(2, tmp_path, stop, number, ranks)
    for each in ended:
        assert f"Stopped by {name}" in each.err
        assert f"code={code}" in each.err


@pytest.mark.parametrize(("one", "other", "said"), [
    (("--seed", "1"), ("--seed", "2"), "seed = 2"), ((), ("--keep", "small"), "'small', not 'all'"),
])
def test_different_settings_are_refused(
    one: tuple[str, ...], other: tuple[str, ...], said: str, tiny_data: Path, tmp_path: Path
) -> None:
    """All processes end; the first says what differs, once, and no run folder is left."""
    words = [("run", tiny_data, "--out", tmp_path / "run", *more) for more in (one, other)]
    ended = launch(2, tmp_path, command, words)
    assert [each.code for each in ended] == [2, 2], [each.err for each in ended]
    assert "Process 1 was started with another version or settings" in ended[0].err
    assert said in ended[0].err
    assert ended[1].err == ""
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("rank", [0, 1])
def test_an_error_in_one_process_ends_the_other(rank: int, tmp_path: Path) -> None:
    """The other waits in a collective operation; it ends, and not as if it had failed itself."""
    ended = launch(2, tmp_path, fail, rank)
    assert "InputError: photo 7 is damaged" in ended[rank].err
    assert ended[1 - rank].code not in (0, None)
    assert "photo 7" not in ended[1 - rank].err.replace("InputError: photo 7 is damaged\n", "")


def test_a_command_error_is_printed_once(tmp_path: Path) -> None:
    """Both processes find the same fault; the first says so, and both end with its code."""
    ended = launch(2, tmp_path, command, ("run", tmp_path / "nowhere", "--out", tmp_path / "run"))
    assert [each.code for each in ended] == [2, 2], [each.err for each in ended]
    assert "nowhere" in ended[0].err
    assert ended[1].err == ""


def test_other_commands_run_in_the_first_process_alone(
    tiny_data: Path, tmp_path: Path
) -> None:
    """The others end at once, without output."""
    ended = launch(2, tmp_path, command, ("inspect", tiny_data))
    check_ended(ended)
    assert ended[1].err == ""
