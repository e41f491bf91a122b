"""The skeleton of every segmentation network here: encoder, decoder, head."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  (the field's name for it)


class Segmenter(nn.Module):
    """Encoder, decoder and a 1x1 head, brought up to the photo's size.

    Args:
        encoder: gives features, high resolution first.
        decoder: turns them into one feature of `decoder.channels`.
        num_labels: K + 1, the background included.
    """

    def __init__(self, encoder: nn.Module, decoder: nn.Module, num_labels: int) -> None:
        super().__init__()
        self.encoder, self.decoder = encoder, decoder
        self.head = nn.Conv2d(int(decoder.channels), num_labels, 1)

    def forward(self, images: Tensor) -> Tensor:
        """Map images (B, 3, H, W) to logits (B, K + 1, H, W)."""
        logits = self.logits(images).float()
        return F.interpolate(logits, images.shape[-2:], mode="bilinear", align_corners=False)

    def logits(self, images: Tensor) -> Tensor:
        """Map images (B, 3, H, W) to logits at the decoder's resolution."""
        logits: Tensor = self.head(self.decoder(self.encoder(images)))
        return logits
