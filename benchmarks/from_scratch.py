"""What the comparisons on drawn scenes share: size, training, keeping of results, spread."""

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import Callable, Hashable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from tag2mask.data.transforms import to_images
from tag2mask.models.backbones.module import IMAGENET_MEAN, IMAGENET_STD

SIZE = (96, 128)
LEARNING_RATE, WEIGHT_DECAY = 1e-3, 1e-2
Job = TypeVar("Job", bound=tuple[Hashable, ...])
Row = dict[str, Any]


def images_of(photos: list[np.ndarray]) -> Tensor:
    """Normalise photos as every backbone measured here wants them."""
    images = to_images(photos, IMAGENET_MEAN, IMAGENET_STD)
    return images.contiguous(memory_format=torch.channels_last)


def learn(network: nn.Module, losses: Iterable[Tensor], steps: int) -> None:
    """Train by AdamW, the rate warmed up and brought down to nothing; one step per loss."""
    optimizer = torch.optim.AdamW(network.parameters(), LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, LEARNING_RATE, total_steps=steps, pct_start=0.1
    )
    network.train()
    for loss in losses:
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()


def measured(
    folder: Path, jobs: Sequence[Job], key: Callable[[Row], Job], measure: Callable[[Job], Row]
) -> list[Row]:
    """Measure the jobs that `folder` does not hold yet, and keep each at once; return all rows."""
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / "results.jsonl"
    rows = [json.loads(line) for line in kept.read_text().splitlines()] if kept.exists() else []
    done = {key(row) for row in rows}
    for job in (job for job in jobs if job not in done):
        rows.append(measure(job))
        with kept.open("a") as file:
            file.write(json.dumps(rows[-1]) + "\n")
        sys.stderr.write(f"{json.dumps(rows[-1])}\n")
    return rows


def mean_of(rows: list[Row], key: str) -> float:
    """Average one figure."""
    return statistics.mean(row[key] for row in rows)


def spread(values: list[float]) -> str:
    """Write a mean, and half of the range around it."""
    return f"{statistics.mean(values):.1f} ± {(max(values) - min(values)) / 2:.1f}"
