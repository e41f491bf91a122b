"""How well a mask keeps to an object's edge, whatever is inside."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageFilter

_REACH = 0.02
"""Width of the band along an edge, as a share of the photo's diagonal (the paper's choice)."""


def boundary_iou(truth: np.ndarray, prediction: np.ndarray, *, reach: int | None = None) -> float:
    """Compare two masks of one object along their edges (Cheng et al., CVPR 2021, "Boundary IoU").

    Each mask is thinned to its pixels within `reach` of its own edge; of the two bands the
    intersection is divided by the union. The photo's rim counts as an edge.

    Args:
        truth: (H, W) bool.
        prediction: (H, W) bool.
        reach: in pixels, square neighbourhoods; 2 % of the photo's diagonal by default.

    Returns:
        0 to 1; nan where both are empty.

    Raises:
        ValueError: the shapes differ.
    """
    if truth.shape != prediction.shape:
        raise ValueError(f"truth is {truth.shape} but prediction is {prediction.shape}")
    reach = reach or max(1, round(_REACH * float(np.hypot(*truth.shape))))
    one, other = _band(truth, reach), _band(prediction, reach)
    union = int((one | other).sum())
    return float((one & other).sum() / union) if union else float("nan")


def _band(mask: np.ndarray, reach: int) -> np.ndarray:
    """Keep the pixels of a mask from which something else is at most `reach` away."""
    framed = Image.fromarray(np.pad(mask, reach).astype(np.uint8))
    inside = np.asarray(framed.filter(ImageFilter.MinFilter(2 * reach + 1)), bool)
    return np.asarray(mask & ~inside[reach:-reach, reach:-reach])
