"""The confidence of a network, sampled on a grid of pixels."""

from __future__ import annotations

import numpy as np

from tag2mask.prediction.argmax import between


def sampled_probabilities(
    logits: np.ndarray, size: tuple[int, int], *, step: int
) -> np.ndarray:
    """Return the softmax of logits interpolated at every `step`-th row and column of a photo.

    A softmax at every pixel would take longer than the network's mask, and neighbouring pixels have
    similar values.

    Args:
        logits: (K + 1, h, w) float32.
        size: (H, W) of the photo, as in `upsampled_argmax`.
        step: stride in pixels, 1 or more.

    Returns:
        (K + 1, ceil(H / step), ceil(W / step)) float32, for the pixels `mask[::step, ::step]`.
    """
    top, bottom, down = (part[::step] for part in between(size[0], logits.shape[1]))
    left, right, across = (part[::step] for part in between(size[1], logits.shape[2]))
    rows = logits[:, top] + down[:, None] * (logits[:, bottom] - logits[:, top])
    values = rows[..., left] + across * (rows[..., right] - rows[..., left])
    return softmax(values)


def softmax(logits: np.ndarray) -> np.ndarray:
    """Convert logits (L, ...) to probabilities that sum to 1 over the labels."""
    powers = np.exp(logits - logits.max(0))
    result: np.ndarray = powers / powers.sum(0)
    return result
