"""Rewrite the stored results: `python tests/golden/make.py [NAME...]`.

Do so only where results are meant to change, and read the diff. The stored old run is left alone.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from golden_cases import CASES
from golden_check import store


def main(names: list[str]) -> None:
    """Make the results of these cases, or of all."""
    for name in names or CASES:
        with tempfile.TemporaryDirectory() as folder:
            store(name, CASES[name](Path(folder)))


if __name__ == "__main__":
    main(sys.argv[1:])
