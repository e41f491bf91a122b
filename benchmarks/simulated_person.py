"""Where a simulated person clicks next, how good a mask is, and GrabCut as a rival."""

from __future__ import annotations

import importlib.util
import zlib
from collections.abc import Callable, Iterator

import numpy as np
from PIL import Image
from skimage.measure import label as components

from tag2mask.core.contracts import IGNORE
from tag2mask.crf.click_regions import Click

Answer = Callable[[int, np.ndarray, list[Click]], np.ndarray]
"""Corrects the mask of one class: (label, labels (H, W) uint8, all clicks) -> mask (H, W) bool."""


def mean_iou(mask: np.ndarray, true: np.ndarray) -> float:
    """Return the mean IoU over the classes on the photo, pixels that nobody knows left out."""
    known = true != IGNORE
    shares = []
    for label in np.unique(true[known & (true > 0)]):
        both, either = (mask == label) & (true == label), ((mask == label) | (true == label))
        shares.append(both[known].sum() / max(1, either[known].sum()))
    return float(np.mean(shares)) if shares else 1.0


def spoiled(true: np.ndarray, name: str) -> np.ndarray:
    """Bend a true mask, and add and remove areas, by chance: always the same for a name."""
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    size, reach = true.shape, max(true.shape) // 8
    shifts = [_smooth(rng, size, reach) * max(size) * 0.03 for _ in range(2)]
    rows, columns = (
        np.clip(places + shift, 0, side - 1).astype(int)
        for places, shift, side in zip(np.indices(size), shifts, size, strict=True))
    mask = np.where(true == IGNORE, 0, true)[rows, columns].astype(np.uint8)
    mask[_smooth(rng, size, reach) > 1.6] = 0
    labels = np.unique(true[(true > 0) & (true != IGNORE)])
    if len(labels):
        mask[_smooth(rng, size, reach) > 1.7] = labels[0]
    return mask


def _smooth(rng: np.random.Generator, size: tuple[int, int], reach: int) -> np.ndarray:
    cells = max(2, size[0] // reach), max(2, size[1] // reach)
    noise = Image.fromarray(rng.standard_normal(cells).astype(np.float32))
    return np.asarray(noise.resize(size[::-1], Image.Resampling.BICUBIC))


def next_click(mask: np.ndarray, true: np.ndarray) -> tuple[int, Click] | None:
    """Find the centre of the largest wrong area: (label that is clicked for, the click)."""
    wrong = (mask != true) & (true != IGNORE)
    if not wrong.any():
        return None
    pieces = components(np.where(wrong, true.astype(np.int64) + 1, 0), background=0,
                        connectivity=1)
    area = pieces == np.bincount(pieces.ravel())[1:].argmax() + 1
    y, x = _centre(area)
    there, claimed = int(true[y, x]), int(mask[y, x])
    return (there, Click(y, x)) if there else (claimed, Click(y, x, positive=False))


def click_through(
    mask: np.ndarray, true: np.ndarray, answer: Answer, budget: int
) -> Iterator[np.ndarray]:
    """Click until the budget is spent; yield the mask after each click, also when it is right."""
    mask, clicks = mask.copy(), dict[int, list[Click]]()
    for _ in range(budget):
        if wanted := next_click(mask, true):
            label, click = wanted
            clicks.setdefault(label, []).append(click)
            region = answer(label, mask, clicks[label])
            mask[(mask == label) & ~region] = 0
            mask[region] = label
        yield mask.copy()


def _centre(area: np.ndarray) -> tuple[int, int]:
    """Return the pixel furthest from the rim of an area."""
    from scipy.ndimage import distance_transform_edt

    rows, columns = np.flatnonzero(area.any(1)), np.flatnonzero(area.any(0))
    part = np.pad(area[rows[0]:rows[-1] + 1, columns[0]:columns[-1] + 1], 1)
    y, x = np.unravel_index(distance_transform_edt(part).argmax(), part.shape)
    return int(y - 1 + rows[0]), int(x - 1 + columns[0])


def has_opencv() -> bool:
    """Whether the rival is installed."""
    return importlib.util.find_spec("cv2") is not None


def grab_cut(
    image: np.ndarray, regions: object, scores: object, label: int, labels: np.ndarray,
    clicks: list[Click], *, radius: int = 5, rounds: int = 3,
) -> np.ndarray:
    """Answer by OpenCV's GrabCut: clicks as certain discs, the rest as the present mask has it."""
    import cv2

    cv2.setNumThreads(1)
    state = np.where(labels == label, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    for click in clicks:
        value = cv2.GC_FGD if click.positive else cv2.GC_BGD
        cv2.circle(state, (int(click.x), int(click.y)), radius, int(value), -1)
    if len(np.unique(np.isin(state, (cv2.GC_FGD, cv2.GC_PR_FGD)))) < 2:
        return np.asarray(np.isin(state, (cv2.GC_FGD, cv2.GC_PR_FGD)))
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(np.ascontiguousarray(image[..., ::-1]), state, None, *models, rounds,
                cv2.GC_INIT_WITH_MASK)
    return np.asarray(np.isin(state, (cv2.GC_FGD, cv2.GC_PR_FGD)))
