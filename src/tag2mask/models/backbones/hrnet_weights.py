"""Conversion of the published HRNet weights to our names.

The authors and timm use the same names, with one convolution per pair of streams; here there is one
per source, so the parts are concatenated in the order of their targets.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from tag2mask.core.contracts import InputError

_KIND = {"0": "convolution", "1": "norm"}
_LEAVES = r"(weight|bias|running_mean|running_var|num_batches_tracked)"

_Place = tuple[str, int]
"""Destination of a tensor: our key, and its position among the concatenated parts."""

_TABLE: tuple[tuple[str, Callable[..., _Place]], ...] = (
    (r"(conv|bn)([12])", lambda kind, n: (f"stem.{int(n) - 1}.{_named(kind)}", 0)),
    (r"layer1\.(\d+)\.(conv|bn)(\d)", lambda block, kind, n: (
        f"stage1.{block}.layers.{int(n) - 1}.{_named(kind)}", 0)),
    (r"layer1\.(\d+)\.downsample\.([01])", lambda block, kind: (
        f"stage1.{block}.shortcut.{_KIND[kind]}", 0)),
    (r"transition(\d)\.(\d)\.(?:0\.)?([01])", lambda stage, stream, kind: (
        f"stage{int(stage) + 1}.entries.{stream}.{_KIND[kind]}", 0)),
    (r"stage(\d)\.(\d+)\.branches\.(\d)\.(\d)\.(conv|bn)(\d)",
     lambda stage, module, stream, block, kind, n: (
         f"stage{stage}.units.{module}.branches.{stream}.{block}"
         f".layers.{int(n) - 1}.{_named(kind)}", 0)),
    (r"stage(\d)\.(\d+)\.fuse_layers\.(\d)\.(\d)\.([01])",
     lambda stage, module, target, source, kind: (
         f"stage{stage}.units.{module}.fusion.ups.{int(source) - 1}.{_KIND[kind]}",
         int(target))),
    (r"stage(\d)\.(\d+)\.fuse_layers\.(\d)\.(\d)\.0\.([01])",
     lambda stage, module, target, source, kind: (
         f"stage{stage}.units.{module}.fusion.downs.{source}.{_KIND[kind]}", int(target))),
    (r"stage(\d)\.(\d+)\.fuse_layers\.(\d)\.(\d)\.(\d)\.([01])",
     lambda stage, module, target, source, step, kind: (
         f"stage{stage}.units.{module}.fusion.chains.{source}"
         f".{int(target) - int(source) - 2}.{int(step) - 1}.{_KIND[kind]}", 0)),
)
"""Published names without the last part, and their destinations; the first match is used."""

HEADS = ("incre_modules.", "downsamp_modules.", "final_layer.", "classifier.")
"""Key prefixes of the published ImageNet head."""


def translate(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Map the names of published weights to ours; our own are kept."""
    return translate_published(state) if is_published(state) else dict(state)


def is_published(state: Mapping[str, Tensor]) -> bool:
    """Return whether names are the authors' or timm's."""
    return "conv1.weight" in state and "stage2.0.branches.0.0.conv1.weight" in state


def translate_published(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Rename published weights to ours, without the ImageNet classifier.

    Raises:
        InputError: a tensor does not belong to any HRNet.
    """
    parts: dict[str, list[tuple[int, Tensor]]] = defaultdict(list)
    for key, value in state.items():
        if not key.startswith(HEADS):
            ours, turn = _place(key)
            parts[ours].append((turn, value))
    return {key: _side_by_side(values) for key, values in parts.items()}


def _place(key: str) -> _Place:
    for pattern, place in _TABLE:
        match = re.fullmatch(rf"{pattern}\.{_LEAVES}", key)
        if match:
            *words, leaf = match.groups()
            ours, turn = place(*words)
            return f"{ours}.{leaf}", turn
    raise InputError(f"The weights have a tensor {key}, which no HRNet has.")


def _named(kind: str) -> str:
    return "convolution" if kind == "conv" else "norm"


def _side_by_side(values: list[tuple[int, Tensor]]) -> Tensor:
    ordered = [value for _, value in sorted(values, key=lambda pair: pair[0])]
    return ordered[0] if len(ordered) == 1 or not ordered[0].dim() else torch.cat(ordered)
