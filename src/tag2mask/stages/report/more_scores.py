"""Scores besides the mean IoU: edges, sizes, averages over thresholds, and calibration."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from tag2mask.pages import words
from tag2mask.run_folder.records import Figure, MapDetails, MaskDetails, Metrics
from tag2mask.stages.report import findings
from tag2mask.stages.report.figures import calibration_plot

COLUMNS = ("maps", "pseudo_masks", "network")
Row = tuple[str, str, list[float | None]]
"""Name of a score, its meaning, and its value for each of `COLUMNS`; None if not available."""

_NARROW, _BROAD = "4", "16"


def table(metrics: Metrics) -> tuple[str, list[Row]]:
    """Return the name of a split, held out if there is one, and its scores.

    Scores without any value are left out.
    """
    for split in (*findings.HELD_OUT, "train"):
        figures = [findings.find(metrics, what, [split]) for what in COLUMNS]
        rows = [row for row in _rows(figures) if any(value is not None for value in row[2])]
        if rows:
            return words.SPLITS[split], rows
    return "", []


def calibration(metrics: Metrics) -> Markup | None:
    """Draw the accuracy of the network against its confidence, on held-out photos."""
    figure = findings.find(metrics, "network", findings.HELD_OUT)
    if figure is None or figure.calibration is None:
        return None
    bins = figure.calibration.bins
    pairs = [(c, a) for c, a in zip(bins.confidence, bins.accuracy, strict=False)
             if c is not None and a is not None]
    return calibration_plot([c for c, _ in pairs], [a for _, a in pairs]) if pairs else None


def _rows(figures: Sequence[Figure | None]) -> list[Row]:
    masks = [figure.masks if figure else None for figure in figures]
    maps = [figure.maps if figure else None for figure in figures]
    return [*_edges(masks), *_sizes(masks), *_of_maps(maps),
            ("Calibration error (ECE)", "difference of confidence and accuracy; 0 is best",
             [figure.calibration.ece if figure and figure.calibration else None
              for figure in figures])]


def _edges(masks: Sequence[MaskDetails | None]) -> list[Row]:
    return [
        ("Boundary IoU", "IoU of the edges alone: bands of 2 % of the diagonal",
         [own.boundary_iou if own else None for own in masks]),
        *((f"Within {width} pixels", "mean IoU of the pixels that near to a true outline",
           [own.trimap.get(width) if own else None for own in masks])
          for width in (_NARROW, _BROAD)),
    ]


def _of_maps(maps: Sequence[MapDetails | None]) -> list[Row]:
    return [
        ("Threshold curve, area", "the mean IoU averaged over all thresholds of the maps",
         [own.curve_area if own else None for own in maps]),
        ("MaxBoxAccV2", "how often a box around the map matches one around the object",
         [own.max_box_acc_v2 if own else None for own in maps]),
        ("PxAP", "how well the map ranks pixels of the object above all others",
         [own.pxap if own else None for own in maps]),
    ]


def _sizes(masks: Sequence[MaskDetails | None]) -> list[Row]:
    """Return rows for the smallest and the largest size bin."""
    edges = next((own.size_bins.edges for own in masks if own and own.size_bins.edges), None)
    if edges is None:
        return []
    bins = ((0, f"less than {100 * edges[0]:g} %", "Small things"),
            (-1, f"{100 * edges[-1]:g} % or more", "Large things"))
    return [(name, f"mean IoU where the class takes {share} of the photo",
             [own.size_bins.miou[place] if own else None for own in masks])
            for place, share, name in bins]
