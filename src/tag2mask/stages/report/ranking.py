"""Select the photos to show: the best, the median and the worst."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np

from tag2mask.core.contracts import InputError
from tag2mask.data import Photo, load_mask
from tag2mask.metrics import ConfusionMatrix
from tag2mask.metrics.confusion import mean_of_known
from tag2mask.pages.words import number
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.tables import read_table
from tag2mask.stages.report.findings import HELD_OUT

_MOST_COMPARED = 300

Scored = tuple[float | None, Photo]
"""The score of a photo in [0, 1], None if it has none, and the photo."""


def rank(run: RunFolder, photos: Sequence[Photo], num_labels: int) -> tuple[str, list[Scored]]:
    """Order photos by the quality of their masks, using the scores available in a run.

    Args:
        run: the run folder, possibly incomplete.
        photos: the candidates.
        num_labels: K + 1.

    Returns:
        The measure, and the photos, best first; "" and the photos in the given order if there are
        no scores.
    """
    held_out = [photo for photo in photos if photo.split in HELD_OUT]
    ranked = _known(run, held_out, "network")
    if ranked:
        return "mean IoU of the network's mask on this photo", ranked
    ranked = _agreeing(run, _spread(held_out, _MOST_COMPARED), num_labels)
    if ranked:
        return "agreement of the network with the pseudo mask on this photo", ranked
    ranked = _known(run, held_out, "pseudo_masks") or _known(run, photos, "pseudo_masks")
    if ranked:
        return "mean IoU of the pseudo mask on this photo", ranked
    made = [p for p in photos if run.mask_file(p.name).exists() or run.map_file(p.name).exists()]
    return "", [(None, photo) for photo in made]


def _known(run: RunFolder, photos: Sequence[Photo], what: str) -> list[Scored]:
    """Return the photos with a score in photos.csv, best first."""
    rows = [row for row in read_table(run.photo_scores) if row.get("what") == what]
    scores = {row.get("image"): number(row.get("score")) for row in rows}
    return _sorted((scores.get(photo.name), photo) for photo in photos)


def _agreeing(run: RunFolder, photos: Sequence[Photo], num_labels: int) -> list[Scored]:
    """Return the photos with both masks, by the mean IoU between the two, best first."""
    found = []
    for photo in photos:
        pseudo = mask_of(run, photo, "pseudo", num_labels)
        network = mask_of(run, photo, "network", num_labels)
        if pseudo is not None and network is not None and pseudo.shape == network.shape:
            found.append((number(_agreement(pseudo, network, photo, num_labels)), photo))
    return _sorted(found)


def _agreement(
    pseudo: np.ndarray, network: np.ndarray, photo: Photo, num_labels: int
) -> float:
    """Return the mean IoU over the labels that occur, and 0 for a tag that neither mask has.

    Otherwise two empty masks of a photo with a tag would agree perfectly.
    """
    table = ConfusionMatrix(num_labels)
    table.add(pseudo, network)
    iou = table.iou().copy()
    for label in (tag + 1 for tag in photo.tags):
        iou[label] = np.nan_to_num(iou[label])
    return float(mean_of_known(iou))


def _sorted(scored: Iterable[Scored]) -> list[Scored]:
    known = [(score, photo) for score, photo in scored if score is not None]
    return [(s, p) for s, p in sorted(known, key=lambda pair: (-pair[0], pair[1].name))]


def _spread(photos: Sequence[Photo], most: int) -> list[Photo]:
    """Return at most `most` of the photos, evenly spaced."""
    step = max(1, math.ceil(len(photos) / most))
    return list(photos[::step])


def groups(ranked: Sequence[Scored], examples: int, *,
           scored: bool) -> list[tuple[str, Sequence[Scored]]]:
    """Select the best, median and worst photos of a ranking, each photo at most once.

    Args:
        ranked: best first.
        examples: total number of photos; the remainder of a division by 3 goes to the best.
        scored: False if the order has no meaning; the result is then one group, evenly spaced.

    Returns:
        named groups, some perhaps empty.
    """
    if not scored:
        step = max(1, math.ceil(len(ranked) / max(examples, 1)))
        return [("Examples", ranked[::step][:examples])]
    if len(ranked) <= max(examples, 2):
        return [("All photos, best first", ranked[:examples])]
    low, mid = examples // 3, (examples + 1) // 3
    high = examples - low - mid
    start = min(max(high, (len(ranked) - mid) // 2), len(ranked) - low - mid)
    return [("Best", ranked[:high]), ("Median", ranked[start:start + mid]),
            ("Worst", ranked[len(ranked) - low:])]


def mask_of(run: RunFolder, photo: Photo, kind: str, num_labels: int) -> np.ndarray | None:
    """Read the "pseudo", "network", "final" or "truth" mask of a photo.

    Returns:
        (H, W) uint8, or None if it is missing or damaged.
    """
    path = {"pseudo": run.mask_file(photo.name), "network": run.prediction_file(photo.name),
            "final": run.final_file(photo.name), "truth": photo.mask}[kind]
    if path is None or not path.exists():
        return None
    try:
        return load_mask(path, size=None, num_labels=num_labels)
    except InputError:
        return None
