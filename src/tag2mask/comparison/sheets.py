"""Rows in tables: never two protocols in one, unless asked, and then the difference is a column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tag2mask.comparison.ledger import PROTOCOL, Row

MEASURES = {
    "labelled": "Labelled photos", "network": "Network", "boundary": "Its edges",
    "pseudo_masks": "Pseudo masks", "maps": "Maps", "pseudo_masks_oracle": "Pseudo masks, oracle",
    "maps_oracle": "Maps, oracle", "minutes": "Minutes", "memory": "GB",
}
"""What a table shows, in this order, of what was measured; mIoU or boundary IoU of 100."""


@dataclass(frozen=True)
class Sheet:
    """Rows that may be compared, best first.

    Attributes:
        rows: of one protocol, or of several that are told in `differing`.
        protocol: what all rows have in common.
        differing: protocol fields in which they differ.
    """

    rows: Sequence[Row]
    protocol: Mapping[str, str]
    differing: Sequence[str] = ()


def make_sheets(rows: Sequence[Row], *, mix: bool = False) -> list[Sheet]:
    """Put rows of one protocol into one table each, the table of the best row first.

    Args:
        rows: of all recipes.
        mix: put all into one table, with a column for each field in which they differ.
    """
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in sorted(rows, key=_order):
        told = tuple(_told(row, key) for key in PROTOCOL)
        groups.setdefault(() if mix else told, []).append(row)
    return [_sheet(own) for own in groups.values()]


def measured(rows: Sequence[Row]) -> list[str]:
    """Name the measures that any row has."""
    return [name for name in MEASURES if any(name in row.figures for row in rows)]


def leading(rows: Sequence[Row]) -> str:
    """Name the measure that rows are ordered by; "" where nothing was measured."""
    return next((name for name in ("labelled", "network")
                 if any(name in row.figures for row in rows)), "")


def winner(rows: Sequence[Row]) -> Row | None:
    """Give the best recipe, one without outside help if there is any; None without a measure."""
    name = leading(rows)
    known = [row for row in rows if name in row.figures]
    own = [row for row in known if not row.protocol.get("outside_help")] or known
    return min(own, key=_order, default=None)


def near_best(rows: Sequence[Row], best: Row) -> int:
    """Count the other recipes that lie within the deviation over seeds, theirs or the best's."""
    name = leading(rows)
    top = best.figures[name]
    return sum(
        top.mean - figure.mean <= max(top.deviation or 0.0, figure.deviation or 0.0)
        for row in rows if row is not best and (figure := row.figures.get(name))
    )


def differences(rows: Sequence[Row]) -> list[str]:
    """Name the protocol fields in which rows differ."""
    return [key for key in PROTOCOL if len({_told(row, key) for row in rows}) > 1]


def written(value: object) -> str:
    """Write a protocol field in words."""
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "unknown" if value is None else str(value)


def _sheet(rows: Sequence[Row]) -> Sheet:
    differing = differences(rows)
    common = {key: _told(rows[0], key) for key in PROTOCOL if key not in differing}
    return Sheet(rows, common if rows[0].protocol else {}, differing)


def _told(row: Row, key: str) -> str:
    return written(row.protocol.get(key)) if row.protocol else ""


def _order(row: Row) -> tuple[float, int]:
    figure = row.figures.get("labelled") or row.figures.get("network")
    return (-figure.mean if figure else float("inf"), row.recipe.number)
