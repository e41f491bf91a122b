"""HRNet's variants for the registry of backbones."""

from __future__ import annotations

from functools import partial

from tag2mask.models.backbones.entry import BackboneEntry
from tag2mask.models.backbones.hrnet import HRNet
from tag2mask.models.backbones.hrnet_spec import SPECS
from tag2mask.models.backbones.hrnet_weights import HEADS, translate
from tag2mask.models.backbones.hub import fetch


def _entry(name: str) -> BackboneEntry:
    repository, spec = f"timm/{name}.ms_in1k", SPECS[name]
    return BackboneEntry(
        build=partial(HRNet, spec), pretrained=partial(fetch, repository), origin=repository,
        heads=HEADS, translate=translate, output_stride=4,
        early_blocks=(spec.bottlenecks + sum(spec.modules)) // 2,
        pretraining=f"ImageNet-1k, image classes ({name})",
        pixel_mean=HRNet.pixel_mean, pixel_std=HRNet.pixel_std,
    )


ENTRIES = {name: _entry(name) for name in SPECS}
"""Registry entries of the backbones by name."""
