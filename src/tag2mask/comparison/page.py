"""Render compare.html: one self-contained page about all recipes, for selecting one."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence

from markupsafe import Markup

from tag2mask import __version__
from tag2mask.comparison.drawings import pareto
from tag2mask.comparison.ledger import Row
from tag2mask.comparison.page_tables import (
    explained_columns,
    heat_view,
    round_views,
    table_view,
)
from tag2mask.comparison.plan import Comparison
from tag2mask.comparison.sheets import Sheet, leading, near_best, winner
from tag2mask.comparison.strips import photo_strip
from tag2mask.pages import templates, words

_ROOM = "tag2mask.comparison"


def render(made: Comparison, sheets: Sequence[Sheet]) -> str:
    """Return the page as HTML."""
    script = templates.resource(_ROOM, "compare.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    best, rows = winner(made.rows), [row for sheet in sheets for row in sheet.rows]
    lead = leading(made.rows)
    return templates.environment(_ROOM).get_template("compare.html").render(
        style=templates.style(_ROOM, "compare.css"), kind="comparison", version=__version__,
        script=Markup(script), script_hash=f"sha256-{digest}",
        name=made.dataset.root.resolve().name, synthetic=made.dataset.synthetic,
        recipes=len(made.recipes), seeds=made.plan.seeds, photos=made.plan.photos,
        classes=made.dataset.classes, best=best, ordered_by=lead,
        value=f"{best.figures[lead].mean:.1f}" if best else "",
        where=_where(best, made), tiles=_tiles(made, best),
        tables=[table_view(sheet) for sheet in sheets],
        pareto=pareto(rows, lead) if lead else "",
        strip=photo_strip(made, rows), heat=heat_view(rows),
        explained=explained_columns(sheets), scored=bool(lead),
        failed=[outcome for outcome in made.outcomes if outcome.problem],
        missing=made.missing, rounds=round_views(made),
        budget=words.duration(made.plan.budget), command=_command(made),
    )


def _tiles(made: Comparison, best: Row | None) -> list[tuple[str, str]]:
    """Return the numbers next to the headline, each with its meaning."""
    done = sum(not outcome.problem for outcome in made.outcomes)
    tiles = [(f"{done:,}", "run finished" if done == 1 else "runs finished")]
    if best is None:
        return tiles
    if made.plan.seeds > 1:
        near = near_best(made.rows, best)
        noun = "other recipe" if near == 1 else "other recipes"
        tiles.append((f"{near}", f"{noun} within one standard deviation of the best"))
    minutes = best.figures["minutes"].mean
    tiles.append((words.duration(60 * minutes), "training time of the best recipe"))
    return tiles


def _where(best: Row | None, made: Comparison) -> str:
    """Return in words which photos the recipes were compared on."""
    if leading(made.rows) == "labelled":
        return "the photos whose masks were drawn for this comparison"
    protocol = best and best.protocol
    return f"{protocol.images} {words.SPLITS[protocol.split]}" if protocol else ""


def _command(made: Comparison) -> str:
    plan = made.plan
    parts = [f"tag2mask compare {made.dataset.root} --out {made.out} --grid {made.grid}"]
    parts += [f"--seeds {plan.seeds}"] if plan.seeds > 1 else []
    parts += [f"--photos {plan.photos}"] if plan.photos else []
    parts += [f"--budget {plan.budget / 60:g}m"] if plan.budget else []
    return " ".join([*parts, *(f"--set {override}" for override in plan.overrides)])
