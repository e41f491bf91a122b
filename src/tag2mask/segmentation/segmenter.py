"""The skeleton of every segmentation network here: encoder, decoder, head, and a coarse path."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

from tag2mask.backbones.module import BackboneModule


class Decoder(nn.Module):
    """Turns a backbone's features into one feature."""

    channels: int
    """Of that feature."""

    def forward(self, features: list[Tensor]) -> Tensor:
        """Map features, high resolution first, to one (B, channels, h, w)."""
        raise NotImplementedError


class Segmenter(nn.Module):
    """Encoder, decoder and a 1x1 head, brought up to the photo's size."""

    def __init__(self, encoder: BackboneModule, decoder: Decoder, num_labels: int) -> None:
        """Join the parts.

        Args:
            encoder: gives features, high resolution first.
            decoder: turns them into one feature of `decoder.channels`.
            num_labels: K + 1, the background included.
        """
        super().__init__()
        self.encoder, self.decoder = encoder, decoder
        self.head = nn.Conv2d(decoder.channels, num_labels, 1)
        self.coarse = nn.Conv2d(encoder.channels[-1], num_labels, 1)

    @torch.no_grad()
    def start_from(self, class_weights: Tensor, *, scale: float = 1.0, floor: float = 0.0) -> None:
        """Start as the classifier's maps, for the decoder to refine.

        A decoder drawn at random has to find the classes again behind its layers, which took
        longer than a whole training; the class layer knows them already.

        Args:
            class_weights: (K, C, 1, 1), of the class layer over the last feature.
            scale: a logit per unit of evidence, as `calibration` fits it.
            floor: logit of the background, likewise.
        """
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.coarse.weight[:1])
        self.coarse.weight[1:] = scale * class_weights
        for layer in (self.head, self.coarse):
            nn.init.zeros_(_bias(layer))
        _bias(self.coarse)[0] = floor

    def forward(self, images: Tensor) -> Tensor:
        """Map images (B, 3, H, W) to logits (B, K + 1, H, W)."""
        logits = self.logits(images).float()
        return F.interpolate(logits, images.shape[-2:], mode="bilinear", align_corners=False)

    def logits(self, images: Tensor) -> Tensor:
        """Map images (B, 3, H, W) to logits at the decoder's resolution.

        The last feature's own logits are added, as FCN adds its coarse scores to finer ones.
        """
        features = self.encoder(images)
        fine: Tensor = self.head(self.decoder(features))
        coarse: Tensor = self.coarse(features[-1])
        return fine + F.interpolate(coarse, fine.shape[-2:], mode="bilinear", align_corners=False)


def _bias(layer: nn.Conv2d) -> Tensor:
    return layer.get_parameter("bias")
