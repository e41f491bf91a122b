"""Nothing about the machine is stored or sent by the libraries that are used."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def test_onnxruntime_leaves_nothing_at_home(tmp_path: Path) -> None:
    """Without us it keeps an identifier of the machine and a data base of events."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("XDG", "ORT"))}
    subprocess.run([sys.executable, "-c", "import tag2mask, onnxruntime"], check=True,
                   env=kept | {"HOME": str(tmp_path), "PYTHONPATH": os.pathsep.join(sys.path)})
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
