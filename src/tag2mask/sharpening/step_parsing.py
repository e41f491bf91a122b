"""The steps of a run, parsed from their names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from tag2mask.core.contracts import InputError
from tag2mask.sharpening import SHARPENERS
from tag2mask.sharpening.affinity import Affinity
from tag2mask.sharpening.step import AffinityEntry, SharpenerEntry, StepEntry, TrainingEntry

Named = tuple[str, SharpenerEntry]


@dataclass(frozen=True)
class Steps:
    """The steps of a run, in order.

    Attributes:
        names: names as given, without "none".
        affinity: name of the step on maps, which precedes the scores; None without one.
        before: steps on scores, before the training.
        training: whether a network is trained on the resulting scores.
        after: steps on the scores of that network.
    """

    names: tuple[str, ...]
    affinity: Affinity | None
    before: tuple[Named, ...]
    training: bool
    after: tuple[Named, ...]

    @property
    def on_scores(self) -> dict[str, SharpenerEntry]:
        """All steps on scores by name; a repeated step is built once."""
        return dict((*self.before, *self.after))

    @property
    def crf(self) -> bool:
        """Whether a CRF is used; the training labels of affinities are sharpened by one, too."""
        return self.affinity is not None or any(step.crf for step in self.on_scores.values())

    @property
    def outside_help(self) -> list[str]:
        """Parts that were trained on masks of other photos."""
        return [step.outside_help for step in self.on_scores.values() if step.outside_help]


def has_saliency(steps: Iterable[Named]) -> bool:
    """Return whether one of the steps uses saliency."""
    return any(entry.prior == "saliency" for _, entry in steps)


def parse_steps(names: Sequence[str]) -> Steps:
    """Look up the steps and group them by their input.

    Args:
        names: names in `SHARPENERS`; "none" is ignored.

    Raises:
        ValueError: an unknown name, a step on maps after one on scores, two steps on maps, or two
            trainings.
    """
    known = {name: _find(name) for name in names if name != "none"}
    given = [(name, known[name]) for name in names if name != "none"]
    _check_order(given)
    kinds = [type(entry) for _, entry in given]
    training = TrainingEntry in kinds
    place = kinds.index(TrainingEntry) if training else len(given)
    first = given[0][1] if given else None
    return Steps(
        names=tuple(name for name, _ in given),
        affinity=first.affinity if isinstance(first, AffinityEntry) else None,
        before=_on_scores(given[:place]), training=training,
        after=_on_scores(given[place:]),
    )


def _find(name: str) -> StepEntry:
    try:
        return SHARPENERS.get(name)
    except InputError as error:
        raise ValueError(f"steps: {error}") from error


def _check_order(given: Sequence[tuple[str, StepEntry]]) -> None:
    for (before, earlier), (step, entry) in pairwise(given):
        if isinstance(entry, AffinityEntry):
            raise ValueError(
                "steps takes one affinity" if isinstance(earlier, AffinityEntry)
                else f"steps: {step} works on maps and must come before {before}"
            )
    trainings = [name for name, entry in given if isinstance(entry, TrainingEntry)]
    if len(trainings) > 1:
        raise ValueError(f"steps takes {trainings[0]} once")


def _on_scores(given: Sequence[tuple[str, StepEntry]]) -> tuple[Named, ...]:
    return tuple((name, entry) for name, entry in given if isinstance(entry, SharpenerEntry))
