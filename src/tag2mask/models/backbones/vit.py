"""Vision transformers: ViT, DeiT, DINOv2 and the image encoder of CLIP, as one module.

Dosovitskiy et al. (ICLR 2021), section 3.1. The others differ in details: DeiT (Touvron et al.,
ICML 2021) in its training, DINOv2 (Oquab et al., 2023) by scaled residual branches, CLIP (Radford
et al., ICML 2021) by a normalisation before the first block and a different GELU. Weights have the
same names as in timm, so that its files of all four can be loaded without another package.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

from tag2mask.core.contracts import InputError
from tag2mask.models.backbones.entry import BackboneEntry
from tag2mask.models.backbones.hub import fetch
from tag2mask.models.backbones.module import (
    IMAGENET_MEAN,
    IMAGENET_STD,
    BackboneModule,
    check_blocks,
)

_HALF = (127.5, 127.5, 127.5)
_CLIP_MEAN = (122.7709, 116.7460, 104.0937)
_CLIP_STD = (68.5005, 66.6322, 70.3232)


@dataclass(frozen=True, kw_only=True)
class ViTSpec:
    """The architecture of one variant."""

    width: int
    """Number of channels of a token."""
    heads: int
    """Number of attention heads."""
    depth: int = 12
    """Number of blocks."""
    patch: int = 16
    """Side of a patch, in pixels."""
    grid: int = 14
    """Number of patches per row in the training images of the published weights."""
    layer_scale: bool = False
    """Whether residual branches are scaled per channel (DINOv2)."""
    clip: bool = False
    """Whether it is CLIP's: normalised before the first block, quick GELU, patches without bias."""
    pixel_mean: tuple[float, float, float] = IMAGENET_MEAN
    pixel_std: tuple[float, float, float] = IMAGENET_STD


VIT_TI16 = ViTSpec(width=192, heads=3, pixel_mean=_HALF, pixel_std=_HALF)
VIT_S16 = ViTSpec(width=384, heads=6, pixel_mean=_HALF, pixel_std=_HALF)
VIT_B16 = ViTSpec(width=768, heads=12, pixel_mean=_HALF, pixel_std=_HALF)
DEIT_S16 = ViTSpec(width=384, heads=6)
DINOV2_S14 = ViTSpec(width=384, heads=6, patch=14, grid=37, layer_scale=True)
CLIP_B16 = ViTSpec(width=768, heads=12, clip=True, pixel_mean=_CLIP_MEAN, pixel_std=_CLIP_STD)


class ViT(BackboneModule):
    """A transformer over patches and one class token, with two features of the patches' size.

    The first feature is taken after half of the blocks, the second at the end. Images are resized
    to the next lower multiple of the patch size, so that patches cover exactly the whole image;
    positions are interpolated bicubically to the grid of patches.

    Attributes:
        spec: architecture of the network.
        output_stride: side of a patch, in pixels.
        channels: number of channels of each feature.
        strides: stride of each feature.
        pixel_mean: mean to subtract from pixels in 0..255.
        pixel_std: standard deviation to divide by afterwards.
    """

    def __init__(self, spec: ViTSpec = VIT_S16, *, output_stride: int | None = None) -> None:
        """Initialise the weights.

        Args:
            spec: the variant, such as `VIT_S16`.
            output_stride: the side of a patch; no other value is supported.

        Raises:
            InputError: the output stride is not supported.
        """
        super().__init__()
        if output_stride not in (None, spec.patch):
            raise InputError(
                f"This transformer cuts patches of {spec.patch} pixels; output stride "
                f"{output_stride} is not possible, leave it out."
            )
        self.spec, self.output_stride = spec, spec.patch
        self.channels, self.strides = (spec.width,) * 2, (spec.patch,) * 2
        self.pixel_mean, self.pixel_std = spec.pixel_mean, spec.pixel_std
        self.patch_embed = nn.ModuleDict({
            "proj": nn.Conv2d(3, spec.width, spec.patch, spec.patch, bias=not spec.clip)
        })
        self.cls_token = nn.Parameter(torch.zeros(1, 1, spec.width))
        self.pos_embed = nn.Parameter(torch.zeros(1, 1 + spec.grid**2, spec.width))
        epsilon = 1e-5 if spec.clip else 1e-6
        if spec.clip:
            self.norm_pre = nn.LayerNorm(spec.width, epsilon)
        self.blocks = nn.ModuleList(_Block(spec, epsilon) for _ in range(spec.depth))
        self.norm = nn.LayerNorm(spec.width, epsilon)
        for weights in (self.cls_token, self.pos_embed):
            nn.init.trunc_normal_(weights, std=0.02)

    def forward(self, images: Tensor) -> list[Tensor]:
        """Return the feature after half of the blocks and the last, (B, C, H // p, W // p) each.

        Args:
            images: (B, 3, H, W), normalised; any H and W of one patch or more.
        """
        patch = self.spec.patch
        # No branch depends on the size, so that the exported network accepts any. Resizing an image
        # to its own size does not change it.
        grid = images.shape[2] // patch, images.shape[3] // patch
        size = grid[0] * patch, grid[1] * patch
        images = F.interpolate(images, size, mode="bilinear", align_corners=False)
        patches = self.patch_embed["proj"](images).flatten(2).transpose(1, 2)
        tokens = torch.cat([self.cls_token.expand(images.shape[0], -1, -1), patches], 1)
        tokens = tokens + self._positions(grid).to(tokens)
        if self.spec.clip:
            tokens = self.norm_pre(tokens)
        middle = tokens
        for index, block in enumerate(self.blocks):
            tokens = block(tokens)
            middle = tokens if index + 1 == len(self.blocks) // 2 else middle
        return [_as_grid(middle, grid), _as_grid(self.norm(tokens), grid)]

    def freeze(self, blocks: int) -> None:
        """Freeze the patch embedding, the positions and the first `blocks` blocks."""
        check_blocks(blocks, len(self.blocks))
        if blocks:
            for weights in (self.cls_token, self.pos_embed):
                weights.requires_grad_(False)
            first = [self.norm_pre] if self.spec.clip else []
            for part in (self.patch_embed, *first, *self.blocks[:blocks]):
                part.requires_grad_(False)

    def _positions(self, grid: tuple[int, int]) -> Tensor:
        """Return the positions of class token and (h, w) patches: (1, 1 + h * w, C)."""
        side = self.spec.grid
        places = self.pos_embed[:, 1:].reshape(1, side, side, -1).permute(0, 3, 1, 2)
        places = F.interpolate(places.float(), grid, mode="bicubic", align_corners=False)
        return torch.cat([self.pos_embed[:, :1], places.flatten(2).transpose(1, 2)], 1)


