"""Compilation of the CRF's kernels, which takes half a minute on a machine's first use.

numba keeps compiled functions in its cache, one version for each group of numbers of labels. Until
the CRF is needed, they can be compiled in one background process (`compiled_ahead`). This module
does not need torch, whose import would cost that process more than a kernel.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np

from tag2mask.core.background import Background
from tag2mask.core.machine import machine_key
from tag2mask.crf.mean_field import mean_field, rounded_up, taps_of
from tag2mask.crf.mean_field_step import step
from tag2mask.crf.permutohedral import build_lattice

_background: Background | None = None
"""The process of `compiled_ahead`, while it may be running."""


def compile_kernels(labels: int) -> None:
    """Compile the kernels for a number of labels, or load them from numba's cache.

    A note beside the cache then says that they are compiled.
    """
    if labels > 1:
        lattice = build_lattice(np.zeros((6, 5), np.float32))
        mean_field(np.zeros((labels, 2, 3), np.float32), taps_of(3), lattice, position_weight=1,
                   colour_weight=1, iterations=1)
        with suppress(OSError):
            _note(labels).write_text(_key(), encoding="utf-8")


def uncompiled(counts: Iterable[int]) -> list[int]:
    """Return the numbers of labels that no note mentions; of those that share kernels, one."""
    needed = {rounded_up(labels - 1): labels for labels in sorted(counts, reverse=True)
              if labels > 1}
    return [labels for _, labels in sorted(needed.items()) if not _is_noted(labels)]


@contextmanager
def compiled_ahead(counts: Iterable[int]) -> Iterator[None]:
    """Compile kernels for numbers of labels in the background during the block.

    There is no process if all are compiled. The kernels, and so all results, are the same with and
    without it.
    """
    global _background
    if _background is None and (missing := uncompiled(counts)):
        _background = Background("tag2mask.crf.compiling:compile_all", *map(str, missing))
    try:
        yield
    finally:
        stop_compiling()


def stop_compiling() -> None:
    """End the background process, if there is one; what it has finished stays in the cache."""
    global _background
    if _background:
        _background.stop()
    _background = None


def compile_all(*counts: str) -> None:
    """Compile kernels in the background process."""
    for labels in counts:
        compile_kernels(int(labels))


def _is_noted(labels: int) -> bool:
    with suppress(OSError, UnicodeDecodeError):
        return _note(labels).read_text(encoding="utf-8") == _key()
    return False


def _note(labels: int) -> Path:
    """Return the note's file, in the folder of numba's cache, with which it is deleted."""
    folder = step.stats.cache_path
    if folder is None:
        raise FileNotFoundError("numba has no cache")
    return Path(folder) / f"tag2mask-crf-{rounded_up(labels - 1)}.{sys.implementation.cache_tag}"


def _key() -> str:
    """Return a key that changes with everything for which numba compiles again."""
    files = [(file.name, file.stat().st_mtime_ns, file.stat().st_size)
             for file in sorted(Path(__file__).parent.glob("*.py"))]
    text = f"{sys.version} {machine_key('numba', 'llvmlite', 'numpy')} {files}"
    return hashlib.sha256(text.encode()).hexdigest()
