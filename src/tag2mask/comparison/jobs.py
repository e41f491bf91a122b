"""Run the cells of a comparison in several processes at once."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import IO

from tag2mask.comparison.cell_process import DONE, ENDS_ALL, MODULE, CellRequest
from tag2mask.comparison.cells import Cell, CellRunner, read_outcome
from tag2mask.comparison.cores import usable_cores, usable_gpus, variables_for
from tag2mask.comparison.shared_work import RunningCell, digests_of, must_wait
from tag2mask.core.contracts import InputError
from tag2mask.data.dataset import Dataset

_LOOK = 1.0
"""Seconds after which is looked whether a waiting cell can start."""

_END = 15.0
"""Seconds that a process has to end after its input was closed."""

_WARNING = "Warning: "


@dataclass(frozen=True)
class _Waiting:
    """A cell that has not started."""

    number: int
    cell: Cell
    digests: Mapping[str, str]


@dataclass
class _Job:
    """A process and its cell."""

    number: int
    slot: int
    running: RunningCell
    process: subprocess.Popen[bytes]
    last: str = ""
    """The last line that it printed, for the message if it dies."""

    @property
    def cell(self) -> Cell:
        return self.running.cell


@dataclass
class Jobs:
    """Runs cells in several processes.

    Attributes:
        runner: the settings of the comparison; `jobs` is the number of processes.
        dataset: the data set.
        photos: the most photos of each split; None for all.
        others: cells whose results are reused.
    """

    runner: CellRunner
    dataset: Dataset
    photos: int | None
    others: Sequence[Cell]
    _gpus: Sequence[str] = ()
    _jobs: list[_Job] = field(default_factory=list)
    _events: queue.Queue[tuple[_Job, str | None]] = field(default_factory=queue.Queue)

    def run(self, cells: Sequence[Cell], may_start: Callable[[], bool]) -> None:
        """Run cells until all are done; results are in their folders.

        Cells start in their order, except that one waits, and later ones are tried, while another
        process computes something that it can take over.

        Args:
            cells: the cells.
            may_start: returns whether another cell may start.

        Raises:
            InputError: an error that would stop every other cell too; all processes were ended.
        """
        waiting = [_Waiting(number, cell, digests_of(cell, self.dataset))
                   for number, cell in enumerate(cells, 1) if not cell.recipe.problem]
        self._gpus = usable_gpus(self.runner.device)
        try:
            while waiting or self._jobs:
                waiting = self._start_ready(waiting, len(cells)) if may_start() else []
                self._listen()
        finally:
            self._end_all()

    def _start_ready(self, waiting: Sequence[_Waiting], total: int) -> list[_Waiting]:
        """Start the cells that need not wait, and return the others."""
        left = []
        for one in waiting:
            full = len(self._jobs) >= self.runner.jobs
            if full or any(must_wait(one.digests, job.running) for job in self._jobs):
                left.append(one)
                continue
            self.runner.progress.say(f"{one.number} of {total}: {one.cell.name}")
            self._start(one.number, RunningCell.starting(one.cell, one.digests))
        return left

    def _start(self, number: int, running: RunningCell) -> None:
        jobs = self.runner.jobs
        slot = min(set(range(jobs)) - {job.slot for job in self._jobs})
        environment = variables_for(slot, jobs, cores=usable_cores(), gpus=self._gpus,
                                    variables=os.environ)
        process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", MODULE], env=environment,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C reaches this process, which ends the others
        )
        job = _Job(number, slot, running, process)
        self._jobs.append(job)
        with suppress(BrokenPipeError):  # it has died; `_listen` reports that
            _pipe(process.stdin).write(self._request(running.cell).line())
            _pipe(process.stdin).flush()
        threading.Thread(target=self._read, args=(job,), daemon=True).start()

    def _request(self, cell: Cell) -> CellRequest:
        runner = self.runner
        return CellRequest(
            data=str(runner.data.absolute()), out=str(runner.out.absolute()),
            run=str(cell.run.root.absolute()), choices=cell.recipe.choices,
            overrides=cell.recipe.overrides, seed=cell.seed, photos=self.photos,
            others=tuple(str(other.run.root.absolute()) for other in self.others
                         if other is not cell),
            device=runner.device, workers=-(-runner.workers // runner.jobs),
            verbose=runner.progress.verbosity == "verbose",
        )

    def _read(self, job: _Job) -> None:
        with _pipe(job.process.stderr) as lines:
            for line in lines:
                self._events.put((job, line.decode("utf-8", errors="replace").rstrip()))
        self._events.put((job, None))

    def _listen(self) -> None:
        """Wait for a line or the end of a process, but not for long."""
        if not self._jobs:
            return
        with suppress(queue.Empty):
            job, line = self._events.get(timeout=_LOOK)
            if line is None:
                self._finish(job)
            else:
                job.last = line or job.last
                self._say(job, line)

    def _say(self, job: _Job, line: str) -> None:
        progress = self.runner.progress
        if line.startswith(_WARNING):
            progress.warn(f"{job.cell.name}: {line.removeprefix(_WARNING)}")
        else:
            progress.say(f"  {job.number}| {line}")

    def _finish(self, job: _Job) -> None:
        said, code = _pipe(job.process.stdout).read(), job.process.wait()
        self._jobs.remove(job)
        _close(job.process)
        if code == ENDS_ALL:
            raise InputError(str(json.loads(said)))
        if code != DONE:
            raise InputError(_death(job, code))
        outcome = read_outcome(job.cell)
        if outcome and outcome.problem:
            self.runner.progress.warn(f"{job.cell.recipe.name}: {outcome.problem}")
        else:
            self.runner.progress.say(f"  {job.number}| done")

    def _end_all(self) -> None:
        for job in self._jobs:
            with suppress(OSError):  # it has died
                _pipe(job.process.stdin).close()
        for job in self._jobs:
            try:
                job.process.wait(_END)
            except subprocess.TimeoutExpired:
                job.process.kill()
                job.process.wait()
            _close(job.process)
        self._jobs.clear()


def _close(process: subprocess.Popen[bytes]) -> None:
    for pipe in (process.stdin, process.stdout):  # stderr belongs to its reader
        with suppress(OSError):
            _pipe(pipe).close()


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None, "every pipe was asked for"
    return pipe


def _death(job: _Job, code: int) -> str:
    how = f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
    hint = f"it said: {job.last}" if code > 0 and job.last else \
        "if the memory was not enough, use fewer --jobs"
    return (f"The process of {job.cell.name} {how}, and the others were stopped ({hint}); the same "
            "command continues from here.")
