"""One run with the source tree that is first on the path, for `measured_runs`.

`python benchmarks/one_run.py JOB`, where JOB is JSON: data ("demo" or a folder), out, photos (at
most that many of each split, 0 for all), settings (overrides), seed and threads.

Only names that older commits have too are used, so that these can be measured.
"""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path


@dataclass(frozen=True)
class Job:
    """What is run."""

    data: str
    out: str
    photos: int
    settings: list[str]
    seed: int
    threads: int


def main() -> None:
    """Run everything, with a profile where the tree has one."""
    job = Job(**json.loads(sys.argv[1]))
    import torch

    from tag2mask.pipeline.runner import run

    torch.set_num_threads(job.threads)
    data, settings = Path(job.data), [*job.settings]
    if job.data == "demo":
        data, settings = scenes(job), [*demo_settings(), *job.settings]
    profiled = {"profile": True} if "profile" in inspect.signature(run).parameters else {}
    run(data, job.out, overrides=settings, device="cpu", workers=1, seed=job.seed,
        photos=job.photos or None, **profiled)


def demo_settings() -> Sequence[str]:
    """Return the settings of the demo, from the module of this tree that has them."""
    module = "embedded_example" if find_spec("tag2mask.pipeline.embedded_example") else "demo"
    settings: Sequence[str] = import_module(f"tag2mask.pipeline.{module}").DEMO_SETTINGS
    return settings


def scenes(job: Job) -> Path:
    """Draw the demo's scenes beside the run, or the first part of them."""
    from tag2mask.data.scenes import write_scenes

    folder = Path(job.out).parent / f"scenes{job.photos or ''}"
    if job.photos:
        return write_scenes(folder, num_train=job.photos, num_val=max(1, job.photos // 4))
    return write_scenes(folder)


if __name__ == "__main__":
    main()
