"""The summary of work on many photos, of which some could not be read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tag2mask.core.contracts import InputError
from tag2mask.data.dataset import Problem


@dataclass(frozen=True)
class PredictSummary:
    """The number of photos whose results were written, and those that could not be read."""

    written: int
    left_out: list[Problem]


def done_photos(
    photos: Sequence[tuple[str, Path]], left_out: Sequence[Problem]
) -> list[tuple[str, Path]]:
    """Return the names and paths of the photos that could be read."""
    lost = {problem.photo for problem in left_out}
    return [(name, path) for name, path in photos if str(path) not in lost]


def refuse_many_losses(left_out: Sequence[Problem], total: int, done: str) -> None:
    """Raise an error if more than a tenth of the photos could not be read.

    Args:
        left_out: these photos.
        total: number of all photos.
        done: what was done with the others, as in "segmented".

    Raises:
        InputError: there are more; or the only photo is one of them.
    """
    if len(left_out) * 10 <= total:
        return
    if total == 1:
        raise InputError(left_out[0].why)
    first = "; ".join(problem.why.rstrip(".") for problem in left_out[:3])
    raise InputError(f"{len(left_out)} of {total} photos cannot be read, more than a tenth: "
                     f"{first}{' ...' if len(left_out) > 3 else ''}. The others were {done}.")
