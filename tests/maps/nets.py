"""Small networks that several tests read maps from, in float64 so that literal sums compare."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Small(nn.Module):
    """Two convolutions, then a mean and a class layer; or two more layers in between."""

    def __init__(self, *, deep: bool = False) -> None:
        """Draw the weights, of both signs."""
        super().__init__()
        self.first = nn.Sequential(nn.Conv2d(3, 5, 3, stride=2, padding=1), nn.ReLU(inplace=True))
        self.last = nn.Sequential(nn.Conv2d(5, 6, 3, padding=1), nn.ReLU(inplace=True))
        self.pool = nn.AdaptiveAvgPool2d(1)
        middle = [nn.Linear(6, 7), nn.Tanh(), nn.Linear(7, 4)] if deep else [nn.Linear(6, 4)]
        self.fc = nn.Sequential(*middle)

    def forward(self, images: Tensor) -> Tensor:
        """Map images (B, 3, H, W) to logits (B, 4)."""
        return self.fc(self.pool(self.last(self.first(images))).flatten(1))


def small(*, deep: bool = False) -> Small:
    """Build one, always the same."""
    torch.manual_seed(0)
    return Small(deep=deep).double().eval()


def photos(count: int = 3, height: int = 12, width: int = 18) -> Tensor:
    """Draw images, wider than high."""
    generator = torch.Generator().manual_seed(1)
    return torch.randn(count, 3, height, width, generator=generator).double()
