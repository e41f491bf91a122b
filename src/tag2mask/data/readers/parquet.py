"""Read folders of Parquet files with photos, as most data sets of the Hugging Face hub are stored.

Splits are those of README.md, else of the names of files and folders, as in
`data/train-00000-of-00002.parquet`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from tag2mask.core.contracts import InputError
from tag2mask.core.wording import listing
from tag2mask.data.dataset import Dataset
from tag2mask.data.readers.folder_names import split_of_folder
from tag2mask.data.readers.hub_card import Config, chosen_config, read_card
from tag2mask.data.readers.names import is_hidden
from tag2mask.data.readers.picture_rows import PHOTOS, Part, arrow, columns_of, read_parts
from tag2mask.data.readers.reading_choices import read_choices
from tag2mask.data.readers.shards.files import has_photos

LOOKS_FOR = "*.parquet files with photos and labels (Hugging Face)"

_ENDING = re.compile(r"[-_.]?\d{3,}(?:-of-\d+)?(?:-[0-9a-f]{16})?$")
_PARTIAL = "partial-"
"""Prefix of the splits of which the hub converted the first part only."""
_TOPS = ("", ".", "data")
"""Folders of files whose data set has no configurations."""

_ROWS = 64
"""Rows that are read at once."""


def fits(root: Path) -> bool:
    """Return whether there are Parquet files in a folder or below it, and no photos."""
    return not has_photos(root) and bool(_files(root))


def read(root: Path) -> Dataset:
    """Read the photos of all splits, after unpacking them if necessary.

    Raises:
        InputError: a file is damaged, there is no column of photos or of tags, the folder holds
            several data sets of which none was chosen, or pyarrow is not installed.
    """
    choices, card = read_choices(root), read_card(root)
    config = chosen_config(card.configs, choices.config, str(root))
    groups = _by_split(root, choices.config, config)
    first = next(iter(groups.values()))[0]
    features = _features(first, card.features_of(config.name if config else choices.config))
    columns = columns_of(features, choices, first)
    parts = [Part(files[0].parent, split, tuple(files), columns)
             for split, files in groups.items()]
    return read_parts(root, "parquet", parts, _batches)


def _files(root: Path) -> list[Path]:
    return [path for path in sorted(root.rglob("*.parquet")) if path.is_file()
            and not any(map(is_hidden, path.relative_to(root).parts))]


def _by_split(root: Path, folder: str, config: Config | None) -> dict[str, list[Path]]:
    """Return the files of each split, of the chosen configuration or folder."""
    files = {path.relative_to(root).as_posix(): path for path in _files(root)}
    groups: dict[str, list[Path]] = {}
    if config is not None:
        for name, path in files.items():
            if (split := config.split_of(name)) is not None:
                groups.setdefault(split or _split_in(name), []).append(path)
    if not groups:
        for name in _of_one(root, list(files), folder):
            groups.setdefault(_split_in(name), []).append(files[name])
    return dict(sorted(groups.items()))


def _of_one(root: Path, names: Sequence[str], config: str) -> list[str]:
    """Return the files of the chosen folder; folders of splits are not counted."""
    tops = {name: _top(name) for name in names}
    found = sorted(set(tops.values()))
    if config:
        kept = [name for name in names if tops[name] == config]
        if not kept:
            raise InputError(f"{root} has no Parquet files of {config!r}, only of "
                             f"{listing(found, most=8)}; choose one of them.")
        return kept
    if len(found) > 1:
        raise InputError(f"{root} has Parquet files of several data sets ({listing(found, most=8)}"
                         f'); choose one in huggingface.json, as in {{"config": "{found[0]}"}}, or '
                         f"at the end of an address, as in hf://USER/NAME/{found[0]}.")
    return list(names)


def _top(name: str) -> str:
    parts = [part for part in PurePosixPath(name).parts[:-1]
             if part not in _TOPS and not split_of_folder(part.removeprefix(_PARTIAL))]
    return "/".join(parts) or "default"


def _split_in(name: str) -> str:
    """Return the split in the name of a file or of its folder, as written; "" without one."""
    path = PurePosixPath(name)
    words = [_ENDING.sub("", path.stem), *reversed(path.parts[:-1])]
    plain = [word.removeprefix(_PARTIAL) for word in words]
    return next((word for word in plain if word and split_of_folder(word)), "")


def _features(file: Path, on_card: Mapping[str, object]) -> Mapping[str, object]:
    """Return the features that `datasets` wrote into a file, else of the card, else by types."""
    schema = _open(file).schema_arrow
    try:
        stated = json.loads((schema.metadata or {}).get(b"huggingface", b"{}"))["info"]["features"]
    except (ValueError, KeyError, TypeError):
        stated = None
    if isinstance(stated, dict):
        return stated
    return {field.name: {"_type": "Image"} if _is_picture(field)
            else on_card.get(field.name, {"_type": "Value"}) for field in schema}


def _is_picture(field: Any) -> bool:  # noqa: ANN401 - a field of pyarrow
    kind = str(field.type)
    return (kind.startswith("struct<") and "bytes: binary" in kind) or \
        (kind in ("binary", "large_binary") and field.name.lower() in PHOTOS)


def _batches(file: Path, names: Sequence[str]) -> Iterator[Any]:
    pyarrow = arrow("pyarrow", file.parent, "has Parquet files")
    try:
        source = _open(file)
        there = [name for name in names if name in source.schema_arrow.names]
        yield from source.iter_batches(batch_size=_ROWS, columns=there)
    except (OSError, pyarrow.ArrowException) as error:
        raise _damaged(file, error) from error


def _open(file: Path) -> Any:  # noqa: ANN401 - pyarrow is untyped
    parquet = arrow("pyarrow.parquet", file.parent, "has Parquet files")
    import pyarrow

    try:
        return parquet.ParquetFile(file)
    except (OSError, pyarrow.ArrowException) as error:
        raise _damaged(file, error) from error


def _damaged(file: Path, error: Exception) -> InputError:
    why = " ".join(str(error).split())[:200]
    return InputError(f"{file} is missing, cut or damaged ({why}); download it again.")
