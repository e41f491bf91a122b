"""Registry entries of backbones: construction and the loading of weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from tag2mask.models.backbones.module import BackboneModule


@dataclass(frozen=True, kw_only=True)
class BackboneEntry:
    """Construction, pretrained weights and weight formats of a backbone."""

    build: Callable[..., BackboneModule]
    """Builds the backbone, given `output_stride`."""
    pretrained: Callable[[], Path] | None = None
    """Finds or downloads the file of pretrained weights; None if there is none."""
    pretrained_state: Callable[[], Mapping[str, Tensor]] | None = None
    """Returns the pretrained weights if another package finds and reads them."""
    origin: str = "no"
    """Origin of that file for display: "packaged", a repository of the model hub, or "no"."""
    pretraining: str
    """Training data of those weights, for the protocol of every result."""
    pixel_mean: tuple[float, ...]
    """Mean to subtract from pixels in 0..255."""
    pixel_std: tuple[float, ...]
    """Standard deviation to divide by afterwards."""
    output_stride: int = 16
    """Default output stride."""
    early_blocks: int
    """Number of first blocks that are frozen when training from weights: about half of the work."""
    heads: tuple[str, ...] = ()
    """Key prefixes of the published classification head, the only tensors that are ignored."""
    translate: Callable[[Mapping[str, Tensor]], dict[str, Tensor]] | None = None
    """Renames a state dict from any known naming to ours; unknown keys are unchanged."""

    def read(self, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Remove the classification head from a state dict, and map the other names to ours."""
        trunk = {key: value for key, value in state.items() if not key.startswith(self.heads)}
        return self.translate(trunk) if self.translate else trunk
