"""The campaign as a program: python campaign.py DATA RUN SCRATCH SEED FIRST COUNT.

It writes a line of JSON per input to stdout and keeps what went wrong in SCRATCH/found; each input
can be repeated by its number alone. It has no threads, so that it may fork.
"""

from __future__ import annotations

import json
import shutil
import sys
import time
from pathlib import Path
from typing import Any

from judging import changes, faults, listing
from materials import copy_linked, write_materials
from trials import prepare

from processes import load_everything, run_command, warm_up


def one(number: int, *, seed: int, scratch: Path) -> dict[str, Any]:
    """Run one input; keep its folder where something is wrong."""
    start, inner, prints = time.monotonic(), scratch / "inner", scratch / "prints"
    for folder in (inner, prints):
        shutil.rmtree(folder, ignore_errors=True)
    (inner / "trial").mkdir(parents=True)
    trial = prepare(number, seed=seed, materials=scratch / "materials", folder=inner / "trial")
    before, beside = listing(inner), sorted(path.name for path in scratch.iterdir())
    pristine = listing(scratch / "materials")
    ending = run_command(trial.command, inner / "trial", prints)
    allowed = tuple(f"trial/{place}" for place in trial.writes)
    wrong = [*faults(ending), *(f"wrote {name}" for name in [
        *changes(before, listing(inner), allowed=allowed),
        *changes(pristine, listing(scratch / "materials"), allowed=("none",)),
        *sorted({path.name for path in scratch.iterdir()} - {*beside, "prints"})])]
    wrong += [f"left {path.name}" for path in inner.rglob(".*.tmp*")]
    if wrong:
        kept = scratch / "found" / str(number)
        shutil.rmtree(kept, ignore_errors=True)
        shutil.copytree(inner / "trial", kept / "trial", symlinks=True,
                        ignore=shutil.ignore_patterns("*.safetensors", "*.onnx", "*.pth"),
                        copy_function=_copy_files)
        shutil.copytree(prints, kept / "prints")
    return {"number": number, "kind": trial.kind, "command": trial.command, "code": ending.code,
            "damage": trial.damage, "wrong": wrong, "seconds": round(time.monotonic() - start, 2),
            "err": ending.err[-1500:]}


def _copy_files(source: str, target: str) -> None:
    if Path(source).is_file():
        shutil.copy2(source, target)


def main() -> None:
    """Run a stretch of inputs."""
    data, run, scratch = map(Path, sys.argv[1:4])
    seed, first, count = map(int, sys.argv[4:7])
    (scratch / "found").mkdir(parents=True, exist_ok=True)
    if not (scratch / "materials").exists():
        write_materials(scratch / "materials", data, run)
    load_everything()
    copy_linked(scratch / "materials" / "run", scratch / "warm")
    warm_up([["inspect", str(scratch / "materials" / "table")],
             *([stage, str(scratch / "warm")] for stage in ("sharpen", "label", "evaluate"))])
    shutil.rmtree(scratch / "warm")
    for number in range(first, first + count):
        sys.stdout.write(json.dumps(one(number, seed=seed, scratch=scratch)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
