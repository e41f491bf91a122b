"""Write the report: one self-contained page for judging a run.

The page loads no other files: pictures are data URIs, figures are inline SVG, the style sheet is
embedded, and the content policy forbids everything else.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tag2mask.core.files import write_text
from tag2mask.core.json_records import read_record
from tag2mask.core.wording import agreed
from tag2mask.data import Dataset
from tag2mask.pages import templates, words
from tag2mask.run_folder.data_file import read_run_dataset
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.records import Figure, Metrics, Weighing, read_metrics
from tag2mask.stages.report import (
    annotation_section,
    bound_section,
    chosen_section,
    class_sections,
    empty_section,
    findings,
    help_section,
    more_scores,
    sections,
    trust_section,
)
from tag2mask.stages.report.examples import choose_examples

_MOST_LISTED = 20
_SPLITS = {"val": 0, "test": 1, "train": 2}
_SUBJECTS = {"network": 0, "pseudo_masks": 1, "maps": 2}


def write_report(run: RunFolder, *, examples: int = 12) -> Path:
    """Write `report.html` of a run, which may be incomplete.

    Args:
        run: the run folder with `data.json`; every other file may be missing.
        examples: number of photos to show.

    Returns:
        the path of the page, which is below 3 MB unless the data set has thousands of classes.

    Raises:
        InputError: the folder is not a run folder, `metrics.json` is damaged, or the page cannot be
            written.
    """
    env = templates.environment("tag2mask.stages.report")
    env.filters.update(score=words.score, join_words=words.join, agreed=agreed)
    content = _content(run, read_run_dataset(run), read_metrics(run), examples)
    page = env.get_template("report.html").render(content)
    write_text(run.report, page)
    return run.report


def _content(run: RunFolder, dataset: Dataset, metrics: Metrics,
             examples: int) -> dict[str, object]:
    """Return all variables of the template."""
    headline = findings.headline(metrics)
    shown = headline.figure if headline else None
    costs = sections.costs(run, metrics)
    chosen = choose_examples(run, dataset, examples=examples)
    first = trust_section.look_first(run, dataset)
    labels = chosen.labels.union(*(example.labels for example in first))
    return {
        "style": templates.style(), "kind": "report",
        **_about(run, dataset, metrics), "headline": headline,
        "tiles": _tiles(metrics, dataset, headline, sum(cost.seconds for cost in costs.values())),
        **_by_class(metrics, dataset, shown), "shown": shown,
        "chosen": chosen, "legend": sections.legend(labels, dataset), "first": first,
        "reliability": trust_section.reliability(metrics),
        "colour_of": lambda tag: class_sections.colour_of(dataset.classes[tag], dataset),
        **_table(metrics), "bound": bound_section.sentence(metrics),
        "chosen_settings": chosen_section.chosen(run),
        "thresholds": sections.thresholds(metrics),
        "more": more_scores.table(metrics), "calibration": more_scores.calibration(metrics),
        "subjects": [words.SUBJECTS[what] for what in more_scores.COLUMNS],
        "cost": sections.cost_of_choice(metrics), "training": sections.training(run),
        "tag_bars": class_sections.tag_bars(metrics, dataset),
        "confusion": class_sections.confusion(metrics, dataset),
        "given": annotation_section.given(metrics), "brought": annotation_section.brought(metrics),
        "help": help_section.outside_help(run),
        "problems": _problems(metrics, dataset, shown),
        "empty": empty_section.empty_masks(run, dataset), "stages": sections.stages(costs),
        "time_sentence": sections.time_sentence(costs),
    }


def _by_class(metrics: Metrics, dataset: Dataset, shown: Figure | None) -> dict[str, object]:
    """Return the variables for the headline figure by class."""
    if shown is None:
        return {"bars": [], "absent": [], "ratio": ""}
    return {"bars": class_sections.bars(metrics, dataset, shown),
            "absent": class_sections.absent(shown), "ratio": class_sections.ratio(metrics, shown)}


def _about(run: RunFolder, dataset: Dataset, metrics: Metrics) -> dict[str, object]:
    """Return the variables that describe the run and how to repeat it."""
    data = metrics.data
    config = run.config.read_text("utf-8", errors="replace") if run.config.exists() else ""
    weighing = read_record(run.weighing, Weighing)
    return {"name": (data.name if data else "") or dataset.root.name or "run",
            "classes": dataset.classes, "synthetic": bool(data and data.synthetic),
            "version": metrics.version,
            "masked": any(photo.mask for photo in dataset.photos),
            "weighed": bool(weighing and weighing.used),
            "tuned": any(figure.oracle and figure.what == "network" for figure in metrics.figures),
            "trained_on": sum(photo.split == "train" for photo in dataset.photos),
            "held_out": sum(photo.split in findings.HELD_OUT for photo in dataset.photos),
            "seed": metrics.seed, "command": metrics.command, "config": config}


def _tiles(metrics: Metrics, dataset: Dataset,
           headline: findings.Headline | None, spent: float) -> list[tuple[str, str]]:
    """Return further numbers to show next to the headline, as (number, meaning)."""
    tags = metrics.tags.mean_average_precision if metrics.tags else None
    pseudo = findings.find(metrics, "pseudo_masks", ("train", *findings.HELD_OUT))
    tiles = []
    if pseudo and headline and headline.kind == "network":
        tiles.append((words.score(pseudo.miou), "mean IoU of the pseudo masks on "
                      f"{words.SPLITS.get(pseudo.split, pseudo.split)}"))
    if tags is not None and headline and headline.kind != "tags":
        place = words.count(metrics.tags.images, "held-out photo") if metrics.tags else ""
        tiles.append((words.score(tags), f"average precision of the tags on {place}"))
    tiles += bound_section.tile(metrics)
    tiles.append((f"{len(dataset.photos):,}", words.count(len(dataset.photos), "photo").split()[1]
                  + f" with tags of {words.count(len(dataset.classes), 'class')}"))
    if spent:
        tiles.append((words.duration(spent), "for all stages together"))
    return tiles


@dataclass(frozen=True)
class _Row:
    """A row of the table of figures."""

    what: str
    split: str
    images: int
    miou: float | None
    precision: float | None
    recall: float | None
    protocol: list[str]


def _table(metrics: Metrics) -> dict[str, object]:
    """Return the figures, those tuned on masks separately, and their common protocol."""
    figures = sorted(metrics.figures, key=_rank)
    common = words.common_protocol(figures)
    return {"common": common, "figures": [_row(f, common) for f in figures if not f.oracle],
            "oracles": [_row(f, common) for f in figures if f.oracle]}


def _rank(figure: Figure) -> tuple[int, int]:
    """Return a sort key: held-out photos first, and among them the final result."""
    return _SPLITS.get(figure.split, 3), _SUBJECTS.get(figure.what, 3)


def _row(figure: Figure, common: list[str]) -> _Row:
    return _Row(
        what=words.SUBJECTS.get(figure.what, figure.what),
        split=words.SPLITS.get(figure.split, figure.split), images=figure.images,
        miou=figure.miou, precision=figure.precision, recall=figure.recall,
        protocol=[phrase for phrase in words.protocol(figure) if phrase not in common],
    )


def _problems(metrics: Metrics, dataset: Dataset, shown: Figure | None) -> dict[str, object]:
    """Return warnings, weak classes and photos that were left out."""
    left_out = metrics.data.left_out if metrics.data else dataset.left_out
    lost = [(entry.photo, entry.why) for entry in left_out]
    photos = class_sections.training_photos(dataset)
    return {"warnings": metrics.warnings, "lost": lost[:_MOST_LISTED], "lost_total": len(lost),
            "weak": findings.weak_classes(shown, photos) if shown else []}
