"""Recipes side by side on a tiny data set: shared, resumed, failing, asked about."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tiny_runs import QUICK, trace_quickly, write_class_folders, write_tags_csv
from typer.testing import Result

from tag2mask import pipeline
from tag2mask.comparison import comparison, halving
from tag2mask.comparison.cells import Cell
from tag2mask.comparison.comparison import Comparison, Plan, _mine, compare
from tag2mask.comparison.grid import Recipe
from tag2mask.core.contracts import InputError
from tag2mask.pipeline.config import load_config
from tag2mask.prediction import export
from tag2mask.run_folder.artifacts import RunFolder
from tag2mask.stages.segment import run as segment

Compare = Callable[..., Comparison]

GRID = 'sharpening = ["none", "pixel_adaptive"]\n'
LEAST = (
    *QUICK, "classify.epochs=1", "segment.epochs=1", "activate.scales=1", "activate.flip=false",
)
"""What is compared need not be good."""


@pytest.fixture
def comparing(tiny_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Compare:
    """Compare quickly: the text of a grid, what of the plan is other, and perhaps other data."""
    monkeypatch.setattr(export, "_trace", trace_quickly)

    def run(text: str = GRID, *, data: Path = tiny_data, **plan: object) -> Comparison:
        grid = tmp_path / "grid.toml"
        grid.write_text(text, encoding="utf-8")
        return compare(data, tmp_path / "out", grid,
                       Plan(overrides=LEAST, **plan))  # type: ignore[arg-type]

    return run


def test_recipes_share_what_is_the_same_and_leave_all_that_is_told(
    comparing: Compare, tmp_path: Path
) -> None:
    """One classifier and its maps for two ways to sharpen; page, tables and winner's settings."""
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
    assert page.count("pixel_<wbr>adaptive") == 2  # where names may break: in the strip and the map
    told = json.loads((out / "compare.json").read_text())
    assert len(told["cells"]) == 2
    best = next(o.cell for o in made.outcomes if o.cell.recipe.name == told["best"])
    assert load_config(out / "best.toml") == load_config(None, best.recipe.overrides)
    assert not (best.run.segmenter / "model.onnx").exists()


def test_a_cpu_with_bfloat16_needs_no_exported_network(
    comparing: Compare, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A comparison exports none, so there is nothing to hold bfloat16 against."""
    monkeypatch.setattr(segment, "bfloat16_runtimes", lambda: ("torch_bfloat16",))
    made = comparing('sharpening = ["none"]\n')
    assert [outcome.problem for outcome in made.outcomes] == [""]


def test_an_unfinished_comparison_goes_on(
    comparing: Compare, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What is done stays as it is; what was stopped within a cell is finished."""
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
    """Why it failed stands on the page; the traceback lies in its folder; it is tried again."""
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


def test_a_full_disk_stops_all(comparing: Compare, monkeypatch: pytest.MonkeyPatch) -> None:
    """No other cell would fare better."""
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pipeline, "run", full)
    with pytest.raises(OSError, match="No space left"):
        comparing()


@pytest.mark.slow
def test_shards_make_a_whole(comparing: Compare) -> None:
    """The last one to end tells of all."""
    grid = 'strategy = ["plain", "hide_and_seek"]\n'
    first = comparing(grid, shard=(1, 2))
    assert [o.cell.recipe.choices["strategy"] for o in first.outcomes] == ["plain"]
    assert len(first.missing) == 1
    assert "Not run" in (first.out / "compare.html").read_text(encoding="utf-8")
    second = comparing(grid, shard=(2, 2))
    assert len(second.outcomes) == 2
    assert not second.missing


