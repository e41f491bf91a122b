"""The rules of a plan: each turns measures into one setting and the reason for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tag2mask.core.json_records import read_record
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.records import (
    BatchNormChoice,
    HelpChoice,
    NormalityChoice,
    SecondRound,
    StepsChoice,
)
from tag2mask.stages.classify.batch_norm_choice import FEWEST
from tag2mask.stages.sharpen import normality_choice, outside_help, second_round, steps_choice
from tag2mask.stages.sharpen.settings import AUTO


@dataclass(frozen=True, kw_only=True)
class Planned:
    """One setting of a plan.

    Attributes:
        section: section of the settings.
        key: name of the setting in it.
        value: value, as in a TOML file.
        reason: why, in one or two sentences.
    """

    section: str
    key: str
    value: object
    reason: str


def plan_settings(
    batch_norm: BatchNormChoice | None, run: RunFolder | None = None
) -> Iterator[Planned]:
    """Yield the settings that measures decide.

    Args:
        batch_norm: the choice for the classifier; None where there are too few photos for one.
        run: a run of the data set, whose choices from its maps are taken over.
    """
    yield _batch_norm(batch_norm)
    yield _steps(run)
    if run:
        yield from _help(run)
        yield from _normality(run)
        yield from _second_round(run)


def _batch_norm(made: BatchNormChoice | None) -> Planned:
    if made is None:
        return Planned(
            section="classify", key="batch_norm", value="fixed",
            reason=f"With fewer than {FEWEST} training photos there is too little to adapt to.",
        )
    measured = f"Measured on {made.photos} photos, in nats."
    if made.adapt:
        # On magnetic_tile at full length adapted statistics cost 13 points of the pseudo masks.
        return Planned(
            section="classify", key="batch_norm", value="fixed",
            reason=f"The photos differ from those of the pretraining: the shift of the statistics "
            f"is {made.shift:.2f}. {measured} \"adapt\" predicts the tags of such photos better, "
            "but its masks can cover far too much; compare the two before you use it.",
        )
    return Planned(
        section="classify", key="batch_norm", value="fixed", reason=f"{made.sentence} {measured}"
    )


def _steps(run: RunFolder | None) -> Planned:
    made = read_record(run.sharpener / steps_choice.CHOSEN, StepsChoice) if run else None
    if made is None:
        return Planned(
            section="sharpen", key="steps", value=(AUTO,),
            reason="The steps depend on the maps, so the run chooses them once it has maps. "
            + ("Repeat this command with --run to write its choice here." if run is None else
               f"{run.root} has made no choice, because its sharpen.steps are not auto."),
        )
    return Planned(
        section="sharpen", key="steps", value=made.steps or ("none",), reason=made.sentence
    )


def _help(run: RunFolder) -> Iterator[Planned]:
    """Yield the choice of outside help, if the run made one from its own photos."""
    made = read_record(run.sharpener / outside_help.CHOSEN, HelpChoice)
    if made and made.asked == AUTO:
        yield Planned(section="sharpen", key="outside_help", value=made.used, reason=made.why)


def _normality(run: RunFolder) -> Iterator[Planned]:
    """Yield the decision on photos without a tag, if the run made one."""
    made = read_record(run.sharpener / normality_choice.CHOSEN, NormalityChoice)
    if made and not made.asked:
        yield Planned(section="sharpen", key="normality", value=made.used, reason=made.sentence)


def _second_round(run: RunFolder) -> Iterator[Planned]:
    """Yield the decision on the second round: one that is not used costs a training."""
    made = read_record(run.sharpener / second_round.CHOSEN, SecondRound)
    if made:
        yield Planned(section="sharpen", key="second_round", value=made.used, reason=made.sentence)