class _Block(nn.Module):
    """Self-attention and a two-layer MLP, each with a residual connection."""

    def __init__(self, spec: ViTSpec, epsilon: float) -> None:
        super().__init__()
        width = spec.width
        self.norm1, self.norm2 = nn.LayerNorm(width, epsilon), nn.LayerNorm(width, epsilon)
        self.attn, self.mlp = _Attention(width, spec.heads), _Layers(width, quick=spec.clip)
        self.ls1 = _Scale(width) if spec.layer_scale else nn.Identity()
        self.ls2 = _Scale(width) if spec.layer_scale else nn.Identity()

    def forward(self, tokens: Tensor) -> Tensor:
        tokens = tokens + self.ls1(self.attn(self.norm1(tokens)))
        result: Tensor = tokens + self.ls2(self.mlp(self.norm2(tokens)))
        return result


class _Attention(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv, self.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)

    def forward(self, tokens: Tensor) -> Tensor:
        split = self.qkv(tokens).unflatten(2, (3, self.heads, -1))
        query, key, value = split.permute(2, 0, 3, 1, 4)
        seen = F.scaled_dot_product_attention(query, key, value)
        result: Tensor = self.proj(seen.transpose(1, 2).flatten(2))
        return result


class _Layers(nn.Module):
    def __init__(self, width: int, *, quick: bool) -> None:
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.quick = quick

    def forward(self, tokens: Tensor) -> Tensor:
        hidden = self.fc1(tokens)
        hidden = hidden * torch.sigmoid(1.702 * hidden) if self.quick else F.gelu(hidden)
        result: Tensor = self.fc2(hidden)
        return result


class _Scale(nn.Module):
    """A learned factor per channel with a small initial value (Touvron et al., ICCV 2021)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.full((width,), 1e-5))

    def forward(self, tokens: Tensor) -> Tensor:
        return tokens * self.gamma


def _as_grid(tokens: Tensor, grid: tuple[int, int]) -> Tensor:
    """Arrange the patch tokens as a grid: (B, 1 + h * w, C) to (B, C, h, w)."""
    rows = tokens[:, 1:].transpose(1, 2)
    return rows.reshape(rows.shape[0], rows.shape[1], *grid)


def _entry(spec: ViTSpec, repo: str, pretraining: str) -> BackboneEntry:
    return BackboneEntry(
        build=partial(ViT, spec), pretrained=partial(fetch, repo), origin=repo,
        heads=("head.", "head_dist.", "fc_norm."), output_stride=spec.patch, early_blocks=6,
        pretraining=pretraining, pixel_mean=spec.pixel_mean, pixel_std=spec.pixel_std,
    )


_AUGREG = "timm/vit_{}_patch16_224.augreg_in21k_ft_in1k"
_BOTH = "ImageNet-21k, then ImageNet-1k, image classes (ViT)"

ENTRIES = {
    "vit_ti16": _entry(VIT_TI16, _AUGREG.format("tiny"), _BOTH),
    "vit_s16": _entry(VIT_S16, _AUGREG.format("small"), _BOTH),
    "vit_b16": _entry(VIT_B16, _AUGREG.format("base"), _BOTH),
    "deit_s16": _entry(
        DEIT_S16, "timm/deit_small_patch16_224.fb_in1k", "ImageNet-1k, image classes (DeiT)"
    ),
    "dinov2_s14": _entry(
        DINOV2_S14, "timm/vit_small_patch14_dinov2.lvd142m",
        "LVD-142M, 142 million photos without labels (DINOv2)",
    ),
    "clip_b16": _entry(
        CLIP_B16, "timm/vit_base_patch16_clip_224.openai",
        "400 million photos with captions (CLIP)",
    ),
}
"""Registry entries of the backbones by name."""
