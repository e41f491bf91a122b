"""The report: one self-contained page about a run, for the person who has to judge it.

The page asks nothing of the network: pictures are data URIs, figures are inline SVG, the style
sheet is in the page, and its content policy forbids everything else.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tag2mask.core.files import write_text
from tag2mask.data import Dataset
from tag2mask.pages import templates, words
from tag2mask.pages.words import Figure
from tag2mask.run_folder.artifacts import RunFolder, read_run_dataset
from tag2mask.run_folder.metrics_file import read_metrics
from tag2mask.stages.report import (
    annotation_section,
    class_sections,
    findings,
    more_scores,
    sections,
    trust_section,
)
from tag2mask.stages.report.examples import choose_examples

_MOST_LISTED = 20
_SPLITS = {"val": 0, "test": 1, "train": 2}
_SUBJECTS = {"network": 0, "pseudo_masks": 1, "maps": 2}


def write_report(run: RunFolder, *, examples: int = 12) -> Path:
    """Write `report.html` of a run from whatever its stages have left so far.

    Args:
        run: needs `data.json`; every other file may be missing.
        examples: how many photos are shown.

    Returns:
        the path of the page, below 3 MB unless the data set has thousands of classes.

    Raises:
        InputError: the folder is no run folder, `metrics.json` is damaged, or the page cannot be
            written.
    """
    env = templates.environment("tag2mask.stages.report")
    env.filters.update(score=words.score, join_words=words.join)
    content = _content(run, read_run_dataset(run), read_metrics(run), examples)
    page = env.get_template("report.html").render(content)
    write_text(run.report, page)
    return run.report


def _content(run: RunFolder, dataset: Dataset, metrics: Mapping[str, Any],
             examples: int) -> dict[str, Any]:
    """Everything that the template shows, by name."""
    headline = findings.headline(metrics)
    shown = headline.figure if headline else {}
    chosen = choose_examples(run, dataset, examples=examples)
    first = trust_section.look_first(run, dataset)
    labels = chosen.labels.union(*(example.labels for example in first))
    return {
        "style": templates.style(), "kind": "report",
        **_about(run, dataset, metrics), "headline": headline,
        "tiles": _tiles(metrics, dataset, headline),
        "chosen": chosen, "legend": sections.legend(labels, dataset), "first": first,
        "reliability": trust_section.reliability(metrics),
        "colour_of": lambda tag: class_sections.colour_of(dataset.classes[tag], dataset),
        **_table(metrics), "thresholds": sections.thresholds(metrics),
        "more": more_scores.table(metrics), "calibration": more_scores.calibration(metrics),
        "subjects": [words.SUBJECTS[what] for what in more_scores.COLUMNS],
        "cost": sections.cost_of_choice(metrics), "training": sections.training(run),
        "bars": class_sections.bars(metrics, dataset, shown), "shown": shown,
        "absent": class_sections.absent(shown), "ratio": class_sections.ratio(metrics, shown),
        "tag_bars": class_sections.tag_bars(metrics, dataset),
        "confusion": class_sections.confusion(metrics, dataset),
        "given": annotation_section.given(metrics), "brought": annotation_section.brought(metrics),
        "problems": _problems(metrics, dataset, shown), "stages": sections.stages(metrics),
    }


def _about(run: RunFolder, dataset: Dataset, metrics: Mapping[str, Any]) -> dict[str, Any]:
    """What the run is about and how it is repeated."""
    data = metrics.get("data") or {}
    config = run.config.read_text("utf-8", errors="replace") if run.config.exists() else ""
    return {"name": data.get("name") or dataset.root.name or "run", "classes": dataset.classes,
            "synthetic": bool(data.get("synthetic")), "version": metrics.get("version") or "",
            "masked": any(photo.mask for photo in dataset.photos), "tuned": any(
                figure.get("oracle") and figure.get("what") == "network"
                for figure in metrics.get("figures") or ()),
            "trained_on": sum(photo.split == "train" for photo in dataset.photos),
            "held_out": sum(photo.split in findings.HELD_OUT for photo in dataset.photos),
            "seed": metrics.get("seed"), "command": metrics.get("command") or "",
            "config": config}


def _tiles(metrics: Mapping[str, Any], dataset: Dataset,
           headline: findings.Headline | None) -> list[tuple[str, str]]:
    """A few more numbers beside the headline, and not the same: (number, what it is)."""
    tags = words.number((metrics.get("tags") or {}).get("mean_average_precision"))
    pseudo = findings.find(metrics, "pseudo_masks", ("train", *findings.HELD_OUT))
    spent = [words.number(stage.get("seconds")) for stage in
             (metrics.get("stages") or {}).values()]
    tiles = []
    if pseudo and headline and headline.figure.get("what") == "network":
        tiles.append((words.score(pseudo["miou"]), "mean IoU of the pseudo masks on "
                      f"{words.SPLITS.get(str(pseudo['split']), pseudo['split'])}"))
    if tags is not None and headline and headline.kind != "tags":
        tiles.append((words.score(tags), "average precision of the tags on held-out photos"))
    tiles.append((f"{len(dataset.photos):,}", words.count(len(dataset.photos), "photo").split()[1]
                  + f" with tags of {words.count(len(dataset.classes), 'class')}"))
    if any(spent):
        tiles.append((words.duration(sum(span or 0 for span in spent)), "for all stages together"))
    return tiles


def _table(metrics: Mapping[str, Any]) -> dict[str, Any]:
    """The figures in two parts, those tuned on the masks set apart, with what they share."""
    figures = sorted(metrics.get("figures") or [], key=_rank)
    common = words.common_protocol(figures)
    return {"common": common, "figures": [_row(f, common) for f in figures if not f.get("oracle")],
            "oracles": [_row(f, common) for f in figures if f.get("oracle")]}


def _rank(figure: Figure) -> tuple[int, int]:
    """Photos never seen come first, and among them the end result."""
    return (_SPLITS.get(str(figure.get("split")), 3), _SUBJECTS.get(str(figure.get("what")), 3))


def _row(figure: Figure, common: list[str]) -> dict[str, Any]:
    what, split = str(figure.get("what")), str(figure.get("split"))
    return {"what": words.SUBJECTS.get(what, what), "split": words.SPLITS.get(split, split),
            "images": figure.get("images"), "miou": figure.get("miou"),
            "precision": figure.get("precision"), "recall": figure.get("recall"),
            "protocol": [phrase for phrase in words.protocol(figure) if phrase not in common]}


def _problems(metrics: Mapping[str, Any], dataset: Dataset, shown: Figure) -> dict[str, Any]:
    """Warnings, weak classes and photos that were left out."""
    told = (metrics.get("data") or {}).get("left_out")
    lost = [(entry.get("photo"), entry.get("why")) for entry in told] if told is not None else [
        (problem.photo, problem.why) for problem in dataset.left_out]
    photos = class_sections.training_photos(dataset)
    return {"warnings": metrics.get("warnings") or [], "lost": lost[:_MOST_LISTED],
            "lost_total": len(lost), "weak": findings.weak_classes(shown, photos)}
