"""Attention is seen in any transformer, and maps of it are what the papers say."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

from tag2mask.core.contracts import InputError
from tag2mask.maps import activate
from tag2mask.maps.attention_recording import AttentionRecorder
from tag2mask.models.classifiers.class_tokens import ClassTokenTransformer

HEADS, WIDTH, GRID = 2, 8, (2, 3)


class Block(nn.Module):
    """Attention computed by torch's function, by a softmax, or by torch's module."""

    def __init__(self, how: str) -> None:
        """Draw the weights."""
        super().__init__()
        self.how, self.norm = how, nn.LayerNorm(WIDTH)
        self.module = nn.MultiheadAttention(WIDTH, HEADS, batch_first=True)

    def forward(self, tokens: Tensor) -> Tensor:
        """Map (B, T, C) to the same."""
        inside = self.norm(tokens)
        if self.how == "module":
            return tokens + self.module(inside, inside, inside, need_weights=False)[0]
        mixed = F.linear(inside, self.module.in_proj_weight, self.module.in_proj_bias)
        q, k, v = (t.unflatten(2, (HEADS, -1)).transpose(1, 2) for t in mixed.chunk(3, 2))
        if self.how == "function":
            seen = F.scaled_dot_product_attention(q, k, v)
        else:
            seen = (q @ k.mT / (WIDTH // HEADS) ** 0.5).softmax(-1) @ v
        return tokens + self.module.out_proj(seen.transpose(1, 2).flatten(2))


class Transformer(nn.Module):
    """One class token, patches of 4 pixels, three blocks."""

    def __init__(self, how: str) -> None:
        """Draw the weights."""
        super().__init__()
        self.embed = nn.Conv2d(3, WIDTH, 4, 4)
        self.token = nn.Parameter(torch.randn(1, 1, WIDTH))
        self.blocks = nn.Sequential(*(Block(how) for _ in range(3)))
        self.fc = nn.Linear(WIDTH, 3)

    def forward(self, images: Tensor) -> Tensor:
        """Map images to logits (B, 3)."""
        patches = self.embed(images).flatten(2).mT
        tokens = torch.cat([self.token.expand(len(images), -1, -1), patches], 1)
        return self.fc(self.blocks(tokens)[:, 0])


def built(how: str = "function") -> Transformer:
    """Build one; the same weights in every way of computing."""
    torch.manual_seed(0)
    model = Transformer(how).double().eval()
    with torch.no_grad():
        for block in model.blocks:
            block.module.in_proj_weight *= 3  # so that attention is far from even
    return model


def images() -> Tensor:
    """Draw two of 8 x 12 pixels."""
    return torch.randn(2, 3, 8, 12, generator=torch.Generator().manual_seed(1)).double()


def by_hand(model: Transformer) -> tuple[list[Tensor], Tensor]:
    """Compute each block's attention, with a graph, and the logits."""
    patches = model.embed(images()).flatten(2).mT
    tokens = torch.cat([model.token.expand(2, -1, -1), patches], 1)
    kept = []
    for block in model.blocks:
        inside = block.norm(tokens)
        mixed = F.linear(inside, block.module.in_proj_weight, block.module.in_proj_bias)
        q, k, v = (t.unflatten(2, (HEADS, -1)).transpose(1, 2) for t in mixed.chunk(3, 2))
        kept.append((q @ k.mT / 2).softmax(-1))
        tokens = tokens + block.module.out_proj((kept[-1] @ v).transpose(1, 2).flatten(2))
    return kept, model.fc(tokens[:, 0])


@pytest.mark.parametrize("how", ["function", "softmax", "module"])
def test_attention_is_recorded_and_the_output_unchanged(how: str) -> None:
    """However the model computes it."""
    model = built(how)
    wanted, logits = by_hand(model)
    with AttentionRecorder() as recorder:
        output = model(images())
    torch.testing.assert_close(output, logits)
    assert len(recorder.layers) == 3
    for layer, weights in zip(recorder.layers, wanted, strict=True):
        torch.testing.assert_close(layer.weights, weights)


def test_masked_and_causal_attention_are_torchs() -> None:
    """With a scale, and with fewer keys' heads than queries'."""
    generator = torch.Generator().manual_seed(0)
    q, k, v = (torch.randn(2, 4, 5, 6, generator=generator) for _ in range(3))
    mask = torch.rand(5, 5, generator=generator) > 0.3
    mask[:, 0] = True
    for options in ({"attn_mask": mask}, {"attn_mask": mask.float()}, {"is_causal": True},
                    {"scale": 0.3}):
        with AttentionRecorder():
            found = F.scaled_dot_product_attention(q, k, v, **options)
        torch.testing.assert_close(found, F.scaled_dot_product_attention(q, k, v, **options))
    with AttentionRecorder():
        found = F.scaled_dot_product_attention(q, k[:, :2], v[:, :2], enable_gqa=True)
    torch.testing.assert_close(
        found, F.scaled_dot_product_attention(q, k[:, :2], v[:, :2], enable_gqa=True))


