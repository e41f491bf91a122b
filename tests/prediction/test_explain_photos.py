"""Many photos become one picture each, in a folder that is recognised later."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tag2mask.core.contracts import InputError
from tag2mask.core.progress import Progress
from tag2mask.data.finding import find_photos
from tag2mask.prediction.explain_photos import explain_photos
from tag2mask.prediction.left_out import PredictSummary


def draw(path: Path, colour: str = "red") -> Path:
    """Write a photo, wider than high."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (20, 12), colour).save(path)
    return path


def upside_down(photo: np.ndarray, title: str) -> Image.Image:
    """Stand in for the maps: one column per letter of the name."""
    return Image.fromarray(photo).resize((len(title), 7))


def run_on(*inputs: Path, out: Path) -> PredictSummary:
    """Draw photos."""
    return explain_photos(inputs, upside_down, out=out, progress=Progress())


def files(out: Path) -> list[str]:
    """List all files below a folder."""
    return sorted(p.relative_to(out).as_posix() for p in out.rglob("*") if p.is_file())


def test_every_photo_has_a_picture(tmp_path: Path) -> None:
    """Under the names of `predict`, with a table; the name of the file is the title."""
    photos, out = tmp_path / "photos", tmp_path / "out"
    for name in ("a.jpg", "deep/b.c.png", "deep/x.png", "deep/x.jpg"):
        draw(photos / name)
    assert run_on(photos, out=out) == PredictSummary(4, [])
    assert files(out) == ["a.png", "deep/b.c.png", "deep/x.jpg.png", "deep/x.png.png",
                          "explained.csv"]
    with Image.open(out / "deep" / "b.c.png") as picture:
        assert picture.size == (len("b.c.png"), 7)
    with (out / "explained.csv").open(newline="", encoding="utf-8") as file:
        assert next(csv.DictReader(file)) == {
            "image": "a", "picture": "a.png", "source": str(photos / "a.jpg")}


def test_pictures_are_no_photos(tmp_path: Path) -> None:
    """Neither where they are written again, nor for another command, nor among the photos."""
    draw(tmp_path / "photos" / "a.png")
    for _ in range(2):
        for out in (tmp_path / "photos" / "look", tmp_path / "photos" / "again"):
            assert run_on(tmp_path / "photos", out=out).written == 1
    assert [name for name, _ in find_photos([tmp_path / "photos"], tmp_path / "out")] == ["a"]
    with pytest.raises(InputError, match="There is no photo"):
        run_on(tmp_path / "photos" / "look", out=tmp_path / "out")


def test_a_table_of_someone_else_hides_no_photos(tmp_path: Path) -> None:
    """Only that of `explain` marks a folder as one of pictures."""
    draw(tmp_path / "photos" / "a.png")
    (tmp_path / "photos" / "explained.csv").write_text("image,why\n", encoding="utf-8")
    assert run_on(tmp_path / "photos", out=tmp_path / "out").written == 1


def test_nothing_of_someone_else_is_overwritten(tmp_path: Path) -> None:
    """A folder of photos, a file, a picture's name, and photos among the pictures."""
    photos = [draw(tmp_path / "photos" / name) for name in ("a.png", "b.png")]
    before = photos[0].read_bytes()
    for out, told in [
        (tmp_path / "photos", "contains something else"), (photos[0], "name of one picture"),
        (tmp_path / "look.png", "name of one picture"),
    ]:
        with pytest.raises(InputError, match=told):
            run_on(*photos, out=out)
    assert photos[0].read_bytes() == before
    assert files(tmp_path) == ["photos/a.png", "photos/b.png"]
    run_on(*photos, out=tmp_path / "look")
    with pytest.raises(InputError, match=r"look.a\.png is in .*look, where pictures are written"):
        run_on(tmp_path / "look" / "a.png", photos[0], out=tmp_path / "look")


def test_unreadable_photos_are_left_out(tmp_path: Path) -> None:
    """And are not in the table; more than a tenth of them is an error."""
    photos, out = tmp_path / "photos", tmp_path / "out"
    for number in range(10):
        draw(photos / f"{number}.png")
    (photos / "4x.jpg").write_text("no photo", encoding="utf-8")
    summary = run_on(photos, out=out)
    assert summary.written == 10
    assert [Path(lost.photo).name for lost in summary.left_out] == ["4x.jpg"]
    assert "4x" not in (out / "explained.csv").read_text(encoding="utf-8")
    with pytest.raises(InputError, match=r"1 of 2 photos .*4x\.jpg is no.* The others were drawn"):
        run_on(photos / "4x.jpg", photos / "0.png", out=tmp_path / "few")


def test_pictures_of_other_photos_are_counted(tmp_path: Path) -> None:
    """They stay, although the new table lists the new photos alone."""
    photos, out = tmp_path / "photos", tmp_path / "out"
    for name in ("a.png", "deep/b.png", "c.png"):
        draw(photos / name)
    run_on(photos, out=out)
    with pytest.warns(UserWarning, match=(
        r"out also holds 2 pictures of earlier commands, a\.png first, which are not in "
        r"explained\.csv; give --out a new folder"
    )):
        run_on(photos / "c.png", draw(tmp_path / "x.png"), out=out)
    assert files(out) == ["a.png", "c.png", "deep/b.png", "explained.csv", "x.png"]


def refuse(photo: np.ndarray, title: str) -> Image.Image:
    """Stand in for maps of a class that does not exist."""
    raise InputError("There is no class 'dgo'; did you mean dog?")


def test_an_error_of_drawing_ends_all(tmp_path: Path) -> None:
    """As a class that does not exist, which is the same for every photo; nothing is written."""
    draw(tmp_path / "photos" / "a.png")
    with pytest.raises(InputError, match="did you mean dog"):
        explain_photos([tmp_path / "photos"], refuse, out=tmp_path / "out", progress=Progress())
    assert not (tmp_path / "out").exists()


def test_an_error_of_drawing_leaves_the_earlier_table(tmp_path: Path) -> None:
    """Which still lists the pictures that are there."""
    out = tmp_path / "out"
    run_on(draw(tmp_path / "a.png"), out=out)
    before = (out / "explained.csv").read_bytes()
    with pytest.raises(InputError, match="did you mean dog"):
        explain_photos([draw(tmp_path / "b.png")], refuse, out=out, progress=Progress())
    assert (out / "explained.csv").read_bytes() == before


def test_an_interrupted_folder_is_recognised(tmp_path: Path) -> None:
    """So that the same command can be repeated."""
    photos, out = [draw(tmp_path / name) for name in ("a.png", "b.png")], tmp_path / "out"

    def interrupt(photo: np.ndarray, title: str) -> Image.Image:
        if title == "b.png":
            raise KeyboardInterrupt
        return upside_down(photo, title)

    with pytest.raises(KeyboardInterrupt):
        explain_photos(photos, interrupt, out=out, progress=Progress())
    assert run_on(*photos, out=out).written == 2
