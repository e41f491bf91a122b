"""A small vision transformer with one token per class, whose attention locates each class.

Xu et al., "Multi-class Token Transformer for Weakly Supervised Semantic Segmentation" (CVPR 2022),
section 3: one class token per class precedes the patches, and the logit of a class is the
mean of its token's output. As in the second version of that work (arXiv 2308.03005, section 3.4),
the patches have their own logits, through a class layer whose evidence is averaged.

Differs from the paper: patches are embedded by a stack of strided convolutions and positions by
sines and cosines, so that it can be trained from scratch on small data and supports any size.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

from tag2mask.models.backbones.module import IMAGENET_MEAN, IMAGENET_STD


class ClassTokenTransformer(nn.Module):
    """Maps images to tag logits, with a separate token for each class."""

    pixel_mean, pixel_std = IMAGENET_MEAN, IMAGENET_STD
    patch_size = 8

    def __init__(
        self, num_classes: int, *, width: int = 128, depth: int = 6, heads: int = 4
    ) -> None:
        """Initialise the weights.

        Args:
            num_classes: K.
            width: channels of a token, a multiple of 4 and of `heads`.
            depth: number of blocks.
            heads: number of attention heads.
        """
        super().__init__()
        self.class_tokens = num_classes
        self.stem = nn.Sequential(
            _stem_layer(3, width // 4), _stem_layer(width // 4, width // 2),
            _stem_layer(width // 2, width), nn.Conv2d(width, width, 1),
        )
        self.tokens = nn.Parameter(torch.randn(1, num_classes, width) * 0.02)
        self.blocks = nn.ModuleList(_Block(width, heads) for _ in range(depth))
        self.norm = nn.LayerNorm(width)
        self.head = nn.Conv2d(width, num_classes, 3, padding=1)

    def forward(self, images: Tensor) -> Tensor:
        """Map images (B, 3, H, W), sides multiples of 8, to tag logits (B, K)."""
        return self._encode(images)[0].mean(2)

    def evidence(self, images: Tensor) -> Tensor:
        """Map images to the patches' class evidence (B, K, H / 8, W / 8)."""
        return self._patch_evidence(self._encode(images)[1], images)

    def both_logits(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Map images to the logits (B, K) of the class tokens, and those of the patches."""
        tokens, patches = self._encode(images)
        return tokens.mean(2), self._patch_evidence(patches, images).mean((2, 3))

    def _encode(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Map images to class tokens (B, K, C) and patches (B, T, C)."""
        grid = self.stem(images)
        patches = (grid + _positions(grid)).flatten(2).transpose(1, 2)
        tokens = torch.cat([self.tokens.expand(len(images), -1, -1), patches], 1)
        for block in self.blocks:
            tokens = block(tokens)
        tokens = self.norm(tokens)
        return tokens[:, : self.class_tokens], tokens[:, self.class_tokens :]

    def _patch_evidence(self, patches: Tensor, images: Tensor) -> Tensor:
        height, width = (side // self.patch_size for side in images.shape[2:])
        grid = patches.transpose(1, 2).reshape(len(images), -1, height, width)
        evidence: Tensor = self.head(grid)
        return evidence


class _Block(nn.Module):
    """Self-attention and a two-layer MLP, each with a residual connection."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.mix, self.project = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.feed = nn.Sequential(
            nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)
        )

    def forward(self, tokens: Tensor) -> Tensor:
        batch, count, width = tokens.shape
        mixed = self.mix(self.norm1(tokens)).reshape(batch, count, 3, self.heads, -1)
        query, key, value = mixed.permute(2, 0, 3, 1, 4)
        seen = F.scaled_dot_product_attention(query, key, value)
        tokens = tokens + self.project(seen.transpose(1, 2).reshape(batch, count, width))
        result: Tensor = tokens + self.feed(self.norm2(tokens))
        return result


def _stem_layer(channels: int, width: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(channels, width, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(width),
        nn.ReLU(inplace=True),
    )


def _positions(grid: Tensor) -> Tensor:
    """Sines and cosines of row and column, (1, C, h, w), of wavelengths 2 pi to 20,000 pi cells."""
    channels, height, width = grid.shape[1:]
    rates = 10_000 ** -torch.linspace(0, 1, channels // 4, device=grid.device)
    down = torch.arange(height, device=grid.device)[:, None] * rates
    right = torch.arange(width, device=grid.device)[:, None] * rates
    rows = torch.cat([down.sin(), down.cos()], 1).T[:, :, None].expand(-1, -1, width)
    columns = torch.cat([right.sin(), right.cos()], 1).T[:, None].expand(-1, height, -1)
    return torch.cat([rows, columns])[None].to(grid.dtype)
