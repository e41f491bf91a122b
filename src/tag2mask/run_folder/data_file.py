"""Read and write data.json, the checked data set of a run."""

from __future__ import annotations

from collections.abc import Iterable

from tag2mask.core.collection import collection_paused
from tag2mask.core.contracts import InputError
from tag2mask.core.json_fields import to_json
from tag2mask.core.json_records import need_record, write_record_with_list
from tag2mask.core.processes.late_files import await_file
from tag2mask.data.damage import reading
from tag2mask.data.dataset import Dataset, Photo
from tag2mask.data.readers.shards.indexing import restore_indexes
from tag2mask.data.remembered import DataIdentity, DataRecord, PhotoEntry
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.recognising import is_prediction, refuse_no_run


def write_dataset(
    run: RunFolder, dataset: Dataset, *, identity: DataIdentity | None = None,
    photos: Iterable[Photo] | None = None,
) -> None:
    """Write the checked data set into the run folder.

    Args:
        run: the run folder; paths of photos are stored as absolute paths, so that the run can be
            resumed from another working directory.
        dataset: the data set, without unusable photos and masks.
        identity: identifies the data set of the folder in later runs.
        photos: instead of those of the data set, to be consumed one by one.
    """
    entries = map(PhotoEntry.of_photo, dataset.photos if photos is None else photos)
    write_record_with_list(
        run.data, DataRecord.of(dataset, entries=False), "photos", map(to_json, entries),
        **to_json(identity or DataIdentity()))


@collection_paused()
def read_run_dataset(run: RunFolder) -> Dataset:
    """Read the data set that `write_dataset` wrote.

    Raises:
        InputError: the folder is not a run folder, its data.json is damaged, or the name of a photo
            escapes the folder.
    """
    await_file(run.data)
    refuse_no_run(run.root)
    return _read(run, "make it again with `tag2mask run DATA --out RUN`")


@collection_paused()
def read_predicted_dataset(run: RunFolder) -> Dataset:
    """Read the photos and classes that `predict` wrote beside its masks.

    Raises:
        InputError: the folder is not one of predictions, or its data.json is damaged.
    """
    if not is_prediction(run):
        raise InputError(f"{run.root} holds no masks that `tag2mask predict` wrote.")
    return _read(run, "predict again")


def _read(run: RunFolder, fix: str) -> Dataset:
    record = need_record(run.data, DataRecord, fix=fix)
    with reading(run.data, fix):
        dataset = record.to_dataset(run.data)
    restore_indexes(photo.path for photo in dataset.photos)
    return dataset
