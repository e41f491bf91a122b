"""metrics.json as its readers need it: of the right kinds, or named as damaged."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from tag2mask.data.damage import reading
from tag2mask.run_folder.artifacts import RunFolder

_TEXT, _NUMBER, _FLAG = (str,), (int, float), (bool,)
_NUMBERS, _TEXTS = [_NUMBER], [_TEXT]
_BY_NAME = {"*": _NUMBER}

_FIGURE = {
    "what": _TEXT, "split": _TEXT, "images": _NUMBER, "miou": _NUMBER, "iou": _BY_NAME,
    "precision": _NUMBER, "recall": _NUMBER, "threshold": _NUMBER, "oracle": _FLAG, "flip": _FLAG,
    "scales": _NUMBERS, "sharpening": _TEXTS, "outside_help": _TEXTS, "trimap": _BY_NAME,
    "boundary_iou": _NUMBER, "curve_area": _NUMBER, "max_box_acc_v2": _NUMBER, "pxap": _NUMBER,
    "size_bins": {"edges": _NUMBERS, "miou": _NUMBERS},
    "calibration": {"ece": _NUMBER, "bins": {"confidence": _NUMBERS, "accuracy": _NUMBERS}},
}
_TRUST = {"photos": {"spearman": _NUMBER}, "images": _NUMBER, "bins": [_NUMBERS]}
_SHAPE: dict[str, object] = {
    "version": _TEXT, "command": _TEXT, "seed": _NUMBER, "warnings": _TEXTS,
    "data": {"name": _TEXT, "synthetic": _FLAG, "left_out": [{"photo": _TEXT, "why": _TEXT}]},
    "figures": [_FIGURE], "trust": {"*": _TRUST}, "agreement": _BY_NAME,
    "curves": {"*": {"threshold": _NUMBERS, "miou": _NUMBERS, "chosen": _NUMBER,
                     "oracle": _NUMBER}},
    "confusion": {"*": [_NUMBERS]}, "stages": {"*": {"seconds": _NUMBER,
                                                     "peak_memory_mb": _NUMBER}},
    "tags": {"average_precision": _BY_NAME, "mean_average_precision": _NUMBER, "split": _TEXT},
}
"""What is read of it: kinds of values, lists of one kind, and objects by key ("*": any)."""


def read_metrics(run: RunFolder) -> dict[str, Any]:
    """Read metrics.json, {} where there is none yet; unknown entries stay as they are.

    Raises:
        InputError: it is damaged.
    """
    with reading(run.metrics, "delete it and repeat `tag2mask run`"):
        metrics = run.read_json(run.metrics)
        _refuse_others(metrics, _SHAPE, "")
        for figure in metrics.get("figures") or ():
            _refuse_missing(figure, ("what", "split", "miou"), "a figure")
            if figure.get("size_bins"):
                _refuse_bins(figure["size_bins"])
        for told in (metrics.get("trust") or {}).values():
            if any(len(row) != 3 or None in row for row in told.get("bins") or ()):
                raise ValueError("trust bins that are not three numbers each")
            if told.get("images") is None:
                raise ValueError("trust without 'images'")
        for name, rows in (metrics.get("confusion") or {}).items():
            if any(len(row) != len(rows) or None in row for row in rows or ()):
                raise ValueError(f"confusion/{name} is not square")
    return metrics


def _refuse_others(value: object, shape: object, where: str) -> None:
    """Raise ValueError where a value is of another kind; None may be anywhere."""
    if value is None:
        return
    if isinstance(shape, dict):
        if not isinstance(value, dict):
            raise ValueError(f"{where.strip('/')} is no object")
        for key, inner in value.items():
            known = shape.get(key, shape.get("*"))
            if inner is None and key not in shape and isinstance(known, dict):
                raise ValueError(f"{where.strip('/')} has an empty entry")
            if known is not None:
                _refuse_others(inner, known, f"{where}/{key}")
    elif isinstance(shape, list):
        if not isinstance(value, list):
            raise ValueError(f"{where.strip('/')} is no list")
        for place, inner in enumerate(value):
            _refuse_others(inner, shape[0], f"{where}/{place}")
            if inner is None and isinstance(shape[0], (dict, list)):
                raise ValueError(f"{where.strip('/')} has an empty entry")
    elif isinstance(shape, tuple) and (
        not isinstance(value, shape) or (isinstance(value, bool) and bool not in shape)
    ):
        raise ValueError(f"{where.strip('/')} is {value!r:.60}")
    elif isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{where.strip('/')} is {value}")


def _refuse_missing(content: Mapping[str, Any], keys: tuple[str, ...], what: str) -> None:
    for key in keys:
        if key not in content:
            raise ValueError(f"{what} without {key!r}")


def _refuse_bins(bins: Mapping[str, Any]) -> None:
    _refuse_missing(bins, ("edges", "miou"), "size_bins")
    if bins["edges"] and (None in bins["edges"] or not bins["miou"]):
        raise ValueError("size_bins that are not complete")
