"""Tables: one protocol each, best first, in three formats."""

from __future__ import annotations

import csv
import io

import pytest

from tag2mask.comparison.grid import Recipe
from tag2mask.comparison.ledger import Row, Spread
from tag2mask.comparison.page_tables import explained_columns
from tag2mask.comparison.protocol import RowProtocol
from tag2mask.comparison.sheets import Sheet, differences, make_sheets, near_best, winner
from tag2mask.comparison.tables import to_csv, to_latex, to_markdown

BASE = {"split": "val", "images": 60, "tags": "predicted", "oracle": False, "pretraining": "A",
        "outside_help": (), "scales": (1.0,), "flip": False}


def row(number: int, name: str, network: float | None, **protocol: object) -> Row:
    """Make a row with one figure over three seeds."""
    figures = {} if network is None else {"network": Spread(network, 0.5, 3)}
    return Row(Recipe(number, {"strategy": name}, ()), figures | {"minutes": Spread(2.0, None, 1)},
               RowProtocol(**BASE | protocol))  # type: ignore[arg-type]


ROWS = [row(0, "plain", 40.0), row(1, "a_b", 42.5), row(2, "help", 60.0, outside_help=("SAM",))]


def test_protocols_have_separate_tables_and_the_best_comes_first() -> None:
    """The table of the best row first; each with the conditions that its rows share."""
    sheets = make_sheets(ROWS)
    assert [[r.recipe.name for r in sheet.rows] for sheet in sheets] == [["help"], ["a_b", "plain"]]
    assert sheets[0].protocol["outside_help"] == "SAM"
    assert sheets[1].protocol["outside_help"] == "none"
    assert not sheets[1].differing


def test_mixing_adds_a_column_for_the_difference() -> None:
    """Only if requested."""
    sheet, = make_sheets(ROWS, mix=True)
    assert differences(ROWS) == ["outside_help"]
    assert "| help | 60.0 ± 0.5 | 2.0 | SAM |" in to_markdown(sheet)
    assert "outside help:" not in to_markdown(sheet)


def test_the_winner_has_no_outside_help() -> None:
    """Unless all have; without a score there is no winner."""
    best = winner(ROWS)
    assert best
    assert best.recipe.name == "a_b"
    assert winner(ROWS[2:]) is ROWS[2]
    assert winner([row(0, "plain", None)]) is None


def test_recipes_as_good_as_the_best_are_counted() -> None:
    """Those within one standard deviation of it."""
    rows = [row(0, "a", 40.0), row(1, "b", 39.6), row(2, "c", 39.4), row(3, "d", None)]
    assert near_best(rows, rows[0]) == 1


def test_photos_labelled_for_this_come_before_anything() -> None:
    """They decide the order where any exist."""
    labelled = Row(ROWS[0].recipe, {"labelled": Spread(10.0, None, 1)}, ROWS[0].protocol)
    best = winner([labelled, ROWS[1]])
    assert best
    assert best.recipe.name == "plain"


def test_a_markdown_table_has_its_protocol_below() -> None:
    """A bar in a name is escaped."""
    table = to_markdown(Sheet([row(0, "a|b", 1.0)], {"split": "val"}))
    assert r"| a\|b | 1.0 ± 0.5 | 2.0 |" in table
    assert table.endswith("The same for every row: split: val.\n")


def test_latex_is_escaped() -> None:
    """Underscores and percent signs have a meaning in TeX."""
    table = to_latex(make_sheets(ROWS)[1])
    assert r"a\_b & 42.5 $\pm$ 0.5 & 2.0 \\" in table
    assert table.count(r"\\") == 3


def test_csv_keeps_every_number_and_the_protocol() -> None:
    """One row per recipe, all tables."""
    rows = list(csv.DictReader(io.StringIO(to_csv(make_sheets(ROWS)))))
    assert [r["strategy"] for r in rows] == ["help", "a_b", "plain"]
    assert float(rows[1]["network"]) == pytest.approx(42.5)
    assert rows[1]["network_seeds"] == "3"
    assert rows[0]["outside_help"] == "SAM"


def test_only_columns_that_are_there_are_explained() -> None:
    """Without masks nothing is scored, and the page does not speak of scores."""
    assert [title for title, _ in explained_columns(make_sheets(ROWS))] == ["Network", "Minutes"]
    bare = make_sheets([row(0, "plain", None), row(1, "a_b", None)])
    assert [title for title, _ in explained_columns(bare)] == ["Minutes"]
