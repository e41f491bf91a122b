"""What the run chose from its data, each choice with its reason in one sentence."""

from __future__ import annotations

from tag2mask.core.json_records import read_record
from tag2mask.run_folder.context import find_about
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.records import (
    BatchNormChoice,
    LongerTraining,
    NormalityChoice,
    SecondRound,
    SharpenAbout,
    StepsChoice,
    Weighing,
)

Row = tuple[str, str]
"""What was chosen, and why."""


def chosen(run: RunFolder) -> list[Row]:
    """Return the choices of a run, in the order of the stages; empty before any."""
    return [*_batch_norm(run), *_longer(run), *_weighing(run), *_steps(run),
            *_unusual(run), *_normality(run), *_second_round(run), *_outline(run)]


def _batch_norm(run: RunFolder) -> list[Row]:
    made = read_record(run.classifier / "batch_norm.json", BatchNormChoice)
    return [("Batch normalisation of the classifier", made.sentence)] if made else []


def _longer(run: RunFolder) -> list[Row]:
    made = read_record(run.classifier / "longer.json", LongerTraining)
    return [("Epochs of the classifier", made.sentence)] if made and made.sentence else []


def _weighing(run: RunFolder) -> list[Row]:
    made = read_record(run.weighing, Weighing)
    return [("Weighing of the maps", made.sentence)] if made else []


def _steps(run: RunFolder) -> list[Row]:
    made = read_record(run.sharpener / "steps.json", StepsChoice)
    return [("Sharpening steps", made.sentence)] if made else []


def _unusual(run: RunFolder) -> list[Row]:
    about = find_about(run, SharpenAbout)
    made = about.unusual if about else None
    return [("Share of foreground of the maps", made.sentence)] if made and made.sentence else []


def _normality(run: RunFolder) -> list[Row]:
    made = read_record(run.sharpener / "normality.json", NormalityChoice)
    return [("Photos without a tag", made.sentence)] if made else []


def _second_round(run: RunFolder) -> list[Row]:
    made = read_record(run.sharpener / "second_round.json", SecondRound)
    return [("Second round", made.sentence)] if made else []


def _outline(run: RunFolder) -> list[Row]:
    about = find_about(run, SharpenAbout)
    made = about.outline if about else None
    return [("Share of foreground", made.sentence)] if made and made.sentence else []
