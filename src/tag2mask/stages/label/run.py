"""Turn the sharpened scores into pseudo masks; uncertain pixels stay undecided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated

import numpy as np

from tag2mask.annotation.constraint import Constraint
from tag2mask.core.contracts import BACKGROUND, IGNORE, InputError
from tag2mask.core.json_records import need_record
from tag2mask.core.processes import exchange, missing, own
from tag2mask.core.profiling import CHOOSE, DECIDE, count, work
from tag2mask.core.settings import Checked, Range
from tag2mask.data.annotations import load_constraint
from tag2mask.data.dataset import Photo
from tag2mask.data.loading import read_ahead
from tag2mask.data.masks import load_mask, save_mask
from tag2mask.data.photos import photo_size
from tag2mask.metrics.thresholds import ThresholdCurve
from tag2mask.pseudo_masks import Cut, MapRanks, decide, obey, over_background, upscale
from tag2mask.pseudo_masks.levels import FACTORS, Levels, relative_scores
from tag2mask.pseudo_masks.specks import find_specks
from tag2mask.run_folder.context import Context, Record
from tag2mask.run_folder.emptiness import empty_sentence, lacks_tags
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.planes import read_planes
from tag2mask.run_folder.records import BackgroundChoice, LabelAbout


@dataclass(frozen=True, kw_only=True)
class LabelConfig(Checked):
    """Settings of the pseudo masks."""

    threshold: Annotated[float | str, Range(0, 1, above=True, below=True)] = "auto"
    """"auto" chooses without masks; a number is a map value in 0..1; "oracle" uses true masks."""
    band: Annotated[float, Range(0, 1, below=True)] = 0.15
    """Undecided pixels (255) on either side of the threshold, the least certain ones, as a share of
    the foreground, or of the background where that is less."""
    specks: Annotated[float, Range(0, 1, below=True)] = 0.02
    """Parts of a class that are smaller than this fraction of its largest part on the photo become
    undecided; 0 keeps them. Photos with annotations keep them too."""

    def __post_init__(self) -> None:
        """Validate the settings."""
        super().__post_init__()
        if isinstance(self.threshold, str) and self.threshold not in ("auto", "oracle"):
            raise ValueError('threshold must be "auto", "oracle" or a number between 0 and 1')


def label(context: Context, config: LabelConfig, record: Record) -> None:
    """Write `masks/<photo>.png` for every photo, at the photo's own size."""
    run, photos = context.run, context.dataset.photos
    with work(CHOOSE):
        cut = chosen_cut(context, config)
    todo = missing(photos, lambda photo: run.mask_file(photo.name))
    num_labels = len(context.dataset.classes) + 1
    left = {photo.name for photo in todo}
    empty = _empty_before(run, [p for p in photos if p.tags and p.name not in left], num_labels)
    with context.progress.stage(
        "label", total=len(photos), done=len(photos) - len(todo), shared=True
    ) as bar:
        make = partial(_make, run, cut, config.specks, num_labels)
        for photo, mask in read_ahead(
            make, own(todo), workers=context.workers, ahead=8, kind=DECIDE
        ):
            save_mask(run.mask_file(photo.name), mask, num_labels=num_labels)
            empty += [photo.name] if lacks_tags(photo, mask, num_labels) else []
            count(DECIDE, photos=1)
            bar.advance(1)
    names = tuple(sorted({name for part in exchange(empty) for name in part}))
    if said := empty_sentence("a pseudo mask", names, sum(bool(p.tags) for p in photos)):
        context.progress.say(f"label: {said} The network learns that nothing is there; correct "
                             f"masks (tag2mask review {run.root}), or lower label.threshold.")
    record.about = LabelAbout(
        factor=cut.level, oracle=config.threshold == "oracle", empty=names,
        specks=config.specks)


def _empty_before(run: RunFolder, photos: Sequence[Photo], num_labels: int) -> list[str]:
    """Return the names of photos whose mask was written by an interrupted run and is empty."""
    return [photo.name for photo in photos if lacks_tags(
        photo, load_mask(run.mask_file(photo.name), size=None, num_labels=num_labels), num_labels)]


