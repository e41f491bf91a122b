"""Read folders that `datasets.save_to_disk` of Hugging Face wrote: Arrow files with the photos.

Needs the package pyarrow, which `datasets` installs.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tag2mask.core.contracts import InputError
from tag2mask.core.escaping import why_no_file_name
from tag2mask.data.dataset import Dataset
from tag2mask.data.readers.picture_rows import Part, arrow, columns_of, read_parts
from tag2mask.data.readers.reading_choices import Choices, read_choices

LOOKS_FOR = "dataset_dict.json or state.json of datasets.save_to_disk (Hugging Face)"

_DICT, _STATE, _INFO = "dataset_dict.json", "state.json", "dataset_info.json"


def fits(root: Path) -> bool:
    """Return whether the folder was written by `save_to_disk`."""
    return (root / _DICT).is_file() or ((root / _STATE).is_file() and (root / _INFO).is_file())


def read(root: Path) -> Dataset:
    """Read the photos of all splits, after unpacking them if necessary.

    Raises:
        InputError: a file is missing or damaged, there is no column of photos or of tags, or
            pyarrow is not installed.
    """
    return read_parts(root, "saved_datasets", _parts(root), _batches)


def _parts(root: Path) -> list[Part]:
    choices = read_choices(root)
    if not (root / _DICT).is_file():
        return [_part(root, "", choices)]
    splits = _json(root / _DICT).get("splits")
    names = [name for name in splits if isinstance(name, str)] if isinstance(splits, list) else []
    if not names or any(why_no_file_name(name) for name in names):
        raise InputError(f"{root / _DICT} names no splits; save the data set again.")
    return [_part(root / name, name, choices) for name in names]


def _part(folder: Path, split: str, choices: Choices) -> Part:
    state, info = _json(folder / _STATE), _json(folder / _INFO)
    entries, features = state.get("_data_files"), info.get("features")
    if not isinstance(entries, list) or not isinstance(features, dict):
        raise InputError(f"{folder / _STATE} or {folder / _INFO} is damaged; save the data set "
                         "again.")
    names = [str(entry.get("filename")) for entry in entries if isinstance(entry, dict)]
    if any(Path(name).name != name for name in names):
        raise InputError(f"{folder / _STATE} names files of another folder; save it again.")
    lost = next((name for name in names if not (folder / name).is_file()), None)
    if lost is not None:
        raise InputError(f"{folder / lost} is missing; copy it there, or save the data set again.")
    return Part(folder, split, tuple(folder / name for name in names),
                columns_of(features, choices, folder))


def _batches(file: Path, names: Sequence[str]) -> Iterator[Any]:
    ipc = arrow("pyarrow.ipc", file.parent, "was saved by Hugging Face datasets")
    import pyarrow

    try:
        with pyarrow.memory_map(str(file)) as source, ipc.open_stream(source) as batches:
            yield from batches
    except (OSError, pyarrow.ArrowException) as error:
        why = " ".join(str(error).split())[:200]
        raise InputError(f"{file} is missing, cut or damaged ({why}); save the data set again."
                         ) from error


def _json(file: Path) -> Mapping[str, object]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{file} is missing or damaged ({type(error).__name__}); save the data "
                         "set again.") from error
    return content if isinstance(content, dict) else {}
