"""The pixel correlation module: maps refined by the similarity of cells.

Wang et al., "Self-supervised Equivariant Attention Mechanism for Weakly Supervised Semantic
Segmentation" (CVPR 2020), section 3.3.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

from tag2mask.maps.correlation import correlate
from tag2mask.models.backbones.module import BackboneModule
from tag2mask.models.heads.correlation import contending
from tag2mask.models.heads.head import Head, precise

_LEVEL_WIDTHS, _WIDTH = (64, 128), 192
"""Numbers of channels of the earlier and later level and of the compared feature, as published."""


class PixelCorrelation(Head):
    """Any head, with maps that CAM reads refined; tags are scored as before.

    Every cell becomes the mean of all cells, weighted by similarity, computed from the photo and
    two levels of features. No gradient flows to the input maps or the features, so only the
    comparison of cells is trained.

    Differs from the paper: only the requested tags, in training those of the photo, compete
    for a cell, while the authors' code uses all classes; photo and levels are averaged over the
    map's cells, where they have one size in ResNet-38 and the photo is sampled. Levels are those
    of `correlated_levels`.
    """

    def __init__(self, inner: Head, backbone: BackboneModule) -> None:
        """Initialise the weights as in the authors' code.

        Args:
            inner: the head to wrap.
            backbone: backbone whose features are the input of the head.
        """
        super().__init__()
        self.inner, self.speed = inner, inner.speed
        self._levels = correlated_levels(backbone)
        last = len(backbone.channels) - 1
        widths = _LEVEL_WIDTHS[-len(self._levels) :]
        self.levels = nn.ModuleList(
            nn.Conv2d(
                backbone.evidence_channels if level == last else backbone.channels[level],
                width, 1, bias=False,
            )
            for level, width in zip(self._levels, widths, strict=True)
        )
        self.joined = nn.Conv2d(3 + sum(widths), _WIDTH, 1, bias=False)
        for layer in self.levels:
            nn.init.kaiming_normal_(layer.get_parameter("weight"))
        nn.init.xavier_uniform_(self.joined.weight, gain=4)

    @property
    def core(self) -> Head:
        """See `Head`; of the inner head."""
        return self.inner.core

    @property
    def class_weight(self) -> Tensor | None:
        """See `Head`; of the inner head."""
        return self.inner.class_weight

    def forward(self, features: list[Tensor]) -> Tensor:
        """Map features to the inner head's evidence (B, K, h, w)."""
        evidence: Tensor = self.inner(features)
        return evidence

    def read(self, features: list[Tensor], images: Tensor, classes: Tensor | None) -> Tensor:
        """Refine the maps of the inner head.

        Returns:
            (B, K, h, w) in [0, 1]; 0 for classes that were not requested.
        """
        maps = self.inner.read(features, images, classes)
        asked = None
        if classes is not None:
            asked = torch.zeros(maps.shape[:2], dtype=torch.bool, device=maps.device)
            asked.scatter_(1, classes, True)
        return self.refine(maps, features, images, asked)[:, 1:]

    def read_unshared(
        self, features: list[Tensor], images: Tensor, classes: Tensor | None
    ) -> Tensor:
        """Return the maps of the inner head; `correlated_cam` averages them itself."""
        return self.inner.read_unshared(features, images, classes)

    def refine(
        self, maps: Tensor, features: list[Tensor], images: Tensor, present: Tensor | None = None
    ) -> Tensor:
        """Refine maps and the background derived from them.

        Args:
            maps: (B, K, h, w), unbounded; no gradient flows back to them.
            features: of the same photos, as the head is given them.
            images: (B, 3, H, W), the photos.
            present: (B, K) bool, the classes that compete; all by default.

        Returns:
            (B, 1 + K, h, w) in [0, 1], the background first; at least float32.
        """
        with torch.autocast(maps.device.type, enabled=False), torch.no_grad():
            if present is not None:
                maps = maps * present[:, :, None, None]
            maps = contending(precise(maps))
        with torch.autocast(maps.device.type, enabled=False):
            return correlate(self._compared(features, images, maps), maps)

    def _compared(self, features: list[Tensor], images: Tensor, maps: Tensor) -> Tensor:
        """Return the feature (B, C, h, w) by which cells are compared."""
        seen = [_fitted(images, maps)]
        for level, layer in zip(self._levels, self.levels, strict=True):
            seen.append(F.relu(layer(_fitted(features[level], maps))))
        compared: Tensor = self.joined(torch.cat(seen, 1))
        return compared


def correlated_levels(backbone: BackboneModule) -> tuple[int, ...]:
    """Choose the features by which cells are compared, as indices into the head's input list.

    The paper takes the two levels before the last one, at the map's own stride: late enough to be
    semantic, early enough to keep edges. So of all features before the representation that are
    no coarser than the map, the last two are taken. Where there is only one, as of a transformer
    or of an HRNet's finest stream, the representation itself is the second.
    """
    last = len(backbone.channels) - 1
    fine = [i for i in range(last) if backbone.strides[i] <= backbone.output_stride]
    return tuple(fine[-2:]) if len(fine) > 1 else (*fine, last)


def _fitted(grid: Tensor, maps: Tensor) -> Tensor:
    """Average (B, C, H, W) over the cells of the maps, in their precision, without its graph."""
    size = maps.shape[2], maps.shape[3]
    return F.adaptive_avg_pool2d(grid.detach().to(maps.dtype), size)
