"""A comparison as a table: the arguments of the command, and a row per recipe."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import tag2mask
from tag2mask.comparison import comparison
from tag2mask.comparison.cells import Cell, Outcome
from tag2mask.comparison.comparison import Comparison, Plan
from tag2mask.comparison.grid import Recipe, read_grid, to_toml
from tag2mask.comparison.ledger import Row, Spread
from tag2mask.core.contracts import InputError
from tag2mask.data.dataset import Dataset
from tag2mask.run_folder.folder import RunFolder

GRID = {"strategy": ["plain", "seam"], "settings": {"classify": {"epochs": 4}}}


def recipe(number: int, name: str, *, problem: str = "") -> Recipe:
    """Make a recipe of one choice."""
    return Recipe(number, {"strategy": name}, (f"classify.strategy={name}",), problem)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Put a comparison that is done in the place of one that takes minutes."""
    calls: list[Any] = []
    weak, best, lost = recipe(0, "plain"), recipe(1, "seam"), recipe(2, "acol")

    def compare(data: object, out: str, grid: object, plan: Plan, **options: object) -> Comparison:
        calls.append((data, out, grid, plan, options))
        dataset = Dataset(root=Path("d"), layout="voc", classes=("cat",), photos=())
        made = Comparison(Path(out), dataset, plan, Path("grid.toml"), [weak, best, lost])
        made.rows = [
            Row(weak, {"network": Spread(40.0, 1.5, 2), "minutes": Spread(3.0, None, 2)}, {}),
            Row(best, {"network": Spread(45.0, 0.5, 2), "maps": Spread(30.0, 0.1, 2)}, {}),
        ]
        made.outcomes = [Outcome(Cell(lost, 0, RunFolder(Path(out))), problem="It is too slow.")]
        return made

    monkeypatch.setattr(comparison, "compare", compare)
    return calls


def test_rows_are_ordered_and_failures_come_last(asked: list[Any], tmp_path: Path) -> None:
    """With figures over seeds, the settings, and why one failed."""
    table = tag2mask.compare("photos", tmp_path, GRID)
    assert [row.recipe for row in table] == ["seam", "plain", "acol"]
    assert table.best == "seam"
    assert (table[0].network, table[0].deviation, table[0].maps) == (45.0, 0.5, 30.0)
    assert (table[1].minutes, table[1].maps, table[1].seeds) == (3.0, None, 2)
    assert (table[2].network, table[2].problem) == (None, "It is too slow.")
    assert table[1].settings == ("classify.strategy=plain",)
    assert table.page == tmp_path / "compare.html"
    assert "45" in table._repr_html_()
    ((data, out, grid, plan, options),) = asked
    assert (data, out, grid) == ("photos", tmp_path, GRID)
    assert plan == Plan()
    assert options["device"] == "auto"


def test_time_and_part_are_words_or_numbers(asked: list[Any], tmp_path: Path) -> None:
    """As on the command line, or as numbers."""
    tag2mask.compare("photos", tmp_path, GRID, budget="90m", shard="2/4", seeds=3)
    tag2mask.compare("photos", tmp_path, GRID, budget=5400.0, shard=(2, 4), seeds=3)
    first, second = (call[3] for call in asked)
    assert first == second == Plan(seeds=3, budget=5400.0, shard=(2, 4))
    with pytest.raises(InputError, match="is no time"):
        tag2mask.compare("photos", tmp_path, GRID, budget="soon")


def test_a_grid_is_a_dictionary_or_a_file_of_it(tmp_path: Path) -> None:
    """With the same recipes."""
    file = tmp_path / "grid.toml"
    file.write_text('strategy = ["plain", "seam"]\n[settings]\nclassify.epochs = 4\n',
                    encoding="utf-8")
    assert read_grid(GRID) == read_grid(file)
    file.write_text(to_toml(GRID), encoding="utf-8")
    assert read_grid(GRID) == read_grid(file)
    assert "classify.epochs=4" in read_grid(GRID)[0].overrides
    with pytest.raises(InputError, match='The grid has no choice called "strategi"'):
        read_grid({"strategi": ["plain"]})
