"""Whole runs in processes of their own: time, CPU time and memory of every stage, and figures."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent
REPOSITORY = HERE.parent
WARM_UP = ("classify.epochs=1", "classify.size=64", "segment.epochs=1", "segment.size=64",
           "activate.scales=1", "segment.onnx=false")
"""Settings of a short run that compiles what is compiled once per machine and tree."""


@dataclass(frozen=True)
class StageCost:
    """The cost of one stage; CPU seconds are None if the tree has no profile."""

    seconds: float
    cpu: float | None
    memory: float
    """Largest resident memory, in MiB."""


@dataclass(frozen=True)
class RunCost:
    """The cost of one run, and its results."""

    stages: Mapping[str, StageCost]
    """The profile's stages; before them `start`, which is all that belongs to no stage."""
    figures: Mapping[str, float]
    """mIoU in per cent, by what was scored."""
    settings: Sequence[str] = field(default=())


def run_once(
    tree: Path, data: str, out: Path, *, settings: Sequence[str] = (), photos: int = 0,
    seed: int = 0, threads: int = 1,
) -> RunCost:
    """Run everything in a new folder with the source tree `tree`.

    Args:
        tree: folder that contains `src/tag2mask`.
        data: "demo", or a data set's folder.
        out: run folder; what it contained is deleted. The demo's scenes are drawn beside it.
        settings: overrides, as in "classify.epochs=4".
        photos: at most this many training photos; 0 for all.
        seed: the seed of the run.
        threads: threads of torch and OpenMP.

    Raises:
        CalledProcessError: the run failed.
    """
    shutil.rmtree(out, ignore_errors=True)
    out.parent.mkdir(parents=True, exist_ok=True)
    job = {"data": data, "out": str(out), "photos": photos, "settings": [*settings], "seed": seed,
           "threads": threads}
    words = [sys.executable, str(HERE / "one_run.py"), json.dumps(job)]
    start = time.perf_counter()
    process = subprocess.Popen(words, env=environment(tree, threads))
    try:
        _, status, usage = os.wait4(process.pid, 0)
    except BaseException:
        process.kill()
        process.wait()
        raise
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, words)
    whole = StageCost(time.perf_counter() - start, usage.ru_utime + usage.ru_stime,
                      usage.ru_maxrss / 1024)
    return RunCost(_with_rest(stage_costs(out), whole), _figures(out), settings)


def environment(tree: Path, threads: int) -> dict[str, str]:
    """Return the environment in which the package of `tree` is imported."""
    return {**os.environ, "PYTHONPATH": str(tree / "src"), "OMP_NUM_THREADS": str(threads)}


def imported_from(tree: Path) -> Path:
    """Return where the package is imported from, to check that it is the tree's own."""
    words = [sys.executable, "-c", "import tag2mask; print(tag2mask.__file__)"]
    done = subprocess.run(words, env=environment(tree, 1), check=True, capture_output=True,
                          text=True)
    return Path(done.stdout.strip())


def stage_costs(out: Path) -> dict[str, StageCost]:
    """Read the profile of a run, or the records of its stages if there is none."""
    profile = out / "profile.json"
    if profile.exists():
        rows = json.loads(profile.read_text(encoding="utf-8"))["stages"]
        return {row["name"]: StageCost(row["seconds"], row["cpu_seconds"], row["peak_memory_mb"])
                for row in rows}
    records = sorted((out / "stages").glob("*.json"), key=lambda file: file.stat().st_mtime)
    rows = [(file.stem, json.loads(file.read_text(encoding="utf-8"))) for file in records]
    return {name: StageCost(row["seconds"], None, row["peak_memory_mb"]) for name, row in rows}


def _with_rest(stages: dict[str, StageCost], whole: StageCost) -> dict[str, StageCost]:
    """Add what belongs to no stage (`start`), and the sum (`all`)."""
    known = [cost.cpu for cost in stages.values() if cost.cpu is not None]
    rest = whole.cpu - sum(known) if whole.cpu is not None and known else None
    left = whole.seconds - sum(cost.seconds for cost in stages.values())
    memory = max([whole.memory, *(cost.memory for cost in stages.values())])
    return {"start": StageCost(left, rest, 0.0), **stages,
            "all": StageCost(whole.seconds, whole.cpu, memory)}


def _figures(out: Path) -> dict[str, float]:
    """Read the mIoU of masks and network; thresholds chosen with masks are left out."""
    file = out / "metrics.json"
    if not file.exists():
        return {}
    rows = json.loads(file.read_text(encoding="utf-8")).get("figures", [])
    return {
        f"{row['what'].replace('_', ' ')}, {row['split']}, tags {row['tags']}": 100 * row["miou"]
        for row in rows if row["what"] in ("pseudo_masks", "network") and not row["oracle"]
    }
