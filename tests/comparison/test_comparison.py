"""Comparisons on a tiny data set: shared results, resuming, failures, and requested masks."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tiny_runs import QUICK, write_class_folders, write_tags_csv
from typer.testing import Result

from tag2mask import pipeline
from tag2mask.comparison import comparison, halving, selection
from tag2mask.comparison.comparison import compare
from tag2mask.comparison.grid import Recipe
from tag2mask.comparison.plan import Comparison, Plan
from tag2mask.core.contracts import InputError
from tag2mask.pipeline.config import load_config
from tag2mask.stages.segment import run as segment

Compare = Callable[..., Comparison]

GRID = 'sharpening = ["none", "pixel_adaptive"]\n'
LEAST = (
    *QUICK, "classify.epochs=1", "segment.epochs=1", "activate.scales=1", "activate.flip=false",
    "segment.onnx=false",
)
"""Settings for short trainings, of networks that are not exported."""


@pytest.fixture
def comparing(tiny_data: Path, tmp_path: Path) -> Compare:
    """Compare quickly, given the text of a grid, the data, and fields of the plan."""

    def run(text: str = GRID, *, data: Path = tiny_data, **plan: object) -> Comparison:
        grid = tmp_path / "grid.toml"
        grid.write_text(text, encoding="utf-8")
        return compare(data, tmp_path / "out", grid,
                       Plan(overrides=LEAST, **plan))  # type: ignore[arg-type]

    return run


def test_recipes_share_results_and_all_files_are_written(
    comparing: Compare, tmp_path: Path
) -> None:
    """One classifier and its maps for two sharpening methods; page, tables and best.toml."""
    made, out = comparing(), tmp_path / "out"
    one, other = (outcome.cell.run for outcome in made.outcomes)
    for name in ("classifier/weights.safetensors", "maps/p01.npz", "maps/background.json"):
        assert (one.root / name).samefile(other.root / name)
    assert not one.sharp_file("p01").samefile(other.sharp_file("p01"))
    assert len(made.rows) == 2
    assert made.rows[0].figures["maps"] == made.rows[1].figures["maps"]
    page = (out / "compare.html").read_text(encoding="utf-8")
    assert not re.search(r'(src|href)="(?!data:)', page)
    assert page.count('class="heat"') == 1
    assert page.count("pixel_<wbr>adaptive") == 2  # in the strip and in the table of classes
    content = json.loads((out / "compare.json").read_text())
    assert len(content["cells"]) == 2
    best = next(o.cell for o in made.outcomes if o.cell.recipe.name == content["best"])
    assert load_config(out / "best.toml") == load_config(None, best.recipe.overrides)
    assert not (best.run.segmenter / "model.onnx").exists()


def test_a_cpu_with_bfloat16_needs_no_exported_network(
    comparing: Compare, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A comparison does not export the network, so bfloat16 is not compared with it."""
    monkeypatch.setattr(segment, "bfloat16_runtimes", lambda: ("torch_bfloat16",))
    made = comparing('sharpening = ["none"]\n')
    assert [outcome.problem for outcome in made.outcomes] == [""]


