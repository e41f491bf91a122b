"""The maps of a run as ranks, and the scores that they give before any sharpening step."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tag2mask.pseudo_masks import MapRanks, add_background, upscale
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.planes import read_planes


@dataclass(frozen=True, eq=False)
class RankedMaps:
    """The maps of a run, the refined ones if there are any.

    Attributes:
        run: the run.
        ranks: ranks of the map values.
        share: share of foreground.
    """

    run: RunFolder
    ranks: MapRanks
    share: float

    def best(self, name: str) -> np.ndarray:
        """Return the highest rank of any map of the photo `name`, (h, w) in [0, 1]."""
        maps, _ = read_planes(self.run.scored_file(name))
        best: np.ndarray = self.ranks(maps).max(0)
        return best

    def scores(self, name: str, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
        """Return the scores (1 + k, *size) of the photo `name`, and their classes (k,)."""
        maps, classes = read_planes(self.run.scored_file(name))
        return add_background(upscale(self.ranks(maps), size), share=self.share), classes
