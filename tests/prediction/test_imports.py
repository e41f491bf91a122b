"""Prediction loads what it needs, and nothing that only a training needs."""

from __future__ import annotations

import subprocess
import sys


def test_prediction_loads_nothing_that_only_training_needs() -> None:
    """Each of these takes a tenth of a second or more."""
    code = "import tag2mask.prediction.predict, sys; print(*sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    unused = {"accelerate", "huggingface_hub.file_download", "jinja2", "matplotlib", "onnx",
              "onnxscript", "onnxruntime", "scipy.ndimage", "scipy.stats"}
    assert not unused & set(told.stdout.split())
