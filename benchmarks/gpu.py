"""Photos per second of every stage on one and on several GPUs: `python benchmarks/gpu.py DATA`.

    python benchmarks/gpu.py DATA --processes 1 2 4 --rounds 3

runs everything with each number of processes in turn, each process with a GPU of its own. Per
stage, the table has the photos of the data set over the median of the seconds; with one process
also the operations that were counted, as a share of what a matrix product in the same precision
reaches; and with several processes the ratio to one. A first short run, which is not counted, fills
the caches. `--device cpu` tries the benchmark where there is no GPU.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from interleaved import machine, measure
from measured_runs import WARM_UP
from processes import STAGES, run
from tag2mask.core.device import find_device, make_accelerator
from tag2mask.data import read_dataset

_SIDE, _ROUNDS = 4096, 10


@dataclass(frozen=True)
class Measured:
    """One run: seconds of each stage, and the operations that its first process counted."""

    seconds: Mapping[str, float]
    operations: Mapping[str, float]


def measured(
    data: Path, out: Path, processes: int, settings: Sequence[str], device: str,
) -> Measured:
    """Run everything with a profile."""
    seconds = run(data, out, processes, settings, "--profile", device=device)
    profile = json.loads((out / "profile.json").read_text(encoding="utf-8"))
    limit = profile["limits"]["operations_per_second"]
    return Measured(seconds, {
        stage["name"]: sum(limit * work["seconds"] * work.get("share_of_limit", 0.0)
                           for kind, work in stage["work"].items() if kind != "optimise")
        for stage in profile["stages"]})


def peak(device: str) -> float:
    """Return the operations per second of a matrix product in the precision of the trainings."""
    accelerator = make_accelerator(device)
    precision = torch.bfloat16 if accelerator.mixed_precision == "bf16" else torch.float32
    side = _SIDE if device != "cpu" else _SIDE // 4
    square = torch.ones(side, side, dtype=precision, device=find_device(device))
    seconds = measure({"product": lambda: square @ square}, _ROUNDS)["product"]
    return 2 * side**3 / min(seconds)


def table(runs: Mapping[int, Sequence[Measured]], photos: int, limit: float) -> list[str]:
    """Return a Markdown table of all stages."""
    first = min(runs)
    more = [number for number in runs if number != first]
    lines = [" | ".join(["| stage", f"photos/s, {first}", "of the peak",
                         *(f"photos/s, {number} | ratio" for number in more)]) + " |",
             "|---" * (3 + 2 * len(more)) + "|"]
    for stage in STAGES:
        middle = {number: statistics.median(one.seconds[stage] for one in found)
                  for number, found in runs.items()}
        done = statistics.median(one.operations.get(stage, 0.0) for one in runs[first])
        share = f"{100 * done / middle[first] / limit:.1f} %" if done and first == 1 else ""
        cells = [f"{photos / middle[first]:.1f}", share]
        cells += [f"{photos / middle[number]:.1f} | {middle[first] / middle[number]:.2f}"
                  for number in more]
        lines.append(f"| {stage} | {' | '.join(cells)} |")
    return lines


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--processes", type=int, nargs="+", default=[1])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument("--set", dest="settings", action="append", default=[])
    given = parser.parse_args()
    if given.device == "cuda" and torch.cuda.device_count() < max(given.processes):
        parser.error(f"torch finds {torch.cuda.device_count()} GPUs; name as many processes at "
                     "most, or --device cpu")
    limit = peak(given.device)
    runs: dict[int, list[Measured]] = {number: [] for number in given.processes}
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "run"
        run(given.data, out, 1, [*WARM_UP, *given.settings], device=given.device)
        for _ in range(given.rounds):
            for number, found in runs.items():
                found.append(measured(given.data, out, number, given.settings, given.device))
    photos = len(read_dataset(given.data).photos)
    sys.stdout.write("\n".join([
        f"{photos} photos, median of {given.rounds} rounds; {machine()}; a matrix product reaches "
        f"{limit / 1e12:.2f} TFLOP/s.", "", *table(runs, photos, limit)]) + "\n")


if __name__ == "__main__":
    main()