def test_recipes_of_one_classifier_stay_in_one_part(tmp_path: Path) -> None:
    """Whichever part it is; every cell belongs to one."""
    recipes = [Recipe(n, {}, (f"classify.strategy={strategy}", f"sharpen.steps={steps}"))
               for n, (strategy, steps) in enumerate(
                   [(a, b) for a in ("plain", "mixup", "mdc") for b in ("none", "dense_crf")])]
    cells = [(Cell(recipe, seed, RunFolder(tmp_path)), None) for seed in (0, 1)
             for recipe in recipes]
    parts = [_mine(cells, (part, 4)) for part in (1, 2, 3, 4)]
    assert [sum(owners) for owners in zip(*parts, strict=True)] == [1] * 12
    assert all(own[n] == own[n + 1] for own in parts for n in range(0, 12, 2))


def test_a_slow_recipes_seeds_are_shared_out(tmp_path: Path) -> None:
    """Two strategies for two parts: neither part has one of them alone."""
    recipes = [Recipe(n, {}, (f"classify.strategy={name}",))
               for n, name in enumerate(("plain", "seam"))]
    cells = [(Cell(recipe, seed, RunFolder(tmp_path)), None) for seed in (0, 1, 2, 3)
             for recipe in recipes]
    own = _mine(cells, (1, 2))
    assert sum(own[::2]) == sum(own[1::2]) == 2


def test_without_masks_nobody_wins_until_some_are_drawn(
    comparing: Compare, tmp_path: Path
) -> None:
    """Photos are asked for; with their masks there is a winner and how sure it is."""
    data = write_tags_csv(tmp_path / "bare", masks=False)
    made = comparing(data=data, label=3)
    assert not (made.out / "best.toml").exists()
    assert "Nothing could be measured" in (made.out / "compare.html").read_text(encoding="utf-8")
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


def test_a_budget_without_masks_is_refused(comparing: Compare, tmp_path: Path) -> None:
    """Nothing says what to drop."""
    data = write_class_folders(tmp_path / "folders")
    with pytest.raises(InputError, match="no photo has a mask"):
        comparing(data=data, budget=60.0)


def test_all_rounds_spend_one_budget(
    comparing: Compare, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is left after the rounds is what the last one has, not as much again."""
    seen: list[halving.Budget | None] = []

    def halve(
        recipes: Sequence[Recipe], *, budget: halving.Budget, photos: int, **_: object
    ) -> tuple[list[Recipe], int, list[halving.Rung]]:
        seen.append(budget)
        return list(recipes), photos, []

    monkeypatch.setattr(comparison, "halve", halve)
    monkeypatch.setattr(comparison, "_run_all", lambda *arguments: seen.append(arguments[-1]))
    comparing(budget=60.0)
    assert seen[0]
    assert seen[0] is seen[1]


@pytest.mark.slow
def test_a_budget_drops_recipes_and_says_which(
    comparing: Compare, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of four, two go on; the others stand on the page as dropped."""
    monkeypatch.setattr(halving, "FEWEST_PER_CLASS", 2)
    made = comparing('sharpening = ["none", "pixel_adaptive", "dense_crf", "superpixels"]\n',
                     budget=3600.0)
    assert len(made.rungs[0].kept) == 2
    assert len(made.rows) == 2
    page = (made.out / "compare.html").read_text(encoding="utf-8")
    assert page.count(">dropped<") == 2


@pytest.mark.parametrize("where", ["data", "full"])
def test_other_folders_are_left_alone(
    where: str, comparing: Compare, tiny_data: Path, tmp_path: Path
) -> None:
    """Neither among the photos nor among files of something else."""
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
    """From words to a page; mistakes in one sentence."""
    grid = tmp_path / "grid.toml"
    grid.write_text(GRID, encoding="utf-8")
    words = ("compare", tiny_data, "--out", tmp_path / "out", "--grid", grid, "-q")
    quick = [word for setting in LEAST for word in ("--set", setting)]
    done = command(*words, *quick)
    assert done.exit_code == 0, done.output
    assert "Best     " in done.output
    assert "compare.html" in done.output
    for option, value, told in (("--budget", "soon", "is no time"), ("--shard", "3/2", "no part")):
        failed = command(*words, option, value)
        assert failed.exit_code == 2
        assert told in failed.output
