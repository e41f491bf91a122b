"""The section of the report about annotations: their amounts, and their effect on the scores."""

from __future__ import annotations

from dataclasses import dataclass

from tag2mask.pages import words
from tag2mask.run_folder.records.metrics import GroupScore, Metrics


@dataclass(frozen=True)
class Given:
    """The annotations of one split.

    Attributes:
        split: name of the split, in words.
        photos: number of photos with any annotation.
        counts: numbers of points, boxes, scribbles, masks and complete masks.
        minutes: estimated time, in words.
        scored_too: number of photos that also have a mask for scoring.
    """

    split: str
    photos: int
    counts: tuple[int, ...]
    minutes: str
    scored_too: int


@dataclass(frozen=True)
class Brought:
    """The mean scores of annotated photos and of other photos.

    Attributes:
        what: the subject of the scores, in words.
        annotated: score of the annotated photos and their number, in words.
        others: the same for the other photos.
    """

    what: str
    annotated: str
    others: str


def given(metrics: Metrics) -> list[Given]:
    """Return the annotations by split; [] if there are none."""
    return [
        Given(
            split=words.SPLITS.get(split, split), photos=amounts.photos,
            counts=(amounts.points, amounts.boxes, amounts.scribbles, amounts.masks,
                    amounts.complete),
            minutes=words.duration(60 * amounts.minutes), scored_too=amounts.scored_too,
        )
        for split, amounts in (metrics.annotations.given if metrics.annotations else {}).items()
    ]


def brought(metrics: Metrics) -> list[Brought]:
    """Return the scores of annotated and other photos of the same subject and split."""
    if metrics.annotations is None:
        return []
    scores = metrics.annotations.scores
    others = {(score.what, score.split): score for score in scores.others}
    return [
        Brought(
            f"{words.SUBJECTS.get(own.what, own.what)}, {words.SPLITS.get(own.split, own.split)}",
            _cell(own), _cell(others.get((own.what, own.split))),
        )
        for own in scores.annotated
    ]


def _cell(score: GroupScore | None) -> str:
    if score is None:
        return "—"
    return f"{words.score(score.mean_iou)} ({words.count(score.photos, 'photo')})"
