"""Tags that photos come with, as classes of a network."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from drawn_tables import picture, table
from tiny_runs import CLASSES, NAMES, tags_of
from typer.testing import Result

import tag2mask
from tag2mask.core.progress import Progress
from tag2mask.data.masks import load_mask
from tag2mask.prediction.given_tags import read_given_tags
from tag2mask.prediction.segmentation import load_segmenter

OUT = Path("out")

Command = Callable[..., Result]


def renamed(data: Path, old: str, new: str) -> Path:
    """Give a class in tags.csv another name."""
    table = data / "tags.csv"
    table.write_text(table.read_text().replace(old, new))
    return data


def test_classes_are_matched_by_name(data_copy: Path) -> None:
    """In the network's order, whatever the data set's, and however they are spelled."""
    names = ("disc", "big-block", "cat")
    found = read_given_tags([renamed(data_copy, "block", "Big block")], OUT, names, Progress())
    for number, name in enumerate(NAMES):
        own = {"disc": 0, "block": 1}
        expected = tuple(sorted(own[tag] for tag in tags_of(number)))
        assert found.of(data_copy / "images" / f"{name}.png") == expected
    assert found.of(data_copy / "tags.csv") is None


def test_a_photo_that_is_listed_several_times_has_all_tags(
    data_copy: Path, finished: Path, command: Command, tmp_path: Path
) -> None:
    """As by links in the folders of its classes, or in two data sets; in any order."""
    photo, data, other = data_copy / "images" / f"{NAMES[0]}.png", tmp_path / "c", tmp_path / "d"
    for folder in (data / "block", data / "disc", data / "_none", other / "disc"):
        folder.mkdir(parents=True)
        (folder / "a.png").symlink_to(photo)
    assert read_given_tags([data], OUT, CLASSES, Progress()).of(photo) == (0, 1)
    (data / "disc" / "a.png").unlink()
    for inputs in ([data, other], [other, data]):
        assert read_given_tags(inputs, OUT, CLASSES, Progress()).of(photo) == (0, 1)
    out = tmp_path / "out"
    assert command("predict", data, "--run", finished, "--out", out, "--tags", "given",
                   "-q").exit_code == 0
    mask, = (out / "masks").rglob("*.png")
    assert set(np.unique(load_mask(mask, size=None, num_labels=3))) <= {0, 1}


def test_photos_of_any_layout_are_segmented(
    data_copy: Path, finished: Path, command: Command, tmp_path: Path
) -> None:
    """Behind a link to a folder, and in Parquet files, whose photos are unpacked."""
    (data_copy / "images").rename(tmp_path / "elsewhere")
    (data_copy / "images").symlink_to(tmp_path / "elsewhere")
    out = tmp_path / "out"
    words = ("--run", finished, "--out", out, "--tags", "given", "-q")
    assert command("predict", data_copy, *words).exit_code == 0
    assert sorted(path.stem for path in (out / "masks" / "images").iterdir()) == sorted(NAMES)

    pytest.importorskip("pyarrow")
    file = tmp_path / "pets" / "data" / "train-00000-of-00001.parquet"
    file.parent.mkdir(parents=True)
    labels = {"_type": "ClassLabel", "names": ["disc", "block"]}
    file.write_bytes(table({"image": [picture(n, f"{n}.png") for n in (0, 1)], "label": [0, 1]},
                           {"image": {"_type": "Image"}, "label": labels}))
    assert command("predict", tmp_path / "pets", *words).exit_code == 0
    found = {path.stem: set(np.unique(load_mask(path, size=None, num_labels=3)))
             for path in (out / "masks" / "train").iterdir()}
    assert found.keys() == {"0", "1"}
    assert found["0"] <= {0, 2}
    assert found["1"] <= {0, 1}


def test_photos_that_a_data_set_lost_are_reported(data_copy: Path) -> None:
    """A row without its photo."""
    (data_copy / "images" / f"{NAMES[0]}.png").unlink()
    with pytest.warns(UserWarning, match=rf"{NAMES[0]}.png \(tags.csv, row 2\) is missing"):
        found = read_given_tags([data_copy], OUT, CLASSES, Progress())
    assert len(found.classes) == len(NAMES) - 1


def test_classes_that_the_network_does_not_know_are_said(data_copy: Path) -> None:
    """Their photos keep the other tags; if all are unknown, that is an error."""
    progress = Progress()
    with pytest.warns(UserWarning, match="does not know plate"):
        found = read_given_tags([renamed(data_copy, "disc", "plate")], OUT, CLASSES, progress)
    assert found.of(data_copy / "images" / f"{NAMES[2]}.png") == (0,)
    with pytest.raises(tag2mask.InputError, match="none of the classes"):
        read_given_tags([data_copy], OUT, ("cat",), progress)


def test_masks_only_have_the_tags_of_their_photo(
    data_copy: Path, finished: Path, command: Command, tmp_path: Path
) -> None:
    """True masks, which have no tags, are not taken for photos, as they are without the option."""
    out = tmp_path / "out"
    words = ("predict", data_copy, "--run", finished, "--out", out)
    result = command(*words, "--tags", "given")
    assert result.exit_code == 0, result.output
    assert "16 pictures without tags" in result.stderr
    masks = {path.stem: load_mask(path, size=None, num_labels=3)
             for path in (out / "masks" / "images").glob("*.png")}
    assert sorted(masks) == sorted(NAMES)
    segment = load_segmenter(finished)
    for number, name in enumerate(NAMES):
        labels = {CLASSES.index(tag) + 1 for tag in tags_of(number)}
        assert set(np.unique(masks[name])) <= {0, *labels}
        given = segment.among(data_copy / "images" / f"{name}.png", [label - 1 for label in labels])
        np.testing.assert_array_equal(masks[name], given.mask)


def test_an_interrupted_prediction_is_not_continued_with_other_tags(
    data_copy: Path, finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its masks are those of the tags before."""
    out = tmp_path / "out"
    monkeypatch.setattr("tag2mask.prediction.predict.end", lambda out: None)
    predict = {"run": finished, "out": out, "tags": "given"}
    tag2mask.predict([data_copy], **predict)  # type: ignore[call-overload]
    table = data_copy / "tags.csv"
    table.write_text("".join(
        f"{line.split(',')[0]},,{line.split(',')[2]}\n" if "p01" in line else f"{line}\n"
        for line in table.read_text().splitlines()))
    tag2mask.predict([data_copy], **predict)  # type: ignore[call-overload]
    assert not load_mask(out / "masks" / "images" / "p01.png", size=None, num_labels=3).any()


