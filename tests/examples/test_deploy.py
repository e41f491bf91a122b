"""The example that uses an exported network without tag2mask has the masks of tag2mask."""

from __future__ import annotations

import runpy
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image

import tag2mask

EXAMPLE = Path(__file__).parents[2] / "examples" / "deploy" / "segment.py"


def test_masks_are_those_of_predict(finished: Path, tiny_data: Path) -> None:
    """Up to pixels at borders, where resizing rounds differently."""
    photo = tiny_data / "images" / "p05.png"
    session = onnxruntime.InferenceSession(
        finished / "segmenter" / "model.onnx", providers=["CPUExecutionProvider"]
    )
    found = runpy.run_path(str(EXAMPLE))["segment"](session, Image.open(photo))
    wanted = tag2mask.load_segmenter(finished)(photo).mask
    assert found.size == Image.open(photo).size
    assert np.mean(np.asarray(found) == wanted) > 0.99
