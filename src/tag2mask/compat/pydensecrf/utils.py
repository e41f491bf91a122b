"""Unary energies and features for `densecrf`, named and shaped as in `pydensecrf.utils`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def unary_from_softmax(
    sm: np.ndarray, scale: float | None = None, clip: float | None = 1e-5
) -> np.ndarray:
    """Convert probabilities to energies, their negative logarithms.

    Args:
        sm: (L, ...) probabilities.
        scale: confidence in the probabilities, in (0, 1]; they are mixed with a uniform
            distribution of weight 1 - `scale`.
        clip: lower bound of the probabilities.

    Returns:
        (L, N) float32.
    """
    sm = np.asarray(sm, np.result_type(sm, np.float32))
    if not (sm.size and sm.min() >= 0 and sm.max() <= 1 + 1e-3):
        raise ValueError("sm must be probabilities, 0 to 1; take the softmax of logits first.")
    labels = len(sm)
    if scale is not None:
        if not 0 < scale <= 1:
            raise ValueError(f"scale must lie in (0, 1], not {scale}.")
        sm = scale * sm + (1 - scale) / labels
    if clip is not None:
        sm = np.clip(sm, clip, 1.0)
    energies: np.ndarray = -np.log(sm).reshape(labels, -1).astype(np.float32)
    return energies


def softmax_to_unary(sm: np.ndarray, GT_PROB: float = 1) -> np.ndarray:  # noqa: N803
    """Convert probabilities to energies without clipping; older name of `unary_from_softmax`.

    Args:
        sm: (L, ...) probabilities.
        GT_PROB: confidence in the probabilities, in (0, 1].

    Returns:
        (L, N) float32; infinite where a probability is 0.
    """
    with np.errstate(divide="ignore"):
        return unary_from_softmax(sm, None if GT_PROB == 1 else GT_PROB, clip=None)


def unary_from_labels(
    labels: np.ndarray, n_labels: int, gt_prob: float, zero_unsure: bool = True
) -> np.ndarray:
    """Convert hard labels to energies.

    Args:
        labels: integers, of any shape.
        n_labels: L, the number of labels, excluding 0 if `zero_unsure` is set.
        gt_prob: confidence in the labels, in (0, 1).
        zero_unsure: whether 0 means that all labels are equally likely, with labels from 1.

    Returns:
        (L, N) float32.
    """
    if not 0 < gt_prob < 1:
        raise ValueError(f"gt_prob must lie in (0, 1), not {gt_prob}.")
    flat = np.asarray(labels).ravel()
    if flat.size and not 0 <= flat.min() <= flat.max() < n_labels + zero_unsure:
        raise ValueError(f"labels must be 0 to {n_labels - 1 + zero_unsure}, not {flat.min()} to "
                         f"{flat.max()}; n_labels leaves the label 0 out where it means unsure.")
    energies = np.full(
        (n_labels, flat.size), -np.log((1 - gt_prob) / (n_labels - 1)), np.float32
    )
    energies[flat - 1 if zero_unsure else flat, np.arange(flat.size)] = -np.log(gt_prob)
    if zero_unsure:
        energies[:, flat == 0] = -np.log(1 / n_labels)
    return energies


def compute_unary(labels: np.ndarray, M: int, GT_PROB: float = 0.5) -> np.ndarray:  # noqa: N803
    """Convert hard labels to energies, 0 meaning unknown; older name of `unary_from_labels`.

    Args:
        labels: integers, of any shape.
        M: the number of labels.
        GT_PROB: confidence in the labels, in (0, 1).

    Returns:
        (L, N) float32.
    """
    return unary_from_labels(labels, M, GT_PROB)


def create_pairwise_gaussian(sdims: Sequence[float], shape: Sequence[int]) -> np.ndarray:
    """Return the positions of all pixels as features: (D, N) float32.

    Args:
        sdims: the width along each dimension.
        shape: the size of each dimension.
    """
    if len(sdims) != len(shape):
        raise ValueError(f"sdims has {len(sdims)} widths for {len(shape)} dimensions; of an image "
                         "with channels say which dimension they are (chdim).")
    grids = np.meshgrid(*(np.arange(side) for side in shape), indexing="ij")
    scaled = [grid / width for grid, width in zip(grids, sdims, strict=True)]
    return np.stack(scaled).reshape(len(scaled), -1).astype(np.float32)


def create_pairwise_bilateral(
    sdims: Sequence[float], schan: float | Sequence[float], img: np.ndarray, chdim: int = -1
) -> np.ndarray:
    """Return the positions and channels of all pixels as features: (D + C, N) float32.

    Args:
        sdims: the width along each dimension except the channel dimension.
        schan: the width of each channel, or one width for all channels.
        img: an image of any number of dimensions.
        chdim: index of the channel dimension; -1 if there is none.
    """
    channels = img[None] if chdim == -1 else np.moveaxis(img, chdim, 0)
    if np.shape(schan) not in ((), (1,), (len(channels),)):
        raise ValueError(f"schan has {len(np.atleast_1d(schan))} widths for {len(channels)} "
                         "channels.")
    widths = np.broadcast_to(np.asarray(schan, np.float32), (len(channels),))
    colours = channels.reshape(len(channels), -1).astype(np.float32) / widths[:, None]
    return np.concatenate([create_pairwise_gaussian(sdims, channels.shape[1:]), colours])
