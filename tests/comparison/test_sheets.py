"""Tables: one protocol each, best first, and what they look like in three formats."""

from __future__ import annotations

import csv
import io

import pytest

from tag2mask.comparison.grid import Recipe
from tag2mask.comparison.ledger import Row, Spread
from tag2mask.comparison.sheets import Sheet, differences, make_sheets, near_best, winner
from tag2mask.comparison.tables import to_csv, to_latex, to_markdown

BASE = {"split": "val", "images": 60, "tags": "predicted", "oracle": False, "pretraining": "A",
        "outside_help": [], "scales": [1.0], "flip": False}


def row(number: int, name: str, network: float | None, **protocol: object) -> Row:
    """Make a row of one measure, over three seeds."""
    figures = {} if network is None else {"network": Spread(network, 0.5, 3)}
    return Row(Recipe(number, {"strategy": name}, ()), figures | {"minutes": Spread(2.0, None, 1)},
               BASE | protocol)


ROWS = [row(0, "plain", 40.0), row(1, "a_b", 42.5), row(2, "help", 60.0, outside_help=["SAM"])]


def test_protocols_are_kept_apart_and_the_best_comes_first() -> None:
    """The table of the best row first; each says what its rows have in common."""
    sheets = make_sheets(ROWS)
    assert [[r.recipe.name for r in sheet.rows] for sheet in sheets] == [["help"], ["a_b", "plain"]]
    assert sheets[0].protocol["outside_help"] == "SAM"
    assert sheets[1].protocol["outside_help"] == "none"
    assert not sheets[1].differing


def test_mixing_tells_the_difference_in_a_column() -> None:
    """Only if asked for."""
    sheet, = make_sheets(ROWS, mix=True)
    assert differences(ROWS) == ["outside_help"]
    assert "| help | 60.0 ± 0.5 | 2.0 | SAM |" in to_markdown(sheet)
    assert "outside help:" not in to_markdown(sheet)


def test_the_winner_has_no_outside_help() -> None:
    """Unless all have; nobody wins where nothing was measured."""
    best = winner(ROWS)
    assert best
    assert best.recipe.name == "a_b"
    assert winner(ROWS[2:]) is ROWS[2]
    assert winner([row(0, "plain", None)]) is None


def test_recipes_as_good_as_the_best_are_counted() -> None:
    """Those that the deviation over seeds does not tell from it."""
    rows = [row(0, "a", 40.0), row(1, "b", 39.6), row(2, "c", 39.4), row(3, "d", None)]
    assert near_best(rows, rows[0]) == 1


def test_photos_labelled_for_this_come_before_anything() -> None:
    """They are what the user was asked for."""
    labelled = Row(ROWS[0].recipe, {"labelled": Spread(10.0, None, 1)}, BASE)
    best = winner([labelled, ROWS[1]])
    assert best
    assert best.recipe.name == "plain"


def test_a_markdown_table_has_its_protocol_below() -> None:
    """And no bar of a name breaks it."""
    told = to_markdown(Sheet([row(0, "a|b", 1.0)], {"split": "val"}))
    assert r"| a\|b | 1.0 ± 0.5 | 2.0 |" in told
    assert told.endswith("The same for every row: split: val.\n")


def test_latex_is_escaped() -> None:
    """Underscores and percent signs are TeX's own."""
    told = to_latex(make_sheets(ROWS)[1])
    assert r"a\_b & 42.5 $\pm$ 0.5 & 2.0 \\" in told
    assert told.count(r"\\") == 3


def test_csv_keeps_every_number_and_the_protocol() -> None:
    """For programs: one row per recipe, all tables."""
    rows = list(csv.DictReader(io.StringIO(to_csv(make_sheets(ROWS)))))
    assert [r["strategy"] for r in rows] == ["help", "a_b", "plain"]
    assert float(rows[1]["network"]) == pytest.approx(42.5)
    assert rows[1]["network_seeds"] == "3"
    assert rows[0]["outside_help"] == "SAM"
