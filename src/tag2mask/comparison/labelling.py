"""Masks of a few photos, asked for where they tell most: how to choose a recipe without any."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from tag2mask.comparison.cells import Cell, Outcome
from tag2mask.comparison.ledger import Row, Spread
from tag2mask.core.contracts import InputError
from tag2mask.core.files import write_text
from tag2mask.data import load_mask
from tag2mask.data.dataset import Dataset, Photo
from tag2mask.metrics.bootstrap import miou_interval
from tag2mask.metrics.confusion import ConfusionMatrix
from tag2mask.run_folder.artifacts import write_table

_EVERY = 4
"""Every so many-th row and column of masks are compared."""


def ask_for_masks(
    folder: Path, outcomes: Sequence[Outcome], dataset: Dataset, number: int
) -> list[Photo]:
    """Write which photos to draw masks of, and a folder to put them into.

    Those are asked for on which the recipes differ most: where all agree, no mask can tell them
    apart. Tags take turns, so that no class is left out.

    Args:
        folder: gets list.csv, HOWTO.txt and an empty folder "masks".
        outcomes: of all cells.
        dataset: theirs.
        number: of photos, at most.

    Returns:
        the photos.

    Raises:
        InputError: fewer than two recipes came through, so that there is nothing to tell apart.
    """
    cells = _first_seeds(outcomes)
    if len(cells) < 2:
        raise InputError("--label wants two recipes or more that came through.")
    held_out = [photo for photo in dataset.photos if photo.split != "train"]
    candidates = [p for p in held_out or dataset.photos if p.tags]
    scored = [(_disagreement([cell.mask_file(photo) for cell in cells]), photo)
              for photo in candidates]
    chosen = _taking_turns(sorted(scored, key=lambda pair: (-pair[0], pair[1].name)), number)
    write_table(folder / "list.csv", ["image", "tags", "disagreement", "file"], [
        [p.name, ";".join(dataset.classes[t] for t in p.tags), f"{score:.4f}", str(p.path)]
        for score, p in chosen
    ])
    (folder / "masks").mkdir(parents=True, exist_ok=True)
    write_text(folder / "HOWTO.txt", _howto(dataset))
    return [photo for _, photo in chosen]


def with_labels(row: Row, outcomes: Sequence[Outcome], folder: Path, dataset: Dataset) -> Row:
    """Add to a row its mIoU on the photos whose masks have been drawn, if there are two or more.

    Args:
        row: of one recipe.
        outcomes: of its seeds.
        folder: of `ask_for_masks`.
        dataset: theirs.
    """
    drawn = {photo.name: path for photo in dataset.photos
             if (path := folder / "masks" / f"{photo.name}.png").exists()}
    photos = [photo for photo in dataset.photos if photo.name in drawn]
    if len(photos) < 2:
        return row
    labels = len(dataset.classes) + 1
    tables = []
    for photo in photos:
        table = ConfusionMatrix(labels)
        truth = load_mask(drawn[photo.name], size=None, num_labels=labels)
        for outcome in outcomes:
            found = load_mask(outcome.cell.mask_file(photo), size=None, num_labels=labels)
            table.add(truth, found)
        tables.append(table.matrix)
    told = miou_interval(np.stack(tables))
    figures = {"labelled": Spread(100 * told.miou, None, len(outcomes)), **row.figures}
    return replace(row, figures=figures, interval=(100 * told.low, 100 * told.high))


def _first_seeds(outcomes: Sequence[Outcome]) -> list[Cell]:
    return [o.cell for o in outcomes if not o.problem and o.cell.seed == 0]


def _disagreement(files: Sequence[Path]) -> float:
    """Share of the pixels, 0..1, that a recipe gives another label than most others do."""
    whole = [load_mask(file, size=None, num_labels=255) for file in files if file.exists()]
    masks = np.stack([mask[::_EVERY, ::_EVERY] for mask in whole])
    return float(np.mean([(masks != mask).mean() for mask in masks]))


def _taking_turns(
    scored: Sequence[tuple[float, Photo]], number: int
) -> list[tuple[float, Photo]]:
    """Take the first photo of each tag in turn, none twice."""
    queues = {tag: [pair for pair in scored if tag in pair[1].tags]
              for tag in sorted({tag for _, photo in scored for tag in photo.tags})}
    chosen: dict[str, tuple[float, Photo]] = {}
    while len(chosen) < number and any(queues.values()):
        for queue in queues.values():
            while queue and queue[0][1].name in chosen:
                queue.pop(0)
            if queue and len(chosen) < number:
                pair = queue.pop(0)
                chosen[pair[1].name] = pair
    return list(chosen.values())


def _howto(dataset: Dataset) -> str:
    labels = "\n".join(f"{label:>4}  {name}" for label, name in enumerate(dataset.classes, 1))
    return (
        "Draw a mask of each photo in list.csv and save it as masks/<image>.png, as large as the\n"
        "photo, one grey or palette value per pixel:\n\n   0  background\n"
        f"{labels}\n 255  unsure, not counted\n\n"
        "Then give the same command again; the table will be ordered by these photos. They were\n"
        "chosen because the recipes differ on them, so figures on them tell recipes apart and are\n"
        "lower than on all photos.\n"
    )
