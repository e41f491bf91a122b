"""The share of foreground is lowered to the size of small objects, and never raised."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import gaussian_filter

from tag2mask.data.dataset import Dataset, Photo
from tag2mask.pseudo_masks.levels import Levels
from tag2mask.run_folder.context import Context
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.planes import read_planes, write_planes
from tag2mask.stages.sharpen.outline_share import share_by_outlines

HEIGHT, WIDTH, SIDE = 60, 80, 20
TRUE = SIDE**2 / (HEIGHT * WIDTH)


def run_of(
    root: Path, *, contrast: int, blur: float = 6.0, side: int = SIDE, texture: int = 0
) -> Context:
    """Give a run over photos of a square, whose scores are those of a coarse map.

    `texture` is the deviation of the pixels inside the square.
    """
    rng, run, photos = np.random.default_rng(0), RunFolder(root), []
    for number in range(4):
        top, left = rng.integers(4, HEIGHT - side - 4), rng.integers(4, WIDTH - side - 4)
        square = np.zeros((HEIGHT, WIDTH))
        square[top : top + side, left : left + side] = 1
        grey = 100 + contrast * square + rng.normal(0, 3 + texture * square)
        path = root / f"p{number}.png"
        Image.fromarray(grey.clip(0, 255).astype(np.uint8)).convert("RGB").save(path)
        photos.append(Photo(name=path.stem, path=path, tags=(0,), split="train", mask=None))
        scores = np.stack([np.full_like(square, 0.3), gaussian_filter(square, blur)])
        write_planes(run.sharp_file(path.stem), scores.astype(np.float32), np.array([0]))
    return Context(run=run, dataset=Dataset(
        root=root, layout="tags_csv", classes=("square",), photos=tuple(photos)))


def test_the_size_of_the_objects_is_found(tmp_path: Path) -> None:
    """Although twice of it was given, and the sentence says from where to where."""
    context = run_of(tmp_path, contrast=80)
    made = share_by_outlines(context, context.run.sharp_file, 2 * TRUE, learned=False, long_side=80)
    assert made.share == pytest.approx(TRUE, rel=0.3)
    assert made.edge > 1.5 * made.edge_before
    assert f"lowered from {2 * TRUE:.1%} to {made.share:.1%}" in made.sentence


@pytest.mark.parametrize(("contrast", "share"), [(0, 2 * TRUE), (80, TRUE / 2)])
def test_nothing_is_lowered_without_a_reason(tmp_path: Path, contrast: int, share: float) -> None:
    """Where no outline lies on an edge, and where the masks are not too large."""
    context = run_of(tmp_path, contrast=contrast)
    made = share_by_outlines(context, context.run.sharp_file, share, learned=True, long_side=80)
    assert made.share == pytest.approx(share, rel=0.35)
    assert made.share <= share


def test_tags_are_not_lost(tmp_path: Path) -> None:
    """One of four photos has low scores, and pixels at the chosen share all the same."""
    context = run_of(tmp_path, contrast=80)
    file = context.run.sharp_file("p0")
    scores, classes = read_planes(file)
    scores[1] *= 0.2 / scores[1].max()
    write_planes(file, scores, classes)
    made = share_by_outlines(context, context.run.sharp_file, 2 * TRUE, learned=True, long_side=80)
    level = Levels(context.dataset.split("train"), context.run.sharp_file).above(made.share)
    assert TRUE < made.share < 2 * TRUE
    assert (scores[1] > level * scores[0]).any()


@pytest.mark.parametrize(("share", "alone", "lowered"), [
    (0.095, True, True), (0.095, False, False), (0.105, True, False),
])
def test_small_objects_need_no_peak(
    tmp_path: Path, share: float, alone: bool, lowered: bool
) -> None:
    """Where parts of them have edges, too, and no network has better scores."""
    context = run_of(tmp_path, contrast=60, side=16, texture=60)
    made = share_by_outlines(
        context, context.run.sharp_file, share, learned=False, alone=alone, long_side=80)
    assert made.lowered is lowered
