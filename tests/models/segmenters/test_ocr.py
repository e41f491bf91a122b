"""Object-contextual representations: regions are weighted means, pixels take up what they match."""

from __future__ import annotations

import torch
from torch import Tensor

from tag2mask.models.segmenters.ocr import ObjectContext, OCRDecoder, gather_regions

CHANNELS = (4, 8)


def streams() -> list[Tensor]:
    """Draw two streams with H != W."""
    return [torch.randn(2, 4, 6, 10, requires_grad=True), torch.randn(2, 8, 3, 5)]


def test_regions_are_means_weighted_by_how_much_a_pixel_is_of_them() -> None:
    """Equation 2, read literally."""
    pixels, logits = torch.randn(2, 3, 4, 5), torch.randn(2, 6, 4, 5)
    found = gather_regions(pixels, logits)
    assert found.shape == (2, 3, 6, 1)
    weights = logits[1, 4].exp() / logits[1, 4].exp().sum()
    torch.testing.assert_close(found[1, :, 4, 0], (weights * pixels[1]).sum((1, 2)))


def test_the_context_is_attention_over_regions() -> None:
    """Equation 3, pixel by pixel."""
    block = ObjectContext(6, 4).eval()
    pixels, regions = torch.randn(1, 6, 3, 5), torch.randn(1, 6, 7, 1)
    found = block(pixels, regions)
    query, key, value = block.query(pixels), block.key(regions), block.value(regions)
    literal = torch.zeros(1, 4, 3, 5)
    for y in range(3):
        for x in range(5):
            scores = torch.stack([query[0, :, y, x] @ key[0, :, k, 0] / 2 for k in range(7)])
            weights = scores.softmax(0)
            literal[0, :, y, x] = sum(weights[k] * value[0, :, k, 0] for k in range(7))
    torch.testing.assert_close(found, block.up(literal))


def test_feature_and_first_segmentation_have_the_finest_size() -> None:
    """And both are learned from."""
    decoder = OCRDecoder(CHANNELS, 5, width=12, key_channels=6)
    feature, logits = decoder.with_auxiliary(streams())
    assert feature.shape == (2, 12, 6, 10)
    assert logits.shape == (2, 5, 6, 10)
    (feature.square().sum() + logits.square().sum()).backward()
    assert all(parameter.grad is not None for parameter in decoder.parameters())


def test_the_context_changes_the_answer() -> None:
    """What lies elsewhere in the photo reaches a pixel."""
    decoder = OCRDecoder(CHANNELS, 5, width=12, key_channels=6).eval()
    given = streams()
    decoder(given)[0, :, 0, 0].sum().backward()
    assert given[0].grad is not None
    assert given[0].grad[0, :, 5, 9].any()
    assert not given[0].grad[1].any()


def test_one_photo_trains() -> None:
    """With a single region, whose keys are one value per channel."""
    decoder = OCRDecoder(CHANNELS, 1, width=12, key_channels=6)
    assert decoder([torch.randn(1, 4, 3, 4), torch.randn(1, 8, 2, 2)]).isfinite().all()
