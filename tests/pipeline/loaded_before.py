"""Processes that are forked from one that has loaded what a run loads.

Loading takes several seconds of computing, longer than a run over the tiny data set.
"""

from __future__ import annotations

import multiprocessing
import os
import runpy
import sys
from collections.abc import Sequence
from importlib import import_module
from multiprocessing.context import ForkServerContext
from pathlib import Path

import tag2mask.cli.commands
import tag2mask.models.backbones.export_graph
import tag2mask.prediction.predict  # noqa: F401
from tag2mask.stages import STAGES

for _stage in STAGES:  # loads, and computes nothing: threads do not survive a fork
    import_module(_stage.run.partition(":")[0])

TINY = Path(__file__).with_name("tiny_runs.py")


def forkserver() -> ForkServerContext:
    """Return the context whose processes are forked."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["loaded_before", "tiny_runs"])
    return context


def ended(words: Sequence[str | Path], **environment: str) -> int | None:
    """Run `tag2mask` in a process of its own, without output, and return its exit code.

    Args:
        words: of the command line.
        environment: further environment variables.
    """
    process = forkserver().Process(target=_run, args=(words, environment))
    process.start()
    process.join()
    return process.exitcode


def run_ended(
    data: Path, out: Path, settings: Sequence[str], **environment: str
) -> int | None:
    """Run `tag2mask run` with settings in a process of its own, and return its exit code."""
    words = [word for setting in settings for word in ("--set", setting)]
    return ended(["run", data, "--out", out, *words, "-q"], **environment)


def command(words: Sequence[str | Path]) -> None:
    """Be `tag2mask`, as `tiny_runs` is."""
    sys.argv = ["tag2mask", *(str(word) for word in words)]
    runpy.run_path(str(TINY), run_name="__main__")


def _run(words: Sequence[str | Path], environment: dict[str, str]) -> None:
    os.environ.update(environment)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nowhere, stream)
    command(words)
