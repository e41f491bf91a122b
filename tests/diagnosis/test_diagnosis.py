"""`inspect --deep` from the folder to the page, on tiny data sets with and without problems."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tiny_runs import draw_photo, write_tags_csv
from typer.testing import CliRunner, Result

from tag2mask.cli import app
from tag2mask.data import read_dataset
from tag2mask.diagnosis.diagnosis import diagnose
from tag2mask.diagnosis.results import write_diagnosis
from tag2mask.run_folder.data_file import write_dataset
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.planes import write_planes


def deep(data: Path, *words: object) -> Result:
    """Run the command."""
    return CliRunner().invoke(app, ["inspect", str(data), "-q", "--workers", "0",
                                    *(str(word) for word in words)])


def write_data(root: Path, rows: list[tuple[int, str, str]]) -> Path:
    """Write photos with a number, tags and a split; names contain the index of the row."""
    (root / "images").mkdir(parents=True)
    lines = ["image,tags,split"]
    for row, (number, tags, split) in enumerate(rows):
        draw_photo(number)[0].save(root / "images" / f"r{row:02}.png")
        lines.append(f"images/r{row:02}.png,{tags},{split}")
    (root / "tags.csv").write_text("\n".join(lines) + "\n")
    return root


@pytest.fixture
def sections(tmp_path: Path) -> Callable[[Path], dict[str, list[dict[str, object]]]]:
    """Diagnose a data set and return the findings by section."""
    def diagnose(data: Path) -> dict[str, list[dict[str, object]]]:
        result = deep(data, "--deep", "--out", tmp_path / "out")
        assert result.exit_code == 0, result.output
        content = json.loads((tmp_path / "out" / "diagnosis.json").read_text())
        return {name: section["findings"] for name, section in content["sections"].items()}

    return diagnose


def test_a_leak_a_contradiction_and_a_tied_pair_are_found(
    tmp_path: Path, sections: Callable[[Path], dict[str, list[dict[str, object]]]],
) -> None:
    """Each with advice and pictures; the page is self-contained."""
    rows = [(n, "disc;block", "train") for n in range(2, 62, 3)]
    rows += [(n, "disc", "train") for n in range(3, 63, 3)] + [(2, "disc;block", "val")]
    rows += [(6, "block", "train")] + [(n, "", "train") for n in range(100, 130)]
    found = sections(write_data(tmp_path / "data", rows))
    assert [(one["tag"], one["other"]) for one in found["tied_tags"]] == [("block", "disc")]
    (leak,), (odd,) = found["leaks"], found["contradictions"]
    assert leak["photos"] == ["r00", "r40"]
    assert leak["advice"] == "Put all of them into one split."
    assert odd["photos"] == ["r21", "r41"]
    assert "the same tags" in str(odd["advice"])
    assert all(one["advice"] for group in found.values() for one in group)
    page = (tmp_path / "out" / "diagnosis.html").read_text(encoding="utf-8")
    assert "data:image/webp" in page
    assert "http://" not in page
    assert "https://" not in page


@pytest.mark.parametrize("rows", [
    [(0, "disc", "train")], [(n, "", "train") for n in range(3)],
    [(n, "disc", "train") for n in range(12)], [(n, "disc" * (n < 3), "val") for n in range(12)],
], ids=["one photo", "no tags", "one class on all", "too few for folds"])
def test_data_with_little_in_it(
    tmp_path: Path, rows: list[tuple[int, str, str]],
    sections: Callable[[Path], dict[str, list[dict[str, object]]]],
) -> None:
    """The page says that nothing was found."""
    data = write_data(tmp_path / "data", rows)
    if not any(tags for _, tags, _ in rows):
        (data / "classes.txt").write_text("background\ndisc\n")
    found = sections(data)
    assert not found["tied_tags"] + found["wrong_tags"] + found["missing_tags"]
    page = (tmp_path / "out" / "diagnosis.html").read_text(encoding="utf-8")
    assert "Nothing was found" in page
    assert "Not checked" in page


def test_a_run_adds_confused_maps(tmp_path: Path) -> None:
    """Here the map of the block is stronger where the disc is strongest."""
    data = write_data(tmp_path / "data", [(2 + 3 * n, "disc;block", "train") for n in range(9)])
    run, dataset = RunFolder(tmp_path / "run"), read_dataset(data)
    write_dataset(run, dataset)
    ramp = np.tile(np.linspace(0, 1, 12, dtype=np.float32), (9, 1))
    for photo in dataset.photos:
        write_planes(run.map_file(photo.name), np.stack([ramp, 0.9 * ramp]), np.array([0, 1]))
    result = deep(data, "--deep", "--out", tmp_path / "out", "--run", run.root)
    assert result.exit_code == 0, result.output
    content = json.loads((tmp_path / "out" / "diagnosis.json").read_text())
    assert content["run"] == str(run.root)
    confused, = content["sections"]["confused_maps"]["findings"]
    assert (confused["tag"], confused["other"], confused["share"]) == ("disc", "block", 1.0)
    assert "Maps that highlight another class: 1" in result.stdout


@pytest.mark.parametrize(("words", "phrase"), [
    (("--deep",), "add a folder for it, as in --out"), (("--run", "x"), "add --deep"),
    (("--deep", "--run", "nowhere", "--out", "OUT"), "nowhere is no run folder"),
])
def test_options_that_cannot_be_combined(
    tmp_path: Path, words: tuple[str, ...], phrase: str
) -> None:
    """Reported in one sentence; nothing is written."""
    data, out = write_tags_csv(tmp_path / "data", masks=False), tmp_path / "out"
    result = deep(data, *(str(out) if word == "OUT" else word for word in words))
    assert result.exit_code == 2
    assert phrase in result.stderr
    assert result.stderr.count("\n") == 1
    assert not out.exists()


def test_deleted_photos_are_drawn_grey(tmp_path: Path) -> None:
    """The page is still written."""
    data = write_data(tmp_path / "data", [(1, "disc", "train"), (1, "disc", "val")])
    made = diagnose(read_dataset(data))
    shutil.rmtree(data / "images")
    assert write_diagnosis(made, tmp_path / "out").exists()
