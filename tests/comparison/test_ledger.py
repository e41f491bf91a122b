"""Rows of a comparison: which figures of a cell stand in them."""

from __future__ import annotations

from pathlib import Path

import pytest
from invented_records import figure, metrics

from tag2mask.comparison.cells import Cell, Outcome
from tag2mask.comparison.grid import Recipe
from tag2mask.comparison.ledger import headline_of, make_row
from tag2mask.comparison.sheets import make_sheets
from tag2mask.comparison.tables import to_markdown
from tag2mask.pages import words
from tag2mask.run_folder.folder import RunFolder


def test_the_bound_stands_beside_the_network_and_is_never_compared_by(tmp_path: Path) -> None:
    """It is the mean over the seeds, too, of the photos that the network is scored on."""
    recipe, outcomes = Recipe(0, {"strategy": "plain"}, ()), []
    for seed, (network, bound) in enumerate([(0.40, 0.59), (0.42, 0.61)]):
        figures = (figure("network", "val", network),
                   figure(words.BOUND, "val", bound, oracle=True),
                   figure(words.BOUND, "test", 0.9, oracle=True))
        cell = Cell(recipe, seed, RunFolder(tmp_path / str(seed)))
        outcomes.append(Outcome(cell, metrics(figures=figures)))
    assert headline_of(outcomes) == ("network", "val")
    row = make_row(recipe, outcomes, headline_of(outcomes))
    assert row.figures["network"].mean == pytest.approx(41)
    assert row.figures["bound"].mean == pytest.approx(60)
    [sheet] = make_sheets([row])
    assert "| Network | Bound, oracle |" in to_markdown(sheet)
