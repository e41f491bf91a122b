"""Small shards, and a folder of photos in classes, as bytes."""

from __future__ import annotations

import io
import json
import tarfile

import numpy as np
from PIL import Image


def photo(number: int) -> bytes:
    """Return a photo, 12 wide and 10 high."""
    pixels = np.random.default_rng(number).integers(0, 255, (10, 12, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="PNG")
    return buffer.getvalue()


def shard(*numbers: int) -> bytes:
    """Return a tar file with photos and a tag each, in turn."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for number in numbers:
            tags = json.dumps({"tags": [("cat", "dog")[number % 2]], "split": "train"})
            for name, data in ((f"{number}.png", photo(number)), (f"{number}.json", tags.encode())):
                entry = tarfile.TarInfo(name)
                entry.size = len(data)
                archive.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()
