"""The command, the order of the queue, and what is said at the end of a sitting."""

from __future__ import annotations

import importlib.util
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from drawn_run import NAMES, SIZE, write_data, write_run
from typer.testing import CliRunner, Result

from tag2mask.cli import app
from tag2mask.core.contracts import InputError
from tag2mask.review.annotations import NEW, Annotations
from tag2mask.review.sitting import closing
from tag2mask.review.source import open_source
from tag2mask.review.training import Training
from tag2mask.run_folder.lock import locked


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """Give a run over three drawn photos."""
    return write_run(write_data(tmp_path / "data"), tmp_path / "run")


def typed(*words: object) -> Result:
    """Type a command."""
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.mark.parametrize(("order", "names"), [
    ("trust", ["c", "a", NAMES[1]]), ("name", ["a", NAMES[1], "c"]),
    ("class", ["c", "a", NAMES[1]]), ("next", ["c", "a", NAMES[1]])])
def test_orders(run: Path, order: str, names: list[str]) -> None:
    """Lowest trust first, or as it was asked for."""
    assert [photo.name for photo in open_source(run, order=order).photos] == names


def test_classes_and_splits_choose_photos(run: Path) -> None:
    """Only what was asked for; nothing left is a mistake of the command."""
    assert [photo.name for photo in open_source(run, split="val").photos] == ["d"]
    assert len(open_source(run, split="all", classes=["box"]).photos) == 4
    with pytest.raises(InputError, match="no photo of the split 'train' with these classes"):
        open_source(run, classes=["ring"])
    with pytest.raises(InputError, match=r"'boxx' is no class .* did you mean box\?"):
        open_source(run, classes=["boxx"])


def test_a_run_whose_data_set_is_gone_is_named(run: Path) -> None:
    """Masks would be saved beside it."""
    (run.parent / "data").rename(run.parent / "moved")
    with pytest.raises(InputError, match="is not there any more"):
        open_source(run)


def test_scores_are_resized_without_torch(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes seconds to load, for which a person would wait."""
    monkeypatch.setitem(sys.modules, "torch", None)
    source = open_source(run, order="name")
    scores = source.scores(source.photos[0], 1, (80, 120))
    assert scores is not None
    assert scores.shape == (80, 120)
    assert scores[40, 60] > 0.6
    assert scores[2, 2] == 0


def test_the_command_needs_the_extra(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line that names the install command."""
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec",
                        lambda name, *rest: None if name == "uvicorn" else found(name, *rest))
    result = typed("review", run)
    assert result.exit_code == 2
    assert "pip install 'tag2mask[review]'" in result.output


def test_the_command_prints_the_address_with_its_token(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And for another address, who can open it."""
    server = pytest.importorskip("tag2mask.review.server", reason="the extra is not installed")
    monkeypatch.setattr(server, "serve", lambda source, listening, *_, **__: listening.close())
    result = typed("review", run, "--no-open")
    assert result.exit_code == 0, result.output
    assert "3 photos" in result.output
    assert "http://127.0.0.1:" in result.output
    assert "/?token=" in result.output
    assert "not encrypted" not in result.output
    assert "not encrypted" in typed("review", run, "--no-open", "--host", "0.0.0.0").output


def test_a_taken_port_is_named(run: Path) -> None:
    """Only the port that was asked for is tried."""
    pytest.importorskip("starlette", reason="the extra is not installed")
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        result = typed("review", run, "--no-open", "--port", other.getsockname()[1])
    assert result.exit_code == 2
    assert "choose another --port" in " ".join(result.output.split())


def test_the_end_of_a_sitting(run: Path) -> None:
    """What it came to, and how to train again; nothing where nothing was done."""
    source = open_source(run)
    assert closing(source) == []
    annotations = Annotations(source)
    one, two, three = source.photos
    mask = np.zeros(SIZE, np.uint8)
    version = annotations.save(one, mask, version=NEW, state="corrected", seconds=50, clicks=2)
    annotations.save(two, source.draft(two), version=NEW, state="accepted", seconds=12, clicks=0)
    first, second = closing(source)
    assert first == "1 accepted, 0 of them changed, 1 corrected only in 1 min 02 s."
    assert second == f"Train again: tag2mask run {run.parent / 'data'} --out {run}"
    annotations.save(one, mask, version=version, state="accepted", seconds=1, clicks=0)
    annotations.save(three, mask, version=NEW, state="accepted", seconds=2, clicks=0)
    assert closing(source)[0] == "3 accepted, 2 of them changed in 1 min 05 s."


def test_what_was_undone_is_not_counted(run: Path) -> None:
    """The photo is as if nobody had opened it, and its time is spent all the same."""
    source = open_source(run)
    annotations = Annotations(source)
    photo, other, _ = source.photos
    version = annotations.save(photo, np.zeros(SIZE, np.uint8), version=NEW, state="corrected",
                               seconds=50, clicks=2)
    annotations.go_back(photo, to="start", version=version, seconds=4, clicks=2)
    assert closing(source) == []
    annotations.save(photo, source.draft(photo), version=NEW, state="accepted", seconds=1, clicks=0)
    annotations.skip(other, seconds=2)
    assert closing(source)[0] == "1 accepted, 0 of them changed, 1 skipped in 57 s."


@pytest.mark.parametrize(("words", "state", "line"), [
    (["--version"], "done", "tag2mask 0"), (["runn"], "failed", "runn")])
def test_training_again_is_followed(
    run: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], state: str, line: str
) -> None:
    """Its last lines are shown, and whether it worked."""
    training = Training(open_source(run))
    assert training.status().state == "idle"
    monkeypatch.setattr(Training, "words", words)
    training.start()
    training.wait()
    status = training.status()
    assert status.state == state
    assert any(line in each for each in status.lines)


def test_a_training_of_another_process_is_seen(run: Path) -> None:
    """Such as one that a killed server left behind, or one from a terminal."""
    training = Training(open_source(run))
    with locked(run):
        assert training.status().state == "busy"
        assert training.busy
        assert not training.running
    assert training.status().state == "idle"


@pytest.mark.skipif(sys.platform == "win32", reason="signals end processes on POSIX")
def test_a_training_that_is_killed_says_so(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Such as by the system, which wants the memory; there is no sentence of its own."""
    kill = "import os; print('first', flush=True); os.kill(os.getpid(), 9)"
    training = Training(open_source(run))
    started = subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", lambda words, **options: started(
        [words[0], "-c", kill], **options))
    training.start()
    training.wait()
    status = training.status()
    assert status.state == "failed"
    assert status.lines == ["first", "Ended by signal 9; the same command continues from here."]
