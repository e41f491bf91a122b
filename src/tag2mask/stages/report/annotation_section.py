"""The section of the report about annotations: what was given, and what it brought."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tag2mask.pages import words
from tag2mask.pages.words import number

_KINDS = ("points", "boxes", "scribbles", "masks", "complete")


@dataclass(frozen=True)
class Given:
    """What was given for one split.

    Attributes:
        split: in words.
        photos: that have any annotation.
        counts: of points, boxes, scribbles, masks and complete masks.
        minutes: estimated, in words.
        scored_too: photos that also have a mask for scoring.
    """

    split: str
    photos: int
    counts: tuple[int, ...]
    minutes: str
    scored_too: int


@dataclass(frozen=True)
class Brought:
    """The mean score of annotated photos beside that of the others.

    Attributes:
        what: in words.
        annotated: in words, with the number of photos.
        others: likewise.
    """

    what: str
    annotated: str
    others: str


def given(metrics: Mapping[str, Any]) -> list[Given]:
    """Read what was given; [] without annotations."""
    found = (metrics.get("annotations") or {}).get("given") or {}
    return [
        Given(
            split=words.SPLITS.get(split, split), photos=int(amounts["photos"]),
            counts=tuple(int(amounts[kind]) for kind in _KINDS),
            minutes=words.duration(60 * (number(amounts["minutes"]) or 0)),
            scored_too=int(amounts["scored_too"]),
        )
        for split, amounts in found.items()
    ]


def brought(metrics: Mapping[str, Any]) -> list[Brought]:
    """Read the scores of annotated photos and of the others, of the same subject and split."""
    scores = (metrics.get("annotations") or {}).get("scores") or {}
    own, others = ({(s["what"], s["split"]): s for s in scores.get(kind) or ()}
                   for kind in ("annotated", "others"))
    rows = []
    for key, score in own.items():
        what, split = (names.get(name, name) for names, name in
                       zip((words.SUBJECTS, words.SPLITS), key, strict=True))
        rows.append(Brought(f"{what}, {split}", _cell(score), _cell(others.get(key))))
    return rows


def _cell(score: Mapping[str, Any] | None) -> str:
    if score is None:
        return "—"
    return f"{words.score(score['mean_iou'])} ({words.count(int(score['photos']), 'photo')})"
