"""The commands export, import and formats."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from tag2mask.cli import app
from tag2mask.interchange import FORMATS


def command(*words: object) -> Result:
    """Run the command line."""
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Give a data set of one photo with an annotation."""
    root = tmp_path / "data"
    for folder, pixels in (("images", np.zeros((4, 7, 3), np.uint8)),
                           ("annotations", np.eye(4, 7, dtype=np.uint8))):
        (root / folder).mkdir(parents=True)
        Image.fromarray(pixels).save(root / folder / "a b.png")
    (root / "tags.csv").write_text("image,tags\nimages/a b.png,cat\n", encoding="utf-8")
    return root


def test_a_round_trip(data: Path, tmp_path: Path) -> None:
    """Out, and into a new data set; each command says what it made."""
    out = command("export", data, "--format", "cvat", "--out", tmp_path / "out", "--quiet")
    assert (out.exit_code, out.stdout.splitlines()[-1]) == (
        0, f"1 photo in {tmp_path / 'out'}, as cvat: their annotations")
    back = command("import", tmp_path / "out", "--data", tmp_path / "new")
    assert back.exit_code == 0
    assert "1 photo of cvat: 1 label map" in back.stdout
    assert (np.array(Image.open(tmp_path / "new" / "annotations" / "a b.png"))
            == np.eye(4, 7)).all()


@pytest.mark.parametrize(("words", "told"), [
    (("--format", "cocco"), "did you mean 'coco'?"),
    (("--format", "coco", "--images", "move"), "--images 'move' is unknown"),
    (("--format", "coco", "--what", "masks"), "has no masks to export"),
])
def test_mistakes_are_one_sentence(
    words: tuple[str, ...], told: str, data: Path, tmp_path: Path
) -> None:
    """With exit code 2."""
    made = command("export", data, "--out", tmp_path / "out", *words)
    assert (made.exit_code, told in made.output) == (2, True)


def test_formats_lists_them_all() -> None:
    """Each with its name on a line."""
    made = command("formats")
    assert made.exit_code == 0
    assert all(name in made.stdout for name in FORMATS.names())
