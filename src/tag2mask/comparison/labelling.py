"""Request masks of a few photos on which recipes differ, so that a recipe can be selected by them.

Used where a data set has no masks. Photos on which all recipes agree cannot rank them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from tag2mask.comparison.cells import Outcome
from tag2mask.comparison.ledger import Row, Spread
from tag2mask.core.contracts import InputError
from tag2mask.core.files import write_text
from tag2mask.data import load_mask
from tag2mask.data.dataset import Dataset, Photo
from tag2mask.metrics.bootstrap import miou_interval
from tag2mask.metrics.confusion import ConfusionMatrix
from tag2mask.run_folder.tables import write_table

_STEP = 4
"""Masks are compared at every 4th row and column."""


def request_masks(
    folder: Path, outcomes: Sequence[Outcome], dataset: Dataset, number: int
) -> list[Photo]:
    """Write a list of photos to draw masks of, and a folder for the masks.

    The photos are those on which the recipes differ most. Tags are served in turn, so that every
    class is represented.

    Args:
        folder: gets list.csv, HOWTO.txt and an empty folder "masks".
        outcomes: the outcomes of all cells.
        dataset: their data set.
        number: the most photos.

    Returns:
        the photos.

    Raises:
        InputError: fewer than two recipes have a result, so that nothing can be compared.
    """
    cells = [o.cell for o in outcomes if not o.problem and o.cell.seed == 0]
    if len(cells) < 2:
        raise InputError("--label needs at least two recipes that did not fail.")
    held_out = [photo for photo in dataset.photos if photo.split != "train"]
    candidates = [photo for photo in held_out or dataset.photos if photo.tags]
    scored = [(_disagreement([cell.mask_file(photo) for cell in cells]), photo)
              for photo in candidates]
    ordered = sorted(scored, key=lambda pair: (-pair[0], pair[1].name))
    selected = _select_by_tag(ordered, number)
    write_table(folder / "list.csv", ["image", "tags", "disagreement", "file"], [
        [p.name, ";".join(dataset.classes[t] for t in p.tags), f"{score:.4f}", str(p.path)]
        for score, p in selected
    ])
    (folder / "masks").mkdir(parents=True, exist_ok=True)
    write_text(folder / "HOWTO.txt", _howto(dataset))
    return [photo for _, photo in selected]


def with_labels(row: Row, outcomes: Sequence[Outcome], folder: Path, dataset: Dataset) -> Row:
    """Return a row with its mIoU on the photos whose masks were drawn, if there are two or more.

    Args:
        row: the row of one recipe.
        outcomes: the outcomes of its seeds.
        folder: the folder of `request_masks`.
        dataset: their data set.
    """
    drawn = [(photo, path) for photo in dataset.photos
             if (path := folder / "masks" / f"{photo.name}.png").exists()]
    if len(drawn) < 2:
        return row
    labels = len(dataset.classes) + 1
    tables = []
    for photo, path in drawn:
        table = ConfusionMatrix(labels)
        truth = load_mask(path, size=None, num_labels=labels)
        for outcome in outcomes:
            found = load_mask(outcome.cell.mask_file(photo), size=None, num_labels=labels)
            table.add(truth, found)
        tables.append(table.matrix)
    score = miou_interval(np.stack(tables))
    figures = {"labelled": Spread(100 * score.miou, None, len(outcomes)), **row.figures}
    return replace(row, figures=figures, interval=(100 * score.low, 100 * score.high))


def _disagreement(files: Sequence[Path]) -> float:
    """Return the mean share of pixels, in [0, 1], on which two masks have different labels."""
    whole = [load_mask(file, size=None, num_labels=255) for file in files if file.exists()]
    masks = np.stack([mask[::_STEP, ::_STEP] for mask in whole])
    return float(np.mean([(masks != mask).mean() for mask in masks]))


def _select_by_tag(
    scored: Sequence[tuple[float, Photo]], number: int
) -> list[tuple[float, Photo]]:
    """Select the first photo of each tag in turn, each photo at most once."""
    queues = {tag: [pair for pair in scored if tag in pair[1].tags]
              for tag in sorted({tag for _, photo in scored for tag in photo.tags})}
    selected: dict[str, tuple[float, Photo]] = {}
    while len(selected) < number and any(queues.values()):
        for queue in queues.values():
            while queue and queue[0][1].name in selected:
                queue.pop(0)
            if queue and len(selected) < number:
                pair = queue.pop(0)
                selected[pair[1].name] = pair
    return list(selected.values())


def _howto(dataset: Dataset) -> str:
    labels = "\n".join(f"{label:>4}  {name}" for label, name in enumerate(dataset.classes, 1))
    return (
        "Draw a mask of each photo in list.csv and save it as masks/<image>.png. The mask has the\n"
        "size of the photo and one grey or palette value per pixel:\n\n   0  background\n"
        f"{labels}\n 255  unknown, ignored\n\n"
        "Then repeat the same command. The table is then ordered by the mIoU on these photos.\n"
        "They were selected because the recipes differ on them. Scores on them are therefore\n"
        "lower than on all photos.\n"
    )
