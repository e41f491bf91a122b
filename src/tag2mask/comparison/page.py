"""compare.html: one self-contained page about all recipes, for the person who has to choose."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from tag2mask import __version__
from tag2mask.comparison.drawings import heat_colour, pareto
from tag2mask.comparison.ledger import Row
from tag2mask.comparison.sheets import (
    MEASURES,
    Sheet,
    leading,
    measured,
    near_best,
    winner,
    written,
)
from tag2mask.comparison.strips import photo_strip
from tag2mask.comparison.tables import spread_words
from tag2mask.pages import templates, words

if TYPE_CHECKING:
    from tag2mask.comparison.comparison import Comparison

_PLACES = {"train": "training photos", "val": "held-out photos", "test": "test photos"}


def render(made: Comparison, sheets: Sequence[Sheet]) -> str:
    """Write the page."""
    template = templates.environment("tag2mask.comparison").get_template("compare.html")
    return template.render(_content(made, sheets))


def _content(made: Comparison, sheets: Sequence[Sheet]) -> dict[str, Any]:
    """Everything that the template shows, by name."""
    script = templates.resource("tag2mask.comparison", "compare.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    best, rows = winner(made.rows), [row for sheet in sheets for row in sheet.rows]
    return {
        "style": templates.style("tag2mask.comparison", "compare.css"), "kind": "comparison",
        "script": Markup(script), "script_hash": f"sha256-{digest}", "version": __version__,
        "name": made.dataset.root.resolve().name, "synthetic": made.dataset.synthetic,
        "recipes": len(made.recipes), "seeds": made.plan.seeds, "photos": made.plan.photos,
        "classes": made.dataset.classes, "best": best, "value": _value(best, made.rows),
        "lead": MEASURES.get(leading(made.rows), ""), "where": _where(best, made),
        "tiles": _tiles(made, best),
        "tables": [_table(sheet) for sheet in sheets],
        "pareto": pareto(rows, leading(rows)) if leading(rows) else "",
        "strip": photo_strip(made, rows), "heat": _heat(rows),
        "failed": [(o.cell.recipe.name, o.cell.seed, o.problem)
                   for o in made.outcomes if o.problem],
        "missing": [f"{cell.recipe.name}, seed {cell.seed}" for cell in made.missing],
        "rungs": _rungs(made), "budget": words.duration(made.plan.budget),
        "command": _command(made),
    }


def _value(best: Row | None, rows: Sequence[Row]) -> str:
    return f"{best.figures[leading(rows)].mean:.1f}" if best else ""


def _tiles(made: Comparison, best: Row | None) -> list[tuple[str, str]]:
    """A few numbers beside the headline, each with what it is."""
    ran = sum(not outcome.problem for outcome in made.outcomes)
    told = [(f"{ran:,}", "runs, a classifier and a network each")]
    if best is None:
        return told
    if made.plan.seeds > 1:
        told.append((f"{near_best(made.rows, best)}", "other recipes within its deviation"))
    told.append((words.duration(60 * best.figures["minutes"].mean), "is what the best one takes"))
    return told


def _where(best: Row | None, made: Comparison) -> str:
    """Say on which photos recipes were compared."""
    if best is None:
        return ""
    if leading(made.rows) == "labelled":
        return "photos whose masks were drawn for this comparison"
    split, images = best.protocol.get("split"), best.protocol.get("images")
    return f"{images} {_PLACES.get(str(split), 'photos')}"


def _table(sheet: Sheet) -> dict[str, Any]:
    names = measured(sheet.rows)
    choices = list(dict.fromkeys(name for row in sheet.rows for name in row.recipe.choices))
    return {
        "choices": choices, "heads": [(MEASURES[name], name) for name in names],
        "differing": [key.replace("_", " ") for key in sheet.differing],
        "protocol": [f"{key.replace('_', ' ')}: {value}" for key, value in sheet.protocol.items()],
        "rows": [
            {"choices": [row.recipe.choices[name] for name in choices] or [row.recipe.name],
             "figures": [_cell(row, name) for name in names],
             "differing": [written(row.protocol.get(key)) for key in sheet.differing]}
            for row in sheet.rows
        ],
    }


def _cell(row: Row, name: str) -> tuple[str, str]:
    """A figure in words, and as a number to sort by."""
    figure = row.figures.get(name)
    told = spread_words(figure)
    if name == "labelled" and row.interval:
        told += f" ({row.interval[0]:.0f} to {row.interval[1]:.0f})"
    return told, f"{figure.mean:.4f}" if figure else "-1"


def _heat(rows: Sequence[Row]) -> dict[str, Any] | None:
    """IoU by class under every recipe; None where nothing was measured."""
    told = [row for row in rows if row.classes]
    if not told:
        return None
    names = list(dict.fromkeys(name for row in told for name in row.classes))
    return {"classes": names, "rows": [
        (row.recipe.name, [(words.score(row.classes.get(name)),
                            heat_colour(row.classes.get(name))) for name in names])
        for row in told
    ]}


def _rungs(made: Comparison) -> list[dict[str, Any]]:
    names = {recipe.number: recipe.name for recipe in made.recipes}
    return [
        {"photos": rung.photos, "rows": [
            (names[number], "-" if score is None else f"{score:.1f}", number in rung.kept)
            for number, score in sorted(rung.scores.items(), key=lambda e: -(e[1] or -1.0))]}
        for rung in made.rungs
    ]


def _command(made: Comparison) -> str:
    plan = made.plan
    parts = [f"tag2mask compare {made.dataset.root} --out {made.out} --grid {made.grid}"]
    parts += [f"--seeds {plan.seeds}"] if plan.seeds > 1 else []
    parts += [f"--photos {plan.photos}"] if plan.photos else []
    parts += [f"--budget {plan.budget / 60:g}m"] if plan.budget else []
    return " ".join([*parts, *(f"--set {override}" for override in plan.overrides)])
