"""Compare rules for choosing photos to annotate: `python benchmarks/next_photos.py RUN`.

RUN is finished up to `evaluate`, its training photos have true masks and no annotations. For each
rule and number of photos, the chosen photos get their true masks, and the mIoU of the pseudo masks
of all training photos is computed. This measures where masks are bad, not what the network learns
from them; for that, see the rows "by next" and "at random" of `annotation.py`. The file `next.csv`
of the run is overwritten.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, stdev

import numpy as np

from tag2mask.advice.next_photos import next_photos
from tag2mask.data import load_mask
from tag2mask.metrics.confusion import ConfusionMatrix
from tag2mask.run_folder.data_file import read_run_dataset
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.tables import read_table
from true_masks import scorable, true_mask

_DRAWS = 20
"""Random choices, which are averaged."""


@dataclass(frozen=True)
class Masks:
    """True masks and pseudo masks of the training photos, by name."""

    true: dict[str, np.ndarray]
    pseudo: dict[str, np.ndarray]
    labels: int

    def miou(self, chosen: Sequence[str]) -> float:
        """Return the mIoU in percent if the chosen photos have their true masks."""
        table, taken = ConfusionMatrix(self.labels), set(chosen)
        for name, true in self.true.items():
            table.add(true, true if name in taken else self.pseudo[name])
        return 100 * table.miou()


def read_masks(run: RunFolder) -> Masks:
    """Read the masks of all tagged training photos with a true mask."""
    dataset = read_run_dataset(run)
    labels = len(dataset.classes) + 1
    photos = scorable(dataset)
    pseudo = {p.name: load_mask(run.mask_file(p.name), size=None, num_labels=labels)
              for p in photos}
    return Masks({p.name: true_mask(p, dataset) for p in photos}, pseudo, labels)


def order_of(run: RunFolder, masks: Masks, rule: str, seed: int = 0) -> list[str]:
    """Return the names of the photos with a true mask in the order of a rule."""
    if rule == "lowest trust":
        rows = [row["image"] for row in read_table(run.trust) if not row["class"]]
        return [name for name in rows if name in masks.true]
    found = next_photos(run, number=len(masks.true), rule=rule, seed=seed)
    return [photo.image for photo in found if photo.image in masks.true]


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("--numbers", type=int, nargs="+", default=(6, 16, 24))
    asked = parser.parse_args()
    run = RunFolder(asked.run)
    masks = read_masks(run)
    random = [order_of(run, masks, "random", seed) for seed in range(_DRAWS)]
    rules = [order_of(run, masks, rule) for rule in ("entropy", "lowest trust", "trust")]
    lines = [f"none: {masks.miou(()):.1f}", "",
             "| photos | random | entropy | lowest trust | next |", "|---:|---:|---:|---:|---:|"]
    for number in asked.numbers:
        draws = [masks.miou(order[:number]) for order in random]
        others = " | ".join(f"{masks.miou(order[:number]):.1f}" for order in rules)
        lines.append(f"| {number} | {fmean(draws):.1f} ± {stdev(draws):.1f} | {others} |")
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
