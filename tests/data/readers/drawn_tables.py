"""Parquet files with photos, as the Hugging Face hub has them."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from PIL import Image

LABEL = {"names": ["dog", "cat"], "_type": "ClassLabel"}


def picture(number: int, path: str | None = None) -> dict[str, object]:
    """Return a cell with a photo, 12 wide and 10 high."""
    pixels = np.random.default_rng(number).integers(0, 255, (10, 12, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="PNG")
    return {"bytes": buffer.getvalue(), "path": path}


def mask(label: int) -> dict[str, object]:
    """Return a cell with a mask of the photo's size."""
    labels = np.zeros((10, 12), np.uint8)
    labels[2:6, 3:9] = label
    buffer = io.BytesIO()
    Image.fromarray(labels).save(buffer, format="PNG")
    return {"bytes": buffer.getvalue(), "path": None}


def table(
    columns: Mapping[str, Sequence[object]], features: Mapping[str, object] | None = None
) -> bytes:
    """Return a Parquet file; with features, as `datasets` writes it."""
    arrow: Any = pytest.importorskip("pyarrow")
    parquet: Any = pytest.importorskip("pyarrow.parquet")
    made = arrow.table({name: list(cells) for name, cells in columns.items()})
    if features:
        info = json.dumps({"info": {"features": features}})
        made = made.replace_schema_metadata({"huggingface": info})
    buffer = io.BytesIO()
    parquet.write_table(made, buffer)
    return buffer.getvalue()


def labelled(*numbers: int, **names: str) -> bytes:
    """Return a table of photos with the label of their number modulo 2."""
    photo, label = names.get("image", "image"), names.get("tags", "label")
    return table({photo: [picture(n, f"x/{n}.png") for n in numbers],
                  label: [n % 2 for n in numbers]},
                 {photo: {"_type": "Image"}, label: LABEL})
