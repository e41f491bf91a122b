"""Files that the first pages name are those that the program writes."""

from __future__ import annotations

import re
from pathlib import Path

from tag2mask.data.scenes.writing import write_scenes

DOCS = Path(__file__).parents[2] / "docs"


def test_the_demo_has_the_photo_that_is_explained(tmp_path: Path) -> None:
    """By its name."""
    page = (DOCS / "start" / "demo.md").read_text(encoding="utf-8")
    named = re.findall(r"runs/demo/scenes/(images/\S+\.png)", page)
    root = write_scenes(tmp_path / "scenes", num_train=1, num_val=1, size=(64, 84))
    assert named
    assert all((root / name).is_file() for name in named)
