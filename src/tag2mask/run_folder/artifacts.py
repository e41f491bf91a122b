"""The files of a run folder and their readers and writers, under one name."""

from tag2mask.core.json_records import write_json
from tag2mask.run_folder.data_file import read_run_dataset, write_dataset
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.planes import read_masks, read_planes, write_masks, write_planes
from tag2mask.run_folder.tables import read_table, write_table
from tag2mask.run_folder.weights import read_header, read_weights, write_weights

__all__ = [
    "RunFolder",
    "read_header",
    "read_masks",
    "read_planes",
    "read_run_dataset",
    "read_table",
    "read_weights",
    "write_dataset",
    "write_json",
    "write_masks",
    "write_planes",
    "write_table",
    "write_weights",
]
