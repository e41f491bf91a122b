"""Which classes go on after a round, judged by photos that can tell."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from tag2mask.core.contracts import InputError
from tag2mask.data.dataset import Dataset, Photo
from tag2mask.run_folder.artifacts import RunFolder, write_json
from tag2mask.run_folder.context import Context
from tag2mask.strategies.adversarial_erasing import ErasingRounds
from tag2mask.strategies.rounds import Rounds
from tag2mask.training.tag_rounds import TagRounds, read_rounds

CLASSES = ("a", "b", "c")


def photo(name: str, tags: tuple[int, ...], split: str) -> Photo:
    """Make a photo without a file."""
    return Photo(name=name, path=Path(name), tags=tags, split=split, mask=None)


@pytest.fixture
def context(tmp_path: Path) -> Context:
    """Give a run in which b is on no held-out photo, and c on every photo."""
    photos = (
        photo("t1", (0, 2), "train"), photo("t2", (1, 2), "train"), photo("v1", (0, 2), "val"),
        photo("v2", (2,), "val"),
    )
    dataset = Dataset(root=tmp_path, layout="tags_csv", classes=CLASSES, photos=photos)
    return Context(run=RunFolder(tmp_path), dataset=dataset)


@pytest.fixture
def one_round() -> ErasingRounds:
    """Give rounds that end after the first, so that nothing is erased."""
    rounds = ErasingRounds()
    rounds.count = 1
    return rounds


def test_each_class_is_judged_where_it_can_be(context: Context, one_round: ErasingRounds) -> None:
    """The first on held-out photos, the second on training ones, the third nowhere."""
    asked = []

    def predict(photos: tuple[Photo, ...]) -> np.ndarray:
        asked.append([photo.name for photo in photos])
        return np.array([[0.9, 0.3, 1], [0.2, 0.6, 1]])

    rounds = TagRounds(context, one_round, context.dataset.split("train"), np.array([1.0, 2, 3]))
    assert not rounds.goes_on(1, predict)
    assert asked == [["v1", "v2"], ["t1", "t2"]]
    figures = rounds.write()
    assert figures.rounds == {"a": 1, "b": 1, "c": 1}
    expected = [-(math.log(0.9) + math.log(0.8)) / 2, -(math.log(0.7) + math.log(0.6)) / 2]
    assert figures.loss_by_round["a"] == pytest.approx((expected[0],), abs=1e-4)
    assert figures.loss_by_round["b"] == pytest.approx((expected[1],), abs=1e-4)
    made = read_rounds(context.run, ErasingRounds(), CLASSES)
    assert made.counted.tolist() == [1, 1, 1]
    assert made.colour.tolist() == [1, 2, 3]


def test_a_class_that_stopped_does_not_come_back(
    context: Context, one_round: ErasingRounds
) -> None:
    """Told, not told, told: one round counts; of another all three."""
    rounds = TagRounds(context, one_round, context.dataset.split("train"), np.zeros(3))
    answers = [[[0.9, 0.1, 1], [0.1, 0.9, 1]], [[0.5, 0.1, 1], [0.5, 0.9, 1]]]
    for number, answer in enumerate((answers[0], answers[1], answers[0]), 1):
        one_round.count = number
        rounds.goes_on(number, lambda photos, answer=answer: np.array(answer))  # type: ignore[misc]
    assert rounds.write().rounds == {"a": 1, "b": 3, "c": 1}


def test_what_the_rounds_came_to_has_to_be_there(tmp_path: Path) -> None:
    """But for a strategy that has one."""
    run = RunFolder(tmp_path)
    assert read_rounds(run, Rounds(), CLASSES).counted.tolist() == [1, 1, 1]
    with pytest.raises(InputError, match="run `tag2mask classify"):
        read_rounds(run, ErasingRounds(), CLASSES)
    write_json(run.rounds, {"rounds": {"a": 1}, "colour": [0, 0, 0]})
    with pytest.raises(InputError, match="run `tag2mask classify"):
        read_rounds(run, ErasingRounds(), CLASSES)
