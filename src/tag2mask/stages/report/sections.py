"""The parts of the report: each function turns what a run measured into what a page shows.

Every part may be missing, because a run can stop after any stage; then there is nothing to show
and the page leaves the part out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from tag2mask.core.contracts import IGNORE
from tag2mask.data import Dataset
from tag2mask.pages import words
from tag2mask.pages.words import number
from tag2mask.pictures.colours import class_colours, css
from tag2mask.run_folder.artifacts import RunFolder, read_table
from tag2mask.stages import STAGES
from tag2mask.stages.report import findings
from tag2mask.stages.report.figures import threshold_curve, training_curve

Metrics = Mapping[str, Any]
Drawing = tuple[str, Markup, str]
"""Heading, picture and the sentence under it."""


def training(run: RunFolder) -> list[Drawing]:
    """The training curves of the classifier and of the segmentation network."""
    told = ((run.classifier, "mean_average_precision", "average precision", "The tag classifier",
             "After each pass over the photos (an epoch): how well it tells what is on photos that "
             "it does not learn from, and the error that it is trained to make small."),
            (run.segmenter, "agreement", "agreement", "The segmentation network",
             "After each epoch: how well its masks agree with pseudo masks that it does not learn "
             "from, and the error that it is trained to make small."))
    drawings = []
    for folder, column, name, title, caption in told:
        epochs, losses, scores = _curve(read_table(folder / "curve.csv"), column)
        if epochs:
            drawing = training_curve(epochs, losses, scores, score_name=name, title=title)
            drawings.append((title, drawing, caption))
    return drawings


def _curve(rows: Sequence[Mapping[str, str]], column: str,
           ) -> tuple[list[float], list[float | None], list[float | None]]:
    """Epochs, losses and scores of a curve.csv; rows without an epoch are passed over."""
    known = [(epoch, row) for row in rows if (epoch := number(row.get("epoch"))) is not None]
    return ([epoch for epoch, _ in known], [number(row.get("loss")) for _, row in known],
            [number(row.get(column)) for _, row in known])


def thresholds(metrics: Metrics) -> list[Drawing]:
    """One threshold curve per split, with what the choice without masks costs."""
    drawings = []
    for name, curve in (metrics.get("curves") or {}).items():
        what, _, split = str(name).partition("/")
        title = f"{words.SUBJECTS.get(what, what)}, {words.SPLITS.get(split, split)}"
        pairs = [(place, number(score)) for value, score in
                 zip(curve.get("threshold") or (), curve.get("miou") or (), strict=False)
                 if (place := number(value)) is not None]
        if pairs:
            drawing = threshold_curve(
                [place for place, _ in pairs], [score for _, score in pairs], title=title,
                chosen=number(curve.get("chosen")), oracle=number(curve.get("oracle")),
                chosen_name=_chosen_name(metrics, what, split))
            drawings.append((title, drawing, ""))
    return drawings


def _chosen_name(metrics: Metrics, what: str, split: str) -> str:
    """Only a run that has a figure without an oracle chose its threshold without masks."""
    honest = findings.find(metrics, what, [split]) is not None
    return "chosen without masks" if honest else "used by this run"


def cost_of_choice(metrics: Metrics) -> str:
    """Say in one sentence what choosing the threshold without masks costs, or ""."""
    told = []
    for split, place in words.SPLITS.items():
        rows = [figure for figure in metrics.get("figures") or ()
                if figure.get("what") == "maps" and figure.get("split") == split]
        scores = {bool(row.get("oracle")): number(row.get("miou")) for row in rows}
        own, best = scores.get(False), scores.get(True)
        if own is not None and best is not None:
            told.append(f"{max(0.0, 100 * (best - own)):.1f} points on the {place}")
    return f"Choosing without masks costs {words.join(told)}." if told else ""


def legend(labels: frozenset[int], dataset: Dataset) -> list[tuple[str, str]]:
    """Name and colour of each class in the pictures; "" as colour for undecided pixels."""
    known = [label for label in sorted(labels) if 0 < label <= len(dataset.classes)]
    entries = [(dataset.classes[label - 1], css(class_colours()[label])) for label in known]
    return [*entries, ("undecided", "")] if IGNORE in labels else entries


def stages(metrics: Metrics) -> list[dict[str, Any]]:
    """Time, share of the whole time (0 to 1) and memory of each stage."""
    told = metrics.get("stages") or {}
    helps = {stage.name: stage.help for stage in STAGES}
    spans = {name: number(stage.get("seconds")) for name, stage in told.items()}
    total = sum(span or 0 for span in spans.values()) or 1
    return [{"name": name, "does": helps.get(name, ""), "time": words.duration(spans[name]),
             "share": (spans[name] or 0) / total, "memory": words.memory(
                 stage.get("peak_memory_mb"))} for name, stage in told.items()]
