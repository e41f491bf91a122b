"""What the registry knows of a backbone: how to build it, and how to read weights for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from tag2mask.models.backbones.module import BackboneModule


@dataclass(frozen=True, kw_only=True)
class BackboneEntry:
    """How a backbone is built, where its pretrained weights are, and how files of them differ."""

    build: Callable[..., BackboneModule]
    """Takes `output_stride`."""
    pretrained: Callable[[], Path] | None = None
    """Finds or fetches the file of pretrained weights; None where there is none."""
    pretrained_state: Callable[[], Mapping[str, Tensor]] | None = None
    """Returns the pretrained weights if another package finds and reads them."""
    origin: str = "no"
    """Where that file comes from, for people: "packaged", a repository of the model hub, "no"."""
    pretraining: str
    """What those weights were trained on, for the protocol of every figure."""
    pixel_mean: tuple[float, ...]
    """Subtracted from pixels in 0..255."""
    pixel_std: tuple[float, ...]
    """Divided by after that."""
    output_stride: int = 16
    """Taken where none is asked for."""
    early_blocks: int
    """First blocks that training from given weights leaves as they are: about half of the work."""
    heads: tuple[str, ...] = ()
    """How the keys of the published classification head begin; they alone are left out."""
    translate: Callable[[Mapping[str, Tensor]], dict[str, Tensor]] | None = None
    """Turns a state dict in any known naming into ours; a key it does not know stays as it is."""

    def read(self, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Remove the classification head from a state dict, and map the other names to ours."""
        trunk = {key: value for key, value in state.items() if not key.startswith(self.heads)}
        return self.translate(trunk) if self.translate else trunk
