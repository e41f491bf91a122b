"""Put rows into tables: one protocol per table, or all in one with columns for the differences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tag2mask.comparison.ledger import Row
from tag2mask.comparison.protocol import CONDITIONS

MEASURES = {
    "labelled": "Labelled photos", "network": "Network", "bound": "Bound, oracle",
    "boundary": "Boundary IoU",
    "pseudo_masks": "Pseudo masks", "maps": "Maps", "pseudo_masks_oracle": "Pseudo masks, oracle",
    "maps_oracle": "Maps, oracle", "minutes": "Minutes", "memory": "GB",
}
"""Titles of the measures, in the order of the columns; mIoU or boundary IoU in per cent."""


@dataclass(frozen=True)
class Sheet:
    """Rows that can be compared, best first.

    Attributes:
        rows: rows of one protocol, or of several that differ in `differing`.
        protocol: the conditions that all rows have in common, in words.
        differing: the names of the conditions in which rows differ.
    """

    rows: Sequence[Row]
    protocol: Mapping[str, str]
    differing: Sequence[str] = ()


def make_sheets(rows: Sequence[Row], *, mix: bool = False) -> list[Sheet]:
    """Put the rows of each protocol into one table, the table of the best row first.

    Args:
        rows: the rows of all recipes.
        mix: put all rows into one table, with a column for each condition in which they differ.
    """
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in sorted(rows, key=_order):
        protocol = tuple(row.condition(name) for name in CONDITIONS)
        groups.setdefault(() if mix else protocol, []).append(row)
    return [_sheet(own) for own in groups.values()]


def measured(rows: Sequence[Row]) -> list[str]:
    """Return the names of the measures that any row has."""
    return [name for name in MEASURES if any(name in row.figures for row in rows)]


def leading(rows: Sequence[Row]) -> str:
    """Return the name of the measure that rows are ordered by; "" where none was measured."""
    return next((name for name in ("labelled", "network")
                 if any(name in row.figures for row in rows)), "")


def winner(rows: Sequence[Row]) -> Row | None:
    """Return the best recipe, one without outside help if there is any; None without a score."""
    name = leading(rows)
    known = [row for row in rows if name in row.figures]
    own = [row for row in known if not (row.protocol and row.protocol.outside_help)] or known
    return min(own, key=_order, default=None)


def near_best(rows: Sequence[Row], best: Row) -> int:
    """Count the other recipes within one standard deviation of the best, theirs or the best's."""
    name = leading(rows)
    top = best.figures[name]
    return sum(
        top.mean - figure.mean <= max(top.deviation or 0.0, figure.deviation or 0.0)
        for row in rows if row is not best and (figure := row.figures.get(name))
    )


def differences(rows: Sequence[Row]) -> list[str]:
    """Return the names of the conditions in which rows differ."""
    return [name for name in CONDITIONS if len({row.condition(name) for row in rows}) > 1]


def _sheet(rows: Sequence[Row]) -> Sheet:
    differing = differences(rows)
    common = {name: rows[0].condition(name) for name in CONDITIONS if name not in differing}
    return Sheet(rows, common if rows[0].protocol else {}, differing)


def _order(row: Row) -> tuple[float, int]:
    figure = row.figures.get("labelled") or row.figures.get("network")
    return (-figure.mean if figure else float("inf"), row.recipe.number)
