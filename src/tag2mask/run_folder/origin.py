"""Check which data set a run folder belongs to, so that runs of data sets are never mixed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from pathlib import Path

from tag2mask.annotation.records import KINDS
from tag2mask.core.contracts import InputError
from tag2mask.core.escaping import printable, why_no_file_name
from tag2mask.core.json_records import read_record
from tag2mask.data.dataset import Dataset, Photo, content_of
from tag2mask.data.mask_checks import statements
from tag2mask.data.mask_reading import MaskFile
from tag2mask.data.remembered import DataIdentity
from tag2mask.run_folder.data_file import write_dataset
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.moved import former_folder
from tag2mask.run_folder.recognising import PREDICTION

_OVERWRITTEN = (
    "classifier", "read", "maps", "refined", "sharpener", "sharp", "masks", "segmenter",
    "predictions", "final", "bound", "config.toml", "data.json", "contents.json", "metrics.json",
    "photos.csv", "trust.csv", "report.html",
)
"""Files that a run writes or clears; a folder with some of them but no records is not a run."""


def refuse_inside(out: Path, data: Path) -> None:
    """Raise an error if a folder for results is in a data set.

    Raises:
        InputError: it is.
    """
    if out.resolve().is_relative_to(data.resolve()):
        raise InputError(f"{out} lies in the data set, where its masks would pass for the data's "
                         "own; choose an --out outside.")


def refuse_other_folders(run: RunFolder, dataset: Dataset) -> None:
    """Raise an error if a folder is in use but is not the run folder of this data set.

    Raises:
        InputError: the path is a file or is inside the data set, or the folder contains unrelated
            files or a run of another data set.
    """
    out, data = run.root, dataset.root
    if out.exists() and not out.is_dir():
        raise InputError(f"{out} is a file, so it cannot become the run folder; "
                         "choose another --out.")
    refuse_inside(out, data)
    theirs = [name for name in _OVERWRITTEN if (out / name).exists()]
    if theirs and not run.data.exists() and not (out / "stages").is_dir():
        raise InputError(f"{out} is no run folder, but it holds {theirs[0]}, which a run would "
                         "overwrite; choose another --out.")
    labels = dataset.labels_fingerprint()
    known = _identity(run)
    if known and known.layout == PREDICTION:
        raise InputError(f"{out} holds masks that `tag2mask predict` wrote, which a run would "
                         "overwrite; choose another --out.")
    if known and (known.labels or known.fingerprint) and known.labels != labels \
            and not _has_grown(known, dataset):
        raise InputError(
            f"{out} is the run folder of another data set or of an older version, or the tags of "
            f"{data} have changed; "
            "choose another --out, or delete the folder."
        )


def _has_grown(left: DataIdentity, dataset: Dataset) -> bool:
    """Return whether the photos are defined by annotations only, in the same folder as before."""
    return (
        dataset.layout == left.layout == "annotated"
        and left.root == str(dataset.root.absolute()) and left.classes == dataset.classes
    )


def refuse_names(dataset: Dataset) -> None:
    """Raise an error if a photo's name is not a valid file name, or a class name not valid text.

    Raises:
        InputError: the name of a photo is too long or escapes the run folder, or the name of a
            class is not UTF-8 or has a line break.
    """
    for name in dataset.classes:
        if name != printable(name) or "\n" in name:
            raise InputError(f"The class name {printable(name)!r} has bytes that are no UTF-8, or "
                             "control characters; rename the class.")
    for photo in dataset.photos:
        if why := why_no_file_name(photo.name):
            raise InputError(f"{photo.path}: the name {photo.name!r} {why}; rename the photo.")


def is_remembered(run: RunFolder, dataset: Dataset) -> bool:
    """Return whether the run folder was made from these files, so that they need no new check."""
    known = _identity(run)
    return known is not None and known.files == _files(dataset)


def remember(run: RunFolder, dataset: Dataset, checked: Dataset) -> None:
    """Write the checked data set to the run folder.

    Args:
        run: the run folder.
        dataset: the data set as read, which identifies it in later runs.
        checked: the data set without unusable photos and masks.
    """
    former = former_folder(run, dataset.root)
    write_dataset(run, checked, identity=DataIdentity(
        former_root=str(former) if former else None,
        fingerprint=dataset.fingerprint(), labels=dataset.labels_fingerprint(),
        files=_files(dataset),
    ))


def masks_fingerprint(dataset: Dataset) -> str:
    """Return a SHA-256 that changes with the masks; `Dataset.fingerprint` leaves them out.

    Masks may be added or removed without effect on training: only figures depend on them.
    """
    return _hashed([
        [photo.name, _mask_content(photo), *_reading(photo.mask)]
        for photo in dataset.photos if photo.mask
    ])


def annotations_fingerprint(dataset: Dataset, kinds: Collection[str]) -> str:
    """Return a SHA-256 that changes with some kinds of annotations; "" if there are none.

    Args:
        dataset: the data set as read.
        kinds: of "points", "boxes", "scribbles" and "masks"; tags and photos that occur only in
            annotations are always included.
    """
    rows = []
    for photo in dataset.photos:
        given = photo.annotation
        if given is None:
            continue
        content = given.rows(kinds)
        if any(content) or given.added_tags or given.alone:
            itself = [photo.split, photo.content] if given.alone else []
            rows.append([photo.name, photo.tags, itself, *content])
    return _hashed([list(dataset.classes), rows]) if rows else ""


def former_fingerprints(dataset: Dataset) -> tuple[str, str]:
    """Return the fingerprints of data and masks as version 0.1 computed them, from file sizes."""
    photos = [(p.name, p.tags, p.split, p.path.stat().st_size) for p in dataset.photos]
    masks = [[p.name, p.mask.stat().st_size] for p in dataset.photos if p.mask]
    return _hashed([dataset.classes, photos]), _hashed([*masks])


def _identity(run: RunFolder) -> DataIdentity | None:
    return read_record(run.data, DataIdentity)


def _files(dataset: Dataset) -> str:
    stated = statements(dataset.root)
    given = annotations_fingerprint(dataset, KINDS)
    return _hashed([
        str(dataset.root.resolve()), dataset.fingerprint(), masks_fingerprint(dataset),
        *([stated] if stated else []), *([given] if given else []),
    ])


def _reading(mask: Path) -> list[str]:
    """Return how a mask is interpreted; [] if its values are labels."""
    return [f"{mask.turn} {mask.reading}"] if isinstance(mask, MaskFile) else []


def _mask_content(photo: Photo) -> str:
    if photo.mask_content or photo.mask is None or not photo.mask.is_file():
        return photo.mask_content
    return content_of(photo.mask)


def _hashed(content: list[object]) -> str:
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()
