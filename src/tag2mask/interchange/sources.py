"""Sources of an export: a run, an output folder of `predict`, or a data set."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from tag2mask.annotation.records import Annotation
from tag2mask.core.contracts import BACKGROUND, IGNORE, InputError
from tag2mask.data.annotations import FOLDER
from tag2mask.data.dataset import Dataset, Photo, Problem
from tag2mask.data.masks import load_mask
from tag2mask.data.photos import photo_size
from tag2mask.data.readers import read_dataset
from tag2mask.data.remote import local_folder
from tag2mask.interchange.format import UNDECIDED, Labelling
from tag2mask.interchange.labelled import Box, LabelledPhoto, Planes, Point
from tag2mask.interchange.newer_annotations import annotated_anew, unused_annotations
from tag2mask.interchange.sheets import read_ids

FINAL, PSEUDO, PREDICTIONS = "final-masks", "pseudo-masks", "predictions"
WHAT = (FINAL, PSEUDO, PREDICTIONS, "annotations", "masks")
"""Values of `export --what`; "masks" are the ground-truth masks of a data set for evaluation."""


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Selection of the photos and labels to export."""

    what: str
    split: str | None = None
    min_trust: float | None = None
    undecided_class: bool = False
    """Whether label 255 is exported as a class of its own."""


@dataclass(frozen=True)
class _Source:
    dataset: Dataset
    mask: Callable[[Photo], Path | None]
    trust: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    shapes: Callable[[Photo], Annotation] = lambda photo: Annotation()
    """Annotation whose boxes and points are exported."""
    scores: Callable[[Photo], Path] | None = None
    """Path of the scores from which the mask of a photo was computed; None if there are none."""
    notes: Sequence[str] = ()
    """What to know about the masks; "" is nothing."""


def usual(root: Path) -> str:
    """Return the default of `--what` for a run, a prediction or a data set."""
    if not (root / "data.json").is_file():
        return "annotations"
    from tag2mask.run_folder.folder import RunFolder
    from tag2mask.run_folder.recognising import is_prediction

    if is_prediction(RunFolder(root)):
        return PREDICTIONS
    return FINAL if RunFolder(root).final.is_dir() else PSEUDO


def open_source(root: Path, selection: Selection) -> Labelling:
    """Open the labels of a run, a prediction or a data set.

    Raises:
        InputError: `root` is none of them, it has no such labels, or nothing is selected.
    """
    root = local_folder(root)
    source = _run_source(root, selection.what) if (root / "data.json").is_file() \
        else _data_source(root, selection.what)
    if selection.min_trust is not None and not source.trust:
        raise InputError(f"--min-trust needs trust.csv, which only judges the pseudo and final "
                         f"masks of a run; leave it out for the {selection.what} of {root}.")
    classes = source.dataset.classes
    labelling = Labelling(
        classes=(*classes, UNDECIDED) if selection.undecided_class else classes, photos=(),
        ids=read_ids(source.dataset.root), notes=[*filter(None, source.notes)], problems=[])
    chosen = list(_chosen(source, selection, labelling))
    if not chosen:
        where = f" of the split {selection.split}" if selection.split else ""
        raise InputError(f"{root} has no {selection.what}{where} to export"
                         f"{'; ' + labelling.notes[0] if labelling.notes else '.'}")
    return replace(labelling, total=len(chosen),
                   photos=_labelled(source, chosen, selection, labelling))


def _run_source(root: Path, what: str) -> _Source:
    from tag2mask.run_folder.data_file import read_predicted_dataset, read_run_dataset
    from tag2mask.run_folder.folder import RunFolder
    from tag2mask.run_folder.outdated import why_outdated
    from tag2mask.run_folder.recognising import is_prediction
    from tag2mask.run_folder.tables import read_table

    run = RunFolder(root)
    if is_prediction(run):
        if what != PREDICTIONS:
            raise InputError(f"{root} is what `predict` wrote, so it has no {what}; use "
                             "--what predictions.")
        return _Source(read_predicted_dataset(run),
                       lambda photo: _predicted(run.mask_file(photo.name)))
    dataset = read_run_dataset(run)
    if what in ("annotations", "masks"):
        return _data_source(dataset.root, what, annotated_anew(dataset))
    notes = [why_outdated(run)] if what != PSEUDO else []
    notes.append(unused_annotations(root, dataset))
    if what == PREDICTIONS:
        return _Source(dataset, lambda photo: run.prediction_file(photo.name), notes=notes)
    if what == FINAL and not run.final.is_dir():
        raise InputError(f"{root} has no final masks yet; run `tag2mask evaluate {root}`.")
    trust: dict[str, dict[str, float]] = {}
    for row in read_table(run.trust):
        if np.isfinite(value := float(row["trust"])):
            trust.setdefault(row["image"], {})[row["class"]] = value
    if what == FINAL:
        return _Source(dataset, lambda photo: run.final_file(photo.name), trust, notes=notes)
    return _Source(dataset, lambda photo: run.mask_file(photo.name), trust,
                   scores=lambda photo: run.sharp_file(photo.name), notes=notes)


