"""Photos with a tag whose masks have no pixel of a class."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from tag2mask.core.contracts import InputError
from tag2mask.data import Dataset
from tag2mask.run_folder.context import read_about, read_record
from tag2mask.run_folder.emptiness import empty_sentence
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.records import EvaluateAbout, LabelAbout, StageAbout

A = TypeVar("A", bound=StageAbout)

_MOST_LISTED = 20


@dataclass(frozen=True)
class EmptyMasks:
    """Empty masks of one kind: how many, what to do, and the first photos."""

    sentence: str
    advice: str
    photos: Sequence[str]
    more: int


def empty_masks(run: RunFolder, dataset: Dataset) -> list[EmptyMasks]:
    """Return the empty pseudo masks, and the empty final masks; [] if there are none."""
    found = [
        (_names(run, LabelAbout, lambda about: about.empty), "a pseudo mask",
         "The network learns that nothing is there. Correct masks with tag2mask review "
         f"{run.root}, or lower label.threshold, and run again."),
        (_names(run, EvaluateAbout, lambda about: about.empty_final), "a final mask",
         f"Correct masks with tag2mask review {run.root}, and run again."),
    ]
    tagged = sum(bool(photo.tags) for photo in dataset.photos)
    return [EmptyMasks(empty_sentence(what, names, tagged), advice, names[:_MOST_LISTED],
                       max(0, len(names) - _MOST_LISTED))
            for names, what, advice in found if names]


def _names(run: RunFolder, kind: type[A], of: Callable[[A], Sequence[str]]) -> Sequence[str]:
    """Return the names in the record of a stage; () if it has not run, or its results are lost."""
    record = read_record(run, kind.stage)
    with suppress(InputError):
        return of(read_about(run, kind)) if record and record.done else ()
    return ()
