"""What a comparison leaves: tables, the page, the winner's settings."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from tag2mask import __version__
from tag2mask.comparison.page import render
from tag2mask.comparison.sheets import leading, make_sheets, winner
from tag2mask.comparison.tables import to_csv, to_latex, to_markdown
from tag2mask.core.files import write_text
from tag2mask.core.settings import to_toml
from tag2mask.pipeline.config import load_config
from tag2mask.run_folder.artifacts import write_json

if TYPE_CHECKING:
    from tag2mask.comparison.comparison import Comparison


def write_results(made: Comparison) -> None:
    """Write compare.html, .csv, .md, .tex and .json, and best.toml where there is a best one."""
    sheets, out = make_sheets(made.rows, mix=made.plan.mix), made.out
    write_text(out / "compare.csv", to_csv(sheets))
    write_text(out / "compare.md", "\n".join(to_markdown(sheet) for sheet in sheets))
    write_text(out / "compare.tex", "\n".join(to_latex(sheet) for sheet in sheets))
    write_json(out / "compare.json", _ledger(made))
    if best := winner(made.rows):
        first = next(o for o in made.outcomes
                     if o.cell.recipe.number == best.recipe.number and not o.problem)
        settings = [*best.recipe.overrides, f"seed={first.cell.seed}"]
        write_text(out / "best.toml", to_toml(load_config(None, settings)))
    write_text(out / "compare.html", render(made, sheets))


def _ledger(made: Comparison) -> dict[str, Any]:
    """All that was measured, for programs."""
    best = winner(made.rows)
    return {
        "version": __version__, "data": str(made.dataset.root), "grid": str(made.grid),
        "plan": asdict(made.plan) | {"overrides": list(made.plan.overrides)},
        "ordered_by": leading(made.rows), "best": best.recipe.name if best else None,
        "recipes": [
            {"name": row.recipe.name, "choices": dict(row.recipe.choices),
             "settings": list(row.recipe.overrides), "protocol": dict(row.protocol),
             "classes": dict(row.classes), "interval": row.interval,
             "figures": {name: asdict(figure) for name, figure in row.figures.items()}}
            for row in made.rows
        ],
        "cells": [
            {"recipe": o.cell.recipe.name, "seed": o.cell.seed, "problem": o.problem,
             "run": str(o.cell.run.root.relative_to(made.out))}
            for o in made.outcomes
        ],
        "rounds": [asdict(rung) for rung in made.rungs],
        "not_run": [f"{cell.recipe.name}, seed {cell.seed}" for cell in made.missing],
    }
