"""What the README tells people to type works."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from tiny_runs import QUICK

from tag2mask.pipeline import runner
from tag2mask.pipeline.config import Config, load_config
from tag2mask.stages import STAGES

README = Path(__file__).parents[1] / "README.md"


def python_blocks() -> list[str]:
    """Give the README's Python examples."""
    return re.findall(r"^```python\n(.*?)^```", README.read_text(encoding="utf-8"), re.M | re.S)


def test_the_table_of_stages_is_that_of_the_stages() -> None:
    """In their order, with their help lines."""
    rows = re.findall(r"^\| `(\w+)` \| (.*) \|$", README.read_text(encoding="utf-8"), re.M)
    assert rows == [(stage.name, stage.help) for stage in STAGES]


def test_the_python_example_runs(
    tiny_data: Path, finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a folder called photos, whose run is finished; a photo in it is the new one."""
    example = "\n".join(python_blocks())
    for name in ("tag2mask.run(", "load_segmenter(", "load_classifier(", "activate(", "to_mask("):
        assert name in example
    shutil.copytree(tiny_data, tmp_path / "photos")
    shutil.copytree(finished, tmp_path / "runs" / "photos")
    shutil.copy(tiny_data / "images" / "p05.png", tmp_path / "photos" / "new.jpg")

    def quick_config(file: Path | None = None, overrides: tuple[str, ...] = ()) -> Config:
        return load_config(file, [*QUICK, *overrides])

    monkeypatch.setattr(runner, "load_config", quick_config)
    monkeypatch.chdir(tmp_path)
    before = {p: p.stat().st_mtime_ns for p in (tmp_path / "runs").rglob("*.safetensors")}
    exec(compile(example, "README.md", "exec"), {})
    after = {p: p.stat().st_mtime_ns for p in (tmp_path / "runs").rglob("*.safetensors")}
    assert before == after
