"""Evaluation and erasing between the rounds of the classifier's training."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tag2mask.core.json_records import need_record, write_record
from tag2mask.data.damage import reading
from tag2mask.data.dataset import Photo
from tag2mask.metrics.tag_metrics import held_out_losses
from tag2mask.run_folder.context import Context
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.records import RoundFigures, RoundsRecord
from tag2mask.strategies.rounds import Rounds
from tag2mask.training.erased_photos import ErasedPhotos, photos_of
from tag2mask.training.erasing import erase_found

Predict = Callable[[tuple[Photo, ...]], np.ndarray]


class TagRounds:
    """Evaluates every class after a round, and erases the regions that the round found.

    All state is derived from files, so that a resumed training gives the same results.
    """

    def __init__(
        self, context: Context, rounds: Rounds, train: tuple[Photo, ...], colour: np.ndarray
    ) -> None:
        """Initialise before the first round.

        Args:
            context: the run.
            rounds: rounds of the strategy.
            train: the training photos.
            colour: (3,) in 0..255, mean colour of the training photos.
        """
        self._context, self._rounds, self._train = context, rounds, train
        self._colour = colour
        classes = len(context.dataset.classes)
        self._continued, self._counted = np.ones(classes, bool), np.ones(classes, int)
        self._losses: list[np.ndarray] = []
        self._shares = [0.0]

    def seen(self, number: int) -> ErasedPhotos | None:
        """Return the erased photos of a round; None if photos are read unchanged."""
        return photos_of(self._context, self._rounds, number, self._colour)

    def goes_on(self, number: int, predict: Predict) -> bool:
        """Evaluate a round, erase its regions, and return whether another round follows.

        Args:
            number: number of the finished round.
            predict: returns the round's probabilities (N, K) for photos as the round reads them.
        """
        losses, guessing = self._judge(predict)
        self._losses.append(losses)
        self._continued &= self._rounds.predicts(losses, guessing)
        self._counted[self._continued] = number
        if number == self._rounds.count or not self._continued.any():
            return False
        share = 0.0 if self._rounds.independent else erase_found(
            self._context, self._rounds, number, self._continued, self._colour)
        self._shares.append(share)
        return True

    def write(self) -> RoundFigures:
        """Write rounds.json for `activate`, and return its summary for the report."""
        names = self._context.dataset.classes
        losses = np.stack(self._losses, 1).round(4).tolist()
        figures = RoundFigures(
            rounds=dict(zip(names, self._counted.tolist(), strict=True)),
            loss_by_round=dict(zip(names, map(tuple, losses), strict=True)),
            erased_share=tuple(round(share, 4) for share in self._shares),
        )
        red, green, blue = self._colour.tolist()
        write_record(self._context.run.rounds,
                     RoundsRecord(**vars(figures), colour=(red, green, blue)))
        return figures

    def _judge(self, predict: Predict) -> tuple[np.ndarray, np.ndarray]:
        """Return the held-out losses and those of the class frequencies, both (K,).

        A class that is in all held-out photos, or in none, is evaluated on the training photos.
        """
        dataset = self._context.dataset
        found = np.zeros((2, len(dataset.classes)))
        for photos in (dataset.split("val"), self._train):
            if photos and not found[1].all():
                new = held_out_losses(predict(photos), dataset.tag_matrix(photos))
                found = np.where(found[1] > 0, found, np.stack(new))
        return found[0], found[1]


@dataclass(frozen=True)
class RoundsMade:
    """What `TagRounds` wrote.

    Attributes:
        counted: (K,) number of rounds of each class whose maps are used.
        colour: (3,) in 0..255, fill colour of the erased regions.
    """

    counted: np.ndarray
    colour: np.ndarray


def read_rounds(run: RunFolder, rounds: Rounds, classes: tuple[str, ...]) -> RoundsMade:
    """Read the results of the rounds of a training.

    Raises:
        InputError: there were several rounds, and rounds.json is missing or damaged.
    """
    if rounds.count == 1:
        return RoundsMade(np.ones(len(classes), int), np.zeros(3))
    fix = f"run `tag2mask classify {run.root}`"
    made = need_record(run.rounds, RoundsRecord, fix=fix)
    with reading(run.rounds, fix):
        counted = np.array([made.rounds[name] for name in classes])
        if not 1 <= counted.min() <= counted.max() <= rounds.count:
            raise ValueError(f"rounds {counted.tolist()}")
    return RoundsMade(counted, np.array(made.colour, np.float64))
