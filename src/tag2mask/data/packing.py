"""Write a data set as WebDataset shards: tar files with photos, tags and masks."""

from __future__ import annotations

import io
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from tag2mask.core.contracts import InputError
from tag2mask.core.data_address import refuse_address
from tag2mask.core.files import WriteError, system_sentence
from tag2mask.core.sizes import parse_size
from tag2mask.data.dataset import Dataset, Photo
from tag2mask.data.mask_reading import MaskFile
from tag2mask.data.masks import load_mask
from tag2mask.data.shard_writing import ShardWriter, free_key

_SMALLEST = 10**4


@dataclass(frozen=True)
class Packed:
    """The number of photos by the name of the shard, and the size of all shards in bytes."""

    photos: Mapping[str, int]
    size: int


def size_in_bytes(text: str) -> int:
    """Convert a size such as 500MB or 1.5 GiB to bytes.

    Raises:
        InputError: it is no size, or less than 10 kB.
    """
    size = parse_size(text, "--shard-size")
    if size < _SMALLEST:
        raise InputError(f"--shard-size wants 10KB or more, not {text!r}.")
    return size


def pack(
    dataset: Dataset, out: Path, *, shard_size: int, advance: Callable[[], None] = lambda: None
) -> Packed:
    """Write shards, their list `shards.json`, and `classes.txt`.

    Photos are in the order of their names, and files have no times or owners, so that the same
    data set gives the same bytes. The folder gets its name when it is complete.

    Args:
        dataset: a checked data set.
        out: a folder that is missing or empty.
        shard_size: maximum size of a shard in bytes, unless a photo alone is larger.
        advance: called once per photo.

    Raises:
        InputError: `out` contains something or is in the data set, or a photo was removed.
    """
    refuse_other_folders(out, dataset)
    with _new_folder(out) as folder:
        shards = ShardWriter(folder, shard_size)
        keys: set[str] = set()
        for photo in dataset.photos:
            key = free_key(photo.name, keys)
            shards.add(list(_files(photo, key, dataset)))
            advance()
        shards.finish(dataset.classes)
        return Packed(shards.photos, sum(path.stat().st_size for path in folder.glob("*.tar")))


def _files(photo: Photo, key: str, dataset: Dataset) -> Iterator[tuple[str, bytes]]:
    tags: dict[str, object] = {"tags": [dataset.classes[tag] for tag in photo.tags],
                               "split": photo.split}
    if key != photo.name:
        tags["tag2mask_name"] = photo.name
    yield f"{key}.json", json.dumps(tags, ensure_ascii=False).encode("utf-8")
    try:
        yield f"{key}{photo.path.suffix.lower()}", photo.path.read_bytes()
    except FileNotFoundError as error:
        raise InputError(f"{photo.path} is not there any more; put it back and repeat.") from error
    if photo.mask is not None:
        yield f"{key}.mask.png", _mask(photo.mask, len(dataset.classes) + 1)


def _mask(path: Path, num_labels: int) -> bytes:
    """Return a mask as a PNG of labels: the file itself if it is one."""
    if path.suffix.lower() == ".png" and not isinstance(path, MaskFile):
        return path.read_bytes()
    labels = load_mask(path, size=None, num_labels=num_labels)
    buffer = io.BytesIO()
    Image.fromarray(labels).save(buffer, format="PNG")
    return buffer.getvalue()


def refuse_other_folders(out: Path, dataset: Dataset) -> None:
    """Raise an error if shards of a data set may not be written to a folder.

    Raises:
        InputError: the folder contains something, or is in the data set.
    """
    refuse_address(out, "shards")
    if out.resolve().is_relative_to(dataset.root.resolve()):
        raise InputError(f"{out} is inside the data set; choose another folder.")
    if out.is_file() or (out.is_dir() and any(out.iterdir())):
        raise InputError(f"{out} contains something already; choose another folder.")


@contextmanager
def _new_folder(out: Path) -> Iterator[Path]:
    """Yield a temporary folder beside `out`, and rename it to `out` when the block succeeds."""
    temporary = out.with_name(f".{out.name}.{os.getpid()}.tmp")
    shutil.rmtree(temporary, ignore_errors=True)
    try:
        temporary.mkdir(parents=True)
        yield temporary
        if out.is_dir():
            out.rmdir()
        temporary.rename(out)
    except OSError as error:
        raise WriteError(f"{out} cannot be written: {system_sentence(error)}") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
