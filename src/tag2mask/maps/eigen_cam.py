"""Eigen-CAM: the first principal component of a layer, independent of the class.

Muhammad and Yeasin, "Eigen-CAM" (IJCNN 2020), section III: the layer's output, projected onto its
first right singular vector. It is not class-specific: all classes of an image get the same map.

Differs from the paper: the sign of a singular vector is arbitrary; the one with which the map has a
positive sum is chosen.
"""

from __future__ import annotations

import torch
from torch import Tensor

from tag2mask.maps.recording import run_keeping
from tag2mask.maps.request import Request


def eigen_cam(request: Request, images: Tensor) -> list[Tensor]:
    """Return (B, k, h, w) per layer, signed."""
    output, grids = run_keeping(request, images)
    count = request.score(output).shape[1]
    return [first_component(kept.grid)[:, None].expand(-1, count, -1, -1) for kept in grids]


def first_component(activations: Tensor) -> Tensor:
    """Project (B, C, h, w) onto its first right singular vector per image: (B, h, w)."""
    cells = activations.flatten(2).transpose(1, 2).float()
    # Use the leading eigenvector of the smaller of the two Gram matrices.
    wide = cells.shape[2] > cells.shape[1]
    product = cells @ cells.mT if wide else cells.mT @ cells
    vector = torch.linalg.eigh(product.double())[1][:, :, -1:].to(cells)
    # For cells x cells it is the left singular vector; the projection is this times the value.
    size: Tensor = (cells.mT @ vector).norm(dim=1, keepdim=True) if wide else vector.new_ones(1)
    plane: Tensor = vector * size if wide else cells @ vector
    plane = torch.where(plane.sum(1, keepdim=True) < 0, -plane, plane)  # a sum of 0 keeps the map
    return plane.reshape(len(activations), *activations.shape[2:])
