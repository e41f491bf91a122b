"""Cost of every stage over photos, classes and sizes: `python benchmarks/growth.py --out DIR`.

Drawn photos, one epoch, one scale, small crops, no export: settings that make every stage cheap and
change nothing in how its cost grows. All runs are made by one process with --threads threads, after
one that loads all code. CPU seconds are reported, which other programs on the machine change less
than wall time, and the largest resident memory. The exponent is the slope of the logarithm of the
cost over the logarithm of the size: 0 is no growth, 1 is linear. What each stage costs anyway
(loading of weights, in memory all code) lowers it, so that of the last two sizes is given too.
Results are kept in DIR, and only missing ones are measured.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from from_scratch import Row, measured
from growth_scenes import write_photos
from measured_runs import StageCost, stage_costs
from tag2mask.core.machine import machine_key
from tag2mask.pipeline.runner import run

CHEAP = ("classify.epochs=1", "classify.size=64", "activate.scales=1", "sharpen.long_side=100",
         "sharpen.epochs=1", "sharpen.size=64",
         "segment.epochs=1", "segment.size=64", "segment.onnx=false")
STAGES = ("classify", "activate", "sharpen", "label", "segment", "evaluate", "report")
Size = tuple[int, int]


@dataclass(frozen=True)
class Axis:
    """One quantity that grows, and what the others are meanwhile."""

    name: str
    values: Sequence[int]
    photos: Callable[[int], int]
    classes: Callable[[int], int] = lambda _: 5
    side: Callable[[int], int] = lambda _: 104
    settings: Callable[[int], Sequence[str]] = lambda _: CHEAP


def _read_at(side: int) -> tuple[str, ...]:
    """Return settings by which whole photos are read and sharpened at a long side of `side`."""
    crop = side * 4 // 5
    return (*CHEAP, f"classify.size={crop}", f"segment.size={crop}", f"sharpen.size={crop}",
            f"sharpen.long_side={side}")


AXES = (
    Axis("photos", (100, 300, 1000, 3000), photos=lambda value: value),
    Axis("classes", (2, 20, 200), photos=lambda _: 60, classes=lambda value: value),
    Axis("size at which they are read", (80, 160, 320), photos=lambda _: 20,
         side=lambda _: 320, settings=_read_at),
    Axis("size of the files", (320, 640, 1280), photos=lambda _: 20, side=lambda value: value),
)


def measure(axis: Axis, value: int, folder: Path) -> Row:
    """Run once, and return the CPU seconds and the memory of every stage."""
    side = axis.side(value)
    data = write_photos(
        folder / f"photos_{axis.photos(value)}_{axis.classes(value)}_{side}",
        photos=axis.photos(value), classes=axis.classes(value), size=(side * 10 // 13, side))
    costs = run_all(data, folder / "run", axis.settings(value))
    cpu = {name: costs[name].cpu or 0.0 for name in STAGES}
    memory = {name: costs[name].memory for name in STAGES}
    return {"axis": axis.name, "value": value, "cpu": {**cpu, "all": sum(cpu.values())},
            "memory": {**memory, "all": max(memory.values())}}


def run_all(data: Path, out: Path, settings: Sequence[str]) -> dict[str, StageCost]:
    """Run all stages in a new folder, in this process."""
    shutil.rmtree(out, ignore_errors=True)
    run(data, out, overrides=settings, device="cpu", workers=1, profile=True)
    return stage_costs(out)


def exponents(values: Sequence[int], costs: Sequence[float]) -> tuple[float, float]:
    """Return the slope over all sizes, and that between the last two, in logarithms."""
    x, y = np.log(values), np.log(np.maximum(costs, 0.01))
    return float(np.polyfit(x, y, 1)[0]), float((y[-1] - y[-2]) / (x[-1] - x[-2]))


def table(axis: Axis, rows: Sequence[Row], what: str, unit: str) -> list[str]:
    """Return a Markdown table of one kind of cost."""
    heads = [axis.name, *map(str, axis.values), "exponent", "of the last two"]
    lines = [f"| {' | '.join(heads)} |", f"| --- |{' ---: |' * (len(heads) - 1)}"]
    for stage in (*STAGES, "all"):
        costs = [float(row[what][stage]) for row in rows]
        slopes = exponents(axis.values, costs)
        cells = [f"{cost:{unit}}" for cost in costs] + [f"{slope:.2f}" for slope in slopes]
        lines.append(f"| {stage} | {' | '.join(cells)} |")
    return lines


def main() -> None:
    """Measure what is missing, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args()
    out = given.out.resolve()
    torch.set_num_threads(given.threads)
    axes = {axis.name: axis for axis in AXES}
    warm = write_photos(out / "photos_warm_up", photos=10, classes=5, size=(80, 104))
    run_all(warm, out / "run", CHEAP)
    jobs = [(axis.name, value) for axis in AXES for value in axis.values]
    rows = measured(out, jobs, lambda row: (row["axis"], row["value"]),
                    lambda job: measure(axes[job[0]], job[1], out))
    lines = [machine_key("torch", "onnxruntime")]
    for axis in AXES:
        own = sorted((row for row in rows if row["axis"] == axis.name and
                      row["value"] in axis.values), key=lambda row: int(row["value"]))
        lines += ["", "CPU seconds", "", *table(axis, own, "cpu", ".1f"),
                  "", "Peak memory in MiB", "", *table(axis, own, "memory", ".0f")]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