def test_an_unfinished_comparison_is_resumed(
    comparing: Compare, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Finished cells stay as they are; the interrupted cell is finished."""
    whole, calls = pipeline.run, []

    def stop_at_the_second(*arguments: object, **named: object) -> object:
        calls.append(named)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return whole(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(pipeline, "run", stop_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        comparing()
    first = next((tmp_path / "out" / "cells").glob("none-*"))
    before = {path: path.stat().st_mtime_ns for path in first.rglob("*.npz")}
    monkeypatch.setattr(pipeline, "run", whole)
    made = comparing()
    assert [outcome.problem for outcome in made.outcomes] == ["", ""]
    assert before == {path: path.stat().st_mtime_ns for path in first.rglob("*.npz")}


def test_a_failed_cell_does_not_stop_the_others(
    comparing: Compare, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The page has the reason, the cell's folder the traceback; the cell is tried again."""
    whole = pipeline.run

    def fail_once(*arguments: object, **named: object) -> object:
        if "sharpen.steps=none" in named["overrides"]:  # type: ignore[operator]
            raise RuntimeError("out of luck")
        return whole(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(pipeline, "run", fail_once)
    made = comparing()
    assert [outcome.problem for outcome in made.outcomes] == ["RuntimeError: out of luck", ""]
    assert "out of luck" in (tmp_path / "out" / "compare.html").read_text(encoding="utf-8")
    assert "Traceback" in next((tmp_path / "out").rglob("error.txt")).read_text(encoding="utf-8")
    monkeypatch.setattr(pipeline, "run", whole)
    assert not any(outcome.problem for outcome in comparing().outcomes)
    assert not list((tmp_path / "out").rglob("error.txt"))


def test_a_full_disk_stops_the_comparison(
    comparing: Compare, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every other cell would fail too."""
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pipeline, "run", full)
    with pytest.raises(OSError, match="No space left"):
        comparing()


@pytest.mark.slow
def test_the_last_shard_writes_all_results(comparing: Compare) -> None:
    """Whichever shard finishes last."""
    grid = 'strategy = ["plain", "hide_and_seek"]\n'
    first = comparing(grid, shard=(1, 2))
    assert [o.cell.recipe.choices["strategy"] for o in first.outcomes] == ["plain"]
    assert len(first.missing) == 1
    assert "Not run" in (first.out / "compare.html").read_text(encoding="utf-8")
    second = comparing(grid, shard=(2, 2))
    assert len(second.outcomes) == 2
    assert not second.missing


def test_without_masks_no_recipe_is_best_until_some_are_drawn(
    comparing: Compare, tmp_path: Path
) -> None:
    """Masks are requested; with them there is a best recipe and an interval."""
    data = write_tags_csv(tmp_path / "bare", masks=False)
    made = comparing(data=data, label=3)
    assert not (made.out / "best.toml").exists()
    content = json.loads((made.out / "compare.json").read_text())
    assert (content["best"], content["recipes"][0]["protocol"]) == (None, {})
    assert "No score" in (made.out / "compare.html").read_text(encoding="utf-8")
    wanted = (made.out / "label" / "list.csv").read_text().splitlines()[1:]
    names = [line.split(",")[0] for line in wanted]
    assert len(set(names)) == 3
    assert set(names) <= {"p12", "p13", "p14", "p15"}
    for name in names:
        drawn = np.zeros((48, 64), np.uint8)
        drawn[10:20, 10:30] = 1
        Image.fromarray(drawn).save(made.out / "label" / "masks" / f"{name}.png")
    again = comparing(data=data, label=3)
    low, high = again.rows[0].interval or (1, 0)
    assert 0 <= low <= again.rows[0].figures["labelled"].mean <= high <= 100
    assert (again.out / "best.toml").exists()
    page = (again.out / "compare.html").read_text(encoding="utf-8")
    assert page.count('aria-sort="descending"><button type="button">Labelled photos') == 1


def test_a_budget_without_masks_is_refused(comparing: Compare, tmp_path: Path) -> None:
    """There is no score to drop recipes by."""
    data = write_class_folders(tmp_path / "folders")
    with pytest.raises(InputError, match="no photo has a mask"):
        comparing(data=data, budget=60.0)


def test_all_rounds_spend_one_budget(
    comparing: Compare, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last round has the time left after the others, not a budget of its own."""
    budgets: list[halving.Budget | None] = []

    def halve(
        recipes: Sequence[Recipe], *, budget: halving.Budget, photos: int, **_: object
    ) -> tuple[list[Recipe], int, list[halving.Rung]]:
        budgets.append(budget)
        return list(recipes), photos, []

    monkeypatch.setattr(selection, "halve", halve)
    monkeypatch.setattr(comparison, "_run_cells", lambda *arguments: budgets.append(arguments[-1]))
    comparing(budget=60.0)
    assert budgets[0]
    assert budgets[0] is budgets[1]


@pytest.mark.slow
def test_a_budget_drops_recipes_and_reports_them(
    comparing: Compare, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of four, two are kept; the page lists the others as dropped."""
    monkeypatch.setattr(halving, "FEWEST_PER_CLASS", 2)
    made = comparing('sharpening = ["none", "pixel_adaptive", "dense_crf", "superpixels"]\n',
                     budget=3600.0)
    assert len(made.rungs[0].kept) == 2
    assert len(made.rows) == 2
    page = (made.out / "compare.html").read_text(encoding="utf-8")
    assert page.count(">dropped<") == 2


@pytest.mark.parametrize("where", ["data", "full"])
def test_other_folders_are_refused(
    where: str, comparing: Compare, tiny_data: Path, tmp_path: Path
) -> None:
    """A folder inside the data set, and a folder with other files."""
    out = tiny_data / "out" if where == "data" else tmp_path / "full"
    if where == "full":
        out.mkdir()
        (out / "thesis.tex").touch()
    grid = tmp_path / "grid.toml"
    grid.write_text(GRID, encoding="utf-8")
    with pytest.raises(InputError, match="choose an"):
        compare(tiny_data, out, grid)


def test_the_command(
    command: Callable[..., Result], tiny_data: Path, tmp_path: Path
) -> None:
    """Writes the page; mistakes are reported in one sentence."""
    grid = tmp_path / "grid.toml"
    grid.write_text(GRID, encoding="utf-8")
    words = ("compare", tiny_data, "--out", tmp_path / "out", "--grid", grid, "-q")
    quick = [word for setting in LEAST for word in ("--set", setting)]
    done = command(*words, *quick)
    assert done.exit_code == 0, done.output
    assert "Best     " in done.output
    assert "compare.html" in done.output
    for option, value, message in (
        ("--budget", "soon", "is no time"), ("--shard", "3/2", "no part"),
    ):
        failed = command(*words, option, value)
        assert failed.exit_code == 2
        assert message in failed.output
