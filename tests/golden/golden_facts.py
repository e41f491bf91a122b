"""What is recorded of a folder that a command wrote: facts that a rebuild must not change.

Only formats decide how a file is read: nothing here imports tag2mask. Text that people read
(warnings, the report, the words of a figure's protocol) is left out, and so is what differs from
run to run (seconds, memory, absolute paths, fingerprints).
"""

from __future__ import annotations

import csv
import hashlib
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

DIGITS = 6
"""Decimals that are stored; results are compared to 1e-6."""

_SAMPLES = 5
_LONGEST = 9
"""Longer lists of numbers are stored as length, mean, minimum and maximum."""
_VOLATILE = re.compile(
    "second|minute|memory|time|fingerprint|version|command|root|warnings|stages"
)
_ELSEWHERE = ("recipes", "data", "grid", "plan", "cells")
"""Of compare.json: stored otherwise, or what was asked for."""
_WORDS = ("pretraining", "outside_help", "name", "settings")


def facts_of(folder: Path) -> dict[str, Any]:
    """Return the facts of every file below a folder that a run, predict or compare wrote."""
    facts: dict[str, Any] = {"files": _files(folder)}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = path.relative_to(folder).as_posix()
        if path.suffix == ".npz":
            facts.setdefault("planes", {})[name] = planes_facts(path)
        elif path.suffix == ".png" and not name.startswith("final/"):  # predictions, among the tags
            facts.setdefault("pixels", {})[name] = pixel_facts(path)
        elif path.suffix == ".csv" and path.name not in ("curve.csv", "compare.csv"):
            facts.setdefault("tables", {})[name] = table_facts(path)
        elif path.name == "metrics.json" and path.parent == folder:
            facts["figures"] = figure_facts(path)
        elif path.suffix == ".json" and path.name not in ("data.json", "contents.json"):
            facts.setdefault("records", {})[name] = record_facts(path)
    return facts


def comparison_facts(folder: Path) -> dict[str, Any]:
    """Return the facts of a comparison: its ledger, and of each cell masks and figures.

    A cell's folder is named after its recipe, its seed and a hash of its settings; the hash is
    left out.
    """
    facts: dict[str, Any] = {
        "files": sorted(path.name for path in folder.iterdir() if path.is_file()),
    }
    ledger = json.loads((folder / "compare.json").read_text(encoding="utf-8"))
    facts["recipes"] = {recipe["name"]: _numbers(recipe) for recipe in ledger["recipes"]}
    facts["ledger"] = _numbers({key: ledger[key] for key in ledger if key not in _ELSEWHERE})
    for cell in sorted((folder / "cells").iterdir()):
        found, name = facts_of(cell), cell.name.rpartition("-")[0]
        facts[name] = {key: found[key] for key in ("files", "figures", "pixels")}
    return facts


def _files(folder: Path) -> dict[str, int]:
    """Count the files; a photo's name is replaced by a star."""
    names = (p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
    return dict(sorted(Counter(re.sub(r"\bp\d\d\b", "*", name) for name in names).items()))


def pixel_facts(path: Path) -> dict[str, Any]:
    """Return the hash of the decoded pixels, and how many have each label (or their mean)."""
    with Image.open(path) as picture:
        pixels = np.asarray(picture)
    facts: dict[str, Any] = {
        "sha256": hashlib.sha256(f"{pixels.shape}".encode() + pixels.tobytes()).hexdigest()[:16]
    }
    if pixels.ndim == 3:
        return facts | {"mean": [_rounded(v) for v in pixels.mean((0, 1))]}
    labels, counts = np.unique(pixels, return_counts=True)
    return facts | {"counts": {str(a): int(n) for a, n in zip(labels, counts, strict=True)}}


def planes_facts(path: Path) -> dict[str, Any]:
    """Return shape, classes, statistics and some values of the maps or scores of one photo."""
    with np.load(path) as archive:
        planes, classes = archive["planes"].astype(np.float64), archive["classes"]
    places = np.linspace(0.13, 0.93, _SAMPLES) * planes.size
    values = [planes.mean(), planes.std(), planes.min(), planes.max()]
    return {
        "shape": list(planes.shape), "classes": classes.tolist(),
        "mean_std_min_max": [_rounded(value) for value in values],
        "values": [_rounded(planes.flat[int(place)]) for place in places],
    }


def table_facts(path: Path) -> dict[str, Any]:
    """Return the numbers of each row under the row's words, whatever the order of the rows."""
    with path.open(newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    table: dict[str, Any] = {"header": header}
    for row in sorted(rows):
        row = [cell for name, cell in zip(header, row, strict=True) if name != "source"]  # a path
        words = [cell for cell in row if not _is_number(cell)]
        table[" ".join(words)] = [_rounded(float(cell)) for cell in row if _is_number(cell)]
    return table


def figure_facts(path: Path) -> dict[str, Any]:
    """Return the figures of metrics.json by what they measure, and the other numbers there."""
    content = json.loads(path.read_text(encoding="utf-8"))
    facts: dict[str, Any] = {}
    for figure in content.pop("figures"):
        kind = " ".join(str(figure[key]) for key in ("what", "split", "tags", "oracle"))
        assert kind not in facts, f"two figures of {kind}"
        facts[kind] = _numbers(figure)
    return facts | {f"other {key}": _numbers(content[key])
                    for key in sorted(content) if not _VOLATILE.search(key)}


def record_facts(path: Path) -> Any:  # noqa: ANN401 - as the file has it
    """Return the keys of a record with their numbers; of words only that they are there."""
    return _numbers(json.loads(path.read_text(encoding="utf-8")))


def _numbers(value: Any) -> Any:  # noqa: ANN401 - whatever JSON holds
    if isinstance(value, dict):
        return {key: _numbers(value[key]) for key in sorted(value)
                if not _VOLATILE.search(key) and key not in _WORDS}
    if isinstance(value, list):
        found = [_numbers(entry) for entry in value]
        many = len(found) > _LONGEST and all(isinstance(v, int | float) for v in found)
        return _summary(found) if many else found
    return _rounded(value) if isinstance(value, float) else value


def _summary(values: list[float]) -> list[float]:
    return [len(values), *(_rounded(float(f(values))) for f in (np.mean, np.min, np.max))]


def _rounded(value: float) -> float:
    return round(float(value), DIGITS)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
