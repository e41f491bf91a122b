"""Targets of maps: values computed from a model's output, one per image and class."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from tag2mask.core.contracts import InputError

Target = Callable[[Any], Tensor]
"""Maps a model's output to (B,) or (B, k), one value per map."""

Classes = Sequence[int] | Sequence[Sequence[int]] | Tensor
"""(k,) for all images, or (B, k) per image; 0-based."""


def score(output: Any, classes: Tensor | None, target: Target | None) -> Tensor:  # noqa: ANN401
    """Compute the values to explain.

    Args:
        output: logits (B, K), or a segmentation network's (B, K, H, W), whose mean is taken; or a
            mapping, an object or a tuple that contains them.
        classes: (k,) or (B, k) indices; all by default.
        target: function of the output to use instead of the logits.

    Returns:
        (B, k).

    Raises:
        InputError: the output contains no logits, or a requested class is out of range.
    """
    if target is not None:
        numbers = target(output)
        return numbers[:, None] if numbers.dim() == 1 else numbers
    logits = logits_of(output)
    if logits.dim() == 4:
        logits = logits.mean((2, 3))
    if logits.dim() != 2:
        raise InputError(f"The model gives {tuple(logits.shape)} instead of (B, K); name a target.")
    return logits if classes is None else pick(logits, classes)


def pick(planes: Tensor, classes: Tensor | None) -> Tensor:
    """Select classes of (B, K, ...), in the given order.

    Args:
        planes: one entry per class.
        classes: (k,) or (b, k) where B is b or a multiple of it (views of the same images).

    Raises:
        InputError: a class is out of range.
    """
    if classes is None:
        return planes
    classes, last = classes.to(planes.device), planes.shape[1] - 1
    if classes.numel() and not 0 <= int(classes.min()) <= int(classes.max()) <= last:
        asked = sorted(set(classes.flatten().tolist()))
        raise InputError(f"Classes {asked} are not all in 0..{last}.")
    if classes.dim() == 1:
        return planes[:, classes]
    classes = classes.repeat(len(planes) // len(classes), 1)
    return planes[torch.arange(len(planes), device=planes.device)[:, None], classes]


def to_indices(classes: Classes | None, images: Tensor) -> Tensor | None:
    """Convert the caller's classes to a tensor.

    Raises:
        InputError: they are not integers of shape (k,) or (B, k).
    """
    if classes is None:
        return None
    try:
        indices = torch.as_tensor(classes, device=images.device)
    except (TypeError, ValueError):
        indices = torch.empty(0)
    whole = not indices.is_floating_point() and not indices.is_complex()
    fits = indices.dim() == 1 or (indices.dim() == 2 and len(indices) == len(images))
    if not (whole and indices.dtype != torch.bool and indices.numel() and fits):
        raise InputError(
            f"classes must be whole numbers, one list of them or one list per image "
            f"({len(images)}), all of one length."
        )
    return indices.long()


def region(mask: Tensor, label: int) -> Target:
    """Create a target that sums a segmentation network's logits of one label over a region.

    Grad-CAM for segmentation: Vinogradova et al., "Towards Interpretable Semantic Segmentation via
    Gradient-weighted Class Activation Mapping" (AAAI 2020), equation 2.

    Args:
        mask: (H, W) or (B, H, W), true within the region, at the size of the logits.
        label: label whose logits are summed.
    """
    def total(output: Any) -> Tensor:  # noqa: ANN401 - whatever a foreign model gives
        plane = logits_of(output)[:, label]
        if mask.shape[-2:] != plane.shape[-2:]:
            raise InputError(f"The region is {tuple(mask.shape[-2:])}, where the logits have "
                             f"{tuple(plane.shape[-2:])}.")
        return (plane * mask.to(plane)).sum((1, 2))

    return total


def logits_of(output: Any) -> Tensor:  # noqa: ANN401 - whatever a foreign model gives
    """Find the logits in the output of a model.

    Raises:
        InputError: they are not in any of the usual places.
    """
    for name in ("logits", "out"):
        if isinstance(output, dict) and name in output:
            output = output[name]
        elif not isinstance(output, Tensor):
            output = getattr(output, name, output)
    if isinstance(output, dict) and len(output) == 1:
        output = next(iter(output.values()))
    if isinstance(output, list | tuple) and output:
        output = output[0]
    if not isinstance(output, Tensor):
        raise InputError(
            f"The model gives a {type(output).__name__} without logits; name a target."
        )
    return output
