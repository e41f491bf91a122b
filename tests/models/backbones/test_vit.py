"""The four transformers against transformers' own, on tiny ones drawn at random."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

from tag2mask.core.contracts import InputError
from tag2mask.models.backbones import create_backbone
from tag2mask.models.backbones.vit import ViT, ViTSpec

SIZE = {"hidden_size": 24, "num_hidden_layers": 3, "num_attention_heads": 3, "image_size": 32,
        "patch_size": 8}
TINY = {
    "vit": ViTSpec(width=24, heads=3, depth=3, patch=8, grid=4),
    "dinov2": ViTSpec(width=24, heads=3, depth=3, patch=8, grid=4, layer_scale=True),
    "clip": ViTSpec(width=24, heads=3, depth=3, patch=8, grid=4, clip=True),
}
NAMES = (
    ("embeddings.cls_token", "cls_token"), ("embeddings.class_embedding", "cls_token"),
    (r"embeddings.position_embeddings?(.weight)?", "pos_embed"),
    (r"embeddings.patch_embeddings?(.projection)?", "patch_embed.proj"),
    (r"(encoder\.)?layers?\.(\d+)\.", r"blocks.\2."), ("layernorm_before|layer_norm1", "norm1"),
    ("layernorm_after|layer_norm2", "norm2"), ("self_attn|attention", "attn"),
    ("o_proj|out_proj", "proj"), (r"layer_scale(\d).lambda1", r"ls\1.gamma"),
    ("pre_layrnorm", "norm_pre"), ("^(post_)?layernorm", "norm"),
)


def theirs(kind: str) -> torch.nn.Module:
    """Draw one of transformers'."""
    package = pytest.importorskip("transformers")
    torch.manual_seed(0)
    made: dict[str, object] = {
        "vit": lambda: package.ViTModel(
            package.ViTConfig(**SIZE, intermediate_size=96), add_pooling_layer=False),
        "dinov2": lambda: package.Dinov2Model(package.Dinov2Config(**SIZE)),
        "clip": lambda: package.CLIPVisionModel(
            package.CLIPVisionConfig(**SIZE, intermediate_size=96)),
    }[kind]()
    for parameter in made.parameters():  # type: ignore[attr-defined]
        torch.nn.init.normal_(parameter, std=0.2)
    return made.eval()  # type: ignore[attr-defined,no-any-return]


def renamed(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Give their weights the names that published files of timm have."""
    ours: dict[str, Tensor] = {}
    for key, value in state.items():
        for pattern, name in NAMES:
            key = re.sub(pattern, name, key)
        ours[key] = value
    for key in [key for key in ours if ".q_proj." in key]:
        parts = [ours.pop(key.replace("q_proj", f"{part}_proj")) for part in "qkv"]
        ours[key.replace("q_proj", "qkv")] = torch.cat(parts)
    ours["cls_token"] = ours["cls_token"].reshape(1, 1, -1)
    ours["pos_embed"] = ours["pos_embed"].reshape(1, 17, -1)
    return {key: value for key, value in ours.items() if "mask_token" not in key}


@pytest.mark.parametrize("kind", TINY)
@pytest.mark.parametrize("size", [(32, 32), (24, 56)])
def test_it_gives_what_transformers_gives(kind: str, size: tuple[int, int]) -> None:
    """At the size of its training and at another, H and W different."""
    other, ours = theirs(kind), ViT(TINY[kind]).eval()
    ours.load_state_dict(renamed(other.state_dict()))
    images = torch.randn(2, 3, *size)
    more = {} if kind == "dinov2" else {"interpolate_pos_encoding": True}
    with torch.no_grad():
        tokens = other(pixel_values=images, **more).last_hidden_state
        if kind == "clip":  # theirs normalises the class token alone
            tokens = F.layer_norm(tokens, (24,), ours.norm.weight, ours.norm.bias, 1e-5)
        features = ours(images)
    expected = tokens[:, 1:].transpose(1, 2).reshape(2, 24, size[0] // 8, size[1] // 8)
    torch.testing.assert_close(features[-1], expected, rtol=1e-4, atol=1e-4)
    assert features[0].shape == expected.shape


def test_sides_that_are_no_multiple_are_shrunk() -> None:
    """So that patches cover the whole photo, however small it is."""
    net = ViT(TINY["vit"]).eval()
    assert [tuple(f.shape[2:]) for f in net(torch.randn(1, 3, 31, 50))] == [(3, 6), (3, 6)]
    assert net(torch.randn(1, 3, 8, 9))[-1].shape[2:] == (1, 1)


def test_freezing_stops_the_first_blocks() -> None:
    """With patches and positions; 0 frees everything."""
    net = ViT(TINY["clip"])
    net.freeze(0)
    assert all(parameter.requires_grad for parameter in net.parameters())
    net.freeze(2)
    learning = {name.split(".")[0] + name.split(".")[1] for name, parameter
                in net.named_parameters() if parameter.requires_grad and "." in name}
    assert learning == {"blocks2", "normweight", "normbias"}
    with pytest.raises(InputError, match="3"):
        net.freeze(4)


def test_another_output_stride_is_told() -> None:
    """A patch is as large as it is."""
    with pytest.raises(InputError, match="patches of 14 pixels"):
        create_backbone("dinov2_s14", output_stride=16)
