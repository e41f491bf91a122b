"""What mean IoU does not tell: edges, sizes, all thresholds at once, and how honest "sure" is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from tag2mask.pages import words
from tag2mask.pages.words import Figure, number
from tag2mask.stages.report import findings
from tag2mask.stages.report.figures import calibration_plot

COLUMNS = ("maps", "pseudo_masks", "network")
Row = tuple[str, str, list[object]]
"""Name of a score, what it says, and its value for each of `COLUMNS`; None where it has none."""

_NARROW, _BROAD = "4", "16"
_SIMPLE = (
    ("Threshold curve, area", "the mean IoU averaged over all thresholds of the maps",
     "curve_area"),
    ("MaxBoxAccV2", "how often a box around the map meets one around the thing",
     "max_box_acc_v2"),
    ("PxAP", "how well the map ranks pixels of the thing above all others", "pxap"),
)


def table(metrics: Mapping[str, Any]) -> tuple[str, list[Row]]:
    """Give the scores of one split, held out where there is one, and the words for that split.

    Scores that nothing has are left out; [] where there is none at all.
    """
    for split in (*findings.HELD_OUT, "train"):
        figures = [findings.find(metrics, what, [split]) or {} for what in COLUMNS]
        rows = [row for row in _rows(figures) if any(number(v) is not None for v in row[2])]
        if rows:
            return words.SPLITS[split], rows
    return "", []


def calibration(metrics: Mapping[str, Any]) -> Markup | None:
    """Draw the network's confidence against how often it is right, on held-out photos."""
    figure = findings.find(metrics, "network", findings.HELD_OUT) or {}
    bins = (figure.get("calibration") or {}).get("bins") or {}
    confidence = [number(value) for value in bins.get("confidence") or ()]
    accuracy = [number(value) for value in bins.get("accuracy") or ()]
    pairs = [(c, a) for c, a in zip(confidence, accuracy, strict=False)
             if c is not None and a is not None]
    return calibration_plot([c for c, _ in pairs], [a for _, a in pairs]) if pairs else None


def _rows(figures: Sequence[Figure]) -> list[Row]:
    return [
        ("Boundary IoU", "IoU of the edges alone: bands of 2 % of the diagonal",
         [figure.get("boundary_iou") for figure in figures]),
        *((f"Within {width} pixels", "mean IoU of the pixels that near to a true outline",
           [(figure.get("trimap") or {}).get(width) for figure in figures])
          for width in (_NARROW, _BROAD)),
        *_sizes(figures),
        *((name, says, [figure.get(key) for figure in figures]) for name, says, key in _SIMPLE),
        ("Calibration error (ECE)", "how far confidence is from being right; 0 is best",
         [(figure.get("calibration") or {}).get("ece") for figure in figures]),
    ]


def _sizes(figures: Sequence[Figure]) -> list[Row]:
    """The smallest and the largest bin."""
    bins = [figure.get("size_bins") or {} for figure in figures]
    edges = next((own["edges"] for own in bins if own.get("edges")), None)
    if edges is None:
        return []
    told = ((0, f"less than {100 * edges[0]:g} %", "Small things"),
            (-1, f"{100 * edges[-1]:g} % or more", "Large things"))
    return [(name, f"mean IoU where the class takes {share} of the photo",
             [own["miou"][place] if own.get("miou") else None for own in bins])
            for place, share, name in told]
