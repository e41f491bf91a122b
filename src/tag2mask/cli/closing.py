"""Closing messages of commands, which list the results and their locations."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tag2mask.core.wording import plural
from tag2mask.data.dataset import Problem
from tag2mask.pages.words import score
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.records import Metrics, read_metrics
from tag2mask.stages.report import bound_section
from tag2mask.stages.report.findings import HELD_OUT, figure_of, find, headline
from tag2mask.stages.report.trust_section import least_trusted

if TYPE_CHECKING:
    from tag2mask.comparison.plan import Comparison

_MOST_SHOWN = 10
_MOST_DOUBTED = 3
_WORTH_TAGGING = 0.01
"""Gain in mIoU by the tags of new photos that is worth a line."""


def closing_lines(run: RunFolder, before: str = "") -> list[str]:
    """List the paths of masks, network, figures and report of a run, and what to check first.

    Args:
        run: a finished run.
        before: headline figure of the run that it replaced, which is listed if it differs.
    """
    metrics = read_metrics(run)
    return [
        f"Masks    {_masks(run)}; for other programs: "
        f"tag2mask export {run.root} --format coco --out DIR",
        f"Network  {run.segmenter}; for new photos: "
        f"tag2mask predict PHOTOS --run {run.root} --out DIR",
        f"Figures  {_figures(run, metrics)}",
        *([f"Before   {before}"] if before and before != figure_of(run) else []),
        *_with_tags(metrics),
        *_look_first(run),
        f"Report   {run.report}",
    ]


def _masks(run: RunFolder) -> str:
    """Count the final masks, or the pseudo masks of a run that was evaluated before there were."""
    kind, folder = ("final", run.final) if run.final.is_dir() else ("pseudo", run.root / "masks")
    masks = sum(name.endswith(".png") for _, _, names in os.walk(folder) for name in names)
    return f"{masks:,} {kind} {plural(masks, 'mask')} in {folder}"


def _with_tags(metrics: Metrics) -> list[str]:
    """Say what the network gains from the tags of new photos, if that is a point or more."""
    alone, among = (find(metrics, what, HELD_OUT) for what in ("network", "network_tags"))
    if not (alone and among) or (among.miou or 0) < (alone.miou or 0) + _WORTH_TAGGING:
        return []
    return [f"Tagged   {score(among.miou)} where new photos have tags too: predict with "
            "--tags given"]


def comparison_lines(made: Comparison) -> list[str]:
    """Describe the best recipe and the failures of a comparison, and the path of its report."""
    from tag2mask.comparison.sheets import leading, winner
    from tag2mask.comparison.tables import spread_words

    failed = sum(1 for outcome in made.outcomes if outcome.problem)
    lines = [f"Failed   {failed} of {len(made.outcomes)} runs; the page says why"] if failed else []
    lines += [f"Not run  {len(made.missing)}; the same command goes on"] if made.missing else []
    if best := winner(made.rows):
        figure = spread_words(best.figures[leading(made.rows)])
        lines.append(f"Best     {best.recipe.name}: {figure} mean IoU; settings in "
                     f"{made.out / 'best.toml'}")
    else:
        lines.append("Best     nobody knows without masks; --label 20 says which photos to draw")
    if made.plan.label:
        lines.append(f"Masks    wanted of the photos in {made.out / 'label' / 'list.csv'}; see "
                     f"{made.out / 'label' / 'HOWTO.txt'}")
    return [*lines, f"Page     {made.out / 'compare.html'}"]


def prediction_lines(out: Path, written: int, left_out: Sequence[Problem]) -> list[str]:
    """Describe the results of `predict`, and the photos that could not be read."""
    noun = "mask" if written == 1 else "masks"
    return [*_left_out(left_out), f"{written:,} {noun} in {out / 'masks'}, pictures of them in "
                   f"{out / 'overlays'}, classes and shares in {out / 'predictions.csv'}"]


def explanation_lines(
    inputs: Sequence[Path], out: Path, written: int, left_out: Sequence[Problem]
) -> list[str]:
    """Describe the results of `explain`: a picture, or a folder of them."""
    if out.is_dir():
        noun = "photo" if written == 1 else "photos"
        return [*_left_out(left_out), f"Maps of {written:,} {noun} in {out}"]
    return [f"Maps of {inputs[0].name} in {out}"]


def _left_out(left_out: Sequence[Problem]) -> list[str]:
    lines = [f"Left out {lost.photo}: {lost.why}" for lost in left_out[:_MOST_SHOWN]]
    if len(left_out) > _MOST_SHOWN:
        lines.append(f"Left out {len(left_out) - _MOST_SHOWN:,} more.")
    return lines


def _look_first(run: RunFolder) -> list[str]:
    """Name the photos whose masks have the lowest trust, if trust was computed."""
    names = [name for name, _ in least_trusted(run)[:_MOST_DOUBTED]]
    return [f"Look at  {', '.join(names)} first; the rest, lowest trust first, in {run.trust}"
            ] if names else []


def _figures(run: RunFolder, metrics: Metrics) -> str:
    """Return the headline figure with its protocol, which is needed to interpret it."""
    top = headline(metrics)
    if top is None:
        return f"none could be measured; see {run.metrics}"
    synthetic = ["synthetic photos"] if metrics.data and metrics.data.synthetic else []
    seed = [] if metrics.seed is None else [f"seed {metrics.seed}"]
    bound = bound_section.of_bound(metrics) if top.kind == "network" else ""
    oracle = ["its bound is an oracle, trained on true masks"] if bound else []
    protocol = list(dict.fromkeys([*synthetic, *top.protocol, *seed, *oracle]))
    figure = " ".join(filter(None, (top.value, bound, top.what)))
    return f"{figure} ({'; '.join(protocol)}); all in {run.metrics}"
