"""Stored results: how they are written, so that a diff can be read, and how they are compared.

Hashes and numbers are compared exactly (numbers to 1e-6) in an environment like the one they were
made in. Elsewhere the arithmetic of the processor differs in its last digits and training makes
more of that, so there only what is robust is compared: shapes, keys, files, pixel counts, and of
what the second trained network decides only keys and files.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

HERE = Path(__file__).parent
EXACT = 1e-6
LOOSE = 0.02
"""Of numbers in another environment."""
LOOSE_PIXELS = 0.005
"""Share of a mask's pixels that may have another label in another environment."""

_DECIDED = ("network", "predict", "trust")
"""What in the name of a place says that the segmentation network decides its values."""


def environment() -> dict[str, str]:
    """Return what decides the last digits of a network's arithmetic on a CPU."""
    bfloat16 = getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)()
    return {
        "cpu": torch.backends.cpu.get_cpu_capability() + " bfloat16" * bool(bfloat16),
        "torch": torch.__version__.split("+")[0],
    }


def stored(name: str) -> dict[str, Any]:
    """Read the results stored under a name."""
    content: dict[str, Any] = json.loads((HERE / f"{name}.json").read_text(encoding="utf-8"))
    return content


def store(name: str, facts: dict[str, Any]) -> None:
    """Write results with sorted keys, one line for each file, row or figure."""
    text = _lines({"environment": environment(), **facts}, 0)
    (HERE / f"{name}.json").write_text(text + "\n", encoding="utf-8")


def _lines(value: dict[str, Any], depth: int) -> str:
    flat = not any(isinstance(entry, dict) for entry in value.values())
    if not value or (flat and depth > 1) or depth > 2:
        return json.dumps(value, sort_keys=True, ensure_ascii=False)
    pad = " " * (depth + 1)
    rows = (
        f"{pad}{json.dumps(key, ensure_ascii=False)}: "
        + (_lines(entry, depth + 1) if isinstance(entry, dict) else json.dumps(entry))
        for key, entry in sorted(value.items())
    )
    return "{\n" + ",\n".join(rows) + "\n" + " " * depth + "}"


def differences(name: str, facts: dict[str, Any]) -> list[str]:
    """Compare facts with the stored ones; one line for each that differs, none where all agree."""
    expected = stored(name)
    exact = expected.pop("environment") == environment()
    return list(_compare(name, expected, json.loads(json.dumps(facts)), exact))


def _compare(where: str, old: Any, new: Any, exact: bool) -> Iterator[str]:  # noqa: ANN401
    if not exact and _is_decided(where, old):
        return
    if isinstance(old, dict) and isinstance(new, dict):
        yield from _compare_dicts(where, old, new, exact)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, (a, b) in enumerate(zip(old, new, strict=True)):
            yield from _compare(f"{where}[{index}]", a, b, exact)
    elif not _agree(where, old, new, exact):
        yield f"{where}: was {old}, is {new}"


def _is_decided(where: str, old: Any) -> bool:  # noqa: ANN401
    """Return whether a value, or the rows of a table, depend on the last digits of a training."""
    whole = not isinstance(old, dict) or where.endswith((".csv", "/counts"))
    return whole and any(word in where for word in _DECIDED)


def _compare_dicts(
    where: str, old: dict[str, Any], new: dict[str, Any], exact: bool
) -> Iterator[str]:
    if where.endswith(".png/counts") and not exact:
        yield from _compare_counts(where, old, new)
        return
    for key in sorted(old.keys() - new.keys()):
        yield f"{where}/{key}: is missing"
    if "/records/" not in where:  # a record may gain keys, as a version
        yield from (f"{where}/{key}: is new" for key in sorted(new.keys() - old.keys()))
    for key in sorted(old.keys() & new.keys()):
        yield from _compare(f"{where}/{key}", old[key], new[key], exact)


def _compare_counts(where: str, old: dict[str, int], new: dict[str, int]) -> Iterator[str]:
    moved = sum(abs(old.get(key, 0) - new.get(key, 0)) for key in old.keys() | new.keys()) / 2
    if moved > LOOSE_PIXELS * sum(old.values()):
        yield f"{where}: was {old}, is {new}"


def _agree(where: str, old: Any, new: Any, exact: bool) -> bool:  # noqa: ANN401
    if where.endswith("/sha256") and not exact:
        return True
    numbers = all(isinstance(v, int | float) and not isinstance(v, bool) for v in (old, new))
    if not numbers:
        return bool(old == new)
    return abs(old - new) <= (EXACT if exact else LOOSE) * max(1.0, abs(old))
