"""The parts of the report: each function converts results of a run to content of the page.

Every part may be missing, because a run can stop after any stage; the page then leaves it out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from tag2mask.core.contracts import IGNORE
from tag2mask.data import Dataset
from tag2mask.pages import words
from tag2mask.pages.words import number
from tag2mask.pictures.colours import class_colours, css
from tag2mask.run_folder.context import read_record
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.records import Metrics, StageCost
from tag2mask.run_folder.tables import read_table
from tag2mask.stages import STAGES
from tag2mask.stages.report import findings
from tag2mask.stages.report.figures import threshold_curve, training_curve

Drawing = tuple[str, Markup, str]
"""Heading, picture and caption."""

_UNITS = (("hours", 3600), ("minutes", 60), ("seconds", 1))


@dataclass(frozen=True)
class StageRow:
    """The cost of a stage in words; `share` is its share of the total time, 0 to 1."""

    name: str
    does: str
    time: str
    share: float
    memory: str


def training(run: RunFolder) -> list[Drawing]:
    """Draw the training curves of the classifier and the segmentation network."""
    curves = ((run.classifier, "mean_average_precision", "average precision", "The tag classifier",
               "After each epoch: how well it predicts the tags of validation photos, and the "
               "training loss."),
              (run.segmenter, "agreement", "agreement", "The segmentation network",
               "After each epoch: how well its masks agree with the pseudo masks of validation "
               "photos, and the training loss."))
    drawings = []
    for folder, column, name, title, caption in curves:
        epochs, losses, scores = _curve(read_table(folder / "curve.csv"), column)
        if epochs:
            drawing = training_curve(epochs, losses, scores, score_name=name, title=title)
            drawings.append((title, drawing, caption))
    return drawings


def _curve(rows: Sequence[Mapping[str, str]], column: str,
           ) -> tuple[list[float], list[float | None], list[float | None]]:
    """Return epochs, losses and scores of a curve.csv; rows without an epoch are skipped."""
    known = [(epoch, row) for row in rows if (epoch := number(row.get("epoch"))) is not None]
    return ([epoch for epoch, _ in known], [number(row.get("loss")) for _, row in known],
            [number(row.get(column)) for _, row in known])


def thresholds(metrics: Metrics) -> list[Drawing]:
    """Draw one threshold curve per split, with the loss of choosing the threshold without masks."""
    drawings = []
    for name, curve in metrics.curves.items():
        what, _, split = name.partition("/")
        title = f"{words.SUBJECTS.get(what, what)}, {words.SPLITS.get(split, split)}"
        if curve.threshold:
            drawing = threshold_curve(
                curve.threshold, curve.miou, title=title, chosen=curve.chosen, oracle=curve.oracle,
                chosen_name=_chosen_name(metrics, what, split))
            drawings.append((title, drawing, ""))
    return drawings


def _chosen_name(metrics: Metrics, what: str, split: str) -> str:
    """Return the label of the chosen threshold.

    It was chosen without masks if the run has a figure without an oracle.
    """
    honest = findings.find(metrics, what, [split]) is not None
    return "chosen without masks" if honest else "used by this run"


def cost_of_choice(metrics: Metrics) -> str:
    """Describe the loss of choosing the threshold without masks in one sentence, or ""."""
    costs = []
    for split, place in words.SPLITS.items():
        scores = {figure.oracle: figure.miou for figure in metrics.figures
                  if (figure.what, figure.split) == ("maps", split)}
        own, best = scores.get(False), scores.get(True)
        if own is not None and best is not None:
            costs.append(f"{max(0.0, 100 * (best - own)):.1f} points on the {place}")
    return f"Choosing without masks costs {words.join(costs)}." if costs else ""


def legend(labels: frozenset[int], dataset: Dataset) -> list[tuple[str, str]]:
    """Return the name and colour of each class in the pictures; undecided pixels have colour ""."""
    known = [label for label in sorted(labels) if 0 < label <= len(dataset.classes)]
    entries = [(dataset.classes[label - 1], css(class_colours()[label])) for label in known]
    return [*entries, ("undecided", "")] if IGNORE in labels else entries


def costs(run: RunFolder, metrics: Metrics) -> dict[str, StageCost]:
    """Return the costs of all completed stages, in their order.

    Those of `evaluate` and later are taken from their records.

    `evaluate` writes the metrics before its own cost is known.
    """
    found = dict(metrics.stages)
    for stage in STAGES:
        record = read_record(run, stage.name)
        if record and record.done and stage.name not in found:
            found[stage.name] = StageCost(
                seconds=record.seconds, peak_memory_mb=record.peak_memory_mb, apart=record.apart)
    order = {stage.name: place for place, stage in enumerate(STAGES)}
    return dict(sorted(found.items(), key=lambda entry: order.get(entry[0], len(order))))


def time_sentence(costs: Mapping[str, StageCost]) -> str:
    """Describe what most of the time was spent on, as in "26 of 31 minutes were training".

    Args:
        costs: by stage; stages that spend their time on the same are added up, and work of another
            kind within a stage counts as such.

    Returns:
        The sentence; "" below a second. What took less than a tenth of the time is left out.
    """
    spends = {stage.name: stage.spends for stage in STAGES}
    parts: defaultdict[str, float] = defaultdict(float)
    for name, cost in costs.items():
        parts[spends.get(name, "")] += cost.seconds - sum(cost.apart.values())
        for what, spent in cost.apart.items():
            parts[what] += spent
    total = sum(cost.seconds for cost in costs.values())
    if total < 1:
        return ""
    unit, length = next(pair for pair in _UNITS if total >= 10 * pair[1] or pair[1] == 1)
    named = sorted(((spent, what) for what, spent in parts.items()
                    if what and spent >= total / 10), reverse=True)
    if not named:
        return ""
    (spent, what), *others = named
    first = f"{spent / length:.0f} of {total / length:.0f} {unit} were {what}"
    return ", ".join([first, *(f"{rest / length:.0f} {other}" for rest, other in others)]) + "."


def stages(costs: Mapping[str, StageCost]) -> list[StageRow]:
    """Return the time and memory of each stage."""
    helps = {stage.name: stage.help for stage in STAGES}
    total = sum(cost.seconds for cost in costs.values()) or 1
    return [
        StageRow(name=name, does=helps.get(name, ""), time=words.duration(cost.seconds),
                 share=cost.seconds / total, memory=words.memory(cost.peak_memory_mb))
        for name, cost in costs.items()
    ]
