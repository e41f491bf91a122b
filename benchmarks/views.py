"""What each view is worth when maps are read: `python benchmarks/views.py RUN [--photos 60]`.

RUN is a run whose photos have masks. Each photo is read once at every scale and as a mirror image;
the means over the sets of views are those of `activate`. Pixels are those of all views, relative to
the default's. The threshold is chosen without masks, as `sharpen` does; the best one by the masks
stands beside it as oracle.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

from map_scores import score
from maps import Shown, read
from tag2mask.maps import activate
from tag2mask.maps.normalising import normalise
from tag2mask.models.classifiers import Classifier
from tag2mask.models.classifiers.map_reading import faster_reader
from tag2mask.run_folder.folder import RunFolder
from tag2mask.strategies.loading import load_classifier

View = tuple[float, bool]
"""Scale, and whether the image is mirrored."""

SCALES = (1.0, 1.5, 2.0)
SETS: dict[str, tuple[View, ...]] = {
    "1": ((1.0, False),), "1.5": ((1.5, False),), "2": ((2.0, False),),
    "1, flip": ((1.0, False), (1.0, True)), "1.5, flip": ((1.5, False), (1.5, True)),
    "2, flip": ((2.0, False), (2.0, True)),
    "1, 1.5": ((1.0, False), (1.5, False)), "1, 2": ((1.0, False), (2.0, False)),
    "1, mirrored 2": ((1.0, False), (2.0, True)),
    "1, mirrored 1.5": ((1.0, False), (1.5, True)),
    "1.5, mirrored 2": ((1.5, False), (2.0, True)),
    "1, 1.5, 2": tuple((scale, False) for scale in SCALES),
    "1, mirrored 1.5, 2": ((1.0, False), (1.5, True), (2.0, False)),
    "1, 1.5, flip": tuple((scale, m) for scale in SCALES[:2] for m in (False, True)),
    "1, 2, flip": tuple((scale, m) for scale in (1.0, 2.0) for m in (False, True)),
    "1.5, 2, flip": tuple((scale, m) for scale in SCALES[1:] for m in (False, True)),
    "1, 1.5, 2, flip": tuple((scale, m) for scale in SCALES for m in (False, True)),
}
"""Views by name; the last is the default."""


def views(classifier: Classifier, shown: Shown) -> dict[View, Tensor]:
    """Read every view of a photo: (1, k, h, w) each, not normalised, mirrored back."""
    found: dict[View, Tensor] = {}
    for mirrored in (False, True):
        images = shown.images.flip(3) if mirrored else shown.images
        for scale in SCALES:
            maps = activate(classifier, images, method="correlated_cam", scales=(scale,),
                            classes=shown.photo.tags, normalise="none")
            found[scale, mirrored] = maps.flip(3) if mirrored else maps
    return found


def mean_of(found: Mapping[View, Tensor], chosen: Sequence[View]) -> np.ndarray:
    """Average views at the size of the scale nearest to 1, and normalise: (k, h, w)."""
    nearest = min(chosen, key=lambda view: abs(view[0] - 1))
    size = found[nearest].shape[2], found[nearest].shape[3]
    fitted = [F.interpolate(found[view], size, mode="bilinear", align_corners=False)
              for view in chosen]
    maps: np.ndarray = normalise(torch.stack(fitted).mean(0), "max")[0].numpy()
    return maps


def main() -> None:
    """Read all views, and score all sets."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("--photos", type=int, default=60)
    parser.add_argument("--split", default="train")
    parser.add_argument("--sets", nargs="*", choices=SETS, default=list(SETS))
    given = parser.parse_args()
    classifier = load_classifier(given.run)
    shown = read(RunFolder(given.run), classifier, given.split, given.photos)
    reader = faster_reader(classifier, pixels=np.inf)
    found = [views(reader, each) for each in shown]
    judged, most = [each.judged for each in shown], sum(s**2 for s, _ in SETS[[*SETS][-1]])
    sys.stdout.write(f"{len(shown)} photos\n")
    sys.stdout.write("| Views | Pixels | mIoU | oracle | boundary | covered |\n")
    for name in given.sets:
        chosen = SETS[name]
        maps = [mean_of(each, chosen) for each in found]
        row = score(judged, maps, len(classifier.spec.classes))
        cells = " | ".join(f"{row[key]:.1f}" for key in ("miou", "oracle", "boundary", "covered"))
        share = sum(scale**2 for scale, _ in chosen) / most
        sys.stdout.write(f"| {name} | {share:.2f} | {cells} |\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
