"""Rewrite the stored results: `python tests/golden/make.py [NAME...]`.

Do so only where results are meant to change, and read the diff. `--archive` also makes the stored
old run anew, which takes away the proof that runs of version 0.1.0 can still be opened.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from golden_cases import CASES
from golden_check import store
from golden_old_run import make_archive, open_old_run

from tag2mask.core.precision import PRECISION

os.environ[PRECISION] = "float32"  # as in the tests

MAKERS = {**CASES, "old_run": open_old_run}


def main(words: list[str]) -> None:
    """Make the results of these cases, or of all."""
    names = [word for word in words if word != "--archive"]
    if "--archive" in words:
        with tempfile.TemporaryDirectory() as folder:
            make_archive(Path(folder))
    for name in names or MAKERS:
        with tempfile.TemporaryDirectory() as folder:
            store(name, MAKERS[name](Path(folder)))


if __name__ == "__main__":
    main(sys.argv[1:])