def annotated_mask(run: RunFolder, photo: Photo, cut: Cut, constraint: Constraint) -> np.ndarray:
    """Return the mask of one photo at its own size, which agrees with all annotated pixels.

    Inside boxes, whose scores were scaled to fill them, the scores decide directly; elsewhere the
    common level of all photos is used.
    """
    if constraint.complete or not photo.tags:
        return constraint.apply(np.full(constraint.size, BACKGROUND, np.uint8))
    scores, classes = read_planes(run.sharp_file(photo.name))
    full = upscale(scores, constraint.size)
    for row, tag in enumerate(classes.tolist(), start=1):
        if tag + 1 in constraint.boxed:
            full[row] *= constraint.inside(tag + 1)
        else:
            full[row] /= max(cut.level, 1e-6)
    relative = _relative(cut)
    return obey(decide(full, classes.tolist(), relative), full, classes.tolist(), constraint)


def _relative(cut: Cut) -> Cut:
    """Scale the cut so that its level is 1, with the undecided band around it."""
    level = max(cut.level, 1e-6)
    return Cut(1.0, max(cut.open_above / level, 0.5), min(cut.open_to / level, 2.0))


def pseudo_mask(
    run: RunFolder, photo: Photo, cut: Cut, specks: float, size: tuple[int, int]
) -> np.ndarray:
    """Compute the mask of one photo at `size` from its scores; only background without tags."""
    if not photo.tags:
        return np.full(size, BACKGROUND, np.uint8)
    scores, classes = read_planes(run.sharp_file(photo.name))
    full = upscale(scores, size)
    mask = decide(full, classes.tolist(), cut)
    # Not background: pieces of a thin crack are specks, too.
    mask[find_specks(over_background(full), cut.level, specks)] = IGNORE
    return mask


def chosen_cut(context: Context, config: LabelConfig) -> Cut:
    """Return the threshold of the foreground, from the chosen share or from true masks."""
    run, train = context.run, context.dataset.split("train")
    levels = Levels(train, run.sharp_file)
    if config.threshold == "oracle":
        return levels.cut(oracle_factor(run, train, context)[0], config.band)
    fix = f"delete {run.background.parent} and run `tag2mask sharpen {run.root}`"
    share = need_record(run.background, BackgroundChoice, fix=fix).share
    if not isinstance(config.threshold, str):
        tagged = [photo for photo in train if photo.tags]
        ranks = MapRanks(read_planes(run.scored_file(photo.name))[0] for photo in tagged)
        share = 1 - float(ranks(np.array(config.threshold)))
    return levels.cut(levels.above(share), config.band)


def oracle_factor(
    run: RunFolder, photos: Sequence[Photo], context: Context
) -> tuple[float, float]:
    """Return the factor with the best mIoU against true masks, and that mIoU.

    Raises:
        InputError: no photo has a mask.
    """
    curve = ThresholdCurve(len(context.dataset.classes) + 1, FACTORS)
    scored = [photo for photo in photos if photo.mask]
    if not scored:
        raise InputError(
            'label.threshold = "oracle" needs true masks and no training photo has one; use "auto".'
        )
    for photo in own(scored):
        truth = load_mask(photo.mask, size=None, num_labels=curve.num_labels)  # type: ignore[arg-type]
        curve.add(truth, *relative_scores(run, photo, (truth.shape[0], truth.shape[1])))
    whole = ThresholdCurve(curve.num_labels, FACTORS)
    for part in exchange(curve):
        whole.merge(part)
    _, factor, miou = whole.best()
    return factor, miou


def _make(
    run: RunFolder, cut: Cut, specks: float, num_labels: int, photo: Photo
) -> tuple[Photo, np.ndarray]:
    constraint = load_constraint(photo, num_labels)
    if constraint is not None:
        return photo, annotated_mask(run, photo, cut, constraint)
    return photo, pseudo_mask(run, photo, cut, specks, photo_size(photo.path))
