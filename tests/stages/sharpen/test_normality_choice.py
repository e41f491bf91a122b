"""Whether scores are weighed by the distance to photos without a tag, and by which weights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from tag2mask.data.dataset import Photo
from tag2mask.run_folder.context import Context
from tag2mask.run_folder.data_file import read_run_dataset
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.records import NormalityChoice
from tag2mask.sharpening.normality import Normality
from tag2mask.stages.sharpen import normality_choice
from tag2mask.stages.sharpen.normal_distances import FEWEST, NormalDistances
from tag2mask.stages.sharpen.normality_choice import Sampled, fit_normality

HEIGHT, WIDTH, SIDE, TAGGED = 96, 128, 40, 12
CPU = torch.device("cpu")


def corner(number: int) -> tuple[int, int]:
    """Return the row and column at which the square of a photo begins."""
    return number * 16 % (HEIGHT - SIDE), number * 24 % (WIDTH - SIDE)


def draw(path: Path, seed: int, *, square: bool) -> None:
    """Draw noise, and a bright square on it."""
    pixels = np.random.default_rng(seed).integers(60, 100, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    if square:
        row, column = corner(seed)
        pixels[row : row + SIDE, column : column + SIDE] = (250, 240, 40)
    Image.fromarray(pixels).save(path)


@pytest.fixture
def context(copied: Path, tmp_path: Path) -> Context:
    """Give a run over photos of squares, and over as many without as are needed."""
    photos = []
    for number in range(TAGGED + FEWEST):
        path, tagged = tmp_path / f"q{number}.png", number < TAGGED
        draw(path, number, square=tagged)
        photos.append(Photo(name=path.stem, path=path, tags=(0,) if tagged else (), split="train",
                            mask=None))
    dataset = replace(read_run_dataset(RunFolder(copied)), photos=tuple(photos))
    return Context(run=RunFolder(copied), dataset=dataset, device="cpu")


def scores_of(where: Callable[[int], tuple[int, int]]) -> Sampled:
    """Give scores of a square that begins where `where` says for the number of a photo."""

    def sample(photo: Photo) -> tuple[np.ndarray, np.ndarray]:
        row, column = where(int(photo.name[1:]))
        scores = np.full((2, HEIGHT, WIDTH), 0.6, np.float32)
        scores[1] = 0.4 + 0.1 * np.random.default_rng(0).random((HEIGHT, WIDTH))
        scores[1, row : row + SIDE, column : column + SIDE] = 0.55
        return np.zeros((HEIGHT, WIDTH, 3), np.uint8), scores

    return sample


def fitted(context: Context, step: Normality, sample: Sampled) -> NormalityChoice | None:
    """Fit a step as a run does."""
    return fit_normality(context, NormalDistances(context, CPU), step, sample, CPU)


def elsewhere(number: int) -> tuple[int, int]:
    """Return where a square beside that of the photo begins."""
    row, column = corner(number)
    return row, (column + SIDE) % (WIDTH - SIDE)


SHARE = SIDE**2 / (HEIGHT * WIDTH)


def test_scores_that_miss_what_is_unusual_are_weighed(context: Context) -> None:
    """The square has larger weights than the noise around it, in every photo."""
    step = Normality(judged_at=SHARE)
    made = fitted(context, step, scores_of(elsewhere))
    assert made is not None
    assert made.used
    assert made.helped > 2 * made.without
    assert (made.normal, made.photos) == (FEWEST, TAGGED)
    assert "Scores are weighed by how unlike photos without a tag" in made.sentence
    assert step.weights is not None
    for number in range(TAGGED):
        weights = step.weights(f"q{number}")
        rows, columns = (np.arange(side) * whole // side for side, whole in zip(
            weights.shape, (HEIGHT, WIDTH), strict=True))
        row, column = corner(number)
        inside = np.ix_((rows >= row) & (rows < row + SIDE),
                        (columns >= column) & (columns < column + SIDE))
        assert weights[inside].mean() > 2 * np.median(weights)


def test_scores_that_have_found_it_stay(context: Context) -> None:
    """Labels are predicted well without weights, which the sentence says."""
    step = Normality(judged_at=SHARE)
    made = fitted(context, step, scores_of(corner))
    assert made is not None
    assert not made.used
    assert step.weights is None
    assert made.without > 0.5
    assert made.sentence.startswith("Scores are not weighed")


def test_a_decision_is_kept(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    """An interrupted run goes on with it, and with the same weights."""
    first, again = Normality(judged_at=SHARE), Normality(judged_at=SHARE)
    made = fitted(context, first, scores_of(elsewhere))
    monkeypatch.setattr(normality_choice, "learnability", None)
    (context.run.sharpener / "distances" / "q3.npz").unlink()
    assert fitted(context, again, scores_of(corner)) == made
    assert first.weights is not None
    assert again.weights is not None
    np.testing.assert_allclose(again.weights("q3"), first.weights("q3"))


@pytest.mark.parametrize(("judged_at", "normal", "tagged", "used"), [
    (SHARE, FEWEST - 1, TAGGED, None), (SHARE, FEWEST, 7, None), (None, 1, TAGGED, None),
    (None, 2, TAGGED, True), (None, FEWEST, 1, True),
])
def test_few_photos(
    context: Context, judged_at: float | None, normal: int, tagged: int, used: bool | None
) -> None:
    """They are too few for a decision, and nothing is read; a step that is asked for needs two."""
    photos = context.dataset.photos
    kept = (*photos[:tagged], *photos[TAGGED : TAGGED + normal])
    few = replace(context, dataset=replace(context.dataset, photos=kept))
    step = Normality(judged_at=judged_at)
    made = fitted(few, step, scores_of(corner))
    assert (made.used if made else None) == used
    assert (step.weights is not None) == bool(used)


def test_halves_do_not_follow_the_names(context: Context) -> None:
    """Photos of two cameras in turn: how far normal cells are apart is not how far cameras are."""
    for number, photo in enumerate(context.dataset.photos[TAGGED:]):
        pixels = np.full((HEIGHT, WIDTH, 3), 40 + 160 * (number % 2), np.uint8)
        pixels += np.random.default_rng(number).integers(0, 40, pixels.shape, dtype=np.uint8)
        Image.fromarray(pixels).save(photo.path)
    made = fitted(context, Normality(), scores_of(corner))
    assert made is not None
    assert 0 < made.low < 0.5 * made.high


def test_photos_that_are_all_alike_are_not_weighed(context: Context) -> None:
    """There is nothing that photos with a tag show and the others do not, which is said."""
    for photo in context.dataset.photos:
        Image.new("RGB", (WIDTH, HEIGHT), (90, 90, 90)).save(photo.path)
    for judged_at in (SHARE, None):
        step = Normality(judged_at=judged_at)
        made = fitted(context, step, scores_of(corner))
        assert made is not None
        assert step.weights is None
        assert made.sentence.endswith("photos with a tag are not unlike them.")
        (context.run.sharpener / normality_choice.CHOSEN).unlink()
