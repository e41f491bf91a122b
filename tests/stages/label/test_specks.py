"""Specks in pseudo masks become undecided, and are background where figures decide every pixel."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tag2mask.annotation.records import Annotation, Point
from tag2mask.data.dataset import Photo
from tag2mask.data.masks import save_mask
from tag2mask.pseudo_masks import Cut
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.planes import write_planes
from tag2mask.run_folder.records import LabelAbout
from tag2mask.stages.evaluate.photo_scores import PhotoScores
from tag2mask.stages.label.run import pseudo_mask

SIZE, CUT = (20, 30), Cut(1.0, 0.8, 1.2)


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    """Return a run with the scores of a photo: a thing and a speck."""
    run, scores = RunFolder(tmp_path), np.full((2, *SIZE), 0.5, np.float32)
    scores[1] = 0
    scores[1, 2:12, 3:23] = 1
    scores[1, 16, 4] = 1
    write_planes(run.sharp_file("p"), scores, np.array([0]))
    write_planes(run.map_file("p"), scores[1:], np.array([0]))
    for file in (run.mask_file("p"), run.prediction_file("p"), tmp_path / "true.png"):
        file.parent.mkdir(parents=True, exist_ok=True)
        save_mask(file, (scores[1] > 0.5).astype(np.uint8), num_labels=2)
    return run


def photo(run: RunFolder, annotation: Annotation | None = None) -> Photo:
    """Return the photo, whose true mask contains the sure speck."""
    return Photo(name="p", path=run.root / "p.jpg", tags=(0,), split="train",
                 mask=run.root / "true.png", annotation=annotation)


def test_specks_become_undecided(run: RunFolder) -> None:
    """Everything else stays as it is."""
    kept, clean = (pseudo_mask(run, photo(run), CUT, specks, SIZE) for specks in (0, 0.02))
    assert (kept[16, 4], clean[16, 4]) == (1, 255)
    assert (clean == 1).sum() == 200
    assert (kept != clean).sum() == 1


@pytest.mark.parametrize(("specks", "annotation", "found"), [
    (0.0, None, 201), (0.02, None, 200),
    (0.02, Annotation(points=(Point(x=4, y=16, label=1),)), 201),
])
def test_figures_score_masks_without_specks(
    run: RunFolder, specks: float, annotation: Annotation | None, found: int
) -> None:
    """The true mask has 201 pixels, one of them in the speck; annotated photos keep theirs."""
    scores = PhotoScores.none(2, threshold=0.5, factor=1.0)
    about = LabelAbout(factor=1.0, oracle=False, specks=specks)
    scores.add(run, photo(run, annotation), about)
    assert scores.pseudo.masks.confusion.matrix[1, 1] == found
