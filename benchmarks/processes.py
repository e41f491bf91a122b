"""Seconds of each stage in one and in several processes: python benchmarks/processes.py DATA.

Every process has one thread for computing (OMP_NUM_THREADS=1) and one core. Runs with different
numbers of processes take turns, so that a change of the machine's load affects all of them; the
median of the rounds is printed. The masks of all runs are compared with those of the first.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from interleaved import machine

STAGES = ("classify", "activate", "sharpen", "label", "segment", "evaluate")


def run(
    data: Path, out: Path, processes: int, settings: Sequence[str], *options: str,
    device: str = "cpu",
) -> dict[str, float]:
    """Run everything in a new folder, and return the seconds of each stage.

    Args:
        data: the data set.
        out: the run folder; what it contained is deleted.
        processes: number of processes.
        settings: overrides, as in "classify.epochs=4".
        options: further words of the command line.
        device: "cpu" or "cuda"; each process has a thread, or a GPU, of its own.
    """
    shutil.rmtree(out, ignore_errors=True)
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(processes)]
    words = [
        sys.executable, *(launcher if processes > 1 else []), "-m", "tag2mask", "run", str(data),
        "--out", str(out), "--device", device, "-q", *options,
        *(word for value in settings for word in ("--set", value)),
    ]
    threads = {"OMP_NUM_THREADS": "1"} if device == "cpu" else {}
    with _cores(processes if device == "cpu" else None):
        subprocess.run(words, check=True, env={**os.environ, **threads})
    return {stage: _seconds(out / "stages" / f"{stage}.json") for stage in STAGES}


@contextmanager
def _cores(count: int | None) -> Iterator[None]:
    """Let started processes use as many cores as there are of them, where the system allows it.

    The threads of a single process that read photos would otherwise have the second core.
    """
    usable = os.sched_getaffinity(0) if hasattr(os, "sched_setaffinity") else set()
    if usable and count:
        os.sched_setaffinity(0, sorted(usable)[:count])
    yield
    if usable and count:
        os.sched_setaffinity(0, usable)


def differing_masks(one: Path, other: Path) -> int:
    """Return the number of pseudo masks that differ between two runs."""
    files = sorted((one / "masks").rglob("*.png"))
    return sum(file.read_bytes() != (other / file.relative_to(one)).read_bytes() for file in files)


def _seconds(record: Path) -> float:
    return float(json.loads(record.read_text(encoding="utf-8"))["seconds"])


def main() -> None:
    """Measure, and print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--processes", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--set", dest="settings", action="append", default=["segment.onnx=false"])
    given = parser.parse_args()
    times: dict[int, list[dict[str, float]]] = {number: [] for number in given.processes}
    lines = [f"Median of {given.rounds} rounds; {machine()}.", ""]
    with tempfile.TemporaryDirectory() as folder:
        outs = {number: Path(folder) / str(number) for number in given.processes}
        for _ in range(given.rounds):
            for number, out in outs.items():
                times[number].append(run(
                    given.data, out, number, given.settings, "--workers", "1"))
        first = given.processes[0]
        lines.append("| stage | " + " | ".join(f"{number} (s)" for number in times) + " | ratio |")
        lines.append("|---" * (len(times) + 2) + "|")
        for stage in STAGES:
            middle = {n: statistics.median(row[stage] for row in rows) for n, rows in times.items()}
            ratio = " · ".join(f"{middle[first] / middle[n]:.2f}" for n in times if n != first)
            cells = " | ".join(f"{seconds:.1f}" for seconds in middle.values())
            lines.append(f"| {stage} | {cells} | {ratio} |")
        for number, out in outs.items():
            lines += ["", f"Masks of {number} that differ: {differing_masks(outs[first], out)}."]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
