"""Keep the splits of a run when it is resumed.

Splits that nobody specified are drawn, and versions draw them differently. A run keeps those that
it began with.
"""

from __future__ import annotations

from tag2mask.core.json_records import read_record
from tag2mask.data.dataset import Dataset
from tag2mask.data.remembered import DataIdentity
from tag2mask.run_folder.data_file import read_run_dataset
from tag2mask.run_folder.folder import RunFolder


def with_splits_of(run: RunFolder, dataset: Dataset, photos: int | None = None) -> Dataset:
    """Return the data set with the splits of the run if it has begun with other ones.

    Args:
        run: the run folder, which may be missing.
        dataset: the data set as read.
        photos: number of photos of each split to use at most; None for all.
    """
    now = _thinned(dataset, photos)
    known = read_record(run.data, DataIdentity) if dataset.drawn and run.data.is_file() else None
    if known is None:
        return now
    if dataset.layout == known.layout == "annotated":  # its photos may have become more
        stored = {photo.name: photo.split for photo in read_run_dataset(run).photos}
        kept = {name: stored[name] for name in dataset.drawn if name in stored}
        return _thinned(dataset.with_splits(kept), photos)
    former = _thinned(dataset.with_splits(dataset.drawn), photos)
    return former if known.labels == former.labels_fingerprint() else now


def _thinned(dataset: Dataset, photos: int | None) -> Dataset:
    return dataset if photos is None else dataset.thinned(photos)
