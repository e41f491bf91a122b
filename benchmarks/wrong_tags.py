"""How many wrong tags are found: `benchmarks/wrong_tags.py DATA`.

Of a share of the photos with tags, one tag is replaced by another class that the photo does not
have, which makes one wrong tag and one missing tag each. The list of `inspect --deep` is compared
to what was changed; tags that were wrong before count as false alarms, so precision is a lower
bound. Photos are looked at once, tags changed once per seed.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import torch

from tag2mask.core.progress import Progress
from tag2mask.data import read_dataset
from tag2mask.diagnosis.cross_validation import make_folds, predict_held_out
from tag2mask.diagnosis.near_duplicates import find_copies, groups_of
from tag2mask.diagnosis.photo_features import compute_features
from tag2mask.diagnosis.wrong_tags import Suspect, checkable, suspects

Change = tuple[int, int, bool]
"""Photo, class, and whether the tag is given now."""


def corrupt(tags: np.ndarray, share: float, seed: int) -> tuple[np.ndarray, set[Change]]:
    """Replace a tag on a share of the tagged photos: the tags, and what was changed."""
    rng, changed = np.random.default_rng(seed), tags.copy()
    tagged = np.nonzero(tags.any(1) & ~tags.all(1))[0]
    done: set[Change] = set()
    for n in rng.choice(tagged, round(share * len(tagged)), replace=False).tolist():
        lost, new = (int(rng.choice(np.nonzero(tags[n] == value)[0])) for value in (1, 0))
        changed[n, lost], changed[n, new] = 0, 1
        done |= {(n, lost, False), (n, new, True)}
    return changed, done


def judge(features: np.ndarray, tags: np.ndarray, groups: list[list[int]]) -> list[Suspect]:
    """List suspects as `inspect --deep` does."""
    known = checkable(tags)
    probabilities = tags.copy()
    folds = make_folds(tags, groups)
    probabilities[:, known] = predict_held_out(features, tags[:, known], folds)
    return suspects(tags, probabilities)


def figures(found: list[Suspect], done: set[Change]) -> list[float]:
    """Give precision, recall, and precision among as many as were changed, each out of 100."""
    named = [(s.photo, s.tag, s.given) for s in found]
    hits = [name in done for name in named]
    return [100 * sum(hits) / max(1, len(hits)), 100 * sum(hits) / len(done),
            100 * float(np.mean(hits[:len(done)] or [False])), len(found)]


def main() -> None:
    """Print a row for wrong tags, missing tags and both."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("data", type=Path)
    parser.add_argument("--share", type=float, default=0.05)
    parser.add_argument("--seeds", type=int, default=3)
    args = parser.parse_args()
    dataset = read_dataset(args.data)
    photos = compute_features(dataset.photos, device=torch.device("cpu"), workers=1,
                              progress=Progress("normal"))
    groups = groups_of(find_copies(photos.thumbs, photos.aspects), len(dataset.photos))
    rows: dict[str, list[list[float]]] = {"wrong": [], "missing": [], "both": []}
    for seed in range(args.seeds):
        tags, done = corrupt(dataset.tag_matrix(), args.share, seed)
        found = judge(photos.features, tags, groups)
        for name, kinds in (("wrong", (True,)), ("missing", (False,)), ("both", (True, False))):
            rows[name].append(figures([s for s in found if s.given in kinds],
                                      {change for change in done if change[2] in kinds}))
    sys.stdout.write("tags      precision  recall  precision at N  listed\n")
    for name, values in rows.items():
        right, found_share, first, listed = np.mean(values, 0)
        sys.stdout.write(f"{name:<9} {right:9.1f} {found_share:7.1f} {first:15.1f} {listed:7.0f}\n")


if __name__ == "__main__":
    main()
