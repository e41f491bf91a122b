"""Measure what the machine can reach: a matrix product, and a copy in memory."""

from __future__ import annotations

import time
from collections.abc import Callable

import torch

from tag2mask.core.profiling import WRITE, Spent
from tag2mask.run_folder.records import MachineLimits

_SIDE = 768
"""Side of the matrices; larger ones are not faster, and take longer."""

_COPIED = 2**25
"""Bytes of a copy, more than the caches of most processors hold."""

_TRIES = 4
"""The best is taken, since other programs only slow a try down."""


def measure_limits() -> MachineLimits:
    """Measure the limits of the machine with the threads that torch uses, in about 0.1 s."""
    square = torch.ones(_SIDE, _SIDE)
    product = torch.empty_like(square)
    source = torch.zeros(_COPIED, dtype=torch.uint8)
    target = torch.empty_like(source)
    return MachineLimits(
        threads=torch.get_num_threads(),
        operations_per_second=2 * _SIDE**3 / _best(lambda: torch.mm(square, square, out=product)),
        bytes_per_second=2 * _COPIED / _best(lambda: target.copy_(source)),
    )


def share_of_limit(kind: str, spent: Spent, limits: MachineLimits) -> float | None:
    """Return the share of the limit that a kind of work reached; None if it is unknown.

    It is that of the matrix product for work with counted operations, and that of the copy for work
    with counted bytes; for files, which are not limited by memory, there is none.
    """
    if spent.seconds <= 0 or kind == WRITE:
        return None
    shares = (spent.operations / limits.operations_per_second,
              spent.bytes / limits.bytes_per_second)
    return max(shares) / spent.seconds if any(shares) else None


def _best(call: Callable[[], object]) -> float:
    """Return the seconds of the fastest of some calls, after one that warms up."""
    call()
    seconds = []
    for _ in range(_TRIES):
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    return max(min(seconds), 1e-9)
