"""Training checkpoints in one safetensors file; an interruption loses at most the current epoch.

Accelerate's own checkpoints are pickles; this file contains only tensors and numbers, so an
untrusted run folder can be resumed without executing code from it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save
from torch import Tensor, nn

from tag2mask.core.contracts import InputError
from tag2mask.core.files import atomic_path
from tag2mask.core.json_fields import from_json
from tag2mask.core.processes import exists, is_first
from tag2mask.core.processes.late_files import await_file


@dataclass
class Progress:
    """Training state besides the weights: the next epoch, the best score, the curve."""

    epoch: int = 0
    best: float = float("-inf")
    curve: list[dict[str, float]] = field(default_factory=list)


@dataclass(frozen=True)
class _StoredProgress:
    """`Progress` as stored in the header of the file."""

    epoch: int
    best: float
    curve: tuple[Mapping[str, float], ...]


def save_checkpoint(
    path: Path, model: nn.Module, optimizer: torch.optim.Optimizer, progress: Progress
) -> None:
    """Write model, optimizer and progress atomically; only in the first process."""
    if not is_first():
        return
    state = optimizer.state_dict()
    tensors = {f"model.{key}": value for key, value in model.state_dict().items()}
    for index, slots in state["state"].items():
        for name, value in slots.items():
            tensors[f"optimizer.{index}.{name}"] = torch.as_tensor(value)
    header = {"progress": json.dumps(vars(progress))}
    whole = {key: value.detach().cpu().contiguous() for key, value in tensors.items()}
    with atomic_path(path) as temporary:
        temporary.write_bytes(save(whole, header))  # save_file hides a full disk in its own error


def load_checkpoint(
    path: Path, model: nn.Module, optimizer: torch.optim.Optimizer
) -> Progress:
    """Load model and optimizer from `path`; return the progress, a new one if there is no file.

    Raises:
        InputError: the file is damaged or was written by another model.
    """
    if not exists(path):
        return Progress()
    await_file(path)
    try:
        with safe_open(path, framework="pt") as file:
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118  (no dict)
            progress = _progress(json.loads(file.metadata()["progress"]))
        model.load_state_dict(_with_prefix(tensors, "model."))
        _fill(optimizer, _with_prefix(tensors, "optimizer."))
    except Exception as error:  # whatever a damaged file makes a parser raise
        raise InputError(
            f"{path} cannot be resumed from ({type(error).__name__}); delete it and repeat."
        ) from error
    return progress


def _progress(content: object) -> Progress:
    stored = from_json(_StoredProgress, content)
    if stored.epoch < 0:
        raise ValueError(f"epoch {stored.epoch}")
    return Progress(stored.epoch, float(stored.best), [dict(row) for row in stored.curve])


def _with_prefix(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}


def _fill(optimizer: torch.optim.Optimizer, slots: dict[str, Tensor]) -> None:
    state: dict[int, dict[str, Tensor]] = {}
    for key, value in slots.items():
        index, name = key.split(".", 1)
        state.setdefault(int(index), {})[name] = value
    groups = optimizer.state_dict()["param_groups"]
    optimizer.load_state_dict({"state": state, "param_groups": groups})