def test_rollout_multiplies_what_flows() -> None:
    """Abnar 2020: half attention, half identity, first layer first."""
    flow = torch.eye(7).double()
    for weights in by_hand(built())[0]:
        flow = (0.5 * weights.mean(1) + 0.5 * torch.eye(7)) @ flow
    found = activate(built(), images(), method="attention_rollout", normalise="none")
    torch.testing.assert_close(found, flow[:, :1, 1:].reshape(2, 1, *GRID).expand(-1, 3, -1, -1))


def test_class_to_patch_attention_is_refined_by_the_patches_own() -> None:
    """Xu 2022, entry by entry."""
    kept = [weights.mean(1) for weights in by_hand(built())[0]]
    found = activate(built(), images(), method="attention", normalise="none")
    for b in range(2):
        for i in range(6):
            total = sum(
                sum(layer[b, 1 + i, 1 + j] for layer in kept) / 3 * kept[-1][b, 0, 1 + j]
                for j in range(6)
            )
            torch.testing.assert_close(found[b, 2].flatten()[i], total)


@pytest.mark.parametrize("how", ["function", "softmax", "module"])
def test_gradients_tell_classes_apart(how: str) -> None:
    """Chefer 2021: positive attention times gradient, added up."""
    model = built(how)
    found = activate(model, images(), method="gradient_attention", normalise="none")
    for label in range(3):
        kept, logits = by_hand(model)
        gradients = torch.autograd.grad(logits[:, label].sum(), kept)
        flow = torch.eye(7).double().expand(2, -1, -1)
        for weights, gradient in zip(kept, gradients, strict=True):
            flow = flow + (weights * gradient).clamp_min(0).mean(1) @ flow
        torch.testing.assert_close(found[:, label], flow[:, 0, 1:].reshape(2, *GRID).detach())
    assert not torch.allclose(found[:, 0], found[:, 1])


def test_one_token_per_class_gives_one_map_per_class() -> None:
    """In the order asked for."""
    torch.manual_seed(0)
    model = ClassTokenTransformer(5, width=16, depth=2, heads=2).eval()
    photos = torch.randn(2, 3, 24, 40)
    every = activate(model, photos, method="attention", normalise="none")
    assert every.shape == (2, 5, 3, 5)
    assert not torch.allclose(every[:, 0], every[:, 1])
    torch.testing.assert_close(
        activate(model, photos, method="attention", normalise="none", classes=[4, 0]),
        every[:, [4, 0]])
    logits, patches = model.both_logits(photos)
    torch.testing.assert_close(model(photos), logits)
    torch.testing.assert_close(model.evidence(photos).mean((2, 3)), patches)


def test_layers_of_a_transformer_are_read_as_grids() -> None:
    """Tokens become places, and the class token is left out."""
    found = activate(built(), images(), method="hires_cam", layer="blocks.2.norm",
                     normalise="none", positive=False)
    assert found.shape == (2, 3, *GRID)
    shaped = activate(
        built(), images(), method="hires_cam", layer="blocks.2.norm", normalise="none",
        positive=False, reshape_transform=lambda t: t[:, 1:].mT.reshape(2, -1, *GRID))
    torch.testing.assert_close(found, shaped)
    default = activate(built(), images(), method="hires_cam", normalise="none", positive=False)
    torch.testing.assert_close(default, found)


def test_tokens_that_are_no_places_are_told() -> None:
    """Where nothing says how patches lie."""
    model = built()
    # 2 x 6 cells of an image of 8 x 12 pixels: other proportions than the image's.
    model.embed = nn.Sequential(nn.AvgPool2d((4, 2)), nn.Conv2d(3, WIDTH, 1)).double()
    with pytest.raises(InputError, match="reshape_transform"):
        activate(model, images(), layer="blocks.2.norm")


@pytest.mark.parametrize("family", ["ViT", "DeiT", "Dinov2", "CLIP"])
@pytest.mark.parametrize("attention", ["sdpa", "eager"])
def test_transformers_models_are_read(family: str, attention: str) -> None:
    """Tiny ones with random weights, as they come from that library."""
    transformers = pytest.importorskip("transformers")
    size = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2,
            "intermediate_size": 16, "image_size": 24, "patch_size": 8}
    if family == "CLIP":
        config = transformers.CLIPConfig(vision_config=size, text_config={
            "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2,
            "intermediate_size": 16, "vocab_size": 8}, projection_dim=8, num_labels=3)
    else:
        config = getattr(transformers, f"{family}Config")(**size, num_labels=3)
    config._attn_implementation = attention
    torch.manual_seed(0)
    model = getattr(transformers, f"{family}ForImageClassification")(config).eval()
    photos = torch.randn(2, 3, 24, 24)
    for method in ("attention", "attention_rollout", "gradient_attention", "grad_cam"):
        found = activate(model, photos, method=method)
        assert found.shape == (2, 3, 3, 3), method
        assert found.any(), method
