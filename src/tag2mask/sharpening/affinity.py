"""Sharpening of maps by affinities between cells, learned from the maps alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from tag2mask.crf.random_walk import random_walk
from tag2mask.crf.random_walk_torch import random_walk_torch
from tag2mask.sharpening.affinity_net import AffinityNet
from tag2mask.sharpening.boundary_net import BoundaryNet
from tag2mask.sharpening.pairs import Affinities, affinity_loss


@dataclass(frozen=True, kw_only=True)
class Affinity:
    """Settings for learning affinities and for the random walk of maps over them.

    Attributes:
        build: builds the network, given the channels of the features.
        finest: stride of the finest feature that is used.
        learned: radius of the training pairs, in cells.
        walked: radius of a step of the walk, in cells.
        beta: power of the affinities in a step.
        steps: number of steps of the walk.
        rate: learning rate.
    """

    build: Callable[[Sequence[int]], Affinities]
    finest: int
    learned: int
    walked: int
    beta: float
    steps: int
    rate: float

    def loss(self, network: Affinities, features: list[Tensor], labels: Tensor) -> Tensor:
        """Compute the loss for labels (B, h, w) of the finest feature's size, 255 if unknown."""
        affinity = network.affinities(features, self.learned)
        return affinity_loss(affinity, labels, radius=self.learned)

    @torch.inference_mode()
    def walk(
        self, network: Affinities, features: list[Tensor], maps: Sequence[np.ndarray], *,
        at_once: bool = False,
    ) -> list[np.ndarray]:
        """Propagate maps by a random walk, and scale each to a maximum of 1.

        Args:
            network: the trained network.
            features: features of B photos.
            maps: maps of each photo, (k, h, w) in [0, 1], with the size of the finest feature.
            at_once: whether all photos are computed at once, in torch, as suits a GPU; otherwise
                one after the other, and the result for a photo does not depend on the others.

        Returns:
            per photo (k, h, w) float32 in [0, 1].
        """
        if at_once:
            walked = self._walk_at_once(network, features, maps)
        else:
            walked = [
                self._walk_alone(network, [feature[row : row + 1] for feature in features], own)
                for row, own in enumerate(maps)
            ]
        return [own / np.maximum(own.max((1, 2), keepdims=True), 1e-5) for own in walked]

    def _walk_alone(
        self, network: Affinities, features: list[Tensor], maps: np.ndarray
    ) -> np.ndarray:
        affinity, walls = network.walls(features, self.walked)
        if walls is not None:
            maps = maps * (1 - walls[0].cpu().numpy())
        return random_walk(
            maps, affinity[0].float().cpu().numpy(), radius=self.walked, beta=self.beta,
            steps=self.steps,
        )

    def _walk_at_once(
        self, network: Affinities, features: list[Tensor], maps: Sequence[np.ndarray]
    ) -> list[np.ndarray]:
        affinity, walls = network.walls(features, self.walked)
        most = max(len(own) for own in maps)
        padded = np.stack([np.pad(own, ((0, most - len(own)), (0, 0), (0, 0))) for own in maps])
        start = torch.from_numpy(padded).to(affinity.device)
        if walls is not None:
            start = start * (1 - walls[:, None])
        walked = random_walk_torch(
            start.float(), affinity.float(), radius=self.walked, beta=self.beta, steps=self.steps)
        return [rows[: len(own)] for rows, own in zip(walked.cpu().numpy(), maps, strict=True)]


AFFINITIES = {
    "affinity": Affinity(
        build=BoundaryNet, finest=4, learned=10, walked=5, beta=10, steps=256, rate=0.02,
    ),
    "affinity:psa": Affinity(
        build=AffinityNet, finest=8, learned=5, walked=5, beta=8, steps=256, rate=0.1,
    ),
}
AFFINITIES["affinity:irn"] = AFFINITIES["affinity"]
"""The steps by name: IRNet's, and AffinityNet's."""
