"""The skeleton of every segmentation network here: encoder, decoder, head."""

from __future__ import annotations

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

    def forward(self, images: Tensor) -> Tensor:
        """Map images (B, 3, H, W) to logits (B, K + 1, H, W)."""
        logits = self.logits(images).float()
        return F.interpolate(logits, images.shape[-2:], mode="bilinear", align_corners=False)

    def logits(self, images: Tensor) -> Tensor:
        """Map images (B, 3, H, W) to logits at the decoder's resolution."""
        logits: Tensor = self.head(self.decoder(self.encoder(images)))
        return logits
