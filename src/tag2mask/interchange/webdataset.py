"""WebDataset: tar files with photos, labels and their description, for programs that stream."""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from tag2mask.data.shard_writing import ShardWriter, free_key
from tag2mask.interchange.format import Format, Labelling, WriteOptions
from tag2mask.interchange.label_pngs import suffix_of
from tag2mask.interchange.labelled import LabelledPhoto, LabelMap
from tag2mask.interchange.pictures import Pictures

SHARD_SIZE = 500 * 10**6
"""Maximum size of a shard, in bytes."""

LABELS = "labels.png"
"""What follows the key of a photo. Not `mask.png`: that is a true mask for the reader of shards,
and a run on the export would be scored by its own masks."""


def write(labelling: Labelling, out: Path, options: WriteOptions) -> int:
    """Write shard-000000.tar, ... with KEY.jpg, KEY.labels.png and KEY.json."""
    pictures = Pictures(labelling, "none" if options.images == "none" else "link")
    shards, keys, count = ShardWriter(out, SHARD_SIZE), set[str](), 0
    with tempfile.TemporaryDirectory(prefix=".", dir=out) as folder:
        for photo in labelling.photos:
            if photo.labels is not None:
                key = free_key(photo.stem, keys)
                shards.add([(f"{key}.{kind}", content)
                            for kind, content in _files(photo, photo.labels, pictures,
                                                        Path(folder))])
                count += 1
    shards.finish(labelling.classes)
    pictures.note()
    return count


def _files(
    photo: LabelledPhoto, labels: LabelMap, pictures: Pictures, folder: Path
) -> Iterator[tuple[str, bytes]]:
    """Yield what a shard holds of a photo, and what follows its key in the names of the files."""
    about = {"tags": [name for name in photo.classes if name in photo.shown],
             "split": photo.split, "file": photo.file, "trust": photo.trust}
    known = {name: value for name, value in about.items() if value is not None}
    yield "json", json.dumps(known, ensure_ascii=False).encode("utf-8")
    suffix = suffix_of(photo).lower()
    placed = folder / f"photo{suffix}"
    pictures.place(photo, placed)
    if placed.exists():
        yield suffix.removeprefix("."), placed.read_bytes()
        placed.unlink()
    buffer = io.BytesIO()
    Image.fromarray(labels).save(buffer, format="PNG", compress_level=1)
    yield LABELS, buffer.getvalue()


FORMAT = Format(
    title="WebDataset", exact="exact", write=write, undecided="the value 255",
)
