"""Classifiers of transformers with stages: the default layer and its map."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from tag2mask.maps import activate
from tag2mask.maps.last_layer import last_spatial_layer


def hf(name: str, **settings: object) -> nn.Module:
    """Build a small random classifier, with weights that leave something of the image."""
    transformers = pytest.importorskip("transformers")
    torch.manual_seed(0)
    config = getattr(transformers, f"{name}Config")(num_labels=3, **settings)
    model: nn.Module = getattr(transformers, f"{name}ForImageClassification")(config).eval()
    for layer in model.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(layer.weight)
    return model


PVT = {"image_size": 64, "hidden_sizes": [16, 16, 32, 32], "depths": [1, 1, 1, 1],
       "num_attention_heads": [1, 1, 2, 2]}
LEVIT = {"image_size": 128, "hidden_sizes": [16, 24, 32], "num_attention_heads": [2, 2, 2],
         "depths": [1, 1, 1], "key_dim": [8, 8, 8]}
CVT = {"embed_dim": [16, 24, 32], "num_heads": [1, 1, 2], "depth": [1, 2, 3]}
SIGLIP = {"vision_config": {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2,
                            "intermediate_size": 64, "image_size": 64, "patch_size": 16}}


@pytest.mark.parametrize(("name", "settings", "size", "layer", "shape"), [
    ("Pvt", PVT, (64, 64), "pvt.encoder.block.3.0.layer_norm_1", (1, 2, 2)),
    ("PvtV2", PVT, (64, 96), "pvt_v2.encoder.layers.3.layer_norm", (0, 2, 3)),
    ("Levit", LEVIT, (128, 128), "levit.encoder.stages.2", (0, 2, 2)),
    ("Cvt", CVT, (64, 96), "cvt.encoder.stages.2.layers.2.layernorm_before", (1, 4, 6)),
    ("Siglip", SIGLIP, (64, 64), "vision_model.post_layernorm", (0, 4, 4)),
    ("MobileNetV2", {"depth_multiplier": 0.35}, (64, 96), "mobilenet_v2.conv_1x1", None),
])
def test_the_default_layer_is_the_last_that_decides(
    name: str, settings: dict[str, object], size: tuple[int, int], layer: str,
    shape: tuple[int, int, int] | None,
) -> None:
    """Grad-CAM by hand from tokens, some of which are no cells, or from (B, C, h, w)."""
    model, images = hf(name, **settings), torch.randn(2, 3, *size)
    assert last_spatial_layer(model, images) == layer
    kept: list[Tensor] = []
    hook = model.get_submodule(layer).register_forward_hook(lambda _m, _i, out: kept.append(out))
    scores = model(images).logits[:, 1]
    hook.remove()
    gradient, = torch.autograd.grad(scores.sum(), kept)
    both = torch.stack([kept[0].detach(), gradient])
    if shape is not None:
        before, rows, columns = shape
        both = both[:, :, before:].transpose(2, 3).reshape(2, 2, -1, rows, columns)
    wanted = (both[1].mean((2, 3), keepdim=True) * both[0]).sum(1)
    found = activate(model, images, classes=[1], normalise="none", positive=False)
    torch.testing.assert_close(found[:, 0], wanted, rtol=1e-3, atol=1e-6)
    assert float(found.std((2, 3)).min()) > 0
