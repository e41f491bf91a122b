"""Means of a plane over coarse cells."""

from __future__ import annotations

import numpy as np
import torch
from torch.nn import functional as F  # noqa: N812  (the field's name for it)


def in_cells(plane: np.ndarray, cells: tuple[int, int]) -> np.ndarray:
    """Return the mean of a plane (h, w) over each of (a, b) cells, (a, b) float32."""
    grid = torch.from_numpy(np.ascontiguousarray(plane, np.float32))[None, None]
    result: np.ndarray = F.adaptive_avg_pool2d(grid, cells)[0, 0].numpy()
    return result


def mostly(above: np.ndarray, cells: tuple[int, int]) -> np.ndarray:
    """Return which of (a, b) cells are mostly foreground: (h, w) bool to (a * b,) bool."""
    result: np.ndarray = in_cells(above, cells).ravel() > 0.5
    return result
