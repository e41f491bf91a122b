"""Plain training and a comparison give the stored results; `make.py` says how to renew them."""

from __future__ import annotations

from pathlib import Path

import pytest
from golden_cases import CASES
from golden_check import differences


@pytest.mark.parametrize("name", ["plain", "compare"])
def test_results_are_as_stored(name: str, tmp_path: Path) -> None:
    """Masks, maps, scores, figures, tables, files and keys of records."""
    assert differences(name, CASES[name](tmp_path)) == []
