"""Mean field for a dense CRF in plain torch, for a GPU: many photos of any sizes at once.

The pixels of all photos are the rows of one table. Their lattices share no points, so that each
photo gets what it gets alone, but every step is one operation for all of them: a single photo is
too small to keep a GPU busy.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from tag2mask.crf.field import Field
from tag2mask.crf.permutohedral_torch import TorchLattice


def mean_field_torch(
    fields: Sequence[Field], *, iterations: int, device: torch.device
) -> list[np.ndarray]:
    """Run the mean field of several photos from the softmax of their unary energies.

    Args:
        fields: the photos, each with at least one label.
        iterations: number of iterations, 0 or more.
        device: device of the computation.

    Returns:
        per photo (L, H, W) float32, which sum to 1 over the labels.
    """
    pixels = [field.size[0] * field.size[1] for field in fields]
    photos = _rows(np.arange(len(fields)), pixels, device)
    energies = _energies(fields, pixels).to(device)
    kernels = [
        (_Normalised([f.positions() for f in fields], photos, device),
         _rows([f.gaussian[1] for f in fields], pixels, device)[:, None]),
        (_Normalised([f.colours() for f in fields], photos, device),
         _rows([f.bilateral[2] for f in fields], pixels, device)[:, None]),
    ]
    beliefs = (-energies).softmax(1)
    for _ in range(iterations):
        messages = sum(weight * kernel(beliefs) for kernel, weight in kernels)
        beliefs = (messages - energies).softmax(1)
    return [
        np.ascontiguousarray(rows.T.reshape(-1, *field.size)[: len(field.unary)])
        for rows, field in zip(np.split(beliefs.cpu().numpy(), np.cumsum(pixels)[:-1]), fields,
                               strict=True)
    ]


def _rows(values: Sequence[float] | np.ndarray, pixels: list[int], device: torch.device) -> Tensor:
    """Repeat a value of each photo for all of its pixels: (N,)."""
    per_photo = torch.as_tensor(np.asarray(values), device=device)
    rows = per_photo.repeat_interleave(torch.tensor(pixels, device=device))
    return rows.float() if rows.is_floating_point() else rows


def _energies(fields: Sequence[Field], pixels: list[int]) -> Tensor:
    """Return the energies of all pixels, (N, most labels); missing labels are impossible."""
    labels = max(len(field.unary) for field in fields)
    rows = np.full((sum(pixels), labels), np.inf, np.float32)
    for field, part in zip(fields, np.split(rows, np.cumsum(pixels)[:-1]), strict=True):
        part[:, : len(field.unary)] = field.unary.reshape(len(field.unary), -1).T
    return torch.from_numpy(rows)


class _Normalised:
    """A kernel with symmetric normalisation of its rows and columns."""

    def __init__(
        self, features: Sequence[np.ndarray], photos: Tensor, device: torch.device
    ) -> None:
        rows = torch.from_numpy(np.concatenate(features)).to(device)
        self.lattice = TorchLattice(rows, photos)
        ones = torch.ones(len(rows), 1, device=device)
        self.norm = (self.lattice.filter(ones) + 1e-20).rsqrt()

    def __call__(self, beliefs: Tensor) -> Tensor:
        return self.norm * self.lattice.filter(self.norm * beliefs)
