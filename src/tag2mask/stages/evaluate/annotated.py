"""Select the photos to score, and compare annotated photos with the others.

Annotations are for training and masks for scoring. A held-out photo with an annotation may have
been used to select an epoch or a threshold, so it is not scored unless requested.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from tag2mask.data.annotations.amounts import amounts_by_split, amounts_of
from tag2mask.data.dataset import Photo
from tag2mask.run_folder.context import Context
from tag2mask.run_folder.records.metrics import (
    AnnotationFigures,
    GivenAmounts,
    GroupScore,
    ScoresByAnnotation,
)


def scored_photos(photos: Sequence[Photo], *, include_annotated: bool) -> list[Photo]:
    """Return the photos of one split to compute figures on: those with a mask.

    Args:
        photos: the photos of one split.
        include_annotated: score held-out photos with annotations too. Training photos are always
            scored, because their figures measure the quality of pseudo masks.
    """
    return [
        photo for photo in photos
        if photo.mask and (photo.split == "train" or include_annotated or not photo.annotation)
    ]


def overlap_sentence(photos: Sequence[Photo], *, include_annotated: bool) -> str:
    """Describe the number of held-out photos with both mask and annotation; "" for 0."""
    both = [p for p in photos if p.mask and p.annotation and p.split != "train"]
    if not both:
        return ""
    masked = sum(photo.mask is not None for photo in photos)
    what = "are scored all the same, as evaluate.annotated says" if include_annotated else \
        "are not scored; set evaluate.annotated=true to score them"
    split = both[0].split
    return f"{len(both):,} of {masked:,} {split} photos with masks are annotated and {what}."


def annotation_protocol(context: Context) -> str | None:
    """Return the annotations as stated in the protocol of every figure; None without any."""
    amounts = amounts_of(context.dataset, context.dataset.photos)
    sentence = amounts.sentence(context.annotation)
    return sentence or None


def annotation_figures(
    context: Context, rows: Sequence[Sequence[str]]
) -> AnnotationFigures | None:
    """Return the amounts of annotations, and the scores of annotated and other photos.

    Args:
        context: the run.
        rows: rows of `photos.csv`: image, split, what, score.

    Returns:
        The figures; None if there are no annotations.
    """
    dataset = context.dataset
    if not any(photo.annotation for photo in dataset.photos):
        return None
    given = {}
    for split, amounts in amounts_by_split(dataset).items():
        if amounts.photos:
            given[split] = GivenAmounts(
                photos=amounts.photos, points=amounts.points, boxes=amounts.boxes,
                scribbles=amounts.scribbles, masks=amounts.masks, complete=amounts.complete,
                minutes=round(amounts.minutes(context.annotation), 2),
                scored_too=sum(bool(p.mask and p.annotation) for p in dataset.split(split)),
            )
    annotated = {photo.name for photo in dataset.photos if photo.annotation}
    return AnnotationFigures(given=given, scores=ScoresByAnnotation(
        annotated=_means([row for row in rows if row[0] in annotated]),
        others=_means([row for row in rows if row[0] not in annotated]),
    ))


def _means(rows: Sequence[Sequence[str]]) -> tuple[GroupScore, ...]:
    """Average the scores of photos by subject and split; photos without a score are skipped."""
    groups: dict[tuple[str, str], list[float]] = {}
    for _, split, what, score in rows:
        if score != "nan":
            groups.setdefault((what, split), []).append(float(score))
    return tuple(
        GroupScore(what=what, split=split, photos=len(scores), mean_iou=round(fmean(scores), 5))
        for (what, split), scores in groups.items()
    )
