"""What about a data set will hurt a classifier of tags, found before or after a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from tag2mask.core.contracts import InputError
from tag2mask.core.device import make_accelerator
from tag2mask.core.files import write_text
from tag2mask.core.progress import Progress
from tag2mask.data.dataset import Dataset
from tag2mask.diagnosis import findings as say
from tag2mask.diagnosis.co_occurrence import Pair, co_occurring, tied
from tag2mask.diagnosis.looking import look
from tag2mask.diagnosis.map_confusion import FEWEST, confusions
from tag2mask.diagnosis.near_duplicates import find_copies, groups_of
from tag2mask.diagnosis.wrong_tags import (
    Suspect,
    held_out,
    judgeable,
    make_folds,
    suspects,
)
from tag2mask.run_folder.artifacts import RunFolder, write_json

PAGE, FIGURES = "diagnosis.html", "diagnosis.json"
"""What is written."""


@dataclass(frozen=True)
class Diagnosis:
    """All that was found.

    Attributes:
        dataset: what was looked at.
        sections: what was looked for, each with its findings.
        run: whose maps were read, if any.
    """

    dataset: Dataset
    sections: tuple[say.Section, ...]
    run: RunFolder | None = field(default=None)


def diagnose(
    dataset: Dataset, *, run: Path | None = None, device: str = "auto", workers: int = 0,
    seed: int = 0, progress: Progress | None = None,
) -> Diagnosis:
    """Look for tied tags, confused maps, wrong tags and near-duplicates.

    Args:
        dataset: checked, so that every photo can be read.
        run: a run folder of this data set, whose maps are then read too.
        device: "auto", "cpu" or "cuda".
        workers: threads that read photos.
        seed: of how photos are dealt into folds.
        progress: told of every photo.

    Raises:
        InputError: there is no photo, or the run is none of this data set.
    """
    if not dataset.photos:
        raise InputError(f"{dataset.root} has no photo to look at; add some.")
    folder = None if run is None else RunFolder(run)
    shown = _taught(dataset)
    pairs = co_occurring(dataset.tag_matrix([dataset.photos[n] for n in shown]))
    sections = [say.tied_tags(dataset, shown, tied(pairs))]
    sections += [_maps(dataset, shown, pairs, folder)] if folder else []
    where = make_accelerator(device).device
    sections += _by_looks(dataset, where, workers, seed, progress or Progress())
    return Diagnosis(dataset, tuple(sections), folder)


def write_diagnosis(made: Diagnosis, out: Path) -> Path:
    """Write `diagnosis.json` and `diagnosis.html`, and return the path of the page."""
    from tag2mask.diagnosis.page import render

    write_json(out / FIGURES, _figures(made))
    write_text(out / PAGE, render(made))
    return out / PAGE


def _taught(dataset: Dataset) -> list[int]:
    """Give the photos that a classifier learns from; all, where no split is for training."""
    own = [n for n, photo in enumerate(dataset.photos) if photo.split == "train"]
    return own or list(range(len(dataset.photos)))


def _maps(dataset: Dataset, shown: Sequence[int], pairs: Sequence[Pair],
          run: RunFolder) -> say.Section:
    enough = [pair for pair in pairs if pair.together >= FEWEST]
    return say.confused_maps(dataset, confusions(dataset, shown, enough, run))


def _by_looks(dataset: Dataset, device: torch.device, workers: int, seed: int,
              progress: Progress) -> list[say.Section]:
    tags = dataset.tag_matrix()
    seen = look(dataset.photos, device=device, workers=workers, progress=progress)
    copies = find_copies(seen.thumbs, seen.aspects)
    groups = groups_of(copies, len(dataset.photos))
    known = judgeable(tags)
    found = _doubted(seen.features, tags, groups, seed) if known.any() else []
    skipped = [name for name, yes in zip(dataset.classes, known, strict=True) if not yes]
    note = say.judging_note(dataset, skipped)
    return [say.given_tags(dataset, found, note), say.missing_tags(dataset, found, note),
            say.leaks(dataset, copies, groups), say.contradictions(dataset, copies, groups)]


def _doubted(features: np.ndarray, tags: np.ndarray, groups: Sequence[Sequence[int]],
             seed: int) -> list[Suspect]:
    """Judge those tags that can be."""
    known, probabilities = judgeable(tags), tags.copy()
    folds = make_folds(tags, groups, seed)
    probabilities[:, known] = held_out(features, tags[:, known], folds)
    return suspects(tags, probabilities)


def _figures(made: Diagnosis) -> dict[str, Any]:
    return {
        "data": made.dataset.root.resolve().name, "photos": len(made.dataset.photos),
        "classes": list(made.dataset.classes), "run": str(made.run.root) if made.run else None,
        "sections": {section.name: {"note": section.note, "findings": [
            {"what": one.what, "advice": one.advice, **one.figures} for one in section.findings]}
            for section in made.sections},
    }