def _predicted(mask: Path) -> Path:
    """Return the mask file of a prediction: a PNG, or a GeoTIFF for a georeferenced raster."""
    raster = mask.with_name(mask.name.removesuffix(".png") + ".tif")
    return raster if raster.is_file() else mask


def _data_source(root: Path, what: str, dataset: Dataset | None = None) -> _Source:
    if (root / "overlays").is_dir() and (root / "predictions.csv").is_file():
        raise InputError(f"{root} was written by an older `predict`, which did not note where the "
                         "photos are; predict again.")
    if what not in ("annotations", "masks"):
        raise InputError(f"{root} is a data set, so it has no {what}; use --what annotations, or "
                         "give a run.")
    data = dataset or read_dataset(root)
    if what == "masks":
        return _Source(data, lambda photo: photo.mask)
    return _Source(data, lambda photo: _given_mask(root, photo),
                   shapes=lambda photo: photo.annotation or Annotation())


def _given_mask(root: Path, photo: Photo) -> Path:
    """Return the mask in `annotations/`, also if it is unusable, so that the reason is reported."""
    given = photo.annotation.mask if photo.annotation else None
    return given.path if given else root / FOLDER / f"{photo.name}.png"


def _chosen(
    source: _Source, selection: Selection, labelling: Labelling
) -> Iterator[tuple[Photo, Path | None]]:
    doubted = bare = classless = 0
    for photo in source.dataset.photos:
        if selection.split and photo.split != selection.split:
            continue
        mask = source.mask(photo)
        mask = mask if mask and mask.is_file() else None
        shapes = source.shapes(photo)
        labels = [box.label for box in shapes.boxes] + [point.label for point in shapes.points]
        named = [_has_class(label) for label in labels]
        if not mask and not any(named):
            bare += 1
            continue
        trust = source.trust.get(photo.name, {}).get("")
        if selection.min_trust is not None and trust is not None and trust < selection.min_trust:
            doubted += 1
            continue
        classless += named.count(False)
        yield photo, mask
    if doubted:
        labelling.notes.append(f"{doubted:,} photos are trusted less than {selection.min_trust} "
                               "and were left out.")
    if bare:
        labelling.notes.append(f"{bare:,} photos have no {selection.what} and were left out.")
    if classless:
        labelling.notes.append(f"{classless:,} boxes and points of background or undecided pixels "
                               "were left out, as other programs have no class for them.")


def _has_class(label: int) -> bool:
    return BACKGROUND < label < IGNORE


def _labelled(
    source: _Source, chosen: Sequence[tuple[Photo, Path | None]], selection: Selection,
    labelling: Labelling,
) -> Iterator[LabelledPhoto]:
    classes, num_labels = labelling.classes, len(source.dataset.classes) + 1
    for photo, path in chosen:
        try:
            size = photo_size(photo.path)
            labels = load_mask(path, size=size, num_labels=num_labels) if path else None
        except InputError as error:
            labelling.problems.append(Problem(photo=photo.name, why=str(error), left_out=True))
            continue
        if selection.undecided_class and labels is not None:
            labels = np.where(labels == IGNORE, np.uint8(num_labels), labels)
        trust = dict(source.trust.get(photo.name, {}))
        yield LabelledPhoto(
            file=file_of(photo), path=photo.path, size=size, classes=classes, labels=labels,
            boxes=_boxes(source.shapes(photo), classes),
            points=_points(source.shapes(photo), classes),
            tags=frozenset(classes[tag] for tag in photo.tags), split=photo.split,
            trust=trust.pop("", None), class_trust=trust,
            probabilities=_probabilities(source.scores(photo)) if source.scores else None)


def _boxes(shapes: Annotation, classes: Sequence[str]) -> tuple[Box, ...]:
    return tuple(
        Box(class_name=classes[box.label - 1], left=box.left, top=box.top, right=box.right,
            bottom=box.bottom)
        for box in shapes.boxes if _has_class(box.label))


def _points(shapes: Annotation, classes: Sequence[str]) -> tuple[Point, ...]:
    return tuple(Point(class_name=classes[point.label - 1], x=point.x, y=point.y)
                 for point in shapes.points if _has_class(point.label))


def _probabilities(path: Path) -> Callable[[], Planes] | None:
    def read() -> Planes:
        from tag2mask.run_folder.planes import read_planes

        planes, classes = read_planes(path)
        total = np.maximum(planes.sum(axis=0, keepdims=True), np.float32(1e-12))
        return planes / total, np.concatenate(([0], classes + 1))

    return read if path.is_file() else None


def file_of(photo: Photo) -> str:
    """Return the path of a photo relative to the image folder, with its suffix."""
    kept = photo.path.as_posix().endswith(photo.name) and "." in photo.name.rpartition("/")[2] \
        and photo.name.endswith(photo.path.suffix)
    return photo.name if kept and photo.path.suffix else photo.name + photo.path.suffix
