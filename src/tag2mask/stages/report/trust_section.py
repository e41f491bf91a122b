"""The photos to check first, and the reliability of their order."""

from __future__ import annotations

from tag2mask.data import Dataset
from tag2mask.pages import words
from tag2mask.pages.words import number
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.records import Metrics
from tag2mask.run_folder.tables import read_table
from tag2mask.stages.report.examples import Example, draw_example
from tag2mask.stages.report.sections import Drawing
from tag2mask.stages.report.trust_figure import reliability_plot

_SIDE = 240


def look_first(run: RunFolder, dataset: Dataset, *, most: int = 4) -> tuple[Example, ...]:
    """Draw the photos with the lowest trust, lowest first; empty without trust.csv."""
    photos = {photo.name: photo for photo in dataset.photos}
    shown: list[Example] = []
    for name, trust in least_trusted(run):
        example = draw_example(run, dataset, photos[name], trust, _SIDE) if name in photos else None
        shown += [example] if example else []
        if len(shown) == most:
            break
    return tuple(shown)


def least_trusted(run: RunFolder) -> list[tuple[str, float | None]]:
    """Read the photos and their trust from `trust.csv`, lowest first as in the file."""
    rows = [row for row in read_table(run.trust) if not row.get("class")]
    return [(row.get("image") or "", number(row.get("trust"))) for row in rows]


def reliability(metrics: Metrics) -> list[Drawing]:
    """Draw one reliability plot per split with masks, with the rank correlation as caption."""
    drawings = []
    for split, found in metrics.trust.items():
        bins, rho = found.bins, found.photos.spearman
        if bins and rho is not None:
            title = f"{words.SPLITS.get(split, split)}".capitalize()
            each = found.images / len(bins)
            caption = (f"Spearman's rank correlation over {found.images:,} photos: "
                       f"{rho:.2f}. Each dot is the mean of about {each:,.0f} of them.")
            drawings.append((title, reliability_plot(bins, title=f"Reliability, {title}"), caption))
    return drawings
