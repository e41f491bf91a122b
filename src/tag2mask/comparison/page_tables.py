"""The tables of compare.html, in words: results, IoU by class, and rounds of a budget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tag2mask.comparison.drawings import heat_colour
from tag2mask.comparison.ledger import Row
from tag2mask.comparison.plan import Comparison
from tag2mask.comparison.sheets import MEASURES, Sheet, measured
from tag2mask.comparison.tables import choices_of, spread_words
from tag2mask.pages import words


@dataclass(frozen=True)
class LineView:
    """One recipe in a table of results."""

    choices: Sequence[str]
    figures: Sequence[tuple[str, str]]
    """Each in words, and as a number to sort by."""
    differing: Sequence[str]


@dataclass(frozen=True)
class TableView:
    """A table of results."""

    choices: Sequence[str]
    heads: Sequence[tuple[str, str]]
    """Title and name of each measure."""
    differing: Sequence[str]
    protocol: Sequence[str]
    lines: Sequence[LineView]


@dataclass(frozen=True)
class HeatView:
    """IoU of each class under each recipe."""

    classes: Sequence[str]
    lines: Sequence[tuple[str, Sequence[tuple[str, str]]]]
    """Recipe, and for each class the score and its colours as CSS."""


@dataclass(frozen=True)
class RoundView:
    """One round of successive halving."""

    photos: int
    lines: Sequence[tuple[str, str, bool]]
    """Recipe, score, and whether it was kept; best first."""


_EXPLAINED = (
    ("Network", "the segmentation network, which predicts from the photo alone", ("network",)),
    ("Pseudo masks", "on training photos with known tags, at the mask-free threshold",
     ("pseudo_masks",)),
    ("Maps", "on training photos with known tags, at the mask-free threshold", ("maps",)),
    ("Oracle", "at the best threshold, which can only be found with true masks",
     ("pseudo_masks_oracle", "maps_oracle")),
    ("Labelled photos", "the network on the photos whose masks were drawn for this comparison",
     ("labelled",)),
    ("Minutes", "the training time of the recipe alone", ("minutes",)),
    ("GB", "the largest amount of memory in use", ("memory",)),
)


def explained_columns(sheets: Sequence[Sheet]) -> list[tuple[str, str]]:
    """Return titles and explanations of the columns that the tables have."""
    shown = {name for sheet in sheets for name in measured(sheet.rows)}
    return [(title, says) for title, says, names in _EXPLAINED if shown.intersection(names)]


def table_view(sheet: Sheet) -> TableView:
    """Return a sheet in words."""
    names, choices = measured(sheet.rows), choices_of(sheet.rows)
    return TableView(
        choices=choices, heads=[(MEASURES[name], name) for name in names],
        differing=[name.replace("_", " ") for name in sheet.differing],
        protocol=[f"{name.replace('_', ' ')}: {value}" for name, value in sheet.protocol.items()],
        lines=[LineView(
            choices=[row.recipe.choices[name] for name in choices] or [row.recipe.name],
            figures=[_figure(row, name) for name in names],
            differing=[row.condition(name) for name in sheet.differing],
        ) for row in sheet.rows],
    )


def heat_view(rows: Sequence[Row]) -> HeatView | None:
    """Return the IoU by class of every recipe; None where nothing was measured."""
    known = [row for row in rows if row.classes]
    names = list(dict.fromkeys(name for row in known for name in row.classes))
    return HeatView(names, [
        (row.recipe.name, [(words.score(row.classes.get(name)),
                            heat_colour(row.classes.get(name))) for name in names])
        for row in known
    ]) if known else None


def round_views(made: Comparison) -> list[RoundView]:
    """Return the rounds in which recipes were dropped."""
    names = {recipe.number: recipe.name for recipe in made.recipes}
    return [
        RoundView(rung.photos, [
            (names[number], "-" if score is None else f"{score:.1f}", number in rung.kept)
            for number, score in sorted(rung.scores.items(), key=lambda e: -(e[1] or -1.0))])
        for rung in made.rungs
    ]


def _figure(row: Row, name: str) -> tuple[str, str]:
    figure = row.figures.get(name)
    text = spread_words(figure)
    if name == "labelled" and row.interval:
        text += f" ({row.interval[0]:.0f} to {row.interval[1]:.0f})"
    return text, f"{figure.mean:.4f}" if figure else "-1"
