"""Timing of several variants in turn, so that a change of the machine's mood hits all of them."""

from __future__ import annotations

import ctypes
import platform
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import torch
from numpy.typing import ArrayLike


def measure(
    steps: Mapping[str, Callable[[], object]], rounds: int, *,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, list[float]]:
    """Call every step once per round, and return its seconds; a first round warms up."""
    times: dict[str, list[float]] = {name: [] for name in steps}
    for attempt in range(rounds + 1):
        for name, step in steps.items():
            start = clock()
            step()
            if torch.cuda.is_available():
                torch.cuda.synchronize()
            if attempt:
                times[name].append(clock() - start)
    return times


def highest_memory() -> float:
    """Return the most resident memory of this process so far in MiB (getrusage's is inherited)."""
    return _memory("VmHWM:")


def growth(step: Callable[[], object]) -> float:
    """Return by how much one call raises this process's memory at its highest, in MiB."""
    before = forget_highest_memory()
    step()
    return highest_memory() - before


def forget_highest_memory() -> float:
    """Let `highest_memory` begin anew, and return what is resident now in MiB (Linux, glibc)."""
    ctypes.CDLL(None).malloc_trim(0)  # what has been freed would be used again, and not be seen
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return _memory("VmRSS:")


def _memory(what: str) -> float:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition(what)[2].split()[0]) / 1024


def machine() -> str:
    """Say what was measured on, in one line."""
    gpu = f", {torch.cuda.get_device_name()}" if torch.cuda.is_available() else ""
    return (f"{platform.processor() or platform.machine()}, {torch.get_num_threads()} threads"
            f"{gpu}, torch {torch.__version__}")


def table(times: Mapping[str, list[float]], against: str) -> list[str]:
    """Write medians, spreads, and how many times as fast as `against` each is."""
    base = statistics.median(times[against])
    return [
        f"{name:<40} {1e3 * statistics.median(taken):8.1f} ms  "
        f"({1e3 * min(taken):.1f} to {1e3 * max(taken):.1f})  "
        f"{base / statistics.median(taken):5.2f} times as fast as {against}"
        for name, taken in times.items()
    ]


def contest(
    title: str, ours: Callable[[], ArrayLike], rival: Callable[[], ArrayLike], rounds: int
) -> float:
    """Tell time, memory and the largest difference of two ways to one result.

    Returns:
        the rival's median seconds.
    """
    times = measure({"ours": ours, "rival": rival}, rounds)
    ratios = sorted(b / a for a, b in zip(times["ours"], times["rival"], strict=True))
    own, other = (statistics.median(taken) for taken in times.values())
    needs, needed = (max(growth(call), 0.1) for call in (ours, rival))
    apart = np.abs(np.asarray(ours()) - np.asarray(rival())).max()
    sys.stdout.write(
        f"{title}: ours {1e3 * own:.1f} ms and {needs:.1f} MiB, rival {1e3 * other:.1f} ms and "
        f"{needed:.1f} MiB; {statistics.median(ratios):.2f} times as fast ({ratios[0]:.2f} to "
        f"{ratios[-1]:.2f}), {needs / needed:.2f} of the memory, {apart:.1e} apart at most\n")
    sys.stdout.flush()
    return other
