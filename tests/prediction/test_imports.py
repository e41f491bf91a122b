"""Prediction loads what it needs, and nothing that only a training needs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
from PIL import Image


def test_prediction_loads_nothing_that_only_training_needs() -> None:
    """Each of these takes a tenth of a second or more."""
    code = "import tag2mask.prediction.predict, sys; print(*sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    unused = {"accelerate", "huggingface_hub.file_download", "jinja2", "matplotlib", "onnx",
              "onnxscript", "onnxruntime", "scipy.ndimage", "scipy.stats"}
    assert not unused & set(told.stdout.split())


def test_an_exported_network_predicts_without_torch(finished: Path, tmp_path: Path) -> None:
    """Which takes longer to load than a photo to segment."""
    Image.fromarray(np.full((24, 30, 3), 90, np.uint8)).save(tmp_path / "photo.png")
    code = ("import sys; from tag2mask import predict; predict([sys.argv[1]], run=sys.argv[2], "
            "out=sys.argv[3]); print(*sys.modules)")
    told = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "photo.png", finished, tmp_path / "out"],
        capture_output=True, text=True, check=True)
    unused = {"accelerate", "jinja2", "matplotlib", "onnx", "scipy.ndimage", "torch"}
    assert not unused & set(told.stdout.split())
    assert (tmp_path / "out" / "masks" / "photo.png").exists()
