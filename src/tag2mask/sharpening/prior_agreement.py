"""Whether a prior from another task helps, decided on the run's own photos without masks.

Two things are measured. *Correlation* of the maps with the prior within each photo: a prior that
looks at something else than the tagged objects has little. *Learnability*: how well the labels that
result, with and without the prior, are predicted from features of other photos, by a network that
saw neither the tags nor the prior's masks; a prior that cuts objects in two, or adds surroundings,
makes labels harder to predict. The prior is used if labels become easier to predict. In photos
whose correlation is less than a limit, the scores stay as they are; the limit, too, is the one with
the most predictable labels. Learnability alone can be misled, by things that stand out in many
photos and have no tag. So photos that the prior contradicts are left out, unless the mean
correlation is well above the one with the priors of other photos, which is due to objects being in
the middle.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from tag2mask.pseudo_masks import Learnable, quantiles
from tag2mask.sharpening.cells import in_cells, mostly

LIMITS = (0.3, 0.2, 0.1, 0.0, -1.0)
"""Candidate limits of the correlation below which a photo is left as it is, strictest first; the
last one leaves out none."""
LEAST_CORRELATION = 0.2
"""Minimum mean correlation of a prior that is used."""
LEAST_AGREEMENT = 0.1
"""Minimum mean correlation, less that by chance, for using a prior in all photos."""
LEAST_GAIN = 1.05
"""Minimum factor by which labels must become easier to predict."""
LEAST_GAIN_WEIGHED = 1.0
"""The same for maps that were weighed by features, which makes labels easier to predict itself."""

_CELLS = (12, 12)
_NEARLY = 0.95
"""The strictest limit above this fraction of the best R2 is chosen."""


@dataclass(frozen=True, eq=False)
class Seen:
    """One photo.

    Attributes:
        features: (a, b, C), from a network that was not trained on the tags.
        maps: (h', w') in [0, 1], the highest rank of any map.
        prior: (h, w) in [0, 1].
        without: (h, w), best score relative to the background, sharpened without the prior.
        helped: the same with the prior.
    """

    features: np.ndarray
    maps: np.ndarray
    prior: np.ndarray
    without: np.ndarray
    helped: np.ndarray


@dataclass(frozen=True)
class Verdict:
    """Whether a prior helps.

    Attributes:
        helps: whether it is to be used.
        why: the reason, as a sentence.
        limit: minimum correlation in the photos in which it is used.
        figures: the measurements, by name.
    """

    helps: bool
    why: str
    limit: float = -1.0
    figures: Mapping[str, float] = field(default_factory=dict)


def correlation(maps: np.ndarray, prior: np.ndarray) -> float:
    """Return the correlation of a map (h', w') with a prior (h, w) of one photo, in coarse cells.

    Returns:
        Pearson's correlation; 0 if one of them is constant.
    """
    return float(_standard(maps) @ _standard(prior))


def judge(photos: Iterable[Seen], share: float, *, weighed: bool = False) -> Verdict:
    """Decide whether a prior is used, and in which photos.

    Args:
        photos: photos with at least one tag; a few dozen are sufficient.
        share: share of foreground of all labels that are compared.
        weighed: whether the maps were weighed by a discriminant of all photos.
    """
    seen = list(photos)
    if len(seen) < 2:
        return Verdict(False, "The photos are too few to measure whether it helps.")
    own, chance = _correlations(seen)
    agreed = float(own.mean())
    if agreed < LEAST_CORRELATION:
        return Verdict(
            False, f"The correlation of saliency with the maps is {agreed:.2f}, less than "
            f"{LEAST_CORRELATION}.",
            figures={"correlation": round(agreed, 4), "by_chance": round(chance, 4)},
        )
    limits = LIMITS if agreed - chance >= LEAST_AGREEMENT else LIMITS[:-1]
    curve = _learnability(seen, own, limits, share)
    if curve is None:
        return Verdict(False, "The photos are too few to measure whether it helps.")
    without, others = float(curve[0]), curve[1:]
    chosen = int((others >= _NEARLY * others.max()).argmax())
    helped, used = float(others[chosen]), float((own >= limits[chosen]).mean())
    least = LEAST_GAIN_WEIGHED if weighed else LEAST_GAIN
    helps = used > 0 and helped > 0 and helped >= least * without
    figures = {
        "correlation": round(agreed, 4), "by_chance": round(chance, 4),
        "learnability_without": round(without, 4), "learnability_with": round(helped, 4),
        "least_correlation": limits[chosen], "share_of_photos": round(used, 4),
        **{f"learnability_from_{limit:g}": round(float(value), 4)
           for limit, value in zip(limits, others, strict=True)},
    }
    where = f"the {used:.0%} of the photos where it agrees with the maps"
    why = f"With saliency in {where}, labels are "
    if weighed and helps:
        why += f"as easy to predict (R2 {helped:.2f}) as by weighed maps ({without:.2f})."
    else:
        easier = "easier" if helps else "not easier"
        why += f"{easier} to predict (R2 {helped:.2f}) than without ({without:.2f})."
    return Verdict(helps, why, limit=limits[chosen], figures=figures)


def _correlations(seen: Sequence[Seen]) -> tuple[np.ndarray, float]:
    """Return the correlation of each photo (N,), and the mean one with the priors of others."""
    maps = np.stack([_standard(photo.maps) for photo in seen])
    priors = np.stack([_standard(photo.prior) for photo in seen])
    table = maps @ priors.T
    own = np.diagonal(table)
    return own, float((table.sum() - own.sum()) / (table.size - len(own)))


def _standard(plane: np.ndarray) -> np.ndarray:
    """Return a plane in coarse cells with mean 0 and norm 1; 0 if it is constant."""
    cells = in_cells(plane, _CELLS).ravel().astype(np.float64)
    cells -= cells.mean()
    norm = float(np.linalg.norm(cells))
    result: np.ndarray = cells / norm if norm > 1e-5 else np.zeros_like(cells)
    return result


def _learnability(
    seen: Sequence[Seen], own: np.ndarray, limits: Sequence[float], share: float
) -> np.ndarray | None:
    """Return R2 of the labels without the prior, and with it at each limit: (1 + limits,)."""
    kept = [[photo.helped if agreed >= limit else photo.without
             for photo, agreed in zip(seen, own, strict=True)] for limit in (float("inf"), *limits)]
    edges = [level(planes, share) for planes in kept]
    learnable = Learnable()
    for index, photo in enumerate(seen):
        cells = photo.features.shape[0], photo.features.shape[1]
        labels = [mostly(planes[index] > edge, cells)
                  for planes, edge in zip(kept, edges, strict=True)]
        learnable.add(photo.features.reshape(-1, photo.features.shape[2]), np.stack(labels, 1))
    return learnable.curve()


def level(planes: Sequence[np.ndarray], share: float) -> float:
    """Return the value that `share` of the pixels exceed.

    Tied pixels are all excluded, or all included where that is nearer to the share.
    """
    values = np.concatenate([quantiles(plane) for plane in planes])
    edge = float(np.quantile(values, 1 - share))
    over, under = edge * (1 + 1e-4), edge * (1 - 1e-4)
    missed = [abs(float((values > each).mean()) - share) for each in (over, under)]
    return over if missed[0] <= missed[1] else under
