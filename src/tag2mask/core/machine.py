"""A key of the machine and its software, for choices that hold only there."""

from __future__ import annotations

import os
import platform
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path


def machine_key(*packages: str) -> str:
    """Return a text that changes with the processor, the number of cores and these packages.

    Args:
        packages: names of distributions; missing ones are part of the key too.
    """
    usable = getattr(os, "sched_getaffinity", None)
    cores = len(usable(0)) if usable else os.cpu_count() or 1
    parts = [platform.system(), platform.machine(), _processor(), f"{cores} cores"]
    return "; ".join([*parts, *(f"{name} {_version(name)}" for name in packages)])


def _processor() -> str:
    """Return the name of the processor; "" if the system does not report it."""
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").split("\n"):
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "missing"
