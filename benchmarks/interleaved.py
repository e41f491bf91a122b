"""Timing of several variants in turn, so that a change of the machine's mood hits all of them."""

from __future__ import annotations

import platform
import statistics
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import torch


def measure(steps: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Call every step once per round, and return its seconds; a first round warms up."""
    times: dict[str, list[float]] = {name: [] for name in steps}
    for attempt in range(rounds + 1):
        for name, step in steps.items():
            start = time.perf_counter()
            step()
            if torch.cuda.is_available():
                torch.cuda.synchronize()
            if attempt:
                times[name].append(time.perf_counter() - start)
    return times


def highest_memory() -> float:
    """Return the most resident memory of this process so far in MiB (getrusage's is inherited)."""
    return _memory("VmHWM:")


def forget_highest_memory() -> float:
    """Let `highest_memory` begin anew, and return what is resident now in MiB (Linux)."""
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
