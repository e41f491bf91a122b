"""`explain` on one photo, on many, and in several processes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from loaded_before import command as typed
from several_processes import launch
from typer.testing import Result

Command = Callable[..., Result]


def pictures(out: Path) -> dict[str, bytes]:
    """Read all files of a folder."""
    return {path.name: path.read_bytes() for path in out.iterdir()}


def test_several_processes_draw_what_one_draws(
    tiny_data: Path, finished: Path, command: Command, tmp_path: Path
) -> None:
    """Byte for byte, one picture per photo; a single photo is drawn by the first process."""
    photos, one, two = tiny_data / "images", tmp_path / "one", tmp_path / "two"
    result = command("explain", photos, "--run", finished, "--device", "cpu", "--out", one)
    assert result.exit_code == 0, result.stderr
    assert result.stdout == f"Maps of 16 photos in {one}\n"
    words = ("explain", photos, "--run", finished, "--device", "cpu", "--out", two)
    ended = launch(2, tmp_path, typed, words)
    assert [each.code for each in ended] == [0, 0], [each.err for each in ended]
    assert pictures(two) == pictures(one)
    assert len(pictures(one)) == 17  # with the table

    photo, picture = photos / "p03.png", tmp_path / "look.png"
    ended = launch(2, tmp_path, typed, (
        "explain", photo, "--run", finished, "--device", "cpu", "--out", picture))
    assert [each.code for each in ended] == [0, 0], [each.err for each in ended]
    assert picture.read_bytes() == (one / "p03.png").read_bytes()


def test_the_output_has_a_default(
    tiny_data: Path, finished: Path, command: Command, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A file for one photo, a folder for several."""
    monkeypatch.chdir(tmp_path)
    photos = [tiny_data / "images" / name for name in ("p03.png", "p05.png")]
    options = ("--run", finished, "--classes", "disc", "-q")
    assert command("explain", photos[0], *options).stdout == "Maps of p03.png in explained.png\n"
    assert command("explain", *photos, *options).stdout == "Maps of 2 photos in explained\n"
    assert (tmp_path / "explained" / "p05.png").is_file()
    assert (tmp_path / "explained.png").is_file()


def test_a_fault_is_one_sentence(
    tiny_data: Path, finished: Path, command: Command, tmp_path: Path
) -> None:
    """For the classes as for the photos and the output."""
    photos, out = tiny_data / "images", tmp_path / "out"
    for words, told in [
        ((photos, "--classes", "dsic", "--out", out), "did you mean disc"),
        ((photos, tmp_path / "none", "--out", out), "none does not exist"),
        ((photos, "--out", tmp_path / "a.png"), "is the name of one picture"),
        ((photos / "p03.png", "--out", tmp_path), "is a folder; give the name of a file"),
    ]:
        result = command("explain", *words, "--run", finished, "-q")
        assert result.exit_code == 2
        assert told in result.stderr.splitlines()[-1]