def test_a_file_has_no_tags(finished: Path, data_copy: Path, command: Command) -> None:
    """The message names it."""
    photo = data_copy / "images" / "p01.png"
    result = command("predict", photo, "--run", finished, "--out", data_copy / "out",
                     "--tags", "given")
    assert result.exit_code == 2
    assert f"{photo} is a file" in result.stderr.replace("\n", "")
    with pytest.raises(tag2mask.InputError, match="folders of data sets"):
        tag2mask.predict(photo, run=finished, tags="given")


def test_masks_in_the_data_set_are_refused(
    finished: Path, data_copy: Path, command: Command
) -> None:
    """The folder would be a class of it the next time."""
    result = command("predict", data_copy, "--run", finished, "--out", data_copy / "out",
                     "--tags", "given")
    assert result.exit_code == 2
    assert "lies in the data set" in " ".join(result.stderr.split())
    assert not (data_copy / "out").exists()


def test_a_run_scores_the_network_among_the_tags(
    copied: Path, data_copy: Path, tmp_path: Path, command: Command
) -> None:
    """It is as good as what `predict --tags given` writes."""
    figures = {(f.what, f.split): f for f in tag2mask.open_run(copied).metrics.figures
               if not f.oracle}
    given, alone = figures["network_tags", "val"], figures["network", "val"]
    assert (given.tags, alone.tags, given.model) == ("given", "predicted", alone.model)
    out = tmp_path / "out"
    assert command("predict", data_copy, "--run", copied, "--out", out, "-q",
                   "--tags", "given").exit_code == 0
    right = total = 0
    for name in NAMES[12:]:
        truth = load_mask(data_copy / "masks" / f"{name}.png", size=None, num_labels=3)
        found = load_mask(out / "masks" / "images" / f"{name}.png", size=None, num_labels=3)
        right += int(((found == truth) & (found > 0)).sum())
        total += int((found > 0).sum())
    assert given.precision == pytest.approx(right / total if total else None, abs=1e-5)
