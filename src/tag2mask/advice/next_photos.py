"""The photos of a run whose annotation would help most, and the kind of annotation to add."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tag2mask.advice.looks import network_entropy, run_features
from tag2mask.advice.ranking import Candidates, draw, rank
from tag2mask.core.contracts import InputError
from tag2mask.core.progress import Progress
from tag2mask.data.dataset import Dataset, Photo
from tag2mask.data.transforms import generator
from tag2mask.run_folder.data_file import read_run_dataset
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.tables import read_table, write_table

RULES = ("trust", "entropy", "random")
"""Selection rules; the last two serve as baselines."""

KINDS = ("auto", "points", "boxes", "masks")
"""Kinds of annotation that can be requested."""

_UNSURE = 0.5
"""A cue below this value, in 0..1, is low."""


@dataclass(frozen=True, kw_only=True)
class NextPhoto:
    """One photo to annotate."""

    image: str
    """Name of the photo."""
    kind: str
    """"points", "boxes" or "masks"."""
    score: float
    """Above 0, higher for photos that help more; comparable within one list."""
    trust: float
    """Trust in its pseudo mask, 0..1."""
    typical: float
    """0..1, higher for photos that resemble many others; NaN where it was not computed."""
    tags: tuple[str, ...]
    """Classes on the photo."""


def next_photos(
    run: RunFolder, *, number: int = 20, kind: str = "auto", rule: str = "trust",
    seed: int = 0, workers: int = 1, progress: Progress | None = None, device: str = "auto",
) -> list[NextPhoto]:
    """Choose training photos to annotate next, the most helpful first; writes `next.csv`.

    Photos that have any annotation are not chosen again.

    Args:
        run: finished up to `evaluate`.
        number: maximum number of photos.
        kind: kind of annotation; "auto" chooses one for each photo, see `kind_for`.
        rule: one of `RULES`; with "trust" and the kind "points", photos are drawn at random from
            the less trusted half.
        seed: seed of photos that are drawn at random.
        workers: number of threads that read photos.
        progress: receives progress updates.
        device: "auto", "cpu" or "cuda".

    Raises:
        InputError: an unknown kind or rule, a run without trust.csv, or nothing left to annotate.
    """
    _check(kind, rule)
    dataset, trust = read_run_dataset(run), _trust(run)
    train = dataset.split("train")
    free = [p for p in train if p.tags and p.name in trust and not p.annotation]
    if not free:
        raise InputError(f"Every tagged training photo of {run.root} is annotated already.")
    doubt = np.array([1 - trust[photo.name]["trust"] for photo in free])
    order = _ORDERS[rule](_Asked(
        run=run, kind=kind, free=free,
        annotated=[photo for photo in train if photo.annotation], doubt=doubt,
        count=min(number, len(free)), seed=seed, workers=workers, progress=progress or Progress(),
        device=device,
    ))
    chosen = [
        NextPhoto(
            image=photo.name, kind=kind_for(trust[photo.name]) if kind == "auto" else kind,
            score=score, trust=trust[photo.name]["trust"], typical=typical,
            tags=_tags(dataset, photo),
        )
        for photo, score, typical in ((free[i], score, typical) for i, score, typical in order)
    ]
    _write(run, chosen)
    return chosen


def kind_for(cues: Mapping[str, float]) -> str:
    """Return the kind of annotation that a photo needs most, based on the cues of `trust.csv`.

    A mask that changes much with the threshold (low stability) has an uncertain extent, which a box
    determines. Where the network contradicts a stable mask (low agreement), the object itself is
    uncertain, which a click determines. Where both cues are low, only a mask helps.

    Args:
        cues: must contain "stability" and "agreement", each in 0..1.
    """
    unstable, contradicted = cues["stability"] < _UNSURE, cues["agreement"] < _UNSURE
    if unstable and contradicted:
        return "masks"
    return "boxes" if unstable else "points"


def _check(kind: str, rule: str) -> None:
    for what, value, known in (("kind", kind, KINDS), ("rule", rule, RULES)):
        if value not in known:
            raise InputError(f"--{what} takes {', '.join(known)}, not {value!r}.")


def _trust(run: RunFolder) -> dict[str, dict[str, float]]:
    """Read the photos' rows of trust.csv."""
    if not run.trust.is_file():
        raise InputError(f"{run.trust} is missing; run `tag2mask evaluate {run.root}` first.")
    cues = ("trust", "stability", "agreement")
    try:
        return {row["image"]: {cue: float(row[cue]) for cue in cues}
                for row in read_table(run.trust) if not row["class"]}
    except (KeyError, ValueError) as error:
        raise InputError(f"{run.trust} is damaged; run `tag2mask evaluate {run.root}`.") from error


@dataclass(frozen=True, kw_only=True, eq=False)
class _Asked:
    """Inputs available to a selection rule."""

    run: RunFolder
    kind: str
    free: Sequence[Photo]
    annotated: Sequence[Photo]
    doubt: np.ndarray
    count: int
    seed: int
    workers: int
    progress: Progress
    device: str


_Order = list[tuple[int, float, float]]
"""Index, score and typicality of each chosen photo."""


def _by_trust(asked: _Asked) -> _Order:
    if asked.kind == "points":
        drawn = draw(asked.doubt, [photo.tags for photo in asked.free], asked.count,
                     generator(asked.seed, "next"))
        return [(index, weight, float("nan")) for index, weight in drawn]
    photos = [*asked.free, *asked.annotated]
    seen = run_features(asked.run, photos, workers=asked.workers, progress=asked.progress,
                        device=asked.device)
    return rank(Candidates(
        doubt=asked.doubt, features=seen[: len(asked.free)],
        tags=[photo.tags for photo in asked.free], annotated=seen[len(asked.free) :],
    ), asked.count)


def _by_entropy(asked: _Asked) -> _Order:
    entropy = network_entropy(asked.run, asked.free, progress=asked.progress,
                              device=asked.device)
    best = (-entropy).argsort(kind="stable")[: asked.count]
    return [(int(index), float(entropy[index]), float("nan")) for index in best]


def _at_random(asked: _Asked) -> _Order:
    drawn = generator(asked.seed, "next").permutation(len(asked.free))[: asked.count]
    return [(int(index), 1.0, float("nan")) for index in drawn]


_ORDERS: Mapping[str, Callable[[_Asked], _Order]] = {
    "trust": _by_trust, "entropy": _by_entropy, "random": _at_random,
}


def _tags(dataset: Dataset, photo: Photo) -> tuple[str, ...]:
    return tuple(dataset.classes[tag] for tag in photo.tags)


def _write(run: RunFolder, chosen: Sequence[NextPhoto]) -> None:
    write_table(run.root / "next.csv", ["image", "kind", "score", "trust", "typical", "tags"], [
        [one.image, one.kind, f"{one.score:.5f}", f"{one.trust:.4f}", f"{one.typical:.4f}",
         ";".join(one.tags)]
        for one in chosen
    ])
