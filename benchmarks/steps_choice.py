"""What `sharpen.steps=auto` chooses, and what the choice costs.

`python benchmarks/steps_choice.py RUN --out DIR [--change grey ...] [--keep-maps]`

RUN is a run whose training photos have masks; it is not changed. Photos are changed and maps read
as in `outside_help.py`, or the maps of the unchanged photos are kept, as if the classifier had been
trained on such photos. The share of foreground is chosen on the photos of each row. Figures are
mIoU with other steps first, then with each candidate, and in brackets the R2 that decides; cost is
the best candidate, which knows the masks (oracle), less the choice, and less the default. Pixels
are those of photos with a long side of 200.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import numpy as np
import torch

from outside_help import options, print_rows, score
from tag2mask.core.json_records import need_record
from tag2mask.data.batches import load_fitted
from tag2mask.pseudo_masks import over_background
from tag2mask.run_folder.context import Context
from tag2mask.run_folder.records import StepsChoice
from tag2mask.sharpening import create_sharpener
from tag2mask.stages.sharpen.foreground_share import choose_background
from tag2mask.stages.sharpen.ranked_maps import RankedMaps
from tag2mask.stages.sharpen.steps_choice import CHOSEN, DEFAULT, STEPS, chosen_steps

CPU = torch.device("cpu")


def sharpened(
    context: Context, maps: RankedMaps, steps: tuple[str, ...], long_side: int
) -> list[np.ndarray]:
    """Return the sharpened ratios of all photos, (k, h, w) each."""
    built, planes = [create_sharpener(name) for name in steps], []
    for photo in context.dataset.photos:
        pixels = load_fitted(photo, long_side)
        scores, _ = maps.scores(photo.name, (pixels.shape[0], pixels.shape[1]))
        for step in built:
            scores = step(pixels, scores, device=CPU)
        planes.append(over_background(scores))
    return planes


def row(context: Context, long_side: int, others: Sequence[str]) -> str:
    """Measure a set, and return a row of the table."""
    ranks, choice = choose_background(context, CPU)
    maps = RankedMaps(context.run, ranks, choice.share)
    chosen = chosen_steps(context, maps, long_side=long_side, device=CPU)
    made = need_record(context.run.sharpener / CHOSEN, StepsChoice, fix="delete it and repeat")
    names = [photo.name for photo in context.dataset.photos]

    def scored(steps: tuple[str, ...]) -> float:
        return score(context, sharpened(context, maps, steps, long_side), names, choice.share)

    found = {name: scored(steps) for name, steps in STEPS.items()}
    cells = " | ".join([*(f"{scored(tuple(steps.split(','))):.1f}" for steps in others), *(
        f"{value:.1f} ({made.figures.get(name, np.nan):.3f})" for name, value in found.items())])
    taken = next(name for name, steps in STEPS.items() if steps == chosen)
    best = max(found.values())
    return (f"| {len(names)} | {cells} | {taken} | {best - found[taken]:.1f} "
            f"| {best - found[DEFAULT]:.1f} |")


def main() -> None:
    """Print the table."""
    parser = options(__doc__)
    parser.add_argument("--long-side", type=int, default=200)
    parser.add_argument("--keep-maps", action="store_true")
    parser.add_argument("--others", nargs="*", default=["dense_crf:irn", "dense_crf:deeplab"])
    given = parser.parse_args()
    steps = " | ".join([*given.others, *STEPS])
    sys.stdout.write(f"| Photos | Number | {steps} | chosen | costs | default costs |\n")
    print_rows(given, lambda context: row(context, given.long_side, given.others),
               keep=given.keep_maps)


if __name__ == "__main__":
    main()
