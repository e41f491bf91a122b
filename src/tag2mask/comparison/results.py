"""Write the files of a comparison: tables, the page, and the settings of the best recipe."""

from __future__ import annotations

from tag2mask.comparison.json_form import json_form
from tag2mask.comparison.page import render
from tag2mask.comparison.plan import Comparison
from tag2mask.comparison.sheets import make_sheets, winner
from tag2mask.comparison.tables import to_csv, to_latex, to_markdown
from tag2mask.core.files import write_text
from tag2mask.core.json_fields import to_json
from tag2mask.core.json_records import write_json
from tag2mask.core.settings import to_toml
from tag2mask.pipeline.config import load_config


def write_results(made: Comparison) -> None:
    """Write compare.html, .csv, .md, .tex and .json, and best.toml if any recipe has a score."""
    sheets, out = make_sheets(made.rows, mix=made.plan.mix), made.out
    write_text(out / "compare.csv", to_csv(sheets))
    write_text(out / "compare.md", "\n".join(to_markdown(sheet) for sheet in sheets))
    write_text(out / "compare.tex", "\n".join(to_latex(sheet) for sheet in sheets))
    write_json(out / "compare.json", to_json(json_form(made)))
    if best := winner(made.rows):
        first = next(o for o in made.outcomes
                     if o.cell.recipe.number == best.recipe.number and not o.problem)
        settings = [*best.recipe.overrides, f"seed={first.cell.seed}"]
        write_text(out / "best.toml", to_toml(load_config(None, settings)))
    write_text(made.page, render(made, sheets))
