"""What a training step costs, by batch, optimiser, compiler and neighbours.

    python benchmarks/step_costs.py [--rounds 5]

On random crops of 256 pixels, with the default networks of `classify` and `segment`. Two tables:

- in one process on one core, in turn: batches of 8, 16 and 24 crops; the optimiser as it is
  ("default"), fused, and parameter by parameter; the network compiled by torch (needs a compiler);
- steps of 8 and 16 crops in one process on one core, of 8 in each of two processes at once on a
  core each, and of 16 in one process with two threads. Two processes would be twice as fast as one
  if a step of 8 took half as long as one of 16, and as long beside another as alone.

Run it with nothing else running, with OMP_NUM_THREADS=1 and, for figures that can be compared,
TAG2MASK_PRECISION=float32.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial

import torch
from torch import Tensor, nn

from at_once import classify, random_crops, segment
from interleaved import machine, measure
from tag2mask.core.memory import keep_freed_memory
from tag2mask.training.masked_crops import MaskBatch

STAGES = {"classify": classify, "segment": segment}


def backpropagate(
    loss: Callable[[MaskBatch], Tensor], batch: MaskBatch, network: nn.Module
) -> None:
    """Compute gradients as a step does."""
    network.zero_grad(set_to_none=True)
    loss(batch).backward()


def in_one_process(stage: str, rounds: int) -> None:
    """Print batches, optimisers and the compiler."""
    torch.manual_seed(0)
    network, loss = STAGES[stage]()
    network.train()
    batches = {number: random_crops(number) for number in (8, 16, 24)}
    steps: dict[str, Callable[[], object]] = {
        f"gradients, {number} crops": partial(backpropagate, loss, batch, network)
        for number, batch in batches.items()}
    steps |= optimisers(loss, batches[8], network)
    if compiled := compile_step(stage, batches[16]):
        steps["gradients, 16 crops, compiled"] = compiled
    print_rows(stage, measure(steps, rounds))


def optimisers(
    loss: Callable[[MaskBatch], Tensor], batch: MaskBatch, network: nn.Module
) -> dict[str, Callable[[], object]]:
    """Return the step of each kind of optimiser, on copies of the weights and their gradients."""
    backpropagate(loss, batch, network)
    copies = []
    for value in network.parameters():
        if value.grad is not None:
            copies.append(value.detach().clone().requires_grad_())
            copies[-1].grad = value.grad.clone()
    kinds = {"default": {}, "fused": {"fused": True}, "one by one": {"foreach": False}}
    return {f"optimiser, {name}": torch.optim.AdamW(copies, **choice).step
            for name, choice in kinds.items()}


def print_rows(stage: str, taken: Mapping[str, Sequence[float]]) -> None:
    """Print median, least and most milliseconds of each case."""
    for name, seconds in taken.items():
        sys.stdout.write(f"{stage:9} {name:36} {1e3 * statistics.median(seconds):7.0f} ms "
                         f"({1e3 * min(seconds):.0f} to {1e3 * max(seconds):.0f})\n")


def compile_step(stage: str, batch: MaskBatch) -> Callable[[], None] | None:
    """Compile the network of a stage; print how long it takes, or why it can't be done."""
    network, loss = STAGES[stage]()
    network.train()
    for name, part in network.named_children():
        if name in ("backbone", "encoder", "decoder"):
            part.compile()
    start = time.perf_counter()
    try:
        backpropagate(loss, batch, network)
    except Exception as error:
        sys.stdout.write(f"{stage:9} not compiled: {str(error).splitlines()[0][:80]}\n")
        return None
    sys.stdout.write(f"{stage:9} compiled in {time.perf_counter() - start:.0f} s\n")
    return partial(backpropagate, loss, batch, network)


def timed_steps(stage: str, crops: int, cores: Sequence[int], seconds: float) -> None:
    """Take steps for a while on some cores, and print the median seconds of one."""
    os.sched_setaffinity(0, cores)
    torch.set_num_threads(len(cores))
    network, loss = STAGES[stage]()
    network.train()
    batch = random_crops(crops)
    backpropagate(loss, batch, network)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    taken, end = [], time.perf_counter() + seconds
    while (start := time.perf_counter()) < end:
        backpropagate(loss, batch, network)
        taken.append(time.perf_counter() - start)
    sys.stdout.write(f"{statistics.median(taken)}\n")


def at_the_same_time(
    stage: str, crops: int, cores: Sequence[Sequence[int]], seconds: float
) -> float:
    """Return the seconds of a step, the mean of processes that run at the same time."""
    processes = [subprocess.Popen(
        [sys.executable, __file__, "--worker", stage, str(crops), ",".join(map(str, own)),
         str(seconds)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for own in cores]
    found = []
    for process in processes:
        assert process.stdout
        process.stdout.readline()
    for process in processes:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        output, _ = process.communicate()
        found.append(float(output))
    return statistics.mean(found)


def with_neighbours(stage: str, rounds: int) -> None:
    """Print steps of one process alone, of two at once, and of one with two threads."""
    first, second = sorted(os.sched_getaffinity(0))[:2]
    cases = {
        "16 crops, one process": (16, [[first]]),
        "8 crops, one process": (8, [[first]]),
        "8 crops, two processes at once": (8, [[first], [second]]),
        "16 crops, one process, two threads": (16, [[first, second]]),
    }
    taken: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(rounds):
        for name, (crops, cores) in cases.items():
            taken[name].append(at_the_same_time(stage, crops, cores, 6))
    print_rows(stage, taken)


def main() -> None:
    """Measure both stages."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--worker", nargs=4, help=argparse.SUPPRESS)
    given = parser.parse_args()
    keep_freed_memory()
    if given.worker:
        stage, crops, cores, seconds = given.worker
        timed_steps(stage, int(crops), [int(core) for core in cores.split(",")], float(seconds))
        return
    sys.stdout.write(f"{machine()}, {given.rounds} rounds\n")
    for stage in STAGES:
        in_one_process(stage, given.rounds)
        with_neighbours(stage, max(given.rounds // 2, 1))


if __name__ == "__main__":
    main()
