"""Shards to read, made of a mapping from members to their content."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from PIL import Image

from tag2mask.data.dataset import Dataset

Content = Mapping[str, bytes | str]


def photo(number: int, *, kind: str = "PNG") -> bytes:
    """Return a photo, 12 wide and 10 high."""
    pixels = np.random.default_rng(number).integers(0, 255, (10, 12, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format=kind)
    return buffer.getvalue()


def mask(label: int) -> bytes:
    """Return a mask of the photo's size with one label beside the background."""
    labels = np.zeros((10, 12), np.uint8)
    labels[2:6, 3:9] = label
    buffer = io.BytesIO()
    Image.fromarray(labels).save(buffer, format="PNG")
    return buffer.getvalue()


def tags(*names: str, **more: str) -> str:
    """Return the content of a JSON file."""
    return json.dumps({"tags": names, **more})


def write(path: Path, content: Content) -> Path:
    """Write a shard, and return its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w") as archive:
        for name, data in content.items():
            entry = tarfile.TarInfo(name)
            data = data.encode() if isinstance(data, str) else data
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return path.parent


def written(path: Path, data: bytes) -> Path:
    """Write a file, and return its path."""
    path.write_bytes(data)
    return path


def pairs(*keys: str, first: int = 0) -> dict[str, bytes | str]:
    """Return photos with a tag each, in turn."""
    made: dict[str, bytes | str] = {}
    for number, key in enumerate(keys, first):
        made |= {f"{key}.png": photo(number), f"{key}.json": tags(("cat", "dog")[number % 2])}
    return made


def facts(dataset: Dataset) -> dict[str, tuple[tuple[str, ...], str]]:
    """Return the tags and the split of each photo."""
    return {p.name: (tuple(dataset.classes[t] for t in p.tags), p.split) for p in dataset.photos}
