"""Search a data set for problems that impair training on tags, before or after a run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from tag2mask.core.contracts import InputError
from tag2mask.core.device import make_accelerator
from tag2mask.core.progress import Progress
from tag2mask.data.dataset import Dataset
from tag2mask.diagnosis.co_occurrence import Pair, co_occurring, tied
from tag2mask.diagnosis.copy_findings import contradictions, leaks
from tag2mask.diagnosis.cross_validation import make_folds, predict_held_out
from tag2mask.diagnosis.findings import Section
from tag2mask.diagnosis.map_confusion import FEWEST, confusions
from tag2mask.diagnosis.near_duplicates import find_copies, groups_of
from tag2mask.diagnosis.pair_findings import confused_maps, tied_tags
from tag2mask.diagnosis.photo_features import compute_features
from tag2mask.diagnosis.result import Diagnosis
from tag2mask.diagnosis.tag_findings import missing_tags, unchecked_note, wrong_tags
from tag2mask.diagnosis.wrong_tags import Suspect, checkable, suspects
from tag2mask.run_folder.folder import RunFolder


def diagnose(
    dataset: Dataset, *, run: Path | None = None, device: str = "auto", workers: int = 0,
    seed: int = 0, progress: Progress | None = None,
) -> Diagnosis:
    """Search for tied tags, confused maps, wrong tags and near-duplicates.

    Args:
        dataset: a checked data set, so that every photo can be read.
        run: a run folder of this data set, whose maps are read, too.
        device: "auto", "cpu" or "cuda".
        workers: threads that read photos.
        seed: for the assignment of photos to folds.
        progress: reports progress.

    Raises:
        InputError: there is no photo, or the run belongs to another data set.
    """
    if not dataset.photos:
        raise InputError(f"{dataset.root} contains no photos; add some.")
    folder = None if run is None else RunFolder(run)
    shown = _training_photos(dataset)
    pairs = co_occurring(dataset.tag_matrix([dataset.photos[n] for n in shown]))
    sections = [tied_tags(dataset, shown, tied(pairs))]
    sections += [_maps(dataset, shown, pairs, folder)] if folder else []
    where = make_accelerator(device).device
    sections += _by_features(dataset, where, workers, seed, progress or Progress())
    return Diagnosis(dataset, tuple(sections), folder)


def _training_photos(dataset: Dataset) -> list[int]:
    """Return the indices of the training photos; of all photos if there are none."""
    own = [n for n, photo in enumerate(dataset.photos) if photo.split == "train"]
    return own or list(range(len(dataset.photos)))


def _maps(dataset: Dataset, shown: Sequence[int], pairs: Sequence[Pair], run: RunFolder) -> Section:
    frequent = [pair for pair in pairs if pair.together >= FEWEST]
    return confused_maps(dataset, confusions(dataset, shown, frequent, run))


def _by_features(dataset: Dataset, device: torch.device, workers: int, seed: int,
                 progress: Progress) -> list[Section]:
    """Search for what the features of the photos show: wrong tags and near-duplicates."""
    tags = dataset.tag_matrix()
    photos = compute_features(dataset.photos, device=device, workers=workers, progress=progress)
    copies = find_copies(photos.thumbs, photos.aspects)
    groups = groups_of(copies, len(dataset.photos))
    known = checkable(tags)
    found = _suspects(photos.features, tags, groups, seed) if known.any() else []
    skipped = [name for name, yes in zip(dataset.classes, known, strict=True) if not yes]
    note = unchecked_note(dataset, skipped)
    return [wrong_tags(dataset, found, note), missing_tags(dataset, found, note),
            leaks(dataset, copies, groups), contradictions(dataset, copies, groups)]


def _suspects(features: np.ndarray, tags: np.ndarray, groups: Sequence[Sequence[int]],
              seed: int) -> list[Suspect]:
    """Search for wrong tags among the classes that can be checked."""
    known, probabilities = checkable(tags), tags.copy()
    folds = make_folds(tags, groups, seed)
    probabilities[:, known] = predict_held_out(features, tags[:, known], folds)
    return suspects(tags, probabilities)
