"""The limits of the machine, and the share of them that work reaches."""

from __future__ import annotations

import pytest
import torch

from tag2mask.core.profiling import FORWARD, OPTIMISE, READ, WRITE, Spent
from tag2mask.profiling.limits import measure_limits, share_of_limit
from tag2mask.run_folder.records import MachineLimits

LIMITS = MachineLimits(threads=1, operations_per_second=1000, bytes_per_second=100)


def test_limits_are_plausible() -> None:
    """Any machine computes more than a million operations a second."""
    limits = measure_limits()
    assert limits.threads == torch.get_num_threads()
    assert limits.operations_per_second > 1e6
    assert limits.bytes_per_second > 1e6


@pytest.mark.parametrize(("kind", "spent", "share"), [
    (FORWARD, Spent(seconds=2, operations=500), 0.25),
    (OPTIMISE, Spent(seconds=2, bytes=100), 0.5),
    (WRITE, Spent(seconds=2, bytes=100), None),
    (READ, Spent(seconds=2), None),
    (FORWARD, Spent(seconds=0, operations=500), None),
])
def test_share_of_limit(kind: str, spent: Spent, share: float | None) -> None:
    """Operations against the product, bytes against the copy, and files against neither."""
    assert share_of_limit(kind, spent, LIMITS) == share
