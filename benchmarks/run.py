"""Whole runs of two versions in turn: `python benchmarks/run.py BEFORE AFTER [--data DIR]`.

BEFORE and AFTER are source trees (folders with `src/tag2mask`) or commits, which are checked out
with `git worktree`; --data is a data set, by default the demo. The versions take turns (A B A B),
each run in a process of its own, so that other work on the machine affects both. A short run of
each compiles what is compiled once per machine, and is not counted.

Per stage, the table has the median and the range of wall and CPU seconds, the ratio of the medians
of CPU seconds (after / before; of wall seconds where a version has no profile), and the largest
resident memory; then the mIoU of both. Run on battery, or beside other work, only CPU seconds mean
much. For a quick look take --photos and --set, as in

    python benchmarks/run.py HEAD~20 . --photos 40 --set classify.epochs=1 --set segment.epochs=1

--set-after changes settings of AFTER alone, which BEFORE may not know.
"""

from __future__ import annotations

import argparse
import signal
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from measured_runs import REPOSITORY, WARM_UP, RunCost, StageCost, imported_from, run_once
from tag2mask.core.machine import machine_key

SIDES = ("before", "after")


@contextmanager
def source_tree(given: str) -> Iterator[Path]:
    """Give a folder with `src/tag2mask`, checked out for the block if `given` is a commit."""
    folder = Path(given).resolve()
    if (folder / "src" / "tag2mask").is_dir():
        yield folder
        return
    git = ["git", "-C", str(REPOSITORY), "worktree"]
    with tempfile.TemporaryDirectory() as parent:
        tree = Path(parent).resolve() / "tree"
        subprocess.run([*git, "add", "--quiet", "--detach", str(tree), given], check=True)
        try:
            yield tree
        finally:
            subprocess.run([*git, "remove", "--force", str(tree)], check=True)


def compare(
    trees: Sequence[Path], data: str, out: Path, *, rounds: int, settings: Sequence[str],
    photos: int, seeds: Sequence[int], threads: int, warm_up: bool = True,
    later: Sequence[str] = (),
) -> dict[str, list[RunCost]]:
    """Run both versions in turn; round after round takes the seeds in turn.

    Args:
        trees: of both versions.
        data: "demo", or a data set's folder.
        out: where the runs are written.
        rounds: runs of each version.
        settings: of both.
        photos: at most this many of each split; 0 for all.
        seeds: of the runs.
        threads: of each run.
        warm_up: start with a short run of each.
        later: settings of the second version alone.

    Returns:
        the runs of each version.
    """
    costs: dict[str, list[RunCost]] = {side: [] for side in SIDES}
    for number in range(-1 if warm_up else 0, rounds):
        for side, tree in zip(SIDES, trees, strict=True):
            folder = out / side / "run"
            if number < 0:
                run_once(tree, "demo", folder, settings=WARM_UP, photos=12, threads=threads)
                continue
            own = [*settings, *(later if side == SIDES[1] else ())]
            costs[side].append(run_once(
                tree, data, folder, settings=own, photos=photos,
                seed=seeds[number % len(seeds)], threads=threads))
            whole = costs[side][-1].stages["all"]
            sys.stderr.write(f"round {number + 1}, {side}: {whole.seconds:.0f} s, "
                             f"{whole.cpu or 0:.0f} s of CPU\n")
    return costs


def table(costs: Mapping[str, Sequence[RunCost]]) -> list[str]:
    """Return a Markdown table of all stages, then one of the figures."""
    names = list(dict.fromkeys(
        name for runs in costs.values() for run in runs for name in run.stages if name != "all"))
    lines = ["| Stage | wall before | wall after | CPU before | CPU after | ratio | MiB before "
             "| MiB after |", f"| --- |{' ---: |' * 7}"]
    for name in (*names, "all"):
        before, after = ([run.stages[name] for run in costs[side] if name in run.stages]
                         for side in SIDES)
        lines.append(_row(name, before, after))
    lines += ["", "| mIoU | before | after |", "| --- | ---: | ---: |"]
    for name in dict.fromkeys(key for side in SIDES for run in costs[side] for key in run.figures):
        found = [[run.figures[name] for run in costs[side] if name in run.figures]
                 for side in SIDES]
        lines.append(f"| {name} | {_spread(found[0])} | {_spread(found[1])} |")
    return lines


def _row(name: str, before: Sequence[StageCost], after: Sequence[StageCost]) -> str:
    walls = [[cost.seconds for cost in costs] for costs in (before, after)]
    cpus = [[cost.cpu for cost in costs if cost.cpu is not None] for costs in (before, after)]
    memory = [max((cost.memory for cost in costs), default=0.0) for costs in (before, after)]
    first, second = cpus if all(cpus) else walls
    ratio = statistics.median(second) / max(statistics.median(first), 1e-3) \
        if first and second else float("nan")
    cells = [*map(_spread, walls), *map(_spread, cpus), f"{ratio:.2f}",
             *(f"{mib:.0f}" if mib else "" for mib in memory)]
    return f"| {name} | {' | '.join(cells)} |"


def _spread(values: Sequence[float]) -> str:
    """Write the median and, of several values, the range."""
    if not values:
        return ""
    middle = f"{statistics.median(values):.1f}"
    return middle if len(values) == 1 else f"{middle} ({min(values):.1f} to {max(values):.1f})"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # commits are not left checked out
    parser.add_argument("before")
    parser.add_argument("after", nargs="?", default=str(REPOSITORY))
    parser.add_argument("--data", default="demo")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--photos", type=int, default=0, help="at most this many of each split")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--no-warm-up", dest="warm_up", action="store_false",
                        help="both versions have run on this machine before")
    parser.add_argument("--set", dest="settings", action="append", default=[])
    parser.add_argument("--set-after", dest="later", action="append", default=[])
    parser.add_argument("--out", type=Path, help="where the runs are written; kept")
    given = parser.parse_args()
    data = given.data if given.data == "demo" else str(Path(given.data).resolve())
    with ExitStack() as held:
        trees = [held.enter_context(source_tree(name)) for name in (given.before, given.after)]
        for tree in trees:
            if not imported_from(tree).is_relative_to(tree):
                parser.error(f"{tree} is not what is imported, but {imported_from(tree)}")
        out = given.out.resolve() if given.out else Path(
            held.enter_context(tempfile.TemporaryDirectory()))
        costs = compare(trees, data, out, rounds=given.rounds, settings=given.settings,
                        photos=given.photos, seeds=given.seeds, threads=given.threads,
                        warm_up=given.warm_up, later=given.later)
    sys.stdout.write("\n".join([
        f"{given.data}, {given.rounds} rounds of {given.before} and {given.after}, {given.threads} "
        f"threads per run; {machine_key('torch', 'onnxruntime')}.", "", *table(costs)]) + "\n")


if __name__ == "__main__":
    main()
